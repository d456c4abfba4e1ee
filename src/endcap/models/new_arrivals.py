"""What came in lately, the promising and the unknown first.

How fast a new item is bought is not known yet. Its rate has a gamma distribution (conjugate to Poisson counts) that
begins at what new items have had so far, and every day of its life makes it narrower. Ranked is its mean plus so many
standard deviations: an upper bound (Auer, Cesa-Bianchi and Fischer, Finite-time analysis of the multiarmed bandit
problem, Machine Learning 47 (2002)), or a draw (Thompson sampling: Chapelle and Li, An empirical evaluation of Thompson
sampling, NIPS 2011). A draw depends on the query alone, so that whoever asks the same is shown the same.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, PositiveFloat

from endcap.core.arrays import Codes
from endcap.core.candidates import Candidates
from endcap.core.dataset import DAY, Dataset
from endcap.core.part import Part
from endcap.core.query import Query
from endcap.core.tunable import SETTLED, Between
from endcap.core.why import Why
from endcap.models.listing import Many
from endcap.models.popular import offered_items
from endcap.models.rows import TOUCHES

Bits = NDArray[np.uint64]
ODD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: its multiples are spread evenly, and `_mixed` breaks up what pattern is left."""


class NewArrivals(Part):
    """Recommends items first seen in the last days, by how well they may yet do."""

    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that speak for an item."""
    days: Annotated[PositiveFloat, Between(7.0, 90.0, log=True)] = 30.0
    """An item is new for so long after it was first seen."""
    trust: Annotated[PositiveFloat, Between(0.5, 30.0, log=True)] = 3.0
    """The rate of other new items counts as so many days of an item's own life."""
    exploration: Annotated[NonNegativeFloat, Between(0.0, 3.0)] = 1.0
    """Standard deviations that are added to the mean."""
    how: Annotated[Literal["bound", "draw"], SETTLED] = "bound"
    """So many for every item, or so many times a number drawn for each item and query."""
    hours: Annotated[PositiveFloat, SETTLED] = 24.0
    """A draw stays the same for so long, for a visitor who does nothing meanwhile."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "NewArrivalsModel":
        """Mean and deviation of the rate (events a day) of each new item; without new items, nobody is recommended.

        An item's life begins with its first event of any kind, an impression as well. Items on sale that have no event
        yet were listed a moment ago, as far as the log can tell: they are as unknown as an item can be, hence among the
        first. But there should not be more of them than of items first seen in `days`, since a shop does not list in a
        moment what it lists in weeks. If there are more, most are old stock that nobody ever wanted, which a
        merchandiser does not want on this shelf: all of them then come behind those that have been seen.
        """
        events, n = data.events, len(data.catalog)
        first = np.full(n, np.inf)
        np.minimum.at(first, events.item, events.time)
        seen = (first > data.now - self.days * DAY) & np.isfinite(first)
        unseen = offered_items(data.catalog) & np.isinf(first)
        items = np.flatnonzero(seen | unseen)
        lived = np.where(unseen, 0.0, (data.now - first) / DAY)[items]
        counts = data.counts(*self.kinds)[items]
        usual = float(counts.sum() / max(lived.sum(), 1.0)) or 1.0
        known = lived + self.trust
        mean = (counts + usual * self.trust) / known
        deviation = np.sqrt(mean / known)
        if unseen.sum() > seen.sum():
            behind, known_ones = unseen[items], seen[items]
            # A draw is at most six deviations away.
            least = (mean - 6.0 * self.exploration * deviation)[known_ones].min(initial=0.0)
            mean[behind], deviation[behind] = least if self.how == "draw" else 0.0, 0.0
        return NewArrivalsModel(
            items.astype(np.int32), mean, deviation, lived, self.exploration, self.how == "draw", self.hours
        )


@dataclass(frozen=True)
class NewArrivalsModel(Many):
    """What is known of how fast each new item goes."""

    items: Codes
    """The new ones, ascending."""
    mean: NDArray[np.float64]
    """Events a day …"""
    deviation: NDArray[np.float64]
    """… and how far that may be from the truth."""
    lived: NDArray[np.float64]
    """Days since each was first seen; 0 for what is on sale and was not seen yet."""
    exploration: float
    drawn: bool
    hours: float

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k new items that may do best, the shown ones left out."""
        scores = (self.mean + self._bonus(query)).astype(np.float32)
        scores[np.isin(self.items, query.context)] = np.nan
        return Candidates(self.items, scores).top(k)

    def why(self, query: Query, item: int) -> Why:
        """How it went so far, and what the unknown adds."""
        for place in np.flatnonzero(self.items == item).tolist():
            score = self.mean[place] + self._bonus(query)[place]
            text = f"new: first seen {self.lived[place]:.0f} days ago, about {self.mean[place]:.2g} times a day since"
            if not self.lived[place]:
                text = "new: in the catalog, and in no event yet"
            return Why.without_seeds(float(score), text)
        return Why.without_seeds(0.0, "")

    def _bonus(self, query: Query) -> NDArray[np.float64]:
        if not self.drawn:
            return self.exploration * self.deviation
        return self.exploration * self.deviation * drawn_normal(self.items, query, self.hours)


def drawn_normal(items: Codes, query: Query, hours: float) -> NDArray[np.float64]:
    """A number for each item and query, over many of them as from a standard normal distribution.

    It depends on the item, on who asks (their seeds) and on which of the periods of so many hours it is; the sum of
    twelve even numbers is near enough to normal, and needs no table.
    """
    with np.errstate(over="ignore"):
        asked = _mixed(np.array([int(query.now // (hours * 3600.0))], np.uint64) * ODD)
        for seed in query.seeds.astype(np.uint64):
            asked = _mixed(asked + (seed + np.uint64(1)) * ODD)
        own = _mixed(asked + (items.astype(np.uint64) + np.uint64(1)) * ODD)
        parts = _mixed(own[:, None] + np.arange(1, 13, dtype=np.uint64) * ODD)
    drawn: NDArray[np.float64] = (parts >> np.uint64(11)).astype(np.float64).sum(axis=1) / 2.0**53 - 6.0
    return drawn


def _mixed(bits: Bits) -> Bits:
    """The same 64 bits stirred, as in SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    stirred: Bits = bits ^ (bits >> np.uint64(31))
    return stirred
