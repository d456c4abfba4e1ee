"""What comes after what, counted with decay, and many visits scored with it; see `endcap.models.sequential_rules`."""

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, nogil=True)
def followers_of(
    first: int, last: int, row_ends: Array, items: Array, item_offsets: Array, places: Array, decay: Array,
    weights: Array, arrived: Array, shrink: float, damping: float, keep: int, lengths: Array, codes: Array,
    scores: Array,
) -> None:  # fmt: skip
    """Fills in, for the items from `first` up to `last`, the codes ``[n_items, keep]`` of what follows, best first.

    `places` are the places of each item among `items`, `row_ends` where the row of a place ends, `weights` what each
    place counts; a pair s steps apart counts ``decay[s - 1]`` of that. Each item is counted alone, so that the result
    does not depend on how items are shared among threads. Ties go to the smaller code.
    """
    after = np.zeros(len(arrived), np.float64)
    touched = np.empty(len(arrived), np.int32)
    for item in range(first, last):
        seen, left = 0, 0.0
        for at in range(item_offsets[item], item_offsets[item + 1]):
            place = places[at]
            for step in range(1, min(row_ends[place] - place, len(decay) + 1)):
                other, weight = items[place + step], decay[step - 1] * weights[place]
                if weight <= 0.0:
                    continue
                if after[other] == 0.0:
                    touched[seen] = other
                    seen += 1
                after[other] += weight
                left += weight
        found = np.sort(touched[:seen])
        values = np.empty(seen, np.float32)
        for at in range(seen):
            other = found[at]
            values[at] = after[other] / (left + shrink) / arrived[other] ** damping
        order = np.argsort(-values, kind="mergesort")[:keep]
        lengths[item] = len(order)
        codes[item, : len(order)] = found[order]
        scores[item, : len(order)] = values[order]
        after[found] = 0.0


@njit(cache=True, nogil=True)
def followed(
    first: int, last: int, visit_offsets: Array, visit_items: Array, list_offsets: Array, list_items: Array,
    list_scores: Array, recency: float, again: float, seeds: int, k: int, codes: Array, scores: Array, n_items: int,
) -> None:  # fmt: skip
    """Fills in ``codes[n, k]`` and ``scores[n, k]``, best first, for the visits from `first` up to `last`."""
    total = np.zeros(n_items, np.float64)
    touched = np.empty(n_items, np.int32)
    for visit in range(first, last):
        begin, end, seen = visit_offsets[visit], visit_offsets[visit + 1], 0
        for at in range(max(begin, end - seeds), end):
            weight = np.exp(-(end - 1 - at) / recency)
            for entry in range(list_offsets[visit_items[at]], list_offsets[visit_items[at] + 1]):
                item = list_items[entry]
                if total[item] == 0.0:
                    touched[seen] = item
                    seen += 1
                total[item] += weight * list_scores[entry]
        found = np.sort(touched[:seen])
        values = np.empty(seen, np.float32)
        for at in range(seen):
            values[at] = total[found[at]]
            for other in range(begin, end):
                if visit_items[other] == found[at]:
                    values[at] = total[found[at]] * again
                    break
        best = np.argsort(-values, kind="mergesort")
        best = best[values[best] > 0.0][:k]
        codes[visit, : len(best)] = found[best]
        scores[visit, : len(best)] = values[best]
        total[found] = 0.0
