"""Counts of pairs, and the best neighbours of every item, without a matrix.

Of the arrays that every function takes, `rows` are the items of each row, each once, `have` are the rows of each item,
and `worth` is what a pair counts; all are read only. Items are counted one by one, so that they can be shared among
threads as they come, and the results are the same for any number of these.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]
JACCARD, COSINE, LIFT, CONDITIONAL, PMI, PPMI, NPMI = range(7)


class Rows(NamedTuple):
    """The different items of each row, in the order in which they were first touched."""

    offsets: Array
    items: Array


class Have(NamedTuple):
    """For each item the rows that have it, ascending, and where among the items of all rows it stands there."""

    offsets: Array
    rows: Array
    places: Array


class Worth(NamedTuple):
    """What a pair counts: what its row counts, times the lesser of its two, times their nearness."""

    same: bool
    """All pairs count 1, and there is nothing in the arrays."""
    rows: Array
    items: Array
    near: Array
    """By steps from an item to the other; no step stands in the middle."""


class Measure(NamedTuple):
    """How counts become a score; see `endcap.models.similarities`."""

    similarity: int
    shrink: float
    total: float
    own: Array
    """What each item counts as the one that is asked for, already to its power …"""
    found: Array
    """… and as the one that is found."""
    damping: Array
    """What the score of each item that is found is multiplied with; empty: nothing."""


@njit(cache=True, nogil=True)
def first_touches(offsets: Array, items: Array, weights: Array, n_items: int) -> tuple[Array, Array, Array]:
    """Each item of a row once, where it was first touched, with the greatest of its weights (if there are any)."""
    at = np.full(n_items, -1, np.int64)
    starts, kept = np.zeros(len(offsets), np.int64), np.empty(len(items), np.int32)
    heaviest = np.empty(len(weights), np.float64)
    seen = 0
    for row in range(len(offsets) - 1):
        for place in range(offsets[row], offsets[row + 1]):
            item = items[place]
            if at[item] < starts[row]:
                at[item] = seen
                kept[seen] = item
                if len(weights):
                    heaviest[seen] = weights[place]
                seen += 1
            elif len(weights):
                heaviest[at[item]] = max(heaviest[at[item]], weights[place])
        starts[row + 1] = seen
    return starts, kept[:seen].copy(), heaviest[: min(seen, len(weights))].copy()


@njit(cache=True, nogil=True)
def placed(offsets: Array, items: Array, n_items: int) -> tuple[Array, Array, Array]:
    """What `Have` holds, for the rows given."""
    starts = np.zeros(n_items + 1, np.int64)
    for item in items:
        starts[item + 1] += 1
    for item in range(n_items):
        starts[item + 1] += starts[item]
    after = starts[:-1].copy()
    rows, places = np.empty(len(items), np.int32), np.empty(len(items), np.int64)
    for row in range(len(offsets) - 1):
        for place in range(offsets[row], offsets[row + 1]):
            at = after[items[place]]
            rows[at], places[at] = row, place
            after[items[place]] = at + 1
    return starts, rows, places


@njit(cache=True, nogil=True)
def _together(item: int, rows: Rows, have: Have, worth: Worth, together: Array, touched: Array) -> int:
    """Adds up in `together` what every item counts beside one, and says how many are `touched`."""
    seen = 0
    for at in range(have.offsets[item], have.offsets[item + 1]):
        row = have.rows[at]
        if worth.same:
            for place in range(rows.offsets[row], rows.offsets[row + 1]):
                other = rows.items[place]
                touched[seen] = other
                seen += together[other] == 0
                together[other] += 1
        else:
            own, middle = worth.items[have.places[at]], len(worth.near) // 2 - have.places[at]
            for place in range(rows.offsets[row], rows.offsets[row + 1]):
                other = rows.items[place]
                value = worth.rows[row] * min(own, worth.items[place]) * worth.near[middle + place]
                if value > 0.0 and other != item:
                    touched[seen] = other
                    seen += together[other] == 0
                    together[other] += value
    return seen


@njit(cache=True, inline="always")
def _score(pair: float, item: int, other: int, measure: Measure) -> float:
    own, found, shrink = measure.own[item], measure.found[other], measure.shrink
    if measure.similarity == COSINE:
        value = pair / (own * found + shrink)
    elif measure.similarity == JACCARD:
        value = pair / (own + found - pair + shrink)
    elif measure.similarity == CONDITIONAL:
        value = pair / (own + shrink)
    elif measure.similarity == LIFT:
        value = pair * measure.total / (own * found) * pair / (pair + shrink)
    else:
        value = np.log(pair * measure.total / (own * found)) * pair / (pair + shrink)
        if measure.similarity == NPMI:
            # In every row, or in none without the other: as far apart from chance as can be.
            value /= -np.log(pair / measure.total) if pair < measure.total else 1.0
    return value * measure.damping[other] if len(measure.damping) else value


@njit(cache=True, inline="always")
def _before(score: float, code: int, than: float, than_code: int) -> bool:
    return score > than or (score == than and code < than_code)


@njit(cache=True, nogil=True)
def _sunk(scores: Array, codes: Array, score: float, code: int, size: int) -> None:
    """Puts an entry in the place of the worst of a heap, whose worst comes to stand first."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _before(scores[child], codes[child], scores[child + 1], codes[child + 1]):
            child += 1
        if not _before(score, code, scores[child], codes[child]):
            break
        scores[at], codes[at] = scores[child], codes[child]
        at = child
    scores[at], codes[at] = score, code


