"""What a model learns from: lists of items that belong together."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Ragged
from endcap.core.dataset import Dataset
from endcap.core.errors import BadData
from endcap.core.records import KINDS

Source = Literal["baskets", "sessions", "histories"]
"""What counts as "together": one order, one visit, or all that one user bought."""


TOUCHES = ("view", "click", "cart", "purchase")
"""Kinds of event that say what a visitor is interested in; what was only shown, or taken back, does not."""

ANY = np.empty(0, np.int8)
"""In place of kinds: all are wanted."""


def rows_of(data: Dataset, source: Source, kinds: tuple[str, ...] = TOUCHES) -> Ragged:
    """The lists of items that a model learns from, of sessions only the events of the given kinds.

    Raises `BadData` if there is none, instead of learning nothing.
    """
    if source == "baskets":
        return filled(data.baskets.items, data, source)
    offsets, which = laid(data, source, kinds)
    return filled(Ragged(offsets, data.events.item[which]), data, source)


def filled(rows: Ragged, data: Dataset, source: str) -> Ragged:
    """The same rows; raises `BadData` if there is nothing in them."""
    if not len(rows.values):
        there = ", ".join(KINDS[kind] for kind in np.unique(data.events.kind)) or "none"
        raise BadData(f"there is nothing to learn from in {source}; event kinds in the data: {there}")
    return rows


def laid(data: Dataset, source: str, kinds: tuple[str, ...]) -> tuple[NDArray[np.int64], Array | slice]:
    """Where each session or history begins, and which events are in them, to be taken of any column of the events.

    Of sessions the events of the given kinds, of histories the purchases, the oldest first. Sessions of which all
    events count are a slice, so that no column is copied.
    """
    if source == "sessions" and data.are(*kinds).all():
        return data.sessions.offsets, slice(None)
    places = places_of(data, source, kinds if source == "sessions" else ("purchase",))
    return places.offsets, places.values


def places_of(data: Dataset, source: str, kinds: tuple[str, ...]) -> Ragged:
    """Where the events of each session or history stand among all events, the oldest first; only those of given kinds.

    Histories have a row for every user code; sessions end with the last that has such an event. Needs the memory of
    what it gives, which is four bytes an event. Raises `BadData` for a kind that does not exist.
    """
    from endcap.models.kernels.grouping import in_time  # noqa: PLC0415 — compiled code is for fitting only

    events, wanted = data.events, data.wanted(*kinds)
    if source == "histories":
        places = grouped(events.user, len(data.users), events.kind, wanted)
        in_time(places.offsets, places.values, events.time)
        return places
    places = grouped(events.session, int(events.session.max(initial=-1)) + 1, events.kind, wanted)
    last = int(np.searchsorted(places.offsets, places.offsets[-1]))
    return Ragged(places.offsets[: last + 1], places.values)


def grouped(groups: Array, n_groups: int, kinds: Array = ANY, wanted: Array = ANY) -> Ragged:
    """Which places are in each group, ascending; those of a negative group are in none, nor of a kind not `wanted`."""
    from endcap.models.kernels.grouping import count, place  # noqa: PLC0415 — compiled code is for fitting only

    offsets = np.empty(n_groups + 1, np.int64)
    count(groups, kinds, wanted, offsets)
    places = np.empty(offsets[-1], np.int32 if len(groups) < 2**31 else np.int64)
    place(groups, kinds, wanted, offsets, places)
    return Ragged(offsets, places)


def distinct_rows(rows: Ragged) -> Ragged:
    """The same rows with each item once, in ascending order."""
    from endcap.models.kernels.grouping import sort_each  # noqa: PLC0415 — compiled code is for fitting only

    values, offsets = np.array(rows.values, np.int32), np.empty(len(rows) + 1, np.int64)
    sort_each(rows.offsets, values, offsets)
    return Ragged(offsets, values[: offsets[-1]])


def transposed(rows: Ragged, n_items: int) -> Ragged:
    """For each item the rows that have it, in ascending order."""
    from endcap.models.kernels.grouping import count, transpose  # noqa: PLC0415 — compiled code is for fitting only

    offsets, whose = np.empty(n_items + 1, np.int64), np.empty(len(rows.values), np.int32)
    count(rows.values, ANY, ANY, offsets)
    transpose(rows.offsets, rows.values, offsets, whose)
    return Ragged(offsets, whose)
