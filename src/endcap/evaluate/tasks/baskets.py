"""What else is in the cart, what goes with an item, and what the next order holds."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes, Ragged
from endcap.core.dataset import Baskets, Dataset
from endcap.core.query import Queries
from endcap.evaluate.tasks.task import (
    HISTORY,
    LIMIT,
    Task,
    both_ways,
    countries,
    devices,
    distinct_rows,
    drawn,
    newcomers,
    on_sale,
    past_of,
    units_of,
)

SEEN_OFTEN = 5
"""Basket tasks ask only for items that were in at least so many training baskets."""


def basket(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """One item of each later basket is taken out; the others are the cart, and the one is to be found."""
    baskets, session, allowed, left_out = _judged_baskets(train, test)
    hidden = one_each(baskets.items, rng)
    cart = baskets.items.keep(~hidden)
    task = Task(
        name="basket",
        title="hidden basket item",
        description="Given all items of a later basket but one, find the one that was taken out.",
        success="finds the hidden item in {share} of the baskets",
        queries=Queries.of(train.catalog, baskets.time, context=cart).knowing(country=countries(test, session)),
        relevant=baskets.items.keep(hidden),
        units=_units(baskets, train),
        allowed=allowed,
        exclude=cart,
        possible=len(baskets),
        left_out=left_out,
        newcomers=newcomers(_units(baskets, train), train),
        device=devices(test, session),
    )
    return drawn(task, rng, limit)


def item_basket(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """One item of each later basket is shown; what else was in that basket is to be found."""
    baskets, session, allowed, left_out = _judged_baskets(train, test)
    shown = one_each(baskets.items, rng)
    page = baskets.items.keep(shown)
    task = Task(
        name="item_basket",
        title="bought together with one item",
        description="Given one item of a later basket, find the others that were bought with it.",
        success="finds something that was bought along with the item in {share} of the baskets",
        queries=Queries.of(train.catalog, baskets.time, context=page).knowing(country=countries(test, session)),
        relevant=baskets.items.keep(~shown),
        units=_units(baskets, train),
        allowed=allowed,
        exclude=page,
        possible=len(baskets),
        left_out=left_out,
        newcomers=newcomers(_units(baskets, train), train),
        device=devices(test, session),
    )
    return drawn(task, rng, limit)


def next_basket(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """What a user bought before the cut is known; what the user's first order after it holds is to be found.

    People buy the same again, so repeats are allowed; the twin asks for what is new to the user.
    """
    before = distinct_rows(train.histories("purchase"))
    later, allowed = test.baskets, on_sale(train)
    known = np.flatnonzero(later.user >= 0)
    users, first = np.unique(later.user[known], return_index=True)  # baskets are in the order of their time
    orders = known[first]
    come_back = before.lengths[users] > 0
    users, orders = users[come_back], orders[come_back]
    items, past = later.items.take(orders), past_of(train, users)
    session = test.basket_sessions[orders]
    task = Task(
        name="next_basket",
        title="next basket of a known user",
        description=(
            f"Given the last {HISTORY} different things that a user bought before the cut, find what is in the first "
            f"order of this user after it."
        ),
        success="finds something of the next basket for {share} of the users",
        queries=Queries.of(train.catalog, later.time[orders], history=past.items).knowing(
            past.habits, countries(test, session)
        ),
        relevant=items.keep(allowed[items.values]),
        units=users.astype(np.int64),
        allowed=allowed,
        exclude=Ragged.empty(len(users)),
        possible=len(users),
        left_out={"users without a history": int((~come_back).sum())},
        device=devices(test, session),
    )
    asked = both_ways(task, before.take(users), "allowed", rng, limit)
    twin = asked.twin and asked.twin.saying(f"{task.description} What the user had bought before does not count.")
    return replace(asked, twin=twin)


def one_each(rows: Ragged, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which value of each row is drawn: one, none of them likelier than another."""
    chosen = np.zeros(len(rows.values), bool)
    chosen[rows.offsets[:-1] + rng.integers(rows.lengths)] = True
    return chosen


def _judged_baskets(train: Dataset, test: Dataset) -> tuple[Baskets, Codes, NDArray[np.bool_], dict[str, int]]:
    """What is asked about, the session of each, what may be ranked, and what is left out."""
    allowed = np.bincount(train.baskets.items.values, minlength=len(train.catalog)) >= SEEN_OFTEN
    if "hidden" in train.catalog:  # kept from training, though the shop sells it
        allowed |= train.catalog["hidden"].astype(bool) & train.catalog["available"].astype(bool)
    whole = test.baskets
    items = whole.items.keep(allowed[whole.items.values])
    enough = np.flatnonzero(items.lengths >= 2)
    left_out = {f"baskets with fewer than two items that {SEEN_OFTEN} earlier baskets had": len(whole) - len(enough)}
    baskets = Baskets(items.take(enough), whole.time[enough], whole.user[enough])
    return baskets, test.basket_sessions[enough], allowed, left_out


def _units(baskets: Baskets, train: Dataset) -> NDArray[np.int64]:
    return units_of(baskets.user, np.arange(len(baskets)), train)
