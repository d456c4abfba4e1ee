"""The last look before anything is learned: whether a dataset, as it was prepared, feeds every model."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from endcap.core.dataset import Dataset, Events
from endcap.core.errors import BadData
from endcap.core.records import KINDS
from endcap.data.lint.needs import Need, Needs

BLOCK = 1 << 20
"""Events that are looked at at a time, since there may be more than fit into memory."""
COLUMNS = {"order_id": "order", "user_id": "user"}
"""What the columns that a model may need are called among coded events."""
Counts = Mapping[str | None, Mapping[str, int]]
"""Events of each kind: all of them, and those with an order and with a user."""


def fed(data: Dataset, needs: Needs) -> tuple[str, ...]:
    """What is to be said of models that find less than their settings ask for, one sentence for each.

    Raises `BadData` naming every model that finds nothing at all: nobody learns from nothing unnoticed.
    """
    counts = _counted(data.events)
    there = ", ".join(f"{kind} {rows:,}" for kind, rows in counts[None].items()) or "none"
    hungry = [_hungry(name, need) for name, need in needs.models.items() if not _food(counts, need)]
    if hungry:
        raise BadData("\n".join([*hungry, f"event kinds in the prepared data: {there}; `endcap lint` says more"]))
    return tuple(
        f"models.{name} is to learn from {', '.join(absent)} too, and there is none; event kinds: {there}"
        for name, absent in _missed(counts, needs)
    )


def _food(counts: Counts, need: Need) -> int:
    return sum(counts[need.column].get(kind, 0) for kind in need.kinds)


def _hungry(name: str, need: Need) -> str:
    wrong = [kind for kind in need.kinds if kind not in KINDS]
    hint = f"; no kind is called {', '.join(map(repr, wrong))}, there are: {', '.join(KINDS)}" if wrong else ""
    return f"models.{name} learns from {need.rows} ({need.spoken}), and there is none{hint}"


def _missed(counts: Counts, needs: Needs) -> Iterator[tuple[str, list[str]]]:
    for name, need in needs.models.items():
        absent = [kind for kind in need.kinds if kind not in counts[None]]
        if need.chosen and absent:
            yield name, absent


def _counted(events: Events) -> Counts:
    totals: dict[str | None, NDArray[np.int64]] = {
        column: np.zeros(len(KINDS), np.int64) for column in (None, *COLUMNS)
    }
    for start in range(0, len(events), BLOCK):
        block = slice(start, start + BLOCK)
        kind = events.kind[block]
        for column in totals:
            told = kind if column is None else kind[getattr(events, COLUMNS[column])[block] >= 0]
            totals[column] += np.bincount(told, minlength=len(KINDS))
    return {
        column: {kind: rows for kind, rows in zip(KINDS, total.tolist(), strict=True) if rows}
        for column, total in totals.items()
    }
