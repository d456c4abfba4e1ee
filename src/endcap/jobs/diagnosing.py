"""What a model would learn from more data, or from more training: `diagnose`."""

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from endcap.config import Config, load
from endcap.core.dataset import Dataset
from endcap.core.errors import BadConfig
from endcap.core.part import Part
from endcap.core.progress import Watch
from endcap.jobs.common import CONFIG, NOBODY
from endcap.jobs.findings import keep_curves
from endcap.jobs.judging import tasks_of, with_baselines
from endcap.jobs.preparing import prepared_with
from endcap.jobs.splitting import split_of
from endcap.jobs.training import kept, retriever_of

if TYPE_CHECKING:
    from endcap.core.query import Retriever
    from endcap.evaluate.diagnosis.curves import Fit, Kept, Step
    from endcap.evaluate.diagnosis.told import Diagnosis


def diagnose(
    model: str, config: Path = CONFIG, watch: Watch = NOBODY, task: str | None = None, sessions: "Kept" = "latest"
) -> "Diagnosis":
    """Learning curves of a model: fitted on parts of the training data, and with fewer and more epochs if it has any.

    Every fit is kept and not done again. The next `evaluate` shows what was found. `sessions` says which are left
    where there are fewer, the latest or random ones. Raises `BadConfig` for a model or task that does not exist.
    """
    from endcap.evaluate.diagnosis.curves import Asked, Curve, by_data, by_epochs, points
    from endcap.evaluate.diagnosis.fitting import fitting
    from endcap.evaluate.diagnosis.told import Diagnosis
    from endcap.evaluate.enough import count_units

    settings = load(config)
    how, seed = settings.settings.evaluate, settings.settings.seed
    split = split_of(settings, prepared_with(settings, watch).dataset, watch)
    whole, _ = with_baselines(settings, split.train)
    if model not in whole.recipes:
        raise BadConfig(f"no model is called {model!r}; there are: {', '.join(whole.recipes)}")
    makers, wanted = tasks_of(settings, split.train), task or _task_of(settings, model)
    if wanted not in makers:
        raise BadConfig(f"no task is called {wanted!r}; there are: {', '.join(makers)}")
    rng, recipe = np.random.default_rng([seed, zlib.crc32(model.encode())]), whole.recipes[model]
    asked = Asked(makers[wanted](split.train, split.test, rng, how.queries), makers[wanted])

    def curve(over: str, planned: float, steps: "tuple[Step, ...]") -> Curve:
        return Curve(over, sessions, planned, points(steps, asked, rng, watch.step))  # type: ignore[arg-type]

    curves = [curve("sessions", 1.0, by_data(split.train, _fit(whole, model, recipe), sessions, rng))]
    if hasattr(recipe, "epochs"):
        longer = by_epochs(
            split.train, recipe.epochs, lambda n: _fit(whole, model, recipe.model_copy(update={"epochs": n}))
        )
        curves.append(curve("epochs", float(recipe.epochs), longer))
    sizes = len(asked.task.queries), count_units(asked.task.units)
    found = Diagnosis(model, asked.task.title, tuple(curves), fitting(*curves), *sizes)
    keep_curves(whole, split.train, recipe, found.to_json())
    return found


def _fit(config: Config, model: str, recipe: Part) -> "Fit":
    def fit(data: Dataset) -> "Retriever":
        found: Retriever = retriever_of(kept(config, recipe, data), config.searches[model])
        return found

    return fit


def _task_of(config: Config, model: str) -> str:
    """The task of the first slot that asks the model, or what every model is judged on."""
    slots = [slot.task for slot in config.settings.slots.values() if model in slot.retrievers and slot.task]
    return (slots or config.settings.evaluate.model_tasks)[0]
