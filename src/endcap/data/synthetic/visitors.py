"""Who comes, when, and what for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.data.synthetic.settings import BANDS, DEVICES, STYLES, Shop
from endcap.data.synthetic.world import NEEDS, Floats, Numbers, World, year_share

FAVOURITES = 4
"""Categories that a visitor likes …"""
LIKED = 0.85
"""… and the chance that a need is of one of them."""
STEADY = 0.75
"""Chance that a need is of the visitor's own price band, and again of the visitor's own style."""
OWN_DEVICE = 0.85
"""Chance that a visitor's own device is taken for a session; else it is one of all, as likely as each is."""
MOST_VISITS = 40
SEASON_TRIES = 4
NEVER = 10**9


@dataclass(frozen=True)
class Visitors:
    """One entry per visitor of a block."""

    bot: NDArray[np.bool_]
    account: NDArray[np.bool_]
    login: Numbers
    """The visit at which a visitor logs in and stays so; `NEVER` for guests."""
    treated: NDArray[np.bool_]
    favourites: Numbers
    """``[n, 4]`` categories."""
    band: Numbers
    style: Numbers
    brand: Numbers
    visits: Numbers

    def __len__(self) -> int:
        return len(self.bot)


@dataclass(frozen=True)
class Visits:
    """One entry per visit, by visitor and time."""

    visitor: Numbers
    start: Floats
    place: Numbers
    """Which visit of the visitor it is, from 0."""


@dataclass(frozen=True)
class Goals:
    """What a visit is for: one entry per need that somebody came with."""

    visit: Numbers
    need: Numbers
    time: Floats
    brand: Numbers
    treated: NDArray[np.bool_]
    """The visitor is, and the change has been made."""


def visitors_of(world: World, n: int, rng: np.random.Generator) -> Visitors:
    """So many visitors."""
    shop = world.shop
    bot = rng.random(n) < shop.bots
    account = ~bot & (rng.random(n) < shop.accounts)
    later = rng.integers(1, 4, n)
    login = np.where(account, np.where(rng.random(n) < 0.5, 0, later), NEVER)
    visits = np.minimum(rng.geometric(1.0 / shop.visits, n), MOST_VISITS)
    favourites = _categories(world, rng.random((n, FAVOURITES)))
    brands = world.items.brand[rng.integers(len(world.items.brand), size=n)]
    return Visitors(
        bot=bot,
        account=account,
        login=login,
        treated=rng.random(n) < shop.treated,
        favourites=favourites,
        band=rng.integers(len(BANDS), size=n),
        style=rng.integers(len(STYLES), size=n),
        brand=brands,
        visits=np.where(bot, 1, visits),
    )


def devices_of(visitor: Numbers, rng: np.random.Generator) -> Numbers:
    """What each session is done with, by the visitor of each: a place in `DEVICES`."""
    chance = list(DEVICES.values())
    own = rng.choice(len(chance), int(visitor.max(initial=-1)) + 1, p=chance)
    other = rng.choice(len(chance), len(visitor), p=chance)
    return np.where(rng.random(len(visitor)) < OWN_DEVICE, own[visitor], other)


def visits_of(world: World, visitors: Visitors, rng: np.random.Generator) -> Visits:
    """When they come."""
    visitor = np.repeat(np.arange(len(visitors)), visitors.visits)
    hour = np.searchsorted(world.rhythm, rng.random(len(visitor)), side="right") - 1
    start = world.shop.start + (hour + rng.random(len(visitor))) * 3600.0
    start = start[np.lexsort((start, visitor))]
    begins = np.cumsum(visitors.visits) - visitors.visits
    return Visits(visitor, start, np.arange(len(visitor)) - begins[visitor])


def goals_of(world: World, visitors: Visitors, visits: Visits, rng: np.random.Generator) -> Goals:
    """The needs of all visits but those of bots; a second one comes ten minutes after the first."""
    shop = world.shop
    human = np.flatnonzero(~visitors.bot[visits.visitor])
    second = human[rng.random(len(human)) < shop.second_need]
    visit = np.concatenate([human, second])
    time = visits.start[visit] + np.concatenate([np.zeros(len(human)), np.full(len(second), 600.0)])
    who = visits.visitor[visit]
    category = _wanted(world, visitors.favourites[who], time, rng)
    band = _mostly(visitors.band[who], len(BANDS), rng)
    style = _mostly(visitors.style[who], len(STYLES), rng)
    return Goals(
        visit=visit,
        need=category * NEEDS + band * len(STYLES) + style,
        time=time,
        brand=visitors.brand[who],
        treated=visitors.treated[who] & (time >= change_of(shop)),
    )


def change_of(shop: Shop) -> float:
    """When the change was made, seconds since 1970."""
    return shop.start + shop.change_day * 86_400.0


def _wanted(world: World, favourites: Numbers, times: Floats, rng: np.random.Generator) -> Numbers:
    """A category each: mostly a favourite one, and out of season less often."""
    n = len(times)
    chosen, left = np.zeros(n, np.int64), np.arange(n)
    for _ in range(SEASON_TRIES):
        liked = favourites[left, rng.integers(FAVOURITES, size=len(left))]
        category = np.where(rng.random(len(left)) < LIKED, liked, _categories(world, rng.random(len(left))))
        chosen[left] = category
        swing = world.categories.swing[category]
        phase = year_share(times[left]) - world.categories.peak[category]
        wanted = (1.0 + swing * np.cos(2 * np.pi * phase)) / (1.0 + swing)
        left = left[rng.random(len(left)) >= wanted]
    return chosen


def _categories(world: World, uniform: Floats) -> Numbers:
    cumulative = np.cumsum(world.categories.weight)
    return np.minimum(np.searchsorted(cumulative, uniform, side="right"), len(cumulative) - 1)


def _mostly(own: Numbers, n: int, rng: np.random.Generator) -> Numbers:
    return np.where(rng.random(len(own)) < STEADY, own, rng.integers(n, size=len(own)))
