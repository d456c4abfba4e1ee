"""What is bought (or looked at) together, counted.

Similarities and their sources are in `endcap.models.similarities`; shrinkage as in Bell and Koren, Improved
neighborhood-based collaborative filtering, KDD Cup 2007. Where events have weights, a pair counts in a row as much as
the lesser of its two, so that Jaccard becomes its weighted form (Ruzicka).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from endcap.core.arrays import Codes, Ragged, Scores, among, distinct
from endcap.core.candidates import Candidates
from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.core.pairs import PairCounts
from endcap.core.part import Part
from endcap.core.query import Queries, Query
from endcap.core.tunable import SETTLED, Between
from endcap.core.why import Why
from endcap.models.counted import added, counted, nearest, nearest_of, together
from endcap.models.lines import changed_lines, lines_of
from endcap.models.listing import summed
from endcap.models.popular import HALF_LIVES
from endcap.models.rows import TOUCHES, Source
from endcap.models.similarities import Similarity, raised


class CoOccurrence(Part):
    """Scores each pair of items by how often they stand in one row, against how often each stands anywhere.

    What a pair counts in a row: the lesser of what its two events count, times what the row counts, times how near the
    two are in it; 1, if none of the settings for it is set.
    """

    source: Annotated[Source, SETTLED] = "baskets"
    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that count, where it learns from sessions."""
    kind_weights: Annotated[Mapping[str, NonNegativeFloat], SETTLED] = {}
    """What an event counts there by its kind, such as ``{view = 0.3}``; of kinds that are not named, 1."""
    dwell: Annotated[PositiveFloat | None, SETTLED] = None
    """Seconds: in a session, what was left for something else sooner than this counts in proportion."""
    half_life: Annotated[PositiveFloat | None, HALF_LIVES] = None
    """Days until an event counts half, and so a pair by its older one; without it, all count the same."""
    length_power: Annotated[NonNegativeFloat, Between(0.0, 1.5)] = 0.0
    """A row counts one over its length to this power: at 1, every row has as much to say."""
    idf: Annotated[bool, SETTLED] = False
    """A row counts log² (items of the catalog / its length): with the cosine, that of TF-IDF vectors (Salton)."""
    distance: Annotated[PositiveFloat | None, SETTLED] = None
    """Steps in a session or history after which a pair counts 1/e of what neighbours count."""
    backwards: Annotated[float, Field(ge=0.0, le=1.0), SETTLED] = 1.0
    """What a pair counts for the later of its two items: at 0, only what comes after an item is found."""
    similarity: Similarity = "cosine"
    own_exponent: Annotated[NonNegativeFloat, Between(0.0, 1.0)] = 0.5
    """Of the cosine: what holds back pairs of the frequent among the items that are asked …"""
    found_exponent: Annotated[NonNegativeFloat, Between(0.0, 1.0)] = 0.5
    """… and among those that are found."""
    shrink: Annotated[NonNegativeFloat, Between(0.1, 1000.0, log=True)] = 10.0
    """Added to the denominator: distrust of pairs that were seen rarely."""
    damping: Annotated[NonNegativeFloat, Between(0.0, 1.0)] = 0.0
    """Scores are divided by what the found item counts to this power, whatever the similarity."""
    power: Annotated[PositiveFloat, Between(0.3, 2.0, log=True)] = 1.0
    """Scores are raised to it: below 1, many weak neighbours outvote a strong one."""
    neighbours: Annotated[PositiveInt, Between(2, 2000, log=True)] = 200
    """How many are kept per item."""
    seeds: Annotated[PositiveInt, Between(1, 100, log=True)] = 20
    """At most so many of the latest seeds are asked."""
    updates: Annotated[bool, SETTLED] = False
    """Keeps all counts (12 bytes a pair), so that the model can learn from what happens next."""

    @model_validator(mode="after")
    def _baskets_have_no_order(self) -> "CoOccurrence":
        if self.source == "baskets" and (self.distance is not None or self.backwards != 1.0):
            raise ValueError("distance and backwards need rows with an order: sessions or histories, not baskets")
        if self.source != "sessions" and self.dwell is not None:
            raise ValueError(f"dwell is how long a visitor stayed: it needs sessions, not {self.source}")
        return self

    def fit(self, data: Dataset, rng: np.random.Generator) -> "CoOccurrenceModel":
        """The best neighbours of every item, counted in one pass over the rows that have it."""
        rows = together(lines_of(data, self), self, len(data.catalog))
        if self.updates:
            return self.of_counts(counted(rows), data.now)
        neighbours, scores = nearest(rows, self, self.neighbours)
        return CoOccurrenceModel(neighbours, raised(scores, self.power), self.seeds)

    def of_counts(self, counts: PairCounts, now: float) -> "CoOccurrenceModel":
        """The same model from pairs that were counted elsewhere, by the same settings and as of `now`."""
        neighbours, scores = nearest_of(counts, self, self.neighbours)
        kept = Kept(counts, now, self.model_dump()) if self.updates else None
        return CoOccurrenceModel(neighbours, raised(scores, self.power), self.seeds, kept)


