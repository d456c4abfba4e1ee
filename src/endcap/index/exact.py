"""Nearest neighbours by looking at every vector: no error, no build, any filter."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import NO_CODES, Codes, Scores
from endcap.core.candidates import NO_SCORES, best
from endcap.core.part import Part

BLOCK = 2**24
"""Scores computed at a time (64 MB)."""


class Exact(Part):
    """Settings of an exact index by cosine; there is nothing to set."""

    def build(self, vectors: NDArray[np.float32]) -> "ExactIndex":
        """An index of the given vectors ``[n, size]``; a zero vector is never found."""
        unit, lengths = of_length_one(vectors)
        codes = np.flatnonzero(lengths > 0).astype(np.int32)
        return ExactIndex(np.ascontiguousarray(unit[codes].T), codes)


@dataclass(frozen=True)
class ExactIndex:
    """Vectors of length one, one per column, and the code of each column."""

    columns: NDArray[np.float32]
    codes: Codes

    def search(
        self, vectors: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Codes, Scores]:
        """The k nearest of each query vector ``[n, size]``: ``codes[n, k]`` (-1: no more) and cosines (NaN there).

        `allowed` (one entry per item code) limits what may be found, without making the lists any shorter than they
        must be.
        """
        return looked_through(*self._inside(allowed), vectors, k)

    def nearest(
        self, vector: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Codes, Scores]:
        """What `search` gives for one vector ``[size]``, without the padding; nothing for a zero vector."""
        length = float(np.sqrt(vector @ vector))
        if length == 0:
            return NO_CODES, NO_SCORES
        columns, codes = self._inside(allowed)
        unit: NDArray[np.float32] = (vector / length).astype(np.float32, copy=False)
        scores: Scores = unit @ columns
        near = best(scores, codes, k)
        return codes[near], scores[near]

    def _inside(self, allowed: NDArray[np.bool_] | None) -> tuple[NDArray[np.float32], Codes]:
        if allowed is None:
            return self.columns, self.codes
        inside = np.flatnonzero(allowed[self.codes])
        return self.columns[:, inside], self.codes[inside]


def looked_through(
    columns: NDArray[np.float32], codes: Codes, vectors: NDArray[np.float32], k: int
) -> tuple[Codes, Scores]:
    """The k nearest of each query vector among all of the given columns, whose codes are given, as a search gives them.

    Ties go to the smaller code.
    """
    found = np.full((len(vectors), k), -1, np.int32)
    cosines = np.full((len(vectors), k), np.nan, np.float32)
    step = max(1, BLOCK // max(len(codes), 1))
    for start in range(0, len(vectors), step):
        unit, lengths = of_length_one(vectors[start : start + step])
        scores = unit @ columns
        for row in np.flatnonzero(lengths > 0):
            near = best(scores[row], codes, k)
            found[start + row, : len(near)] = codes[near]
            cosines[start + row, : len(near)] = scores[row, near]
    return found, cosines


def of_length_one(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The directions of the given vectors ``[n, size]`` (zero where they are zero), and their lengths ``[n]``."""
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    return vectors / np.maximum(lengths, np.float32(1e-12))[:, None], lengths
