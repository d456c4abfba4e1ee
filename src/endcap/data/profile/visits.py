"""What visitors do: from seeing to buying, sessions and baskets, guests, buying again, sending back."""

from dataclasses import dataclass

import numpy as np

from endcap.core.arrays import Array
from endcap.core.dataset import DAY, Dataset, Events
from endcap.core.records import KINDS
from endcap.data.profile.counting import Counts
from endcap.data.profile.shapes import Bars, bars, share, sizes

STAGES = ("impression", "view", "cart", "purchase")
"""The way from being shown to being bought."""


@dataclass(frozen=True)
class Stage:
    """One step on the way to a purchase."""

    kind: str
    events: int
    sessions: int
    """Sessions with such an event."""
    items: int
    """Items with such an event."""
    kept: float | None
    """Share of the sessions of the stage before that come this far; none if either does not occur."""


@dataclass(frozen=True)
class Visits:
    """Sessions and baskets."""

    events: Bars
    """Events per session."""
    minutes: Bars
    """From the first to the last event of a session."""
    at_once: float
    """Share of the sessions whose events all have the same time."""
    basket: Bars
    """Different items per order."""
    longest: int
    """Events in the longest session."""


@dataclass(frozen=True)
class Visitors:
    """What guests do, or known users."""

    who: str
    events: int
    sessions: int
    orders: int
    basket: float | None
    """Items per order, on average."""


@dataclass(frozen=True)
class Again:
    """Time between purchases of the same user."""

    same_item: Bars
    """Between two orders with the same item."""
    any_item: Bars
    """Between two orders, whatever is in them."""
    repeats: float
    """Share of the lines bought by known users that the same user had bought in an earlier order."""
    returning: float
    """Share of the buying users with more than one order."""
    every: int
    """Each so-many-th user stands for all."""


@dataclass(frozen=True)
class Returns:
    """What comes back."""

    events: int
    share: float
    """Return events per purchase event."""
    amount: float | None
    """Price times quantity of what came back per that of what was bought; none where no price is known."""
    categories: tuple[tuple[str, float, int], ...]
    """Those with the largest share: name, returns per purchase, purchases; at least 50 purchases."""


def funnel(counts: Counts) -> tuple[Stage, ...]:
    """The stages in order, those that do not occur with zeros."""
    found: list[Stage] = []
    for kind in STAGES:
        code = KINDS.index(kind)
        reached = counts.did[:, code]
        before = counts.did[:, KINDS.index(found[-1].kind)] if found else reached
        kept = share((reached & before).sum(), before.sum()) if found and before.any() and reached.any() else None
        items = int((counts.items[:, code] > 0).sum())
        found.append(Stage(kind, counts.of_kind(kind), int(reached.sum()), items, kept))
    return tuple(found)


def visits(data: Dataset, counts: Counts) -> Visits:
    """How long sessions are, and how large baskets."""
    lengths = counts.lengths[counts.lengths > 0]
    ends = np.cumsum(lengths)
    minutes = (data.events.time[ends - 1] - data.events.time[ends - lengths]) / 60
    starts = (0, 1, 2, 5, 10, 20, 30, 60, 120, 240)
    names = ("< 1", "1", "2–4", "5–9", "10–19", "20–29", "30–59", "60–119", "120–239", "240+")
    return Visits(
        events=sizes(lengths),
        minutes=bars(minutes, starts, names),
        at_once=share((minutes == 0).sum(), len(minutes)),
        basket=sizes(data.baskets.items.lengths),
        longest=int(lengths.max(initial=0)),
    )


def visitors(data: Dataset, counts: Counts) -> tuple[Visitors, Visitors]:
    """Known users, and guests."""
    buyers, baskets = data.baskets.user >= 0, data.baskets.items.lengths
    visited = counts.lengths > 0
    return (
        _visitors("known users", counts.visitors[1], counts.known & visited, baskets[buyers]),
        _visitors("guests", counts.visitors[0], ~counts.known & visited, baskets[~buyers]),
    )


def _visitors(who: str, events: Array, sessions: Array, baskets: Array) -> Visitors:
    mean = round(float(baskets.mean()), 2) if len(baskets) else None
    return Visitors(who, int(events.sum()), int(sessions.sum()), len(baskets), mean)


def again(sample: Events, every: int) -> Again:
    """How long users wait until they buy again; `sample` holds all events of each user in it."""
    bought = sample.take(sample.kind == KINDS.index("purchase"))
    # Lines of one order may be seconds apart; without orders, a session stands for one.
    order = np.where(bought.order >= 0, bought.order.astype(np.int64), -2 - bought.session.astype(np.int64))
    line = np.lexsort((bought.time, bought.item, bought.user))
    user, item, time, order = bought.user[line], bought.item[line], bought.time[line], order[line]
    same = (user[1:] == user[:-1]) & (item[1:] == item[:-1]) & (order[1:] != order[:-1])
    by_order = np.lexsort((time, order, user))
    fresh = (np.diff(user[by_order], prepend=-1) != 0) | (np.diff(order[by_order], prepend=-1) != 0)
    buyer, begun = user[by_order][fresh], time[by_order][fresh]
    by_time = np.lexsort((begun, buyer))
    next_one = buyer[by_time][1:] == buyer[by_time][:-1]
    orders = np.bincount(buyer) if len(buyer) else np.zeros(1, np.int64)
    return Again(
        same_item=_intervals(np.diff(time)[same]),
        any_item=_intervals(np.diff(begun[by_time])[next_one]),
        repeats=share(same.sum(), len(user)),
        returning=share((orders > 1).sum(), (orders > 0).sum()),
        every=every,
    )


def _intervals(seconds: Array) -> Bars:
    starts = (0, 1, 7, 14, 30, 60, 90, 180, 365)
    names = ("same day", "1–6 d", "1–2 w", "2–4 w", "1–2 m", "2–3 m", "3–6 m", "6–12 m", "> 1 y")
    return bars(seconds / DAY, starts, names)


def returns(data: Dataset, counts: Counts) -> Returns:
    """How much comes back, and of what."""
    back, bought = counts.of_kind("return"), counts.of_kind("purchase")
    worth_back, worth = (counts.amounts[KINDS.index(kind)] for kind in ("return", "purchase"))
    amount = share(worth_back, worth) if worth_back and worth else None
    return Returns(back, share(back, bought), amount, _returned(data, counts) if back else ())


def _returned(data: Dataset, counts: Counts) -> tuple[tuple[str, float, int], ...]:
    if "category" not in data.catalog:
        return ()
    labels = data.catalog.labels("category")
    known = labels.codes >= 0
    back, bought = (
        np.bincount(labels.codes[known], counts.per_item(kind)[known], len(labels.names))
        for kind in ("return", "purchase")
    )
    rate = np.where(bought >= 50, back / np.maximum(bought, 1), 0)
    worst = [int(code) for code in np.argsort(-rate, kind="stable")[:10] if rate[code] > 0]
    return tuple((labels.names.ids[code], share(back[code], bought[code]), int(bought[code])) for code in worst)
