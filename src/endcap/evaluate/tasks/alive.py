"""Candidates are what is alive when it is asked, not only when training ended."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Ragged
from endcap.core.dataset import DAY, Dataset
from endcap.data.describe import ON_SALE_DAYS
from endcap.evaluate.tasks.task import Closed, Task


def alive_when_asked(task: Task, train: Dataset, test: Dataset) -> Task:
    """The task, and its twin, without the items that had gone from the shop by the day of a query.

    Gone is, as in `endcap.data.describe`, what was not sold for `ON_SALE_DAYS` (in a log without sales: not touched);
    an item of which no sale is known is judged by the catalog. What is gone is not right either, and a query that
    wanted nothing else is not asked.
    """
    twin = None if task.twin is None else alive_when_asked(task.twin, train, test)
    days = np.maximum((task.queries.now - train.now) // DAY, 0).astype(np.int64)
    if not days.any():
        return replace(task, twin=twin)
    items = _gone(train, test, int(days.max()) + 1, task.allowed)
    closed, n = Closed(items, days), len(train.catalog)
    wanted = task.relevant
    gone = np.isin(days[wanted.rows] * n + wanted.values, items.rows * n + items.values)
    relevant = wanted.keep(~gone)
    asked = np.flatnonzero((relevant.lengths > 0) | (wanted.lengths == 0))
    lost = len(days) - len(asked)
    left_out = {
        **task.left_out,
        **({"queries that wanted only what had gone from the shop by then": lost} if lost else {}),
    }
    return replace(task, relevant=relevant, closed=closed, twin=twin, left_out=left_out).take(asked)


def _gone(train: Dataset, test: Dataset, days: int, allowed: NDArray[np.bool_]) -> Ragged:
    """The allowed items that are gone at the beginning of each day after the end of training."""
    before, after = _signs(train), _signs(test)
    last = np.full(len(allowed), -np.inf)
    np.maximum.at(last, before[0], before[1])
    order = np.argsort(after[1], kind="stable")
    item, time = after[0][order], after[1][order]
    ends = np.searchsorted(time, train.now + DAY * np.arange(days))
    gone, start = [], 0
    for day, end in enumerate(ends.tolist()):
        np.maximum.at(last, item[start:end], time[start:end])
        old = last <= train.now + DAY * day - ON_SALE_DAYS * DAY
        gone.append(np.flatnonzero(allowed & old & np.isfinite(last)))
        start = end
    return Ragged.of(gone)


def _signs(data: Dataset) -> tuple[Array, Array]:
    """Items and times of what tells that an item is alive: sales, or where there are none, whatever was done."""
    sold = data.of_kinds("purchase")
    events = sold if len(sold) else data.events
    return events.item, events.time
