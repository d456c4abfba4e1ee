"""What is sold: how unequal items are, their categories and prices, and those that are new."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array
from endcap.core.bands import price_levels
from endcap.core.catalog import Catalog
from endcap.core.dataset import DAY, Dataset
from endcap.data.profile.counting import Counts, every, picked
from endcap.data.profile.shapes import date_of, share

NO_CATEGORY = "(no category)"
CATEGORIES = 40
"""So many are told apart; the others are one."""
WARM_UP = 28.0
"""Days: an item that is seen so early may have been there before the data begins."""
ENOUGH = 10
"""Events after which something is known of an item."""


@dataclass(frozen=True)
class Third:
    """Items that together have a third of the events: the head has the most popular ones, the tail the others."""

    name: str
    items: int
    share: float
    """Of the items that have events."""


@dataclass(frozen=True)
class Popularity:
    """How events are spread over items."""

    ranks: tuple[int, ...]
    """Places in the order of popularity, spaced evenly on a logarithmic axis, from 1."""
    events: tuple[int, ...]
    """Events of the item at each rank."""
    purchases: tuple[int, ...]
    """Purchases of the item at each rank of an order by purchases; empty if nothing is bought."""
    lorenz: tuple[float, ...]
    """Share of the events that the least popular 0 %, 1 %, … 100 % of the items have."""
    gini: float
    """0 if all items with events have equally many, towards 1 if one has all."""
    thirds: tuple[Third, ...]
    untouched: int
    """Items of the catalog without any event."""


@dataclass(frozen=True)
class Category:
    """A category, or all those beyond the largest, or the items without one."""

    name: str
    items: int
    purchases: int
    events: int
    prices: tuple[float, ...] | None
    """Of its items: 5, 25, 50, 75 and 95 % of them are at most so dear; none if no price is known."""


@dataclass(frozen=True)
class Arrivals:
    """Items that came after the data began."""

    since: str
    """Items first seen before this day may be older than the data, and are not counted as new."""
    weeks: tuple[str, ...]
    items: tuple[int, ...]
    """New items of each week."""
    total: int
    days: tuple[int, ...]
    reached: tuple[float, ...]
    """Share of the new items that had their tenth event so many days after their first; items that are not as old yet
    are taken into account as far as they go (Kaplan and Meier, 1958)."""
    median: int | None
    """Days until half of them had it; none if that never happens."""
    every: int
    """Each so-many-th new item stands for all."""


def popularity(counts: Counts) -> Popularity:
    """Long tail, Lorenz curve and thirds, over the items that have events."""
    total = counts.per_item()
    falling = np.sort(total[total > 0])[::-1]
    bought = np.sort(counts.per_item("purchase"))[::-1]
    bought = bought[bought > 0]
    ranks = np.unique(np.geomspace(1, max(len(falling), 1), 160).round().astype(np.int64))
    rising = np.concatenate([np.zeros(1), np.cumsum(falling[::-1])]) / max(falling.sum(), 1)
    lorenz = np.interp(np.linspace(0, len(falling), 101), np.arange(len(falling) + 1), rising)
    gini = 1 - float((rising[1:] + rising[:-1]).sum()) / max(len(falling), 1)
    return Popularity(
        ranks=tuple(ranks.tolist()),
        events=tuple(falling[ranks[ranks <= len(falling)] - 1].tolist()),
        purchases=tuple(bought[ranks[ranks <= len(bought)] - 1].tolist()),
        lorenz=tuple(lorenz.round(5).tolist()),
        gini=round(gini, 4),
        thirds=_thirds(falling),
        untouched=int((total == 0).sum()),
    )


def _thirds(falling: NDArray[np.int64]) -> tuple[Third, ...]:
    reached = np.cumsum(falling)
    all_of_them = int(reached[-1]) if len(reached) else 0
    ends = [int(np.searchsorted(reached, all_of_them * part / 3)) + 1 for part in (1, 2)]
    edges = [0, *(min(end, len(falling)) for end in ends), len(falling)]
    names = ("head", "torso", "tail")
    sizes = np.diff(edges).tolist()
    return tuple(Third(name, size, share(size, len(falling))) for name, size in zip(names, sizes, strict=True))


def categories(data: Dataset, counts: Counts) -> tuple[Category, ...]:
    """The largest categories by purchases (by events if nothing is bought), the others together, those without one."""
    group, names = grouped(data.catalog)
    items = np.bincount(group, minlength=len(names))
    events, bought = (
        np.bincount(group, counts.per_item(*kinds), len(names)).astype(np.int64) for kinds in ((), ("purchase",))
    )
    largest = np.lexsort((items, events, bought))[::-1]
    largest = largest[(largest < len(names) - 1) & (items[largest] > 0)]
    place = np.full(len(names), CATEGORIES)
    place[largest[:CATEGORIES]] = np.arange(min(len(largest), CATEGORIES))
    place[-1] = CATEGORIES + 1
    found = [(names[code], np.flatnonzero(place[group] == row)) for row, code in enumerate(largest[:CATEGORIES])]
    rest = len(largest) - CATEGORIES
    found.append((f"{rest} more" if rest > 0 else "", np.flatnonzero(place[group] == CATEGORIES)))
    found.append((NO_CATEGORY, np.flatnonzero(place[group] == CATEGORIES + 1)))
    total, sold, price = counts.per_item(), counts.per_item("purchase"), price_levels(data.catalog)
    return tuple(
        Category(name, len(inside), int(sold[inside].sum()), int(total[inside].sum()), _band(price[inside]))
        for name, inside in found
        if len(inside)
    )


def grouped(catalog: Catalog) -> tuple[NDArray[np.int64], list[str]]:
    """The number of the category of each item, and the names; the last number is that of items without one."""
    if "category" not in catalog:
        return np.zeros(len(catalog), np.int64), [NO_CATEGORY]
    labels = catalog.labels("category")
    codes = labels.codes.astype(np.int64)
    return np.where(codes < 0, len(labels.names), codes), [*labels.names.ids, NO_CATEGORY]


def _band(prices: Array) -> tuple[float, ...] | None:
    known = prices[prices > 0]
    return tuple(np.quantile(known, (0.05, 0.25, 0.5, 0.75, 0.95)).round(2).tolist()) if len(known) else None


def arrivals(data: Dataset, counts: Counts) -> Arrivals:
    """When new items came, and how long it took until something was known of them."""
    first = counts.first_seen
    began, now = float(first.min(initial=data.now)), data.now
    since = began + min(WARM_UP * DAY, (now - began) / 4)
    new = np.isfinite(first) & (first >= since)
    came = np.floor(first[new] / DAY).astype(np.int64)
    monday = int(since // DAY) - (int(since // DAY) + 3) % 7
    weeks = np.bincount((came - monday) // 7, minlength=(int(now // DAY) - monday) // 7 + 1)
    wanted, step = every(np.where(new, counts.per_item(), 0))
    days, reached = _reached(_waited(data, wanted), (now - first[wanted]) / DAY)
    half = np.flatnonzero(reached >= 0.5)
    return Arrivals(
        since=date_of(int(since // DAY)),
        weeks=tuple(date_of(monday + 7 * week) for week in range(len(weeks))),
        items=tuple(weeks.tolist()),
        total=int(new.sum()),
        days=tuple(days.tolist()),
        reached=tuple(reached.round(5).tolist()),
        median=int(days[half[0]]) if len(half) else None,
        every=step,
    )


def _waited(data: Dataset, wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Days from the first to the tenth event of each wanted item; infinite if that has not come."""
    seen = picked(data.events, wanted, "item")
    order = np.lexsort((seen.time, seen.item))
    item, time = seen.item[order], seen.time[order]
    counts = np.bincount(item, minlength=len(wanted))[wanted]
    starts = np.cumsum(counts) - counts
    waited = np.full(len(counts), np.inf)
    enough = counts >= ENOUGH
    waited[enough] = (time[starts[enough] + ENOUGH - 1] - time[starts[enough]]) / DAY
    return waited


def _reached(waited: Array, age: Array) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    longest = int(min(age.max(initial=0), 180)) + 1
    came, lived = (np.bincount(np.minimum(np.ceil(value), longest).astype(np.int64), minlength=longest + 1)[:longest]
                   for value in (waited[np.isfinite(waited)], np.minimum(waited, age)))  # fmt: skip
    at_risk = len(waited) - np.concatenate([np.zeros(1, np.int64), np.cumsum(lived)[:-1]])
    still = np.cumprod(1 - came / np.maximum(at_risk, 1))
    return np.arange(longest), 1 - still
