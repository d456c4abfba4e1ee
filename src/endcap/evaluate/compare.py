"""Is the difference real? Paired bootstrap intervals and paired randomisation tests, over units.

Units (users, or orders of guests) are drawn again, or exchanged between two rows, with all of their queries, because
queries of one user resemble each other. All rows are compared on the same draws. Efron and Tibshirani, An introduction
to the bootstrap (1993), chapters 13 and 15; Sakai, Evaluating evaluation metrics based on the bootstrap, SIGIR 2006;
Smucker, Allan and Carterette, A comparison of statistical significance tests for IR evaluation, CIKM 2007; Holm, A
simple sequentially rejective multiple test procedure (1979).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array
from endcap.evaluate.lists import blocks
from endcap.evaluate.metrics import Values

LEVEL = 0.95
"""How often such an interval holds the true value."""
BLOCK = 2**22
"""Draws of units held at a time (32 MB)."""
TIMES = 1000
"""How often units are drawn again …"""
EXCHANGES = 4000
"""… and exchanged: no p can be smaller than 1 / (1 + this)."""


@dataclass(frozen=True)
class Interval:
    """A mean over queries, and the interval that it would stay in if other units had come; NaN if nothing counted."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference(Interval):
    """How far one row lies above another, and whether chance could do that."""

    p: float
    """How often rows that do not differ would lie at least so far apart."""
    corrected: float
    """The same, after Holm: for the most extreme of all rows that are held against this one."""
    wins: int
    """Queries on which the row did better …"""
    losses: int
    """… and worse."""

    @property
    def shown(self) -> bool:
        """Whether it may be said that the rows differ: by the test, corrected, and by the interval."""
        return self.corrected < 1 - LEVEL and (self.low > 0 or self.high < 0)


