"""What people do: from a need to views of substitutes, a cart, a purchase, what goes with it, and what comes after."""

from dataclasses import dataclass, fields

import numpy as np

from endcap.core.arrays import Array
from endcap.core.records import KINDS
from endcap.data.synthetic.settings import LINKS, SHOWN
from endcap.data.synthetic.visitors import Goals, Visitors, Visits
from endcap.data.synthetic.world import DAY, NEEDS, Floats, Numbers, World

IMPRESSION, VIEW, CLICK, CART, PURCHASE, RETURN, SEARCH = (
    KINDS.index(kind) for kind in ("impression", "view", "click", "cart", "purchase", "return", "search")
)
MOST_VIEWS = 8
MEAN_VIEWS = 3.0
ALONG_VIEWED = 0.5
"""Chance that what is bought along was looked at first."""
CHAIN = 8
"""A consumable is bought again at most so many times in a row."""
VISIT, REPEAT, GIVEN_BACK, BOT = range(4)
"""What a session is."""
SESSIONS = ("visit", "repeat", "return", "bot")


@dataclass(frozen=True)
class Rows:
    """Events in columns."""

    session: Numbers
    time: Floats
    kind: Numbers
    item: Numbers
    """-1 for a search."""
    quantity: Floats
    order: Numbers
    """The session that it was ordered in; -1: none."""
    slate: Numbers
    position: Numbers
    """From 1; 0: none."""
    query: Numbers
    """The category that is searched for; -1: none."""

    def __len__(self) -> int:
        return len(self.session)

    def take(self, which: Array) -> "Rows":
        """Only the given rows."""
        return Rows(*(getattr(self, field.name)[which] for field in fields(self)))


@dataclass(frozen=True)
class Sessions:
    """One entry per session of a block."""

    visitor: Numbers
    start: Floats
    kind: Numbers
    need: Numbers
    """What it was for first; -1 where it was for none."""


def rows(kind: int, session: Numbers, time: Floats, item: Numbers, **more: Array) -> Rows:
    """Events of one kind; what is not given is absent."""
    n = len(session)
    absent = np.full(n, -1)
    columns: dict[str, Array] = {
        "quantity": np.ones(n), "order": absent, "slate": absent, "position": np.zeros(n, np.int64), "query": absent,
    }  # fmt: skip
    return Rows(session, time, np.full(n, kind), item, **(columns | more))


def stacked(parts: list[Rows]) -> Rows:
    """One after the other."""
    return Rows(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Rows)))


def journeys(
    world: World, visitors: Visitors, visits: Visits, goals: Goals, rng: np.random.Generator
) -> tuple[Rows, Sessions]:
    """Everything that these visitors do, by time, and the sessions it happened in."""
    first = np.full(len(visits.visitor), -1)
    first[goals.visit[::-1]] = goals.need[::-1]
    sessions = Sessions(
        visits.visitor, visits.start, np.where(visitors.bot[visits.visitor], BOT, VISIT), first
    )  # fmt: skip
    looked, listed = _looked(world, goals, rng)
    bought = _bought(world, goals, looked, rng)
    sales = bought.take(bought.kind == PURCHASE)
    again, sessions = _repeated(world, visitors, sales, sessions, rng)
    sales = stacked([sales, again.take(again.kind == PURCHASE)])
    back, sessions = _returned(world, sales, sessions, rng)
    robots = _crawled(world, sessions, rng)
    searches = rng.random(len(goals.visit)) < world.shop.searches
    searched = rows(
        SEARCH, goals.visit[searches], goals.time[searches], np.full(searches.sum(), -1),
        query=goals.need[searches] // NEEDS,
    )  # fmt: skip
    happened = stacked([searched, listed, looked.rows(), bought, again, back, robots])
    happened = happened.take(happened.time < world.end)
    return happened.take(np.argsort(happened.time, kind="stable")), sessions


@dataclass(frozen=True)
class Looked:
    """Views, those of one goal after one another."""

    goal: Numbers
    session: Numbers
    time: Floats
    item: Numbers
    stray: Array

    def rows(self) -> Rows:
        """The same as events."""
        return rows(VIEW, self.session, self.time, self.item)


