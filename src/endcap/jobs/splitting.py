"""What is learned from and what is judged on, each as it was known at its time."""

from typing import TYPE_CHECKING

from endcap.config import Config
from endcap.core.dataset import Dataset
from endcap.core.errors import BadData
from endcap.core.progress import Watch
from endcap.core.saving import only_one
from endcap.jobs.common import NOBODY, hash_of

if TYPE_CHECKING:
    from endcap.data.splits import Split

KNOWN = "known"
"""Folder of the workdir for the dataset of a back-test."""


def split_of(config: Config, data: Dataset, watch: Watch = NOBODY) -> "Split":
    """The split that the settings ask for, its training side prepared without a look at what came later.

    Where every step of the preparation looks only at the past, that is the dataset itself, cut in two. Otherwise what
    happened before the cut is prepared once more, alone, and kept in ``known/dataset`` of the workdir. Raises `BadData`
    if that is not there and the sources are no longer those of the dataset.
    """
    from endcap.data.splits import split_at, time_split
    from endcap.data.steps import PAST_ONLY

    how = config.settings.evaluate
    split = time_split(data, how.test_share, how.gap_days)
    steps = (step for part in config.steps.values() for step in part)
    if all(step.function in PAST_ONLY for step in steps):
        return split
    return split_at(_known(config, data, split.train.now, watch), split.cut, how.gap_days)


def _known(config: Config, data: Dataset, until: float, watch: Watch) -> Dataset:
    from endcap.data.prepare import Plan, prepared, saved

    folder, name = config.workdir / KNOWN, hash_of(data.fingerprint, until)[:16]
    steps = config.steps
    plan = Plan(config.sources, config.folder, steps["events"], steps["catalog"], until)
    with only_one(folder):
        there = saved(folder / "dataset", name)
        if there:
            return there[0]
        whole = Plan(config.sources, config.folder, steps["events"], steps["catalog"])
        if whole.fingerprint(config.workdir / ".hashes.json") != data.fingerprint:
            raise BadData("the sources or their steps are no longer those of the dataset: run `endcap prepare` again")
        with watch.step("prepare what was known at the cut"):
            return prepared(plan, config.settings.shop.engine, folder, name)
