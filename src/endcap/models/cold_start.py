"""Vectors for items of which little or nothing happened yet: what their content predicts, blended by confidence.

A map from content to the vectors of a collaborative model is learned on the items that are known well (Gantner et al.,
Learning attribute-to-feature mappings for cold-start recommendations, ICDM 2010). An item met n times then keeps
n / (n + c) of its own vector, and takes the rest from what the map says of it. Both c and how
cautiously predicted vectors are shown are learned: some items of the past are made new, others rare, and asked for.
"""

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from pydantic import Field, PositiveFloat, PositiveInt

from endcap.core.arrays import Scores
from endcap.core.dataset import Dataset
from endcap.core.part import Part
from endcap.core.tunable import SETTLED
from endcap.models.aligning import Previous
from endcap.models.blend import Recipe
from endcap.models.content.features import Features
from endcap.models.content.filling import Filled, Filler
from endcap.models.content.recipe import Content
from endcap.models.content.trying import CAUTIONS, CONFIDENCES, START, Choice, Trial, evenly, thinned
from endcap.models.held_out import Asking
from endcap.models.rows import TOUCHES, Source, rows_of

MANY = 10
"""Out of so many times the questions, as many are drawn."""


class ColdStart(Part):
    """Gives the items of a model that few or none have met yet vectors of their own, from their content."""

    model: Annotated[Recipe, SETTLED]
    """What is filled in: the name of a recipe, or a table as that of a model; it has vectors of items and embeds."""
    content: Annotated[Content, SETTLED] = Content()
    """What is known of items."""
    source: Annotated[Source | None, SETTLED] = None
    """What it learns from; without it, what its model learns from."""
    kinds: tuple[str, ...] | None = None
    """Kinds of event that count, where these are sessions; without it, those of its model."""
    confidence: Annotated[PositiveFloat | None, SETTLED] = None
    """An item met so many times keeps half of its own vector; without it, learned."""
    caution: Annotated[float | None, Field(lt=1.0), SETTLED] = None
    """What is taken off the cosine of a predicted vector, or what part of its product; without it, learned."""
    allowance: Annotated[float, Field(ge=0.0, lt=1.0), SETTLED] = 0.0
    """Share of what it reaches of known items that may be given up for new and rare ones."""
    hidden: Annotated[float, Field(gt=0.0, lt=0.5), SETTLED] = 0.1
    """To learn, such a share of the items is made new, and as many others rare …"""
    validation: Annotated[float, Field(gt=0.0, lt=1.0), SETTLED] = 0.1
    """… and asked is the latest share of what happened …"""
    questions: Annotated[PositiveInt, SETTLED] = 5_000
    """… at most so many questions …"""
    k: Annotated[PositiveInt, SETTLED] = 10
    """… by lists of this length."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> Any:
        """The model with vectors of all items of which anything is known, by what happened or by content."""
        return self.fit_after(data, rng, None)

    def fit_after(self, data: Dataset, rng: np.random.Generator, previous: Previous | None) -> Any:
        """As `fit`; the model follows an earlier one, if it can."""
        describing, trying, learning, mapping = rng.spawn(4)
        features = self.content.features(data, describing, learning=False)
        chosen = self._chosen(data, features, trying)
        follows = previous is not None and hasattr(self.model, "fit_after")
        if previous is not None and isinstance(previous.model, Filled):
            previous = replace(previous, model=previous.model.model)
        recipe: Any = self.model
        model = recipe.fit_after(data, learning, previous) if follows else recipe.fit(data, learning)
        return Filler.of(model, features, self._met(data), mapping).filled(*chosen)

    def _chosen(self, data: Dataset, features: Features, rng: np.random.Generator) -> Choice:
        """What is typed, and for the rest, what is best on the latest part of the data."""
        confidences = CONFIDENCES if self.confidence is None else (self.confidence,)
        cautions = CAUTIONS if self.caution is None else (self.caution,)
        asking, hiding, learning, mapping = rng.spawn(4)
        held = Asking(self._source, self._kinds, self.validation, MANY * self.questions).of(data, asking)
        if not len(held) or len(confidences) == len(cautions) == 1:
            return self.confidence or START[0], self.caution or START[1]
        before = thinned(held.before, self.hidden, hiding)
        recipe: Any = self.model
        filler = Filler.of(recipe.fit(before, learning), features, self._met(before), mapping)
        asked = evenly(held.queries.seeds.lengths, self.questions, asking)
        trial = Trial(filler, held.queries.take(asked), held.answers[asked], self.k)
        return trial.best(confidences, cautions, self.allowance)

    def _met(self, data: Dataset) -> Scores:
        rows = rows_of(data, self._source, self._kinds)
        return np.bincount(rows.values, minlength=len(data.catalog)).astype(np.float32)

    @property
    def _source(self) -> Source:
        own: Source = getattr(self.model, "source", "sessions")
        return self.source or own

    @property
    def _kinds(self) -> tuple[str, ...]:
        own: tuple[str, ...] = getattr(self.model, "kinds", TOUCHES)
        return self.kinds or own
