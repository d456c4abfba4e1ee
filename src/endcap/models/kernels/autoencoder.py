"""What a closed-form linear model needs of a sparse matrix of rows (visitors) and items."""

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, nogil=True)
def shared(
    first: int, last: int, offsets: Array, values: Array, have_offsets: Array, have: Array, worth: Array, sums: Array
) -> None:
    """Adds to ``sums[first:last]`` what the values are worth that each row shares with every row ``[n, n]``."""
    for row in range(first, last):
        line = sums[row]
        for at in range(offsets[row], offsets[row + 1]):
            value = values[at]
            for other in range(have_offsets[value], have_offsets[value + 1]):
                line[have[other]] += worth[value]


@njit(cache=True, nogil=True, fastmath=True)
def summed(chosen: Array, matrix: Array, sums: Array) -> None:
    """Fills ``sums[n]`` with the sum of the chosen rows of a matrix."""
    sums[:] = np.float32(0.0)
    for row in chosen:
        line = matrix[row]
        for column in range(len(line)):
            sums[column] += line[column]


@njit(cache=True, nogil=True)
def picked(offsets: Array, values: Array, line: Array, sums: Array) -> None:
    """Fills ``sums[n]`` with the sum of the entries of a line that each of the n lists names."""
    for row in range(len(offsets) - 1):
        total = np.float32(0.0)
        for at in range(offsets[row], offsets[row + 1]):
            total += line[values[at]]
        sums[row] = total


@njit(cache=True, nogil=True)
def within(first: int, last: int, offsets: Array, values: Array, matrix: Array, sums: Array) -> None:
    """Fills ``sums[first:last]`` with the sum of what stands in a matrix for each two (or twice one) of a list."""
    for row in range(first, last):
        total = 0.0
        for one in range(offsets[row], offsets[row + 1]):
            line = matrix[values[one]]
            for other in range(offsets[row], offsets[row + 1]):
                total += line[values[other]]
        sums[row] = total
