"""Lists of several retrievers as one, and where that puts the answers of known questions; see `endcap.models.blend`."""

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, nogil=True)
def blended(codes: Array, values: Array, n_items: int, k: int) -> tuple[Array, Array]:
    """The k items ``[n, k]`` with the highest sums of values over the lists ``codes[n, width]`` (-1: none there).

    Scores are single precision, as those of one call; -1 and NaN after the end. Ties go to the smaller code.
    """
    n = len(codes)
    found, scores = np.full((n, k), -1, np.int32), np.full((n, k), np.nan, np.float32)
    total, there = np.zeros(n_items, np.float64), np.zeros(n_items, np.bool_)
    items = np.empty(codes.shape[1], np.int32)
    for row in range(n):
        seen = 0
        for at in range(codes.shape[1]):
            item = codes[row, at]
            if item < 0:
                continue
            if not there[item]:
                there[item] = True
                items[seen] = item
                seen += 1
            total[item] += values[row, at]
        held = np.sort(items[:seen])
        sums = total[held].astype(np.float32)
        best = np.argsort(-sums, kind="mergesort")[:k]
        found[row, : len(best)] = held[best]
        scores[row, : len(best)] = sums[best]
        total[held] = 0.0
        there[held] = False
    return found, scores


@njit(cache=True, nogil=True)
def places_of(
    first: int, last: int, offsets: Array, features: Array, answers: Array, weights: Array, out: Array
) -> None:
    """Fills in the place (from 1) of each answer among the candidates of its question.

    ``features[n, retrievers]`` of the candidates of all questions, by item code within each; ``answers[questions]``
    are rows of it, and ``weights[questions, retrievers]`` what each retriever counts there.
    """
    width = features.shape[1]
    for question in range(first, last):
        answer, own = answers[question], np.float32(0.0)
        for column in range(width):
            own += features[answer, column] * weights[question, column]
        ahead = 0
        for row in range(offsets[question], offsets[question + 1]):
            score = np.float32(0.0)
            for column in range(width):
                score += features[row, column] * weights[question, column]
            if score > own or (score == own and row < answer):
                ahead += 1
        out[question] = ahead + 1
