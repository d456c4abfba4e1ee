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
def append(rows: Array, level: Array, sums: Array, codes: Array, scores: Array) -> None:
    """Adds to the lists ``codes[rows, k]`` what they do not hold yet, in order, with scores below those that are there.

    ``level[rows, m]`` and its ``sums`` are lists of the same queries; -1 stands after the end of each. They are long
    enough if m is twice k: at most k of their items are there already.
    """
    k = codes.shape[1]
    for place in range(len(rows)):
        row = rows[place]
        held = 0
        while held < k and codes[row, held] >= 0:
            held += 1
        floor, first, fill = np.float32(0.0), held > 0, held
        for at in range(level.shape[1]):
            item = level[place, at]
            if item < 0 or fill == k:
                break
            known = False
            for other in range(held):
                if codes[row, other] == item:
                    known = True
                    break
            if known:
                continue
            if first:  # the best of what is new comes one below the worst of what is there
                floor = scores[row, held - 1] - sums[place, at] - np.float32(1.0)
                first = False
            codes[row, fill] = item
            scores[row, fill] = sums[place, at] + floor
            fill += 1


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
