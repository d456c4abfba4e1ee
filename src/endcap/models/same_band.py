"""What costs about the same: popular items of the category and price band of the seeds."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import PositiveFloat

from endcap.core.arrays import Codes, Ragged
from endcap.core.bands import BANDS, price_bands, price_levels
from endcap.core.candidates import Candidates
from endcap.core.dataset import Dataset
from endcap.core.part import Part
from endcap.core.query import Query
from endcap.core.why import Why
from endcap.models.listing import Many
from endcap.models.popular import HALF_LIVES, Popular, shared_equally


class PopularInBand(Part):
    """Popularity among the items that share category and price band (thirds of a category) with a seed."""

    by: str = "category"
    """A label column of the catalog."""
    kinds: tuple[str, ...] = ("purchase",)
    half_life: Annotated[PositiveFloat | None, HALF_LIVES] = None
    """Days until an event counts half; without it, all count the same."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "PopularInBandModel":
        """One list per category and band, best first; bands are those of the prices as they stand."""
        labels = data.catalog.labels(self.by)
        bands = price_bands(price_levels(data.catalog), labels.codes)
        shelves = np.where(bands < 0, -1, labels.codes * BANDS + bands).astype(np.int32)
        popular = Popular(kinds=self.kinds, half_life=self.half_life).fit(data, rng)
        groups, n = shelves[popular.items], len(labels.names) * BANDS
        lists, scores = (Ragged.grouped(groups, column, n) for column in (popular.items, popular.scores))
        return PopularInBandModel(shelves, lists, scores)


@dataclass(frozen=True)
class PopularInBandModel(Many):
    """One list for each category and band."""

    shelves: Codes
    """The list that each item belongs to; -1: none."""
    lists: Ragged
    scores: Ragged

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k most popular items on the shelves of the seeds; none without seeds, categories or prices."""
        shelves = np.unique(self.shelves[query.seeds])
        shelves = shelves[shelves >= 0]
        if not len(shelves):
            return Candidates.none()
        items = np.concatenate([self.lists[shelf][:k] for shelf in shelves])
        return Candidates(items, np.concatenate([self.scores[shelf][:k] for shelf in shelves])).top(k)

    def why(self, query: Query, item: int) -> Why:
        """The seeds that stand on the item's shelf, in equal parts: any one of them would have been enough."""
        shelf = self.shelves[item]
        return shared_equally(query.seeds, self.shelves, shelf, self.scores[shelf][self.lists[shelf] == item])