@dataclass(frozen=True)
class Kept:
    """What a model needs in order to count on: the counts, as of when, and the settings of its recipe."""

    counts: PairCounts
    now: float
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class CoOccurrenceModel:
    """The neighbours of every item, best first, and their scores."""

    neighbours: Ragged
    scores: Scores
    seeds: int
    kept: Kept | None = None
    positive_only: bool = False
    """Whether items whose scores add up to zero or less are left out.

    For scores below zero that speak against an item. A slot shows whatever a retriever returns, so such an item would
    stand ahead of the fallback, which knows of nothing that speaks against its own.
    """

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items with the highest sum of scores over the seeds, the seeds themselves left out."""
        found = self._highest(query, k)
        return found.take(found.scores > 0.0) if self.positive_only else found

    def _highest(self, query: Query, k: int) -> Candidates:
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

    def many(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
        """As single calls, compiled: ``codes[n, k]`` (-1: no more) and scores (NaN there)."""
        codes, scores = summed(queries.seeds, (self.neighbours, self.scores), k, self.seeds)
        if self.positive_only:
            against = scores <= 0.0
            codes[against], scores[against] = -1, np.nan
        return codes, scores

    def why(self, query: Query, item: int) -> Why:
        """The scores that the seeds, each alone, give the item."""
        seeds = query.seeds[-self.seeds :]
        lists = [self._of(seed) for seed in seeds]
        return Why.of(seeds, np.array([scores[items == item].sum(dtype=np.float64) for items, scores in lists]))

    def updated(self, data: Dataset, since: float) -> "CoOccurrenceModel":
        """The same model after what happened from `since` on (seconds since 1970); `data` holds it and all before.

        Rows that are new or went on are counted as they were and as they are, and the difference is added: exactly
        what counting everything anew gives, but for the rounding of counts that are no whole numbers. Items that are
        new to the catalog have the codes after those of the others. Raises `BadData` if the counts were not kept.
        """
        if self.kept is None:
            raise BadData("this model did not keep what it counted: fit co_occurrence with updates = true")
        how = CoOccurrence(**self.kept.settings)
        if data.events.weight is not None or (how.idf and len(data.catalog) != len(self.neighbours)):
            # Weights of events are shares of the greatest, and rarity one of the catalog: with them, all changes.
            return how.fit(data, np.random.default_rng(0))
        n, counts = len(data.catalog), self.kept.counts
        scale = 1.0 if how.half_life is None else 0.5 ** ((data.now - self.kept.now) / (how.half_life * DAY))
        before, after = (counted(together(lines, how, n)) for lines in changed_lines(data, how, since))
        return how.of_counts(added(before, added(counts, after, scale), -1.0), data.now)

    def _of(self, item: int) -> tuple[Codes, Scores]:
        start, end = self.neighbours.offsets[item], self.neighbours.offsets[item + 1]
        return self.neighbours.values[start:end], self.scores[start:end]
