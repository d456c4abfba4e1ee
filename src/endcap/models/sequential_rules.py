"""What comes next, after each of the things seen last.

Sequential rules and, with a window of one step and one seed, a Markov chain: Kamehkhosh, Jannach and Ludewig, A
comparison of frequent pattern techniques and a deep learning method for session-based recommendation, RecTemp 2017;
Ludewig and Jannach, Evaluation of session-based recommendation algorithms, UMUAI 28 (2018), sections 3.1.2 and 3.1.3.
"""

import os
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from endcap.core.arrays import Codes, Ragged, Scores, among, distinct, offsets_of
from endcap.core.candidates import Candidates
from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.core.part import Part
from endcap.core.query import Queries, Query
from endcap.core.records import KINDS
from endcap.core.tunable import SETTLED, Between, OneOf
from endcap.core.why import Why
from endcap.models.alternating import in_parts
from endcap.models.listing import summed
from endcap.models.rows import TOUCHES, grouped, places_of

Decay = Literal["harmonic", "quadratic", "root", "linear", "logarithmic", "none"]
DECAYS: tuple[Decay, ...] = get_args(Decay)


class SequentialRules(Part):
    """Counts what comes after each item, the nearer the more; ``window = 1, seeds = 1`` is a Markov chain."""

    source: Annotated[Literal["sessions", "histories"], SETTLED] = "sessions"
    """Steps within one visit, or through all that one user did."""
    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that count."""
    window: Annotated[PositiveInt, Between(1, 20)] = 10
    """Pairs at most so many steps apart are counted."""
    decay: Annotated[Decay, OneOf(DECAYS)] = "harmonic"
    """What a pair s steps apart counts: 1/s, 1/s², 1/√s, 1 - (s - 1)/window, 1/log₁₀(s + 1.7) up to 1, or 1."""
    backwards: Annotated[float, Field(ge=0.0, le=1.0), Between(0.0, 1.0)] = 0.0
    """What a pair counts for the later of its two items: at 0, only what comes after an item is found."""
    age: Annotated[PositiveFloat | None, OneOf((None, 7.0, 30.0, 90.0, 365.0))] = None
    """Days until an event counts 1/e; without it, old ones count as new ones."""
    shrink: Annotated[NonNegativeFloat, Between(0.1, 100.0, log=True)] = 1.0
    """Added to all that an item was followed by: distrust of items that were seen rarely."""
    own_exponent: Annotated[float, Field(ge=0.0, le=1.0), Between(0.0, 1.0)] = 1.0
    """What follows an item is divided by all that does, to this power: below 1, what led to much says the more."""
    damping: Annotated[float, Field(ge=0.0, le=1.0), Between(0.0, 1.0)] = 0.0
    """What follows is divided by how often it comes at all, to this power: 1 leaves nothing of popularity."""
    neighbours: Annotated[PositiveInt, Between(20, 2000, log=True)] = 200
    """How many are kept per item."""
    seeds: Annotated[PositiveInt, Between(1, 50, log=True)] = 10
    """At most so many of the latest seeds are asked."""
    recency: Annotated[PositiveFloat, Between(0.2, 10.0, log=True)] = 1.0
    """Steps back in this visit until a seed counts 1/e."""
    again: Annotated[NonNegativeFloat, Between(0.0, 3.0)] = 1.0
    """What an item of this visit counts, against a new one; 0: it does not come again."""
    threads: Annotated[PositiveInt | None, SETTLED] = None
    """All cores, if nothing is said; the result does not depend on it."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "SequentialRulesModel":
        """What follows each item, best first; raises `BadData` if nothing follows anything."""
        from endcap.models.kernels.transitions import followers_of  # noqa: PLC0415 — compiled code is for fitting only

        rows, weights = self._rows(data)
        row = np.repeat(np.arange(len(rows), dtype=np.int32), rows.lengths)
        n, keep = len(data.catalog), min(self.neighbours, len(data.catalog))
        decay = self._decay()
        near = np.concatenate([self.backwards * decay[::-1], np.zeros(1), decay])
        settings = np.array([self.shrink, self.own_exponent, self.damping])
        by_item = grouped(rows.values, n)
        arrived = np.maximum(np.bincount(rows.values, weights, minlength=n), 1e-9)
        lengths, codes = np.zeros(n, np.int64), np.full((n, keep), -1, np.int32)
        scores = np.zeros((n, keep), np.float32)

        def part(first: int, last: int) -> None:
            followers_of(
                first, last, rows.offsets, row, rows.values, by_item.offsets, by_item.values, near, weights, arrived,
                settings, keep, lengths, codes, scores,
            )  # fmt: skip

        in_parts(part, by_item.offsets, self.threads or os.cpu_count() or 1)
        kept = codes >= 0
        if not kept.any():
            there = ", ".join(KINDS[kind] for kind in np.unique(data.events.kind)) or "none"
            raise BadData(f"nothing follows anything in {self.source}; event kinds in the data: {there}")
        followers = Ragged(offsets_of(lengths), codes[kept])
        return SequentialRulesModel(followers, scores[kept], self.seeds, self.recency, self.again)

    def _rows(self, data: Dataset) -> tuple[Ragged, NDArray[np.float64]]:
        """The items of each session or user, oldest first, and what each of them counts."""
        events, places = data.events, places_of(data, self.source, self.kinds)
        weights = np.ones(len(places.values))
        if events.weight is not None:
            weights *= events.weight[places.values]
        if self.age is not None:
            weights *= np.exp((events.time[places.values] - data.now) / (self.age * DAY))
        return Ragged(places.offsets, events.item[places.values]), weights

    def _decay(self) -> NDArray[np.float64]:
        """What a pair of each distance counts ``[window]``."""
        steps = np.arange(1.0, self.window + 1.0)
        decays: dict[str, NDArray[np.float64]] = {
            "harmonic": 1.0 / steps,
            "quadratic": 1.0 / steps**2,
            "root": 1.0 / np.sqrt(steps),
            "linear": 1.0 - (steps - 1.0) / self.window,
            "logarithmic": np.minimum(1.0 / np.log10(steps + 1.7), 1.0),
            "none": np.ones(self.window),
        }
        return decays[self.decay]


