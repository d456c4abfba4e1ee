"""What lists are judged on: questions put at the cut or after it, whose answers lie in the orders that followed.

A task is a function from training and test data to a `Task`; `TASKS` has them by name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Ragged, offsets_of
from endcap.core.dataset import Baskets, Dataset
from endcap.core.query import Queries

LIMIT = 2000
"""At most so many queries are judged, drawn at random from all there are."""
SEEN_OFTEN = 5
"""Basket tasks ask only for items that were in at least so many training baskets."""
HISTORY = 50
"""How many of the last purchases a query tells."""


@dataclass(frozen=True)
class Task:
    """Queries, what would have been right for each, and what a list may hold."""

    name: str
    title: str
    description: str
    """What is asked and what counts as right, in one sentence for people."""
    success: str
    """What it means that a list holds something relevant; ``{share}`` stands for how often it does."""
    queries: Queries
    relevant: Ragged
    units: NDArray[np.int64]
    """The user (or order of a guest) that each query comes from; queries of one unit are not independent."""
    allowed: NDArray[np.bool_]
    """Which items may be ranked ``[n_items]``."""
    exclude: Ragged
    """What a list must not hold, query by query."""
    possible: int
    """How many queries there were before a limit."""
    left_out: Mapping[str, int]
    """How many questions could not be asked, by reason."""
    confusable: Ragged | None = None
    """What belongs to another relation and is wrong here, query by query; None where nobody can know."""
    newcomers: NDArray[np.bool_] | None = None
    """Which queries come from visitors whom training does not know; None where that is not asked."""

    def saying(self, description: str) -> "Task":
        """The same task under another description."""
        return replace(self, description=description)

    def take(self, rows: Array) -> "Task":
        """The same task with only the given queries (numbers), in the given order."""
        return replace(
            self,
            queries=taken(self.queries, rows),
            relevant=self.relevant.take(rows),
            units=self.units[rows],
            exclude=self.exclude.take(rows),
            confusable=None if self.confusable is None else self.confusable.take(rows),
            newcomers=None if self.newcomers is None else self.newcomers[rows],
        )


TaskMaker = Callable[[Dataset, Dataset, np.random.Generator, int], Task]
"""From training data, test data, randomness and the highest number of queries to a task."""


def basket(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """One item of each later basket is taken out; the others are the cart, and the one is to be found."""
    baskets, allowed, left_out = _judged_baskets(train, test)
    hidden = _one_each(baskets.items, rng)
    cart = baskets.items.keep(~hidden)
    task = Task(
        name="basket",
        title="hidden basket item",
        description="Given all items of a later basket but one, find the one that was taken out.",
        success="finds the hidden item in {share} of the baskets",
        queries=Queries.of(train.catalog, baskets.time, context=cart),
        relevant=baskets.items.keep(hidden),
        units=_units(baskets, train),
        allowed=allowed,
        exclude=cart,
        possible=len(baskets),
        left_out=left_out,
        newcomers=_new(_units(baskets, train), train),
    )
    return _drawn(task, rng, limit)


def item_basket(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """One item of each later basket is shown; what else was in that basket is to be found."""
    baskets, allowed, left_out = _judged_baskets(train, test)
    shown = _one_each(baskets.items, rng)
    page = baskets.items.keep(shown)
    task = Task(
        name="item_basket",
        title="bought together with one item",
        description="Given one item of a later basket, find the others that were bought with it.",
        success="finds something that was bought along with the item in {share} of the baskets",
        queries=Queries.of(train.catalog, baskets.time, context=page),
        relevant=baskets.items.keep(~shown),
        units=_units(baskets, train),
        allowed=allowed,
        exclude=page,
        possible=len(baskets),
        left_out=left_out,
        newcomers=_new(_units(baskets, train), train),
    )
    return _drawn(task, rng, limit)


def next_purchases(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """What a user bought before the cut is known; what the user bought after it for the first time is to be found."""
    history, allowed = train.histories("purchase"), _on_sale(train)
    before, after = _distinct(history), _distinct(test.histories("purchase"))
    relevant = after.keep(allowed[after.values] & ~_among(after, before))
    came_back, strangers = ((after.lengths > 0) & known for known in (before.lengths > 0, before.lengths == 0))
    asked = np.flatnonzero(came_back & (relevant.lengths > 0))
    place_from_end = np.repeat(history.offsets[1:], history.lengths) - np.arange(len(history.values))
    task = Task(
        name="next_purchases",
        title="next purchases of a known user",
        description=(
            f"Given the last {HISTORY} things that a user bought before the cut, find what this user bought after it "
            f"for the first time. {strangers.sum():,} later users had no such history and are not asked about."
        ),
        success="finds something that was bought next for {share} of the users",
        queries=Queries.of(
            train.catalog, np.full(len(before), train.now), history=history.keep(place_from_end <= HISTORY)
        ),
        relevant=relevant,
        units=np.arange(len(before)),
        allowed=allowed,
        exclude=before,
        possible=len(asked),
        left_out={
            "users without a history": int(strangers.sum()),
            "users who bought nothing new of what was on sale at the cut": int(came_back.sum()) - len(asked),
        },
    )
    return _drawn(task.take(asked), rng, limit)


def anybody(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """Nothing is known of anybody; what each user, or guest in one visit, bought after the cut is to be found."""
    bought, allowed = test.of_kinds("purchase"), _on_sale(train)
    visitors = np.where(bought.user >= 0, bought.user, len(train.users) + bought.session.astype(np.int64))
    units, rows = np.unique(visitors, return_inverse=True)
    later = _distinct(Ragged.grouped(rows, bought.item, len(units)))
    relevant = later.keep(allowed[later.values])
    asked = np.flatnonzero(relevant.lengths > 0)
    task = Task(
        name="anybody",
        title="what anybody buys next",
        description="Knowing nothing of a visitor, find what this visitor bought after the cut.",
        success="finds something that was bought for {share} of the visitors",
        queries=Queries.of(train.catalog, np.full(len(units), train.now)),
        relevant=relevant,
        units=units.astype(np.int64),
        allowed=allowed,
        exclude=Ragged.empty(len(units)),
        possible=len(asked),
        left_out={"visitors who bought nothing that was on sale at the cut": len(units) - len(asked)},
        newcomers=_new(units, train),
    )
    return _drawn(task.take(asked), rng, limit)


def switched(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """A stand-in for substitutes: a user's last item of a category is shown; what replaced it is to be found."""
    category, allowed = train.catalog["category"].astype(np.int64), _on_sale(train)
    before, after = (_distinct(side.histories("purchase")) for side in (train, test))
    users, items = _last_by_category(train, category)
    new = after.keep(allowed[after.values] & ~_among(after, before))
    span = int(category.max(initial=0)) + 1
    keys = users * span + category[items]
    wanted = new.rows * span + category[new.values]
    place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    matches = (keys[place] == wanted) & (category[new.values] >= 0) if len(keys) else np.zeros(len(wanted), bool)
    relevant = Ragged.grouped(np.where(matches, place, -1), new.values, len(keys))
    shown = Ragged(np.arange(len(items) + 1), items)
    again = _among(Ragged(offsets_of(np.bincount(users, minlength=len(after))), items), after)
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
    return _drawn(task.take(asked), rng, limit)


