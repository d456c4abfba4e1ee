"""One consistent view of what happened, at one moment, in codes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Codes, Ragged, offsets_of
from endcap.core.catalog import Catalog, Labels
from endcap.core.constants import Constants
from endcap.core.errors import BadData
from endcap.core.records import KINDS
from endcap.core.vocabulary import Vocabulary

DAY = 86_400.0
"""Seconds."""


COLUMNS = ("session", "user", "item", "kind", "time", "quantity", "price", "order")
"""Those of `Events`, in their order."""


@dataclass(frozen=True)
class Baskets:
    """What was bought together: the different items of each order, with its time and user."""

    items: Ragged
    time: NDArray[np.float64]
    """Of its first purchase."""
    user: Codes
    """-1 for a guest; if an order names several, the one with the greatest code."""
    weight: NDArray[np.float32] | None = None
    """How much each item counts in its order: as much as the weightiest of its purchases; None: all count the same."""

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class Grouped:
    """Sessions and baskets of events, as preparation has laid them down, so that nobody has to collect them again."""

    sessions: NDArray[np.int64]
    """Where each session begins among the events, and the last one ends."""
    baskets: Baskets


@dataclass(frozen=True)
class Events:
    """What happened, in columns of one length, sorted by session, time and item."""

    session: Codes
    user: Codes
    """-1 for a guest."""
    item: Codes
    kind: NDArray[np.int8]
    """Place in `KINDS`."""
    time: NDArray[np.float64]
    """Seconds since 1970 (UTC)."""
    quantity: NDArray[np.float32]
    price: NDArray[np.float64]
    """Of one piece; NaN if not known."""
    order: Codes
    """-1 where the event belongs to no order."""
    grouped: Grouped | None = None
    weight: NDArray[np.float32] | None = None
    """How much each event counts, where a step of preparation weighed them; None: all count the same."""

    def __len__(self) -> int:
        return len(self.item)

    def take(self, which: Array) -> "Events":
        """Only the given rows (numbers or a mask)."""
        weight = None if self.weight is None else self.weight[which]
        return Events(**{name: getattr(self, name)[which] for name in COLUMNS}, weight=weight)


@dataclass(frozen=True)
class Searches:
    """What was typed, in columns of one length, by time; a search names no item, so it is not among the events."""

    session: Codes
    user: Codes
    """-1 for a guest."""
    time: NDArray[np.float64]
    """Seconds since 1970 (UTC)."""
    text: Codes
    """Place in `texts`."""
    texts: Vocabulary
    """The different texts."""

    def __len__(self) -> int:
        return len(self.text)

    def take(self, which: Array) -> "Searches":
        """Only the given rows (numbers or a mask)."""
        return Searches(self.session[which], self.user[which], self.time[which], self.text[which], self.texts)


@dataclass(frozen=True)
class Dataset:
    """Events, catalog and users in one coding; `fingerprint` names the inputs, steps and settings it came from."""

    events: Events
    catalog: Catalog
    users: Vocabulary
    now: float
    """The moment of the view: nothing in it is later. Seconds since 1970 (UTC)."""
    fingerprint: str
    fitted: Mapping[str, Constants] = field(default_factory=dict)
    """What preparation learned and serving repeats (scales, spellings, fillings), by table: ``events``, ``catalog``."""
    searches: Searches | None = None
    """None where nobody's searches are known."""
    devices: Labels | None = None
    """What each session was done with, such as ``phone``; None where that is known of none."""
    countries: Labels | None = None
    """Where each session came from; None where that is known of none."""

    def of_kinds(self, *kinds: str) -> Events:
        """Only the events of the given kinds; raises `BadData` for a kind that does not exist."""
        return self.events.take(self.are(*kinds))

    def wanted(self, *kinds: str) -> NDArray[np.bool_]:
        """For each of `KINDS` whether it is one of those given; raises `BadData` for a kind that does not exist."""
        unknown = set(kinds) - set(KINDS)
        if unknown:
            raise BadData(f"no event kind is called {', '.join(sorted(unknown))}; kinds: {', '.join(KINDS)}")
        return np.isin(KINDS, kinds)

    def are(self, *kinds: str) -> NDArray[np.bool_]:
        """For each event whether it is of one of the given kinds; raises `BadData` for a kind that does not exist."""
        mask = np.zeros(len(self.events), bool)
        for kind in np.flatnonzero(self.wanted(*kinds)):
            mask |= self.events.kind == kind
        return mask

    def counts(self, *kinds: str, half_life: float | None = None, weighed: bool = False) -> NDArray[np.float64]:
        """Events per item ``[n_items]``; with a half-life (days), older events count less.

        `weighed`: each counts as much as its `weight` says, the weightiest of them as one.
        """
        events, which = self.events, self.are(*kinds)
        weights = None if half_life is None else 0.5 ** ((self.now - events.time[which]) / (half_life * DAY))
        if weighed and events.weight is not None:
            own = shares(events.weight[which])
            weights = own if weights is None else weights * own
        return np.bincount(events.item[which], weights, minlength=len(self.catalog)).astype(np.float64)

    @cached_property
    def sessions(self) -> Ragged:
        """Items of each session in time order, whatever was done with them."""
        if self.events.grouped is not None:
            return Ragged(self.events.grouped.sessions, self.events.item)
        return Ragged(offsets_of(np.bincount(self.events.session)), self.events.item)

    @cached_property
    def baskets(self) -> Baskets:
        """The different items of each order, orders by time and items by code."""
        return self.events.grouped.baskets if self.events.grouped is not None else baskets_of(self.of_kinds("purchase"))

    @cached_property
    def basket_sessions(self) -> Codes:
        """The session of each of the `baskets`: that of its first purchase."""
        bought = self.of_kinds("purchase")
        bought = bought.take(bought.order >= 0)
        bought = bought.take(np.lexsort((bought.session, bought.time, bought.order)))
        first = bought.take(np.flatnonzero(np.diff(bought.order, prepend=-1)))
        return first.session[np.lexsort((first.order, first.time))]

    def histories(self, *kinds: str) -> Ragged:
        """Items that each user touched in one of the given ways, oldest first, repeats kept; one row per user code."""
        chosen = np.flatnonzero(self.are(*kinds))
        chosen = chosen[np.argsort(self.events.time[chosen], kind="stable")]
        return Ragged.grouped(self.events.user[chosen], self.events.item[chosen], len(self.users))

    def between(self, start: float, end: float) -> "Dataset":
        """Only the events with start ≤ time < end (seconds since 1970), seen from `end`; codes stay what they are."""
        time = self.events.time
        kept, typed = self.events.take((time >= start) & (time < end)), self.searches
        if typed is not None:
            typed = typed.take((typed.time >= start) & (typed.time < end))
        name = f"{self.fingerprint}[{start}:{end}]"
        return replace(self, events=kept, searches=typed, now=min(end, self.now), fingerprint=name)


