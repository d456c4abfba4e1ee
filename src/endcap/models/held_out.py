"""The latest part of what models learn from, as questions whose answers are known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Codes, Ragged, offsets_of
from endcap.core.dataset import Dataset
from endcap.core.query import Queries
from endcap.models.rows import Source


@dataclass(frozen=True)
class HeldOut:
    """What came before a moment, and questions from after it with one answer each."""

    before: Dataset
    queries: Queries
    answers: Codes

    def __len__(self) -> int:
        return len(self.answers)


@dataclass(frozen=True)
class Asking:
    """Which questions: what stands for each source, and how many."""

    source: Source
    kinds: tuple[str, ...]
    share: float
    """Of the sessions, baskets or purchases, the latest."""
    most: int

    def of(self, data: Dataset, rng: np.random.Generator) -> HeldOut:
        """At most so many questions, drawn from all there are.

        Of sessions: what comes next, after each beginning of a visit. Of baskets: each item, given the others. Of
        histories: what a user buys next, given all that was bought at earlier times; what is bought at one time, as in
        one order, has no order of its own. None, if there is nothing before them or nothing to ask.
        """
        makers = {"sessions": self._visits, "baskets": self._baskets, "histories": self._histories}
        return makers[self.source](data, rng)

    def _visits(self, data: Dataset, rng: np.random.Generator) -> HeldOut:
        events = data.of_kinds(*self.kinds)
        starts = np.full(int(events.session.max(initial=-1)) + 1, np.inf)
        np.minimum.at(starts, events.session, events.time)
        cut = self._cut(starts[np.isfinite(starts)])
        return self._next(data, events.take(starts[events.session] >= cut), "session", cut, rng)

    def _histories(self, data: Dataset, rng: np.random.Generator) -> HeldOut:
        bought = data.of_kinds("purchase")
        bought = bought.take(bought.user >= 0)
        return self._next(data, bought, "user", self._cut(bought.time), rng)

    def _next(self, data: Dataset, events: object, by: str, cut: float, rng: np.random.Generator) -> HeldOut:
        """Each event from `cut` on is asked for, given those before it in the row, if there are any.

        In a visit these are the events before it; of a user, those of earlier times.
        """
        item, time, row = (np.asarray(getattr(events, name)) for name in ("item", "time", by))
        order = np.lexsort((np.arange(len(item)), time, row))
        item, time, row = item[order], time[order], row[order]
        begins, ends = np.searchsorted(row, row), np.arange(len(item))
        if by == "user" and len(item):
            later = np.append(True, (np.diff(row) != 0) | (np.diff(time) != 0))
            ends = np.maximum.accumulate(np.where(later, ends, 0))
        asked = self._drawn(np.flatnonzero((ends > begins) & (time >= cut)), rng)
        given = _spans(item, begins[asked], ends[asked])
        nobody = Ragged.empty(len(asked))
        session, history = (given, nobody) if by == "session" else (nobody, given)
        return _held(data, cut, Queries.of(data.catalog, time[asked], session=session, history=history), item[asked])

    def _baskets(self, data: Dataset, rng: np.random.Generator) -> HeldOut:
        cut = self._cut(data.baskets.time)
        items, times = data.baskets.items, data.baskets.time
        judged = (times >= cut) & (items.lengths >= 2)
        asked = self._drawn(np.flatnonzero(judged[items.rows]), rng)
        whole = items.rows[asked]
        cart = _spans(items.values, items.offsets[whole], items.offsets[whole + 1])
        cart = cart.keep(cart.values != np.repeat(items.values[asked], cart.lengths))
        return _held(data, cut, Queries.of(data.catalog, times[whole], context=cart), items.values[asked])

    def _cut(self, times: NDArray[np.float64]) -> float:
        """The moment after which the given share of what happened lies."""
        if not len(times):
            return np.inf
        ordered = np.sort(times)
        return float(ordered[min(int(len(ordered) * (1.0 - self.share)), len(ordered) - 1)])

    def _drawn(self, rows: Array, rng: np.random.Generator) -> Array:
        return rows if len(rows) <= self.most else np.sort(rng.choice(rows, self.most, replace=False))


def _held(data: Dataset, cut: float, queries: Queries, answers: Array) -> HeldOut:
    before = data.between(-np.inf, cut)
    if not len(before.events):
        queries, answers = Queries.of(data.catalog, np.empty(0)), answers[:0]
    return HeldOut(before, queries, answers.astype(np.int32))


def _spans(values: Array, starts: Array, ends: Array) -> Ragged:
    """One row for each start and end: the values between them."""
    lengths = ends - starts
    offsets = offsets_of(lengths)
    places = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - starts, lengths)
    return Ragged(offsets, values[places].astype(np.int32))
