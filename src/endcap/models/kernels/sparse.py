"""Sparse rows times a dense matrix; see `endcap.models.content.sparse`."""

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, nogil=True)
def times(first: int, last: int, offsets: Array, columns: Array, values: Array, dense: Array, out: Array) -> None:
    """Adds to the rows `first` … `last` of `out` ``[n, size]`` those of the sparse matrix times `dense`."""
    for row in range(first, last):
        for at in range(offsets[row], offsets[row + 1]):
            value, other = values[at], dense[columns[at]]
            for axis in range(dense.shape[1]):
                out[row, axis] += value * other[axis]
