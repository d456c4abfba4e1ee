"""EASE: the linear model that best restores every visitor's items from their other items, in closed form.

Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019: with ``P = (XᵀWX + L)⁻¹``, item i speaks for item
j with the weight ``-P_ij / P_jj``. There ``W`` is 1 and ``L`` is ``l2`` for every item; that L grows with what an item
counts is what hiding items at random comes to (Steck, Autoencoders that don't overfit towards the identity, NeurIPS
2020). Where there are fewer rows than items, ``P = L⁻¹ - L⁻¹ Xᵀ (W⁻¹ + X L⁻¹ Xᵀ)⁻¹ X L⁻¹`` gives the same from the
inverse of a matrix of rows by rows (Woodbury): what is inverted is never larger than the smaller of both.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

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
PARTS = 64
"""Into so many a count is divided among the threads."""


class EASE(Part):
    """Learns what each item says for and against every other, such that all that visitors have speaks for each item."""

    source: Annotated[Source, SETTLED] = "histories"
    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that count, where it learns from sessions."""
    l2: Annotated[PositiveFloat, Between(1.0, 5000.0, log=True)] = 300.0
    """How much every item is held back …"""
    power: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    """… times what it counts to this power: above 0, much less `l2` is needed."""
    length_power: Annotated[NonNegativeFloat, Between(0.0, 1.5)] = 0.0
    """A row counts one over its length to this power: at 1, every row has as much to say."""
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
        worth = (rows.lengths**-self.length_power).astype(np.float32)
        counts = np.bincount(rows.values, minlength=n)
        learned = np.flatnonzero(counts)
        room = int((self.gigabytes * 2**30 / 4) ** 0.5)
        if min(len(rows), len(learned)) > room:
            learned = np.sort(np.lexsort((np.arange(n), -counts))[:room])
        place = np.full(n, -1, np.int32)
        place[learned] = np.arange(len(learned))
        kept = place[rows.values] >= 0
        rows = rows.keep(kept)
        rows = Ragged(rows.offsets, place[rows.values])
        held = (self.l2 * counts[learned] ** self.power).astype(np.float32)
        lengths, items, weights = self._weights(rows, transposed(rows, len(learned)), worth, held)
        by_item = np.zeros(n, np.int64)
        by_item[learned] = lengths
        return CoOccurrenceModel(Ragged(offsets_of(by_item), learned[items].astype(np.int32)), weights, self.seeds)

    def _weights(
        self, rows: Ragged, have: Ragged, worth: Scores, held: Scores
    ) -> tuple[NDArray[np.int64], Codes, Scores]:
        """How many neighbours each item keeps, which, and their weights, best first."""
        n = len(have)
        side = _ByRows if len(rows) < n else _ByItems
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            solved = side(rows, have, worth, held, pool)
            own = solved.own()

            def kept(start: int) -> list[tuple[Codes, Scores]]:
                weights = solved.lines(start, min(start + BATCH, n)) / own
                codes = np.arange(n, dtype=np.int32)
                found = []
                for row, line in enumerate(weights):
                    line[start + row] = np.nan
                    line[line <= 0] = np.nan
                    near = best(line, codes, self.neighbours)
                    found.append((codes[near], line[near]))
                return found

            found = [pair for part in pool.map(kept, range(0, n, BATCH)) for pair in part]
        lengths = np.array([len(items) for items, _ in found], np.int64)
        items, weights = (np.concatenate([pair[side] for pair in found]) for side in (0, 1))
        return lengths, items, weights


class _ByItems:
    """The weights from the inverse of the matrix of items by items."""

    def __init__(self, rows: Ragged, have: Ragged, worth: Scores, held: Scores, pool: ThreadPoolExecutor) -> None:
        self.inverse = _shared(have, rows, worth, pool)
        self.inverse[np.diag_indices(len(have))] += held
        inverted(self.inverse, pool)

    def lines(self, first: int, last: int) -> Matrix:
        """What items speak for and against all others, each of which is to be divided by its `own`."""
        return -self.inverse[first:last]

    def own(self) -> Scores:
        """What an item would say of itself."""
        return self.inverse.diagonal().copy()


