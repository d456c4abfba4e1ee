"""What a task can be divided by to see where a row misses: the wanted item, what the query shows, and how long ago."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array
from endcap.core.dataset import DAY, Dataset
from endcap.evaluate.facts import Facts
from endcap.evaluate.tasks import Task

MOST = 6
"""So many bands of a number, and so many categories (and all others)."""
STEPS = (1.0, 2.0, 5.0)
"""Where bands of counts and prices may begin: these, times powers of ten."""
DAYS = (1.0, 7.0, 30.0, 90.0, 180.0, 365.0)
LENGTHS = (2.0, 4.0, 10.0, 20.0)
COUNTED = ("purchase", "item")


@dataclass(frozen=True)
class Division:
    """A task in parts: each wanted item, or each query, lies in one part or in none."""

    name: str
    by: Literal["items", "queries"]
    place: NDArray[np.int64]
    """The part of each item of the catalog, or of each query; -1: not known."""
    parts: tuple[str, ...]


def divisions(task: Task, train: Dataset, facts: Facts) -> tuple[Division, ...]:
    """Everything that divides a task in two parts at least."""
    wanted = task.relevant.values
    catalog = task.queries.catalog
    age = np.asarray(catalog["age_days"], np.float64) if "age_days" in catalog else np.full(len(catalog), np.nan)
    bought, price, shown = facts.bought, facts.price, task.queries.seeds.lengths.astype(np.float64)
    found = (
        _banded("popularity of the wanted item", "items", bought, _even(bought[wanted]), "purchase"),
        _banded("age of the wanted item", "items", np.where(np.isnan(age), 0.0, age), DAYS, "day"),
        _banded("price of the wanted item", "items", price, _even(price[wanted]), ""),
        _categories(wanted, facts),
        _banded("shown", "queries", shown, LENGTHS, "item"),
        _recency(task, train),
    )
    return tuple(part for part in found if _divides(part, task))


def _divides(division: Division, task: Task) -> bool:
    asked = division.place[task.relevant.values if division.by == "items" else task.relevant.rows]
    return len(np.unique(asked[asked >= 0])) > 1


def _banded(name: str, by: Literal["items", "queries"], values: Array, edges: Sequence[float], unit: str) -> Division:
    """Bands of a number from one edge to the next; what has no number is in none."""
    place = np.searchsorted(np.asarray(edges), values, side="right").astype(np.int64)
    return Division(name, by, np.where(np.isnan(values), -1, place), _bands(edges, unit))


def _bands(edges: Sequence[float], unit: str) -> tuple[str, ...]:
    """What the bands between edges are called; of items and purchases, which are counted, the last of each is named."""
    if not edges:
        return (f"any number of {unit}s",)
    last = 1.0 if unit in COUNTED else 0.0
    inside = [(low, high - last) for low, high in pairwise(edges)]
    between = [_many(low, unit) if low == high else f"{_number(low)} to {_many(high, unit)}" for low, high in inside]
    return (f"under {_many(edges[0], unit)}", *between, f"{_many(edges[-1], unit)} or more")


def _many(number: float, unit: str) -> str:
    return f"{_number(number)} {unit}{'' if number == 1 or not unit else 's'}".strip()


def _number(number: float) -> str:
    return f"{number:,.0f}" if number >= 1 else f"{number:g}"


def _even(values: Array) -> tuple[float, ...]:
    """Round edges that leave about as many values in each of at most `MOST` bands."""
    known = values[~np.isnan(values) & (values > 0)]
    if not len(known):
        return ()
    quantiles = np.quantile(known, np.arange(1, MOST) / MOST)
    powers = 10.0 ** np.arange(np.floor(np.log10(known.min())), np.ceil(np.log10(known.max())) + 1)
    allowed = np.outer(powers, STEPS).ravel()
    nearest = allowed[np.abs(np.log(allowed[:, None] / quantiles)).argmin(axis=0)]
    return tuple(np.unique(nearest).tolist())


def _categories(wanted: Array, facts: Facts) -> Division:
    """The categories that are wanted most, and all others together."""
    known = facts.category[wanted]
    counts = np.bincount(known[known >= 0], minlength=len(facts.categories))
    most = np.lexsort((np.arange(len(counts)), -counts))[:MOST]
    place = np.full(len(counts) + 1, len(most))
    place[most] = np.arange(len(most))
    names = (*(facts.categories[code] for code in most.tolist()), "other or none")
    return Division("category of the wanted item", "items", place[facts.category], names)


def _recency(task: Task, train: Dataset) -> Division:
    """How long the visitor was away, where histories are asked; else how long ago anybody touched the latest seed."""
    events, queries = train.events, task.queries
    if queries.history.lengths.any() and not queries.context.lengths.any():
        known, last = task.units < len(train.users), np.full(len(train.users) + 1, -np.inf)
        np.maximum.at(last, np.where(events.user < 0, len(train.users), events.user), events.time)
        since, name = last[np.where(known, task.units, len(train.users))], "since the visitor's last event"
        since = np.where(known, since, -np.inf)
    else:
        touched = np.full(len(train.catalog), -np.inf)
        about = events.item >= 0
        np.maximum.at(touched, events.item[about], events.time[about])
        seeds, since, name = queries.seeds, np.full(len(queries), -np.inf), "since anybody touched a seed"
        np.maximum.at(since, seeds.rows, touched[seeds.values])
    days = np.where(np.isfinite(since), (queries.now - since) / DAY, np.nan)
    return _banded(name, "queries", days, DAYS, "day")
