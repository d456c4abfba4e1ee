"""Where a row misses: what it reaches in each part of a task, beside what it reaches on average.

Intervals are those of a ratio of sums over units, linearised (Cochran, Sampling techniques, 1977, chapter 6): there are
some dozens of parts for each row, and redrawing units for all of them would take longer than the back-test. A part that
is tested is taken to vary no less than all queries do, since in a small one all may miss by chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes
from endcap.evaluate.compare import Difference, Interval, holm
from endcap.evaluate.diagnosis.divisions import Division
from endcap.evaluate.enough import MIN_UNITS
from endcap.evaluate.metrics import CUT, Matches, matched
from endcap.evaluate.tasks import Task

NORMAL = 1.959963984540054
"""The normal distribution has 95 % within so many standard deviations."""
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """One part of a division."""

    name: str
    queries: int
    """How many want something of it."""
    units: int
    hit: Interval
    """Share of those queries that find something of it."""
    main: Interval
    """NDCG where only what belongs to the part is wanted."""
    beside: Difference
    """By how much that lies above the average over all parts; p by a normal test, corrected over all cells of a row."""


@dataclass(frozen=True)
class Residual:
    """A row's cells along one division."""

    name: str
    cells: tuple[Cell, ...]


def residuals(lists: Codes, task: Task, parts: Sequence[Division]) -> tuple[Residual, ...]:
    """What lists ``[n, CUT]`` reach in every part; a part that nothing is wanted of is left out."""
    matches = matched(lists[:, :CUT], task.relevant)
    _, units = np.unique(task.units, return_inverse=True)
    found = [(part, _cells(part, matches, units)) for part in parts]
    corrected = iter(holm([cell.beside.p for _, cells in found for cell in cells]))
    return tuple(
        Residual(
            part.name,
            tuple(replace(cell, beside=replace(cell.beside, corrected=next(corrected))) for cell in cells),
        )
        for part, cells in found
    )


def worst(found: Sequence[Residual], most: int = 3) -> list[tuple[str, Cell]]:
    """Of each division the cell that most is lost through, of those shown to lie below the average; the worst first.

    What is lost through a cell is how far it lies below, times its queries.
    """

    def lost(cell: Cell) -> float:
        return -cell.beside.mean * cell.queries

    below = [(one.name, [cell for cell in one.cells if cell.beside.shown and cell.beside.mean < 0]) for one in found]
    worst_each = [(name, max(cells, key=lost)) for name, cells in below if cells]
    return sorted(worst_each, key=lambda one: -lost(one[1]))[:most]


@dataclass(frozen=True)
class _Sums:
    """By unit and part: the sum of a metric over the queries that ask for the part, and how many those are."""

    sums: Array
    counts: Array

    @classmethod
    def of(cls, values: Array, units: NDArray[np.int64]) -> "_Sums":
        n, width = int(units.max(initial=-1)) + 1, values.shape[1]
        place = (units[:, None] * width + np.arange(width)).ravel()
        asked = ~np.isnan(values)
        tables = (np.where(asked, values, 0.0), asked.astype(np.float64))
        sums, counts = (np.bincount(place, table.ravel(), minlength=n * width) for table in tables)
        return cls(sums.astype(np.float64).reshape(n, width), counts.astype(np.float64).reshape(n, width))

    @property
    def together(self) -> "_Sums":
        """All parts as one."""
        return _Sums(self.sums.sum(axis=1, keepdims=True), self.counts.sum(axis=1, keepdims=True))

    @cached_property
    def queries(self) -> Array:
        """How many ask for each part."""
        queries: Array = self.counts.sum(axis=0)
        return queries

    @cached_property
    def units(self) -> NDArray[np.int64]:
        """How many units ask for each part."""
        return np.asarray((self.counts > 0).sum(axis=0))

    @cached_property
    def means(self) -> Array:
        """By part; NaN where nothing is asked."""
        return np.where(self.queries > 0, self.sums.sum(axis=0) / np.maximum(self.queries, 1), np.nan)

    @cached_property
    def pulls(self) -> Array:
        """How far each unit pulls each mean ``[n_units, parts]``."""
        pulls: Array = (self.sums - self.means * self.counts) / np.maximum(self.queries, 1)
        return pulls

    def errors(self, pulls: Array) -> Array:
        """The standard errors of what units pull at so far; NaN with a single unit."""
        spare = np.where(self.units > 1, self.units - 1, np.nan)
        found: Array = np.sqrt(np.einsum("up,up->p", pulls, pulls) * self.units / spare)
        return found


