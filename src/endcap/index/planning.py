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
    """What it takes to reach the recall that was asked for, as measured on sampled queries."""

    lengths: tuple[int, ...] = (1,)
    """Lengths of lists, ascending, …"""
    lists: tuple[int, ...] = (1,)
    """… so many of the index's lists must be visited for a list of that length, …"""
    rescored: tuple[float, ...] = (1.0,)
    """… and so many candidates get their true score, as many times as the list is long."""
    witnesses: int = 1
    """With a filter: of so many of the nearest allowed landmarks, most must lie in the lists that are visited."""

    def lists_for(self, k: int) -> int:
        """How many lists to visit for a list of length k; in proportion beyond the longest measured."""
        return math.ceil(max(k / self.lengths[-1], 1.0) * self._between(k, self.lists))

    def rescored_for(self, k: int) -> int:
        """How many candidates get their true score for a list of length k."""
        return math.ceil(k * self._between(k, self.rescored))

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

    def reach(
        self, unit: Vectors, centres: Vectors, wanted: tuple[int, int], allowed: NDArray[np.bool_], share: float
    ) -> NDArray[np.intp]:
        """How many lists each query must visit to find its nearest allowed items ``[n]``; wanted are k and witnesses.

        Of all items, `share` is allowed. The nearest allowed landmarks are found by looking, and four in five of them
        have to lie in lists that are visited: then what is nearer than they are very probably does too, however the
        filter goes together with the vectors.
        """
        inside = np.flatnonzero(allowed.take(self.codes[: self._enough(share)]))[:MOST]
        stand_for = share * len(allowed) / max(len(inside), 1)
        k, witnesses = wanted
        some = witnesses + int(k / stand_for)
        if len(inside) <= some:
            return np.full(len(unit), len(centres))
        near = unit @ self.unit.take(inside, axis=0).T
        nearest = np.argpartition(near, len(inside) - some, axis=1)[:, -some:]
        order = unit @ centres.T
        products = np.take_along_axis(order, self.lists[inside][nearest], axis=1)
        farthest = np.partition(products, some // ODD, axis=1)[:, some // ODD, None]
        reach: NDArray[np.intp] = np.count_nonzero(order >= farthest, axis=1)
        return reach

    def _enough(self, share: float) -> int:
        """How many landmarks hold as many as are looked at, if that share of all items is allowed."""
        return min(len(self.codes), math.ceil(1.1 * MOST / max(share, 1e-6)))
