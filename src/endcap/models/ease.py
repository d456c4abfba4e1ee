"""EASE: the linear model that best restores every visitor's items from their other items, in closed form.

Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019: with ``P = (XᵀX + l2 I)⁻¹``, item i speaks for
item j with the weight ``-P_ij / P_jj``. Where there are fewer rows than items, ``X P = (XXᵀ + l2 I)⁻¹ X`` gives the
same from the inverse of a matrix of rows by rows (Woodbury): what is inverted is never larger than the smaller of both.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat, PositiveInt

from endcap.core.arrays import Codes, Ragged, Scores, offsets_of
from endcap.core.candidates import best
from endcap.core.dataset import Dataset
from endcap.core.part import Part
from endcap.core.tunable import SETTLED, Between
from endcap.models.co_occurrence import CoOccurrenceModel
from endcap.models.rows import TOUCHES, Source, distinct_rows, rows_of, transposed

Matrix = NDArray[np.float32]
BATCH = 256
"""Items whose weights are computed at a time."""
WHOLE = 1024
"""A matrix of this size is inverted in one piece."""


class EASE(Part):
    """Learns what each item says for and against every other, such that all that visitors have speaks for each item."""

    source: Annotated[Source, SETTLED] = "histories"
    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that count, where it learns from sessions."""
    l2: Annotated[PositiveFloat, Between(10.0, 5000.0, log=True)] = 300.0
    neighbours: Annotated[PositiveInt, Between(50, 2000, log=True)] = 500
    """Of what an item speaks for, as many are kept; what it speaks against is not."""
    seeds: Annotated[PositiveInt, SETTLED] = 1000
    """At most so many of the latest seeds are asked."""
    gigabytes: Annotated[PositiveFloat, SETTLED] = 4.0
    """The matrix to be inverted may take so much; beyond that, only the most frequent items are learned."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> CoOccurrenceModel:
        """The weights of every item, most frequent items first if not all find room."""
        n = len(data.catalog)
        rows = distinct_rows(rows_of(data, self.source, self.kinds))
        rows = Ragged(offsets_of(rows.lengths[rows.lengths > 0]), rows.values)
        learned = np.unique(rows.values)
        room = int((self.gigabytes * 2**30 / 4) ** 0.5)
        if min(len(rows), len(learned)) > room:
            counts = np.bincount(rows.values, minlength=n)
            learned = np.sort(np.lexsort((np.arange(n), -counts))[:room])
        place = np.full(n, -1, np.int32)
        place[learned] = np.arange(len(learned))
        kept = place[rows.values] >= 0
        rows = rows.keep(kept)
        rows = Ragged(rows.offsets, place[rows.values])
        lengths, items, weights = self._weights(rows, transposed(rows, len(learned)))
        by_item = np.zeros(n, np.int64)
        by_item[learned] = lengths
        return CoOccurrenceModel(Ragged(offsets_of(by_item), learned[items].astype(np.int32)), weights, self.seeds)

    def _weights(self, rows: Ragged, have: Ragged) -> tuple[NDArray[np.int64], Codes, Scores]:
        """How many neighbours each item keeps, which, and their weights, best first."""
        from endcap.models.kernels.autoencoder import picked, shared, summed  # noqa: PLC0415 — for fitting only

        n, by_rows = len(have), len(rows) < len(have)
        small, other = (rows, have) if by_rows else (have, rows)
        inverse = np.zeros((len(small), len(small)), np.float32)
        inverse[np.diag_indices(len(small))] = self.l2
        cores = os.cpu_count() or 1
        with ThreadPoolExecutor(cores) as pool:
            edges = np.linspace(0, len(small), 8 * cores + 1).astype(int).tolist()
            count = (small.offsets, small.values, other.offsets, other.values, inverse)
            list(pool.map(lambda first, last: shared(first, last, *count), edges[:-1], edges[1:]))
            inverted(inverse, pool)

            def lines(start: int) -> Matrix:
                """Some rows of P, times l2 where it comes from the rows' side."""
                end = min(start + BATCH, n)
                if not by_rows:
                    return inverse[start:end]
                sums, found = np.empty((end - start, len(rows)), np.float32), np.empty((end - start, n), np.float32)
                summed(start, end, have.offsets, have.values, inverse, sums)
                for row in range(end - start):
                    picked(have.offsets, have.values, sums[row], found[row])
                np.negative(found, out=found)
                found[np.arange(end - start), np.arange(start, end)] += 1.0
                return found

            def diagonal(start: int) -> Scores:
                part = lines(start)
                return part[np.arange(len(part)), np.arange(start, start + len(part))]

            starts = range(0, n, BATCH)
            own = np.concatenate(list(pool.map(diagonal, starts))) if n else np.empty(0, np.float32)

            def kept(start: int) -> list[tuple[Codes, Scores]]:
                weights = -lines(start) / own
                codes = np.arange(n, dtype=np.int32)
                found = []
                for row, line in enumerate(weights):
                    line[start + row] = np.nan
                    line[line <= 0] = np.nan
                    near = best(line, codes, self.neighbours)
                    found.append((codes[near], line[near]))
                return found

            found = [pair for part in pool.map(kept, starts) for pair in part]
        lengths = np.array([len(items) for items, _ in found], np.int64)
        items, weights = (np.concatenate([pair[side] for pair in found]) for side in (0, 1))
        return lengths, items, weights


def inverted(matrix: Matrix, pool: ThreadPoolExecutor) -> None:
    """Replaces a symmetric positive definite matrix by its inverse, half by half (Schur complement).

    Nearly all of it is matrix products, which run on all threads of the pool; beside the matrix it takes half as much.
    """
    n = len(matrix)
    if n <= WHOLE:
        matrix[:] = np.linalg.inv(matrix.astype(np.float64))
        return
    half = n // 2
    one, two, corner = matrix[:half, :half], matrix[half:, half:], matrix[:half, half:]
    inverted(one, pool)
    across = np.empty(corner.shape, np.float32)
    _product(one, corner, across, pool)
    _product(corner.T, across, two, pool, minus=True)
    inverted(two, pool)
    _product(across, two, corner, pool)
    np.negative(corner, out=corner)
    _product(corner, across.T, one, pool, minus=True)
    matrix[half:, :half] = corner.T


def _product(left: Matrix, right: Matrix, into: Matrix, pool: ThreadPoolExecutor, *, minus: bool = False) -> None:
    """``into = left @ right``, or what is there less that, some rows at a time."""

    def part(start: int) -> None:
        rows = slice(start, start + WHOLE)
        product = left[rows] @ right
        if minus:
            into[rows] -= product
        else:
            into[rows] = product

    list(pool.map(part, range(0, len(left), WHOLE)))
