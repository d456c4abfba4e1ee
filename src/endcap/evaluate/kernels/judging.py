"""Lists held against what was relevant, and every metric that has a cut, each in one pass over all queries."""

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]

SOUND, NEGATIVE, RESUMED, LISTED_TWICE, NOT_AN_ITEM, RELEVANT_TWICE = range(6)
"""What `match` found wrong, if anything."""
COLUMNS = (
    "NDCG", "Recall", "HitRate", "MRR", "MAP", "Precision", "CappedRecall", "CappedMAP", "ExponentialNDCG",
    "GainRecall",
)  # fmt: skip
"""The rows of what `score` fills."""


@njit(cache=True, nogil=True)
def match(
    first: int,
    last: int,
    codes: Array,
    offsets: Array,
    relevant: Array,
    gains: Array,
    n_items: int,
    items: Array,
    places: Array,
    worth: Array,
) -> tuple[int, int, int]:
    """Fills, query by query, the relevant items (first those that the list has, in its order), their places and gains.

    The place of what the list lacks is -1. Gives what is wrong, with query and item, and stops there.
    """
    state = np.zeros(n_items, np.int64)  # of each item in this query: 2 * query + 2 if wanted, one more if listed
    slot = np.zeros(n_items, np.int64)
    for query in range(first, last):
        start, end, wanted = offsets[query], offsets[query + 1], 2 * query + 2
        for at in range(start, end):
            item = relevant[at]
            if item < 0:
                return NOT_AN_ITEM, query, item
            if state[item] == wanted:
                return RELEVANT_TWICE, query, item
            state[item], slot[item] = wanted, at
        to, ended = start, False
        for place in range(codes.shape[1]):
            item = codes[query, place]
            if item < 0:
                if item < -1:
                    return NEGATIVE, query, item
                ended = True
                continue
            if ended:
                return RESUMED, query, item
            known = state[item]
            if known > wanted:
                return LISTED_TWICE, query, item
            state[item] = wanted + 1
            if known == wanted:
                items[to], places[to], worth[to] = item, place, gains[slot[item]]
                to += 1
        for at in range(start, end):
            item = relevant[at]
            if state[item] == wanted:
                items[to], places[to], worth[to] = item, -1, gains[at]
                to += 1
    return SOUND, 0, 0


@njit(cache=True, nogil=True)
def score(first: int, last: int, offsets: Array, places: Array, worth: Array, discounts: Array, values: Array) -> None:
    """Fills ``values[metric, query]`` in the order of `COLUMNS`, from what `match` gave; NaN where nothing is relevant.

    `discounts` has one entry for each place: the lists are cut after so many.
    """
    k = len(discounts)
    for query in range(first, last):
        start, end = offsets[query], offsets[query + 1]
        n = end - start
        if n == 0:
            values[:, query] = np.nan
            continue
        hits, highest, equal = 0, -1, True
        precisions = gained = held = total = 0.0
        for at in range(start, end):
            gain, place = worth[at], places[at]
            total += gain
            equal &= gain == worth[start]
            if 0 <= place < k:
                highest = place if hits == 0 else highest
                hits += 1
                precisions += hits / (place + 1)
                gained += gain * discounts[place]
                held += gain
        reached = min(n, k)
        best = worth[start:end] if equal else np.sort(worth[start:end])
        ideal = 0.0
        for place in range(reached):
            ideal += best[n - 1 - place] * discounts[place]
        values[0, query] = gained / ideal
        values[1, query] = hits / n
        values[2, query] = 1.0 if hits else 0.0
        values[3, query] = 1.0 / (highest + 1) if hits else 0.0
        values[4, query] = precisions / n
        values[5, query] = hits / k
        values[6, query] = hits / reached
        values[7, query] = precisions / reached
        values[8, query] = (
            gained / ideal if equal else _exponential(places[start:end], worth[start:end], best, discounts)
        )
        values[9, query] = held / total


@njit(cache=True, nogil=True)
def _exponential(places: Array, worth: Array, ascending: Array, discounts: Array) -> float:
    """NDCG of one query with gains of 2^gain - 1."""
    gained = ideal = 0.0
    for at in range(len(places)):
        if 0 <= places[at] < len(discounts):
            gained += (np.exp2(worth[at]) - 1.0) * discounts[places[at]]
    for place in range(min(len(worth), len(discounts))):
        ideal += (np.exp2(ascending[-1 - place]) - 1.0) * discounts[place]
    return gained / ideal
