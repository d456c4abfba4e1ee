"""What people buy in the visitor's country.

Shares of a country are held towards those of the whole shop, as the mean of a Dirichlet posterior (Zhai and Lafferty, A
study of smoothing methods for language models, ACM TOIS 22 (2004)): where few have bought yet, the list is the shop's.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Annotated

import numpy as np
from pydantic import PositiveFloat

from endcap.core.arrays import Array, Codes, Ragged, Scores, among, offsets_of
from endcap.core.candidates import Candidates
from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.core.part import Part
from endcap.core.query import Query
from endcap.core.tunable import SETTLED, Between
from endcap.core.vocabulary import Vocabulary
from endcap.core.why import Why
from endcap.models.listing import Many
from endcap.models.popular import HALF_LIVES, Popular


class PopularNear(Part):
    """Popularity in the country that the request names."""

    kinds: tuple[str, ...] = ("purchase",)
    half_life: Annotated[PositiveFloat | None, HALF_LIVES] = None
    """Days until an event counts half; without it, all count the same."""
    days: Annotated[PositiveFloat | None, SETTLED] = None
    """Only the last so many days count; without it, all of time."""
    trust: Annotated[PositiveFloat, Between(10.0, 10_000.0, log=True)] = 200.0
    """What the whole shop does says as much as so many events of a country."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "PopularNearModel":
        """What each country bought, and the whole shop; raises `BadData` if no event says where it came from."""
        if data.countries is None:
            raise BadData("no event says its country: name the column under `columns` of the source, or use popular")
        shop = Popular(kinds=self.kinds, half_life=self.half_life, days=self.days).fit(data, rng)
        lately = data if self.days is None else data.between(data.now - self.days * DAY, np.inf)
        events = lately.events
        where = data.countries.codes[events.session]
        order = np.argsort(where, kind="stable")
        ends = np.searchsorted(where[order], np.arange(len(data.countries.names) + 1))
        items, counts = list[Codes](), list[Array]()
        for first, last in pairwise(ends.tolist()):
            there = replace(lately, events=events.take(np.sort(order[first:last])))
            count = there.counts(*self.kinds, half_life=self.half_life, weighed=True)
            items.append(np.flatnonzero(count).astype(np.int32))
            counts.append(count[items[-1]])
        lengths = np.array([len(found) for found in items], np.int64)
        return PopularNearModel(
            data.countries.names, shop.items, (shop.scores / shop.scores.sum()).astype(np.float32),
            Ragged(offsets_of(lengths), np.concatenate(items)), np.concatenate(counts).astype(np.float32), self.trust,
        )  # fmt: skip


@dataclass(frozen=True)
class PopularNearModel(Many):
    """The shares of all items in the whole shop, and what was counted in each country."""

    countries: Vocabulary
    items: Codes
    """What anybody bought, best first …"""
    shares: Scores
    """… and which share each item had."""
    theirs: Ragged
    """What each country bought …"""
    counts: Scores
    """… and how often, one entry for each value."""
    trust: float

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items with the highest shares in the visitor's country; none, if that is not known."""
        country = self.countries.code(query.country)
        if country < 0:
            return Candidates.none()
        own = self.theirs[country]
        # Of what the country never bought, only the shop's best can be among the best.
        others = self.items[: k + len(own)]
        others = others[~among(others, own)][:k]
        items = np.concatenate([own, others])
        return Candidates(items, self._shares(items, country)).top(k)

    def _shares(self, items: Codes, country: int) -> Scores:
        """The shares that items, those of the country first, are expected to have there."""
        counts = self.counts[self.theirs.offsets[country] : self.theirs.offsets[country + 1]]
        place = np.argsort(self.items)
        whole = self.shares[place[np.searchsorted(self.items, items, sorter=place)]]
        found = np.zeros(len(items), np.float32)
        found[: len(counts)] = counts
        shares: Scores = ((found + self.trust * whole) / (counts.sum() + self.trust)).astype(np.float32)
        return shares

    def why(self, query: Query, item: int) -> Why:
        """No history has a part in it."""
        given = self(query, len(self.items))
        share = float(given.scores[given.items == item].sum())
        return Why.without_seeds(share, f"popular in {query.country}" if share else "")
