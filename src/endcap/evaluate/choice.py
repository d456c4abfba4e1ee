"""Which of several fillings of a slot is to be taken: the best, or a cheaper one that is as good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.evaluate.compare import estimates, resamples
from endcap.evaluate.metrics import Values

SAME = 0.02
"""What lies at most such a share below the best may be taken instead of it, if chance explains the difference."""


@dataclass(frozen=True)
class Tried:
    """One filling of a slot, and what it reached on each query."""

    cost: int
    values: Values

    @property
    def mean(self) -> float:
        """What it reached on average; 0 if nothing counted."""
        return float(np.nanmean(self.values)) if np.isfinite(self.values).any() else 0.0


def best_of(tried: Sequence[Tried], units: NDArray[np.int64], rng: np.random.Generator) -> int:
    """Return the place of the one to be taken, of at least one, all tried on the same queries.

    That is the cheapest of those that are as good as the best: at most `SAME` below it on average, and by no more than
    chance explains (the 95 % interval of the difference over units). Of the cheapest, the best.
    """
    means = np.array([one.mean for one in tried])
    top = int(means.argmax())
    differences = np.stack([one.values - tried[top].values for one in tried], axis=1)
    intervals = estimates(differences, resamples(units, rng))
    as_good = [
        place
        for place, interval in enumerate(intervals)
        if place == top or (means[place] >= (1 - SAME) * means[top] and interval.high >= 0)
    ]
    return min(as_good, key=lambda place: (tried[place].cost, -means[place], place))


def best_baseline(baselines: Mapping[str, Values]) -> tuple[str, float]:
    """Return the name of the baseline that reached most on average, and how much; an empty name if there is none."""
    means = {name: Tried(0, values).mean for name, values in baselines.items()}
    return max(means.items(), key=lambda item: item[1], default=("", 0.0))
