"""Splits by time: what is learned from lies before what is judged on."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from endcap.core.arrays import Array
from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.data.splits.known import as_known


@dataclass(frozen=True)
class Split:
    """What is learned from and what is judged on; the catalog of both is as it stood when training ended."""

    train: Dataset
    test: Dataset
    cut: float
    """When judging begins: seconds since 1970 (UTC)."""


@dataclass(frozen=True)
class Validated:
    """A split inside the training side of another, so that settings are chosen by what nobody is judged on."""

    inner: Split
    """Fit on its training side, choose on its test side …"""
    outer: Split
    """… then fit what was chosen on this one's, and judge."""


def time_split(data: Dataset, test_share: float = 0.2, gap_days: float = 0.0) -> Split:
    """Cuts at the moment before which (1 - test_share) of the orders (or sessions, if there are none) began.

    With a gap, training ends so many days before the cut, as it does where a model is a while on its way. Raises
    `BadData` if one side would be empty.
    """
    starts = data.baskets.time if len(data.baskets) else _session_starts(data)
    if not len(starts):
        raise BadData("there is no event to split")
    return split_at(data, float(np.sort(starts)[int(len(starts) * (1 - test_share))]), gap_days)


def split_at(data: Dataset, cut: float, gap_days: float = 0.0, start: float = -np.inf, end: float = np.inf) -> Split:
    """What happened from `start` until `gap_days` before the cut, and from the cut until `end` (seconds since 1970).

    Raises `BadData` if one side would be empty.
    """
    train, test = data.between(start, cut - gap_days * DAY), data.between(cut, end)
    if not len(train.events) or not len(test.events):
        orders = len(data.baskets)
        raise BadData(
            f"{orders} {'order is' if orders == 1 else 'orders are'} too few to judge by: nothing is left to learn "
            "from before the cut in time, or to judge on after it; come back with more orders"
        )
    known = as_known(train, data)
    return Split(known, replace(test, catalog=known.catalog), cut)


def rolling_splits(
    data: Dataset,
    windows: int = 4,
    days: float = 28.0,
    gap_days: float = 0.0,
    history_days: float | None = None,
    known: Callable[[float], Dataset] | None = None,
) -> tuple[Split, ...]:
    """As many splits, oldest first, whose test sides are the last windows of so many days, one after the other.

    Each learns from everything before its window, or from the last `history_days` of it. `known` gives the dataset as
    it was known at the end of each training, if that depends on when. Raises `BadData` if there is nothing to learn
    from before a window, or nothing to judge on in it.
    """
    cuts = [data.now - (windows - place) * days * DAY for place in range(windows)]
    until = 0.0 if history_days is None else (gap_days + history_days) * DAY
    return tuple(
        split_at(
            known(cut - gap_days * DAY) if known else data, cut, gap_days, cut - until if until else -np.inf, following
        )
        for cut, following in zip(cuts, [*cuts[1:], np.inf], strict=True)
    )


def with_validation(split: Split, share: float = 0.1, gap_days: float = 0.0) -> Validated:
    """The split with another in its training side: the last share of its orders, or sessions, to choose by."""
    return Validated(time_split(split.train, share, gap_days), split)


def _session_starts(data: Dataset) -> Array:
    starts = np.full(int(data.events.session.max(initial=-1)) + 1, np.inf)
    np.minimum.at(starts, data.events.session, data.events.time)
    begun: Array = starts[np.isfinite(starts)]
    return begun
