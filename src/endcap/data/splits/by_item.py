"""A split by item: some that the shop sells are kept from training, so that it can be asked who finds them."""

import hashlib
from dataclasses import replace

import numpy as np

from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.data.splits.by_time import Split, split_at

HIDDEN = "hidden"
"""Column of the catalog: items that training has no event of, though they are described and for sale."""


def item_split(
    data: Dataset, cut: float, rng: np.random.Generator, cold_share: float = 0.1, gap_days: float = 0.0
) -> Split:
    """Cuts at a moment (seconds since 1970), and takes every event of a share of the items out of training.

    What the shop knows of a hidden item without its events stays in the catalog: title, category, price, and whether
    it is for sale. What only events tell is gone: it was never bought and never seen. Raises `BadData` if there is
    nothing to learn from, or nothing to judge on.
    """
    whole = split_at(data, cut, gap_days)
    sold = np.flatnonzero(whole.train.catalog["available"])
    hidden = np.zeros(len(data.catalog), bool)
    hidden[sold[rng.random(len(sold)) < cold_share]] = True
    kept = ~hidden[whole.train.events.item]
    if not kept.any():
        raise BadData("every event before the cut is of a hidden item: nothing is left to learn from")
    known = whole.train.catalog
    columns = {
        "bought": np.where(hidden, 0.0, known["bought"]).astype(np.float32),
        "age_days": np.where(hidden, np.nan, known["age_days"]).astype(np.float32),
        HIDDEN: hidden,
    }
    catalog = known.with_columns(columns)
    digest = hashlib.sha256(np.packbits(hidden).tobytes()).hexdigest()[:12]
    name = f"{data.fingerprint}[until {cut - gap_days * DAY} without {int(hidden.sum())} items {digest}]"
    train = replace(whole.train, events=whole.train.events.take(kept), catalog=catalog, fingerprint=name)
    return Split(train, replace(whole.test, catalog=catalog), cut)
