"""What a visitor is about to run out of.

How long people wait until they buy an item again is taken as log-normal, and some never do: a cure model (Boag, Maximum
likelihood estimates of the proportion of patients cured by cancer therapy, Journal of the Royal Statistical Society B
11 (1949)), as Bhagat et al., Buy it again: modeling repeat purchase recommendations, KDD 2018, combine how often an
item is bought again with when. With F the distribution of the wait and p the share who buy again at all, one who bought
t days ago, and not since, does so within the next d days with the probability p (F(t + d) - F(t)) / (1 - p F(t)).
"""

from dataclasses import dataclass
from math import erf, sqrt
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat

from endcap.core.arrays import Array, Codes, Scores, among, distinct
from endcap.core.candidates import Candidates
from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.core.habits import APART
from endcap.core.part import Part
from endcap.core.query import Query
from endcap.core.tunable import SETTLED, Between
from endcap.core.why import Why
from endcap.models.listing import Many
from endcap.models.rows import places_of

NARROWEST = 0.1
"""The least that the logarithms of waits are taken to spread: nobody is that regular."""


class BuyAgain(Part):
    """Learns how many buy each item again, and after how long; a visitor's own rhythm counts where it is known."""

    ahead: Annotated[PositiveFloat, Between(1.0, 60.0, log=True)] = 7.0
    """What will be bought within so many days is recommended."""
    trust: Annotated[PositiveFloat, Between(0.5, 50.0, log=True)] = 5.0
    """What others of its label (then the whole shop) do counts as so many purchases of an item."""
    own: Annotated[PositiveFloat, Between(0.2, 10.0, log=True)] = 1.0
    """What everybody does counts as so many waits of a visitor."""
    by: Annotated[str, SETTLED] = ""
    """A label column whose items are alike in this; empty: only the whole shop is."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "BuyAgainModel":
        """Waits of every item; raises `BadData` if no user bought anything."""
        n = len(data.catalog)
        items, waits, open_days = _waits(data)
        if not len(items):
            raise BadData("no purchase has a user, so that nobody is known to have bought anything twice")
        labels = data.catalog.labels(self.by).codes + 1 if self.by else np.zeros(n, np.int32)
        closed = ~np.isnan(waits)
        logs, of = np.log(waits[closed]), items[closed]
        middle = self._shrunk(of, logs, labels, np.log(30.0))
        spread = np.sqrt(self._shrunk(of, (logs - middle[of]) ** 2, labels, 0.25))
        # Who bought lately has not had the time to come again, and says nothing about whether.
        told = closed | (open_days > np.exp(middle[items]))
        again = self._shrunk(items[told], closed[told].astype(np.float64), labels, 0.1)
        spread = np.maximum(spread, NARROWEST)
        return BuyAgainModel(middle, spread, again, self.ahead, self.own)

    def _shrunk(self, items: Array, values: Array, labels: Array, unknown: float) -> NDArray[np.float64]:
        """Means by item ``[n_items]``, held towards those of their label, and these towards that of all."""
        prior = np.full(1, unknown) if not len(values) else np.full(1, values.mean())
        counts = np.bincount(labels[items], minlength=int(labels.max()) + 1)
        sums = np.bincount(labels[items], values, minlength=len(counts))
        alike = (sums + self.trust * prior) / (counts + self.trust)
        own = np.bincount(items, minlength=len(labels))
        total = np.bincount(items, values, minlength=len(labels))
        means: NDArray[np.float64] = (total + self.trust * alike[labels]) / (own + self.trust)
        return means


def _waits(data: Dataset) -> tuple[Codes, NDArray[np.float64], NDArray[np.float64]]:
    """Of each purchase the item, the days until its user bought it again (NaN: not yet), and those until the end."""
    from endcap.models.kernels.waits import waited  # noqa: PLC0415 — compiled code is for fitting only

    places = places_of(data, "histories", ("purchase",))
    n = len(places.values)
    item, since, waits = np.empty(n, np.int32), np.empty(n), np.empty(n)
    kept = waited(
        places.offsets, places.values, data.events.item, data.events.time, APART * DAY, item, since, waits
    )  # fmt: skip
    return item[:kept], np.maximum(waits[:kept] / DAY, APART), (data.now - since[:kept]) / DAY


@dataclass(frozen=True)
class BuyAgainModel(Many):
    """For every item, whether and when it is bought again."""

    middle: NDArray[np.float64]
    """Mean of the logarithms of the waits in days …"""
    spread: NDArray[np.float64]
    """… and their standard deviation."""
    again: NDArray[np.float64]
    """The share of purchases that another follows at all."""
    ahead: float
    own: float

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items of the visitor's history that they are most likely to buy in the days ahead, the shown left out.

        Where nothing but the items of the history is known, each counts as bought at some moment, all as likely.
        """
        items, scores = query.history, self.due(query)
        shown = among(items, query.context)
        items, place = distinct(items[~shown])
        chance = np.zeros(len(items), np.float32)
        np.maximum.at(chance, place, scores[~shown])
        return Candidates(items, chance).top(k)

    def due(self, query: Query) -> Scores:
        """How likely the visitor is to buy each item of the history within the days ahead."""
        items, habits = query.history, query.habits
        spread, again = self.spread[items], self.again[items]
        if not len(habits):
            share = np.minimum(self.ahead / np.exp(self.middle[items]), 1.0)
            return (again * share).astype(np.float32)
        own = np.where(habits.waits > 0, habits.waits * np.log(habits.days), 0.0)
        middle = (self.own * self.middle[items] + own) / (self.own + habits.waits)
        passed = np.maximum(query.now - habits.last, 0.0) / DAY
        before, after = (_waited(days, middle, spread) for days in (passed, passed + self.ahead))
        return (again * (after - before) / np.maximum(1.0 - again * before, 1e-12)).astype(np.float32)

    def why(self, query: Query, item: int) -> Why:
        """The item itself: it was bought before."""
        given = self(query, len(query.history))
        return Why.of(given.items[given.items == item], given.scores[given.items == item])


def _waited(days: Array, middle: Array, spread: Array) -> NDArray[np.float64]:
    """The share of waits that are over after so many days."""
    steps = (np.log(np.maximum(days, 1e-9)) - middle) / (spread * sqrt(2.0))
    return np.array([0.5 * (1.0 + erf(step)) for step in steps])
