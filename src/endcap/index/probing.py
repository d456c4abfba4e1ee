"""An index that visits the lists where the nearest probably are, and looks at everything where that is quicker."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import NO_CODES, Codes, Scores
from endcap.core.candidates import NO_SCORES, best
from endcap.index.exact import looked_through, of_length_one
from endcap.index.lists import Lists, Vectors
from endcap.index.planning import Effort, Landmarks

AT_A_TIME = 2**20
"""So many numbers are gathered at a time to compute true scores."""
VISITED, LOOKED_AT, GATHERED, AROUND = 1.0, 0.012, 0.02, 150.0
"""Microseconds, roughly, of a list, a vector, a vector that must be gathered first, and of all else in a visit.

What is chosen by them is which of two ways is quicker, never how good it is.
"""

Allowed = NDArray[np.bool_]


@dataclass(frozen=True)
class Wanted:
    """What a search is to find."""

    k: int
    allowed: Allowed | None
    n: int
    """How many items may be found."""
    share: float
    """Which part of all items that is."""

    @classmethod
    def of(cls, k: int, allowed: Allowed | None, n_items: int) -> "Wanted":
        """With what is allowed counted, once for a search."""
        n = n_items if allowed is None else int(np.count_nonzero(allowed))
        return cls(k, allowed, n, n / max(n_items, 1))

    @cached_property
    def bits(self) -> NDArray[np.uint8] | None:
        """What is allowed, one bit for each item, the lowest first."""
        return None if self.allowed is None else np.packbits(self.allowed, bitorder="little")

    def looking(self, n_queries: int) -> float:
        """Microseconds for each of n queries to look at all that may be found, roughly."""
        return self.n * (LOOKED_AT + (0.0 if self.allowed is None else GATHERED / max(n_queries, 1)))


@dataclass(frozen=True)
class Plan:
    """What it takes to find so many, without a filter."""

    gap: np.float32
    """How far below the highest product that of a visited list may be."""
    cost: float
    """Microseconds, roughly."""
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
    landmarks: Landmarks
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
        wanted = Wanted.of(k, allowed, len(self.unit))
        looking = wanted.looking(len(unit))
        if self._expected(wanted) < looking:
            step = max(1, AT_A_TIME // len(self.lists))
            for start in range(0, len(some), step):
                rows = some[start : start + step]
                products: Vectors = unit[rows] @ self.lists.centres.T
                least = self._least(unit[rows], products, wanted)
                visits = np.flatnonzero(_visit_costs(products, least) < looking)
                if len(visits):
                    asked = unit[rows[visits]], products[visits], least[visits]
                    found[rows[visits]], cosines[rows[visits]] = self._visited(*asked, wanted)
            some = some[found[some, -1] < 0]
        if len(some):
            codes = self._all(allowed)
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
        codes = self._near_one(unit[None, :], Wanted.of(k, allowed, len(self.unit)), at_any_cost=at_any_cost)
        if len(codes) >= k:
            scores: Scores = self.unit.take(codes, axis=0) @ unit
        else:
            codes = self._all(allowed)
            scores = self.lists.products(self.unit, codes, unit)
        place = best(scores, codes, k)
        return codes[place], scores[place]

    def _near_one(self, unit: Vectors, wanted: Wanted, *, at_any_cost: bool) -> Codes:
        """What may be the k nearest of one query; fewer than k where it is quicker to look at all, or needed."""
        looking = wanted.looking(1)
        if self._expected(wanted) >= looking:
            return NO_CODES
        products: Vectors = unit @ self.lists.centres.T
        least = self._least(unit, products, wanted)
        if not at_any_cost and wanted.allowed is not None and _visit_costs(products, least)[0] >= looking:
            return NO_CODES
        codes: Codes = self._near(unit, products, least, wanted)[0]
        return codes if codes[-1] >= 0 else codes[codes >= 0]

    def _expected(self, wanted: Wanted) -> float:
        """Microseconds to visit lists, at the least, before it is known which."""
        if wanted.allowed is None:
            return self._planned(wanted.k).cost
        # Among the nearest, no more are allowed than elsewhere, as a rule.
        return self._cost(math.ceil(wanted.k / max(wanted.share, 1e-9)))

    def _cost(self, k: int) -> float:
        return AROUND + VISITED * min(self.effort.lists_for(k), len(self.lists))

    def _planned(self, k: int) -> Plan:
        """What it takes to find k, computed once for each k."""
        plan = self._plans.get(k)
        if plan is None:
            gap = np.float32(self.effort.gap_for(k))
            plan = self._plans[k] = Plan(gap, self._cost(k), self.effort.rescored_for(k))
        return plan

    @cached_property
    def _plans(self) -> dict[int, Plan]:
        return {}

    def _least(self, unit: Vectors, products: Vectors, wanted: Wanted) -> Vectors:
        """The product that a list must have with each query to be visited ``[n]``."""
        if wanted.allowed is not None:
            some = wanted.k, self.effort.witnesses
            return self.landmarks.least(unit, products, some, wanted.allowed, wanted.share)
        least: Vectors = products.max(axis=1) - self._planned(wanted.k).gap
        return least

    def _visited(self, unit: Vectors, products: Vectors, least: Vectors, wanted: Wanted) -> tuple[Codes, Scores]:
        """The k nearest of each query within the lists that have that product with it at the least, by true score."""
        near, k = self._near(unit, products, least, wanted), wanted.k
        scores = np.empty(near.shape, np.float32)
        step = max(1, AT_A_TIME // max(near.shape[1] * unit.shape[1], 1))
        for start in range(0, len(unit), step):
            block = self.unit.take(near[start : start + step], axis=0)
            scores[start : start + step] = np.matmul(block, unit[start : start + step, :, None])[..., 0]
        scores[near < 0] = -np.inf
        if k < near.shape[1]:
            place = np.argpartition(-scores, k - 1, axis=1)[:, :k]
            near, scores = np.take_along_axis(near, place, 1), np.take_along_axis(scores, place, 1)
        order = np.lexsort((near, -scores))
        near, scores = np.take_along_axis(near, order, 1), np.take_along_axis(scores, order, 1)
        scores[near < 0] = np.nan
        return near, scores

    def _near(self, unit: Vectors, products: Vectors, least: Vectors, wanted: Wanted) -> Codes:
        """What may be the k nearest of each query, as far as the codes in the lists show (-1: no more)."""
        return self.lists.near(unit, products, least, self._planned(wanted.k).rescored, wanted.bits)

    def _all(self, allowed: Allowed | None) -> Codes:
        """All that may be found."""
        return np.flatnonzero(self.known if allowed is None else self.known & allowed).astype(np.int32)


def _visit_costs(products: Vectors, least: Vectors) -> NDArray[np.float64]:
    """Microseconds for each query to visit the lists that have that product with it at the least ``[n]``, roughly."""
    cost: NDArray[np.float64] = AROUND + VISITED * np.count_nonzero(products >= least[:, None], axis=1)
    return cost
