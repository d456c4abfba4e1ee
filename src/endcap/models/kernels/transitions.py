"""What comes after what, counted with decay, and many visits scored with it; see `endcap.models.sequential_rules`."""

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, nogil=True)
def followers_of(
    first: int, last: int, offsets: Array, rows: Array, items: Array, item_offsets: Array, places: Array, near: Array,
    weights: Array, arrived: Array, settings: Array, keep: int, lengths: Array, codes: Array, scores: Array,
) -> None:  # fmt: skip
    """Fills in, for the items from `first` up to `last`, the codes ``[n_items, keep]`` of what follows, best first.

    `places` are the places of each item among `items`, `rows` the row of each place and `offsets` where rows begin,
    `weights` what each place counts. A pair counts what its earlier place does, times what ``near[2 window + 1]`` says
    of the steps from one to the other, no step in the middle. `settings` are shrink, own exponent and damping. Each
    item is counted alone, so that the result does not depend on how they are shared among threads. Ties go to the
    smaller code.
    """
    shrink, exponent, damping = settings
    window = len(near) // 2
    before = window if near[:window].any() else 0
    after = np.zeros(len(arrived), np.float64)
    touched = np.empty(len(arrived), np.int32)
    for item in range(first, last):
        seen, left = 0, 0.0
        for at in range(item_offsets[item], item_offsets[item + 1]):
            place = places[at]
            begin, end = offsets[rows[place]], offsets[rows[place] + 1]
            for there in range(max(begin, place - before), min(end, place + window + 1)):
                other, weight = items[there], near[window + there - place] * weights[min(place, there)]
                if weight <= 0.0:
                    continue
                if after[other] == 0.0:
                    touched[seen] = other
                    seen += 1
                after[other] += weight
                left += weight
        found = np.sort(touched[:seen])
        values, whole = np.empty(seen, np.float32), (left + shrink) ** exponent
        for at in range(seen):
            other = found[at]
            values[at] = after[other] / whole / arrived[other] ** damping
        order = np.argsort(-values, kind="mergesort")[:keep]
        lengths[item] = len(order)
        codes[item, : len(order)] = found[order]
        scores[item, : len(order)] = values[order]
        after[found] = 0.0


@njit(cache=True, nogil=True)
def followed(
    first: int, last: int, visit_offsets: Array, visit_items: Array, visit_lists: Array, list_offsets: Array,
    list_items: Array, list_scores: Array, recency: float, again: float, seeds: int, k: int, codes: Array,
    scores: Array, n_items: int,
) -> None:  # fmt: skip
    """Fills in ``codes[n, k]`` and ``scores[n, k]``, best first, for the visits from `first` up to `last`.

    `visit_lists` says for each item of the visits which list it leads to; -1: to none. What adds up to nothing is not
    found.
    """
    total = np.zeros(n_items, np.float64)
    touched, met = np.empty(n_items, np.int32), np.full(n_items, -1, np.int64)
    for visit in range(first, last):
        begin, end, seen = visit_offsets[visit], visit_offsets[visit + 1], 0
        for at in range(max(begin, end - seeds), end):
            weight, held = np.exp(-(end - 1 - at) / recency), visit_lists[at]
            if held < 0:
                continue
            for entry in range(list_offsets[held], list_offsets[held + 1]):
                item = list_items[entry]
                if met[item] != visit:  # scores below zero may have brought a sum back to zero
                    met[item] = visit
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
        best = best[values[best] != 0.0][:k]
        codes[visit, : len(best)] = found[best]
        scores[visit, : len(best)] = values[best]
        total[found] = 0.0
