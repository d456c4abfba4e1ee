"""What can be said of an item at a moment, from the events until then: usual price, availability, age."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from endcap.core.arrays import Array
from endcap.core.catalog import OFFERED, TYPICAL_PRICE
from endcap.core.dataset import DAY, Dataset

ON_SALE_DAYS = 90.0
"""A shop that gives neither catalog nor stock is taken to sell what it sold within this many days …

… and one whose log has no purchase at all, what was seen within them.
"""


INFERRED = "no catalog and no stock column"
"""How the sentence begins that says what is on sale where the shop itself does not."""


def as_of(data: Dataset) -> Dataset:
    """The dataset with the catalog columns that depend on time, as they stood at `data.now`.

    `typical_price` (median of the last 30 days in which it was sold, per piece; NaN if never), `available` (what the
    shop says, see `OFFERED`; of an item of which it says nothing, whether it was sold lately, in a log without any
    purchase, seen lately), `bought` (how often), `age_days` (since first seen; NaN if never). A catalog without prices
    gets a `price` of NaN.

    What the shop says holds at the end of the dataset: for an earlier moment, take `OFFERED` out first, as
    `endcap.data.splits.known` does.
    """
    n, events = len(data.catalog), data.events
    first, last = np.full(n, np.nan), np.full(n, -np.inf)
    np.fmin.at(first, events.item, events.time)
    bought = data.of_kinds("purchase")
    alive = bought if len(bought) else events
    np.maximum.at(last, alive.item, alive.time)
    recent = bought.take((bought.time > last[bought.item] - 30 * DAY) & ~np.isnan(bought.price))
    available = last > data.now - ON_SALE_DAYS * DAY
    if OFFERED in data.catalog:
        offered = data.catalog[OFFERED]
        available = np.where(offered < 0, available, offered > 0)
    columns = {
        TYPICAL_PRICE: _medians(recent.item, recent.price, n),
        "bought": np.bincount(bought.item, minlength=n).astype(np.float32),
        "available": available,
        "age_days": ((data.now - first) / DAY).astype(np.float32),
    }
    if "price" not in data.catalog:
        columns["price"] = np.full(n, np.nan)
    return replace(data, catalog=data.catalog.with_columns(columns))


def on_sale_told(data: Dataset) -> str:
    """How many items of a dataset are on sale, and how that is known, in a sentence for people."""
    catalog, n = data.catalog, len(data.catalog)
    sold = f"{int(np.asarray(catalog['available'], bool).sum()):,} of {n:,} items are on sale"
    did = "sold" if len(data.of_kinds("purchase")) else "seen"
    day = datetime.fromtimestamp(data.now, UTC).date().isoformat()
    inferred = f"counts as on sale if it was {did} in the last {ON_SALE_DAYS:.0f} days before {day}"
    if OFFERED not in catalog:
        return f"{INFERRED}: an item {inferred}; {sold}"
    offered, seen = catalog[OFFERED], ~np.isnan(catalog["age_days"])
    told = [
        f"{sold}, as the catalog says",
        *_counted("not on sale though it has events", int(((offered == 0) & seen).sum())),
        *_counted("on sale and without any event yet", int(((offered > 0) & ~seen).sum())),
    ]
    silent = int((offered < 0).sum())
    return "; ".join(
        [*told, *([f"{silent:,} of which the catalog says nothing: such an item {inferred}"] * bool(silent))]
    )


def _counted(what: str, count: int) -> list[str]:
    return [f"{count:,} {what}"] if count else []


def _medians(groups: Array, values: Array, n: int) -> Array:
    order = np.lexsort((values, groups))
    counts = np.bincount(groups, minlength=n)
    starts = np.cumsum(counts) - counts
    medians = np.full(n, np.nan)
    has = counts > 0
    medians[has] = values[order][(starts + (counts - 1) // 2)[has]]
    return medians
