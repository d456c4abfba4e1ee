"""Other ways to judge than one cut in time: rolling windows, the last visit of each user, strangers, new items.

Windows are not independent of each other: a user comes in several of them, and what one learned from the next one
learns from too. So what they say together has two intervals. One is of other users in the same windows: users are drawn
again with all they did in any window. The other is of another window: Student's t over the windows, its variance
widened by the share of test in training data, because the models of the windows were learned from nearly the same
events (Nadeau and Bengio, Inference for the generalization error, Machine Learning 52, 2003).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.data.splits import Split, item_split, leave_last_out, rolling_splits, user_split
from endcap.evaluate.backtest import MAIN, BackTest, Judged, Kind, Score
from endcap.evaluate.compare import LEVEL, Comparison, Interval, compared, resamples
from endcap.evaluate.metrics import Values
from endcap.evaluate.tasks import Task

Name = Literal["rolling", "last", "users", "items"]
TOLD: Mapping[Name, tuple[str, str]] = {
    "rolling": (
        "Rolling windows",
        "One window after another is judged on, each by models that learned from what lies before it.",
    ),
    "last": (
        "Leave the last out",
        "The last visit of each user with a purchase is judged on. There is no one moment of the cut: models learn "
        "from what others did later, so figures are higher than those of a cut in time, and good for comparison with "
        "papers.",
    ),
    "users": (
        "Known and unknown users",
        "A share of the users is kept from training; those that training knows, those that it does not, and guests "
        "are judged apart.",
    ),
    "items": (
        "Known and unknown items",
        "A share of the items is kept from training, though the shop describes and sells them; the segments by "
        "knowledge of the wanted item tell who finds them.",
    ),
}
"""Title and description of each."""


@dataclass(frozen=True)
class Ways:
    """How the splits of all protocols are made; the fields are those of ``[evaluate]``."""

    cut: float
    """When judging begins, where it begins for all at once: seconds since 1970 (UTC)."""
    gap_days: float = 0.0
    windows: int = 4
    window_days: float = 28.0
    history_days: float | None = None
    cold_share: float = 0.1


@dataclass(frozen=True)
class Sitting:
    """One split of a protocol, and how everything did on it."""

    name: str
    back_test: BackTest


@dataclass(frozen=True)
class Pooled:
    """One task over several windows."""

    name: str
    title: str
    queries: int
    units: int
    windows: int
    kinds: Mapping[str, Kind]
    """By entry, in the order of their main metric, the best first; so are all the others."""
    comparisons: Mapping[str, Comparison]
    """Of all queries together, for other users in the same windows."""
    by_window: Mapping[str, Sequence[float]]
    """Mean of the main metric in each window; NaN where nothing was asked."""
    over_windows: Mapping[str, Interval]
    """Of the main metric, for another window."""
    above_over_windows: Mapping[str, Mapping[str, Interval]]
    """Of what lies between an entry and each baseline, for another window."""


@dataclass(frozen=True)
class Protocol:
    """A way to judge, and what came of it."""

    name: Name
    title: str
    description: str
    sittings: tuple[Sitting, ...]
    pooled: tuple[Pooled, ...]


def splits_of(
    name: Name,
    data: Dataset,
    ways: Ways,
    rng: np.random.Generator,
    known: Callable[[float], Dataset] | None = None,
) -> Iterator[tuple[str, Split]]:
    """The splits of a protocol and what each is called; raises `BadData` if the data does not allow any.

    `known` gives the dataset as it was known at a moment, if that depends on when; only what leaves the last visit out,
    which has no one moment, goes by the dataset as it is.
    """
    if name == "rolling":
        splits = rolling_splits(data, ways.windows, ways.window_days, ways.gap_days, ways.history_days, known)
        for place, split in enumerate(splits, 1):
            yield f"window {place} of {len(splits)}", split
        return
    if name == "last":
        yield "the last visit of each user", leave_last_out(data)
        return
    then = known(ways.cut - ways.gap_days * DAY) if known else data
    if name == "users":
        users = user_split(then, ways.cut, rng, ways.cold_share, ways.gap_days)
        for said, split in (("known users", users.warm), ("unknown users", users.cold), ("guests", users.guests)):
            if len(split.test.events):
                yield said, split
    else:
        yield "known and unknown items", item_split(then, ways.cut, rng, ways.cold_share, ways.gap_days)


def protocol_of(
    name: Name, splits: Iterator[tuple[str, Split]], judge: Callable[[Split], BackTest], rng: np.random.Generator
) -> Protocol:
    """What comes of a protocol when each of its splits is judged; windows are also told together."""
    sittings = tuple(Sitting(said, judge(split)) for said, split in splits)
    if not sittings:
        raise BadData(f"the data has nothing that the protocol {name!r} could judge on")
    pooled = pooled_over([sitting.back_test for sitting in sittings], rng) if name == "rolling" else ()
    return Protocol(name, *TOLD[name], sittings, pooled)


def pooled_over(windows: Sequence[BackTest], rng: np.random.Generator) -> tuple[Pooled, ...]:
    """What several windows say together of each task, and of whoever was judged on it in all of them."""
    tasks = [{judged.task.name: judged for judged in window.judged} for window in windows]
    ratio = float(np.mean([len(window.split.test.events) / len(window.split.train.events) for window in windows]))
    n_users, found = len(windows[0].split.train.users), []
    for name in tasks[0]:
        judged = [window[name] for window in tasks if name in window]
        rows = [{score.name: score for score in one.scores} for one in judged]
        shared = [row for row in rows[0] if all(row in others for others in rows)]
        if shared and len(judged) == len(tasks):
            found.append(_pooled(judged, [[row[name] for name in shared] for row in rows], ratio, n_users, rng))
    return tuple(found)


def _pooled(
    windows: Sequence[Judged], scores: Sequence[Sequence[Score]], ratio: float, n_users: int, rng: np.random.Generator
) -> Pooled:
    """One task over windows, in each of which the same rows were judged in the same order."""
    first, units = scores[0], _units([judged.task for judged in windows], n_users)
    metrics = [name for name in first[0].values if all(name in score.values for row in scores for score in row)]
    joined = {
        score.name: {name: np.concatenate([row[place].values[name] for row in scores]) for name in metrics}
        for place, score in enumerate(first)
    }
    bases = [score.name for score in first if score.kind == "baseline"]
    comparisons = compared(joined, bases, resamples(units, rng))
    order = sorted(joined, key=lambda name: np.nan_to_num(comparisons[name].reached[MAIN].mean), reverse=True)
    means = {score.name: [_mean(row[place].values[MAIN]) for row in scores] for place, score in enumerate(first)}
    return Pooled(
        name=windows[0].task.name,
        title=windows[0].task.title,
        queries=len(units),
        units=len(np.unique(units)),
        windows=len(windows),
        kinds={name: next(score.kind for score in first if score.name == name) for name in order},
        comparisons={name: comparisons[name] for name in order},
        by_window={name: means[name] for name in order},
        over_windows={name: over_windows(means[name], ratio) for name in order},
        above_over_windows={
            name: {base: over_windows(np.subtract(means[name], means[base]), ratio) for base in bases if base != name}
            for name in order
        },
    )


def _units(tasks: Sequence[Task], n_users: int) -> NDArray[np.int64]:
    """The unit of each query of several windows: a user is one in all, guests of different windows are different."""
    return np.concatenate(
        [np.where(task.units < n_users, task.units, task.units + at * 2**32) for at, task in enumerate(tasks)]
    )


def over_windows(means: Sequence[float] | Values, ratio: float) -> Interval:
    """The mean of some windows, and where that of another window lies; `ratio` is the size of test over training data.

    Windows without a value (NaN) are left out. NaN without two of them.
    """
    known = np.array([mean for mean in means if not np.isnan(mean)])
    if len(known) < 2:
        return Interval(np.nan, np.nan, np.nan)
    half = student(len(known) - 1) * float(np.sqrt(known.var(ddof=1) * (1 / len(known) + ratio)))
    return Interval(float(known.mean()), float(known.mean()) - half, float(known.mean()) + half)


def student(degrees: int, level: float = LEVEL) -> float:
    """How far from 0 Student's t lies at most, so often as `level` says.

    By halving, on the distribution for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4).
    """
    low, high = 0.0, 1e4
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, degrees) < level else (low, middle)
    return (low + high) / 2


def _within(t: float, degrees: int) -> float:
    """How often Student's t lies between -t and t."""
    angle = np.arctan(t / np.sqrt(degrees))
    odd = degrees % 2
    term, total = (np.cos(angle), 0.0) if odd else (1.0, 0.0)
    for place in range(2 if odd else 1, degrees, 2):
        total += term
        term *= np.cos(angle) ** 2 * place / (place + 1)
    return float(2 / np.pi * (angle + np.sin(angle) * total) if odd else np.sin(angle) * total)


def _mean(values: Values) -> float:
    return float(np.nanmean(values)) if (~np.isnan(values)).any() else np.nan
