"""A collaborative model whose items of few events are filled in with what their content says of them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from endcap.core.arrays import Array, Ragged, Scores
from endcap.core.candidates import Candidates
from endcap.core.errors import BadConfig
from endcap.core.query import Queries, Query
from endcap.core.why import Why
from endcap.models.content.features import Features, Reader
from endcap.models.content.model import read, told_of
from endcap.models.content.ridge import Map, map_of
from endcap.models.content.sparse import Matrix
from endcap.models.ials import touched_in
from endcap.models.listing import Many

SIDES = ("vectors", "outputs")
"""The arrays of a model that have a row for each item and can be filled in."""
WELL_KNOWN = 10.0
"""An item met so many times counts half as much in learning the map as one that was met ever so often."""
SELDOM = 5
"""Up to so many times met, an item is rare."""


@dataclass(frozen=True)
class Filler:
    """A fitted model, and what content says of each of its items."""

    model: Any
    features: Features
    map: Map
    """From content to all sides of the model, one after the other."""
    met: Scores
    """How often each item was met."""

    @classmethod
    def of(cls, model: Any, features: Features, met: Scores, rng: np.random.Generator) -> "Filler":
        """With a map that was learned on the items that were met; raises `BadConfig` if it is no model to fill in."""
        _check(model, len(met))
        own = np.concatenate([getattr(model, side) for side in sides_of(model)], axis=1)
        weights = np.where(own.any(axis=1), met / (met + np.float32(WELL_KNOWN)), np.float32(0.0))
        return cls(model, features, map_of(features, own, weights.astype(np.float32), rng), met)

    @cached_property
    def predicted(self) -> tuple[Matrix, ...]:
        """What content says of each side ``[n_items, size]``, as long as vectors usually are; zero without content.

        A prediction is shorter than what it predicts, the less sure it is the more: it is a mean of what could be.
        """
        whole = (self.features.times(self.map.matrix) + self.map.mean) * self.features.there[:, None]
        parts = np.split(whole, len(sides_of(self.model)), axis=1)
        return tuple(part * (self._usual(side) / _lengths(part)) for side, part in zip(self._own, parts, strict=True))

    def kept(self, confidence: float) -> Scores:
        """How much of its own vector each item keeps ``[n_items]``: all of it, where content says nothing."""
        own = self._own[0].any(axis=1)
        share = np.where(own, self.met / (self.met + np.float32(confidence)), np.float32(0.0))
        kept: Scores = np.where(self.features.there, share, own).astype(np.float32)
        return kept

    def filled(self, confidence: float, caution: float) -> Any:
        """The model with every item in it: a `FilledFactors` if it retrieves by itself, else a `Filled`.

        `caution` is taken off the cosine of a vector that is only predicted; of a product, it is the part taken off.
        """
        kept = self.kept(confidence)
        blended = [
            kept[:, None] * own + (1 - kept)[:, None] * said
            for own, said in zip(self._own, self.predicted, strict=True)
        ]
        if callable(self.model):
            counts = (1.0 - (1 - kept) * caution).astype(np.float32)
            return FilledFactors(self.model, _with(self.model, [side * counts[:, None] for side in blended]))
        known = (kept + (1 - kept) * np.float32(self.map.agreement)).astype(np.float32)
        levels = (-caution * (1 - kept)).astype(np.float32)
        return Filled(_with(self.model, blended), known, levels, self.features.reader, self._readable)

    @property
    def _own(self) -> tuple[Matrix, ...]:
        return tuple(getattr(self.model, side) for side in sides_of(self.model))

    @property
    def _readable(self) -> Map:
        """The part of the map that the reader of columns has features for."""
        return replace(self.map, matrix=self.map.matrix[: self.features.reader.width])

    def _usual(self, side: Matrix) -> np.float32:
        """How long vectors are of items that are not rare, and if all are, of those that have one."""
        lengths = _lengths(side)[:, 0]
        for enough in (self.met > SELDOM, self.met > 0):
            some = lengths[enough & side.any(axis=1)]
            if len(some):
                return np.float32(np.median(some))
        return np.float32(1.0)


@dataclass(frozen=True)
class Filled:
    """A model that embeds, with every item in it: what is only predicted asks with less weight, and is found later."""

    model: Any
    known: Scores
    """How much each item says of who touched it ``[n_items]``: 1 if its vector is its own."""
    levels: Scores
    """What is added to the cosine of each item ``[n_items]``: 0 if its vector is its own."""
    reader: Reader
    map: Map
    """From what the reader reads to the sides of the model."""

    @property
    def vectors(self) -> Matrix:
        """Those of the items, as the model has them."""
        vectors: Matrix = self.model.vectors
        return vectors

    @cached_property
    def targets(self) -> Matrix:
        """What items are found by ``[n_items, size + 2]``: their order is that of the model's cosines plus `levels`.

        The last coordinate makes all of them equally long (Bachrach et al., Speeding up the Xbox recommender system,
        RecSys 2014).
        """
        found = _unit(getattr(self.model, "targets", self.model.vectors))
        there = found.any(axis=1)
        levels = self.levels * there
        rest = np.sqrt(np.maximum(float((levels**2).max(initial=0.0)) - levels**2, 0.0)) * there
        return np.column_stack([found, levels, rest]).astype(np.float32)

    def embed(self, query: Query) -> Matrix:
        """The mean direction of the seeds; where no known item is shown, that of what the page describes."""
        told = told_of(query)
        vector = self.placed(query) if told else np.zeros(0, np.float32)
        whole: Matrix = _raised(vector[None])[0] if vector.any() else self.embed_each(query).sum(axis=0)
        return whole

    def embed_each(self, query: Query) -> Matrix:
        """What each seed adds to the direction of `embed` ``[n_seeds, size + 2]``."""
        seeds = query.seeds
        if hasattr(self.model, "embed_each"):
            each = self.model.embed_each(query) * self.known[seeds][:, None]
        else:
            each = np.tile(self.model.embed(query) / max(len(seeds), 1), (len(seeds), 1))
        return _raised(each)

    def placed(self, query: Query) -> Matrix:
        """How the model would ask with an item that only the attributes describe; nothing if they say nothing."""
        row = self.reader.of_told(told_of(query))
        if not len(row.values):
            return np.zeros(0, np.float32)
        whole = read(row, self.map.matrix) + self.map.mean
        alone = _with(self.model, [part[None] for part in np.split(whole, len(sides_of(self.model)))])
        vector: Matrix = alone.embed(replace(query, context=np.zeros(1, np.int32)))
        return vector


@dataclass(frozen=True)
class FilledFactors(Many):
    """A model of products that retrieves by itself, with every item in it.

    What is only predicted is found, but says nothing of who touched it, as long as anything else they touched does.
    """

    asking: Any
    """The model as it was learned: it makes the vectors of visitors."""
    found: Any
    """The same with every item in it."""

    @property
    def vectors(self) -> Matrix:
        """Those of the items, by which they are found."""
        vectors: Matrix = self.found.vectors
        return vectors

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items with the highest products with the vector of the visitor, what they touched left out."""
        touched = touched_in(query)
        if not len(touched):
            return Candidates.none()
        scores = self.vectors @ self.embed(query)
        scores[touched] = np.nan
        scores[scores == 0.0] = np.nan
        return Candidates.all(scores).top(k)

    def embed(self, query: Query) -> Matrix:
        """The visitor's vector ``[size]``."""
        vector: Matrix = self._asks(query).embed(query)
        return vector

    def factors(self, queries: Queries) -> tuple[Matrix, Matrix, Ragged]:
        """Vectors of queries ``[n, size]`` and items, whose products are the scores, and what each list leaves out."""
        visitors, _, left_out = self.asking.factors(queries)
        silent = np.flatnonzero(~visitors.any(axis=1))
        if len(silent):
            visitors[silent] = self.found.factors(queries.take(silent))[0]
        return visitors, self.vectors, left_out

    def why(self, query: Query, item: int) -> Why:
        """What each touched item adds, as the model itself tells it."""
        asks = self._asks(query)
        if not hasattr(asks, "why"):
            return Why.without_seeds(float(self.embed(query) @ self.vectors[item]), "near to this visitor")
        vectors = np.array(asks.vectors)
        vectors[item] = self.vectors[item]
        told: Why = replace(asks, vectors=vectors).why(query, item)
        return told

    def _asks(self, query: Query) -> Any:
        return self.asking if self.asking.vectors[touched_in(query)].any() else self.found


