"""Implicit alternating least squares: factors of visitors and items whose products are high where something happened.

Hu, Koren and Volinsky, Collaborative filtering for implicit feedback datasets, ICDM 2008; conjugate gradient after
Takács, Pilászy and Tikk, Applications of the conjugate gradient method for implicit feedback collaborative filtering,
RecSys 2011; the loss and its regularisation by frequency after Rendle, Krichene, Zhang and Koren, Revisiting the
performance of iALS on item recommendation benchmarks, RecSys 2022:

    Σ over what happened (1 - x·y)² + unobserved · Σ over all pairs (x·y)² + Σ l2 · (n + unobserved · N)^power · |x|²

with n what a row has and N what it could have, for visitors and items alike.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from endcap.core.arrays import Array, Codes, Ragged, Scores, distinct
from endcap.core.candidates import Candidates
from endcap.core.dataset import Dataset
from endcap.core.part import Part
from endcap.core.query import Queries, Query
from endcap.core.tunable import SETTLED, Between
from endcap.core.why import Why
from endcap.models.rows import TOUCHES, Source, distinct_rows, rows_of, transposed

Factors = NDArray[np.float32]
Solver = Literal["cg", "cholesky"]


class IALS(Part):
    """Learns a vector per item; a visitor's is solved from the items they touched, new visitors' as well."""

    source: Annotated[Source, SETTLED] = "histories"
    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that count, where it learns from sessions."""
    size: Annotated[PositiveInt, Between(16, 512, log=True)] = 64
    epochs: Annotated[PositiveInt, Between(3, 20)] = 8
    unobserved: Annotated[PositiveFloat, Between(0.001, 0.3, log=True)] = 0.02
    """What a pair that did not happen counts, against one that did."""
    l2: Annotated[NonNegativeFloat, Between(0.0003, 0.1, log=True)] = 0.003
    power: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """Rows of more events are held back more, by their number to this power."""
    solver: Annotated[Solver, SETTLED] = "cg"
    """Conjugate gradient, or the exact answer by Cholesky: slower, and hardly ever better."""
    steps: Annotated[PositiveInt, SETTLED] = 3
    """Of conjugate gradient, per row and epoch."""
    threads: Annotated[PositiveInt | None, SETTLED] = None
    """All cores, if nothing is said; the result does not depend on it."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "IALSModel":
        """Factors of every item that somebody touched; the rest stay at zero and are never recommended."""
        rows, n = distinct_rows(rows_of(data, self.source, self.kinds)), len(data.catalog)
        have = transposed(rows, n)
        items = rng.normal(0.0, 0.1 / np.sqrt(self.size), (n, self.size)).astype(np.float32)
        visitors = np.zeros((len(rows), self.size), np.float32)
        for _ in range(self.epochs):
            items, visitors = self._improved(rows, items, visitors)
            visitors, items = self._improved(have, visitors, items)
        turn, spread = axes(items, self.unobserved)
        visitors = visitors @ turn
        loss = Loss(self.unobserved, self.l2, self.power)
        return IALSModel(items @ turn, spread, visitors.T @ visitors, loss, self.source, self.kinds)

    def _improved(self, rows: Ragged, theirs: Factors, own: Factors) -> tuple[Factors, Factors]:
        """Both factors turned so that those held fast (`theirs`) have no correlations, and those of the rows improved.

        The turn changes no product, and makes the term of all pairs a diagonal: a row then costs what its items cost.
        """
        from endcap.models.kernels.least_squares import descended, exactly  # noqa: PLC0415 — for fitting only

        turn, spread = axes(theirs, self.unobserved)
        theirs, own = theirs @ turn, own @ turn
        shrink = Loss(self.unobserved, self.l2, self.power).shrink(rows.lengths, len(theirs))
        settings = (rows.offsets, rows.values, theirs, spread, shrink, own)

        def part(first: int, last: int) -> None:
            if self.solver == "cg":
                descended(first, last, *settings, self.steps)
            else:
                exactly(first, last, *settings)

        in_parts(part, rows.offsets, self.threads or os.cpu_count() or 1)
        return theirs, own


@dataclass(frozen=True)
class Loss:
    """What the factors minimise, beside the squares over what happened."""

    unobserved: float
    l2: float
    power: float

    def shrink(self, lengths: Array, others: int) -> NDArray[np.float32]:
        """What is added to the diagonal of rows of so many items out of `others`; a little even if `l2` is nothing."""
        shrunk: NDArray[np.float64] = self.l2 * (lengths + self.unobserved * others) ** self.power
        return np.maximum(shrunk, 1e-6).astype(np.float32)


@dataclass(frozen=True)
class IALSModel:
    """A vector per item, in axes in which they have no correlations: ``unobserved · VᵀV`` is ``diag(spread)``."""

    vectors: Factors
    spread: NDArray[np.float32]
    visitors: Factors
    """``XᵀX`` of the visitors it learned from, ``[size, size]`` in the same axes: all that an item needs of them."""
    loss: Loss
    source: Source
    kinds: tuple[str, ...]

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items with the highest products with the vector of the visitor, what they touched left out."""
        touched = touched_in(query)
        if not len(touched):
            return Candidates.none()
        scores: Scores = self.vectors @ self._solved(touched)
        scores[touched] = np.nan
        scores[scores == 0.0] = np.nan
        return Candidates.all(scores).top(k)

    def embed(self, query: Query) -> Factors:
        """The visitor's vector ``[size]``, solved from what they touched: history, session and context alike."""
        return self._solved(touched_in(query))

    def factors(self, queries: Queries) -> tuple[Factors, Factors, Ragged]:
        """Vectors of queries ``[n, size]`` and items, whose products are the scores, and what each list leaves out."""
        touched = Ragged.of([touched_in(query) for query in queries])
        return self.folded(touched), self.vectors, touched

    def folded(self, rows: Ragged) -> Factors:
        """The vectors of visitors who touched the (different) items of each row ``[n, size]``, compiled."""
        return solved(rows, self.vectors, self.spread, self.loss)

    def updated(self, data: Dataset, since: float) -> "IALSModel":
        """The same model after what happened from `since` on (seconds since 1970); `data` holds it and all before.

        Whom it touched and what they touched are solved again, each from the whole of what is known; the others stay
        as they are. Items that are new to the catalog have the codes after those of the others.
        """
        before = distinct_rows(rows_of(data.between(-np.inf, since), self.source, self.kinds))
        now = distinct_rows(rows_of(data, self.source, self.kinds))
        fresh = data.of_kinds("purchase") if self.source != "sessions" else data.of_kinds(*self.kinds)
        codes = np.unique(fresh.item[fresh.time >= since])
        grown = np.zeros((len(data.catalog), len(self.spread)), np.float32)
        grown[: len(self.vectors)] = self.vectors
        known = np.zeros(len(now), np.int64)
        known[: len(before)] = before.lengths
        changed = np.flatnonzero(known != now.lengths)
        old = solved(before.take(changed[changed < len(before)]), self.vectors, self.spread, self.loss)
        new = solved(now.take(changed), grown, self.spread, self.loss)
        visitors = self.visitors + new.T @ new - old.T @ old

        have = transposed(now, len(grown)).take(codes)
        whose, place = np.unique(have.values, return_inverse=True)
        theirs = solved(now.take(whose), grown, self.spread, self.loss)
        weights, turn = np.linalg.eigh(self.loss.unobserved * visitors.astype(np.float64))
        rows = Ragged(have.offsets, place.astype(np.int32))
        spread = np.maximum(weights, 0.0).astype(np.float32)
        back = turn.astype(np.float32)
        grown[codes] = solved(rows, theirs @ back, spread, self.loss, len(now)) @ back.T
        turn, spread = axes(grown, self.loss.unobserved)
        return replace(self, vectors=grown @ turn, spread=spread, visitors=turn.T @ visitors @ turn)

    def why(self, query: Query, item: int) -> Why:
        """What each touched item adds: the vector of the visitor is a sum over them (Hu et al. 2008, section 5)."""
        touched = touched_in(query)
        block, scale = self._scaled(touched)
        inside = block @ block.T + np.eye(len(block), dtype=np.float32)
        return Why.of(touched, np.linalg.solve(inside, block @ (scale * self.vectors[item])))

    def _solved(self, touched: Codes) -> Factors:
        block, scale = self._scaled(touched)
        inside = block @ block.T + np.eye(len(block), dtype=np.float32)
        weights: Factors = np.linalg.solve(inside, np.ones(len(block), np.float32))
        vector: Factors = scale * (weights @ block)
        return vector

    def _scaled(self, touched: Codes) -> tuple[Factors, NDArray[np.float32]]:
        shrink = self.loss.shrink(np.array([len(touched)]), len(self.vectors))
        scale: NDArray[np.float32] = np.float32(1.0) / np.sqrt(self.spread + shrink)
        return self.vectors[touched] * scale, scale


