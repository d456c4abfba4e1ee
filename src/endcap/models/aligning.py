"""Vectors that stay comparable from one fit to the next, and in fewer dimensions.

What skip-gram learns is only known up to a rotation: each fit comes out in axes of its own. Turned to lie as near as
possible to the last ones, stored vectors and thresholds keep their meaning.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Previous:
    """A model of an earlier fit, and which of its items are which of ours."""

    model: Any
    """It has `vectors`, one row per item in its own coding."""
    codes: Codes
    """``[n_items]``: the code there of each item of ours; -1: it is new."""

    @property
    def known(self) -> NDArray[np.intp]:
        """Our items that it has a vector for."""
        shared = np.flatnonzero(self.codes >= 0)
        theirs: Vectors = self.model.vectors[self.codes[shared]]
        return shared[theirs.any(axis=1)]

    @property
    def places(self) -> Codes:
        """Where it has them."""
        return self.codes[self.known]

    @property
    def vectors(self) -> Vectors:
        """Their vectors there ``[n_known, size]``."""
        found: Vectors = self.model.vectors[self.places]
        return found

    def fits(self, model: Any) -> bool:
        """Whether it has something to say about a model: vectors as long, of items that both know."""
        return bool(self.model.vectors.shape[1] == model.vectors.shape[1] and len(self.known))


def rotation(vectors: Vectors, onto: Vectors) -> Vectors:
    """The orthogonal matrix ``[size, size]`` that brings the directions of some vectors nearest to those of others.

    Schönemann, A generalized solution of the orthogonal Procrustes problem, Psychometrika 31 (1966). It changes no
    length, product or cosine among the vectors.
    """
    left, _, right = np.linalg.svd(_unit(vectors).T @ _unit(onto))
    turn: Vectors = (left @ right).astype(np.float32)
    return turn


def widest(vectors: Vectors, size: int) -> Vectors:
    """The axes ``[size_before, size]`` along which the directions of the vectors differ most, the widest first.

    Raises `ValueError` if there are fewer dimensions than that.
    """
    if size > vectors.shape[1]:
        raise ValueError(f"{size} axes out of {vectors.shape[1]} dimensions; expected at most as many")
    unit = _unit(vectors)
    _, axes = np.linalg.eigh(unit.T.astype(np.float64) @ unit)
    found: Vectors = np.ascontiguousarray(axes[:, ::-1][:, :size]).astype(np.float32)
    return found


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)[:, None]
    return unit
