"""Is the difference real? A paired bootstrap over units.

Units (users, or orders of guests) are drawn again with all of their queries, because queries of one user resemble each
other. All rows are compared on the same draws. Efron and Tibshirani, An introduction to the bootstrap (1993), chapter
13; Sakai, Evaluating evaluation metrics based on the bootstrap, SIGIR 2006.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array
from endcap.evaluate.metrics import Values

LEVEL = 0.95
"""How often such an interval holds the true value."""


@dataclass(frozen=True)
class Interval:
    """A mean over queries, and the interval that it would stay in if other units had come; NaN if nothing counted."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Resamples:
    """Units drawn with replacement, many times over."""

    units: NDArray[np.int64]
    """The unit of each query ``[n]``, numbered from 0."""
    weights: NDArray[np.float64]
    """How often each unit was drawn each time ``[times, n_units]``."""


@dataclass(frozen=True)
class Comparison:
    """What one row of a report reaches, and how far it lies above each baseline; by metric."""

    reached: Mapping[str, Interval]
    above: Mapping[str, Mapping[str, Interval]]
    """By baseline, then by metric."""


def resamples(units: Array, rng: np.random.Generator, times: int = 1000) -> Resamples:
    """As many units as there are, drawn with replacement, so many times."""
    names, numbers = np.unique(units, return_inverse=True)
    n = len(names)
    drawn = rng.integers(n, size=(times, n)) if n else np.empty((times, 0), np.int64)
    drawn += np.arange(times)[:, None] * n
    weights = np.bincount(drawn.ravel(), minlength=times * n).reshape(times, n)
    return Resamples(numbers.astype(np.int64), weights.astype(np.float64))


def estimates(values: NDArray[np.float64], drawn: Resamples) -> list[Interval]:
    """The mean of each column ``[n, m]`` over its queries, with its interval; queries without a value are left out."""
    counted = ~np.isnan(values)
    n_units = drawn.weights.shape[1]
    sums = _by_unit(np.where(counted, values, 0.0), drawn.units, n_units)
    counts = _by_unit(counted.astype(np.float64), drawn.units, n_units)
    means = _ratio(sums.sum(axis=0), counts.sum(axis=0))
    redrawn = _ratio(drawn.weights @ sums, drawn.weights @ counts)
    tail = (1 - LEVEL) / 2
    return [
        Interval(float(mean), *np.quantile(column[~np.isnan(column)], [tail, 1 - tail]).tolist())
        if not np.isnan(mean)
        else Interval(np.nan, np.nan, np.nan)
        for mean, column in zip(means, redrawn.T, strict=True)
    ]


def compared(
    values: Mapping[str, Mapping[str, Values]], baselines: Iterable[str], drawn: Resamples
) -> dict[str, Comparison]:
    """Each row held against each baseline, by name; `values` has one value per query, by row and metric."""
    tables = {row: np.stack(list(metrics.values()), axis=1) for row, metrics in values.items()}
    pairs = [(row, base) for base in baselines for row in tables if row != base]
    # One wide table, because a single pass over the draws is much faster than one pass for each row.
    wide = [*tables.values(), *(tables[row] - tables[base] for row, base in pairs)]
    found = iter(estimates(np.concatenate(wide, axis=1), drawn)) if wide else iter(())
    reached = {row: {metric: next(found) for metric in metrics} for row, metrics in values.items()}
    above: dict[str, dict[str, dict[str, Interval]]] = {row: {} for row in values}
    for row, base in pairs:
        above[row][base] = {metric: next(found) for metric in values[row]}
    return {row: Comparison(reached[row], above[row]) for row in values}


def _by_unit(values: NDArray[np.float64], units: NDArray[np.int64], n_units: int) -> NDArray[np.float64]:
    columns = [np.bincount(units, column, minlength=n_units) for column in values.T]
    return np.stack(columns, axis=1)


def _ratio(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    means: NDArray[np.float64] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return means
