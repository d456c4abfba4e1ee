"""One pass over the events, in blocks: memory grows with days, sessions, users and items, never with events."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array
from endcap.core.dataset import DAY, Dataset, Events
from endcap.core.records import KINDS

BLOCK = 1 << 20
"""Rows looked at together."""
SAMPLE = 4_000_000
"""Where events must be sorted, at most about so many, of every m-th user or item, stand for all."""
PRICE_STEPS = 4
"""Steps of the price histogram per doubling of the price, from 2^-7 (about one hundredth) to 2^17."""
LOWEST, HIGHEST = -7, 17


@dataclass(frozen=True)
class Counts:
    """What one pass gives; kinds in the order of `KINDS`."""

    first_day: int
    """Days since 1970 (UTC) of the first row of `days`."""
    days: NDArray[np.int64]
    """Events by day and kind."""
    hours: NDArray[np.int64]
    """Events by weekday (from Monday) and hour (UTC), shape ``[7, 24]``."""
    items: NDArray[np.int64]
    """Events by item and kind."""
    users: NDArray[np.int64]
    """Events of each user."""
    visitors: NDArray[np.int64]
    """Events by guest (0) or known user (1) and kind."""
    lengths: NDArray[np.int64]
    """Events of each session."""
    did: NDArray[np.bool_]
    """Whether a session has an event of a kind."""
    known: NDArray[np.bool_]
    """Whether a session has an event of a known user."""
    first_seen: NDArray[np.float64]
    """When each item had its first event; infinite if never."""
    prices: NDArray[np.int64]
    """Purchases by step of price."""
    amounts: NDArray[np.float64]
    """Price times quantity, by kind."""
    missing: Mapping[str, tuple[int, int]]
    """Of each column of the events that can be empty: how many are, of how many."""

    def per_item(self, *kinds: str) -> NDArray[np.int64]:
        """Events of the given kinds per item; of all kinds if none is given."""
        chosen = [KINDS.index(kind) for kind in kinds or KINDS]
        total: NDArray[np.int64] = self.items[:, chosen].sum(axis=1)
        return total

    def of_kind(self, kind: str) -> int:
        """How many events are of a kind."""
        return int(self.days[:, KINDS.index(kind)].sum())


def counted(data: Dataset) -> Counts:
    """The counts of a dataset."""
    events, kinds, n_items = data.events, len(KINDS), len(data.catalog)
    first, last = (int(np.floor(edge / DAY)) for edge in _span(events.time))
    n_sessions = int(events.session[-1]) + 1 if len(events) else 0
    days, hours = np.zeros((last - first + 1, kinds), np.int64), np.zeros((7, 24), np.int64)
    items, users = np.zeros((n_items, kinds), np.int64), np.zeros(len(data.users), np.int64)
    visitors, lengths = np.zeros((2, kinds), np.int64), np.zeros(n_sessions, np.int64)
    did, known = np.zeros((n_sessions, kinds), bool), np.zeros(n_sessions, bool)
    first_seen, amounts = np.full(n_items, np.inf), np.zeros(kinds)
    prices = np.zeros((HIGHEST - LOWEST) * PRICE_STEPS, np.int64)
    missing: dict[str, tuple[int, int]] = {}
    for block in blocks(events):
        kind, day = block.kind.astype(np.int64), np.floor(block.time / DAY).astype(np.int64)
        _count(days, day - first, kind)
        _count(hours, (day + 3) % 7, ((block.time - day * DAY) // 3600).astype(np.int64))
        _count(items, block.item, kind)
        _count(users, block.user[block.user >= 0])
        _count(visitors, (block.user >= 0).astype(np.int64), kind)
        _count(lengths, block.session)
        did[block.session, kind] = True
        known[block.session[block.user >= 0]] = True
        np.minimum.at(first_seen, block.item, block.time)
        bought = (kind == KINDS.index("purchase")) & (block.price > 0)
        _count(prices, price_step(block.price[bought]))
        amounts += np.bincount(kind, np.nan_to_num(block.price * block.quantity), kinds)
        _count_missing(missing, block, kind)
    return Counts(
        first, days, hours, items, users, visitors, lengths, did, known, first_seen, prices, amounts, missing
    )  # fmt: skip


def blocks(events: Events) -> Iterator[Events]:
    """The events, some at a time, without copying any."""
    for start in range(0, len(events), BLOCK):
        yield events.take(slice(start, start + BLOCK))  # type: ignore[arg-type]


def picked(events: Events, wanted: NDArray[np.bool_], column: str) -> Events:
    """Only the events whose user or item (`column`) is wanted: a mask over codes; events of nobody are left out."""
    rows, start = [], 0
    for block in blocks(events):
        codes = getattr(block, column)
        kept = codes >= 0
        kept[kept] = wanted[codes[kept]]
        rows.append(np.flatnonzero(kept) + start)
        start += len(codes)
    return events.take(np.concatenate(rows) if rows else slice(0))  # type: ignore[arg-type]


def every(counts: Array, at_most: int = SAMPLE) -> tuple[NDArray[np.bool_], int]:
    """Every m-th of the codes that have any events, so that these are at most about `at_most` events; and m."""
    step = max(int(np.ceil(counts.sum() / at_most)), 1)
    wanted = np.zeros(len(counts), bool)
    wanted[np.flatnonzero(counts)[::step]] = True
    return wanted, step


def price_step(prices: Array) -> NDArray[np.int64]:
    """The step of the price histogram that each price falls into."""
    steps = np.floor((np.log2(prices) - LOWEST) * PRICE_STEPS)
    inside: NDArray[np.int64] = np.clip(steps, 0, (HIGHEST - LOWEST) * PRICE_STEPS - 1).astype(np.int64)
    return inside


def _span(time: Array) -> tuple[float, float]:
    return (float(time.min()), float(time.max())) if len(time) else (0.0, 0.0)


def _count(table: NDArray[np.int64], row: Array, column: Array | None = None) -> None:
    flat = row if column is None else row.astype(np.int64) * table.shape[1] + column
    np.add.at(table.reshape(-1), flat, 1)


def _count_missing(missing: dict[str, tuple[int, int]], block: Events, kind: Array) -> None:
    """Users, prices, quantities, and whatever other columns there are; an order is missed only by a purchase."""
    for name, column in vars(block).items():
        if not isinstance(column, np.ndarray) or name in ("session", "item", "kind", "time"):
            continue
        if name == "order":
            column = column[kind == KINDS.index("purchase")]  # noqa: PLW2901 — only those that should have one
        empty = np.isnan(column) if column.dtype.kind == "f" else column < 0
        seen = missing.get(name, (0, 0))
        missing[name] = (seen[0] + int(empty.sum()), seen[1] + len(column))
