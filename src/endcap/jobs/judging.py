"""How good the models and slots are on later time: `evaluate`."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from endcap.config import Config, Search, load
from endcap.core.dataset import Dataset
from endcap.core.errors import BadConfig
from endcap.core.progress import Watch
from endcap.core.saving import write_atomically
from endcap.jobs.common import CONFIG, NOBODY, charts, shown_path, versions
from endcap.jobs.evidence import kept_evidence
from endcap.jobs.findings import costs_of, curves_of
from endcap.jobs.preparing import prepared_with
from endcap.jobs.splitting import known_at, split_of
from endcap.jobs.tracking import evaluated_told, tracked
from endcap.jobs.training import fitted

if TYPE_CHECKING:
    from endcap.data.splits import Split
    from endcap.evaluate.backtest import BackTest, Entry
    from endcap.evaluate.protocols import Protocol
    from endcap.evaluate.report import Report
    from endcap.evaluate.tasks import TaskMaker


@tracked(evaluated_told)
def evaluate(config: Path = CONFIG, watch: Watch = NOBODY, protocols: Sequence[str] = ()) -> "Report":
    """Fits every model on the time before the cut and judges models, slots and baselines on the time after it.

    Also by the protocols that the settings name, and by those given. Writes ``reports/evaluation.json`` and
    ``reports/evaluation.html`` into the workdir. Raises `BadConfig` for a protocol that does not exist.
    """
    from endcap.evaluate.report import Report, html

    settings = load(config)
    wanted = _protocols(settings, protocols)
    prepared = prepared_with(settings, watch)
    split = split_of(settings, prepared.dataset, watch)
    rng = np.random.default_rng(settings.settings.seed)
    entered = entered_of(settings, split.train, watch)
    tested = _tested(settings, split, entered, rng, watch)
    judge = judge_of(settings, watch, rng)
    report = Report(
        settings.settings.shop.name, tested, prepared.ledger, settings.public_text, versions(),
        prepared.dataset.fingerprint, _judged_by(wanted, settings, prepared.dataset, split.cut, judge, watch),
        costs_of(with_baselines(settings, split.train)[0], split.train, entered, tested),
        curves_of(settings, split.train), page=shown_path(settings.workdir / "reports" / "evaluation.html"),
    )  # fmt: skip
    with watch.step("write the report"):
        folder = settings.workdir / "reports"
        write_atomically(folder / "evaluation.json", json.dumps(report.to_json()))
        write_atomically(folder / "evaluation.html", html(report, charts()))
        kept_evidence(settings, tested, entered, prepared.dataset.fingerprint)
    return report


def judge_of(config: Config, watch: Watch, rng: np.random.Generator) -> "Callable[[Split], BackTest]":
    """What judges everything that the settings name on a split: fits on its training side, or loads what was fitted."""

    def judge(split: "Split") -> "BackTest":
        return _tested(config, split, entered_of(config, split.train, watch), rng, watch)

    return judge


def _tested(
    config: Config, split: "Split", entered: "Sequence[Entry]", rng: np.random.Generator, watch: Watch
) -> "BackTest":
    from endcap.evaluate.backtest import back_test

    return back_test(split, entered, rng, config.settings.evaluate.queries, watch.step, tasks_of(config, split.train))


def entered_of(config: Config, train: Dataset, watch: Watch) -> "tuple[Entry, ...]":
    """Every model, slot and baseline of the settings, fitted, and the baselines that are always there to be beaten.

    A configured model that is such a baseline by its settings is judged once, under its own name, as the baseline.
    """
    from endcap.evaluate.backtest import entries
    from endcap.slots.filters import one_per_family

    how, slots = config.settings.evaluate, config.settings.slots
    whole, always = with_baselines(config, train)
    models = fitted(whole, train, watch)
    baselines = {name: models[name] for name in dict.fromkeys([*how.baselines, *always])}
    filled = {name: (slot, task) for name, slot in config.slots(models).items() if (task := slots[name].task)}
    shown = [name for name, (slot, _) in filled.items() if one_per_family in slot.stages.values()]
    return entries({name: models[name] for name in config.recipes}, filled, baselines, how.model_tasks, shown)


def with_baselines(config: Config, train: Dataset) -> tuple[Config, list[str]]:
    """The settings with a recipe for each baseline that the data can fit, and the names of all these."""
    from endcap.models.baselines import baselines

    there = {recipe: name for name, recipe in config.recipes.items() if not config.searches[name].within}
    recipes, searches, names = dict(config.recipes), dict(config.searches), []
    for name, recipe in baselines(train).items():
        own = there.get(recipe) or (f"{name} (baseline)" if name in config.recipes else name)
        names.append(own)
        if own not in recipes:
            recipes[own], searches[own] = recipe, Search(None, "")
    return replace(config, recipes=recipes, searches=searches), names


def tasks_of(config: Config, train: Dataset) -> "Mapping[str, TaskMaker]":
    """What can be judged: every task, and those that a source which knows the truth adds to them."""
    from endcap.evaluate.tasks import TASKS
    from endcap.evaluate.truth import truth_tasks

    known = [source for source in config.sources if hasattr(source, "truth")]
    return dict(TASKS) | (truth_tasks(known[0].truth(config.folder, train.catalog.items)) if known else {})


def _judged_by(
    names: Sequence[Any],
    config: Config,
    data: Dataset,
    cut: float,
    judge: "Callable[[Split], BackTest]",
    watch: Watch,
) -> "tuple[Protocol, ...]":
    """What comes of each protocol; each draws for itself, so that none changes what another finds."""
    from endcap.evaluate.protocols import Ways, protocol_of, splits_of

    how = config.settings.evaluate
    ways = Ways(cut, how.gap_days, how.windows, how.window_days, how.history_days, how.cold_share)

    def known(until: float) -> Dataset:
        return known_at(config, data, until, watch)

    found = []
    for name in names:
        rng = np.random.default_rng([config.settings.seed, *name.encode()])
        found.append(protocol_of(name, splits_of(name, data, ways, rng, known), judge, rng))
    return tuple(found)


def _protocols(config: Config, more: Sequence[str]) -> list[str]:
    from endcap.evaluate.protocols import Name

    unknown = [name for name in more if name not in get_args(Name)]
    if unknown:
        raise BadConfig(f"no protocol is called {unknown[0]!r}; there are: {', '.join(get_args(Name))}")
    return list(dict.fromkeys([*config.settings.evaluate.protocols, *more]))
