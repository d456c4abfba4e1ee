"""What a model learns from: lists of items that belong together."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Ragged, offsets_of
from endcap.core.dataset import Dataset, Events, shares
from endcap.core.errors import BadData
from endcap.core.records import KINDS

Source = Literal["baskets", "sessions", "histories"]
"""What counts as "together": one order, one visit, or all that one user bought."""


TOUCHES = ("view", "click", "cart", "purchase")
"""Kinds of event that say what a visitor is interested in; what was only shown, or taken back, does not."""


def rows_of(data: Dataset, source: Source, kinds: tuple[str, ...] = TOUCHES) -> Ragged:
    """The lists of items that a model learns from, of sessions only the events of the given kinds.

    Raises `BadData` if there is none, instead of learning nothing.
    """
    rows = {
        "baskets": lambda: data.baskets.items,
        "sessions": lambda: sessions_of(data.of_kinds(*kinds)),
        "histories": lambda: data.histories("purchase"),
    }[source]()
    if not len(rows.values):
        there = ", ".join(KINDS[kind] for kind in np.unique(data.events.kind)) or "none"
        raise BadData(f"there is nothing to learn from in {source}; event kinds in the data: {there}")
    return rows


def weights_of(data: Dataset, source: Source, kinds: tuple[str, ...] = TOUCHES) -> NDArray[np.float64] | None:
    """How much each value of `rows_of` counts, the weightiest as 1; None where preparation weighed nothing."""
    bought = data.of_kinds("purchase")
    weights = {
        "baskets": lambda: data.baskets.weight,
        "sessions": lambda: data.of_kinds(*kinds).weight,
        "histories": lambda: _by_user(bought, len(data.users)),
    }[source]()
    return None if weights is None else shares(weights)


def _by_user(bought: Events, n_users: int) -> NDArray[np.float32] | None:
    if bought.weight is None:
        return None
    order = np.argsort(bought.time, kind="stable")
    return Ragged.grouped(bought.user[order], bought.weight[order], n_users).values


def sessions_of(events: Events) -> Ragged:
    """The items of each session in time order; sessions that have none of these events are empty rows."""
    return Ragged(offsets_of(np.bincount(events.session)), events.item)


def distinct_rows(rows: Ragged) -> Ragged:
    """The same rows with each item once, in ascending order."""
    return _first_of_each(rows, np.lexsort((rows.values, rows.rows)))[0]


def weighed_rows(rows: Ragged, weights: NDArray[np.float64] | None) -> tuple[Ragged, NDArray[np.float64] | None]:
    """As `distinct_rows`, each item with the weight of its weightiest event; what weighs nothing is left out.

    Raises `BadData` if nothing is left.
    """
    if weights is None:
        return distinct_rows(rows), None
    rows, weights = rows.keep(weights > 0), weights[weights > 0]
    if not len(weights):
        raise BadData("every event to learn from weighs nothing: see the weights in [prepare] events")
    distinct, first = _first_of_each(rows, np.lexsort((-weights, rows.values, rows.rows)))
    return distinct, weights[first]


def by_item(rows: Ragged, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights of rows in the order of `transposed`."""
    return weights[np.argsort(rows.values, kind="stable")]


def _first_of_each(rows: Ragged, order: NDArray[np.intp]) -> tuple[Ragged, NDArray[np.intp]]:
    """Of values that are ordered by row and item, the first of each item in each row; and where it stood."""
    number, values = rows.rows[order], rows.values[order]
    fresh = np.ones(len(values), bool)
    fresh[1:] = (np.diff(values) != 0) | (np.diff(number) != 0)
    lengths = np.bincount(number[fresh], minlength=len(rows))
    return Ragged(offsets_of(lengths), values[fresh]), order[fresh]


def transposed(rows: Ragged, n_items: int) -> Ragged:
    """For each item the rows that have it, in ascending order."""
    order = np.argsort(rows.values, kind="stable")
    offsets = offsets_of(np.bincount(rows.values, minlength=n_items))
    return Ragged(offsets, rows.rows[order].astype(np.int32))
