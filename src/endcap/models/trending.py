"""What is wanted more than could be expected.

The expectation of an item is its share of the shop (or of its category) in the weeks before, of all that happened in
the window: a busy week makes nothing trend, nor does a season that lifts a whole category. The signed distance is in
standard deviations of a Poisson count, or the logarithm of the ratio, each held back where little is known; see Kanji,
100 Statistical Tests, test 11, and DuMouchel, Bayesian data mining in large frequency tables, The American
Statistician 53 (1999), for why a ratio needs it.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat, PositiveInt

from endcap.core.arrays import Codes, Scores
from endcap.core.candidates import Candidates, best
from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.core.part import Part
from endcap.core.query import Queries, Query
from endcap.core.tunable import SETTLED, Between, OneOf
from endcap.core.why import Why
from endcap.models.rows import TOUCHES


class Trending(Part):
    """Compares each item's last days with what its share in the weeks before would have made of them."""

    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that count."""
    days: Annotated[PositiveFloat, OneOf((1.0, 3.0, 7.0, 14.0, 28.0))] = 7.0
    """The window. Whole weeks hold every weekday as often as the weeks before do."""
    before: Annotated[PositiveFloat, OneOf((14.0, 28.0, 56.0, 91.0))] = 28.0
    """Days before the window from which the expectation is taken."""
    by: Annotated[str, SETTLED] = ""
    """A label column: an item is expected to go the way of its label; empty: that of the whole shop."""
    how: Literal["deviations", "ratio"] = "deviations"
    """By how many standard deviations more, or by how many times more (its logarithm)."""
    shrink: Annotated[PositiveFloat, Between(1.0, 30.0, log=True)] = 3.0
    """Events added to what was expected (and for a ratio to what came): distrust of the rare."""
    least: Annotated[PositiveInt, Between(1, 30, log=True)] = 3
    """Items of fewer events in the window do not trend."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "TrendingModel":
        """The items above their expectation, the furthest first; raises `BadData` if nothing happened in the window."""
        start = data.now - self.days * DAY
        now = data.between(start, np.inf).counts(*self.kinds)
        then = data.between(start - self.before * DAY, start).counts(*self.kinds)
        if not now.any():
            raise BadData(f"no {' or '.join(self.kinds)} in the last {self.days:g} days before the data ends")
        expected = self._expected(data, now, then)
        if self.how == "deviations":
            rise = (now - expected) / np.sqrt(expected + self.shrink)
        else:
            rise = np.log((now + self.shrink) / (expected + self.shrink))
        rise[(now < self.least) | (rise <= 0.0)] = np.nan
        items = best(rise.astype(np.float32), np.arange(len(rise), dtype=np.int32), len(rise)).astype(np.int32)
        return TrendingModel(items, rise[items].astype(np.float32), now[items], expected[items], self.days)

    def _expected(self, data: Dataset, now: NDArray[np.float64], then: NDArray[np.float64]) -> NDArray[np.float64]:
        """Events in the window, if each item had kept its share of its group."""
        groups = data.catalog.labels(self.by).codes + 1 if self.by else np.zeros(len(now), np.int32)
        whole, before = (np.bincount(groups, counts, minlength=int(groups.max()) + 1) for counts in (now, then))
        expected: NDArray[np.float64] = then * (whole / np.maximum(before, 1.0))[groups]
        return expected


@dataclass(frozen=True)
class TrendingModel:
    """The same list for everybody."""

    items: Codes
    scores: Scores
    counted: NDArray[np.float64]
    """What happened to each in the window …"""
    expected: NDArray[np.float64]
    """… and what would have, had it kept its share."""
    days: float

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items furthest above their expectation."""
        return Candidates(self.items[:k], self.scores[:k])

    def many(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
        """The same list once per query: ``codes[n, k]``, ``scores[n, k]``."""
        wide = (len(queries), min(k, len(self.items)))
        return np.broadcast_to(self.items[:k], wide), np.broadcast_to(self.scores[:k], wide)

    def why(self, query: Query, item: int) -> Why:
        """No history has a part in it."""
        for place in np.flatnonzero(self.items == item).tolist():
            counted, expected = self.counted[place], self.expected[place]
            text = f"trending: {counted:,.0f} in {self.days:g} days, where {expected:,.1f} could be expected"
            return Why.without_seeds(float(self.scores[place]), text)
        return Why.without_seeds(0.0, "")
