"""What a model learns from: lists of items that belong together."""

from typing import Literal

import numpy as np

from endcap.core.arrays import Ragged, offsets_of
from endcap.core.dataset import Dataset
from endcap.core.errors import BadData
from endcap.core.records import KINDS

Source = Literal["baskets", "sessions", "histories"]
"""What counts as "together": one order, one visit, or all that one user bought."""


def rows_of(data: Dataset, source: Source) -> Ragged:
    """The lists of items that a model learns from; raises `BadData` if there is none, instead of learning nothing."""
    rows = {
        "baskets": lambda: data.baskets.items,
        "sessions": lambda: data.sessions,
        "histories": lambda: data.histories("purchase"),
    }[source]()
    if not len(rows.values):
        kinds = ", ".join(KINDS[kind] for kind in np.unique(data.events.kind)) or "none"
        raise BadData(f"there is nothing to learn from in {source}; event kinds in the data: {kinds}")
    return rows


def transposed(rows: Ragged, n_items: int) -> Ragged:
    """For each item the rows that have it, in ascending order."""
    order = np.argsort(rows.values, kind="stable")
    offsets = offsets_of(np.bincount(rows.values, minlength=n_items))
    return Ragged(offsets, rows.rows[order].astype(np.int32))
