"""Sorting what happened into rows, in no more memory than the rows take; see `endcap.models.rows`."""

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, nogil=True)
def count(groups: Array, kinds: Array, wanted: Array, offsets: Array) -> None:
    """Fills in where each group begins ``[n_groups + 1]``; what is in no group (-1), or of no wanted kind, is not in.

    `kinds` may be empty: then all are wanted.
    """
    offsets[:] = 0
    for place in range(len(groups)):
        if groups[place] >= 0 and (len(kinds) == 0 or wanted[kinds[place]]):
            offsets[groups[place] + 1] += 1
    for group in range(len(offsets) - 1):
        offsets[group + 1] += offsets[group]


@njit(cache=True, nogil=True)
def place(groups: Array, kinds: Array, wanted: Array, offsets: Array, places: Array) -> None:
    """Fills in which places are in each group, ascending, as `count` has counted them."""
    nexts = offsets[:-1].copy()
    for at in range(len(groups)):
        if groups[at] >= 0 and (len(kinds) == 0 or wanted[kinds[at]]):
            places[nexts[groups[at]]] = at
            nexts[groups[at]] += 1


@njit(cache=True, nogil=True)
def in_time(offsets: Array, places: Array, times: Array) -> None:
    """Brings the places of each group into the order of their times; at one time, they stay as they are."""
    for group in range(len(offsets) - 1):
        begin, end = offsets[group], offsets[group + 1]
        for at in range(begin + 1, end):
            if times[places[at]] < times[places[at - 1]]:
                mine = places[begin:end].copy()
                when = np.empty(len(mine), np.float64)
                for n in range(len(mine)):
                    when[n] = times[mine[n]]
                places[begin:end] = mine[np.argsort(when, kind="mergesort")]
                break


@njit(cache=True, nogil=True)
def sort_each(offsets: Array, values: Array, starts: Array) -> None:
    """Sorts each row where it lies, each value once; rows move together, and `starts` says where they begin then."""
    kept = 0
    for row in range(len(offsets) - 1):
        begin, end = offsets[row], offsets[row + 1]
        values[begin:end].sort()
        starts[row] = kept
        for at in range(begin, end):
            if kept == starts[row] or values[at] != values[kept - 1]:
                values[kept] = values[at]
                kept += 1
    starts[len(offsets) - 1] = kept


@njit(cache=True, nogil=True)
def transpose(offsets: Array, values: Array, starts: Array, rows: Array) -> None:
    """Fills in the rows that have each value, ascending; they begin where `starts` says."""
    nexts = starts[:-1].copy()
    for row in range(len(offsets) - 1):
        for at in range(offsets[row], offsets[row + 1]):
            rows[nexts[values[at]]] = row
            nexts[values[at]] += 1
