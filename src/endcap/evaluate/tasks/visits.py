"""What a visit touches next, and what else is looked at instead."""

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Ragged, offsets_of
from endcap.core.catalog import Catalog, Labels
from endcap.core.dataset import Dataset, Events
from endcap.core.query import Queries
from endcap.evaluate.tasks.baskets import one_each
from endcap.evaluate.tasks.task import (
    HISTORY,
    LIMIT,
    TOUCHES,
    Task,
    both_ways,
    countries,
    devices,
    distinct_rows,
    drawn,
    last_of,
    newcomers,
    on_sale,
    past_of,
    units_of,
)


def next_item(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """A later visit is told up to a moment that is drawn; the item that it touches next is to be found.

    What the visit touched before is kept out; the twin also asks for items that a visitor goes back to.
    """
    steps, rows = _steps(test.of_kinds(*TOUCHES))
    long, short = np.flatnonzero(rows.lengths >= 2), int((rows.lengths == 1).sum())
    first, turn = rows.offsets[long], 1 + rng.integers(np.maximum(rows.lengths[long] - 1, 1))
    target, rows = first + turn, rows.take(long)
    place = np.arange(len(rows.values)) - rows.offsets[rows.rows]
    told, allowed = rows.keep(place < turn[rows.rows]), on_sale(train)
    wanted, last = (rows.keep(place == turn[rows.rows] - back) for back in (0, 1))
    users = steps.user[target]
    units, past = units_of(users, steps.session[target], train), past_of(train, users)
    task = Task(
        name="next_item",
        title="next item of a visit",
        description="Given what a later visit touched so far, find the item that it touches next.",
        success="finds the next item in {share} of the visits",
        queries=Queries.of(
            train.catalog, steps.time[target - 1], session=last_of(told, HISTORY), history=past.items
        ).knowing(past.habits, countries(test, steps.session[target])),
        relevant=wanted.keep(allowed[wanted.values]),
        units=units,
        allowed=allowed,
        exclude=last,
        possible=len(long),
        left_out={"visits that touched one item": short},
        newcomers=newcomers(units, train),
        device=devices(test, steps.session[target]),
    )  # fmt: skip
    return both_ways(task, distinct_rows(told), "kept out", rng, limit)


def similar(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """A stand-in for substitutes: an item is shown; what else of its category the visit looked at is to be found.

    Variants of the shown item do not count. Of a made-up shop the truth is known: see `true_substitutes`.
    """
    looked, allowed, category = test.of_kinds("view", "click"), on_sale(train), _shelves(train.catalog)
    looked = looked.take(category[looked.item] >= 0)
    span = int(category.max(initial=0)) + 1
    keys, group = np.unique(looked.session.astype(np.int64) * span + category[looked.item], return_inverse=True)
    when, user = np.full(len(keys), np.inf), np.full(len(keys), -1, np.int32)
    np.minimum.at(when, group, looked.time)
    np.maximum.at(user, group, looked.user)
    rows = distinct_rows(Ragged.grouped(group, looked.item, len(keys)))
    several = np.flatnonzero(rows.lengths >= 2)
    rows, session = rows.take(several), keys[several] // span
    units = units_of(user[several], session, train)
    shown = one_each(rows, rng)
    page, others = rows.keep(shown), rows.keep(~shown)
    variant = _same_family(train.catalog, page.values[others.rows], others.values)
    relevant = others.keep(~variant & allowed[others.values])
    asked = np.flatnonzero(relevant.lengths > 0)
    task = Task(
        name="similar",
        title="looked at in one visit, of one category",
        description=(
            "Given an item that a later visit looked at, find what else of its category this visit looked at. This "
            "stands in for substitutes and is not the truth about them: nobody said that the one could replace the "
            "other, and to keep to the category helps."
        ),
        success="finds something that was looked at beside the item in {share} of the cases",
        queries=Queries.of(train.catalog, when[several], context=page).knowing(country=countries(test, session)),
        relevant=relevant,
        units=units,
        allowed=allowed,
        exclude=page,
        possible=len(asked),
        left_out={
            "categories of which a visit looked at one item": len(keys) - len(several),
            "cases without another item that was on sale at the cut": len(several) - len(asked),
        },
        newcomers=newcomers(units, train),
        device=devices(test, session),
    )
    return drawn(task.take(asked), rng, limit)


def _steps(touched: Events) -> tuple[Events, Ragged]:
    """What was touched, an item that follows itself in a visit once; and the items of each visit, by session."""
    fresh = np.ones(len(touched), bool)
    fresh[1:] = (np.diff(touched.item) != 0) | (np.diff(touched.session) != 0)
    steps = touched.take(fresh)
    return steps, Ragged(offsets_of(np.bincount(steps.session)), steps.item)


def _shelves(catalog: Catalog) -> NDArray[np.int64]:
    """The category of each item, -1 if not known; one for all where nothing is known of any."""
    labels = catalog.columns.get("category")
    if not isinstance(labels, Labels) or (labels.codes < 0).all():
        return np.zeros(len(catalog), np.int64)
    return labels.codes.astype(np.int64)


def _same_family(catalog: Catalog, ones: Array, others: Array) -> NDArray[np.bool_]:
    if "family" not in catalog:
        return np.zeros(len(ones), bool)
    family = catalog["family"]
    return np.asarray((family[ones] == family[others]) & (family[ones] >= 0), bool)
