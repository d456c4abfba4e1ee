"""Ranked lists as matrices: one row per query, item codes best first, -1 after the end of a short list."""

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes, Ragged


def located(codes: Codes, rows: Ragged) -> NDArray[np.int64]:
    """Where each code ``[n, k]`` stands in its own row of `rows`: a place in ``rows.values``; -1 if it is not there."""
    if not len(rows.values):
        return np.full(codes.shape, -1, np.int64)
    span = 1 + max(int(codes.max(initial=0)), int(rows.values.max()))
    keys = rows.rows * span + rows.values
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    wanted = np.arange(len(codes))[:, None] * span + codes
    near = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where((keys[near] == wanted) & (codes >= 0), order[near], -1)


def front(codes: Codes, kept: NDArray[np.bool_], k: int) -> Codes:
    """The first k of those codes of each row that are kept ``[n, k]``, in their order."""
    place = np.cumsum(kept, axis=1) - 1
    rows, columns = np.nonzero(kept & (place < k))
    chosen = np.full((len(codes), k), -1, np.int32)
    chosen[rows, place[rows, columns]] = codes[rows, columns]
    return chosen
