"""The shop itself: categories, needs, items, and how people are drawn to them. Small, and rebuilt from the seed.

A **need** is a category, a price band and a style. Items that serve one need are true substitutes of one another; needs
that are linked have true complements. Items are ordered by need here; their public numbers are shuffled, so that
nothing can be read off an id.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, offsets_of
from endcap.data.synthetic.settings import BANDS, LINKS, STYLES, Shop
from endcap.data.synthetic.words import DEPARTMENTS, category_name

DAY = 86_400.0
TRIES = 8
"""A visitor who finds nothing on sale after so many looks gives up."""
NEEDS = len(BANDS) * len(STYLES)
"""Per category."""
PER_NEED = 22
"""Items per need, on average."""
TERCILE = 0.4307273
"""A third of a normal distribution lies above."""
Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Categories:
    """One entry per category."""

    names: tuple[str, ...]
    departments: tuple[str, ...]
    accessory: NDArray[np.bool_]
    """Bought along with something, and again."""
    price: Floats
    """Median."""
    weight: Floats
    """Share of all needs, before tastes."""
    peak: Floats
    """When in the year most is wanted, as a share of it …"""
    swing: Floats
    """… and how much more than on average."""
    interval: Floats
    """Days after which a consumable is bought again; NaN for other things."""


@dataclass(frozen=True)
class Items:
    """One entry per item, ordered by need."""

    number: Numbers
    """The public number."""
    need: Numbers
    family: Numbers
    variant: Numbers
    brand: Numbers
    price: Floats
    weight: Floats
    """How much it is looked for, against others of the same need."""
    attractiveness: Floats
    """Chance that it is clicked once it is looked at."""
    arrival: Floats
    """Seconds since 1970; before the shop opens for most."""
    out_from: Floats
    """``[n, 2]``: periods without stock; infinite where there is none."""
    out_until: Floats


@dataclass(frozen=True)
class World:
    """All of it."""

    shop: Shop
    categories: Categories
    items: Items
    starts: Numbers
    """Where the items of each need begin ``[n_needs + 1]``."""
    links: Numbers
    """Needs that complement each need ``[n_needs, 3]``; -1: none."""
    cumulative: Floats
    """Of the weights of the items ``[n_items + 1]``."""
    listing: Numbers
    """Items of each category in a random order, one category after the other."""
    rhythm: Floats
    """Cumulative share of the visits by hour."""

    @property
    def end(self) -> float:
        """When the last day ends."""
        return self.shop.start + self.shop.days * DAY

    @property
    def shares(self) -> Floats:
        """Chance of each item among those of its need, if all are on sale and no brand is preferred."""
        need = self.items.need
        totals = self.cumulative[self.starts[1:]] - self.cumulative[self.starts[:-1]]
        return np.asarray(self.items.weight / totals[need])

    def on_sale(self, items: Numbers, times: Floats) -> NDArray[np.bool_]:
        """Whether each item could be had at that time."""
        known = np.asarray(self.items.arrival[items] <= times)
        for period in range(2):
            gone = (self.items.out_from[items, period] <= times) & (times < self.items.out_until[items, period])
            known &= ~gone
        return known

    def drawn(self, needs: Numbers, times: Floats, brands: Numbers, rng: np.random.Generator) -> Numbers:
        """An item for each need, by weight, among those on sale, with a taste for one brand; -1: none was found."""
        found = np.full(len(needs), -1)
        left = np.flatnonzero(np.diff(self.starts)[needs] > 0)
        for _ in range(TRIES):
            if not len(left):
                break
            first, last = self.starts[needs[left]], self.starts[needs[left] + 1]
            low, high = self.cumulative[first], self.cumulative[last]
            at = np.searchsorted(self.cumulative, low + rng.random(len(left)) * (high - low), side="right") - 1
            at = np.clip(at, first, last - 1)
            welcome = (self.items.brand[at] == brands[left]) | (rng.random(len(left)) >= self.shop.loyalty)
            taken = welcome & self.on_sale(at, times[left])
            found[left[taken]] = at[taken]
            left = left[~taken]
        return found


def world_of(shop: Shop) -> World:
    """The world of these settings."""
    rng = np.random.default_rng(np.random.SeedSequence(shop.seed, spawn_key=(0,)))
    categories = _categories(max(4, round(shop.n_items / (NEEDS * PER_NEED))), rng)
    items = _items(shop, categories, rng)
    n_needs = NEEDS * len(categories.names)
    starts = offsets_of(np.bincount(items.need, minlength=n_needs))
    shuffled = np.lexsort((rng.random(len(items.need)), items.need // NEEDS))
    return World(
        shop=shop,
        categories=categories,
        items=items,
        starts=starts,
        links=_links(categories, rng),
        cumulative=np.concatenate([[0.0], np.cumsum(items.weight)]),
        listing=shuffled,
        rhythm=_rhythm(shop),
    )


def _categories(n: int, rng: np.random.Generator) -> Categories:
    """Three things of every five are main things, two are what goes with them."""
    pools: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
    for place in range(8):
        for department, nouns in DEPARTMENTS.items():
            for kind in (0, 1):
                if place < len(nouns[kind]):
                    pools[kind].append((department, nouns[kind][place]))
    accessory = np.arange(n) % 5 >= 3
    named, used = [], [0, 0]
    for kind in accessory.astype(int).tolist():
        again, place = divmod(used[kind], len(pools[kind]))
        used[kind] += 1
        department, noun = pools[kind][place]
        named.append((department, category_name(noun, again)))
    weight = 1.0 / (1.0 + rng.permutation(n)) ** 0.5
    return Categories(
        names=tuple(name for _, name in named),
        departments=tuple(department for department, _ in named),
        accessory=accessory,
        price=np.where(accessory, 8.0, 60.0) * np.exp(rng.normal(0.0, 0.5, n)),
        weight=weight / weight.sum(),
        peak=rng.random(n),
        swing=rng.uniform(0.0, 0.6, n),
        interval=np.where(accessory, rng.uniform(10.0, 35.0, n), np.nan),
    )


def _items(shop: Shop, categories: Categories, rng: np.random.Generator) -> Items:
    n = shop.n_items
    size = 1 + rng.choice(3, n, p=(0.6, 0.25, 0.15))
    family = np.repeat(np.arange(n), size)[:n]
    n_families = int(family[-1]) + 1
    category = rng.permutation(np.arange(n_families) % len(categories.names))
    style = rng.integers(len(STYLES), size=n_families)
    z = rng.normal(size=n_families)
    band = (z > -TERCILE).astype(int) + (z > TERCILE)
    need = category * NEEDS + band * len(STYLES) + style
    weight = _long_tail(need, rng)
    arrival = np.where(
        rng.random(n_families) < shop.cold, rng.uniform(0.05, 0.95, n_families) * shop.days * DAY, -DAY
    )  # fmt: skip
    price = categories.price[category] * np.exp(0.5 * z)
    # Every brand sells in about four categories, and every category has about eight brands.
    n_brands = max(4, 2 * len(categories.names))
    brand = (category // 4 * 8 + rng.integers(8, size=n_families)) % n_brands
    order = np.argsort(need[family], kind="stable")
    family = family[order]
    variant = order - np.concatenate([[0], np.cumsum(np.bincount(family))])[family]
    out_from, out_until = _stock_outs(shop, n, rng)
    return Items(
        number=rng.permutation(n),
        need=need[family],
        family=rng.permutation(n_families)[family],
        variant=variant,
        brand=brand[family],
        price=np.round(price[family] * (1 + 0.04 * variant), 2),
        weight=weight[family] * rng.uniform(0.3, 1.0, n),
        attractiveness=rng.uniform(0.15, 0.85, n),
        arrival=np.maximum(shop.start + arrival[family], 0.0),
        out_from=out_from,
        out_until=out_until,
    )


def _long_tail(need: Numbers, rng: np.random.Generator) -> Floats:
    """Zipf within each need: the family of rank r is wanted 1 / (r + 2) times as much as …; needs differ as well."""
    order = np.lexsort((rng.random(len(need)), need))
    counts = np.bincount(need)
    rank = np.empty(len(need))
    rank[order] = np.arange(len(need)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(1.0 / (rank + 2.0))


def _stock_outs(shop: Shop, n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    begins = shop.start + rng.random((n, 2)) * shop.days * DAY
    ends = begins + rng.uniform(1.0, 10.0, (n, 2)) * DAY
    happens = rng.random((n, 2)) < shop.stock_outs / 2
    return np.where(happens, begins, np.inf), np.where(happens, ends, np.inf)


def _links(categories: Categories, rng: np.random.Generator) -> Numbers:
    """Each main category has accessories of its own; band and style of a need decide which of their needs."""
    n = len(categories.names)
    links = np.full((n * NEEDS, len(LINKS)), -1)
    accessories = np.flatnonzero(categories.accessory)
    for category in np.flatnonzero(~categories.accessory).tolist():
        chosen = rng.choice(accessories, min(len(LINKS), len(accessories)), replace=False)
        for place, other in enumerate(chosen.tolist()):
            turned = rng.permutation(len(STYLES))
            for need in range(NEEDS):
                band, style = divmod(need, len(STYLES))
                links[category * NEEDS + need, place] = other * NEEDS + band * len(STYLES) + turned[style]
    return links


def _rhythm(shop: Shop) -> Floats:
    """Evenings and weekends are busy, nights are not, and December is the best month."""
    hours = np.arange(shop.days * 24)
    hour, day = hours % 24, hours // 24
    of_day = 1.0 + 0.9 * np.sin((hour - 9.5) / 24 * 2 * np.pi) - 0.3 * np.cos(hour / 12 * 2 * np.pi)
    weekday = (day + int(shop.start // DAY) + 3) % 7
    of_year = 1.0 + 0.3 * np.cos(2 * np.pi * (year_share(shop.start + hours * 3600.0) - 0.95))
    rate = np.maximum(of_day, 0.05) * np.where(weekday >= 5, 1.3, 1.0) * of_year
    return np.concatenate([[0.0], np.cumsum(rate) / rate.sum()])


def year_share(times: Array) -> Floats:
    """How much of the year has passed."""
    return np.asarray(times / (365.2425 * DAY) % 1.0)
