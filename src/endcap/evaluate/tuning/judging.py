"""The winner's one look at the test side, beside the settings that were there and the baselines."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from endcap.core.query import Retriever
from endcap.evaluate.compare import Difference, Interval, compared, resamples
from endcap.evaluate.enough import count_units
from endcap.evaluate.tasks import Task
from endcap.evaluate.tuning.contest import values_of

TUNED, UNTUNED = "tuned", "untuned"


@dataclass(frozen=True)
class Judgement:
    """What the winner reaches on the test side, and how far it lies above each other row."""

    queries: int
    units: int
    """The users, or orders of guests, that the queries are from."""
    reached: Mapping[str, Interval]
    """By row: `TUNED`, `UNTUNED`, and the baselines by name."""
    above: Mapping[str, Difference]
    """How far the tuned settings lie above each other row; p is that of this one comparison."""

    def to_json(self) -> dict[str, Any]:
        """In plain values, from which `judgement_of` makes it again."""
        return asdict(self)


def judgement_of(told: Mapping[str, Any]) -> Judgement:
    """The judgement that was told in plain values."""
    reached = {name: Interval(**at) for name, at in told["reached"].items()}
    return Judgement(
        told["queries"],
        told.get("units", told["queries"]),
        reached,
        {name: Difference(**at) for name, at in told["above"].items()},
    )


def judged(rows: Mapping[str, Retriever], task: Task, metric: str, rng: np.random.Generator) -> Judgement:
    """How each row does on the task, and how far `TUNED`, which is among them, lies above the others."""
    values = {name: {metric: values_of(model, task, metric)} for name, model in rows.items()}
    drawn = resamples(task.units, rng)
    others = [name for name in rows if name != TUNED]
    # Two rows at a time: each difference answers a question of its own, and none is chosen for being large.
    pairs = {name: compared({TUNED: values[TUNED], name: values[name]}, [name], drawn) for name in others}
    reached = {name: pairs[name][name].reached[metric] for name in others}
    first = compared({TUNED: values[TUNED]}, [], drawn)[TUNED].reached[metric]
    above = {name: pairs[name][TUNED].above[name][metric] for name in others}
    return Judgement(len(task.queries), count_units(task.units), {TUNED: first} | reached, above)
