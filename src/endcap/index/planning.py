"""How far to look for the nearest: by the length of the list, and by where a filter leaves something to be found."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes
from endcap.index.lists import Lists, Vectors

POOL, MOST = 32_768, 2_048
"""Landmarks in all, and so many allowed ones at most are looked at for a query."""


@dataclass(frozen=True)
class Effort:
    """What it takes to reach the recall that was asked for, as measured on sampled queries."""

    lengths: NDArray[np.float64]
    """Lengths of lists, ascending, …"""
    lists: NDArray[np.float64]
    """… so many of the index's lists must be visited for a list of that length, …"""
    rescored: NDArray[np.float64]
    """… and so many candidates get their true score, as many times as the list is long."""
    witnesses: int
    """With a filter: so many of the nearest allowed landmarks must lie in the lists that are visited."""

    def lists_for(self, k: int) -> int:
        """How many lists to visit for a list of length k; in proportion beyond the longest measured."""
        beyond = max(k / self.lengths[-1], 1.0)
        return math.ceil(beyond * np.exp(np.interp(np.log(k), np.log(self.lengths), np.log(self.lists))))

    def rescored_for(self, k: int) -> int:
        """How many candidates get their true score for a list of length k."""
        return math.ceil(k * np.interp(np.log(k), np.log(self.lengths), self.rescored))


NO_EFFORT = Effort(*np.ones((3, 1)), witnesses=1)
"""One list, one candidate: before anything is measured."""


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
        self, unit: Vectors, centres: Vectors, effort: Effort, k: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.intp]:
        """How many lists each query must visit to find its k nearest allowed items ``[n]``.

        The nearest allowed landmarks are found by looking, and all of them have to lie in lists that are visited: then
        what is nearer than they are very probably does too, however the filter goes together with the vectors.
        """
        inside = np.flatnonzero(allowed[self.codes])[:MOST]
        stand_for = np.count_nonzero(allowed) / max(len(inside), 1)
        wanted = effort.witnesses + int(k / stand_for)
        if len(inside) <= wanted:
            return np.full(len(unit), len(centres))
        near = unit @ self.unit[inside].T
        witnesses = np.argpartition(-near, wanted - 1, axis=1)[:, :wanted]
        order = unit @ centres.T
        farthest = np.take_along_axis(order, self.lists[inside][witnesses], axis=1).min(axis=1)
        return np.count_nonzero(order >= farthest[:, None], axis=1)
