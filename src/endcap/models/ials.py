"""Implicit alternating least squares: factors of visitors and items whose products are high where something happened.

Hu, Koren and Volinsky, Collaborative filtering for implicit feedback datasets, ICDM 2008; conjugate gradient after
Takács, Pilászy and Tikk, Applications of the conjugate gradient method for implicit feedback collaborative filtering,
RecSys 2011; the loss and its regularisation by frequency after Rendle, Krichene, Zhang and Koren, Revisiting the
performance of iALS on item recommendation benchmarks, RecSys 2022:

    Σ over what happened (1 - x·y)² + unobserved · Σ over all pairs (x·y)² + Σ l2 · (n + unobserved · N)^power · |x|²

with n what a row has and N what it could have, for visitors and items alike.
"""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from endcap.core.arrays import Codes, Ragged, Scores, distinct, offsets_of
from endcap.core.candidates import Candidates
from endcap.core.dataset import Dataset
from endcap.core.part import Part
from endcap.core.query import Queries, Query
from endcap.core.tunable import SETTLED, Between
from endcap.core.why import Why
from endcap.models.alternating import (
    ITEMS,
    VISITORS,
    Factors,
    Held,
    Loss,
    Plan,
    Solver,
    axes,
    cores,
    held,
    learning,
    shares,
    solve,
)
from endcap.models.listing import Many
from endcap.models.rows import TOUCHES, Source, distinct_rows, rows_of, transposed
from endcap.models.shards import Shards, alone


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
    """Conjugate gradient; the exact answer by Cholesky; or exact answers for a block of dimensions after another."""
    steps: Annotated[PositiveInt, SETTLED] = 3
    """Of conjugate gradient, per row and epoch."""
    block: Annotated[PositiveInt, SETTLED] = 64
    """So many dimensions are a block."""
    threads: Annotated[PositiveInt | None, SETTLED] = None
    """All cores, if nothing is said; the result does not depend on it."""
    shards: Annotated[PositiveInt, SETTLED] = 1
    """Processes with a part of the visitors and items each: what several machines would do. Only sums differ."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "IALSModel":
        """Factors of every item that somebody touched; the rest stay at zero and are never recommended."""
        rows, n = distinct_rows(rows_of(data, self.source, self.kinds)), len(data.catalog)
        items = rng.standard_normal((n, self.size), np.float32)
        items *= 0.1 / np.sqrt(np.float32(self.size))
        plan = self.plan()
        parts = shares(rows, transposed(rows, n), items, plan, self.shards)
        with ExitStack() as stack:
            ask = alone(parts[0]) if self.shards == 1 else stack.enter_context(Shards(parts))
            for _ in learning(ask, plan):
                pass
            last = held(ask, ITEMS, plan)
            visitors = np.sum(ask("products", VISITORS), axis=0)
        return IALSModel(last.factors, last.spread, visitors, plan.loss, self.source, self.kinds)

    def plan(self) -> Plan:
        """The settings that say how it is learned, from whatever rows."""
        threads = self.threads or max(1, cores() // self.shards)
        loss = Loss(self.unobserved, self.l2, self.power)
        return Plan(loss, self.epochs, self.solver, self.steps, self.block, threads)


@dataclass(frozen=True)
class IALSModel(Many):
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
        touched = all_touched(queries)
        return self.folded(touched), self.vectors, touched

    def folded(self, rows: Ragged) -> Factors:
        """The vectors of visitors who touched the (different) items of each row ``[n, size]``, compiled."""
        return solved(rows, Held.of(self.vectors, self.spread), self.loss)

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
        old = self.folded(before.take(changed[changed < len(before)]))
        all_items = Held.of(grown, self.spread)
        new = solved(now.take(changed), all_items, self.loss)
        visitors = self.visitors + new.T @ new - old.T @ old

        have = transposed(now, len(grown)).take(codes)
        whose, place = np.unique(have.values, return_inverse=True)
        theirs = solved(now.take(whose), all_items, self.loss)
        turn, spread = axes(visitors, self.loss.unobserved)
        rows = Ragged(have.offsets, place.astype(np.int32))
        grown[codes] = solved(rows, Held(theirs @ turn, spread, len(now)), self.loss) @ turn.T
        turn, spread = axes(grown.T @ grown, self.loss.unobserved)
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


def all_touched(queries: Queries) -> Ragged:
    """As `touched_in`, of every query at once."""
    columns, n = (queries.history, queries.session, queries.context), max(len(queries.catalog), 1)
    keys = np.sort(np.concatenate([column.rows * n + column.values for column in columns]))
    keys = keys[np.diff(keys, prepend=-1) > 0]  # `numpy.unique` is several times slower for as many as these
    return Ragged(offsets_of(np.bincount(keys // n, minlength=len(queries))), (keys % n).astype(np.int32))


def solved(rows: Ragged, others: Held, loss: Loss) -> Factors:
    """The vector of each row ``[n, size]``, exactly, from the factors of its items and the diagonal of all of them."""
    answers = np.zeros((len(rows), len(others.spread)), np.float32)
    solve(rows, others, loss, answers, len(others.spread), cores())
    return answers
