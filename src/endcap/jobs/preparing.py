"""From sources to a dataset: `init`, `lint`, `prepare`, `profile`."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from endcap.config import Config, load
from endcap.core.dataset import Dataset
from endcap.core.errors import BadConfig, BadData
from endcap.core.progress import Watch
from endcap.core.saving import facts_of, only_one, write_atomically
from endcap.core.stopping import say_when_stopped
from endcap.jobs.common import CONFIG, NOBODY, charts
from endcap.jobs.tracking import prepared_told, tracked

if TYPE_CHECKING:
    from endcap.data.lint.findings import Health
    from endcap.data.lint.needs import Needs
    from endcap.data.profile.facts import Profile


@dataclass(frozen=True)
class Prepared:
    """A dataset, what was dropped and changed on the way to it, and what came of the checks."""

    dataset: Dataset
    ledger: list[dict[str, Any]]
    checks: list[dict[str, Any]]


def init(
    data: Path | str | Sequence[Path | str],
    catalog: Path | None = None,
    config: Path = CONFIG,
    watch: Watch = NOBODY,
    **given: Any,
) -> Path:
    """Look at files, folders and databases, guess what they mean, and write settings that can be trained on.

    `given` is what a person says of the files: ``skip``,
    ``header``, ``encoding``, ``delimiter``, ``decimal``, ``timezone``, ``time_format``, ``max_bad``. The settings are
    written even if nothing can be trained with them yet; then `BadData` is raised, with what to fill in or correct.
    Raises `BadConfig` if there are settings already, or `given` says what cannot be.
    """
    from endcap.data.starting.guess import Given
    from endcap.data.starting.writing import guess_for
    from endcap.jobs.choosing import choose_defaults

    if config.exists():
        raise BadConfig(f"{config}: exists already; remove it first, or write to another file with --config")
    places = [data] if isinstance(data, Path | str) else data
    with watch.step("look at the data"):
        described = None if catalog is None else str(catalog)
        guess = guess_for([str(place) for place in places], described, config.resolve().parent, Given(**given))
    watch.show(guess)
    write_atomically(config, guess.text)
    if guess.problem:
        raise BadData(f"{guess.problem}\nwrote {config} all the same: correct it there, then run `endcap lint`")
    go_on = f"go on with `endcap train{'' if config == CONFIG else f' --config {config}'}`"
    say_when_stopped(f"stopped; {config} is written, with default slots where none were tried: {go_on}")
    choose_defaults(config, watch)
    say_when_stopped(f"stopped; {config} is written: {go_on}")
    return config


MOST_TOLD = 3
"""So many findings are told after `init`; `endcap lint` tells all."""
TOLD_NOTES = ("placeholder_ids",)
"""Notes that are told too, if there is nothing worse: they say how the data was understood."""
STOPPING = (
    "unreadable_source", "missing_columns", "implausible_times", "unknown_items", "refused_items", "nothing_on_sale",
)  # fmt: skip
"""Errors with which nothing can be prepared or released; rows that others are about go into the quarantine."""
REMARKS = ("# check: ", "# unused: ")
"""How lines of the settings begin that say what `init` could not use or is not sure of."""


@dataclass(frozen=True)
class Advice:
    """What matters most about new settings, and the command to run next."""

    config: Path
    score: int
    """Health of the data, 0 to 100."""
    points: tuple[str, ...]
    """What was found and what to do about it, a few sentences each; the most important first."""
    more: int
    """Findings and checks that are not among them."""
    notes: int
    """Findings that are notes: worth knowing, and nothing is wrong."""
    marked: int
    """Lines of the settings that are marked with ``check``."""
    next: str


def advise(config: Path = CONFIG, watch: Watch = NOBODY) -> Advice:
    """Lint the data of settings that `init` wrote, and say what matters most and which command comes next.

    Errors and warnings come first, then what `init` could not use or is not sure of, then ids that stand for none.
    """
    health = lint(config, watch)
    found = [
        (finding.severity, finding.rule, f"{finding.says}. What to do: {finding.repair}") for finding in health.findings
    ]
    remarks = [line.removeprefix("# ") for line in config.read_text().splitlines() if line.startswith(REMARKS)]
    points = [
        *(f"{severity}: {says}" for severity, _, says in found if severity != "note"),
        *remarks,
        *(f"{severity}: {says}" for severity, rule, says in found if severity == "note" and rule in TOLD_NOTES),
    ]
    arguments = "" if config == CONFIG else f" --config {config}"
    stopped = any(finding.severity == "error" and finding.rule in STOPPING for finding in health.findings)
    commands = ("lint",) if stopped else ("train", "release", "serve")
    return Advice(
        config,
        health.score,
        tuple(points[:MOST_TOLD]),
        max(len(points) - MOST_TOLD, 0),
        health.count("note"),
        sum("# check: " in line for line in config.read_text().splitlines()),
        " && ".join(f"endcap {command}{arguments}" for command in commands),
    )


def lint(config: Path = CONFIG, watch: Watch = NOBODY) -> "Health":
    """What is wrong with the sources as they come, and which models and slots of these settings it disables."""
    from endcap.data.engines import connect
    from endcap.data.lint.reading import sources_linted

    settings = load(config)
    engine = connect(settings.settings.shop.engine)
    steps = (*settings.steps["events"], *settings.steps["catalog"])
    with watch.step("look at the sources as they come"):
        return sources_linted(settings.sources, engine, settings.folder, needs_in(settings), time.time(), steps)


def needs_in(config: Config) -> "Needs":
    """What the models of these settings learn from, and what the stages and tasks of their slots need."""
    from endcap.data.lint.needs import needs_of

    slots = config.settings.slots
    return needs_of(
        config.recipes,
        {name: (*slot.retrievers, *slot.fallback) for name, slot in slots.items()},
        {name: search.within for name, search in config.searches.items()},
        config.stages,
        {name: slot.task for name, slot in slots.items()},
    )


def well_fed(config: Config, data: Dataset, watch: Watch) -> None:
    """Says which models find less than their settings ask for; raises `BadData` naming those that find nothing."""
    from endcap.data.lint.feeding import fed

    for said in fed(data, needs_in(config)):
        watch.show(f"warning: {said}")


@tracked(prepared_told)
def prepare(config: Path = CONFIG, watch: Watch = NOBODY) -> Prepared:
    """The dataset of the configured sources, prepared and saved; what is unchanged is not prepared again."""
    settings = load(config)
    return prepared_with(settings, watch)


def profile(config: Path = CONFIG, watch: Watch = NOBODY) -> "Profile":
    """What the prepared data looks like, and what changed since it was prepared from other data.

    Writes ``reports/profile.json`` and ``reports/profile.html`` into the workdir.
    """
    settings = load(config)
    prepared, fresh = _prepared(settings, watch)
    return fresh or profiled(settings, prepared.dataset, watch)


def prepared_with(config: Config, watch: Watch) -> Prepared:
    """The dataset of checked settings, prepared and profiled; what is unchanged is loaded."""
    return _prepared(config, watch)[0]


def _prepared(config: Config, watch: Watch) -> tuple[Prepared, "Profile | None"]:
    """The dataset, and its profile if it is new."""
    from endcap.data.checks import Check, accepted, default_checks, still_accepted
    from endcap.data.prepare import Clean, Plan, prepared, saved
    from endcap.data.summary import summary_of

    shop, workdir = config.settings.shop, config.workdir
    plan = Plan(config.sources, config.folder, config.steps["events"], config.steps["catalog"])
    checks, now = [Check(*told) for told in config.checks], time.time()
    checks += default_checks(checks)

    def accept(clean: Clean) -> dict[str, Any]:
        return accepted(summary_of(clean.events, clean.catalog), workdir / "dataset", checks, now)

    with only_one(workdir):
        fingerprint = plan.fingerprint(workdir / ".hashes.json", now)
        # What is damaged is made again, so that running the same command once more is always a remedy.
        there = saved(workdir / "dataset", fingerprint)
        if there:
            with watch.step("load the dataset (its sources are unchanged)"):
                return Prepared(there[0], there[1]["ledger"], still_accepted(there[1], checks, now)), None
        with watch.step("prepare the data"):
            dataset = prepared(plan, shop.engine, workdir, fingerprint, accept)
        facts = facts_of(workdir / "dataset")
    fresh = profiled(config, dataset, watch)
    return Prepared(dataset, facts["ledger"], facts["checks"]), fresh


def profiled(config: Config, data: Dataset, watch: Watch) -> "Profile":
    """The profile of a dataset, written into the reports."""
    from endcap.data.profile.keeping import written

    with watch.step("profile the data"):
        return written(data, config.settings.shop.name, config.workdir / "reports", charts())
