"""The highest products of many queries with all items, without ever writing a product down that is not among them.

Products of a few queries with some items at a time are made in registers and held against the lowest that each query
would still take: most are forgotten right there (`tiles`). A score and its item become one whole number that sorts like
the pair does: higher scores first, ties to the smaller code.
"""

from typing import Any

import numpy as np
from numba import njit

from endcap.models.kernels.tiles import LANES, ROWS, lowest, matched

Array = np.ndarray[Any, Any]
NOTHING = np.float32(0.0)
MOST, LEAST = np.finfo(np.float32).max, np.finfo(np.float32).min
SPARE = np.float32(1.0001)
"""No product is greater than that of the lengths, but for rounding."""
LOWEST, CODES = np.int64(-(2**31)), np.int64(2**32 - 1)


@njit(cache=True, nogil=True, fastmath=True)
def ranked(
    first: int, last: int, queries: Array, panels: Array, lengths: Array, names: Array, offsets: Array, closed: Array,
    groups: int, codes: Array, scores: Array,
) -> None:  # fmt: skip
    """Fills rows ``first … last`` of codes and scores ``[n, k]`` with the best items of each query, best first.

    Items come in ``panels[n, size, LANES]``, the longest first; ``lengths`` says how long they are, and ``names`` which
    they are. What is closed to a query lies in ``closed[offsets[query] :]`` by place among them, ascending. A product
    of zero is not taken: nothing is known there. So many groups of ROWS queries meet a panel at a time.
    """
    size, k, block = queries.shape[1], codes.shape[1], groups * ROWS
    packed, long = np.zeros((groups, size, ROWS), np.float32), np.zeros((groups, ROWS), np.float32)
    keys, filled = np.empty((block, max(4 * k, 64) + LANES), np.int64), np.zeros(block, np.int64)
    floors, needed = np.zeros((groups, ROWS), np.float32), np.zeros(groups, np.float32)
    nexts, ends = np.zeros(block, np.int64), np.zeros(block, np.int64)
    found, hits = np.empty((ROWS, LANES), np.float32), np.empty(ROWS, np.int64)
    bits = found.view(np.int32)
    for start in range(first, last, block):
        n = min(block, last - start)
        for at in range(block):
            query = start + min(at, n - 1)
            length = _pack(queries, query, packed, at)
            long[at // ROWS, at % ROWS] = length
            floors[at // ROWS, at % ROWS] = LEAST if at < n and length > NOTHING else MOST
            filled[at], nexts[at], ends[at] = 0, offsets[query], offsets[query + 1]
        for group in range((n + ROWS - 1) // ROWS):
            needed[group] = _needed(floors, long, group)
        for panel in range(len(panels)):
            for group in range((n + ROWS - 1) // ROWS):
                if lengths[panel * LANES] < needed[group]:
                    continue
                if not matched(packed, group, panels, panel, floors, found, hits):
                    continue
                raised = False
                for at in range(ROWS):
                    mask, row = hits[at], group * ROWS + at
                    if mask == 0:
                        continue
                    kept, out, end = filled[row], nexts[row], ends[row]
                    while mask:
                        lane = lowest(mask)
                        mask &= mask - 1
                        if found[at, lane] == NOTHING:
                            continue
                        place = panel * LANES + lane
                        while out < end and closed[out] < place:
                            out += 1
                        if out < end and closed[out] == place:
                            continue
                        order = np.int64(bits[at, lane])
                        if order < 0:
                            order = LOWEST - order
                        keys[row, kept] = (order << np.int64(32)) | (CODES - np.int64(names[place]))
                        kept += 1
                    if kept >= keys.shape[1] - LANES:
                        floors[group, at], kept, raised = _cut(keys, row, kept, k), k, True
                    filled[row], nexts[row] = kept, out
                if raised:
                    needed[group] = _needed(floors, long, group)
        for at in range(n):
            _list(keys, at, filled[at], codes[start + at], scores[start + at])


@njit(cache=True, nogil=True, fastmath=True)
def _pack(queries: Array, query: int, packed: Array, at: int) -> Any:
    """Brings a query to where its group is read, and gives how long it is, and a little more."""
    squares = NOTHING
    for d in range(packed.shape[1]):
        value = queries[query, d]
        packed[at // ROWS, d, at % ROWS] = value
        squares += value * value
    return SPARE * np.sqrt(squares)


@njit(cache=True, nogil=True)
def _needed(floors: Array, lengths: Array, group: int) -> Any:
    """How long an item must be so that any query of a group could take it; more than any is, if none has a length."""
    least: Any = MOST
    for at in range(ROWS):
        if lengths[group, at] > NOTHING:
            least = min(least, max(floors[group, at], NOTHING) / lengths[group, at])
    return least


@njit(cache=True, nogil=True)
def _cut(keys: Array, row: int, n: int, k: int) -> Any:
    """Brings the best k of n keys to the front, and gives the score of the worst of them."""
    mine = keys[row]
    _select(mine, n, k)
    return _score(mine[:k].min())


@njit(cache=True, nogil=True)
def _score(key: int) -> Any:
    order, bits = key >> np.int64(32), np.empty(1, np.int32)
    bits[0] = order if order >= 0 else LOWEST - order
    return bits.view(np.float32)[0]


@njit(cache=True, nogil=True)
def _select(keys: Array, n: int, k: int) -> None:
    """Brings the k highest of the first n keys to the front (Hoare's selection)."""
    low, high = 0, n - 1
    while low < high:
        left, right = low, high
        ends = (keys[low], keys[(low + high) // 2], keys[high])
        pivot = max(min(ends[0], ends[1]), min(max(ends[0], ends[1]), ends[2]))
        while left <= right:
            while keys[left] > pivot:
                left += 1
            while keys[right] < pivot:
                right -= 1
            if left <= right:
                keys[left], keys[right] = keys[right], keys[left]
                left, right = left + 1, right - 1
        if k - 1 <= right:
            high = right
        elif k - 1 >= left:
            low = left
        else:
            break


@njit(cache=True, nogil=True)
def _list(keys: Array, row: int, n: int, codes: Array, scores: Array) -> None:
    """Fills in the items and scores of the best of n keys, best first."""
    mine, k = keys[row], len(codes)
    if n > k:
        _select(mine, n, k)
        n = k
    ascending = np.sort(mine[:n])
    for place in range(n):
        key = ascending[n - 1 - place]
        codes[place], scores[place] = CODES - (key & CODES), _score(key)
