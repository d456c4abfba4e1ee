"""A question in the codes of another catalog: what was prepared up to the cut may be coded otherwise."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes, Ragged
from endcap.core.catalog import Catalog
from endcap.core.habits import UNKNOWN
from endcap.evaluate.tasks import Task


def codes_in(known: Catalog, other: Catalog) -> Codes:
    """The code in the other catalog of each item that is known; -1 for those that it does not have."""
    return other.items.encode(known.items.ids)


def recoded(task: Task, catalog: Catalog, codes: Codes) -> Task:
    """The task as somebody is asked who knows another catalog; what that lacks is neither told nor excluded.

    What is relevant stays in the codes of before: lists are to be brought `back` to those.
    """
    allowed = np.zeros(len(catalog), bool)
    allowed[codes[(codes >= 0) & task.allowed]] = True
    queries, closed = task.queries, task.closed
    return replace(
        task,
        queries=replace(
            queries,
            catalog=catalog,
            context=_recoded(queries.context, codes),
            session=_recoded(queries.session, codes),
            history=_recoded(queries.history, codes),
            habits=queries.habits.take(codes[queries.history.values] >= 0) if len(queries.habits) else UNKNOWN,
        ),
        allowed=allowed,
        exclude=_recoded(task.exclude, codes),
        closed=None if closed is None else replace(closed, items=_recoded(closed.items, codes)),
    )


def back(lists: Codes, codes: Codes, n_items: int) -> Codes:
    """Lists of the other catalog (with so many items) in the codes of before; -1 stays after the end of a list."""
    names = np.full(n_items + 1, -1, np.int32)
    names[codes[codes >= 0]] = np.flatnonzero(codes >= 0)
    brought: Codes = names[lists]  # the last entry, which -1 takes, is -1
    return brought


def known_in(mask: NDArray[np.bool_], codes: Codes, n_items: int) -> NDArray[np.bool_]:
    """A mask over the items of before as one over the other catalog."""
    there = np.zeros(n_items, bool)
    there[codes[(codes >= 0) & mask]] = True
    return there


def _recoded(rows: Ragged, codes: Codes) -> Ragged:
    kept = rows.keep(codes[rows.values] >= 0)
    return Ragged(kept.offsets, codes[kept.values])