@njit(cache=True, nogil=True)
def _kept(item: int, others: Array, pairs: Array, direct: bool, measure: Measure, codes: Array, scores: Array) -> int:
    """The best of the others, best first and ties by code, into arrays as long as at most are kept; how many there are.

    `pairs` holds what counts beside the item by place among the others, or (`direct`) by code.
    """
    size, most = 0, len(codes)
    for place in range(len(others)):
        other = others[place]
        if other == item:
            continue
        score = np.float32(_score(pairs[other if direct else place], item, other, measure))
        if measure.similarity == PPMI and score <= 0:
            continue
        if size < most:
            # Upwards from the end.
            at = size
            while at and _before(scores[(at - 1) // 2], codes[(at - 1) // 2], score, other):
                scores[at], codes[at] = scores[(at - 1) // 2], codes[(at - 1) // 2]
                at = (at - 1) // 2
            scores[at], codes[at] = score, other
            size += 1
        elif most and _before(score, other, scores[0], codes[0]):
            _sunk(scores, codes, score, other, size)
    for left in range(size - 1, 0, -1):
        score, code = scores[left], codes[left]
        scores[left], codes[left] = scores[0], codes[0]
        _sunk(scores, codes, score, code, left)
    return size


@njit(cache=True, nogil=True)
def neighbours_of(
    first: int, last: int, rows: Rows, have: Have, worth: Worth, measure: Measure, together: Array,
    starts: Array, lengths: Array, items: Array, scores: Array,
) -> None:  # fmt: skip
    """Writes the best neighbours of some items, each from its start on, and how many there are.

    `together` is zero for every item and stays so; its type is what is counted with.
    """
    touched = np.empty(len(together) + 1, np.int32)
    for item in range(first, last):
        seen = _together(item, rows, have, worth, together, touched)
        room = slice(starts[item], starts[item + 1])
        lengths[item] = _kept(item, touched[:seen], together, True, measure, items[room], scores[room])
        for place in range(seen):
            together[touched[place]] = 0


@njit(cache=True, nogil=True)
def pairs_of(
    first: int, last: int, rows: Rows, have: Have, worth: Worth, together: Array, starts: Array, lengths: Array,
    others: Array, counts: Array,
) -> None:  # fmt: skip
    """How many other items stand beside each of some; and which (ascending) and what they count, where there is room.

    Without `counts`, they are not written.
    """
    touched = np.empty(len(together) + 1, np.int32)
    for item in range(first, last):
        seen = _together(item, rows, have, worth, together, touched)
        beside = 0
        for place in range(seen):
            beside += touched[place] != item
        lengths[item] = beside
        if len(counts):
            at = starts[item]
            for other in np.sort(touched[:seen]):
                if other != item:
                    others[at], counts[at] = other, together[other]
                    at += 1
        for place in range(seen):
            together[touched[place]] = 0


@njit(cache=True, nogil=True)
def neighbours_among(
    first: int, last: int, offsets: Array, others: Array, pairs: Array, measure: Measure, starts: Array, lengths: Array,
    items: Array, scores: Array,
) -> None:  # fmt: skip
    """As `neighbours_of`, from pairs that are counted already."""
    for item in range(first, last):
        inside, room = slice(offsets[item], offsets[item + 1]), slice(starts[item], starts[item + 1])
        lengths[item] = _kept(item, others[inside], pairs[inside], False, measure, items[room], scores[room])


@njit(cache=True, nogil=True)
def merged(
    offsets: Array, others: Array, pairs: Array, more_offsets: Array, more_others: Array, more: Array, scale: float
) -> tuple[Array, Array, Array]:
    """The sum of two sets of pairs, the first of which are scaled; what comes to nothing is left out."""
    n = len(more_offsets) - 1
    starts = np.zeros(n + 1, np.int64)
    items, counts = np.empty(len(others) + len(more_others), np.int32), np.empty(len(others) + len(more), np.float64)
    seen = 0
    for item in range(n):
        known = item < len(offsets) - 1
        at, end = (offsets[item], offsets[item + 1]) if known else (np.int64(0), np.int64(0))
        then, stop = more_offsets[item], more_offsets[item + 1]
        while at < end or then < stop:
            old = others[at] if at < end else np.int32(2**31 - 1)
            new = more_others[then] if then < stop else np.int32(2**31 - 1)
            value = 0.0
            if old <= new:
                value += scale * pairs[at]
                at += 1
            if new <= old:
                value += more[then]
                then += 1
            if value != 0.0:
                items[seen], counts[seen] = min(old, new), value
                seen += 1
        starts[item + 1] = seen
    return starts, items[:seen].copy(), counts[:seen].copy()
