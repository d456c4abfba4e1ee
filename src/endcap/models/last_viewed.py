"""What the visitor looked at last, once more."""

from dataclasses import dataclass

import numpy as np

from endcap.core.candidates import Candidates
from endcap.core.dataset import Dataset
from endcap.core.part import Part
from endcap.core.query import Query
from endcap.core.why import Why
from endcap.models.listing import Many


class LastViewed(Part):
    """The visit backwards, then what was bought before; there is nothing to set and nothing to learn."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "LastViewedModel":
        """The same for every shop."""
        return LastViewedModel()


@dataclass(frozen=True)
class LastViewedModel(Many):
    """Remembers nothing: the query says it all."""

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items that the visitor touched last, the latest first, the shown ones left out."""
        touched = np.concatenate([query.history, query.session])[::-1]
        touched = touched[~np.isin(touched, query.context)]
        items, first = np.unique(touched, return_index=True)
        order = np.argsort(first)[:k]
        scores = np.linspace(1, 0, len(touched), endpoint=False, dtype=np.float32)
        return Candidates(items[order].astype(np.int32), scores[first[order]])

    def why(self, query: Query, item: int) -> Why:
        """The item itself: it was touched."""
        found = self(query, len(query.history) + len(query.session))
        place = found.items == item
        return Why.of(found.items[place], found.scores[place])
