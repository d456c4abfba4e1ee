"""Parts of a task looked at alone: rare, new, unseen and cheap items, new visitors, devices, categories, sizes.

A segment of items leaves only its own items relevant, and so asks only the queries that want one of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Ragged
from endcap.evaluate.facts import THIRDS, Facts
from endcap.evaluate.metrics import Matches
from endcap.evaluate.tasks import Task

CATEGORIES = 6
"""So many categories, those that are wanted most, are segments of their own."""
DEVICES = 4
"""The same of devices, those that most queries come from."""
SIZES = ((1, 1, "1 item"), (2, 3, "2 or 3 items"), (4, 9, "4 to 9 items"), (10, np.inf, "10 items or more"))
"""Sizes of what a query shows (its cart, page, visit or history), from and to."""
PRICES = ("cheap", "middling", "dear")
"""Names of the price bands."""

SPOKEN = {
    "head": "the most popular items", "torso": "items that are neither popular nor rare", "tail": "the rarest items",
    "cheap": "the cheapest items of each category", "middling": "items of a middling price",
    "dear": "the dearest items of each category",
    "seen in training": "items that were seen in training", "never seen in training": "items never seen in training",
}  # fmt: skip
"""Names of parts as they stand in a sentence."""
CATEGORY, DEVICE, SHOWN = "category of the wanted item", "device", "shown"
OTHER_CATEGORIES = "other or none"
AGE, VISITOR = "age of the wanted item", "visitor"
ALWAYS = (AGE, VISITOR)
"""Groups that every task tells: whoever reads of cold start must see whether anything was asked about it."""


@dataclass(frozen=True)
class Segment:
    """Part of what a task asks."""

    group: str
    """What it is a part by, in words."""
    name: str
    by: Literal["items", "queries"]
    mask: NDArray[np.bool_]
    """Which items of the catalog, or which queries, belong to it."""

    @property
    def key(self) -> str:
        """What it is called among all segments."""
        return f"{self.group}: {self.name}"

    @property
    def spoken(self) -> str:
        """What belongs to it, as it stands in a sentence: ``the most popular items``."""
        if self.group == CATEGORY:
            return (
                f"items of the category {self.name}" if self.name != OTHER_CATEGORIES else "items of other categories"
            )
        if self.group == DEVICE:
            return f"visits with the device {self.name}"
        return SPOKEN.get(self.name, f"queries that show {self.name}" if self.group == SHOWN else self.name)

    def of(self, matches: Matches) -> Matches:
        """The same lists, when only what belongs to the segment is relevant."""
        return matches.keep(self._kept(matches.items))

    def asked(self, relevant: Ragged) -> int:
        """How many queries want something of it."""
        return len(np.unique(relevant.rows[self._kept(relevant)]))

    def units(self, relevant: Ragged, units: NDArray[np.int64]) -> int:
        """How many units (one of each query) want something of it."""
        return len(np.unique(units[relevant.rows[self._kept(relevant)]]))

    def _kept(self, relevant: Ragged) -> NDArray[np.bool_]:
        return self.mask[relevant.values if self.by == "items" else relevant.rows]


def segments(task: Task, facts: Facts) -> tuple[Segment, ...]:
    """The segments of a task, group by group; a group that does not divide the task is left out.

    But for those of `ALWAYS`: of these the one part that is asked is told, so that it is seen that the other is not.
    """
    category, names = _categories(task.relevant, facts)
    shown = np.full(len(task.queries), -1)
    for place, (lowest, highest, _) in enumerate(SIZES):
        lengths = task.queries.seeds.lengths
        shown[(lengths >= lowest) & (lengths <= highest)] = place
    visitors = ("known visitors", "new visitors")
    groups = (
        _group("popularity of the wanted item", THIRDS, "items", facts.third),
        _group(AGE, ("known items", "new items"), "items", facts.new),
        _group("knowledge of the wanted item", ("seen in training", "never seen in training"), "items", facts.unseen),
        _group("price of the wanted item in its category", PRICES, "items", facts.band),
        [] if task.newcomers is None else _group(VISITOR, visitors, "queries", task.newcomers),
        _group(SHOWN, [name for *_, name in SIZES], "queries", shown),
        _devices(task),
        _group(CATEGORY, names, "items", category),
    )
    asking = [[part for part in group if part.asked(task.relevant)] for group in groups]
    return tuple(part for group in asking for part in group if len(group) > 1 or part.group in ALWAYS)


def _group(
    group: str, names: tuple[str, ...] | list[str], by: Literal["items", "queries"], place: Array
) -> list[Segment]:
    return [Segment(group, name, by, place == at) for at, name in enumerate(names)]


def _categories(relevant: Ragged, facts: Facts) -> tuple[Array, list[str]]:
    """For every item the place of its category among those wanted most, and their names; the last are others."""
    place, names = _most(facts.category[relevant.values], facts.categories, CATEGORIES)
    return place[facts.category], [*names, OTHER_CATEGORIES]


def _devices(task: Task) -> list[Segment]:
    """The queries of visits with each device; none where no device is known."""
    if task.device is None:
        return []
    place, names = _most(task.device.codes, task.device.names.ids, DEVICES)
    return _group(DEVICE, [*names, "other or unknown"], "queries", place[task.device.codes])


def _most(codes: Array, names: Sequence[str], n: int) -> tuple[Array, list[str]]:
    """For each code its place among the n that come most, the others (and -1) behind them; and the names of the n."""
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    most = np.lexsort((np.arange(len(counts)), -counts))[:n]
    place = np.full(len(counts) + 1, len(most))
    place[most] = np.arange(len(most))
    return place, [names[code] for code in most.tolist()]
