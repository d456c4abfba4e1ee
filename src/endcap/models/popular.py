"""What everybody buys: over the whole shop, and within the category (or family, or brand) of the seeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat

from endcap.core.arrays import Array, Codes, Ragged, Scores
from endcap.core.candidates import Candidates, best
from endcap.core.catalog import OFFERED, Catalog
from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.core.part import Part
from endcap.core.query import Queries, Query
from endcap.core.records import KINDS
from endcap.core.tunable import SETTLED, OneOf
from endcap.core.why import Why
from endcap.models.listing import Many

HALF_LIVES = OneOf((None, 7.0, 14.0, 30.0, 60.0, 120.0, 365.0))
"""What a search tries, in days."""


class Popular(Part):
    """Counts events per item, the recent ones for more; where preparation weighed them, by their weight."""

    kinds: tuple[str, ...] = ("purchase",)
    half_life: Annotated[PositiveFloat | None, HALF_LIVES] = None
    """Days until an event counts half; without it, all count the same."""
    days: Annotated[PositiveFloat | None, SETTLED] = None
    """Only the last so many days count; without it, all of time."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "PopularModel":
        """All items that were ever counted, best first, then the others on sale; raises `BadData` if nothing was.

        So an item that was listed today and never sold is found behind all others, not nowhere.
        """
        lately = data if self.days is None else data.between(data.now - self.days * DAY, np.inf)
        counts = lately.counts(*self.kinds, half_life=self.half_life, weighed=True)
        if not counts.any():
            if self.days and data.counts(*self.kinds).any() and not lately.counts(*self.kinds).any():
                raise BadData(f"no {' or '.join(self.kinds)} in the last {self.days:g} days before the data ends")
            if data.counts(*self.kinds).any():
                raise BadData(f"every {' or '.join(self.kinds)} weighs nothing: see the weights in [prepare] events")
            there = ", ".join(KINDS[kind] for kind in np.unique(data.events.kind)) or "none"
            raise BadData(f"no event is a {' or '.join(self.kinds)}; event kinds in the data: {there}")
        order = best(counts.astype(np.float32), np.arange(len(counts), dtype=np.int32), len(counts))
        order = order[((counts > 0) | offered_items(data.catalog))[order]]
        return PopularModel(order.astype(np.int32), counts[order].astype(np.float32), self.model_dump())


@dataclass(frozen=True)
class PopularModel:
    """The same list for everybody."""

    items: Codes
    scores: Scores
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the recipe."""

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k most popular items."""
        return Candidates(self.items[:k], self.scores[:k])

    def many(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
        """The same list once per query: ``codes[n, k]``, ``scores[n, k]``."""
        wide = (len(queries), min(k, len(self.items)))
        return np.broadcast_to(self.items[:k], wide), np.broadcast_to(self.scores[:k], wide)

    def updated(self, data: Dataset, since: float) -> "PopularModel":
        """The same model after what happened from `since` on; `data` holds it and all before.

        Counted anew, as that is one pass over the events, exact whatever the window or half-life.
        """
        return Popular(**self.settings).fit(data, np.random.default_rng(0))

    def why(self, query: Query, item: int) -> Why:
        """No history has a part in it."""
        score = self.scores[self.items == item].sum()
        words = f"popular with everybody: counted {score:,.0f} times" if score else "on sale, and not counted yet"
        return Why.without_seeds(score, words)


def offered_items(catalog: Catalog) -> NDArray[np.bool_]:
    """Which items are on sale, where the shop itself says so ``[n_items]``; none where that is only told from events.

    In a back-test nothing says so: its lists hold what was counted, as before.
    """
    return catalog["available"].astype(bool) if OFFERED in catalog else np.zeros(len(catalog), bool)


class PopularIn(Part):
    """Popularity among the items that share a label with the seeds."""

    by: str = "category"
    """A label column of the catalog."""
    kinds: tuple[str, ...] = ("purchase",)
    half_life: Annotated[PositiveFloat | None, HALF_LIVES] = None
    """Days until an event counts half; without it, all count the same."""
    days: Annotated[PositiveFloat | None, SETTLED] = None
    """Only the last so many days count; without it, all of time."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "PopularInModel":
        """One list per label, best first."""
        labels = data.catalog.labels(self.by)
        popular = Popular(kinds=self.kinds, half_life=self.half_life, days=self.days).fit(data, rng)
        groups = labels.codes[popular.items]
        lists = Ragged.grouped(groups, popular.items, len(labels.names))
        scores = Ragged.grouped(groups, popular.scores, len(labels.names))
        return PopularInModel(self.by, lists, scores)


@dataclass(frozen=True)
class PopularInModel(Many):
    """One list for each label."""

    by: str
    lists: Ragged
    scores: Ragged

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k most popular items among the labels of the seeds; none without seeds or labels.

        Of an item that is shown and not in the catalog, the label is what the page says it is.
        """
        labels = self._labels(query)
        if len(labels) == 1:
            return Candidates(self.lists[labels[0]][:k], self.scores[labels[0]][:k])
        items = [self.lists[label][:k] for label in labels]
        scores = [self.scores[label][:k] for label in labels]
        if not items:
            return Candidates.none()
        return Candidates(np.concatenate(items), np.concatenate(scores)).top(k)

    def _labels(self, query: Query) -> Array:
        told = None if len(query.context) else query.attributes.get(self.by)
        if told is not None and (code := query.catalog.labels(self.by).names.code(str(told))) >= 0:
            return np.array([code])
        labels = np.unique(query.catalog[self.by][query.seeds])
        return labels[labels >= 0]

    def why(self, query: Query, item: int) -> Why:
        """The seeds that share the item's label, in equal parts: any one of them would have been enough."""
        label = query.catalog[self.by][item]
        return shared_equally(query.seeds, query.catalog[self.by], label, self.scores[label][self.lists[label] == item])


def shared_equally(seeds: Codes, labels: Array, label: int, score: Scores) -> Why:
    """The score of an item, in equal parts over the seeds that have its label ``[n_items]``.

    These are the Shapley values of a score that is whole as soon as one of them is there.
    """
    alike = np.unique(seeds[labels[seeds] == label]) if label >= 0 else seeds[:0]
    return Why.of(alike, np.full(len(alike), score.sum(dtype=np.float64) / max(len(alike), 1)))