@dataclass(frozen=True)
class SequentialRulesModel:
    """What follows each item, best first, and how likely."""

    followers: Ragged
    scores: Scores
    seeds: int
    recency: float
    again: float

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items that follow the latest seeds most."""
        seeds, counts = self._seeds(query)
        if not len(seeds):
            return Candidates.none()
        lists = [self._of(seed) for seed in seeds]
        items = np.concatenate([items for items, _ in lists])
        weighed = [count * scores for count, (_, scores) in zip(counts, lists, strict=True)]
        items, place = distinct(items)
        scores = np.bincount(place, np.concatenate(weighed), minlength=len(items))
        scores = scores * np.where(among(items, query.seeds), self.again, 1.0)
        held = scores > 0
        return Candidates(items[held], scores[held].astype(np.float32)).top(k)

    def many(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
        """As single calls, compiled: ``codes[n, k]`` (-1: no more) and scores (NaN there)."""
        return summed(queries.seeds, (self.followers, self.scores), k, self.seeds, self.recency, self.again)

    def why(self, query: Query, item: int) -> Why:
        """By seed, how likely the item follows it, times what the seed counts."""
        seeds, counts = self._seeds(query)
        follows = [scores[items == item].sum(dtype=np.float64) for items, scores in map(self._of, seeds)]
        back = self.again if (query.seeds == item).any() else 1.0
        return Why.of(seeds, counts * np.array(follows) * back)

    def _seeds(self, query: Query) -> tuple[Codes, NDArray[np.float64]]:
        seeds = query.seeds[-self.seeds :]
        return seeds, np.exp(-np.arange(len(seeds) - 1.0, -1.0, -1.0) / self.recency)

    def _of(self, item: int) -> tuple[Codes, Scores]:
        start, end = self.followers.offsets[item], self.followers.offsets[item + 1]
        return self.followers.values[start:end], self.scores[start:end]