class _ByRows:
    """The same from the inverse of the matrix of rows by rows: weights are L⁻¹ Xᵀ M X over 1 - diag(L⁻¹ Xᵀ M X)."""

    def __init__(self, rows: Ragged, have: Ragged, worth: Scores, held: Scores, pool: ThreadPoolExecutor) -> None:
        self.have, self.held, self.pool = have, held, pool
        self.inverse = _shared(rows, have, (1 / held).astype(np.float32), pool)
        self.inverse[np.diag_indices(len(rows))] += 1 / worth
        inverted(self.inverse, pool)

    def lines(self, first: int, last: int) -> Matrix:
        """As those of `_ByItems`."""
        from endcap.models.kernels.autoencoder import picked, summed  # noqa: PLC0415 — for fitting only

        have = self.have
        sums, found = np.empty(len(self.inverse), np.float32), np.empty((last - first, len(have)), np.float32)
        for row in range(first, last):
            summed(have[row], self.inverse, sums)
            picked(have.offsets, have.values, sums, found[row - first])
        found /= self.held[first:last, None]
        return found

    def own(self) -> Scores:
        """As that of `_ByItems`."""
        from endcap.models.kernels.autoencoder import within  # noqa: PLC0415 — for fitting only

        have, said = self.have, np.empty(len(self.have), np.float32)
        settings = (have.offsets, have.values, self.inverse, said)
        _divided(lambda first, last: within(first, last, *settings), len(have), self.pool)
        return 1 - said / self.held


def _shared(rows: Ragged, have: Ragged, worth: Scores, pool: ThreadPoolExecutor) -> Matrix:
    """What the values that each two rows share are worth together ``[n, n]``; `have`: the rows of each value."""
    from endcap.models.kernels.autoencoder import shared  # noqa: PLC0415 — for fitting only

    counts = np.zeros((len(rows), len(rows)), np.float32)
    settings = (rows.offsets, rows.values, have.offsets, have.values, worth, counts)
    _divided(lambda first, last: shared(first, last, *settings), len(rows), pool)
    return counts


def _divided(job: Callable[[int, int], None], n: int, pool: ThreadPoolExecutor) -> None:
    """Runs a compiled job on parts of n rows."""
    edges = np.linspace(0, n, PARTS + 1).astype(int).tolist()
    list(pool.map(job, edges[:-1], edges[1:]))


def inverted(matrix: Matrix, pool: ThreadPoolExecutor) -> None:
    """Replaces a symmetric positive definite matrix by its inverse, half by half (Schur complement).

    Nearly all of it is matrix products, which run on all threads of the pool; beside the matrix it takes a quarter as
    much. Of symmetric products one half is computed and copied to the other.
    """
    n = len(matrix)
    if n <= WHOLE:
        matrix[:] = np.linalg.inv(matrix.astype(np.float64))
        return
    half = n // 2
    one, two, corner = matrix[:half, :half], matrix[half:, half:], matrix[:half, half:]
    inverted(one, pool)
    across = np.empty(corner.shape, np.float32)
    _multiplied(one, corner, across, pool)
    _lessened(two, corner.T, across, pool)
    inverted(two, pool)
    _multiplied(across, two, corner, pool)
    np.negative(corner, out=corner)
    _lessened(one, corner, across.T, pool)
    matrix[half:, :half] = corner.T


def _multiplied(left: Matrix, right: Matrix, into: Matrix, pool: ThreadPoolExecutor) -> None:
    """``into = left @ right``, some rows at a time."""

    def part(start: int) -> None:
        rows = slice(start, start + WHOLE)
        np.matmul(left[rows], right, out=into[rows])

    list(pool.map(part, range(0, len(left), WHOLE)))


def _lessened(matrix: Matrix, left: Matrix, right: Matrix, pool: ThreadPoolExecutor) -> None:
    """A symmetric matrix less the symmetric ``left @ right``, some rows at a time, each from the diagonal on."""

    def part(start: int) -> None:
        rows, rest = slice(start, start + WHOLE), slice(start + WHOLE, None)
        matrix[rows, start:] -= left[rows] @ right[:, start:]
        matrix[rest, rows] = matrix[rows, rest].T

    list(pool.map(part, range(0, len(left), WHOLE)))
