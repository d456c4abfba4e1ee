"""Counts of pairs, and the best neighbours of every item, without a matrix."""

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, nogil=True)
def neighbours_of(
    row_offsets: Array,
    row_items: Array,
    item_offsets: Array,
    item_rows: Array,
    counts: Array,
    similarity: int,
    shrink: float,
    n_rows: int,
    keep: int,
    row_weights: Array,
    item_weights: Array,
) -> tuple[Array, Array, Array]:
    """How many neighbours each item has, their codes ``[n_items, keep]`` (-1: none) and scores, best first.

    `similarity` is the place of its name in ``SIMILARITIES``; ties go to the smaller code. The weights stand beside
    `row_items` and `item_rows`; a pair counts as much as the lesser of its two. Without any, all count 1.
    """
    n_items, weighed = len(counts), len(row_weights) > 0
    together = np.zeros(n_items, np.float64)
    touched = np.empty(n_items, np.int32)
    lengths = np.zeros(n_items, np.int64)
    items = np.full((n_items, keep), -1, np.int32)
    scores = np.zeros((n_items, keep), np.float32)
    for item in range(n_items):
        seen = 0
        for at in range(item_offsets[item], item_offsets[item + 1]):
            row = item_rows[at]
            for other_at in range(row_offsets[row], row_offsets[row + 1]):
                other = row_items[other_at]
                if together[other] == 0.0:
                    touched[seen] = other
                    seen += 1
                together[other] += min(item_weights[at], row_weights[other_at]) if weighed else 1.0
        codes = np.sort(touched[:seen])
        codes = codes[codes != item]
        similarities = np.empty(len(codes), np.float32)
        for place in range(len(codes)):
            pair, own, other_own = together[codes[place]], counts[item], counts[codes[place]]
            if similarity == 0:
                value = pair / (own + other_own - pair + shrink)
            elif similarity == 1:
                value = pair / (np.sqrt(own * other_own) + shrink)
            elif similarity == 2:
                value = pair * n_rows / (own * other_own) * pair / (pair + shrink)
            else:
                value = pair / (own + shrink)
            similarities[place] = value
        order = np.argsort(-similarities, kind="mergesort")[:keep]
        lengths[item] = len(order)
        items[item, : len(order)] = codes[order]
        scores[item, : len(order)] = similarities[order]
        together[touched[:seen]] = 0.0
    return lengths, items, scores
