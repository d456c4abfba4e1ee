"""Skip-gram with negative sampling: what surrounds a centre predicts it, each partner against negatives of its own.

Mikolov et al., Distributed representations of words and phrases, NIPS 2013. Sharing the negatives among all partners of
a centre (Ji et al., Parallelizing word2vec in shared and distributed memory, 2016) is faster still, but lost up to a
tenth of NDCG where items come a few times only. Side information after Vasile, Smirnova and Conneau, Meta-Prod2Vec,
RecSys 2016.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import njit

from endcap.models.kernels.registers import fetch, registers

Array = np.ndarray[Any, Any]
LINE = 16
"""Floats that are fetched at once."""
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
STIR, STIR_AGAIN = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
THIRTY, TWENTY_SEVEN, THIRTY_ONE, HALF, MOST = (np.uint64(bits) for bits in (30, 27, 31, 32, 40))
LOW = np.uint64(2**32 - 1)
FURTHEST = np.float32(9.0)
"""Products beyond this count as this: there the logistic function is as good as 0 or 1."""
ITEM, LABEL, OWN_LABEL = 0, 1, 2
"""What predicts: an item of the window, a label of one, a label of the centre itself."""


@cache
def trainer(size: int, negatives: int) -> Callable[..., None]:
    """The compiled `train` for vectors of that size: the one that predicts, and what moves it, stay in registers.

    In one piece, since a step in a function of its own takes a fifth longer.
    """
    width = negatives + 1

    @njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
    def train(
        order: Array, offsets: Array, values: Array, times: Array, labels: Array, inputs: Array, outputs: Array,
        keep: Array, starts: Array, table: Array, weights: Array, window: int, shrinking: bool, apart: float,
        shuffle: bool, rate_start: float, rate_end: float, seed: int,
    ) -> None:  # fmt: skip
        """One pass over the rows of `order`, updating both matrices ``[n_items + n_labels, size]`` in place.

        `times`: one per value, or empty; partners are at most `apart` of the same unit away. `labels[item, column]`:
        the row of each label of an item, -1 if it has none. `keep[item]`: chance that an occurrence is used. `starts`,
        `table`: from what negatives are drawn (see `aliased`), those of items first, then each column's.
        `weights[source, target]`: of item, label and own label against item and label. With several threads on the same
        matrices, updates may be lost and the result varies (Hogwild).
        """
        longest, most, groups = _longest(order, offsets), 2 * window * (labels.shape[1] + 1), labels.shape[1] + 1
        items, when = np.empty(longest, np.int32), np.zeros(longest, np.float64)
        sources, role = np.empty(most + groups, np.int32), np.empty(most + groups, np.int8)
        targets, steps = np.empty(width * (most + groups), np.int32), np.empty(width, np.float32)
        own, moved = registers(size), registers(size)
        state = np.array([seed], np.uint64)
        for place in range(len(order)):
            rate = np.float32(rate_start + (rate_end - rate_start) * (place / len(order)))
            length = _taken(offsets[order[place]], offsets[order[place] + 1], values, times, keep, items, when, state)
            if shuffle:
                _shuffle(items, when, length, state)
            for centre in range(length):
                reach = 1 + _below(window, state) if shrinking else window
                around = _window(items, when, length, centre, reach, apart, labels, sources, role)
                if around == 0:
                    continue
                n = _own(labels[items[centre]], around, sources, role)
                for group in range(groups):
                    target = items[centre] if group == 0 else labels[items[centre], group - 1]
                    if target < 0:
                        continue
                    pairs = n if group == 0 else around
                    _draw(pairs, target, starts[group], starts[group + 1], width, table, targets, state)
                    for at in range(pairs * width):
                        for d in range(0, size, LINE):
                            fetch(outputs, targets[at], d)
                    for at in range(pairs):
                        source, first, weight = sources[at], at * width, rate * weights[role[at], min(group, 1)]
                        for d in range(size):
                            own[d] = inputs[source, d]
                            moved[d] = own[d]
                        for j in range(width):
                            row, dot = targets[first + j], np.float32(0.0)
                            for d in range(size):
                                dot += own[d] * outputs[row, d]
                            steps[j] = dot
                        for j in range(width):
                            steps[j] = -weight * _logistic(steps[j])
                        steps[0] += weight
                        if _any_again(width, targets, first):
                            _without_repeats(targets[first : first + width], steps)
                        for j in range(width):
                            row, step = targets[first + j], steps[j]
                            for d in range(size):
                                there = outputs[row, d]
                                moved[d] += step * there
                                outputs[row, d] = there + step * own[d]
                        for d in range(size):
                            inputs[source, d] = moved[d]

    compiled: Callable[..., None] = train
    return compiled


@njit(cache=True, nogil=True, inline="always")
def _next(state: Array) -> Any:
    """64 random bits (Steele, Lea and Flood, Fast splittable pseudorandom number generators, OOPSLA 2014)."""
    state[0] += GOLDEN
    bits = state[0]
    bits = (bits ^ (bits >> THIRTY)) * STIR
    bits = (bits ^ (bits >> TWENTY_SEVEN)) * STIR_AGAIN
    return bits ^ (bits >> THIRTY_ONE)


@njit(cache=True, nogil=True)
def _below(n: int, state: Array) -> Any:
    """A random whole number from 0 to n - 1."""
    return np.int64(((_next(state) >> HALF) * np.uint64(n)) >> HALF)


@njit(cache=True, nogil=True)
def _chance(state: Array) -> Any:
    """A random number from 0 to 1."""
    return np.float32(_next(state) >> MOST) * np.float32(1.0 / 16777216.0)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy", inline="always")
def _logistic(x: Any) -> Any:
    """The logistic function within 1e-4, of tanh as a continued fraction (Lambert): a fifth of the cost of exp."""
    half = np.float32(0.5)
    x = half * min(max(x, -FURTHEST), FURTHEST)
    s = x * x
    above = x * (np.float32(135135) + s * (np.float32(17325) + s * (np.float32(378) + s)))
    below = np.float32(135135) + s * (np.float32(62370) + s * (np.float32(3150) + s * np.float32(28)))
    return half + half * (above / below)


@njit(cache=True, nogil=True)
def _longest(order: Array, offsets: Array) -> int:
    """How long the longest of the rows is."""
    longest = 0
    for row in order:
        longest = max(longest, offsets[row + 1] - offsets[row])
    return longest


@njit(cache=True, nogil=True)
def _taken(
    start: int, end: int, values: Array, times: Array, keep: Array, items: Array, when: Array, state: Array
) -> int:
    """Copies those values of a row that are used this time; gives their number."""
    length = 0
    for at in range(start, end):
        if _chance(state) < keep[values[at]]:
            items[length] = values[at]
            if len(times):
                when[length] = times[at]
            length += 1
    return length


@njit(cache=True, nogil=True)
def _shuffle(items: Array, when: Array, length: int, state: Array) -> None:
    """Brings a row into any order."""
    for last in range(length - 1, 0, -1):
        other = _below(last + 1, state)
        items[last], items[other] = items[other], items[last]
        when[last], when[other] = when[other], when[last]


@njit(cache=True, nogil=True)
def _window(
    items: Array, when: Array, length: int, centre: int, reach: int, apart: float, labels: Array, sources: Array,
    role: Array,
) -> int:  # fmt: skip
    """Collects the partners of a centre, each followed by its labels; gives their number."""
    n = 0
    for partner in range(max(0, centre - reach), min(length, centre + reach + 1)):
        if partner == centre or abs(when[partner] - when[centre]) > apart:
            continue
        sources[n], role[n] = items[partner], ITEM
        n += 1
        for column in range(labels.shape[1]):
            if labels[items[partner], column] >= 0:
                sources[n], role[n] = labels[items[partner], column], LABEL
                n += 1
    return n


@njit(cache=True, nogil=True)
def _own(labels: Array, n: int, sources: Array, role: Array) -> int:
    """Adds the labels of the centre itself after the first n; gives the new number."""
    for label in labels:
        if label >= 0:
            sources[n], role[n] = label, OWN_LABEL
            n += 1
    return n


@njit(cache=True, nogil=True)
def _draw(
    pairs: int, target: int, start: int, end: int, width: int, table: Array, targets: Array, state: Array
) -> None:
    """Fills in, for so many pairs each, the target and negatives out of a part of the table."""
    for at in range(0, pairs * width, width):
        targets[at] = target
        for j in range(1, width):
            bits = _next(state)
            place = start + np.int64(((bits >> HALF) * np.uint64(end - start)) >> HALF)
            entry = table[place]
            targets[at + j] = np.int32(place) if (bits & LOW) < (entry >> HALF) else np.int32(entry & LOW)


@njit(cache=True, nogil=True, inline="always")
def _any_again(width: int, targets: Array, first: int) -> Any:
    """Whether a target comes twice: seldom, so that it is found out without branches."""
    again = False
    for j in range(width):
        for earlier in range(j):
            again |= targets[first + j] == targets[first + earlier]
    return again


@njit(cache=True, nogil=True)
def _without_repeats(targets: Array, steps: Array) -> None:
    """Lets a negative that comes again count at its first place, and the centre among the negatives not at all."""
    for j in range(1, len(targets)):
        for earlier in range(j):
            if targets[earlier] == targets[j]:
                steps[earlier] += steps[j] if earlier > 0 else 0.0
                steps[j] = 0.0
                break


@njit(cache=True)
def aliased(weights: Array, first: int, table: Array) -> None:
    """Fills the part of a table that begins at `first`, so that place i is drawn in proportion to ``weights[i]``.

    Vose, A linear algorithm for generating random numbers with a given distribution, IEEE TSE 17 (1991): draw a place
    evenly, then keep it with a chance (the upper half of its entry, of 2³²), else take its alias (the lower half).
    """
    n, mean = len(weights), weights.sum() / len(weights)
    low, high, n_low, n_high = np.empty(n, np.int32), np.empty(n, np.int32), 0, 0
    share = weights / mean
    for place in range(n):
        table[first + place] = (LOW << HALF) | np.uint64(first + place)
        if share[place] < 1.0:
            low[n_low] = place
            n_low += 1
        else:
            high[n_high] = place
            n_high += 1
    while n_low and n_high:
        little, much = low[n_low - 1], high[n_high - 1]
        n_low -= 1
        table[first + little] = (np.uint64(share[little] * 2.0**32) << HALF) | np.uint64(first + much)
        share[much] -= 1.0 - share[little]
        if share[much] < 1.0:
            n_high -= 1
            low[n_low] = much
            n_low += 1