TASKS: Mapping[str, TaskMaker] = {
    "basket": basket,
    "item_basket": item_basket,
    "next_purchases": next_purchases,
    "anybody": anybody,
    "switched": switched,
}
"""Every task, by name."""


def taken(queries: Queries, rows: Array) -> Queries:
    """Only the given queries (numbers), in the given order."""
    columns = (column.take(rows) for column in (queries.context, queries.session, queries.history))
    return Queries(queries.catalog, queries.now[rows], *columns)


def _drawn(task: Task, rng: np.random.Generator, limit: int) -> Task:
    """In random order, so that the first few are examples that nobody chose, and at most so many."""
    return task.take(rng.permutation(len(task.queries))[:limit])


def _judged_baskets(train: Dataset, test: Dataset) -> tuple[Baskets, NDArray[np.bool_], dict[str, int]]:
    allowed = np.bincount(train.baskets.items.values, minlength=len(train.catalog)) >= SEEN_OFTEN
    whole = test.baskets
    items = whole.items.keep(allowed[whole.items.values])
    enough = np.flatnonzero(items.lengths >= 2)
    left_out = {f"baskets with fewer than two items that {SEEN_OFTEN} earlier baskets had": len(whole) - len(enough)}
    return Baskets(items.take(enough), whole.time[enough], whole.user[enough]), allowed, left_out


def _one_each(rows: Ragged, rng: np.random.Generator) -> NDArray[np.bool_]:
    chosen = np.zeros(len(rows.values), bool)
    chosen[rows.offsets[:-1] + rng.integers(rows.lengths)] = True
    return chosen


def _units(baskets: Baskets, train: Dataset) -> NDArray[np.int64]:
    return np.where(baskets.user >= 0, baskets.user, len(train.users) + np.arange(len(baskets)))


def _new(units: NDArray[np.int64], train: Dataset) -> NDArray[np.bool_]:
    """Which units are guests, or users of whom nothing is known."""
    return ~np.isin(units, train.events.user[train.events.user >= 0])


def _on_sale(train: Dataset) -> NDArray[np.bool_]:
    return train.catalog["available"].astype(bool)


def _distinct(rows: Ragged) -> Ragged:
    """The different values of each row, ascending."""
    span = int(rows.values.max(initial=0)) + 1
    keys = np.unique(rows.rows * span + rows.values)
    return Ragged(offsets_of(np.bincount(keys // span, minlength=len(rows))), (keys % span).astype(rows.values.dtype))


def _among(rows: Ragged, others: Ragged) -> NDArray[np.bool_]:
    """For each value of the rows, whether the same row of the others has it."""
    span = int(max(rows.values.max(initial=0), others.values.max(initial=0))) + 1
    return np.isin(rows.rows * span + rows.values, others.rows * span + others.values)


def _last_by_category(train: Dataset, category: NDArray[np.int64]) -> tuple[NDArray[np.int64], Array]:
    """Users and the last item that each bought of each category, by user and category."""
    history = train.histories("purchase")
    named = history.keep(category[history.values] >= 0)
    keys = named.rows * (int(category.max(initial=0)) + 1) + category[named.values]
    _, from_end = np.unique(keys[::-1], return_index=True)
    last = len(keys) - 1 - from_end
    return named.rows[last], named.values[last]
