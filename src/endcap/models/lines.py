"""The rows that pairs are counted in, and what each row and each item in it counts."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Ragged
from endcap.core.dataset import DAY, Dataset, shares
from endcap.core.errors import BadData
from endcap.core.pairs import Counting
from endcap.core.records import KINDS
from endcap.models.rows import filled, laid


@dataclass(frozen=True)
class Lines:
    """What stands together, as it came: items in rows, oldest first; what each and each row counts (None: 1)."""

    items: Ragged
    weights: NDArray[np.float64] | None = None
    rows: NDArray[np.float64] | None = None


def lines_of(data: Dataset, how: Counting) -> Lines:
    """The rows that a recipe learns from; raises `BadData` if there is nothing in them, or all of it weighs nothing."""
    lines = _weighed(data, how)
    filled(lines.items, data, how.source)
    if lines.weights is None:
        return lines
    counts = lines.weights > 0
    if not counts.any():
        raise BadData("every event to learn from weighs nothing: see the weights in [prepare] events, or kind_weights")
    return Lines(lines.items.keep(counts), lines.weights[counts], lines.rows)


def changed_lines(data: Dataset, how: Counting, since: float) -> tuple[Lines, Lines]:
    """The rows to which something came from `since` on: as they were before, and as they are; seen from now."""
    events = data.events
    group = {"baskets": events.order, "sessions": events.session, "histories": events.user}[how.source]
    kinds = how.kinds if how.source == "sessions" else ("purchase",)
    counts = np.isin(events.kind, [KINDS.index(kind) for kind in kinds]) & (group >= 0)
    fresh = np.zeros(int(group.max(initial=-1)) + 1, bool)
    fresh[group[counts & (events.time >= since)]] = True
    counts[counts] = fresh[group[counts]]
    after = replace(data, events=events.take(counts))
    before = replace(data, events=after.events.take(after.events.time < since))
    return _weighed(before, how), _weighed(after, how)


def _weighed(data: Dataset, how: Counting) -> Lines:
    items, columns = _laid(data, how)
    weights = None if columns["weight"] is None else shares(columns["weight"])
    rows: NDArray[np.float64] | None = None
    if how.half_life:
        # The row ages with its newest event, and the others in it are the older by so much.
        newest = np.full(len(items), -np.inf)
        np.maximum.at(newest, items.rows, columns["time"])
        rows = 0.5 ** ((data.now - newest) / (how.half_life * DAY))
        if how.source != "baskets":
            age = 0.5 ** ((newest[items.rows] - columns["time"]) / (how.half_life * DAY))
            weights = age if weights is None else weights * age
    if how.kind_weights and how.source == "sessions":
        by_kind = np.array([how.kind_weights.get(name, 1.0) for name in KINDS])[columns["kind"]]
        weights = by_kind if weights is None else weights * by_kind
    if how.dwell:
        stayed = np.minimum(_stays(items.rows, columns["time"]) / how.dwell, 1.0)
        weights = stayed if weights is None else weights * stayed
    return Lines(items, weights, rows)


def _stays(row: Array, time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds until something later happened in the same row; endless for what came last, of which nobody knows."""
    fresh = (np.diff(row, prepend=-1) != 0) | (np.diff(time, prepend=np.nan) != 0)
    moment, whose = time[fresh], row[fresh]
    stays = np.full(len(moment), np.inf)
    followed = np.diff(whose) == 0
    stays[:-1][followed] = np.diff(moment)[followed]
    every: NDArray[np.float64] = stays[np.cumsum(fresh) - 1]
    return every


def _laid(data: Dataset, how: Counting) -> tuple[Ragged, dict[str, Any]]:
    """The items of each row, and in the same order what there is to know of them."""
    if how.source == "baskets":
        baskets = data.baskets
        time = np.repeat(baskets.time, baskets.items.lengths) if how.half_life else None
        return baskets.items, {"weight": baskets.weight, "time": time}
    wanted = {"weight": True, "time": how.half_life or how.dwell, "kind": how.kind_weights}
    columns = {name: getattr(data.events, name) if asked else None for name, asked in wanted.items()}
    offsets, which = laid(data, how.source, how.kinds)
    columns = {name: None if column is None else column[which] for name, column in columns.items()}
    return Ragged(offsets, data.events.item[which]), columns