def _looked(world: World, goals: Goals, rng: np.random.Generator) -> tuple[Looked, Rows]:
    """What was viewed for each goal, and the listings with their clicks."""
    listed, clicked = _listed(world, goals, rng)
    n_views = np.minimum(rng.geometric(1.0 / MEAN_VIEWS, len(goals.visit)), MOST_VIEWS)
    goal = np.repeat(np.arange(len(goals.visit)), n_views)
    place = np.arange(len(goal)) - np.repeat(np.cumsum(n_views) - n_views, n_views)
    own = goals.need[goal]
    stray = (rng.random(len(goal)) < world.shop.stray) & (place > 0)
    # The other needs of the category, each as likely: at least one step on, in a circle.
    other = own // NEEDS * NEEDS + (own + rng.integers(1, NEEDS, len(goal))) % NEEDS
    need = np.where(stray, other, own)
    time = goals.time[goal] + 60.0 + 40.0 * place + 20.0 * rng.random(len(goal))
    item = world.drawn(need, time, goals.brand[goal], rng)
    found = item >= 0
    looked = Looked(goal[found], goals.visit[goal[found]], time[found], item[found], stray[found])
    # Who clicks, views: these views come first.
    viewed = Looked(
        clicked, listed.session[listed.kind == CLICK], listed.time[listed.kind == CLICK] + 1.0,
        listed.item[listed.kind == CLICK], world.items.need[listed.item[listed.kind == CLICK]] != goals.need[clicked],
    )  # fmt: skip
    together = [np.concatenate(pair) for pair in zip(vars(viewed).values(), vars(looked).values(), strict=True)]
    order = np.argsort(together[0], kind="stable")
    return Looked(*(column[order] for column in together)), listed


def _listed(world: World, goals: Goals, rng: np.random.Generator) -> tuple[Rows, Numbers]:
    """Impressions and clicks of the listings, and the goal of each click.

    A listing begins at a random place of its category, so an item stands at every position as often as at any other.
    Who looked at a place looks at the next one with a known chance; what is looked at is clicked by its attractiveness.
    """
    shop = world.shop
    goal = np.flatnonzero(rng.random(len(goals.visit)) < shop.listings)
    category = goals.need[goal] // NEEDS
    first, last = world.starts[category * NEEDS], world.starts[(category + 1) * NEEDS]
    size = last - first
    begin = (rng.random(len(goal)) * size).astype(np.int64)
    place = np.arange(SHOWN)
    at = first[:, None] + (begin[:, None] + place) % np.maximum(size, 1)[:, None]
    item = world.listing[np.minimum(at, len(world.listing) - 1)]
    time = np.broadcast_to(goals.time[goal][:, None] + 2.0, item.shape)
    there = (place < size[:, None]) & world.on_sale(item.ravel(), time.ravel()).reshape(item.shape)
    position = np.cumsum(there, axis=1)
    fits = world.items.need[item] == goals.need[goal][:, None]
    chance = world.items.attractiveness[item] * np.where(fits, 1.0, shop.off_need)
    examined = _examined(world, position, rng)
    clicked = there & examined & (rng.random(item.shape) < chance)
    slate = np.broadcast_to(goal[:, None], item.shape)
    session = np.broadcast_to(goals.visit[goal][:, None], item.shape)

    def of(kind: int, mask: Array, later: Array) -> Rows:
        return rows(
            kind, session[mask], time[mask] + later, item[mask], slate=slate[mask], position=position[mask]
        )  # fmt: skip

    shown = of(IMPRESSION, there, np.zeros(there.sum()))
    return stacked([shown, of(CLICK, clicked, 3.0 + 5.0 * position[clicked])]), slate[clicked]


def _examined(world: World, position: Array, rng: np.random.Generator) -> Array:
    """Whether each place was looked at: a visitor goes on to the next with a known chance, or stops for good."""
    reached = rng.geometric(1.0 - world.shop.examined, len(position)) if world.shop.examined < 1 else 10**6
    return np.asarray(position <= np.reshape(reached, (-1, 1)))


def _bought(world: World, goals: Goals, looked: Looked, rng: np.random.Generator) -> Rows:
    """Carts and purchases: of one of the items viewed for the need, and of what goes with it."""
    shop = world.shop
    serving = np.flatnonzero(~looked.stray)
    counts = np.bincount(looked.goal[serving], minlength=len(goals.visit))
    chance = shop.buys * np.where(goals.treated, 1.0 + shop.uplift, 1.0)
    uniform = rng.random(len(counts))
    buys = (uniform < chance) & (counts > 0)
    abandons = ~buys & (counts > 0) & (rng.random(len(counts)) < shop.abandons)
    chosen = np.cumsum(counts) - counts + (rng.random(len(counts)) * counts).astype(np.int64)
    left = looked.item[serving[chosen[abandons]]]
    item = looked.item[serving[chosen[buys]]]
    session, time = goals.visit[buys], goals.time[buys] + 420.0
    main = _ordered(world, session, time, item, rng)
    parts = [main, rows(CART, goals.visit[abandons], goals.time[abandons] + 420.0, left)]
    for place, chance_along in enumerate(LINKS):
        need = world.links[goals.need[buys], place]
        along = (need >= 0) & (rng.random(len(need)) < chance_along)
        parts += _along(
            world, session[along], time[along] + 30.0 * (place + 1), need[along], goals.brand[buys][along], rng
        )
    sudden = rng.random(len(session)) < shop.impulse
    anything = world.items.need[rng.integers(len(world.items.need), size=int(sudden.sum()))]
    parts += _along(world, session[sudden], time[sudden] + 120.0, anything, goals.brand[buys][sudden], rng)
    return stacked(parts)


