"""Is it worse? One-sided tests of paired values, corrected for how many are made, and what they could have seen.

A loss is refused if it is greater than the margin and chance does not explain it: the randomisation test over units,
one-sided, after Holm over everything that is tested together. Where most comparisons are with something that is far
worse, such as all the baselines, only those that look worse are counted, each at half the level: which side a
difference lies on says nothing of how far, if there is none (Zhao, Small and Su, Multiple testing when many p-values
are uniformly conservative, JASA 2019). A loss that was not shown is not therefore absent; so
each comparison also says what the data can rule out (the interval), and how many queries it would take to see a loss of
a given size 8 times in 10 (the usual formula for a mean of normal differences, at the level that Holm leaves).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from endcap.evaluate.compare import EXCHANGES, LEVEL, TIMES, Interval, estimates, holm, randomised, resamples
from endcap.evaluate.metrics import Values

SERVED_LEVEL = 0.04
"""How often anything at all is refused of recipes that differ from the served ones by chance alone …"""
GROSS_LEVEL = 0.01
"""… and in all other tests together, which look for what nobody can miss; so five refusals in a hundred at most."""
POWER = 0.8
"""How often a loss should be seen that is worth so many queries."""
NORMAL = NormalDist()


@dataclass(frozen=True)
class Pair:
    """Two rows of values over the same queries, of which one must not be worse than the other."""

    rule: str
    about: str
    units: NDArray[np.int64]
    """Of each query; those of one unit are not independent."""
    ours: Values
    theirs: Values
    margin: float
    """Share of what the other reaches that may be lost."""
    slot: str = ""
    """Whose values they are, if they are those of a slot …"""
    other: str = ""
    """… and whose the others are, if they are those of a baseline."""
    metric: str = ""
    """What the values are."""


@dataclass(frozen=True)
class Loss:
    """How far one row lies from the other, in shares of what the other reaches; below zero: worse."""

    pair: Pair
    queries: int
    """That have a value."""
    reached: float
    """By the other row."""
    mean: float
    low: float
    high: float
    p: float
    """How often rows that do not differ would give at least such a loss; NaN: nothing to compare."""
    corrected: float
    """The same after Holm, for the worst of all that were tested."""
    sees: float
    """The smallest loss that would be shown 8 times in 10."""

    def needs(self, loss: float) -> int:
        """So many queries would show a loss of that share 8 times in 10."""
        return ceil(self.queries * (self.sees / loss) ** 2)

    def verdict(self, level: float, notice: float) -> Literal["worse", "cannot tell", "not worse"]:
        """Whether a loss greater than the margin is shown; if not, whether one that must be noticed is ruled out."""
        if np.isnan(self.p):
            return "not worse" if self.queries else "cannot tell"  # nothing is worse than what reaches nothing
        if self.corrected < level and self.mean < -self.pair.margin:
            return "worse"
        return "cannot tell" if self.low < -max(notice, self.pair.margin) else "not worse"


def losses(pairs: Sequence[Pair], level: float, rng: np.random.Generator, *, worse_only: bool = False) -> list[Loss]:
    """What every pair comes to, in their order, all tested together; the level is that of all tests at once.

    `worse_only`: pairs that do not look worse are not counted among the tests, and the others are tested two-sided.
    """
    tested = [not worse_only or bool(np.nansum(pair.ours - pair.theirs) < 0) for pair in pairs]
    sides = 2 if worse_only else 1
    each = level / sides / max(sum(tested), 1)
    # With fewer exchanges no p could be so small that it is shown after the correction.
    suspects = _grouped([pair for pair, at in zip(pairs, tested, strict=True) if at], each, ceil(2 / each), rng)
    others = _grouped([pair for pair, at in zip(pairs, tested, strict=True) if not at], each, EXCHANGES, rng)
    corrected = iter(min(1.0, sides * p) for p in holm([loss.p for loss in suspects]))
    looked_at, rest = iter(suspects), iter(others)
    return [
        replace(next(looked_at), corrected=next(corrected))
        if at
        else replace(loss := next(rest), corrected=1.0 if loss.p == loss.p else loss.p)
        for at in tested
    ]


def _grouped(pairs: Sequence[Pair], each: float, exchanges: int, rng: np.random.Generator) -> list[Loss]:
    """Losses that are not corrected; pairs over the same queries share one pass over the draws: much faster."""
    found: dict[int, Loss] = {}
    together: dict[bytes, list[int]] = {}
    for place, pair in enumerate(pairs):
        together.setdefault(pair.units.tobytes(), []).append(place)
    for places in together.values():
        same = [pairs[place] for place in places]
        found |= zip(places, _losses(same, each, exchanges, rng), strict=True)
    return [found[place] for place in range(len(pairs))]


def _losses(pairs: Sequence[Pair], each: float, exchanges: int, rng: np.random.Generator) -> list[Loss]:
    drawn = resamples(pairs[0].units, rng, TIMES, max(EXCHANGES, exchanges))
    theirs = np.stack([pair.theirs for pair in pairs], axis=1)
    differences = np.stack([pair.ours for pair in pairs], axis=1) - theirs
    counted = (~np.isnan(differences)).sum(axis=0)
    reached = np.where(np.isnan(differences), 0.0, theirs).sum(axis=0) / np.maximum(counted, 1)
    rows = zip(pairs, counted, reached, estimates(differences, drawn), randomised(differences, drawn), strict=True)
    return [_loss(pair, int(n), float(mean), span, (float(p), each)) for pair, n, mean, span, p in rows]


def _loss(pair: Pair, queries: int, reached: float, span: Interval, chance: tuple[float, float]) -> Loss:
    """One row of many; `chance` is the two-sided p, and the level that one of so many tests has."""
    if not queries or reached <= 0:
        return Loss(pair, queries, reached, *(np.nan,) * 6)
    p, each = chance
    mean, low, high = (value / reached for value in (span.mean, span.low, span.high))
    error = (high - low) / (2 * NORMAL.inv_cdf((1 + LEVEL) / 2))
    sees = (NORMAL.inv_cdf(1 - each) + NORMAL.inv_cdf(POWER)) * error
    # Exchanging rows is as likely one way as the other, so half of what is as extreme is a loss.
    sided = p / 2 if mean < 0 else 1 - p / 2
    return Loss(pair, queries, reached, mean, low, high, sided, np.nan, sees)
