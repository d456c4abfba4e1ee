"""The task that a model is tuned for: that of a slot it fills, with repeats as the stages of this slot treat them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from endcap.config import Config
from endcap.core.arrays import among
from endcap.core.candidates import Candidates
from endcap.core.dataset import Dataset
from endcap.core.errors import BadConfig
from endcap.core.query import Stage
from endcap.jobs.judging import tasks_of

if TYPE_CHECKING:
    from endcap.evaluate.tasks import Task, TaskMaker

PROBES = 50
"""So many queries show whether stages let repeats pass."""


def task_of_model(config: Config, model: str, wished: str | None, train: Dataset) -> "TaskMaker":
    """Find what makes the task that a model is tuned for.

    That is the wished one, that of the first slot that shows the model (itself or in a blend), or else the first that
    all models are judged on. Where the task tells apart what a visitor had before, the stages of a slot of this task
    decide whether it counts. Raises `BadConfig` for a task that does not exist.
    """
    tasks, slots = tasks_of(config, train), config.settings.slots
    filled = {name: (*slot.retrievers, *slot.fallback) for name, slot in slots.items() if slot.task}
    shown = [name for name, models in filled.items() if _shows(config, models, model)]
    usual = next(iter(config.settings.evaluate.model_tasks), "basket")
    name = wished or next((slots[name].task for name in shown), None) or usual
    if name not in tasks:
        raise BadConfig(f"tune.task: no task is called {name!r}; there are: {', '.join(tasks)}")
    slot = next((slot for slot in (*shown, *slots) if slots[slot].task == name), None)
    return tasks[name] if slot is None else as_shown(tasks[name], config.stages[slot])


def members_of(config: Config, model: str) -> tuple[str, ...]:
    """Names of what a blend blends; empty for what has no table of its own, where nothing could be written."""
    names = config.settings.models[model].get("models")
    known = config.settings.models.keys() - {model}
    return tuple(name if isinstance(name, str) and name in known else "" for name in names or ())


def as_shown(maker: "TaskMaker", stages: Mapping[str, Stage]) -> "TaskMaker":
    """Make the task in the way in which these stages treat repeats: kept out if no stage lets them pass, or allowed."""

    def make(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int) -> "Task":
        task = maker(train, test, rng, limit)
        if task.twin is None:
            return task
        ways = {task.repeats: task, task.twin.repeats: task.twin}
        chosen = ways["allowed" if _lets_repeats_pass(stages, ways["allowed"]) else "kept out"]
        return replace(chosen, title=f"{chosen.title}, repeats {chosen.repeats}", twin=None)

    return make


def _lets_repeats_pass(stages: Mapping[str, Stage], task: "Task") -> bool:
    """Whether anything that a query tells, and that is on sale, gets through the stages, by trying them."""
    for row in range(min(PROBES, len(task.queries))):
        query = task.queries[row]
        told = np.unique(np.concatenate([query.history, query.session, query.context]))
        had = told[task.allowed[told] & ~among(told, task.exclude[row])]
        found = Candidates(had, np.linspace(1.0, 0.5, len(had), dtype=np.float32))
        for stage in stages.values():
            found = stage(query, found) if len(found) else found
        if len(found):
            return True
    return False


def _shows(config: Config, names: Collection[str], model: str) -> bool:
    """Whether the model is among those named, or in a blend that is."""
    return model in {name for top in names for name in _with_members(config, top)}


def _with_members(config: Config, name: str, above: tuple[str, ...] = ()) -> Iterator[str]:
    yield name
    members = config.settings.models.get(name, {}).get("models", ())
    for member in members if isinstance(members, list) else ():
        if isinstance(member, str) and member in config.settings.models and member not in (*above, name):
            yield from _with_members(config, member, (*above, name))
