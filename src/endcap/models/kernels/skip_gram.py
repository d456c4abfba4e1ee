"""Skip-gram with negative sampling (Mikolov et al. 2013), negatives shared by all partners of one centre."""

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, nogil=True, fastmath=True)
def train(
    offsets: Array,
    values: Array,
    first_row: int,
    last_row: int,
    inputs: Array,
    outputs: Array,
    keep: Array,
    negative_table: Array,
    window: int,
    negatives: int,
    shuffle: bool,
    rate_start: float,
    rate_end: float,
    seed: int,
) -> None:
    """One pass over the rows ``first_row … last_row``, updating both matrices in place.

    `keep[item]`: chance that an occurrence is used (subsampling); `negative_table`: item codes, each as often as it
    is to be drawn. With several threads on the same matrices, updates may be lost and the result varies (Hogwild).
    """
    size = inputs.shape[1]
    state = np.uint64(seed) * np.uint64(2862933555777941757) + np.uint64(3037000493)
    row_buffer = np.empty(1024, np.int32)
    gradient = np.empty(size, np.float32)
    targets = np.empty(negatives + 1, np.int32)
    for row in range(first_row, last_row):
        progress = (row - first_row) / max(last_row - first_row, 1)
        rate = np.float32(rate_start + (rate_end - rate_start) * progress)
        length = 0
        for at in range(offsets[row], offsets[row + 1]):
            item = values[at]
            state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            if (state >> np.uint64(40)) * (1.0 / 16777216.0) < keep[item] and length < 1024:
                row_buffer[length] = item
                length += 1
        if shuffle:
            for place in range(length - 1, 0, -1):
                state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
                other = np.int64((state >> np.uint64(33)) % np.uint64(place + 1))
                row_buffer[place], row_buffer[other] = row_buffer[other], row_buffer[place]
        for centre in range(length):
            targets[0] = row_buffer[centre]
            for place in range(1, negatives + 1):
                state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
                targets[place] = negative_table[(state >> np.uint64(33)) % np.uint64(len(negative_table))]
            for partner in range(max(0, centre - window), min(length, centre + window + 1)):
                if partner == centre:
                    continue
                source = row_buffer[partner]
                for d in range(size):
                    gradient[d] = 0.0
                for place in range(negatives + 1):
                    target = targets[place]
                    if place > 0 and target == targets[0]:
                        continue
                    dot = np.float32(0.0)
                    for d in range(size):
                        dot += inputs[source, d] * outputs[target, d]
                    label = np.float32(1.0) if place == 0 else np.float32(0.0)
                    step = rate * (label - np.float32(1.0) / (np.float32(1.0) + np.exp(-dot)))
                    for d in range(size):
                        gradient[d] += step * outputs[target, d]
                        outputs[target, d] += step * inputs[source, d]
                for d in range(size):
                    inputs[source, d] += gradient[d]
