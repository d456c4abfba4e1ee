"""When somebody buys something again; see `endcap.models.buy_again`."""

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, nogil=True)
def waited(
    offsets: Array, places: Array, items: Array, times: Array, apart: float, bought: Array, since: Array, waits: Array
) -> Any:
    """Fills in item and time of each purchase and how long its user then waited (NaN: not yet), and gives their number.

    `places` of the purchases of each user, the oldest first. One that comes less than `apart` after another of the same
    user and item is none of its own.
    """
    kept = 0
    for user in range(len(offsets) - 1):
        mine = places[offsets[user] : offsets[user + 1]]
        codes = np.empty(len(mine), np.int32)
        for at in range(len(mine)):
            codes[at] = items[mine[at]]
        before, item = np.nan, -1
        for at in np.argsort(codes, kind="mergesort"):
            time, same = times[mine[at]], codes[at] == item
            if not (same and time - before < apart):
                if same:
                    waits[kept - 1] = time - since[kept - 1]
                bought[kept], since[kept], waits[kept] = codes[at], time, np.nan
                kept += 1
            before, item = time, codes[at]
    return kept
