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
"""Folder of the workdir for the datasets of back-tests: one for each cut, of the present dataset only."""


def split_of(config: Config, data: Dataset, watch: Watch = NOBODY) -> "Split":
    """The split that the settings ask for, its training side prepared without a look at what came later.

    Raises `BadData` as `known_at` does.
    """
    from endcap.data.splits import split_at, time_split

    how = config.settings.evaluate
    split = time_split(data, how.test_share, how.gap_days)
    known = known_at(config, data, split.train.now, watch)
    return split if known is data else split_at(known, split.cut, how.gap_days)


def known_at(config: Config, data: Dataset, until: float, watch: Watch = NOBODY) -> Dataset:
    """The dataset whose events before a moment (seconds since 1970) were prepared without a look at what came later.

    Where every step of the preparation looks only at the past, that is the dataset itself. Otherwise it is prepared
    once more for each moment, and kept in ``known`` of the workdir until the dataset is another one. Raises `BadData`
    if it is not there and the sources are no longer those of the dataset.
    """
    from endcap.data.engines import discard
    from endcap.data.prepare import Plan, prepared, saved
    from endcap.data.steps import PAST_ONLY

    steps = config.steps
    if all(step.function in PAST_ONLY for part in steps.values() for step in part):
        return data
    shelf, name = config.workdir / KNOWN, hash_of(data.fingerprint, until)[:16]
    own = shelf / hash_of(data.fingerprint)[:16]
    folder = own / name
    plan = Plan(config.sources, config.folder, steps["events"], steps["catalog"], until)
    with only_one(shelf):
        for other in set(shelf.iterdir()) - {own}:
            discard(other)
        there = saved(folder / "dataset", name)
        if there:
            return there[0]
        whole = Plan(config.sources, config.folder, steps["events"], steps["catalog"])
        if whole.fingerprint(config.workdir / ".hashes.json") != data.fingerprint:
            raise BadData("the sources or their steps are no longer those of the dataset: run `endcap prepare` again")
        with watch.step("prepare what was known at the cut"):
            return prepared(plan, config.settings.shop.engine, folder, name)
