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
    sums, counts = _by_unit(values, drawn)
    means = _ratio(sums.sum(axis=0), counts.sum(axis=0))
    redrawn = np.concatenate([_ratio(weights @ sums, weights @ counts) for weights in drawn.weights()])
    tail = (1 - LEVEL) / 2
    return [
        Interval(float(mean), *np.quantile(column[~np.isnan(column)], [tail, 1 - tail]).tolist())
        if not np.isnan(mean)
        else Interval(np.nan, np.nan, np.nan)
        for mean, column in zip(means, redrawn.T, strict=True)
    ]


def randomised(differences: NDArray[np.float64], drawn: Resamples) -> NDArray[np.float64]:
    """The two-sided p of each column ``[n, m]`` of paired differences, by exchanging the two rows unit by unit.

    NaN where nothing was counted. Draws that lie as far off as what was found, but for rounding, count as extreme.
    """
    sums, counts = _by_unit(differences, drawn)
    found = np.abs(sums.sum(axis=0)) - 1e-12 * np.abs(sums).sum(axis=0)
    extreme = np.sum([(np.abs(signs @ sums) >= found).sum(axis=0) for signs in drawn.signs()], axis=0)
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
    tables = {row: np.stack(list(metrics.values()), axis=1) for row, metrics in values.items()}
    pairs = [(row, base) for base in baselines for row in tables if row != base]
    differences = [tables[row] - tables[base] for row, base in pairs]
    # One wide table, because a single pass over the draws is much faster than one pass for each row.
    wide = [*tables.values(), *differences]
    found = iter(estimates(np.concatenate(wide, axis=1), drawn)) if wide else iter(())
    reached = {row: {metric: next(found) for metric in metrics} for row, metrics in values.items()}
    above: dict[str, dict[str, dict[str, Difference]]] = {row: {} for row in values}
    ps = randomised(np.concatenate(differences, axis=1), drawn).reshape(len(pairs), -1) if pairs else np.empty((0, 0))
    for place, ((row, base), table) in enumerate(zip(pairs, differences, strict=True)):
        family = [at for at, (_, other) in enumerate(pairs) if other == base]
        above[row][base] = {
            metric: Difference(
                **vars(next(found)),
                p=float(ps[place, column]),
                corrected=holm(ps[family, column].tolist())[family.index(place)],
                wins=int((table[:, column] > 0).sum()),
                losses=int((table[:, column] < 0).sum()),
            )
            for column, metric in enumerate(values[row])
        }
    return {row: Comparison(reached[row], above[row]) for row in values}


def _by_unit(values: NDArray[np.float64], drawn: Resamples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each unit and column the sum of its values, and how many it has."""
    counted = ~np.isnan(values)
    return tuple(
        np.stack([np.bincount(drawn.units, column, minlength=drawn.n_units) for column in table.T], axis=1)
        for table in (np.where(counted, values, 0.0), counted.astype(np.float64))
    )  # type: ignore[return-value]


def _ratio(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    means: NDArray[np.float64] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return means
