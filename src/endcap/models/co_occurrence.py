"""What is bought (or looked at) together, counted.

Jaccard, cosine and conditional probability as in Deshpande and Karypis, Item-based top-N recommendation algorithms, ACM
TOIS 22 (2004); lift as in association rules; shrinkage as in Bell and Koren, Improved neighborhood-based collaborative
filtering, KDD Cup 2007. Where events have weights, a pair counts in a row as much as the lesser of its two, so that
Jaccard becomes its weighted form (Ruzicka).
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt

from endcap.core.arrays import Codes, Ragged, Scores, among, distinct, offsets_of
from endcap.core.candidates import Candidates
from endcap.core.dataset import Dataset
from endcap.core.part import Part
from endcap.core.query import Query
from endcap.core.tunable import SETTLED, Between
from endcap.core.why import Why
from endcap.models.rows import TOUCHES, Source, by_item, rows_of, transposed, weighed_rows, weights_of

SIMILARITIES = ("jaccard", "cosine", "lift", "conditional")
NO_WEIGHTS = np.empty(0)


class CoOccurrence(Part):
    """Scores each pair of items by how often they stand in one row, against how often each stands anywhere."""

    source: Annotated[Source, SETTLED] = "baskets"
    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that count, where it learns from sessions."""
    similarity: Literal["jaccard", "cosine", "lift", "conditional"] = "cosine"
    shrink: Annotated[NonNegativeFloat, Between(0.1, 1000.0, log=True)] = 10.0
    """Added to the denominator: distrust of pairs that were seen rarely."""
    neighbours: Annotated[PositiveInt, Between(2, 2000, log=True)] = 200
    """How many are kept per item."""
    seeds: Annotated[PositiveInt, Between(1, 100, log=True)] = 20
    """At most so many of the latest seeds are asked."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "CoOccurrenceModel":
        """The best neighbours of every item, counted in one pass over the rows that have it."""
        from endcap.models.kernels.counting import neighbours_of  # noqa: PLC0415 — compiled code is for fitting only

        learned, n = rows_of(data, self.source, self.kinds), len(data.catalog)
        rows, weights = weighed_rows(learned, weights_of(data, self.source, self.kinds))
        have = transposed(rows, n)
        counts = np.bincount(rows.values, weights, minlength=n).astype(np.float64)
        lengths, items, scores = neighbours_of(
            rows.offsets, rows.values, have.offsets, have.values, counts,
            SIMILARITIES.index(self.similarity), self.shrink, len(rows), min(self.neighbours, n),
            *((NO_WEIGHTS, NO_WEIGHTS) if weights is None else (weights, by_item(rows, weights))),
        )  # fmt: skip
        kept = items >= 0
        return CoOccurrenceModel(Ragged(offsets_of(lengths), items[kept]), scores[kept], self.seeds)


@dataclass(frozen=True)
class CoOccurrenceModel:
    """The neighbours of every item, best first, and their scores."""

    neighbours: Ragged
    scores: Scores
    seeds: int

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items with the highest sum of scores over the seeds, the seeds themselves left out."""
        seeds = query.seeds[-self.seeds :]
        if len(seeds) == 1:
            items, scores = self._of(seeds[0])
            return Candidates(items[:k], scores[:k])
        if not len(seeds):
            return Candidates.none()
        lists = [self._of(seed) for seed in seeds]
        items = np.concatenate([items for items, _ in lists])
        scores = np.concatenate([scores for _, scores in lists])
        if 8 * len(items) > len(self.neighbours):
            # Adding up over the whole catalog is faster than sorting, unless the catalog is much the larger.
            sums = np.bincount(items, scores, minlength=len(self.neighbours))
            sums[query.seeds] = 0.0
            items = np.flatnonzero(sums).astype(np.int32)
            return Candidates(items, sums[items].astype(np.float32)).top(k)
        items, place = distinct(items)
        found = Candidates(items, np.bincount(place, scores).astype(np.float32))
        return found.take(~among(items, query.seeds)).top(k)

    def why(self, query: Query, item: int) -> Why:
        """The scores that the seeds, each alone, give the item."""
        seeds = query.seeds[-self.seeds :]
        lists = [self._of(seed) for seed in seeds]
        return Why.of(seeds, np.array([scores[items == item].sum(dtype=np.float64) for items, scores in lists]))

    def _of(self, item: int) -> tuple[Codes, Scores]:
        start, end = self.neighbours.offsets[item], self.neighbours.offsets[item + 1]
        return self.neighbours.values[start:end], self.scores[start:end]