def shares(weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Weights as parts of the greatest of them, which becomes 1.

    So that only their proportions matter: a weight that halves every month is as small as it may be a year before the
    data ends, and a back-test of that time learns the same as a training run would have then.
    """
    greatest = float(weights.max(initial=0.0))
    return weights.astype(np.float64) / (greatest or 1.0)


def baskets_of(bought: Events) -> Baskets:
    """The baskets of some purchases; those that belong to no order are in none."""
    bought = bought.take(bought.order >= 0)
    n_orders = int(bought.order.max(initial=-1)) + 1
    first, user = np.full(n_orders, np.inf), np.full(n_orders, -1, np.int32)
    np.minimum.at(first, bought.order, bought.time)
    np.maximum.at(user, bought.order, bought.user)
    bought = bought.take(np.lexsort((bought.item, bought.order, first[bought.order])))
    fresh = (np.diff(bought.order, prepend=-1) != 0) | (np.diff(bought.item, prepend=-1) != 0)
    lines = np.flatnonzero(fresh)
    weight = np.maximum.reduceat(bought.weight, lines) if bought.weight is not None and len(lines) else None
    bought = bought.take(lines)
    starts = np.flatnonzero(np.diff(bought.order, prepend=-1))
    orders, items = bought.order[starts], Ragged(np.append(starts, len(bought)).astype(np.int64), bought.item)
    return Baskets(items, first[orders], user[orders], weight)
