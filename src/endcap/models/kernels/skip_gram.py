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

Array = np.ndarray[Any, Any]
MULTIPLIER, INCREMENT = np.uint64(6364136223846793005), np.uint64(1442695040888963407)
"""Of Knuth's linear congruential generator, MMIX."""
HALF, MOST = np.uint64(32), np.uint64(40)
FURTHEST = np.float32(9.0)
"""Products beyond this count as this: there the logistic function is as good as 0 or 1."""
ITEM, LABEL, OWN_LABEL = 0, 1, 2
"""What predicts: an item of the window, a label of one, a label of the centre itself."""


@cache
def trainer(size: int, negatives: int) -> Callable[..., None]:
    """The compiled `train` for vectors of that size and so many negatives.

    Lengths that are known when compiling make the loops several times faster: they become straight lines of vector
    instructions. For the same reason all that they touch lies in one array at fixed places: the compiler then sees that
    nothing overlaps.
    """
    width = negatives + 1
    here, moved, slope = width * size, (width + 1) * size, (width + 2) * size  # the outputs come before these

    @njit(cache=True, nogil=True, fastmath=True)
    def train(
        order: Array, offsets: Array, values: Array, times: Array, labels: Array, inputs: Array, outputs: Array,
        keep: Array, starts: Array, threshold: Array, alias: Array, weights: Array,
        window: int, shrinking: bool, apart: float, shuffle: bool, rate_start: float, rate_end: float, seed: int,
    ) -> None:  # fmt: skip
        """One pass over the rows of `order`, updating both matrices ``[n_items + n_labels, size]`` in place.

        `times`: one per value, or empty; partners are at most `apart` of the same unit away. `labels[item, column]`:
        the row of each label of an item, -1 if it has none. `keep[item]`: chance that an occurrence is used.
        `starts`, `threshold`, `alias`: alias tables of the negatives, those of items first, then each column's.
        `weights[source, target]`: of item, label and own label against item and label. With several threads on the same
        matrices, updates may be lost and the result varies (Hogwild).
        """
        longest, most, groups = _longest(order, offsets), 2 * window * (labels.shape[1] + 1), labels.shape[1] + 1
        items, when = np.empty(longest, np.int32), np.zeros(longest, np.float64)
        sources, role = np.empty(most + groups, np.int32), np.empty(most + groups, np.int8)
        targets, often = np.empty(width, np.int32), np.zeros(width, np.float32)
        work, state = np.zeros((width + 2) * size + width, np.float32), np.array([seed], np.uint64)
        across = inputs.shape[1]  # for copies, which are fastest if the compiler does not know how long they are
        zero, half = np.float32(0.0), np.float32(0.5)
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
                    targets[0] = items[centre] if group == 0 else labels[items[centre], group - 1]
                    if targets[0] < 0:
                        continue
                    own = outputs[targets[0]]
                    for d in range(across):
                        work[d] = own[d]
                    for at in range(n if group == 0 else around):
                        _draw(starts[group], starts[group + 1], threshold, alias, targets, often, state)
                        for j in range(1, width):
                            output = outputs[targets[j]]
                            for d in range(across):
                                work[j * size + d] = output[d]
                        vector, weight = inputs[sources[at]], rate * weights[role[at], min(group, 1)]
                        for d in range(across):
                            work[here + d] = vector[d]
                            work[moved + d] = vector[d]
                        for j in range(width):
                            dot = zero
                            for d in range(size):
                                dot += work[here + d] * work[j * size + d]
                            work[slope + j] = -weight * often[j] * half * (np.float32(1.0) + _tanh(half * dot))
                        work[slope] += weight
                        for j in range(width):
                            step = work[slope + j]
                            for d in range(size):
                                work[moved + d] += step * work[j * size + d]
                                work[j * size + d] += step * work[here + d]
                        for d in range(across):
                            vector[d] = work[moved + d]
                        for j in range(width - 1, 0, -1):  # backwards: of one that comes again, the first has changed
                            output = outputs[targets[j]]
                            for d in range(across):
                                output[d] = work[j * size + d]
                    for d in range(across):
                        own[d] = work[d]

    compiled: Callable[..., None] = train
    return compiled


@njit(cache=True, nogil=True)
def _below(n: int, state: Array) -> Any:
    """A random whole number from 0 to n - 1."""
    state[0] = state[0] * MULTIPLIER + INCREMENT
    return np.int64(((state[0] >> HALF) * np.uint64(n)) >> HALF)


@njit(cache=True, nogil=True)
def _chance(state: Array) -> Any:
    """A random number from 0 to 1."""
    state[0] = state[0] * MULTIPLIER + INCREMENT
    return np.float32(state[0] >> MOST) * np.float32(1.0 / 16777216.0)


@njit(cache=True, nogil=True, fastmath=True)
def _tanh(x: Any) -> Any:
    """The hyperbolic tangent within 1e-4, as a continued fraction (Lambert): a fifth of the cost of the exact one."""
    x = min(max(x, -FURTHEST / 2), FURTHEST / 2)
    s = x * x
    above = x * (np.float32(135135) + s * (np.float32(17325) + s * (np.float32(378) + s)))
    below = np.float32(135135) + s * (np.float32(62370) + s * (np.float32(3150) + s * np.float32(28)))
    return above / below


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
def _draw(start: int, end: int, threshold: Array, alias: Array, targets: Array, often: Array, state: Array) -> None:
    """Fills in the negatives, and how often each counts: one that comes again at its first place, the centre never."""
    often[0] = 1.0
    for j in range(1, len(targets)):
        drawn = start + _below(end - start, state)
        targets[j], often[j] = drawn if _chance(state) < threshold[drawn] else alias[drawn], 1.0
        for earlier in range(j):
            if targets[earlier] == targets[j]:
                often[j] = 0.0
                often[earlier] += 1.0 if earlier > 0 else 0.0
                break


@njit(cache=True)
def aliased(weights: Array, first: int, threshold: Array, alias: Array) -> None:
    """Fills the part of alias tables that begins at `first`, so that place i is drawn in proportion to ``weights[i]``.

    Vose, A linear algorithm for generating random numbers with a given distribution, IEEE TSE 17 (1991): draw a place
    evenly, then keep it with the chance ``threshold``, else take its ``alias``.
    """
    n, mean = len(weights), weights.sum() / len(weights)
    low, high, n_low, n_high = np.empty(n, np.int32), np.empty(n, np.int32), 0, 0
    share = weights / mean
    for place in range(n):
        threshold[first + place], alias[first + place] = 1.0, first + place
        if share[place] < 1.0:
            low[n_low] = place
            n_low += 1
        else:
            high[n_high] = place
            n_high += 1
    while n_low and n_high:
        little, much = low[n_low - 1], high[n_high - 1]
        n_low -= 1
        threshold[first + little], alias[first + little] = share[little], first + much
        share[much] -= 1.0 - share[little]
        if share[much] < 1.0:
            n_high -= 1
            low[n_low] = much
            n_low += 1
