"""How much is known: of each user, of each item, in each column."""

from dataclasses import dataclass

import numpy as np

from endcap.core.arrays import Array, Strings
from endcap.core.catalog import Labels
from endcap.core.dataset import Dataset, Events
from endcap.data.profile.counting import Counts
from endcap.data.profile.shapes import share

DERIVED = ("age_days", "available", "bought", "offered", "typical_price")
"""Catalog columns that preparation computes: they are empty for a reason that other columns tell."""
FEW = (("1", 1, 1), ("2–4", 2, 4), ("5–9", 5, 9), ("10–49", 10, 49), ("50+", 50, None))


@dataclass(frozen=True)
class Share:
    """Users or items with so many events."""

    label: str
    count: int
    share: float


@dataclass(frozen=True)
class Missing:
    """Empty values of a column."""

    table: str
    """``events`` or ``catalog``."""
    column: str
    missing: int
    of: int
    share: float


@dataclass(frozen=True)
class Known:
    """How densely users and items are connected, and what is not filled in."""

    density: float
    """Share of all pairs of a user and an item, both with events, that have an event together."""
    per_user: float
    """Different items of a user, on average."""
    users: tuple[Share, ...]
    items: tuple[Share, ...]
    missing: tuple[Missing, ...]
    """The emptiest first; only columns with anything missing."""
    complete: tuple[str, ...]
    """Columns with nothing missing, as ``table.column``."""
    every: int
    """Each so-many-th user stands for all in the density."""


def known(data: Dataset, counts: Counts, sample: Events, every: int) -> Known:
    """What is known; `sample` holds all events of each user in it."""
    touched = counts.per_item()
    pairs = np.sort(sample.user.astype(np.int64) * len(data.catalog) + sample.item)
    sampled = int(np.bincount(sample.user, minlength=1).astype(bool).sum())
    different = int(np.count_nonzero(np.diff(pairs, prepend=-1)))
    columns = [*_of_events(counts), *_of_catalog(data)]
    columns.sort(key=lambda column: (-column.share, column.table, column.column))
    return Known(
        density=float(f"{share(different, sampled) / max(int((touched > 0).sum()), 1):.4g}"),
        per_user=round(share(different, sampled), 2),
        users=_few(counts.users[counts.users > 0]),
        items=_few(touched[touched > 0]),
        missing=tuple(column for column in columns if column.missing),
        complete=tuple(f"{column.table}.{column.column}" for column in columns if not column.missing),
        every=every,
    )


def _few(counts: Array) -> tuple[Share, ...]:
    within = [(label, int(((counts >= low) & (counts <= (high or np.inf))).sum())) for label, low, high in FEW]
    return tuple(Share(label, count, share(count, len(counts))) for label, count in within)


def _of_events(counts: Counts) -> list[Missing]:
    return [Missing("events", name, empty, of, share(empty, of)) for name, (empty, of) in counts.missing.items()]


def _of_catalog(data: Dataset) -> list[Missing]:
    found = []
    for name, column in data.catalog.columns.items():
        if name in DERIVED:
            continue
        if isinstance(column, Labels):
            empty = int((column.codes < 0).sum())
        elif isinstance(column, Strings):
            empty = int((np.diff(column.offsets) == 0).sum())
        else:
            empty = int(np.isnan(column).sum()) if column.dtype.kind == "f" else 0
        found.append(Missing("catalog", name, empty, len(data.catalog), share(empty, len(data.catalog))))
    return found
