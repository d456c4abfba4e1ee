"""A collaborative model whose items of few events are filled in with what their content says of them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from endcap.core.arrays import Array, Scores
from endcap.core.errors import BadConfig
from endcap.core.query import Query
from endcap.models.content.features import Features, Reader
from endcap.models.content.model import read, told_of
from endcap.models.content.ridge import Map, map_of
from endcap.models.content.sparse import Matrix

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

    def filled(self, confidence: float, trust: float) -> Any:
        """The model with every item in it: of the same class if it retrieves by itself, else a `Filled` one."""
        kept = self.kept(confidence)
        counts = (kept + (1 - kept) * np.float32(trust)).astype(np.float32)
        blended = [
            kept[:, None] * own + (1 - kept)[:, None] * said
            for own, said in zip(self._own, self.predicted, strict=True)
        ]
        if callable(self.model):
            return _with(self.model, [side * counts[:, None] for side in blended])
        return Filled(_with(self.model, blended), counts, self.features.reader, self._readable)

    @property
    def _own(self) -> tuple[Matrix, ...]:
        return tuple(getattr(self.model, side) for side in sides_of(self.model))

    @property
    def _readable(self) -> Map:
        """The part of the map that the reader of columns has features for."""
        return Map(self.map.matrix[: self.features.reader.width], self.map.mean)

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
    """A model that embeds, with every item in it, and each with the weight that its vector deserves."""

    model: Any
    counts: Scores
    """What the score of each item counts ``[n_items]``: 1 for vectors that were earned."""
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
        """What items are found by ``[n_items, size + 1]``: the cosine with what `embed` gives is theirs times `counts`.

        The last coordinate makes all of them equally long (Bachrach et al., Speeding up the Xbox recommender system,
        RecSys 2014).
        """
        found = getattr(self.model, "targets", self.model.vectors)
        there = found.any(axis=1)
        greatest = self.counts.max(initial=0.0, where=there)
        rest = np.sqrt(np.maximum(greatest**2 - self.counts**2, 0.0)) * there
        return np.column_stack([found * (self.counts[:, None] / _lengths(found)), rest]).astype(np.float32)

    def embed(self, query: Query) -> Matrix:
        """As the model does; where none of its items is shown, what the page describes is placed among them."""
        told = told_of(query)
        vector = self.placed(query) if told else np.zeros(0, np.float32)
        return np.append(vector if vector.any() else self.model.embed(query), np.float32(0.0))

    def embed_each(self, query: Query) -> Matrix:
        """What each seed adds to the direction of `embed`; equal parts, if the model cannot tell."""
        if hasattr(self.model, "embed_each"):
            each = self.model.embed_each(query)
        else:
            each = np.tile(self.model.embed(query) / max(len(query.seeds), 1), (len(query.seeds), 1))
        return np.pad(each, ((0, 0), (0, 1)))

    def placed(self, query: Query) -> Matrix:
        """How the model would ask with an item that only the attributes describe; nothing if they say nothing."""
        row = self.reader.of_told(told_of(query))
        if not len(row.values):
            return np.zeros(0, np.float32)
        whole = read(row, self.map.matrix) + self.map.mean
        alone = _with(self.model, [part[None] for part in np.split(whole, len(sides_of(self.model)))])
        vector: Matrix = alone.embed(replace(query, context=np.zeros(1, np.int32)))
        return vector


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


def _lengths(vectors: Matrix) -> Matrix:
    lengths: Matrix = np.maximum(np.linalg.norm(vectors, axis=1), np.float32(1e-12))[:, None]
    return lengths