@dataclass(frozen=True)
class Resamples:
    """Units drawn with replacement, and units exchanged, many times over: the same whenever they are asked for."""

    units: NDArray[np.int64]
    """The unit of each query ``[n]``, numbered from 0."""
    n_units: int
    seed: int
    times: int
    exchanges: int

    def weights(self) -> Iterator[NDArray[np.float64]]:
        """How often each unit was drawn each time ``[some of the times, n_units]``, in blocks."""
        n, rng = self.n_units, np.random.default_rng([self.seed, 0])
        for start, end in blocks(self.times, max(1, BLOCK // max(n, 1))):
            drawn = rng.integers(n, size=(end - start, n)) if n else np.empty((end - start, 0), np.int64)
            drawn += np.arange(end - start)[:, None] * n
            yield np.bincount(drawn.ravel(), minlength=(end - start) * n).reshape(end - start, n).astype(np.float64)

    def signs(self) -> Iterator[NDArray[np.float64]]:
        """Which units are exchanged each time (-1) or not (1): ``[some of the times, n_units]``, in blocks."""
        rng = np.random.default_rng([self.seed, 1])
        for start, end in blocks(self.exchanges, max(1, BLOCK // max(self.n_units, 1))):
            yield 2.0 * rng.integers(2, size=(end - start, self.n_units), dtype=np.int8).astype(np.float64) - 1.0


@dataclass(frozen=True)
class Comparison:
    """What one row of a report reaches, and how far it lies above each baseline; by metric."""

    reached: Mapping[str, Interval]
    above: Mapping[str, Mapping[str, Difference]]
    """By baseline, then by metric."""


def resamples(units: Array, rng: np.random.Generator, times: int = TIMES, exchanges: int = EXCHANGES) -> Resamples:
    """Draws of as many units as there are, with replacement and by coin, so many times."""
    names, numbers = np.unique(units, return_inverse=True)
    return Resamples(numbers.astype(np.int64), len(names), int(rng.integers(2**62)), times, exchanges)


def estimates(values: NDArray[np.float64], drawn: Resamples) -> list[Interval]:
    """The mean of each column ``[n, m]`` over its queries, with its interval; queries without a value are left out."""
    return _intervals(*_redrawn(*_by_unit(values, drawn), drawn))


def randomised(differences: NDArray[np.float64], drawn: Resamples) -> NDArray[np.float64]:
    """The two-sided p of each column ``[n, m]`` of paired differences, by exchanging the two rows unit by unit.

    NaN where nothing was counted. Draws that lie as far off as what was found, but for rounding, count as extreme.
    """
    sums, counts = _by_unit(differences, drawn)
    scale = np.abs(sums).sum(axis=0)
    extreme = sum(_extreme(signs @ sums, sums.sum(axis=0), scale) for signs in drawn.signs())
    return np.where(counts.sum(axis=0) > 0, (1 + extreme) / (1 + drawn.exchanges), np.nan)


def holm(ps: Sequence[float]) -> list[float]:
    """Each p as it must be read when so many are looked at: at most the smallest of them is multiplied by their number.

    What is NaN stays so and is not counted.
    """
    values = np.asarray(ps, np.float64)
    order = np.argsort(values)[: int((~np.isnan(values)).sum())]
    steps = values[order] * (len(order) - np.arange(len(order)))
    values[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    corrected: list[float] = values.tolist()
    return corrected


def compared(
    values: Mapping[str, Mapping[str, Values]], baselines: Iterable[str], drawn: Resamples
) -> dict[str, Comparison]:
    """Each row held against each baseline, by name; `values` has one value per query, by row and metric.

    Rows have the same metrics. Holm's correction counts, for each baseline and metric, every row held against it.
    """
    names, metrics = list(values), list(next(iter(values.values()), {}))
    if not names or not metrics:
        return {row: Comparison({}, {base: {} for base in baselines if base != row}) for row in names}
    tables = np.stack([np.stack([values[row][metric] for metric in metrics], axis=1) for row in names])
    pairs = [(row, base) for base in map(names.index, baselines) for row in range(len(names)) if row != base]
    reached, differences, ps = _measured(tables, pairs, drawn)
    corrected = np.empty_like(ps)
    for base in {base for _, base in pairs}:
        family = [at for at, (_, other) in enumerate(pairs) if other == base]
        corrected[family] = np.array([holm(column) for column in ps[family].T.tolist()]).T
    above: dict[str, dict[str, dict[str, Difference]]] = {row: {} for row in names}
    for place, (row, base) in enumerate(pairs):
        lead = tables[row] - tables[base]
        told = (ps[place], corrected[place], (lead > 0).sum(axis=0), (lead < 0).sum(axis=0))
        above[names[row]][names[base]] = {
            metric: Difference(at.mean, at.low, at.high, *found)
            for metric, at, *found in zip(
                metrics, differences[place], *(column.tolist() for column in told), strict=True
            )
        }
    return {
        row: Comparison(dict(zip(metrics, reached[place], strict=True)), above[row]) for place, row in enumerate(names)
    }


@dataclass(frozen=True)
class _Columns:
    """Rows and what lies between some of them, unit by unit, so that each row is drawn again once, not once per pair.

    Means are linear: where two rows have values for the same queries, a draw of their difference is the difference of
    their draws. Where they have not, the difference has a column of its own.
    """

    sums: NDArray[np.float64]
    """``[n_units, rows * metrics + columns of their own]``."""
    counts: NDArray[np.float64]
    metrics: int
    pairs: Sequence[tuple[int, int]]
    own: Sequence[tuple[Array, Array]]
    """For each pair the metrics that have columns of their own, and where those are."""

    @classmethod
    def of(cls, tables: NDArray[np.float64], pairs: Sequence[tuple[int, int]], drawn: Resamples) -> "_Columns":
        """The columns of tables ``[rows, n, metrics]`` and of the given pairs of rows."""
        rows, _, metrics = tables.shape
        columns, own, end = [*tables], [], rows * metrics
        for row, base in pairs:
            apart = np.flatnonzero((np.isnan(tables[row]) != np.isnan(tables[base])).any(axis=0))
            columns.append(tables[row][:, apart] - tables[base][:, apart])
            own.append((apart, end + np.arange(len(apart))))
            end += len(apart)
        return cls(*_by_unit(np.concatenate(columns, axis=1), drawn), metrics, pairs, own)

    def of_row(self, draws: NDArray[np.float64], row: int) -> NDArray[np.float64]:
        """The columns of one row."""
        return draws[..., row * self.metrics : (row + 1) * self.metrics]

    def between(self, draws: NDArray[np.float64], place: int) -> NDArray[np.float64]:
        """The columns of the difference of a pair."""
        row, base = self.pairs[place]
        found = self.of_row(draws, row) - self.of_row(draws, base)
        apart, own = self.own[place]
        found[..., apart] = draws[..., own]
        return found


def _measured(
    tables: NDArray[np.float64], pairs: Sequence[tuple[int, int]], drawn: Resamples
) -> tuple[list[list[Interval]], list[list[Interval]], NDArray[np.float64]]:
    """Intervals of each row, of each pair's difference, and the p of the latter ``[pairs, metrics]``."""
    columns = _Columns.of(tables, pairs, drawn)
    means, redrawn = _redrawn(columns.sums, columns.counts, drawn)
    reached = [_intervals(columns.of_row(means, row), columns.of_row(redrawn, row)) for row in range(len(tables))]
    places = range(len(pairs))
    apart = [_intervals(columns.between(means, place), columns.between(redrawn, place)) for place in places]
    total, scale = columns.sums.sum(axis=0), np.abs(columns.sums).sum(axis=0)
    extreme = np.zeros((len(pairs), columns.metrics))
    for signs in drawn.signs() if pairs else ():
        exchanged = signs @ columns.sums
        for place, (row, base) in enumerate(pairs):
            found = columns.between(total, place)
            rounding = columns.of_row(scale, row) + columns.of_row(scale, base)
            extreme[place] += _extreme(columns.between(exchanged, place), found, rounding)
    missing = np.array([np.isnan(columns.between(means, place)) for place in places]).reshape(extreme.shape)
    return reached, apart, np.where(missing, np.nan, (1 + extreme) / (1 + drawn.exchanges))


def _by_unit(values: NDArray[np.float64], drawn: Resamples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each unit and column ``[n, m]`` the sum of its values, and how many it has."""
    order = np.argsort(drawn.units, kind="stable")
    starts = np.flatnonzero(np.diff(drawn.units[order], prepend=-1))
    ordered = values[order]
    counted = ~np.isnan(ordered)
    if not len(starts):
        return np.zeros((0, values.shape[1])), np.zeros((0, values.shape[1]))
    sums = np.add.reduceat(np.where(counted, ordered, 0.0), starts, axis=0)
    return sums, np.add.reduceat(counted.astype(np.float64), starts, axis=0)


def _redrawn(
    sums: NDArray[np.float64], counts: NDArray[np.float64], drawn: Resamples
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean of each column, and each time that units were drawn again ``[times, m]``."""
    # Most columns count the same queries; how many were drawn is asked once for all of these.
    different, place = np.unique(counts, axis=1, return_inverse=True)
    place = place.ravel()
    again = [_ratio(weights @ sums, (weights @ different)[:, place]) for weights in drawn.weights()]
    return _ratio(sums.sum(axis=0), counts.sum(axis=0)), np.concatenate(again)


def _intervals(means: NDArray[np.float64], redrawn: NDArray[np.float64]) -> list[Interval]:
    """The interval of each column; draws that counted nothing are left out."""
    tails, bounds = [(1 - LEVEL) / 2, 1 - (1 - LEVEL) / 2], np.full((2, len(means)), np.nan)
    whole = ~np.isnan(redrawn).any(axis=0)
    bounds[:, whole] = np.quantile(redrawn[:, whole], tails, axis=0)
    for column in np.flatnonzero(~whole & ~np.isnan(means)):
        drawn = redrawn[:, column]
        bounds[:, column] = np.quantile(drawn[~np.isnan(drawn)], tails)
    return [Interval(*found) for found in np.stack([means, *bounds], axis=1).tolist()]


def _extreme(exchanged: NDArray[np.float64], found: NDArray[np.float64], scale: NDArray[np.float64]) -> Array:
    """How many of the draws ``[times, m]`` lie as far off as what was found, but for rounding."""
    return np.asarray((np.abs(exchanged) >= np.abs(found) - 1e-12 * scale).sum(axis=0))


def _ratio(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    means: NDArray[np.float64] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return means
