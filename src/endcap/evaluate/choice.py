"""Which of several fillings of a slot is to be taken: the best, or a cheaper one that is as good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.evaluate.compare import Interval, estimates, resamples
from endcap.evaluate.metrics import Values


@dataclass(frozen=True)
class Tried:
    """One filling of a slot, and what it reached on each query."""

    cost: int
    values: Values

    @property
    def mean(self) -> float:
        """What it reached on average; 0 if nothing counted."""
        return float(np.nanmean(self.values)) if np.isfinite(self.values).any() else 0.0


def best_of(tried: Sequence[Tried], bar: float, units: NDArray[np.int64], rng: np.random.Generator) -> int:
    """Return the place of the one to be taken, of at least one, all tried on the same queries.

    That is the cheapest of those that are as good as the best, and of the cheapest the best. As good is what reaches
    the `bar` (the mean of the best baseline) and lies no further below the best than chance explains: the 95 % interval
    of the difference over units. If nothing reaches the bar, the best is taken.
    """
    means = np.array([one.mean for one in tried])
    top = int(means.argmax())
    behind = gaps(tried, tried[top], units, rng)
    as_good = [place for place, gap in enumerate(behind) if place == top or (means[place] >= bar and gap.high >= 0)]
    return min(as_good, key=lambda place: (tried[place].cost, -means[place], place))


def better_than(first: Tried, tried: Sequence[Tried], units: NDArray[np.int64], rng: np.random.Generator) -> int | None:
    """Return the place of the best of those that are better than the first by more than chance explains, or None."""
    ahead = [place for place, gap in enumerate(gaps(tried, first, units, rng)) if gap.low > 0]
    return max(ahead, key=lambda place: tried[place].mean, default=None)


def gaps(tried: Sequence[Tried], one: Tried, units: NDArray[np.int64], rng: np.random.Generator) -> Sequence[Interval]:
    """Return how far each lies above one of them, with the 95 % interval over units."""
    differences = np.stack([other.values - one.values for other in tried], axis=1)
    return estimates(differences, resamples(units, rng))


def best_baseline(baselines: Mapping[str, Values]) -> tuple[str, float]:
    """Return the name of the baseline that reached most on average, and how much; an empty name if there is none."""
    means = {name: Tried(0, values).mean for name, values in baselines.items()}
    return max(means.items(), key=lambda item: item[1], default=("", 0.0))
