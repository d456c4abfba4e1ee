"""An index that visits the lists where the nearest probably are, and looks at everything where that is quicker."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import NO_CODES, Codes, Scores
from endcap.core.candidates import NO_SCORES, best
from endcap.index.exact import looked_through, of_length_one
from endcap.index.filters import Allowed, Filter, filters
from endcap.index.lists import Lists, Vectors, Visits, along
from endcap.index.planning import Effort, Some, time_to_look, time_to_visit

AT_A_TIME = 2**20
"""So many numbers are gathered at a time to compute true scores."""
BEGUN = 30
"""With a filter, lists are visited first that hold so many times as many allowed items as are wanted, roughly."""

Rows = NDArray[np.intp] | slice


@dataclass(frozen=True)
class Wanted:
    """What a search is to find."""

    k: int
    filter: Filter | None
    n: int
    """How many items may be found."""


@dataclass(frozen=True)
class Plan:
    """What it takes to find so many."""

    k: int
    gap: np.float32
    """Without a filter: how far below the highest promise that of a visited list may be."""
    lists: float
    """How many are visited then, roughly."""
    rescored: int
    """How many candidates get their true score."""


@dataclass(frozen=True)
class ApproximateIndex:
    """Vectors of length one, lists of what lies near to what, and how far to look for the recall that was asked for."""

    unit: Vectors
    """One row per item; a zero vector stays zero, and is never found."""
    known: NDArray[np.bool_]
    """Which items have a vector."""
    lists: Lists
    effort: Effort = field(default_factory=Effort)
    measured: Mapping[str, float] = field(default_factory=dict)
    """What was measured when it was built: recall by length of list and kind of filter."""

    def search(
        self, vectors: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Codes, Scores]:
        """The k nearest of each query vector ``[n, size]``: ``codes[n, k]`` (-1: no more) and cosines (NaN there).

        `allowed` (one entry per item code) limits what may be found, without making the lists any shorter than they
        must be. The lists hold on average the share of the true nearest that the index was built for.
        """
        unit, lengths = of_length_one(np.asarray(vectors, np.float32))
        found = np.full((len(unit), k), -1, np.int32)
        cosines = np.full((len(unit), k), np.nan, np.float32)
        some = np.flatnonzero(lengths > 0) if k else np.empty(0, np.intp)
        wanted = self._wanted(k, allowed)
        limit = time_to_look(wanted.n, len(unit))
        if self._time_to_visit(self._expected(wanted), len(unit)) < limit:
            step = max(1, AT_A_TIME // len(self.lists))
            for start in range(0, len(some), step):
                rows = some[start : start + step]
                quick, near = self._near(unit[rows], wanted, limit, len(unit))
                rows = rows[quick]
                found[rows], cosines[rows] = self._scored(unit[rows], near, k)
            some = some[found[some, -1] < 0]
        if len(some):
            codes = self._all(wanted)
            every = self.unit if len(codes) == len(self.unit) else self.unit.take(codes, axis=0)
            found[some], cosines[some] = looked_through(every.T, codes, unit[some], k)
        return found, cosines

    def nearest(
        self, vector: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Codes, Scores]:
        """What `search` gives for one vector ``[size]``, without the padding; nothing for a zero vector."""
        return self._nearest(vector, k, allowed, at_any_cost=False)

    def visiting(self, vector: NDArray[np.float32], k: int, allowed: NDArray[np.bool_]) -> tuple[Codes, Scores]:
        """What `nearest` gives, if lists are visited wherever that may be quicker: what a trial has to judge."""
        return self._nearest(vector, k, allowed, at_any_cost=True)

    def _nearest(
        self, vector: NDArray[np.float32], k: int, allowed: Allowed | None, *, at_any_cost: bool
    ) -> tuple[Codes, Scores]:
        length = float(np.sqrt(vector @ vector))
        if length == 0 or k < 1:
            return NO_CODES, NO_SCORES
        unit: Vectors = (vector / length).astype(np.float32, copy=False)
        wanted = self._wanted(k, allowed)
        codes = self._near_one(unit[None, :], wanted, at_any_cost=at_any_cost)
        if len(codes) >= k:
            scores: Scores = self.unit.take(codes, axis=0) @ unit
        else:
            codes = self._all(wanted)
            scores = self.lists.products(self.unit, codes, unit)
        place = best(scores, codes, k)
        return codes[place], scores[place]

    def _near_one(self, unit: Vectors, wanted: Wanted, *, at_any_cost: bool) -> Codes:
        """What may be the k nearest of one query; fewer than k where it is quicker to look at all, or needed."""
        limit = time_to_look(wanted.n, 1)
        if self._time_to_visit(self._expected(wanted), 1) >= limit:
            return NO_CODES
        # Without a filter, it was just told what it will cost.
        codes = self._near(unit, wanted, None if at_any_cost or wanted.filter is None else limit)[1].ravel()
        return codes[codes >= 0]

    def _wanted(self, k: int, allowed: Allowed | None) -> Wanted:
        if allowed is None:
            return Wanted(k, None, len(self.unit))
        some = self.filter(allowed)
        return Wanted(k, some, len(some.codes))

    @cached_property
    def filter(self) -> Callable[[Allowed], Filter]:
        """Gives what a filter leaves, and remembers it for the next search with it."""
        return filters(self.known, self.lists)

    def _expected(self, wanted: Wanted) -> float:
        """How many lists are visited, as a rule, before it is known which."""
        if wanted.filter is None:
            return self._planned(wanted.k).lists
        # Among the nearest, no more are allowed than elsewhere, as a rule.
        return min(self.effort.lists_for(math.ceil(wanted.k * len(self.unit) / max(wanted.n, 1))), len(self.lists))

    def _time_to_visit(self, n_lists: Some, n_queries: int) -> Some:
        return time_to_visit(n_lists, len(self.unit) / len(self.lists), n_queries)

    def _planned(self, k: int) -> Plan:
        """What it takes to find k, computed once for each k."""
        plan = self._plans.get(k)
        if plan is None:
            gap, lists = np.float32(self.effort.gap_for(k)), min(self.effort.lists_for(k), len(self.lists))
            plan = self._plans[k] = Plan(k, gap, lists, self.effort.rescored_for(k))
        return plan

    @cached_property
    def _plans(self) -> dict[int, Plan]:
        return {}

    def _near(self, unit: Vectors, wanted: Wanted, limit: float | None, n_queries: int = 1) -> tuple[Rows, Codes]:
        """The queries that lists are visited for, and what may be their k nearest as codes show it (-1: no more).

        All of them, or those for which it takes less than `limit` microseconds, if so many are asked in all.
        """
        products: Vectors = unit @ self.lists.centres.T
        plan = self._planned(wanted.k)

        def quick(visits: Visits) -> Rows:
            return (
                slice(None) if limit is None else np.flatnonzero(self._time_to_visit(visits.counts, n_queries) < limit)
            )

        if wanted.filter is not None:
            return self._near_allowed(unit, products, wanted.filter, plan, quick)
        promised = products + self.lists.spread
        visits = Visits.where(products, promised >= promised.max(axis=1, keepdims=True) - plan.gap)
        rows = quick(visits)
        return rows, self.lists.near(unit[rows], visits.rows(rows), plan.rescored)[0]

    def _near_allowed(
        self, unit: Vectors, products: Vectors, some: Filter, plan: Plan, quick: Callable[[Visits], Rows]
    ) -> tuple[Rows, Codes]:
        """What `_near` gives, with a filter.

        Lists are visited in two goes: those that promise most, which show about how near the k nearest are; then all
        others that promise something nearer.
        """
        held, spreads = some.held
        products = products.take(held, axis=1) if len(held) < products.shape[1] else products
        promised = products + spreads
        begun = min(math.ceil(BEGUN * plan.k * len(held) / len(some.codes)), len(held))
        most = promised.argpartition(len(held) - begun, axis=1)[:, -begun:]
        first = Visits.of(products, most).renumbered(held)
        codes, scores = self.lists.near(unit, first, plan.rescored, some.selected)
        inside = promised >= scores[:, plan.k - 1, None] - np.float32(self.effort.below)
        inside &= promised < along(promised, most).min(axis=1, keepdims=True)
        then = Visits.where(products, inside)
        rows = quick(then)
        more = self.lists.near(unit[rows], then.rows(rows).renumbered(held), plan.rescored, some.selected)
        codes, scores = np.hstack([codes[rows], more[0]]), np.hstack([scores[rows], more[1]])
        return rows, along(codes, (-scores).argpartition(plan.rescored - 1, axis=1)[:, : plan.rescored])

    def _scored(self, unit: Vectors, near: Codes, k: int) -> tuple[Codes, Scores]:
        """The k nearest of what may be near to each query ``[n, width]``, by true score."""
        scores = np.empty(near.shape, np.float32)
        step = max(1, AT_A_TIME // max(near.shape[1] * unit.shape[1], 1))
        for start in range(0, len(unit), step):
            block = self.unit.take(near[start : start + step], axis=0)
            scores[start : start + step] = np.matmul(block, unit[start : start + step, :, None])[..., 0]
        scores[near < 0] = -np.inf
        if k < near.shape[1]:
            place = np.argpartition(-scores, k - 1, axis=1)[:, :k]
            near, scores = along(near, place), along(scores, place)
        order = np.lexsort((near, -scores))
        near, scores = along(near, order), along(scores, order)
        scores[near < 0] = np.nan
        return near, scores

    def _all(self, wanted: Wanted) -> Codes:
        """All that may be found."""
        return self._known if wanted.filter is None else wanted.filter.codes

    @cached_property
    def _known(self) -> Codes:
        codes: Codes = np.flatnonzero(self.known).astype(np.int32)
        return codes
