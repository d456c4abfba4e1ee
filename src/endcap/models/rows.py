"""What a model learns from: lists of items that belong together."""

from typing import Literal

import numpy as np

from endcap.core.arrays import Ragged, offsets_of
from endcap.core.dataset import Dataset, Events
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


def sessions_of(events: Events) -> Ragged:
    """The items of each session in time order; sessions that have none of these events are empty rows."""
    return Ragged(offsets_of(np.bincount(events.session)), events.item)


def distinct_rows(rows: Ragged) -> Ragged:
    """The same rows with each item once, in ascending order."""
    order = np.lexsort((rows.values, rows.rows))
    number, values = rows.rows[order], rows.values[order]
    fresh = np.ones(len(values), bool)
    fresh[1:] = (np.diff(values) != 0) | (np.diff(number) != 0)
    lengths = np.bincount(number[fresh], minlength=len(rows))
    return Ragged(offsets_of(lengths), values[fresh])


def transposed(rows: Ragged, n_items: int) -> Ragged:
    """For each item the rows that have it, in ascending order."""
    order = np.argsort(rows.values, kind="stable")
    offsets = offsets_of(np.bincount(rows.values, minlength=n_items))
    return Ragged(offsets, rows.rows[order].astype(np.int32))
