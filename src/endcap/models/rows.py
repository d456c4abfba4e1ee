"""What a model learns from: lists of items that belong together."""

from typing import Literal

import numpy as np

from endcap.core.arrays import Ragged, offsets_of
from endcap.core.dataset import Dataset

Source = Literal["baskets", "sessions", "histories"]
"""What counts as "together": one order, one visit, or all that one user bought."""


def rows_of(data: Dataset, source: Source) -> Ragged:
    """The lists of items that a model learns from."""
    if source == "baskets":
        return data.baskets.items
    return data.sessions if source == "sessions" else data.histories("purchase")


def transposed(rows: Ragged, n_items: int) -> Ragged:
    """For each item the rows that have it, in ascending order."""
    order = np.argsort(rows.values, kind="stable")
    offsets = offsets_of(np.bincount(rows.values, minlength=n_items))
    return Ragged(offsets, rows.rows[order].astype(np.int32))
