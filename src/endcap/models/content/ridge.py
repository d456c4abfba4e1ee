"""From content to the vectors of a collaborative model, by ridge regression on the items that are known well.

Gantner et al., Learning attribute-to-feature mappings for cold-start recommendations, ICDM 2010. The normal equations
are solved by conjugate gradient for all dimensions at once, since words and labels are many and each row has few.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Scores
from endcap.models.content.features import Features
from endcap.models.content.sparse import Matrix, Sparse

L2 = (30.0, 10.0, 3.0, 1.0, 0.3)
"""Tried one after the other, each starting from the answer of the one before."""
STEPS = 100
"""At most so many of conjugate gradient …"""
NEAR = 1e-3
"""… until what is left is this part of what there was."""
FOLDS = 5
"""One part of so many is kept apart to choose by."""


@dataclass(frozen=True)
class Map:
    """What content says a vector is."""

    matrix: Matrix
    """``[features, size]``."""
    mean: Scores
    """``[size]``: the vector of an item like all others."""
    agreement: float
    """Mean cosine of what it says with vectors that it has not seen; 0 if it points nowhere near."""


def map_of(features: Features, vectors: Matrix, weights: Scores, rng: np.random.Generator) -> Map:
    """The map that is best for vectors ``[n_items, size]`` it has not seen, each of which counts as much as its weight.

    How much it is held back is chosen on a part of the items; then it is learned from all.
    """
    apart = (rng.integers(FOLDS, size=len(weights)) == 0) & (weights > 0)
    l2, agreement = L2[0], 0.0
    if apart.any() and (weights[~apart] > 0).any():
        l2, agreement = _chosen(features, vectors, weights, apart)
    mean = _mean(vectors, weights)
    return Map(_Normal.of(features, vectors - mean, weights).solved(l2), mean, agreement)


def _chosen(features: Features, vectors: Matrix, weights: Scores, apart: NDArray[np.bool_]) -> tuple[float, float]:
    """The l2 with the least squared error on what is kept apart, and the mean cosine there."""
    seen = np.where(apart, np.float32(0.0), weights)
    mean = _mean(vectors, seen)
    normal, wanted = _Normal.of(features, vectors - mean, seen), (vectors - mean)[apart]
    best, least, agreement, start = L2[0], np.inf, 0.0, None
    for l2 in L2:
        start = normal.solved(l2, start)
        said = features.times(start)[apart]
        error = float((((said - wanted) ** 2).sum(axis=1) * weights[apart]).sum())
        if error > least:
            break
        best, least, agreement = l2, error, _agreement(said + mean, vectors[apart], weights[apart])
    return best, agreement


@dataclass(frozen=True)
class _Normal:
    """The two sides of the normal equations, rows times the roots of their weights."""

    features: Features
    flipped: Sparse
    right: Matrix
    squares: Scores
    """The diagonal."""

    @classmethod
    def of(cls, features: Features, vectors: Matrix, weights: Scores) -> "_Normal":
        roots = np.sqrt(weights).astype(np.float32)
        scaled = features.scaled(roots)
        flipped = scaled.sparse.transposed()
        squares = np.concatenate([flipped.lengths**2, (scaled.dense**2).sum(axis=0)])
        normal = cls(scaled, flipped, np.empty(0, np.float32), squares.astype(np.float32))
        return cls(scaled, flipped, normal.back((vectors * roots[:, None]).astype(np.float32)), normal.squares)

    def back(self, rows: Matrix) -> Matrix:
        """The transposed features times rows ``[n, size]``."""
        return np.concatenate([self.flipped.times(rows), self.features.dense.T @ rows])

    def solved(self, l2: float, start: Matrix | None = None) -> Matrix:
        """The matrix ``[features, size]``, from a guess on."""
        step_of = (1.0 / (self.squares + np.float32(l2)))[:, None]
        found = np.zeros_like(self.right) if start is None else start.copy()
        left = self.right - self._times(found, l2)
        along = better = step_of * left
        height, whole = (left * better).sum(axis=0), (self.right * step_of * self.right).sum(axis=0)
        for _ in range(STEPS):
            if (height <= NEAR**2 * whole).all():
                break
            ahead = self._times(along, l2)
            far = height / np.maximum((along * ahead).sum(axis=0), 1e-30)
            found += far * along
            left = left - far * ahead
            better = step_of * left
            lower = (left * better).sum(axis=0)
            along = better + (lower / np.maximum(height, 1e-30)) * along
            height = lower
        return found

    def _times(self, matrix: Matrix, l2: float) -> Matrix:
        product: Matrix = self.back(self.features.times(matrix)) + np.float32(l2) * matrix
        return product


def _mean(vectors: Matrix, weights: Array) -> Scores:
    mean: Scores = ((weights[:, None] * vectors).sum(axis=0) / max(float(weights.sum()), 1e-12)).astype(np.float32)
    return mean


def _agreement(said: Matrix, wanted: Matrix, weights: Scores) -> float:
    """The mean cosine of rows, each as much as it weighs."""
    lengths = np.linalg.norm(said, axis=1) * np.linalg.norm(wanted, axis=1)
    cosines = (said * wanted).sum(axis=1) / np.maximum(lengths, 1e-12)
    return max(0.0, float((cosines * weights).sum() / max(float(weights.sum()), 1e-12)))