def touched_in(query: Query) -> Codes:
    """The different items that a visitor is known by: bought before, seen in this visit, shown now."""
    return distinct(np.concatenate([query.history, query.session, query.context]).astype(np.int32, copy=False))[0]


def axes(factors: Factors, unobserved: float) -> tuple[Factors, NDArray[np.float32]]:
    """Axes ``[size, size]`` in which ``unobserved · FᵀF`` is diagonal, and that diagonal."""
    spread, turn = np.linalg.eigh(unobserved * (factors.T @ factors).astype(np.float64))
    return np.ascontiguousarray(turn, np.float32), np.maximum(spread, 0.0).astype(np.float32)


def solved(
    rows: Ragged, factors: Factors, spread: NDArray[np.float32], loss: Loss, others: int | None = None
) -> Factors:
    """The vector of each row ``[n, size]``, exactly, from the factors of its items and the diagonal of all of them.

    `others`: how many factors there are in all, if only those that the rows need are given.
    """
    from endcap.models.kernels.least_squares import exactly  # noqa: PLC0415 — a serving process asks one by one

    answers = np.zeros((len(rows), len(spread)), np.float32)
    shrink = loss.shrink(rows.lengths, len(factors) if others is None else others)
    settings = (rows.offsets, rows.values, np.ascontiguousarray(factors), spread, shrink, answers)
    in_parts(lambda first, last: exactly(first, last, *settings), rows.offsets, os.cpu_count() or 1)
    return answers


def in_parts(job: Callable[[int, int], None], offsets: NDArray[np.int64], threads: int) -> None:
    """Runs a compiled job on parts of the rows that have about as many values each."""
    wanted = np.linspace(0, offsets[-1], 4 * threads + 1 if threads > 1 else 2)
    edges = np.unique(np.append(np.searchsorted(offsets, wanted[:-1]), len(offsets) - 1)).tolist()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(job, edges[:-1], edges[1:]))
