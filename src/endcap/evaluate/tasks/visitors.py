"""What a visitor wants later: next purchases, what anybody buys, what replaces what."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Ragged, offsets_of
from endcap.core.dataset import Dataset
from endcap.core.query import Queries
from endcap.evaluate.tasks.task import (
    HISTORY,
    LIMIT,
    Task,
    among_rows,
    both_ways,
    countries,
    distinct_rows,
    drawn,
    newcomers,
    on_sale,
    past_of,
)

WANTED: Mapping[tuple[str, ...], tuple[str, str]] = {
    ("purchase",): ("buys", "bought"),
    ("cart",): ("puts into a cart", "put into a cart"),
    ("view", "click"): ("looks at", "looked at"),
}
"""Kinds of event that say what somebody wants, the surest first, and what people say of them."""


def next_purchases(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """What a user bought before the cut is known; what the user bought after it for the first time is to be found.

    The twin also counts, and allows, what the user had bought before.
    """
    allowed = on_sale(train)
    before, after = (distinct_rows(side.histories("purchase")) for side in (train, test))
    relevant, past = after.keep(allowed[after.values]), past_of(train, np.arange(len(before)))
    came_back, strangers = ((after.lengths > 0) & known for known in (before.lengths > 0, before.lengths == 0))
    known = f"Given the last {HISTORY} different things that a user bought before the cut"
    told = f"{known}, find what this user bought after it"
    silent = f"{strangers.sum():,} later users had no such history and are not asked about."
    task = Task(
        name="next_purchases",
        title="next purchases of a known user",
        description=f"{told} for the first time. {silent}",
        success="finds something that was bought next for {share} of the users",
        queries=Queries.of(train.catalog, np.full(len(before), train.now), history=past.items).knowing(past.habits),
        relevant=relevant,
        units=np.arange(len(before)),
        allowed=allowed,
        exclude=Ragged.empty(len(before)),
        possible=int(came_back.sum()),
        left_out={"users without a history": int(strangers.sum())},
    )
    rows = np.flatnonzero(came_back)
    asked = both_ways(task.take(rows), before.take(rows), "kept out", rng, limit)
    return replace(asked, twin=asked.twin and asked.twin.saying(f"{told}, be it new or not. {silent}"))


def anybody(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """Nothing is known of anybody; what each user, or guest in one visit, bought after the cut is to be found.

    In a log without purchases, what they put into a cart; without these, what they looked at.
    """
    kinds = next((kinds for kinds in WANTED if train.are(*kinds).any()), ("purchase",))
    (does, did), allowed, bought = WANTED[kinds], on_sale(train), test.of_kinds(*kinds)
    visitors = np.where(bought.user >= 0, bought.user, len(train.users) + bought.session.astype(np.int64))
    units, first, rows = np.unique(visitors, return_index=True, return_inverse=True)
    later = distinct_rows(Ragged.grouped(rows, bought.item, len(units)))
    relevant = later.keep(allowed[later.values])
    asked = np.flatnonzero(relevant.lengths > 0)
    task = Task(
        name="anybody",
        title=f"what anybody {does} next",
        description=(
            f"Knowing nothing of a visitor (but the country, where events say it), find what this visitor {did} after "
            "the cut."
        ),
        success=f"finds something that was {did} for {{share}} of the visitors",
        queries=Queries.of(train.catalog, np.full(len(units), train.now)).knowing(
            country=countries(test, bought.session[first])
        ),
        relevant=relevant,
        units=units.astype(np.int64),
        allowed=allowed,
        exclude=Ragged.empty(len(units)),
        possible=len(asked),
        left_out={f"visitors who {did} nothing that was on sale at the cut": len(units) - len(asked)},
        newcomers=newcomers(units, train),
    )
    return drawn(task.take(asked), rng, limit)


def switched(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """A stand-in for substitutes: a user's last item of a category is shown; what replaced it is to be found."""
    category, allowed = train.catalog["category"].astype(np.int64), on_sale(train)
    before, after = (distinct_rows(side.histories("purchase")) for side in (train, test))
    users, items = _last_by_category(train, category)
    new = after.keep(allowed[after.values] & ~among_rows(after, before))
    span = int(category.max(initial=0)) + 1
    keys = users * span + category[items]
    wanted = new.rows * span + category[new.values]
    place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    matches = (keys[place] == wanted) & (category[new.values] >= 0) if len(keys) else np.zeros(len(wanted), bool)
    relevant = Ragged.grouped(np.where(matches, place, -1), new.values, len(keys))
    shown = Ragged(np.arange(len(items) + 1), items)
    again = among_rows(Ragged(offsets_of(np.bincount(users, minlength=len(after))), items), after)
    asked = np.flatnonzero((relevant.lengths > 0) & ~again)
    task = Task(
        name="switched",
        title="switched within a category",
        description=(
            "Given the last item of a category that a user bought before the cut, and not again after it, find what "
            "else of that category the user bought then for the first time. This stands in for substitutes and is not "
            "the truth about them: nobody said that the one replaced the other, and to keep to the category helps."
        ),
        success="finds something that was switched to in {share} of the cases",
        queries=Queries.of(train.catalog, np.full(len(keys), train.now), context=shown),
        relevant=relevant,
        units=users,
        allowed=allowed,
        exclude=shown,
        possible=len(asked),
        left_out={"cases in which the old item was bought again": int(((relevant.lengths > 0) & again).sum())},
    )
    return drawn(task.take(asked), rng, limit)


def _last_by_category(train: Dataset, category: NDArray[np.int64]) -> tuple[NDArray[np.int64], Array]:
    """Users and the last item that each bought of each category, by user and category."""
    history = train.histories("purchase")
    named = history.keep(category[history.values] >= 0)
    keys = named.rows * (int(category.max(initial=0)) + 1) + category[named.values]
    _, from_end = np.unique(keys[::-1], return_index=True)
    last = len(keys) - 1 - from_end
    return named.rows[last], named.values[last]
