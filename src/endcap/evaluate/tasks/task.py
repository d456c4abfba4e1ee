"""A question put at the cut or after it, whose answer lies in what followed; and what all such questions share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Ragged, offsets_of
from endcap.core.catalog import Labels
from endcap.core.dataset import Dataset
from endcap.core.habits import Pasts, pasts_of
from endcap.core.query import Queries

LIMIT = 2000
"""At most so many queries are judged, drawn at random from all there are."""
HISTORY = 50
"""How many of the last purchases, or steps of a visit, a query tells."""
TOUCHES = ("view", "click", "cart", "purchase")
"""Kinds of event by which a visitor says something; what was only shown, or taken back, does not."""
Repeats = Literal["kept out", "allowed"]


@dataclass(frozen=True)
class Closed:
    """What was alive at the cut and no longer is when a query is asked; by day, so that no query has a copy of it."""

    items: Ragged
    """Of each day after the cut."""
    day: NDArray[np.int64]
    """The row of each query."""


@dataclass(frozen=True)
class Task:
    """Queries, what would have been right for each, and what a list may hold."""

    name: str
    title: str
    description: str
    """What is asked and what counts as right, in one sentence for people."""
    success: str
    """What it means that a list holds something relevant; ``{share}`` stands for how often it does."""
    queries: Queries
    relevant: Ragged
    units: NDArray[np.int64]
    """The user (or order of a guest) that each query comes from; queries of one unit are not independent."""
    allowed: NDArray[np.bool_]
    """Which items may be ranked ``[n_items]``: those that were alive at the cut."""
    exclude: Ragged
    """What a list must not hold, query by query."""
    possible: int
    """How many queries there were before a limit."""
    left_out: Mapping[str, int]
    """How many questions could not be asked, by reason."""
    confusable: Ragged | None = None
    """What belongs to another relation and is wrong here, query by query; None where nobody can know."""
    newcomers: NDArray[np.bool_] | None = None
    """Which queries come from visitors whom training does not know; None where that is not asked."""
    device: Labels | None = None
    """What the visit of each query was done with; None where nobody knows, or no query is of a visit."""
    repeats: Repeats | None = None
    """What becomes of items that the visitor had before; None where that does not matter."""
    twin: "Task | None" = None
    """The same question with the other answer to that."""
    closed: Closed | None = None
    """What a list must not hold either, by the day of the query; None where all is asked at the cut."""

    def saying(self, description: str) -> "Task":
        """The same task under another description."""
        return replace(self, description=description)

    def take(self, rows: Array) -> "Task":
        """The same task with only the given queries (numbers), in the given order; its twin stays what it is."""
        return replace(
            self,
            queries=self.queries.take(rows),
            relevant=self.relevant.take(rows),
            units=self.units[rows],
            exclude=self.exclude.take(rows),
            confusable=None if self.confusable is None else self.confusable.take(rows),
            newcomers=None if self.newcomers is None else self.newcomers[rows],
            device=None if self.device is None else self.device.take(rows),
            closed=None if self.closed is None else replace(self.closed, day=self.closed.day[rows]),
        )


TaskMaker = Callable[[Dataset, Dataset, np.random.Generator, int], Task]
"""From training data, test data, randomness and the highest number of queries to a task."""


def drawn(task: Task, rng: np.random.Generator, limit: int) -> Task:
    """In random order, so that the first few are examples that nobody chose, and at most so many."""
    return task.take(rng.permutation(len(task.queries))[:limit])


def both_ways(task: Task, seen: Ragged, main: Repeats, rng: np.random.Generator, limit: int) -> Task:
    """A task with what a visitor had before (query by query) kept out or allowed; the other way is its twin.

    Each way asks the queries that still want something: where repeats are kept out, they are not right either. Both
    are drawn and limited; how the twin is drawn does not change what is drawn after it.
    """
    fresh = task.relevant.keep(~among_rows(task.relevant, seen))
    out = distinct_rows(joined(task.exclude, seen))
    ways: dict[Repeats, Task] = {
        "kept out": replace(task, relevant=fresh, exclude=out, repeats="kept out"),
        "allowed": replace(task, repeats="allowed"),
    }
    other: Repeats = "allowed" if main == "kept out" else "kept out"
    (chance,) = rng.spawn(1)
    return replace(drawn(_asked(ways[main]), rng, limit), twin=drawn(_asked(ways[other]), chance, limit))


def _asked(task: Task) -> Task:
    """Only the queries that want something; the others are counted."""
    wanting = np.flatnonzero(task.relevant.lengths > 0)
    missing = len(task.queries) - len(wanting)
    reasons = {
        "kept out": "queries that want only what the visitor had before, or what was not on sale at the cut",
        "allowed": "queries that want only what was not on sale at the cut",
    }
    left_out = {**task.left_out, **({reasons[task.repeats]: missing} if task.repeats else {})}
    return replace(task, possible=len(wanting), left_out=left_out).take(wanting)


def units_of(users: Array, guests: Array, train: Dataset) -> NDArray[np.int64]:
    """The user of each query, or for one of a guest the given number of the visit or order, moved beyond all users."""
    return np.where(users >= 0, users, len(train.users) + guests).astype(np.int64)


def newcomers(units: NDArray[np.int64], train: Dataset) -> NDArray[np.bool_]:
    """Which units are guests, or users of whom nothing is known."""
    return ~np.isin(units, train.events.user[train.events.user >= 0])


def countries(test: Dataset, sessions: Array) -> Labels | None:
    """Where each of the given sessions came from; None where it is known of none."""
    return None if test.countries is None else test.countries.take(sessions)


def devices(test: Dataset, sessions: Array) -> Labels | None:
    """What each of the given sessions was done with; None where it is known of none."""
    return None if test.devices is None else test.devices.take(sessions)


def on_sale(train: Dataset) -> NDArray[np.bool_]:
    """Which items were alive when training ended, as `endcap.data.describe` says it."""
    return train.catalog["available"].astype(bool)


def past_of(train: Dataset, users: Array) -> Pasts:
    """The last `HISTORY` different items that each of the given users (-1: a guest) bought, as a request tells them."""
    return pasts_of(train).latest(HISTORY).take(users)


def last_of(rows: Ragged, n: int) -> Ragged:
    """The last n values of each row."""
    from_end = np.repeat(rows.offsets[1:], rows.lengths) - np.arange(len(rows.values))
    return rows.keep(from_end <= n)


def of_users(rows: Ragged, users: Array) -> Ragged:
    """The row of each user, and an empty one for a guest (-1)."""
    empty = Ragged(np.append(rows.offsets, rows.offsets[-1]), rows.values)
    return empty.take(np.where(users >= 0, users, len(rows)))


def distinct_rows(rows: Ragged) -> Ragged:
    """The different values of each row, ascending."""
    span = int(rows.values.max(initial=0)) + 1
    keys = np.unique(rows.rows * span + rows.values)
    return Ragged(offsets_of(np.bincount(keys // span, minlength=len(rows))), (keys % span).astype(rows.values.dtype))


def among_rows(rows: Ragged, others: Ragged) -> NDArray[np.bool_]:
    """For each value of the rows, whether the same row of the others has it."""
    span = int(max(rows.values.max(initial=0), others.values.max(initial=0))) + 1
    return np.isin(rows.rows * span + rows.values, others.rows * span + others.values)


def joined(rows: Ragged, others: Ragged) -> Ragged:
    """The values of each row, then those of the same row of the others."""
    values = np.concatenate([rows.values, others.values])
    return Ragged.grouped(np.concatenate([rows.rows, others.rows]), values, len(rows))
