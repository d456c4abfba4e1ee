"""What the gate judges by: a back-test of the candidate's recipes, and the recipes that are served, fitted for it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from endcap import __version__
from endcap.config import Config, Settings, parse
from endcap.core.dataset import Dataset
from endcap.core.errors import BadBundle
from endcap.core.progress import Watch
from endcap.core.saving import facts_of, load
from endcap.jobs.common import CONFIG, hash_of
from endcap.jobs.splitting import split_of
from endcap.jobs.training import fitted

if TYPE_CHECKING:
    from endcap.evaluate.backtest import BackTest, Entry
    from endcap.evaluate.gate.evidence import Evidence
    from endcap.evaluate.gate.quality import Slots

FOLDER = "evidence"
"""Where a back-test is kept for the gate, among the reports."""
FAR = 1_000_003
"""Between the seeds of two turns, so that none is a seed that somebody chose."""


def kept_evidence(config: Config, tested: "BackTest", entered: "Iterable[Entry]", data: str) -> "Evidence":
    """What a back-test of these settings, on the data of that fingerprint, leaves for the gate; saved for later."""
    from endcap.evaluate.gate.evidence import Evidence

    models = {entry.name: entry.retriever for entry in entered if entry.kind != "slot"}
    evidence = Evidence.of(tested, models)
    evidence.save(config.workdir / "reports" / FOLDER, _key(config.settings, data))
    return evidence


def evidence_for(config: Config, data: str, watch: Watch) -> "Evidence":
    """The evidence for recipes that were fitted on the data of that fingerprint; what `evaluate` left is used.

    Raises `BadBundle` if neither that nor the data is there, and `BadData` if there is too little to judge by.
    """
    from endcap.evaluate.backtest import back_test
    from endcap.evaluate.gate.evidence import Evidence
    from endcap.jobs.judging import entered_of, tasks_of

    there = Evidence.load(config.workdir / "reports" / FOLDER, _key(config.settings, data))
    if there is not None:
        return there
    dataset, how = dataset_of(config, data), config.settings.evaluate
    split = split_of(config, dataset, watch)
    rng = np.random.default_rng(config.settings.seed)
    entered = entered_of(config, split.train, watch)
    tested = back_test(split, entered, rng, how.queries, watch.step, tasks_of(config, split.train))
    return kept_evidence(config, tested, entered, data)


def slots_before_the_cut(config: Config, recipes: Config, data: str, watch: Watch, turn: int = 0) -> "Slots":
    """The slots of some recipes that the candidate's settings have too, fitted on the time before the same cut.

    Each has the task that the candidate's slot has. Turns differ in their random choices.
    """
    tasks = {name: slot.task for name, slot in config.settings.slots.items()}
    filled = {name: slot for name, slot in recipes.settings.slots.items() if tasks.get(name)}
    needed = {model for slot in filled.values() for model in (*slot.retrievers, *slot.fallback)}
    seed = recipes.settings.seed + turn * FAR
    own = replace(
        recipes,
        settings=recipes.settings.model_copy(update={"slots": filled, "seed": seed}),
        recipes={name: recipe for name, recipe in recipes.recipes.items() if name in needed},
    )
    split = split_of(config, dataset_of(config, data), watch)
    slots = own.slots(fitted(own, split.train, watch))
    return {name: (slot, str(tasks[name])) for name, slot in slots.items()}


def settings_of(facts: Mapping[str, Any], config: Config) -> Config:
    """The settings that a bundle was made with, for the shop and workdir of these, judged as these say.

    Raises `BadConfig` if they cannot be read any more.
    """
    own = parse(str(facts.get("settings", "")), config.path.with_name(f"{facts.get('name', 'bundle')}.{CONFIG}"))
    here = config.settings
    return replace(
        own,
        path=config.path,
        settings=own.settings.model_copy(update={"shop": here.shop, "evaluate": here.evaluate, "gate": here.gate}),
    )


def same_recipes(one: Settings, other: Settings) -> bool:
    """Whether two settings give the same slots but for chance: a seed is no part of a recipe."""
    return (one.models, one.slots) == (other.models, other.slots)


def dataset_of(config: Config, data: str) -> Dataset:
    """The dataset of that fingerprint, in the workdir; raises `BadBundle` if another one is there."""
    folder: Path = config.workdir / "dataset"
    there = facts_of(folder).get("fingerprint")
    if there != data:
        raise BadBundle(
            f"{folder} holds dataset {there}, and the bundle was made from {data}: the data, the settings or endcap "
            "itself changed since this bundle was trained: run `endcap prepare`, `endcap train` and `endcap evaluate` "
            "again"
        )
    found: Dataset = load(folder)
    return found


def _key(settings: Settings, data: str) -> str:
    """Names what a back-test comes from: data, recipes, slots, and how they are judged."""
    how = settings.evaluate
    judged = (how.test_share, how.gap_days, how.queries, how.baselines, how.model_tasks)
    tables = settings.model_dump_json(include={"models", "slots", "seed"})
    return hash_of(__version__, data, tables, *judged)
