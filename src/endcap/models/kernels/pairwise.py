"""Factors learned by ranking: what is in a row comes before what is not, step by step down the slope of a loss.

A row is known by the sum of the vectors of its items, without those that are asked for, brought to length 1; an item
is found by the direction of its own vector. So an item has one vector: where it points says who wants it, and how long
it is says how much it tells of who has it. Steps are as long as the slopes that an item has met let them be (Duchi,
Hazan and Singer, Adaptive subgradient methods, JMLR 2011, with one number per item).
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import njit

from endcap.models.kernels.registers import registers
from endcap.models.kernels.skip_gram import HALF, LOW, _below, _longest, _next

Array = np.ndarray[Any, Any]
VISITS, PIECE = 4, 8
"""A row is visited at most so often, and not more often than asks for this many of its items each time."""
SHARED = 8
"""Visits that share a draw of negatives, which then lie in the cache."""
NEGLIGIBLE = np.float32(0.01)
"""Slopes below this are not followed: most negatives are far from where they do harm."""
NEVER = np.float32(1e-12)
ZERO, ONE = np.float32(0.0), np.float32(1.0)


@cache
def trainer(size: int) -> Callable[..., None]:
    """The compiled `train` for vectors of that size: loops of known length become straight lines of vector code."""

    @njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
    def train(
        order: Array, offsets: Array, values: Array, asked: Array, vectors: Array, lengths: Array, biases: Array,
        pace: Array, table: Array, negatives: int, alone: bool, sharpness: float, rate: float, seed: int,
    ) -> None:  # fmt: skip
        """Visits the rows of `order`, as often as they stand there.

        A visit asks for some of the values for which `asked` is true, so many that `visits` of a row make all of them
        about once. `vectors` ``[n_items, size]``, their `lengths`, `biases`, and the sums of squared
        slopes of both (`pace` ``[n_items, 2]``) change in place; several threads may do so at once (Hogwild), and the
        result then varies. `table`: what negatives are drawn from, see `aliased`. `alone`: each target has a negative
        of its own, instead of all. `sharpness`: what cosines are multiplied by.
        """
        longest, state = _longest(order, offsets), np.array([seed], np.uint64)
        mark, items = np.full(len(vectors), -1, np.int64), np.empty(longest, np.int32)
        drawn, faced = np.empty(negatives, np.int32), np.empty(longest + negatives, np.int32)
        scores, slopes = np.empty(longest + negatives, np.float32), np.empty(longest + negatives, np.float32)
        room = np.empty(longest + negatives, np.float32)
        visitor, pull, step = registers(size), registers(size), registers(size)
        sharp, most = np.float32(sharpness), np.float32(rate)
        for at in range(len(order)):
            row, length = order[at], offsets[order[at] + 1] - offsets[order[at]]
            if at % SHARED == 0:
                _draw(table, drawn, state)
            targets = _laid(offsets[row], length, values, asked, row, items, mark, state)
            n = _facing(items, targets, drawn, alone, mark, row, faced, state)
            if n == targets:
                continue
            far = _summed(size, vectors, items, targets, length, visitor)
            for k in range(n):
                dot = ZERO
                for d in range(size):
                    dot += visitor[d] * vectors[faced[k], d]
                scores[k] = dot * sharp / lengths[faced[k]] + biases[faced[k]]
            if alone:
                _one_by_one(scores, targets, n, slopes)
            else:
                _softmax(scores, targets, n, slopes, room)
            for d in range(size):
                pull[d] = ZERO
            for k in range(n):
                if abs(slopes[k]) < NEGLIGIBLE:
                    continue
                item, dot, slope = faced[k], (scores[k] - biases[faced[k]]) / sharp, slopes[k] * sharp
                pace[item, 1] += slopes[k] * slopes[k]
                biases[item] += most * slopes[k] / np.sqrt(pace[item, 1])
                own, turn = slope / lengths[item], dot / lengths[item]
                pace[item, 0] += own * own * (ONE - dot * dot) / size + NEVER
                much = own * most / np.sqrt(pace[item, 0])
                for d in range(size):
                    pull[d] += own * vectors[item, d]
                    step[d] = visitor[d] - turn * vectors[item, d]
                _moved(size, item, step, much, vectors, lengths)
            slope = _across(size, pull, visitor, far) / size
            for k in range(targets, length):
                pace[items[k], 0] += slope
                _moved(size, items[k], pull, most / np.sqrt(pace[items[k], 0]), vectors, lengths)

    compiled: Callable[..., None] = train
    return compiled


@njit(inline="always")
def _summed(size: int, vectors: Array, items: Array, first: int, last: int, visitor: Array) -> Any:
    """Fills in the direction of the sum of some vectors; gives its length."""
    square = NEVER
    for d in range(size):
        visitor[d] = ZERO
    for k in range(first, last):
        for d in range(size):
            visitor[d] += vectors[items[k], d]
    for d in range(size):
        square += visitor[d] * visitor[d]
    far = np.sqrt(square)
    for d in range(size):
        visitor[d] /= far
    return far


@njit(inline="always")
def _across(size: int, pull: Array, direction: Array, far: Any) -> Any:
    """Leaves of a pull on a direction what turns the vector, which is so long; gives its square."""
    dot, square = ZERO, NEVER
    for d in range(size):
        dot += pull[d] * direction[d]
    for d in range(size):
        pull[d] = (pull[d] - dot * direction[d]) / far
        square += pull[d] * pull[d]
    return square


@njit(inline="always")
def _moved(size: int, item: int, step: Array, times: Any, vectors: Array, lengths: Array) -> None:
    """Moves the vector of an item."""
    square = NEVER
    for d in range(size):
        there = vectors[item, d] + times * step[d]
        vectors[item, d] = there
        square += there * there
    lengths[item] = np.sqrt(square)


@njit(cache=True)
def visits(asked: Array, offsets: Array) -> Array:
    """How often each row has to be visited, until all that it is asked for was asked for about once."""
    wanted = np.zeros(len(offsets) - 1, np.int64)
    for row in range(len(wanted)):
        start, end = offsets[row], offsets[row + 1]
        wanted[row] = _times(asked[start:end].sum(), end - start)
    return wanted


@njit(cache=True, nogil=True)
def _times(asked: int, length: int) -> int:
    """Visits of a row of this length; each leaves some of its items, which the row is known by."""
    if asked == 0 or length < 2:
        return 0
    return max(min(-(-asked // PIECE), VISITS), 2 if asked == length else 1)


@njit(cache=True, nogil=True)
def _draw(table: Array, drawn: Array, state: Array) -> None:
    """Fills in negatives."""
    for k in range(len(drawn)):
        bits = _next(state)
        place = ((bits >> HALF) * np.uint64(len(table))) >> HALF
        drawn[k] = np.int32(place) if (bits & LOW) < (table[place] >> HALF) else np.int32(table[place] & LOW)


@njit(cache=True, nogil=True)
def _laid(
    start: int, length: int, values: Array, asked: Array, row: int, items: Array, mark: Array, state: Array
) -> int:
    """Lays out a row, those first that are asked for this time, and marks its items; gives how many are asked for."""
    wanted = 0
    for k in range(length):
        item = values[start + k]
        items[k], mark[item] = item, row
        if asked[start + k]:
            items[wanted], items[k] = items[k], items[wanted]
            wanted += 1
    times = _times(wanted, length)
    if times == 0:
        return 0
    targets = wanted // times
    if _below(times, state) < wanted - targets * times:
        targets += 1
    for k in range(targets):
        other = k + _below(wanted - k, state)
        items[k], items[other] = items[other], items[k]
    return targets


@njit(cache=True, nogil=True)
def _facing(
    items: Array, targets: int, drawn: Array, alone: bool, mark: Array, row: int, faced: Array, state: Array
) -> int:
    """The targets, and after them the negatives that the row does not have, or one each; gives the number of both."""
    for k in range(targets):
        faced[k] = items[k]
    n, start = targets, _below(len(drawn), state) if alone else 0
    most = 2 * targets if alone else targets + len(drawn)
    for k in range(len(drawn)):
        if n >= most or targets == 0:
            break
        item = drawn[(start + k) % len(drawn)]
        if mark[item] != row:
            faced[n] = item
            n += 1
    return n


@njit(cache=True, nogil=True, fastmath=True)
def _softmax(scores: Array, targets: int, n: int, slopes: Array, room: Array) -> None:
    """Slopes of the loss by score: each of the targets against all negatives, as a choice of one among them."""
    _exponential(scores, n, room, slopes)
    against, share = NEVER, ZERO
    for k in range(targets, n):
        against += slopes[k]
    for k in range(targets):
        whole = ONE / (slopes[k] + against)
        slopes[k] = against * whole
        share += whole
    for k in range(targets, n):
        slopes[k] *= -share


@njit(cache=True, nogil=True, fastmath=True)
def _one_by_one(scores: Array, targets: int, n: int, slopes: Array) -> None:
    """Slopes of the loss by score: each of the targets against a negative of its own, while there are some."""
    for k in range(targets, n):
        slopes[k] = ZERO
    for k in range(targets):
        other = targets + k % (n - targets)
        slopes[k] = ONE / (ONE + np.exp(scores[k] - scores[other]))
        slopes[other] -= slopes[k]


@njit(cache=True, nogil=True, fastmath=True)
def _exponential(scores: Array, n: int, room: Array, given: Array) -> None:
    """Powers of e of the first n scores, the highest as 1, within 2e-6, in vector instructions.

    As powers of two: the whole part goes into the exponent of the number, the rest through a polynomial.
    """
    bits, top = given.view(np.int32), scores[0]
    for k in range(n):
        top = max(top, scores[k])
    for k in range(n):
        power = max((scores[k] - top) * np.float32(1.4426950), np.float32(-100.0))
        whole = np.floor(power)
        r = power - whole
        rest = np.float32(0.05550411) + r * (np.float32(0.00961813) + r * np.float32(0.00133336))
        room[k] = ONE + r * (np.float32(0.69314718) + r * (np.float32(0.24022651) + r * rest))
        bits[k] = (np.int32(whole) + np.int32(127)) << np.int32(23)
    for k in range(n):
        given[k] *= room[k]
