"""What a closed-form linear model needs of a sparse matrix of rows (visitors) and items."""

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, nogil=True)
def shared(
    first: int, last: int, offsets: Array, values: Array, have_offsets: Array, have: Array, counts: Array
) -> None:
    """Fills ``counts[first:last]`` with how many values each row shares with every row ``[n, n]``."""
    for row in range(first, last):
        line = counts[row]
        for at in range(offsets[row], offsets[row + 1]):
            value = values[at]
            for other in range(have_offsets[value], have_offsets[value + 1]):
                line[have[other]] += np.float32(1.0)


@njit(cache=True, nogil=True, fastmath=True)
def summed(first: int, last: int, offsets: Array, values: Array, matrix: Array, sums: Array) -> None:
    """Fills ``sums[0 : last - first]`` with the sum of the matrix' rows that each of the lists names."""
    for row in range(first, last):
        line = sums[row - first]
        line[:] = np.float32(0.0)
        for at in range(offsets[row], offsets[row + 1]):
            other = matrix[values[at]]
            for column in range(len(line)):
                line[column] += other[column]


@njit(cache=True, nogil=True)
def picked(offsets: Array, values: Array, line: Array, sums: Array) -> None:
    """Fills ``sums[n]`` with the sum of the entries of a line that each of the n lists names."""
    for row in range(len(offsets) - 1):
        total = np.float32(0.0)
        for at in range(offsets[row], offsets[row + 1]):
            total += line[values[at]]
        sums[row] = total
