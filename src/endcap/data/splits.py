"""Splits by time: what is learned from lies before what is judged on."""

from dataclasses import dataclass

import numpy as np

from endcap.core.arrays import Array
from endcap.core.dataset import Dataset
from endcap.core.errors import BadData
from endcap.data.describe import as_of


@dataclass(frozen=True)
class Split:
    """One global cut in time; the catalog of both sides is as it stood at the cut, so that nothing leaks back."""

    train: Dataset
    test: Dataset
    cut: float
    """Seconds since 1970 (UTC)."""


def time_split(data: Dataset, test_share: float = 0.2) -> Split:
    """Cuts at the moment before which (1 - test_share) of the orders (or sessions, if there are none) began.

    Raises `BadData` if one side would be empty.
    """
    starts = data.baskets.time if len(data.baskets) else _session_starts(data)
    cut = float(np.sort(starts)[int(len(starts) * (1 - test_share))])
    train = as_of(data.between(-np.inf, cut))
    test = data.between(cut, np.inf)
    if not len(train.events) or not len(test.events):
        raise BadData(f"nothing is left to learn from before the cut, or to judge on after it ({len(starts)} orders)")
    as_at_cut = Dataset(test.events, train.catalog, data.users, test.now, test.fingerprint)
    return Split(train, as_at_cut, cut)


def _session_starts(data: Dataset) -> Array:
    starts = np.full(int(data.events.session.max(initial=-1)) + 1, np.inf)
    np.minimum.at(starts, data.events.session, data.events.time)
    begun: Array = starts[np.isfinite(starts)]
    return begun
