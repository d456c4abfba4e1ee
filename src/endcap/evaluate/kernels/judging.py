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
    first: int, last: int, codes: Array, offsets: Array, relevant: Array, gains: Array, equal: bool, n_items: int,
    items: Array, places: Array, worth: Array,
) -> tuple[int, int, int]:  # fmt: skip
    """Fills, query by query, the relevant items (first those that the list has, in its order), their places and gains.

    The place of what the list lacks is -1; `equal` says that all gains are the same. Gives what is wrong, with query
    and item, and stops there. What is known of an item in a query is one byte, so that a catalog fits into the nearest
    cache; and nothing in the loop over a list jumps, because nobody can guess which items are hits.
    """
    state = np.zeros(n_items, np.uint8)  # of each item: wanted by this query, or one more if it is listed
    length = codes.shape[1]
    found, where = np.empty(length + 1, np.int32), np.empty(length + 1, np.int32)
    wanted = np.uint8(254)
    for query in range(first, last):
        if wanted == 254:
            state[:] = 0
            wanted = np.uint8(0)
        wanted = np.uint8(wanted + 2)
        listed = np.uint8(wanted + 1)
        start, end, line = offsets[query], offsets[query + 1], codes[query]
        for at in range(start, end):
            item = relevant[at]
            if item < 0:
                return NOT_AN_ITEM, query, item
            if state[item] == wanted:
                return RELEVANT_TWICE, query, item
            state[item] = wanted
        wrong, used = _ended(line)
        if wrong != SOUND:
            return wrong, query, line[used]
        hits, twice = 0, np.uint8(0)
        for place in range(used):
            item = np.int64(line[place])
            known = state[item]
            twice |= np.uint8(known == listed)
            state[item] = listed
            found[hits], where[hits] = item, place
            hits += int(known == wanted)
        if twice:
            return LISTED_TWICE, query, _twice(line)
        to = start + hits
        for hit in range(hits):
            items[start + hit], places[start + hit] = found[hit], where[hit]
        if equal:
            worth[start:end] = gains[start:end]
        else:
            for hit in range(hits):
                for at in range(start, end):
                    if relevant[at] == found[hit]:
                        worth[start + hit] = gains[at]
        for at in range(start, end):
            if to < end and state[relevant[at]] == wanted:
                items[to], places[to], worth[to] = relevant[at], -1, gains[at]
                to += 1
    return SOUND, 0, 0


@njit(cache=True, nogil=True)
def _ended(line: Array) -> tuple[int, int]:
    """What is wrong with the end of a list and where, or how many items it has."""
    signs = np.int32(0)
    for place in range(len(line)):
        signs |= line[place]
    if signs >= 0:
        return SOUND, len(line)
    used = len(line)
    for place in range(len(line)):
        if line[place] < -1:
            return NEGATIVE, place
        if line[place] == -1:
            used = min(used, place)
        elif used < place:
            return RESUMED, place
    return SOUND, used


@njit(cache=True, nogil=True)
def _twice(line: Array) -> int:
    """The first item that a list names again."""
    for place in range(len(line)):
        for before in range(place):
            if line[before] == line[place]:
                return int(line[place])
    return -1


@njit(cache=True, nogil=True)
def score(first: int, last: int, offsets: Array, places: Array, worth: Array, discounts: Array, values: Array) -> None:
    """Fills ``values[metric, query]`` in the order of `COLUMNS`, from what `match` gave; NaN where nothing is relevant.

    `discounts` has one entry for each place: the lists are cut after so many.
    """
    k = len(discounts)
    together = np.append(0.0, np.cumsum(discounts))
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
        ideal = worth[start] * together[reached] if equal else 0.0
        if not equal:
            for place in range(reached):
                ideal += best[n - 1 - place] * discounts[place]
        ndcg, recall, precision = gained / ideal, hits / n, precisions / n
        values[0, query] = ndcg
        values[1, query] = recall
        values[2, query] = 1.0 if hits else 0.0
        values[3, query] = 1.0 / (highest + 1) if hits else 0.0
        values[4, query] = precision
        values[5, query] = hits / k
        # A division costs as much as everything else that is done for a metric: none is made twice.
        values[6, query] = recall if n <= k else hits / reached
        values[7, query] = precision if n <= k else precisions / reached
        values[8, query] = ndcg if equal else _exponential(places[start:end], worth[start:end], best, discounts)
        values[9, query] = recall if equal else held / total


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
