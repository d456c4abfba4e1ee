"""A model that embeds, as a retriever that needs no index: compared with every item there is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from endcap.core.candidates import Candidates
from endcap.core.query import Query
from endcap.core.why import Why
from endcap.models.listing import Many


def retrieving(model: Any) -> Any:
    """The model itself if it retrieves, else what is nearest by its vectors."""
    return model if callable(model) else Embedded(model, _unit(getattr(model, "targets", model.vectors)))


@dataclass(frozen=True)
class Embedded(Many):
    """The items whose vectors have the highest cosines with that of the query."""

    model: Any
    """Has ``embed(query)``."""
    vectors: NDArray[np.float32]
    """Its vectors, of length 1; those of nothing stay zero."""

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k nearest items, the seeds themselves and items without a vector left out."""
        if not len(query.seeds):
            return Candidates.none()
        (vector,) = _unit(self.model.embed(query)[None, :])
        scores = self.vectors @ vector
        scores[scores == 0.0] = np.nan
        scores[query.seeds] = np.nan
        return Candidates.all(scores).top(k)

    def why(self, query: Query, item: int) -> Why:
        """By seed where the model knows its part of the vector; else all of it in one."""
        if hasattr(self.model, "embed_each"):
            each = np.asarray(self.model.embed_each(query), np.float64)
            length = max(float(np.linalg.norm(each.sum(axis=0))), 1e-12)
            return Why.of(query.seeds, each @ self.vectors[item] / length)
        (vector,) = _unit(self.model.embed(query)[None, :])
        return Why.without_seeds(
            float(vector @ self.vectors[item]), f"near to this visitor ({type(self.model).__name__})"
        )


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)[:, None]
    return unit
