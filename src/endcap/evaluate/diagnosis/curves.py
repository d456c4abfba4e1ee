"""Learning curves: what a model reaches when it is given less to learn from, or is trained for longer.

Every model of a curve answers the same questions about the time after the cut. Beside it stands what it answers to
questions of the same kind about what it was trained on, so that what it learned can be told from what it remembers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from endcap.core.dataset import Dataset
from endcap.core.errors import BadData
from endcap.core.progress import Steps, silently
from endcap.core.query import Retriever
from endcap.data.splits import time_split
from endcap.data.splits.known import as_known
from endcap.evaluate.backtest import MAIN, Entry, evaluated
from endcap.evaluate.compare import Difference, Interval, compared, estimates, resamples
from endcap.evaluate.facts import Facts
from endcap.evaluate.metrics import CUT, Values
from endcap.evaluate.tasks import LIMIT, Task, TaskMaker

SHARES = (0.125, 0.25, 0.5, 1.0)
"""Of the sessions, each twice what the one before has: a curve that rises evenly would go on so with twice the data."""
FACTORS = (0.25, 0.5, 1.0, 2.0)
"""Of the epochs that a recipe names."""
ASIDE = 0.2
"""The last share of what a model was trained on is asked about, given the rest."""
Kept = Literal["latest", "random"]
Fit = Callable[[Dataset], Retriever]


@dataclass(frozen=True)
class Step:
    """One model of a curve."""

    at: float
    """Share of the sessions, or epochs."""
    fit: Fit
    data: Dataset
    """What it learns from."""


@dataclass(frozen=True)
class Point:
    """What one model of a curve reaches, by the main metric."""

    at: float
    learned_from: int
    """Events."""
    seen: Interval
    """Asked about what it was trained on; NaN if that is too little to ask about."""
    unseen: Interval
    """Asked about the time after the cut."""
    further: Difference | None
    """By how much the latter lies above the point before; None for the first."""


@dataclass(frozen=True)
class Asked:
    """The questions of a curve."""

    task: Task
    """About the time after the cut: the same for every point."""
    maker: TaskMaker
    """Puts questions of the same kind about what a model was trained on."""


@dataclass(frozen=True)
class Curve:
    """What more of something brings."""

    over: Literal["sessions", "epochs"]
    kept: Kept
    """Which sessions are left where there are fewer."""
    planned: float
    """The point that stands for the model as it is set: all sessions, or the epochs of its recipe."""
    points: tuple[Point, ...]

    @property
    def here(self) -> Point:
        """The point of the model as it is set."""
        return next(point for point in self.points if point.at == self.planned)


def by_data(train: Dataset, fit: Fit, kept: Kept, rng: np.random.Generator) -> tuple[Step, ...]:
    """One step for each of `SHARES`: fewer hold the latest sessions only, or random ones; each share holds the last."""
    n = int(train.events.session.max(initial=-1)) + 1
    begun = np.full(n, np.inf)
    np.minimum.at(begun, train.events.session, train.events.time)
    order = np.argsort(-begun, kind="stable") if kept == "latest" else rng.permutation(n)
    order = order[np.isfinite(begun[order])]
    return tuple(Step(share, fit, _only(train, order[: round(share * len(order))], share, kept)) for share in SHARES)


def _only(train: Dataset, sessions: np.ndarray[tuple[int], np.dtype[np.int64]], share: float, kept: Kept) -> Dataset:
    """The dataset of some sessions, its catalog as it would have stood; all of it is itself, so is fitted once."""
    if share == 1.0:
        return train
    name = f"{train.fingerprint}[{kept} {share:.4%} of the sessions]"
    chosen = train.events.take(np.isin(train.events.session, sessions))
    return as_known(replace(train, events=chosen, fingerprint=name), train)


def by_epochs(train: Dataset, planned: int, fits: Callable[[int], Fit]) -> tuple[Step, ...]:
    """One step for each of `FACTORS` of the planned epochs; `fits` gives the fit for a number of epochs."""
    epochs = sorted({max(1, round(factor * planned)) for factor in FACTORS})
    return tuple(Step(many, fits(many), train) for many in epochs)


def points(steps: Sequence[Step], asked: Asked, rng: np.random.Generator, step: Steps = silently) -> tuple[Point, ...]:
    """Every step fitted and asked; raises `BadData` if there is nothing to ask."""
    if not len(asked.task.queries):
        raise BadData(
            f"a learning curve needs questions, and nothing in the latest weeks can be asked for the task "
            f"{asked.task.name!r}: take another one with --task, or come back with more orders"
        )
    drawn, facts = resamples(asked.task.units, rng), Facts.of(asked.task.queries.catalog)
    found: list[Point] = []
    last: Values | None = None
    for one in steps:
        with step(f"fit and ask with {_said(one.at)}"):
            retriever = one.fit(one.data)
            values = _reached(retriever, asked.task, facts)
            further = None
            if last is not None:
                rows = {"before": {MAIN: last}, "now": {MAIN: values}}
                further = compared(rows, ["before"], drawn)["now"].above["before"][MAIN]
            (unseen,), last = estimates(values[:, None], drawn), values
            found.append(
                Point(one.at, len(one.data.events), _seen(retriever, one.data, asked.maker, rng), unseen, further)
            )
    return tuple(found)


def _seen(retriever: Retriever, data: Dataset, maker: TaskMaker, rng: np.random.Generator) -> Interval:
    """What a model answers to questions about what it was trained on."""
    try:
        inside = time_split(data, ASIDE)
    except BadData:
        return Interval(np.nan, np.nan, np.nan)
    task = maker(inside.train, inside.test, rng, LIMIT)
    if not len(task.queries):
        return Interval(np.nan, np.nan, np.nan)
    values = _reached(retriever, task, Facts.of(task.queries.catalog))
    return estimates(values[:, None], resamples(task.units, rng))[0]


def _reached(retriever: Retriever, task: Task, facts: Facts) -> Values:
    return evaluated(Entry("asked", "model", retriever, ()), task, facts, k=CUT).values[MAIN]


def _said(at: float) -> str:
    return f"{at:.3g} of the sessions" if at <= 1 else f"{at:.0f} epochs"
