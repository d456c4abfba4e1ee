"""How good the models and slots are on later time: `evaluate`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from endcap.config import Config, load
from endcap.core.dataset import Dataset
from endcap.core.progress import Watch
from endcap.core.saving import write_atomically
from endcap.jobs.common import CONFIG, NOBODY, charts, versions
from endcap.jobs.preparing import prepared_with
from endcap.jobs.training import fitted

if TYPE_CHECKING:
    from endcap.evaluate.report import Report
    from endcap.evaluate.tasks import TaskMaker


def evaluate(config: Path = CONFIG, watch: Watch = NOBODY) -> "Report":
    """Fits every model on the time before the cut and judges models and slots on the time after it.

    Writes ``reports/evaluation.json`` and ``reports/evaluation.html`` into the workdir.
    """
    from endcap.data.splits import time_split
    from endcap.evaluate.backtest import back_test, entries
    from endcap.evaluate.report import Report, html

    settings = load(config)
    shop, how = settings.settings.shop, settings.settings.evaluate
    prepared = prepared_with(settings, watch)
    split = time_split(prepared.dataset, how.test_share, how.gap_days)
    models = fitted(settings, split.train, watch)
    tasks = {name: slot.task for name, slot in settings.settings.slots.items()}
    judged = entries(
        models,
        {name: (slot, task) for name, slot in settings.slots(models).items() if (task := tasks[name])},
        {name: models[name] for name in how.baselines},
        how.model_tasks,
    )
    rng = np.random.default_rng(settings.settings.seed)
    tested = back_test(split, judged, rng, how.queries, watch.step, tasks_of(settings, split.train))
    fingerprint = prepared.dataset.fingerprint
    report = Report(shop.name, tested, prepared.ledger, settings.text, versions(), fingerprint)
    with watch.step("write the report"):
        folder = settings.workdir / "reports"
        write_atomically(folder / "evaluation.json", json.dumps(report.to_json(), indent=1))
        write_atomically(folder / "evaluation.html", html(report, charts()))
    return report


def tasks_of(config: Config, train: Dataset) -> "Mapping[str, TaskMaker]":
    """What can be judged: every task, and those that a source which knows the truth adds to them."""
    from endcap.evaluate.tasks import TASKS
    from endcap.evaluate.truth import truth_tasks

    known = [source for source in config.sources if hasattr(source, "truth")]
    return dict(TASKS) | (truth_tasks(known[0].truth(config.folder, train.catalog.items)) if known else {})
