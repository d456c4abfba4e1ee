"""From scores or longer lists to the first k items that may stand in a list."""

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, nogil=True)
def front(
    found: Array, allowed: Array, offsets: Array, excluded: Array, closes: Array, closed: Array, codes: Array
) -> None:
    """Fills ``codes[n, k]`` with the first codes of each row of `found` that are allowed, not excluded and not closed.

    ``excluded[offsets[row] : offsets[row + 1]]`` and ``closed[closes[row] : closes[row + 1]]`` are left out of a row.
    """
    out = np.full(len(allowed), -1, np.int32)
    for row in range(len(found)):
        for at in range(offsets[row], offsets[row + 1]):
            out[excluded[at]] = row
        for at in range(closes[row], closes[row + 1]):
            out[closed[at]] = row
        kept = 0
        for place in range(found.shape[1]):
            item = found[row, place]
            if kept == codes.shape[1]:
                break
            if item >= 0 and allowed[item] and out[item] != row:
                codes[row, kept] = item
                kept += 1


@njit(cache=True, nogil=True)
def firsts(codes: Array, labels: Array, first: Array) -> None:
    """Fills ``first[n, k]`` with the labels of the items of each list, each label where it comes first."""
    listed = np.full(int(labels.max()) + 1 if len(labels) else 0, -1, np.int64)
    for row in range(len(codes)):
        kept = 0
        for place in range(codes.shape[1]):
            if codes[row, place] < 0:
                break
            label = labels[codes[row, place]]
            if listed[label] != row:
                listed[label] = row
                first[row, kept] = label
                kept += 1


@njit(cache=True, nogil=True)
def highest(scores: Array, names: Array, first: int, last: int, codes: Array) -> None:
    """Fills rows ``first … last`` of ``codes[n, k]`` with the best columns by name, best first.

    Ties go to the earlier column; what is minus infinity or no number is not taken. A heap of k holds the best so far,
    the worst of them on top, so that most columns cost one comparison.
    """
    k = codes.shape[1]
    heap, column = np.empty(k, np.float32), np.empty(k, np.int32)
    for row in range(first, last):
        size = 0
        worst = np.float32(-np.inf)
        for at in range(scores.shape[1]):
            value = scores[row, at]
            if not value > worst:
                continue
            if size < k:
                place = size
                size += 1
                while place > 0 and heap[(place - 1) // 2] >= value:
                    heap[place], column[place] = heap[(place - 1) // 2], column[(place - 1) // 2]
                    place = (place - 1) // 2
                heap[place], column[place] = value, at
            else:
                _sink(heap, column, size, value, at)
            if size == k:
                worst = heap[0]
        for place in range(size - 1, -1, -1):
            codes[row, place] = names[column[0]]
            _sink(heap, column, place, heap[place], column[place])


@njit(cache=True, nogil=True)
def _sink(heap: Array, column: Array, size: int, value: float, at: int) -> None:
    """Puts an entry on top of the heap, in place of what was there, and lets it sink; the worse of two lies above."""
    place = 0
    while 2 * place + 1 < size:
        child = 2 * place + 1
        if child + 1 < size and (
            heap[child + 1] < heap[child] or (heap[child + 1] == heap[child] and column[child + 1] > column[child])
        ):
            child += 1
        if heap[child] > value or (heap[child] == value and column[child] < at):
            break
        heap[place], column[place] = heap[child], column[child]
        place = child
    heap[place], column[place] = value, at


@njit(cache=True, nogil=True)
def differing(codes: Array, labels: Array, values: Array) -> None:
    """Fills ``values[n]`` with the share of pairs of each list whose labels differ; NaN without a known pair."""
    for row in range(len(codes)):
        pairs = different = 0
        for one in range(codes.shape[1]):
            if codes[row, one] < 0 or labels[codes[row, one]] < 0:
                continue
            for other in range(one):
                if labels[codes[row, other]] >= 0:
                    pairs += 1
                    different += labels[codes[row, one]] != labels[codes[row, other]]
        values[row] = different / pairs if pairs else np.nan
