"""Counts of pairs, and the best neighbours of every item, without a matrix.

Of the arrays that every function takes, `rows` are the items of each row, each once, `have` are the rows of each item,
and `worth` is what a pair counts; all are read only. Items are counted one by one, so that they can be shared among
threads as they come, and the results are the same for any number of these.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from endcap.models.kernels.registers import fetch

Array = np.ndarray[Any, Any]
JACCARD, COSINE, LIFT, CONDITIONAL, PMI, PPMI, NPMI = range(7)
SIGN, ALL, HALF = np.uint32(2**31), np.uint32(2**32 - 1), np.uint64(32)
"""Bits of a score or code, and half of a key."""
AHEAD = 16
"""So many rows before it is their turn, rows are fetched: half of the time went into waiting for them."""
FEW = 256
"""Keys that are faster ranked by comparing all with all, in vectors and without branches, than sorted."""
COARSE = np.uint64(52)
"""What is left of a key above it is the order of magnitude of its score, in steps of an eighth."""


class Rows(NamedTuple):
    """The different items of each row, in the order in which they were first touched, each row headed by its length.

    So that to come to a row from an item costs one look into memory far away, and not two, which is half of the time.
    """

    starts: Array
    """Where the head of each row is; and the end of the last."""
    items: Array
    """Without signs, as all that the innermost loop reads: so it need not look whether a place counts from behind."""


class Have(NamedTuple):
    """For each item the rows that have it, ascending: where the row's head is, and where the item itself."""

    offsets: Array
    heads: Array
    places: Array


class Worth(NamedTuple):
    """What a pair counts: what its row counts, times the lesser of its two, times their nearness."""

    same: bool
    """All pairs count 1, and there is nothing in the arrays."""
    items: Array
    """What each item counts in its row, laid as the items of `Rows`; at the head what the row counts."""
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


class Work(NamedTuple):
    """Room to select in."""

    values: Array
    """``[n_items + 1]``, for scores …"""
    keys: Array
    """… and for their keys; one more, since what is left out is written before it is."""
    often: Array
    """How often each step comes among the keys, all zero."""


@njit(cache=True, nogil=True)
def first_touches(offsets: Array, items: Array, weights: Array, n_items: int) -> tuple[Array, Array, Array]:
    """What `Rows` holds, and in the same places the greatest weight of each item in its row (if there are weights)."""
    at = np.full(n_items, -1, np.int64)
    n_rows = len(offsets) - 1
    starts, kept = np.zeros(n_rows + 1, np.int64), np.empty(len(items) + n_rows, np.uint32)
    heaviest = np.ones(len(kept) if len(weights) else 0, np.float64)
    end = 0
    for row in range(n_rows):
        head = end
        end += 1
        for place in range(offsets[row], offsets[row + 1]):
            item = items[place]
            if at[item] < head:
                at[item] = end
                kept[end] = item
                if len(weights):
                    heaviest[end] = weights[place]
                end += 1
            elif len(weights):
                heaviest[at[item]] = max(heaviest[at[item]], weights[place])
        kept[head] = end - head - 1
        starts[row + 1] = end
    return starts, kept[:end].copy(), heaviest[: min(end, len(heaviest))].copy()


@njit(cache=True, nogil=True)
def placed(starts: Array, items: Array, places_too: bool, n_items: int) -> tuple[Array, Array, Array, Array]:
    """What `Have` holds (of the places, only if asked), and how many places other than its own each item meets."""
    offsets, reach = np.zeros(n_items + 1, np.int64), np.zeros(n_items, np.int64)
    for row in range(len(starts) - 1):
        for place in range(starts[row] + 1, starts[row + 1]):
            offsets[items[place] + 1] += 1
            reach[items[place]] += starts[row + 1] - starts[row] - 2
    for item in range(n_items):
        offsets[item + 1] += offsets[item]
    after = offsets[:-1].copy()
    heads = np.empty(offsets[-1], np.uint64)
    places = np.empty(offsets[-1] if places_too else 0, np.int64)
    for row in range(len(starts) - 1):
        for place in range(starts[row] + 1, starts[row + 1]):
            at = after[items[place]]
            heads[at] = starts[row]
            if places_too:
                places[at] = place
            after[items[place]] = at + 1
    return offsets, heads, places, reach


@njit(cache=True, nogil=True)
def alone(starts: Array, items: Array, worth: Array, n_items: int) -> Array:
    """What each item counts in all its rows ``[n_items]``."""
    counts = np.zeros(n_items)
    for row in range(len(starts) - 1):
        for place in range(starts[row] + 1, starts[row + 1]):
            counts[items[place]] += worth[starts[row]] * worth[place]
    return counts


@njit(cache=True, nogil=True)
def _together(item: int, rows: Rows, have: Have, worth: Worth, together: Array, touched: Array) -> int:
    """Adds up in `together` what every item counts beside one, and says how many are `touched`."""
    seen, one, column = 0, np.uint64(1), rows.items.reshape(-1, 1)
    for at in range(have.offsets[item], have.offsets[item + 1]):
        fetch(column, have.heads[min(at + AHEAD, len(have.heads) - 1)], 0)
        head = have.heads[at]
        first, last = head + one, head + one + np.uint64(rows.items[head])
        if worth.same:
            for place in range(first, last):
                other = rows.items[place]
                touched[seen] = other
                seen += together[other] == 0
                together[other] += 1
        else:
            own, middle = worth.items[have.places[at]], len(worth.near) // 2 - have.places[at]
            for place in range(first, last):
                other = rows.items[place]
                value = worth.items[head] * min(own, worth.items[place]) * worth.near[middle + np.int64(place)]
                if value > 0.0 and other != item:
                    touched[seen] = other
                    seen += together[other] == 0
                    together[other] += value
    return seen


