"""Fewer dimensions that keep products: half of them the widest axes there are, half drawn by chance from the rest.

Truncated singular value decomposition alone (Deerwester et al., Indexing by latent semantic analysis, JASIS 41, 1990)
forgets rare words and labels, which say most of what two items have in common; random axes alone (Achlioptas,
Database-friendly random projections, JCSS 66, 2003) keep every product, with an error. Here the random ones see only
what the others leave over, so that the error is that of a smaller part. The decomposition is randomised itself:
Halko, Martinsson and Tropp, Finding structure with randomness, SIAM Review 53 (2011), algorithm 4.4.
"""

import numpy as np

from endcap.models.content.sparse import Matrix, Sparse

OVERSAMPLED = 8
"""So many more axes are looked for than are kept …"""
ROUNDS = 3
"""… in so many rounds."""


def axes_of(rows: Sparse, size: int, rng: np.random.Generator) -> Matrix:
    """A matrix ``[width, size]`` by which products of rows stay nearly what they are; exactly, if there is room."""
    if rows.width <= size:
        return np.eye(rows.width, dtype=np.float32)
    widest = widest_of(rows, size // 2, rng)
    signs = rng.integers(0, 2, (rows.width, size - widest.shape[1]), np.int8)
    chance = (2.0 * signs - 1.0).astype(np.float32) / np.float32(np.sqrt(signs.shape[1]))
    chance -= widest @ (widest.T @ chance)
    return np.concatenate([widest, chance], axis=1)


def widest_of(rows: Sparse, size: int, rng: np.random.Generator) -> Matrix:
    """The right singular vectors ``[width, size]`` of the greatest singular values; fewer, if there are not so many."""
    flipped = rows.transposed()
    size = min(size, len(rows), rows.width)
    sought = min(size + OVERSAMPLED, len(rows), rows.width)
    found, _ = np.linalg.qr(rows.times(rng.normal(size=(rows.width, sought)).astype(np.float32)))
    for _ in range(ROUNDS):
        back, _ = np.linalg.qr(flipped.times(found))
        found, _ = np.linalg.qr(rows.times(back))
    _, _, right = np.linalg.svd(flipped.times(found).T, full_matrices=False)
    kept: Matrix = np.ascontiguousarray(right[:size].T, np.float32)
    return kept


def squeezed(vectors: Matrix, size: int, rng: np.random.Generator) -> Matrix:
    """Dense rows ``[n, wide]`` in at most so many dimensions, by the same two kinds of axes; zero rows stay zero."""
    if vectors.shape[1] <= size:
        return vectors
    _, turn = np.linalg.eigh(vectors.T.astype(np.float64) @ vectors)
    widest = turn[:, ::-1][:, : size // 2]
    chance = rng.choice([-1.0, 1.0], (vectors.shape[1], size - widest.shape[1])) / np.sqrt(size - widest.shape[1])
    chance -= widest @ (widest.T @ chance)
    out: Matrix = (vectors @ np.concatenate([widest, chance], axis=1)).astype(np.float32)
    return out
