"""An index that visits the lists where the nearest probably are, and looks at everything where that is quicker."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

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

Rows = NDArray[np.intp]
Allowed = NDArray[np.bool_]


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
        rest = [np.empty(0, np.intp)]
        for n_lists, rows in self._planned(unit, np.flatnonzero(lengths > 0), k, allowed):
            if n_lists:
                found[rows], cosines[rows] = self._visited(unit[rows], k, n_lists, allowed)
            rest.append(rows[found[rows, -1] < 0])
        if len(whole := np.concatenate(rest)):
            codes = self._all(allowed)
            every = self.unit if len(codes) == len(self.unit) else self.unit.take(codes, axis=0)
            found[whole], cosines[whole] = looked_through(every.T, codes, unit[whole], k)
        return found, cosines

    def nearest(
        self, vector: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Codes, Scores]:
        """What `search` gives for one vector ``[size]``, without the padding; nothing for a zero vector."""
        length = float(np.sqrt(vector @ vector))
        if length == 0 or k < 1:
            return NO_CODES, NO_SCORES
        unit: Vectors = (vector / length).astype(np.float32, copy=False)
        n_lists = self._unfiltered(k) if allowed is None else self._filtered(unit[None, :], k, allowed)[0]
        if n_lists and (codes := self._near(unit[None, :], k, int(n_lists), allowed)[0])[k - 1] >= 0:
            if codes[-1] < 0:
                codes = codes[codes >= 0]
            scores: Scores = self.unit.take(codes, axis=0) @ unit
        else:
            codes = self._all(allowed)
            scores = self.lists.products(self.unit, codes, unit)
        place = best(scores, codes, k)
        return codes[place], scores[place]

    def _planned(self, unit: Vectors, some: Rows, k: int, allowed: Allowed | None) -> Iterator[tuple[int, Rows]]:
        """Groups of some rows with the number of lists to visit for them; 0: it is quicker to look at all."""
        if not len(some) or k < 1:
            return
        if allowed is None:
            yield self._unfiltered(k), some
            return
        lists = self._filtered(unit[some], k, allowed)
        for n_lists in np.unique(lists).tolist():
            yield n_lists, some[lists == n_lists]

    def _unfiltered(self, k: int) -> int:
        """How many lists to visit; 0: it is quicker to look at all."""
        n_lists = min(self.effort.lists_for(k), len(self.lists))
        return n_lists if AROUND + VISITED * n_lists < LOOKED_AT * len(self.unit) else 0

    def _filtered(self, unit: Vectors, k: int, allowed: Allowed) -> Rows:
        """How many lists each query has to visit to find what is allowed; 0: it is quicker to look at all that is."""
        n_allowed = int(np.count_nonzero(allowed))
        looking = n_allowed * (LOOKED_AT + GATHERED / len(unit))
        # Among the nearest, no more are allowed than elsewhere, as a rule: then it is not worth a closer look.
        least = self.effort.lists_for(math.ceil(k * len(allowed) / max(n_allowed, 1)))
        if looking < AROUND + VISITED * min(least, len(self.lists)):
            return np.zeros(len(unit), np.intp)
        wanted = k, self.effort.witnesses
        lists = self.landmarks.reach(unit, self.lists.centres, wanted, allowed, n_allowed / len(allowed))
        if len(unit) > 1:  # in steps of a quarter, so that many queries are answered together
            lists = np.ceil(2 ** (np.ceil(np.log2(lists) * 4) / 4)).astype(np.intp)
        lists = np.minimum(lists, len(self.lists))
        lists[AROUND + VISITED * lists > looking] = 0
        return lists

    def _visited(self, unit: Vectors, k: int, n_lists: int, allowed: Allowed | None) -> tuple[Codes, Scores]:
        """The k nearest of each query within the lists nearest to it, by true score."""
        near = self._near(unit, k, n_lists, allowed)
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

    def _near(self, unit: Vectors, k: int, n_lists: int, allowed: Allowed | None) -> Codes:
        """What may be the k nearest of each query, as far as the codes in the lists show (-1: no more)."""
        bits = None if allowed is None else np.packbits(allowed, bitorder="little")
        return self.lists.near(unit, n_lists, self.effort.rescored_for(k), bits)

    def _all(self, allowed: Allowed | None) -> Codes:
        """All that may be found."""
        return np.flatnonzero(self.known if allowed is None else self.known & allowed).astype(np.int32)
