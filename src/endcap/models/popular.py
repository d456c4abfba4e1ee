"""What everybody buys: over the whole shop, and within the category (or family, or brand) of the seeds."""

from dataclasses import dataclass

import numpy as np
from pydantic import PositiveFloat

from endcap.core.arrays import Codes, Ragged, Scores
from endcap.core.candidates import Candidates, best
from endcap.core.dataset import Dataset
from endcap.core.errors import BadData
from endcap.core.part import Part
from endcap.core.query import Queries, Query
from endcap.core.records import KINDS


class Popular(Part):
    """Counts events per item, the recent ones for more."""

    kinds: tuple[str, ...] = ("purchase",)
    half_life: PositiveFloat | None = None
    """Days until an event counts half; without it, all count the same."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "PopularModel":
        """All items that were ever counted, best first; raises `BadData` if nothing was."""
        counts = data.counts(*self.kinds, half_life=self.half_life)
        if not counts.any():
            there = ", ".join(KINDS[kind] for kind in np.unique(data.events.kind)) or "none"
            raise BadData(f"no event is a {' or '.join(self.kinds)}; event kinds in the data: {there}")
        order = best(counts.astype(np.float32), np.arange(len(counts), dtype=np.int32), len(counts))
        order = order[counts[order] > 0]
        return PopularModel(order.astype(np.int32), counts[order].astype(np.float32))


@dataclass(frozen=True)
class PopularModel:
    """The same list for everybody."""

    items: Codes
    scores: Scores

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k most popular items."""
        return Candidates(self.items[:k], self.scores[:k])

    def many(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
        """The same list once per query: ``codes[n, k]``, ``scores[n, k]``."""
        wide = (len(queries), min(k, len(self.items)))
        return np.broadcast_to(self.items[:k], wide), np.broadcast_to(self.scores[:k], wide)


class PopularIn(Part):
    """Popularity among the items that share a label with the seeds."""

    by: str = "category"
    """A label column of the catalog."""
    kinds: tuple[str, ...] = ("purchase",)
    half_life: PositiveFloat | None = None
    """Days until an event counts half; without it, all count the same."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "PopularInModel":
        """One list per label, best first."""
        labels = data.catalog.labels(self.by)
        popular = Popular(kinds=self.kinds, half_life=self.half_life).fit(data, rng)
        groups = labels.codes[popular.items]
        lists = Ragged.grouped(groups, popular.items, len(labels.names))
        scores = Ragged.grouped(groups, popular.scores, len(labels.names))
        return PopularInModel(self.by, lists, scores)


@dataclass(frozen=True)
class PopularInModel:
    """One list for each label."""

    by: str
    lists: Ragged
    scores: Ragged

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k most popular items among the labels of the seeds; none without seeds or labels."""
        labels = np.unique(query.catalog[self.by][query.seeds])
        labels = labels[labels >= 0]
        if len(labels) == 1:
            return Candidates(self.lists[labels[0]][:k], self.scores[labels[0]][:k])
        items = [self.lists[label][:k] for label in labels]
        scores = [self.scores[label][:k] for label in labels]
        if not items:
            return Candidates.none()
        return Candidates(np.concatenate(items), np.concatenate(scores)).top(k)
