"""How far each column has moved from an earlier one, and what in it has moved most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from endcap.core.dataset import Dataset
from endcap.core.records import KINDS
from endcap.data.profile.counting import HIGHEST, LOWEST, PRICE_STEPS, Counts
from endcap.data.profile.goods import CATEGORIES, grouped
from endcap.data.profile.shapes import percent, share
from endcap.data.profile.together import title_of
from endcap.data.profile.when import DAYS
from endcap.data.summary import jensen_shannon, population_stability

SOME, MUCH = 0.1, 0.25
"""From these on, a population stability index is customarily called a moderate and a large shift."""
TOP_ITEMS = 200
OTHERS = "(others)"
Distribution = Mapping[str, int]
"""How many events there are by label."""


@dataclass(frozen=True)
class Moved:
    """One column, then and now."""

    column: str
    psi: float
    """Population stability index: 0 if nothing moved; 0.1 is customarily some, 0.25 much."""
    js: float
    """Jensen-Shannon divergence in bits: 0 if nothing moved, 1 if nothing is common."""
    labels: tuple[str, ...]
    before: tuple[float, ...]
    """Share of each label then."""
    now: tuple[float, ...]
    most: str
    """The label whose share changed most."""
    words: str
    """What that was, in a sentence without its first word and full stop."""


@dataclass(frozen=True)
class Drift:
    """Every column compared with an earlier time."""

    since: str
    """Since when, in words that end a sentence."""
    then: str
    """What it is compared with, in words."""
    columns: tuple[Moved, ...]


def distributions(data: Dataset, counts: Counts) -> dict[str, dict[str, int]]:
    """How many events there are by kind, category, price, hour, weekday and item: what a later run is compared with.

    Prices are those of purchases, in steps; items and categories only the most frequent, and the others together.
    """
    total = counts.per_item()
    group, names = grouped(data.catalog)
    by_category = np.bincount(group, total, len(names)).astype(np.int64)
    columns = {
        "kinds": dict(zip(KINDS, counts.days.sum(axis=0).tolist(), strict=True)),
        "categories": _largest(by_category.tolist(), names, CATEGORIES),
        "prices": dict(zip(price_labels(), _per_octave(counts).tolist(), strict=True)),
        "hours": {f"{hour:02}:00": count for hour, count in enumerate(counts.hours.sum(axis=0).tolist())},
        "weekdays": {day[:3]: count for day, count in zip(DAYS, counts.hours.sum(axis=1).tolist(), strict=True)},
        "top items": _largest_items(data, total),
    }
    return {
        name: {label: count for label, count in column.items() if count or name in ("hours", "weekdays")}
        for name, column in columns.items()
    }


def price_labels() -> list[str]:
    """Names of the price steps of `distributions`: each twice as wide as the one before."""
    edges = [2.0**step for step in range(LOWEST, HIGHEST + 1)]
    named = [f"{edge:.2g}" if edge < 100 else f"{edge:,.0f}" for edge in edges]
    return [f"{low}–{high}" for low, high in pairwise(named)]


def _per_octave(counts: Counts) -> NDArray[np.int64]:
    summed: NDArray[np.int64] = counts.prices.reshape(-1, PRICE_STEPS).sum(axis=1)
    return summed


def _largest(counts: Sequence[int], names: Sequence[str], n: int) -> dict[str, int]:
    order = sorted(range(len(counts)), key=lambda place: (-counts[place], place))
    return {names[place]: counts[place] for place in order[:n]} | {OTHERS: sum(counts[place] for place in order[n:])}


def _largest_items(data: Dataset, total: NDArray[np.int64]) -> dict[str, int]:
    top = np.lexsort((np.arange(len(total)), -total))[:TOP_ITEMS].tolist()
    named = {f"{title_of(data, item)} ({data.catalog.items.ids[item]})": int(total[item]) for item in top}
    return named | {OTHERS: int(total.sum()) - sum(named.values())}


def drift(before: Mapping[str, Distribution], now: Mapping[str, Distribution], since: str, then: str) -> Drift:
    """How far each column that both have moved."""
    return Drift(since, then, tuple(moved(name, before[name], now[name]) for name in now if name in before))


def moved(column: str, before: Distribution, now: Distribution) -> Moved:
    """How far one column moved.

    Where labels beyond the largest were counted together, only labels that both sides tell apart are compared one by
    one, and all others together.
    """
    labels = list(dict.fromkeys([*now, *before]))
    if OTHERS in labels:
        labels = [label for label in labels if label in before and label in now and label != OTHERS] + [OTHERS]
    then, today = (_counts(side, labels) for side in (before, now))
    was, is_ = ([share(count, sum(side.values())) for count in side.values()] for side in (then, today))
    told = [place for place, label in enumerate(labels) if label != OTHERS] or range(len(labels))
    most = max(told, key=lambda place: abs(is_[place] - was[place]), default=-1)
    return Moved(
        column=column,
        psi=round(population_stability(today, then), 4),
        js=round(jensen_shannon(today, then), 5),
        labels=tuple(labels),
        before=tuple(was),
        now=tuple(is_),
        most=labels[most] if labels else "",
        words=_words(labels[most], was[most], is_[most]) if labels else "nothing to compare",
    )


def _counts(side: Distribution, labels: Sequence[str]) -> dict[str, int]:
    """The counts in the order of the labels; what has none of them is among the others, if there are others."""
    counts = {label: side.get(label, 0) for label in labels}
    if OTHERS in counts:
        counts[OTHERS] = sum(count for label, count in side.items() if label == OTHERS or label not in counts)
    return counts


def _words(label: str, was: float, now: float) -> str:
    before, after = percent(was, 1), percent(now, 1)
    return "next to nothing moved" if before == after else f"“{label}” went from {before} to {after}"
