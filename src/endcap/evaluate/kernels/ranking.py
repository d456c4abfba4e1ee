"""The best k of many scores that arrive a tile at a time, so that no score ever has to leave the processor's cache.

A score and its item become one whole number that sorts like the pair does: higher scores first, ties to the smaller
code.
"""

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]

LOWEST = np.int64(-(2**31))
CODES = np.int64(2**32 - 1)
OUT = np.finfo(np.float32).min
"""The score of what is excluded: a number, since the compiler may assume that there is no infinity."""
LOWEST_FLOOR = np.nextafter(OUT, np.float32(0.0))


@njit(cache=True, nogil=True)
def taken(
    scores: Array, rows: Array, start: int, names: Array, offsets: Array, excluded: Array, nexts: Array, keys: Array,
    filled: Array, floors: Array, k: int,
) -> None:  # fmt: skip
    """Takes into ``keys[row]`` what a tile ``scores[len(rows), width]`` holds for each row and is not below its floor.

    Column c is the item ``names[start + c]``. What is excluded from a row lies in ``excluded[offsets[row] :]`` by
    place, ascending, and ``nexts[row]`` says how much of it is behind us. The floor is the k-th best so far, and
    `LOWEST_FLOOR` before there are k.
    """
    highest = np.empty(scores.shape[1] // 16, np.float32)
    groups = np.empty(scores.shape[1] // 16, np.int64)
    for at in range(len(rows)):
        row, line = rows[at], scores[at]
        while nexts[row] < offsets[row + 1] and excluded[nexts[row]] < start + len(line):
            if excluded[nexts[row]] >= start:
                line[excluded[nexts[row]] - start] = OUT
            nexts[row] += 1
        if filled[row] < k <= len(highest):
            # The k-th best of the groups' best is a first floor: k items at least are not below it, and few more.
            _bests(line, highest)
            _select(highest, len(highest), k)
            floors[row] = max(floors[row], highest[:k].min())
        mine, n, floor = keys[row], filled[row], floors[row]
        for place in range(_worth_a_look(line, floor, groups)):
            first = 16 * groups[place]
            n, floor = _take(line, first, first + 16, start, names, mine, n, floor, k)
        n, floor = _take(line, 16 * len(groups), len(line), start, names, mine, n, floor, k)
        if n > k:
            n, floor = k, _cut(mine, n, k)
        filled[row], floors[row] = n, floor


@njit(cache=True, nogil=True)
def _worth_a_look(line: Array, floor: float, groups: Array) -> int:
    """How many groups of 16 hold a score that is not below the floor, and fills in which."""
    n = 0
    for group in range(len(groups)):
        # Counting in a loop of fixed length is what the compiler turns into a few comparisons of many each.
        count, part = np.int32(0), line[16 * group : 16 * group + 16]
        for column in range(16):
            count += np.int32(part[column] >= floor)
        groups[n] = group
        n += int(count > 0)
    return n


@njit(cache=True, nogil=True, fastmath=True)
def _bests(line: Array, highest: Array) -> None:
    """Fills in the highest of 16 scores each: those that lie as many apart as there are groups, as whole rows."""
    n = len(highest)
    for group in range(n):
        highest[group] = line[group]
    for start in range(n, 16 * n, n):
        for group in range(n):
            score = line[start + group]
            highest[group] = score if score > highest[group] else highest[group]


@njit(cache=True, nogil=True)
def _take(
    line: Array, first: int, last: int, start: int, names: Array, mine: Array, n: int, floor: float, k: int
) -> tuple[int, float]:
    bits = line.view(np.int32)
    for column in range(first, last):
        if line[column] >= floor:
            order = np.int64(bits[column])
            if order < 0:
                order = LOWEST - order
            mine[n] = (order << np.int64(32)) | (CODES - np.int64(names[start + column]))
            n += 1
            if n == len(mine):
                n, floor = k, _cut(mine, n, k)
    return n, floor


@njit(cache=True, nogil=True)
def _cut(mine: Array, n: int, k: int) -> float:
    """Brings the best k of n keys to the front, and gives the score of the worst of them."""
    _select(mine, n, k)
    return _score(mine[:k].min())


@njit(cache=True, nogil=True)
def _score(key: int) -> float:
    order = key >> np.int64(32)
    bits = np.empty(1, np.int32)
    bits[0] = order if order >= 0 else LOWEST - order
    score: float = bits.view(np.float32)[0]
    return score


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
def listed(keys: Array, filled: Array, codes: Array) -> None:
    """Fills ``codes[n, k]`` with the items of the best k keys of each row, best first."""
    k = codes.shape[1]
    for row in range(len(codes)):
        n = filled[row]
        if n > k:
            _select(keys[row], n, k)
            n = k
        ascending = np.sort(keys[row, :n])
        for place in range(n):
            codes[row, place] = CODES - (ascending[n - 1 - place] & CODES)
