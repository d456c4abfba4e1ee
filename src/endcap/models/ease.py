"""EASE: the linear model that best restores every visitor's items from their other items, in closed form.

Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019: with ``P = (XᵀWX + L)⁻¹``, item i speaks for item
j with the weight ``-P_ij / P_jj``. There ``W`` is 1 and ``L`` is ``l2`` for every item; that L grows with what an item
counts is what hiding items at random comes to (Steck, Autoencoders that don't overfit towards the identity, NeurIPS
2020). Where there are fewer rows than items, ``P = L⁻¹ - L⁻¹ Xᵀ (W⁻¹ + X L⁻¹ Xᵀ)⁻¹ X L⁻¹`` gives the same from the
inverse of a matrix of rows by rows (Woodbury): what is inverted is never larger than the smaller of both.
"""

import logging
import os
from bisect import bisect_right
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from endcap.core.arrays import Codes, Ragged, Scores, offsets_of
from endcap.core.candidates import best
from endcap.core.dataset import Dataset
from endcap.core.part import Part
from endcap.core.tunable import SETTLED, Between, OneOf
from endcap.models.co_occurrence import CoOccurrenceModel
from endcap.models.rows import TOUCHES, Source, distinct_rows, rows_of, transposed

Matrix = NDArray[np.float32]
Signs = Literal["both", "positive"]
logger = logging.getLogger(__name__)
BLOCK_WEIGHTS = 2**24
"""So many weights (4 bytes each) are computed at a time, by all threads together."""
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
    signs: Annotated[Signs, OneOf(("both", "positive"))] = "both"
    """Which weights are kept: also those that speak against an item, or only those that speak for it."""
    neighbours: Annotated[PositiveInt, Between(50, 2000, log=True)] = 500
    """How many weights are kept per item, the largest by amount."""
    seeds: Annotated[PositiveInt, SETTLED] = 1000
    """At most so many of the latest seeds are asked."""
    gigabytes: Annotated[PositiveFloat, SETTLED] = 2.0
    """Memory that a fit may take beside the data (10⁹ bytes); what does not fit are the least frequent items."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> CoOccurrenceModel:
        """Compute the weights of every item; of the most frequent items alone, with a warning, if memory is short."""
        n = len(data.catalog)
        rows = distinct_rows(rows_of(data, self.source, self.kinds))
        rows = Ragged(offsets_of(rows.lengths[rows.lengths > 0]), rows.values)
        worth = (rows.lengths**-self.length_power).astype(np.float32)
        counts = np.bincount(rows.values, minlength=n)
        learned = self._learned(counts, len(rows))
        place = np.full(n, -1, np.int32)
        place[learned] = np.arange(len(learned))
        rows = rows.keep(place[rows.values] >= 0)
        rows = Ragged(rows.offsets, place[rows.values])
        held = (self.l2 * counts[learned] ** self.power).astype(np.float32)
        lengths, items, weights = self._weights(rows, transposed(rows, len(learned)), worth, held, learned)
        by_item = np.zeros(n, np.int64)
        by_item[learned] = lengths
        return CoOccurrenceModel(Ragged(offsets_of(by_item), items), weights, self.seeds, positive_only=True)

    def _learned(self, counts: NDArray[np.int64], n_rows: int) -> Codes:
        """Choose the items that fit into memory, by code: all that occur, or the most frequent of them."""
        codes = np.flatnonzero(counts).astype(np.int32)
        room = bisect_right(
            range(1, len(codes) + 1), self.gigabytes * 1e9, key=lambda n: peak_bytes(n_rows, n, self.neighbours)
        )
        if room == len(codes):
            return codes
        kept = codes[np.sort(np.lexsort((codes, -counts[codes]))[: max(room, 1)])]
        logger.warning(
            "ease: %s items from %s rows need %.1f GB of memory, and gigabytes = %g allows for %s: only these most "
            "frequent items are learned, which hold %.1f %% of the events. Raise gigabytes to learn all",
            f"{len(codes):,}", f"{n_rows:,}", peak_bytes(n_rows, len(codes), self.neighbours) / 1e9, self.gigabytes,
            f"{len(kept):,}", 100 * counts[kept].sum() / counts.sum(),
        )  # fmt: skip
        return kept

    def _weights(
        self, rows: Ragged, have: Ragged, worth: Scores, held: Scores, names: Codes
    ) -> tuple[NDArray[np.int64], Codes, Scores]:
        """How many neighbours each item keeps, which (by their names), and their weights, best first."""
        n = len(have)
        keep = min(self.neighbours, max(n - 1, 1))
        kept = Neighbourhoods(np.zeros(n, np.int64), np.empty((n, keep), np.int32), np.empty((n, keep), np.float32))
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            self._fill(kept, (_ByRows if len(rows) < n else _ByItems)(rows, have, worth, held, pool), names, pool)
        if (kept.lengths == keep).all():
            return kept.lengths, kept.items.ravel(), kept.weights.ravel()
        there = np.arange(keep) < kept.lengths[:, None]
        return kept.lengths, kept.items[there], kept.weights[there]

    def _fill(
        self, kept: "Neighbourhoods", solved: "_ByRows | _ByItems", names: Codes, pool: ThreadPoolExecutor
    ) -> None:
        """Write the largest weights of every item, a block of items at a time."""
        n, keep = kept.items.shape
        own, codes = solved.own(), np.arange(n, dtype=np.int32)
        step = max(1, BLOCK_WEIGHTS // ((os.cpu_count() or 1) * n))

        def block(start: int) -> None:
            lines = solved.lines(start, min(start + step, n))
            lines /= own
            for item, line in enumerate(lines, start):
                line[item] = np.nan
                line[line <= 0 if self.signs == "positive" else line == 0] = np.nan
                near = best(np.abs(line), codes, keep)
                near = near[np.lexsort((near, -line[near]))]
                kept.lengths[item] = len(near)
                kept.items[item, : len(near)], kept.weights[item, : len(near)] = names[near], line[near]

        list(pool.map(block, range(0, n, step)))


@dataclass(frozen=True)
class Neighbourhoods:
    """The neighbours of every item ``[n, keep]``, best first, of which each has so many."""

    lengths: NDArray[np.int64]
    items: NDArray[np.int32]
    weights: Matrix


def peak_bytes(n_rows: int, n_items: int, neighbours: int) -> float:
    """Estimate the most memory that a fit takes beside the data, in bytes.

    Either the matrix while it is inverted, a third more than the matrix itself; or the matrix and the weights that are
    kept; or these while their gaps are closed. Beside them stand the blocks of weights that threads work on.
    """
    matrix, kept = 4.0 * min(n_rows, n_items) ** 2, 8.0 * n_items * min(neighbours, n_items)
    return max(matrix * 4 / 3, matrix + kept, 1.7 * kept) + 6 * BLOCK_WEIGHTS


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
