"""How far to look for the nearest: by the length of the list, and by where a filter leaves something to be found."""

import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes
from endcap.index.lists import Lists, Vectors

POOL, MOST = 32_768, 1_024
"""Landmarks in all, and so many allowed ones at most are looked at for a query."""
ODD = 5
"""One in so many of the nearest may lie in a list that is far: else the oddest of them would say how far to go."""


@dataclass(frozen=True)
class Effort:
    """What it takes to reach the recall that was asked for, as measured on sampled queries.

    How many lists a query visits depends on where it lies: all those whose product with it is not far below that of
    the nearest list. For the same recall, these are a third fewer than a fixed number of lists.
    """

    lengths: tuple[int, ...] = (1,)
    """Lengths of lists, ascending, …"""
    gaps: tuple[float, ...] = (0.0,)
    """… how far below the highest product that of a visited list may be for a list of that length, …"""
    lists: tuple[float, ...] = (1.0,)
    """… how many of the index's lists are visited so, on average, …"""
    rescored: tuple[float, ...] = (1.0,)
    """… and so many candidates get their true score, as many times as the list is long."""
    witnesses: int = 1
    """With a filter: of so many of the nearest allowed landmarks, most must lie in the lists that are visited."""

    def gap_for(self, k: int) -> float:
        """How far below the highest product that of a visited list may be; beyond the longest measured, as it grew."""
        return self._between(k, self.gaps) + max(self._steepness() * math.log(k / self.lengths[-1]), 0.0)

    def lists_for(self, k: int) -> float:
        """How many lists are visited for a list of length k, roughly; in proportion beyond the longest measured."""
        return max(k / self.lengths[-1], 1.0) * self._between(k, self.lists)

    def rescored_for(self, k: int) -> int:
        """How many candidates get their true score for a list of length k."""
        return math.ceil(k * self._between(k, self.rescored))

    def _steepness(self) -> float:
        """How much the gap grows with the logarithm of the length, at the longest measured."""
        if len(self.lengths) == 1:
            return 0.0
        (low, high), (narrow, wide) = self.lengths[-2:], self.gaps[-2:]
        return (wide - narrow) / math.log(high / low)

    def _between(self, k: int, values: tuple[float, ...]) -> float:
        """The value for a length, on a straight line over the logarithm of lengths; beyond both ends, the end's."""
        after = bisect_right(self.lengths, k)
        if after in (0, len(values)):
            return values[max(after - 1, 0)]
        low, high = self.lengths[after - 1], self.lengths[after]
        return values[after - 1] + (values[after] - values[after - 1]) * math.log(k / low) / math.log(high / low)


@dataclass(frozen=True)
class Landmarks:
    """A sample of the items in random order, that shows where in the index lies what a filter allows."""

    codes: Codes
    unit: Vectors
    lists: NDArray[np.int32]
    """Which list each of them lies in."""

    @classmethod
    def drawn(cls, unit: Vectors, codes: Codes, lists: Lists, rng: np.random.Generator) -> "Landmarks":
        """Some of the given codes, whose vectors are rows of `unit`."""
        drawn = rng.permutation(codes)[:POOL]
        return cls(drawn, unit[drawn], lists.of_items(len(unit))[drawn])

    def least(
        self, unit: Vectors, products: Vectors, wanted: tuple[int, int], allowed: NDArray[np.bool_], share: float
    ) -> Vectors:
        """The product that a list must have with each query, to be visited for its nearest allowed items ``[n]``.

        Given are the products with all centres ``[n, n_lists]``; wanted are k and witnesses; of all items, `share` is
        allowed. The nearest allowed landmarks are found by looking, and four in five of them have to lie in lists that
        are visited: then what is nearer than they are very probably does too, however the filter goes together with
        the vectors.
        """
        inside = np.flatnonzero(allowed.take(self.codes[: self._enough(share)]))[:MOST]
        stand_for = share * len(allowed) / max(len(inside), 1)
        k, witnesses = wanted
        some = witnesses + int(k / stand_for)
        if len(inside) <= some:
            return np.full(len(unit), -np.inf, np.float32)
        near = unit @ self.unit.take(inside, axis=0).T
        nearest = np.argpartition(near, len(inside) - some, axis=1)[:, -some:]
        theirs = np.take_along_axis(products, self.lists[inside][nearest], axis=1)
        least: Vectors = np.partition(theirs, some // ODD, axis=1)[:, some // ODD]
        return least

    def _enough(self, share: float) -> int:
        """How many landmarks hold as many as are looked at, if that share of all items is allowed."""
        return min(len(self.codes), math.ceil(1.1 * MOST / max(share, 1e-6)))
