"""Any model that can embed, and any index, make a retriever."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes, Ragged, Scores, among
from endcap.core.candidates import Candidates
from endcap.core.query import Queries, Query
from endcap.core.why import Why
from endcap.index.exact import ExactIndex


class Embeds(Protocol):
    """A model with one vector per item, that can also place a query among them."""

    @property
    def vectors(self) -> NDArray[np.float32]:
        """One row per item."""

    def embed(self, query: Query) -> NDArray[np.float32]:
        """A vector ``[size]``."""


@runtime_checkable
class EmbedsApart(Protocol):
    """A model whose items are found by other vectors than those they ask with."""

    @property
    def targets(self) -> NDArray[np.float32]:
        """One row per item, as long as what `Embeds.embed` gives."""


@runtime_checkable
class EmbedsEach(Protocol):
    """A model whose vector of a query is a sum over its seeds, and that can say which part is whose."""

    def embed_each(self, query: Query) -> NDArray[np.float32]:
        """What each of ``query.seeds`` adds ``[n_seeds, size]``; the sum has the direction of `Embeds.embed`."""


@runtime_checkable
class BuiltForQueries(Protocol):
    """Settings of an index that depends on what will be asked; without queries it guesses."""

    def build_for(self, vectors: NDArray[np.float32], asked: NDArray[np.float32]) -> "Index":
        """An index of the given vectors ``[n, size]`` for queries like those given ``[m, size]``."""


class Index(Protocol):
    """What `build` of an index part gives."""

    def search(
        self, vectors: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Codes, Scores]:
        """Codes and scores ``[n, k]`` of the nearest."""

    def nearest(
        self, vector: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Codes, Scores]:
        """Codes and scores of the nearest of one vector, at most k."""


def index_of(model: Embeds, settings: Any) -> Index:
    """An index of the given settings by which the items of a model are found.

    If they are found by other vectors than those they ask with, an index that depends on it is told what is asked: the
    query for each item alone. Where targets are wider, a query has zeros there.
    """
    targets, index = targets_of(model), settings.build
    if targets is not model.vectors and isinstance(settings, BuiltForQueries):
        wider = targets.shape[1] - model.vectors.shape[1]
        index = partial(settings.build_for, asked=np.pad(model.vectors, ((0, 0), (0, wider))))
    built: Index = index(targets)
    return built


def targets_of(model: Embeds) -> NDArray[np.float32]:
    """What the items of a model are found by, and what an index of it is built of: its targets, else its vectors."""
    return model.targets if isinstance(model, EmbedsApart) else model.vectors


@dataclass(frozen=True)
class Nearest:
    """The items whose vectors lie nearest to that of the query."""

    model: Embeds
    index: Index
    within: str = ""
    """A label column: only items that share a label of it with a seed are found (all, if no seed has one)."""

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k nearest items, the seeds themselves left out."""
        seeds = query.seeds
        if not len(seeds):
            return Candidates.none()
        codes, scores = self.index.nearest(self.model.embed(query), k + len(seeds), self._allowed(query))
        fresh = np.flatnonzero(~among(codes, seeds))[:k]
        return Candidates(codes[fresh], scores[fresh])

    def many(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
        """As single calls, in blocks: ``codes[n, k]`` (-1: no more) and scores (NaN there)."""
        seeds = queries.seeds
        if self.within:
            return self._one_by_one(queries, k)
        longest = int(seeds.lengths.max(initial=0))
        vectors = np.stack([self.model.embed(query) for query in queries])
        codes, scores = self.index.search(vectors, k + longest)
        own = np.zeros(codes.shape, bool)
        for row in range(len(queries)):
            own[row] = among(codes[row], seeds[row]) | (len(seeds[row]) == 0)
        codes, scores = np.where(own, -1, codes), np.where(own, np.nan, scores)
        order = np.argsort(codes < 0, axis=1, kind="stable")[:, :k]
        best: tuple[Codes, Scores] = np.take_along_axis(codes, order, 1), np.take_along_axis(scores, order, 1)
        return best

    def factors(self, queries: Queries) -> tuple[NDArray[np.float32], NDArray[np.float32], Ragged] | None:
        """Unit vectors of queries ``[n, size]`` and items ``[n_items, size]``, and what each list leaves out.

        Their products are the scores, so that a back-test can rank many at once; None if there is more to it than that.
        """
        if self.within or not isinstance(self.index, ExactIndex):
            return None
        vectors = [self.model.embed(query) for query in queries]
        return _unit(np.stack(vectors)), _unit(targets_of(self.model)), queries.seeds

    def _allowed(self, query: Query) -> NDArray[np.bool_] | None:
        if not self.within:
            return None
        labels = query.catalog[self.within]
        wanted = labels[query.seeds]
        wanted = wanted[wanted >= 0]
        return among(labels, np.unique(wanted)) if len(wanted) else None

    def _one_by_one(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
        codes = np.full((len(queries), k), -1, np.int32)
        scores = np.full((len(queries), k), np.nan, np.float32)
        for row, query in enumerate(queries):
            found = self(query, k)
            codes[row, : len(found)], scores[row, : len(found)] = found.items, found.scores
        return codes, scores

    def why(self, query: Query, item: int) -> Why:
        """By seed, its part in the cosine: a part of the query's vector has a part of the product."""
        (vector,) = _unit(targets_of(self.model)[[item]])
        if isinstance(self.model, EmbedsEach):
            each = np.asarray(self.model.embed_each(query), np.float64)
            return Why.of(query.seeds, each @ vector / max(float(np.linalg.norm(each.sum(axis=0))), 1e-12))
        (whole,) = _unit(self.model.embed(query)[None, :])
        return Why.without_seeds(float(whole @ vector), f"near to this visitor ({type(self.model).__name__})")


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)[:, None]
    return unit