def _raised(each: Matrix) -> Matrix:
    """Parts of a direction with the coordinate that levels are measured along, together as long as the whole is."""
    whole = np.linalg.norm(each.sum(axis=0)) / max(len(each), 1)
    more = np.array([[whole, 0.0]], np.float32).repeat(len(each), axis=0)
    return np.concatenate([each, more], axis=1)


def sides_of(model: Any) -> tuple[str, ...]:
    """The names of the arrays of a model that can be filled in."""
    return tuple(field.name for field in fields(model) if field.name in SIDES) if is_dataclass(model) else ()


def _check(model: Any, n_items: int) -> None:
    name, sides = type(model).__name__, sides_of(model)
    if "vectors" not in sides or not hasattr(model, "embed"):
        raise BadConfig(f"cold_start: {name} has no vectors of items to fill in; expected a model that embeds")
    size = model.vectors.shape[1]
    arrays = {field.name: getattr(model, field.name) for field in fields(model) if field.name not in sides}
    more = [key for key, array in arrays.items() if isinstance(array, np.ndarray) and len(array) == n_items != size]
    if more:
        raise BadConfig(f"cold_start: {name} keeps {', '.join(more)} of each item too, which content does not predict")


def _with(model: Any, parts: Sequence[Array]) -> Any:
    return replace(
        model, **dict(zip(sides_of(model), (np.ascontiguousarray(part, np.float32) for part in parts), strict=True))
    )


def _unit(vectors: Matrix) -> Matrix:
    return vectors / _lengths(vectors)


def _lengths(vectors: Matrix) -> Matrix:
    lengths: Matrix = np.maximum(np.linalg.norm(vectors, axis=1), np.float32(1e-12))[:, None]
    return lengths
