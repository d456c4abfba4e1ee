"""What can be said of an item at a moment, from the events until then: price, availability, age."""

from dataclasses import replace

import numpy as np

from endcap.core.arrays import Array
from endcap.core.dataset import DAY, Dataset

ON_SALE_DAYS = 90.0
"""A shop without stock records is taken to sell what it sold within this many days …

… and one whose log has no purchase at all, what was seen within them.
"""


def as_of(data: Dataset) -> Dataset:
    """The dataset with the catalog columns that depend on time, as they stood at `data.now`.

    `price` (median of the last 30 days in which it was sold, per piece; if never, what the catalog lists, or NaN),
    `available` (sold lately; in a log without any purchase, seen lately), `bought` (how often), `age_days` (since first
    seen; NaN if never).
    """
    n, events = len(data.catalog), data.events
    first, last = np.full(n, np.nan), np.full(n, -np.inf)
    np.fmin.at(first, events.item, events.time)
    bought = data.of_kinds("purchase")
    alive = bought if len(bought) else events
    np.maximum.at(last, alive.item, alive.time)
    recent = bought.take((bought.time > last[bought.item] - 30 * DAY) & ~np.isnan(bought.price))
    price = _medians(recent.item, recent.price, n)
    if "list_price" in data.catalog:
        price = np.where(np.isnan(price), data.catalog["list_price"], price)
    columns = {
        "price": price,
        "bought": np.bincount(bought.item, minlength=n).astype(np.float32),
        "available": last > data.now - ON_SALE_DAYS * DAY,
        "age_days": ((data.now - first) / DAY).astype(np.float32),
    }
    return replace(data, catalog=data.catalog.with_columns(columns))


def _medians(groups: Array, values: Array, n: int) -> Array:
    order = np.lexsort((values, groups))
    counts = np.bincount(groups, minlength=n)
    starts = np.cumsum(counts) - counts
    medians = np.full(n, np.nan)
    has = counts > 0
    medians[has] = values[order][(starts + (counts - 1) // 2)[has]]
    return medians