def _values(matches: Matches, place: NDArray[np.int64], width: int) -> tuple[Array, Array]:
    """Hit rate and NDCG of each query in each part ``[n, width]``; NaN where the query wants nothing of it."""
    n, rows = len(matches.items), matches.items.rows
    inside = place >= 0
    cells, found = (rows * width + place)[inside], matches.places[inside]
    hits = (found >= 0) & (found < CUT)
    wanted = np.bincount(cells, minlength=n * width)
    worth = np.where(hits, 1 / np.log2(np.maximum(found, 0) + 2.0), 0.0)
    got = np.bincount(cells, worth, minlength=n * width)
    ideal = np.concatenate([[np.nan], np.cumsum(1 / np.log2(np.arange(2.0, CUT + 2.0)))])[np.minimum(wanted, CUT)]
    any_hit = np.bincount(cells, hits, minlength=n * width) > 0
    hit = np.where(wanted > 0, any_hit.astype(np.float64), np.nan)
    return hit.reshape(n, width), (got / ideal).reshape(n, width)


def _cells(part: Division, matches: Matches, units: NDArray[np.int64]) -> list[Cell]:
    """The cells of one division, their tests not corrected yet."""
    place = part.place[matches.items.values if part.by == "items" else matches.items.rows]
    values = _values(matches, place, len(part.parts))
    hits, mains = (_Sums.of(metric, units) for metric in values)
    hit, main, beside = _intervals(hits), _intervals(mains), _beside(values[1], mains)
    return [
        Cell(name, int(mains.queries[at]), int(mains.units[at]), hit[at], main[at], beside[at])
        for at, name in enumerate(part.parts)
        if mains.queries[at]
    ]


def _intervals(table: _Sums) -> list[Interval]:
    reach = NORMAL * table.errors(table.pulls)
    ends = (np.maximum(table.means - reach, 0.0), np.minimum(table.means + reach, 1.0))
    return [Interval(*at) for at in zip(table.means.tolist(), *(end.tolist() for end in ends), strict=True)]


def _beside(values: Array, table: _Sums) -> list[Difference]:
    """How far each part lies from all parts together."""
    whole = table.together
    average, errors = whole.means[0], _apart(table, whole)
    far, reach = table.means - average, NORMAL * errors
    above, below = (values > average).sum(axis=0), (values < average).sum(axis=0)
    ps = [erfc(abs(mean) / error / sqrt(2)) if error > 0 else np.nan for mean, error in zip(far, errors, strict=True)]
    columns = [column.tolist() for column in (far, far - reach, far + reach)]
    return [Difference(*at) for at in zip(*columns, ps, ps, above.tolist(), below.tolist(), strict=True)]


def _apart(table: _Sums, whole: _Sums) -> Array:
    """The standard errors of how far parts lie from all; at least those of as many units drawn from all of them.

    NaN with fewer units than `MIN_UNITS`.
    """
    if not whole.units[0]:
        return np.full(len(table.means), np.nan)
    by_chance = whole.errors(whole.pulls)[0] * np.sqrt(whole.units[0] / np.maximum(table.units, 1) - 1)
    found = np.fmax(table.errors(table.pulls - whole.pulls), by_chance)
    return np.where(table.units >= MIN_UNITS, found, np.nan)
