"""What each feature adds to a score: Shapley values of any function of a row, against rows that stand for the average.

Shapley, A value for n-person games (1953); features that are not known are replaced by those of background rows, as in
Lundberg and Lee, A unified approach to interpreting model predictions, NIPS 2017; by sampling orders, forwards and
backwards, as in Štrumbelj and Kononenko, Explaining prediction models and individual predictions with feature
contributions, KAIS 41 (2014).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from endcap.core.errors import BadData

EXACT = 12
"""Up to so many features every subset is asked; above, orders are drawn."""
ORDERS = 200
"""So many orders are drawn, each used forwards and backwards."""
BLOCK = 2**16
"""Rows scored at a time."""
Values = NDArray[np.float64]
Score = Callable[[Values], Values]
"""From rows ``[n, n_features]`` to scores ``[n]``."""


@dataclass(frozen=True)
class Attribution:
    """``base`` and ``adds`` together are the score of the row."""

    base: float
    """The mean score of the background."""
    adds: Values
    """What each feature adds ``[n_features]``."""
    errors: Values
    """Standard error of each, from the sampling; zeros where every subset was asked."""

    @property
    def score(self) -> float:
        """That of the row."""
        return self.base + float(self.adds.sum())


def shapley(
    score: Score, row: Values, background: Values, rng: np.random.Generator | None = None, orders: int = ORDERS
) -> Attribution:
    """What each feature of a row ``[n_features]`` adds to its score, against a background ``[m, n_features]``.

    Exact for at most `EXACT` features: 2^n_features · m rows are scored. Above, an estimate that still adds up exactly,
    from 2 · orders · n_features · m rows, for which `rng` is needed. Raises `BadData` for shapes that do not fit.
    """
    row, background = np.asarray(row, np.float64), np.asarray(background, np.float64)
    if row.ndim != 1 or background.ndim != 2 or background.shape[1] != len(row) or not len(background):
        raise BadData(f"a row of shape {row.shape} and a background of {background.shape}; expected [n] and [m ≥ 1, n]")
    value = _Game(score, row, background)
    if len(row) <= EXACT:
        return _exact(value, len(row))
    if rng is None:
        raise BadData(f"{len(row)} features are too many to ask every subset (at most {EXACT}); sampling needs an rng")
    return _sampled(value, len(row), rng, orders)


@dataclass(frozen=True)
class _Game:
    """The mean score of the background with some features taken from the row."""

    score: Score
    row: Values
    background: Values

    def __call__(self, known: NDArray[np.bool_]) -> Values:
        """One mean for each subset ``[n, n_features]`` of known features."""
        many = max(1, BLOCK // len(self.background))
        return np.concatenate([self._some(known[start : start + many]) for start in range(0, len(known), many)])

    def _some(self, known: NDArray[np.bool_]) -> Values:
        rows = np.where(known[:, None, :], self.row, self.background).reshape(-1, len(self.row))
        means: Values = np.asarray(self.score(rows), np.float64).reshape(len(known), -1).mean(axis=1)
        return means


def _exact(value: _Game, n: int) -> Attribution:
    """The weighted mean, over all subsets without a feature, of what the feature adds to them."""
    subsets = np.arange(2**n)
    known = (subsets[:, None] >> np.arange(n) & 1).astype(bool)
    values, sizes = value(known), known.sum(axis=1)
    weights = np.array([factorial(size) * factorial(n - size - 1) / factorial(n) for size in range(n)])
    adds = np.empty(n)
    for feature in range(n):
        without = subsets[~known[:, feature]]
        adds[feature] = weights[sizes[without]] @ (values[without | 1 << feature] - values[without])
    return Attribution(float(values[0]), adds, np.zeros(n))


def _sampled(value: _Game, n: int, rng: np.random.Generator, orders: int) -> Attribution:
    """The mean, over orders of the features, of what each adds to those before it; each order also backwards."""
    pairs = np.stack([(_walk(value, order) + _walk(value, order[::-1])) / 2 for order in _orders(n, rng, orders)])
    base = float(value(np.zeros((1, n), bool))[0])
    errors = pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs)) if len(pairs) > 1 else np.full(n, np.nan)
    return Attribution(base, pairs.mean(axis=0), errors)


def _orders(n: int, rng: np.random.Generator, orders: int) -> Iterator[NDArray[np.int64]]:
    return (rng.permutation(n) for _ in range(orders))


def _walk(value: _Game, order: NDArray[np.int64]) -> Values:
    """What each feature adds when they become known in this order."""
    known = np.zeros((len(order) + 1, len(order)), bool)
    for step, feature in enumerate(order.tolist(), 1):
        known[step:, feature] = True
    adds = np.empty(len(order))
    adds[order] = np.diff(value(known))
    return adds
