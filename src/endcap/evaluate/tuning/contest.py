"""One try: a recipe with other settings, fitted on the training side of a split and judged on the validation window.

Successive halving asks a try for its value at a ninth, a third and all of a resource, and stops those that lie behind
there: Li et al., A system for massively parallel hyperparameter tuning, MLSys 2020 (ASHA).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from endcap.core.dataset import Dataset
from endcap.core.errors import BadConfig, BadData
from endcap.core.part import Part
from endcap.core.query import Retriever
from endcap.data.splits import Split
from endcap.evaluate.metrics import METRICS, Values, matched, measured_at
from endcap.evaluate.ranking import ranked
from endcap.evaluate.tasks import Task
from endcap.evaluate.tuning.space import Members, changed

Resource = Literal["epochs", "data", "queries"]
"""What a rung has less of: epochs of fitting, the time that is learned from, or queries that are judged on."""
RUNGS = (1, 3, 9)
"""What of the resource is spent up to each rung, in ninths."""
Fit = Callable[[Part, Dataset], Retriever]
"""From recipe and data to something that retrieves; the same twice for the same."""
Report = Callable[[int, float], bool]
"""Told a rung and the value there, says whether to stop."""


@dataclass(frozen=True)
class Outcome:
    """What came of a try."""

    value: float
    settings: Mapping[str, Any]
    """As they must be to reach it: fewer epochs than asked for, where more were worse."""
    rungs: tuple[float, ...] = ()
    """The values on the way."""
    stopped: bool = False
    """Whether it was stopped before it had all of the resource."""


@dataclass(frozen=True)
class Contest:
    """What every try of a search has in common."""

    recipe: Part
    fit: Fit
    split: Split
    """Learned from its training side; its test side is the validation window."""
    task: Task
    """Made from that window."""
    metric: str
    resource: Resource | None = None
    """What is halved; nothing, if tries are not stopped early."""
    members: Members = ()
    """Names of what the recipe blends, whose settings may be searched too."""

    def __call__(self, settings: Mapping[str, Any], report: Report) -> Outcome:
        """The value of the settings; raises whatever the recipe raises, and `BadData` if nothing can be judged."""
        recipe: Part = changed(self.recipe, settings, self.members)
        if self.resource is None:
            return Outcome(self._value(recipe, self.split.train, self.task), settings)
        values: list[float] = []
        for rung, value, spent in self._climbed(recipe):
            if self.resource == "epochs" and values and value < values[-1]:
                # More epochs fit the training side better and the window worse: those before were enough.
                return Outcome(values[-1], {**settings, "epochs": self._epochs(recipe, RUNGS[len(values) - 1])},
                               (*values, value))  # fmt: skip
            values.append(value)
            if report(rung, value) and rung < RUNGS[-1]:
                return Outcome(value, {**settings, **spent}, tuple(values), stopped=True)
        return Outcome(values[-1], settings, tuple(values))

    def _climbed(self, recipe: Part) -> Iterator[tuple[int, float, dict[str, Any]]]:
        """Rung, value there, and the settings that say what was spent, from the lowest to all of it."""
        if self.resource == "queries":
            model, n = self.fit(recipe, self.split.train), len(self.task.queries)
            for rung in RUNGS:
                part = self.task.take(np.arange(-(-n * rung // RUNGS[-1])))
                yield rung, _mean(values_of(model, part, self.metric), self.metric), {}
            return
        for rung in RUNGS:
            if self.resource == "epochs":
                epochs = self._epochs(recipe, rung)
                shorter = changed(recipe, {"epochs": epochs})
                yield rung, self._value(shorter, self.split.train, self.task), {"epochs": epochs}
            else:
                yield rung, self._value(recipe, latest(self.split.train, rung / RUNGS[-1]), self.task), {}

    def _epochs(self, recipe: Part, rung: int) -> int:
        epochs: int = recipe.epochs  # type: ignore[attr-defined]
        return max(1, round(epochs * rung / RUNGS[-1]))

    def _value(self, recipe: Part, train: Dataset, task: Task) -> float:
        return _mean(values_of(self.fit(recipe, train), task, self.metric), self.metric)


def resource_of(recipe: Part, wished: str) -> Resource:
    """What is halved: what was wished, or epochs for a recipe that has them, and queries for any other.

    Raises `BadConfig` if epochs are wished of a recipe without them.
    """
    has = "epochs" in type(recipe).model_fields
    if wished == "epochs" and not has:
        fields = ", ".join(type(recipe).model_fields) or "none"
        raise BadConfig(f"resource: {type(recipe).__name__} has no epochs; its fields: {fields}")
    known: dict[str, Resource] = {"epochs": "epochs", "data": "data", "queries": "queries"}
    return known.get(wished) or ("epochs" if has else "queries")


def latest(data: Dataset, share: float) -> Dataset:
    """The last share of the events by time; codes and catalog stay what they are."""
    if share >= 1:
        return data
    start = float(np.quantile(data.events.time, 1 - share, method="higher"))
    later = data.between(start, np.inf)
    return replace(later, now=data.now)


def parsed(metric: str) -> tuple[str, int]:
    """Name and cut of a metric such as ``NDCG@10``; raises `BadConfig` with the names there are."""
    name, _, cut = metric.partition("@")
    if name not in METRICS or not cut.isdigit() or int(cut) < 1:
        raise BadConfig(f"metric: found {metric!r}; expected one of {', '.join(METRICS)} with a cut, such as NDCG@10")
    return name, int(cut)


def values_of(model: Retriever, task: Task, metric: str) -> Values:
    """The metric of each query."""
    name, cut = parsed(metric)
    return measured_at(matched(ranked(model, task, cut), task.relevant), cut)[name]


def _mean(values: Values, metric: str) -> float:
    counted = values[~np.isnan(values)]
    if not len(counted):
        raise BadData(f"no query of the validation window has anything relevant, so {metric} says nothing")
    return float(counted.mean())
