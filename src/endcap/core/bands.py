"""What an item usually costs, and whether that is cheap, middle or dear beside others of its category."""

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes
from endcap.core.catalog import TYPICAL_PRICE, Catalog

BANDS = 3
"""How many there are: thirds of the items of a category."""


def price_levels(catalog: Catalog) -> NDArray[np.float64]:
    """What models take for cheap and dear: what each item ``[n_items]`` was sold for lately, else what is listed.

    What it was sold for comes first since it is known at every moment of the past; what is listed is known of today
    alone. So a back-test learns nothing from prices that came after it. NaN where neither is known.
    """
    known = [np.asarray(catalog[name], np.float64) for name in (TYPICAL_PRICE, "price") if name in catalog]
    levels = np.full(len(catalog), np.nan)
    for prices in known:
        levels = np.where(np.isnan(levels), prices, levels)
    return levels


def price_bands(prices: NDArray[np.float64], categories: Codes) -> Codes:
    """The band of each item within its category, from 0 (the cheapest third); -1 where price or category is not known.

    Equal prices of a category share the lower band, so that a category of one price is one band.
    """
    known = np.flatnonzero(~np.isnan(prices) & (categories >= 0))
    order = known[np.lexsort((prices[known], categories[known]))]
    sizes = np.bincount(categories[order])
    starts = np.cumsum(sizes) - sizes
    place = np.arange(len(order)) - starts[categories[order]]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (np.diff(prices[order]) != 0) | (np.diff(categories[order]) != 0)
    first = np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))
    bands = np.full(len(prices), -1, np.int32)
    bands[order] = BANDS * place[first] // sizes[categories[order]]
    return bands
