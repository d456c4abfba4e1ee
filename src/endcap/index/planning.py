"""How far to look for the nearest: by the length of the list, and with a filter by what was found so far."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

LOOKED_AT, ALONE = 0.005, 0.018
"""Microseconds to look at a vector for one of many queries, and how much longer it takes for one alone."""
VISITED, PASSED = 0.7, 0.006
"""Microseconds to visit a list, and to pass a vector in it."""
AROUND, AROUND_ALONE = 40.0, 110.0
"""Microseconds of all else in a search, and how much more of one alone."""

Some = TypeVar("Some", float, NDArray[np.float64])


def time_to_look(n_vectors: int, n_queries: int) -> float:
    """Microseconds for each of so many queries to look at so many vectors, roughly.

    What is chosen by this and by `time_to_visit` is which of two ways is quicker, never how good it is.
    """
    return n_vectors * (LOOKED_AT + ALONE / max(n_queries, 1))


def time_to_visit(n_lists: Some, size: float, n_queries: int) -> Some:
    """Microseconds for each of so many queries to visit lists of that size on average, roughly."""
    return AROUND + AROUND_ALONE / max(n_queries, 1) + n_lists * (VISITED + PASSED * size)


@dataclass(frozen=True)
class Effort:
    """What it takes to reach the recall that was asked for, as measured on sampled queries.

    How many lists a query visits depends on where it lies: all those that do not promise much less than the one that
    promises most (`Lists.spreads`); with a filter, all that promise something nearer than what was found so far.
    """

    lengths: tuple[int, ...] = (1,)
    """Lengths of lists, ascending, …"""
    gaps: tuple[float, ...] = (0.0,)
    """… how far below the highest promise that of a visited list may be for a list of that length, …"""
    lists: tuple[float, ...] = (1.0,)
    """… how many of the index's lists are visited so, on average, …"""
    rescored: tuple[float, ...] = (1.0,)
    """… and so many candidates get their true score, as many times as the list is long."""
    below: float = 0.0
    """With a filter: how far below the score of the last item that was found the promise of a visited list may be."""

    def gap_for(self, k: int) -> float:
        """How far below the highest promise that of a visited list may be; beyond the longest measured, as it grew."""
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