@njit(cache=True, nogil=True, error_model="numpy")
def _score(item: int, others: Array, measure: Measure, values: Array) -> None:
    """Turns what each of the others counts beside an item into its score; each similarity in a loop of its own.

    So the compiler sees straight vector code. With the choice inside one loop, scores and keys took ten times as long.
    """
    own, found, shrink, total = measure.own[item], measure.found, measure.shrink, measure.total
    if measure.similarity == COSINE:
        for place in range(len(others)):
            values[place] /= own * found[others[place]] + shrink
    elif measure.similarity == JACCARD:
        for place in range(len(others)):
            values[place] /= own + found[others[place]] - values[place] + shrink
    elif measure.similarity == CONDITIONAL:
        for place in range(len(others)):
            values[place] /= own + shrink
    elif measure.similarity == LIFT:
        for place in range(len(others)):
            pair = values[place]
            values[place] = pair * total / (own * found[others[place]]) * pair / (pair + shrink)
    else:
        for place in range(len(others)):
            pair = values[place]
            values[place] = np.log(pair * total / (own * found[others[place]])) * pair / (pair + shrink)
            if measure.similarity == NPMI:
                # What is in every row says nothing: zero, and not zero over zero.
                values[place] /= -np.log(pair / total) if pair < total else 1.0
    if len(measure.damping):
        for place in range(len(others)):
            values[place] *= measure.damping[others[place]]


@njit(cache=True, nogil=True)
def _foremost(keys: Array, size: int, most: int, often: Array) -> int:
    """Brings the greatest keys to the front, at least `most` and hardly more; how many.

    Counted by their first bits, as scores of items are far apart and comparing them would be guessed wrongly half of
    the time. `often` is zero, and stays so.
    """
    highest = np.int64(0)
    for place in range(size):
        step = np.int64(keys[place] >> COARSE)
        often[step] += 1
        highest = step if step > highest else highest
    lowest: Any = highest
    enough = often[highest]
    while enough < most:
        lowest -= 1
        enough += often[lowest]
    kept = 0
    for place in range(size):
        key = keys[place]
        step = np.int64(key >> COARSE)
        often[step] = 0
        keys[kept] = key
        kept += step >= lowest
    return kept


@njit(cache=True, nogil=True)
def _keyed(item: int, others: Array, values: Array, positive: bool, keys: Array) -> int:
    """Makes keys of scores, of all but the item's own, or only of those above zero; how many.

    A key is a score of 32 bits, turned such that they order as it does, and below it a code counted from behind: so
    that to compare two keys is one step.
    """
    size, score = 0, np.empty(1, np.float32)
    bits = score.view(np.uint32)
    for place in range(len(others)):
        score[0] = values[place]
        turned = bits[0] ^ (ALL if bits[0] & SIGN else SIGN)
        keys[size] = (np.uint64(turned) << HALF) | np.uint64(ALL - np.uint32(others[place]))
        size += (others[place] != item) & ((score[0] > 0.0) | (not positive))
    return size


@njit(cache=True, nogil=True)
def _kept(
    item: int, others: Array, pairs: Array, direct: bool, measure: Measure, work: Work, codes: Array, scores: Array
) -> int:
    """The best of the others, best first and ties by code, into arrays as long as at most are kept; how many there are.

    `pairs` holds what counts beside the item by place among the others, or (`direct`) by code.
    """
    keys, values = work.keys, work.values
    for place in range(len(others)):
        values[place] = pairs[others[place] if direct else place]
    _score(item, others, measure, values)
    size = _keyed(item, others, values, measure.similarity == PPMI, keys)
    most = min(size, len(codes))
    if most < size:
        size = _foremost(keys, size, most, work.often)
    many, bits = size > FEW, scores.view(np.uint32)
    if many:
        keys[:size].sort()
    for place in range(size):
        key, above = keys[place], size - 1 - place if many else 0
        if not many:
            for other in range(size):
                above += keys[other] > key
        if above < most:
            turned = np.uint32(key >> HALF)
            bits[above] = turned ^ (SIGN if turned & SIGN else ALL)
            codes[above] = ALL - np.uint32(key & np.uint64(ALL))
    return most


@njit(cache=True, nogil=True)
def neighbours_of(
    first: int, last: int, rows: Rows, have: Have, worth: Worth, measure: Measure, together: Array,
    starts: Array, lengths: Array, items: Array, scores: Array,
) -> None:  # fmt: skip
    """Writes the best neighbours of some items, each from its start on, and how many there are.

    `together` is zero for every item and stays so; its type is what is counted with.
    """
    touched = np.empty(len(together) + 1, np.uint32)
    work = Work(np.empty(len(touched)), np.empty(len(touched), np.uint64), np.zeros(4096, np.int64))
    for item in range(first, last):
        seen = _together(item, rows, have, worth, together, touched)
        room = slice(starts[item], starts[item + 1])
        lengths[item] = _kept(item, touched[:seen], together, True, measure, work, items[room], scores[room])
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
    touched = np.empty(len(together) + 1, np.uint32)
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
    places = len(lengths) + 1
    work = Work(np.empty(places), np.empty(places, np.uint64), np.zeros(4096, np.int64))
    for item in range(first, last):
        inside, room = slice(offsets[item], offsets[item + 1]), slice(starts[item], starts[item + 1])
        lengths[item] = _kept(item, others[inside], pairs[inside], False, measure, work, items[room], scores[room])


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