def _along(
    world: World, session: Numbers, time: Floats, need: Numbers, brand: Numbers, rng: np.random.Generator
) -> list[Rows]:
    """Something for another need, in the same order; half of it looked at first."""
    item = world.drawn(need, time, brand, rng)
    there = item >= 0
    session, time, item = session[there], time[there], item[there]
    viewed = rng.random(len(item)) < ALONG_VIEWED
    return [rows(VIEW, session[viewed], time[viewed] - 15.0, item[viewed]), _ordered(world, session, time, item, rng)]


def _ordered(world: World, session: Numbers, time: Floats, item: Numbers, rng: np.random.Generator) -> Rows:
    """Into the cart, and bought at the end of the visit; consumables in greater numbers."""
    consumable = world.categories.accessory[world.items.need[item] // NEEDS]
    quantity = 1.0 + np.where(consumable, rng.poisson(0.7, len(item)), 0)
    end = time + 300.0
    return stacked([
        rows(CART, session, time, item, quantity=quantity),
        rows(PURCHASE, session, end, item, quantity=quantity, order=session),
    ])  # fmt: skip


def _repeated(
    world: World, visitors: Visitors, sales: Rows, sessions: Sessions, rng: np.random.Generator
) -> tuple[Rows, Sessions]:
    """Consumables bought again, each time in a visit of its own, and the sessions with those visits."""
    interval = world.categories.interval[world.items.need // NEEDS]
    last = sales.take(~np.isnan(interval[sales.item]))
    parts = [last.take(np.zeros(0, np.int64))]
    for _ in range(CHAIN):
        last = last.take(rng.random(len(last)) < world.shop.repeats)
        time = last.time + interval[last.item] * DAY * np.exp(rng.normal(0.0, 0.15, len(last)))
        there = (time < world.end) & world.on_sale(last.item, np.minimum(time, world.end))
        item, time, who = last.item[there], time[there], sessions.visitor[last.session[there]]
        session = len(sessions.visitor) + np.arange(len(item))
        sessions = _with(sessions, who, time, REPEAT, world.items.need[item])
        bought = _ordered(world, session, time + 60.0, item, rng)
        parts += [rows(VIEW, session, time, item), bought]
        last = bought.take(bought.kind == PURCHASE)
    return stacked(parts), sessions


def _returned(world: World, sales: Rows, sessions: Sessions, rng: np.random.Generator) -> tuple[Rows, Sessions]:
    """What comes back, whole, two days or more after it was bought."""
    back = sales.take(rng.random(len(sales)) < world.shop.returns)
    time = back.time + (2.0 + rng.exponential(6.0, len(back))) * DAY
    back, time = back.take(time < world.end), time[time < world.end]
    session = len(sessions.visitor) + np.arange(len(back))
    given = rows(RETURN, session, time, back.item, quantity=back.quantity, order=back.order)
    return given, _with(sessions, sessions.visitor[back.session], time, GIVEN_BACK, np.full(len(back), -1))


def _crawled(world: World, sessions: Sessions, rng: np.random.Generator) -> Rows:
    """What programs view: anything, hundreds of times, at an even pace."""
    robots = np.flatnonzero(sessions.kind == BOT)
    many = rng.integers(100, 400, len(robots))
    session = np.repeat(robots, many)
    place = np.arange(len(session)) - np.repeat(np.cumsum(many) - many, many)
    time = sessions.start[session] + 1.5 * place
    item = rng.integers(len(world.items.need), size=len(session))
    there = world.on_sale(item, time)
    return rows(VIEW, session[there], time[there], item[there])


def _with(sessions: Sessions, visitor: Numbers, start: Floats, kind: int, need: Numbers) -> Sessions:
    columns = (visitor, start, np.full(len(visitor), kind), need)
    return Sessions(*(np.concatenate(pair) for pair in zip(vars(sessions).values(), columns, strict=True)))
