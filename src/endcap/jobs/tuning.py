"""Better settings for a model: `tune`."""

import json
import time
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from endcap import __version__
from endcap.config import Config, line_of, load, parse
from endcap.core.dataset import Dataset
from endcap.core.errors import BadConfig, BadData
from endcap.core.part import Part, explained
from endcap.core.progress import Watch
from endcap.core.saving import write_atomically
from endcap.jobs.common import CONFIG, NOBODY, charts, hash_of, versions
from endcap.jobs.preparing import prepared_with
from endcap.jobs.slot_tasks import members_of, task_of_model
from endcap.jobs.splitting import split_of
from endcap.jobs.tracking import tracked
from endcap.jobs.training import fitted, retriever_of

if TYPE_CHECKING:
    from optuna.study import Study

    from endcap.config.tables import TuneSettings
    from endcap.data.splits import Validated
    from endcap.evaluate.tasks import TaskMaker
    from endcap.evaluate.tracking.runs import Record
    from endcap.evaluate.tuning.contest import Contest
    from endcap.evaluate.tuning.judging import Judgement
    from endcap.evaluate.tuning.report import Tuned
    from endcap.evaluate.tuning.trials import Plan, Trial


@dataclass(frozen=True)
class Bench:
    """Everything that tries of one search have in common, in whatever process they are."""

    config: Config
    model: str
    how: "TuneSettings"
    recipe: Part
    splits: "Validated"
    maker: "TaskMaker"
    contest: "Contest"
    plan: "Plan"
    study: "Study"


def _told(tuned: "Tuned", settings: Config) -> "Record":
    """Of a search: what the winner reaches, beside the other rows; the difference to the untuned as headline."""
    from endcap.evaluate.tracking.runs import Metric, Record
    from endcap.evaluate.tuning.judging import TUNED, UNTUNED

    rows = tuned.judgement.reached.items() if tuned.judgement else ()
    above = tuned.judgement.above[UNTUNED] if tuned.judgement else None
    named = {TUNED: f"{tuned.model} {TUNED}", UNTUNED: f"{tuned.model} {UNTUNED}"}
    metrics = [
        Metric(tuned.metric, at.mean, named.get(name, name), tuned.task, at.low, at.high,
               "model" if name in named else "baseline")
        for name, at in rows
    ]  # fmt: skip
    gained = [Metric("gained", above.mean, tuned.model, tuned.task, above.low, above.high, "model")] if above else []
    reports = settings.workdir / "reports"
    return Record(
        data=tuned.facts["data"],
        metrics=(*metrics, *gained, Metric("tries", len(tuned.trials))),
        headline=gained[0].path if gained else "tries",
        artefacts={
            f"tuning-{tuned.model}.{kind}": reports / f"tuning-{tuned.model}.{kind}" for kind in ("json", "html")
        },
    )


@tracked(_told)
def tune(
    model: str,
    config: Path = CONFIG,
    watch: Watch = NOBODY,
    *,
    write: bool = False,
    fresh: bool = False,
    **changes: Any,
) -> "Tuned":
    """The best settings of a model: chosen on the last part of the training side, judged once on the test side.

    Other keyword arguments replace keys of ``[tune]``, such as ``trials=20``. A search that was interrupted, or is to
    have more tries, goes on where it was; `fresh` begins anew. With `write`, the winner's settings are put into the
    file, unless they do worse on the test window. Writes ``reports/tuning-MODEL.json`` and ``.html`` into the workdir.
    Raises `BadConfig` if the model has nothing to tune, or if every try failed.
    """
    from endcap.evaluate.tuning.report import html

    bench = _bench(config, model, changes, watch, fresh=fresh)
    _searched(bench, changes, watch)
    tuned = _result(bench, watch)
    folder = bench.config.workdir / "reports"
    with watch.step("write the report"):
        write_atomically(folder / f"tuning-{model}.json", json.dumps(tuned.to_json(), indent=1))
        write_atomically(folder / f"tuning-{model}.html", html(tuned, charts()))
    if write and tuned.changes and tuned.judgement is not None:
        _written(bench.config, tuned, watch)
    return tuned


def _bench(config: Path, model: str, changes: Mapping[str, Any], watch: Watch, *, fresh: bool = False) -> Bench:
    """The bench of a search, with its study open; raises `BadConfig` for what cannot be searched."""
    from endcap.data.splits import with_validation
    from endcap.evaluate.tuning.contest import Contest, parsed, resource_of
    from endcap.evaluate.tuning.space import settings_of, with_members
    from endcap.evaluate.tuning.trials import Plan, opened, store

    settings = load(config)
    how = _how(settings, changes)
    if model not in settings.recipes:
        raise BadConfig(f"{config}: no model is called {model!r}; there are: {', '.join(settings.recipes)}")
    recipe, seed, judging = settings.recipes[model], settings.settings.seed, settings.settings.evaluate
    parsed(how.metric)
    resource = resource_of(recipe, how.resource) if how.method == "halving" else None
    members = members_of(settings, model)
    try:
        space = with_members(recipe, (how.__pydantic_extra__ or {}).get(model), members, how.members)
    except BadConfig as error:
        raise BadConfig(_placed(settings, model, str(error))) from error
    plan = Plan(space, how.method, how.trials, settings_of(recipe, members), seed, how.patience)
    prepared = prepared_with(settings, watch)
    splits = with_validation(split_of(settings, prepared.dataset, watch), how.validation_share, judging.gap_days)
    maker = task_of_model(settings, model, how.task, splits.outer.train)
    task = maker(splits.inner.train, splits.inner.test, np.random.default_rng([seed, 1]), how.queries)
    if not len(task.queries):
        raise BadData(
            f"{model} cannot be tuned: nothing in the weeks that settings are chosen by can be asked for the task "
            f"{task.name!r}; take another one with --task, or come back with more orders"
        )

    def fit(recipe: Part, data: Dataset) -> Any:
        rng = np.random.default_rng([seed, zlib.crc32(recipe.model_dump_json().encode())])
        return retriever_of(recipe.fit(data, rng), settings.searches[model])  # type: ignore[attr-defined]

    told = how.model_dump(exclude={"trials", "workers", "patience", "storage"})
    asked = (task.name, task.repeats)
    what = (prepared.dataset.fingerprint, judging, type(recipe), recipe, space, asked, told, seed, __version__)
    study = opened(
        store(settings.secret(how.storage), settings.workdir / "tuning" if not how.storage else settings.folder),
        f"{settings.settings.shop.name}-{model}-{hash_of(*what)[:12]}", plan, fresh=fresh,
    )  # fmt: skip
    contest = Contest(recipe, fit, splits.inner, task, how.metric, resource, members)
    return Bench(settings, model, how, recipe, splits, maker, contest, plan, study)


def _searched(bench: Bench, changes: Mapping[str, Any], watch: Watch) -> None:
    """Takes tries, here or in processes of their own, until as many as planned have ended."""
    from endcap.evaluate.tuning.trials import crashed, reclaimed, trials, work
    from endcap.evaluate.tuning.worker import Worker, in_processes

    worker, told = Worker(time.time), {trial.number for trial in trials(bench.study) if trial.state != "running"}
    reclaimed(bench.study, worker)
    if told:
        watch.show(f"going on with a search of which {len(told)} tries have ended")

    def seen(found: Sequence["Trial"]) -> None:
        for trial in found:
            if trial.state != "running" and trial.number not in told:
                told.add(trial.number)
                watch.show(_line(trial, found, bench))

    with watch.step(f"try settings of {bench.model} ({bench.how.method}, {len(bench.contest.task.queries):,} queries)"):
        again = True
        while again:  # what a process that is gone by now has left undone is done here
            if bench.how.workers == 1:
                work(bench.study, bench.plan, bench.contest, worker, seen)
            else:
                arguments = (bench.config.path.resolve(), bench.model, dict(changes))
                in_processes(
                    _taking_tries, arguments, bench.how.workers,
                    lambda pid, reason: crashed(bench.study, worker, pid, reason), lambda: seen(trials(bench.study)),
                )  # fmt: skip
            again = reclaimed(bench.study, worker) > 0


def _taking_tries(config: Path, model: str, changes: Mapping[str, Any], number: int) -> None:
    """What a worker's process does: it takes tries until none is left, or whoever started it is gone."""
    from endcap.evaluate.tuning.trials import work
    from endcap.evaluate.tuning.worker import Worker, unless_left_alone

    with suppress(KeyboardInterrupt):
        bench = _bench(config, model, changes, NOBODY)
        work(bench.study, bench.plan, bench.contest, Worker(time.time, number), lambda _: unless_left_alone())


def _result(bench: Bench, watch: Watch) -> "Tuned":
    """The search as a whole, with its winner judged; one that was judged before is not judged again."""
    from endcap.evaluate.tuning.report import Tuned, Windows, importances
    from endcap.evaluate.tuning.trials import best, trials

    found, study, train = trials(bench.study), bench.study, bench.splits.inner.train
    winner = best(found)
    if winner is None:
        first = next((trial.error for trial in found if trial.error), "none has ended")
        raise BadConfig(f"models.{bench.model}: none of {len(found)} tries succeeded; the first: {first}")
    judgement = None
    if not any(trial.state == "running" for trial in found):
        judgement = _judged_once(bench, winner, watch)
    cut = bench.splits.outer.cut
    facts = {"study": study.study_name, "data": train.fingerprint.partition("[")[0], **versions()}
    facts["optuna"] = version("optuna")
    return Tuned(
        shop=bench.config.settings.shop.name, model=bench.model, part=type(bench.recipe).__name__,
        task=bench.contest.task.title, metric=bench.how.metric, method=bench.how.method,
        resource=bench.contest.resource, space=bench.plan.space, untuned=bench.plan.untuned, trials=found,
        winner=winner, importance=importances(study, found), judgement=judgement,
        looks=len(study.user_attrs.get("judged", {})),
        windows=Windows(float(train.events.time.min()), bench.splits.inner.cut, cut, bench.splits.outer.test.now),
        facts=facts,
    )  # fmt: skip


def _judged_once(bench: Bench, winner: "Trial", watch: Watch) -> "Judgement":
    """The winner, fitted on the whole training side and judged on the test side, beside the untuned and baselines."""
    from endcap.evaluate.tuning.judging import TUNED, UNTUNED, judged, judgement_of
    from endcap.evaluate.tuning.space import changed
    from endcap.models.baselines import baselines

    known, key = dict(bench.study.user_attrs.get("judged", {})), json.dumps(dict(winner.settings), sort_keys=True)
    if key in known:
        return judgement_of(known[key])
    config, outer = bench.config, bench.splits.outer
    rows = {TUNED: changed(bench.recipe, winner.settings, bench.contest.members), UNTUNED: bench.recipe}
    named = [name for name in config.settings.evaluate.baselines if name != bench.model]
    others = {name: config.recipes[name] for name in named} or baselines(outer.train)
    rows |= others
    searches = {name: config.searches.get(name, config.searches[bench.model]) for name in rows}
    models = fitted(replace(config, recipes=rows, searches=searches), outer.train, watch)
    with watch.step("judge the winner on the test window"):
        rng = np.random.default_rng([bench.plan.seed, 2])
        task = bench.maker(outer.train, outer.test, rng, bench.how.queries)
        judgement = judged(models, task, bench.how.metric, rng)
    bench.study.set_user_attr("judged", known | {key: judgement.to_json()})
    return judgement


def _written(config: Config, tuned: "Tuned", watch: Watch) -> None:
    """Puts what the winner changes into the file as it stands now, unless it does worse on the test window."""
    from endcap.evaluate.enough import is_enough
    from endcap.evaluate.tuning.judging import TUNED, UNTUNED
    from endcap.evaluate.tuning.writing import by_table, with_settings

    judgement = tuned.judgement
    if judgement is not None and not is_enough(judgement.units):
        watch.show(f"{config.path} is left as it is: there are too few queries to say whether the winner is better")
        return
    if judgement is not None and judgement.above[UNTUNED].mean < 0:
        stands, reached = (judgement.reached[name].mean for name in (UNTUNED, TUNED))
        watch.show(
            f"nothing was written: on the test window {tuned.model} as it stands in {config.path} reaches "
            f"{tuned.metric} {stands:.4f}, and the winner of the search {reached:.4f}"
        )
        return
    text = config.path.read_text()
    tables = by_table(tuned.model, tuned.changes)
    for table, changes in tables.items():
        text = with_settings(text, table, changes)
    parse(text, config.path)
    write_atomically(config.path, text)
    watch.show(f"wrote the winner's settings into {config.path}, {', '.join(f'[models.{table}]' for table in tables)}")


def _how(config: Config, changes: Mapping[str, Any]) -> "TuneSettings":
    from endcap.config.tables import TuneSettings

    unknown = [name for name in changes if name not in TuneSettings.model_fields]
    if unknown:
        raise BadConfig(f"{unknown[0]}: unknown key of [tune]; known: {', '.join(TuneSettings.model_fields)}")
    try:
        return TuneSettings(**config.settings.tune.model_dump() | dict(changes))
    except ValidationError as error:
        raise BadConfig("\n".join(f"tune.{line}" for line in explained(error, TuneSettings))) from error


def _line(trial: "Trial", found: Sequence["Trial"], bench: Bench) -> str:
    """What came of a try, and how good the best is so far."""
    from endcap.evaluate.tuning.report import said
    from endcap.evaluate.tuning.trials import best

    ended = sum(other.state != "running" for other in found)
    settings = ", ".join(f"{name} {said(value)}" for name, value in trial.settings.items())
    value = trial.error if trial.value is None else f"{bench.how.metric} {trial.value:.4f}"
    leader = best(found)
    so_far = f"best {leader.value:.4f}" if leader else "nothing yet"
    return f"{ended}/{bench.plan.trials} {trial.state}: {value} ({so_far}) with {settings}"


def _placed(config: Config, model: str, problems: str) -> str:
    """Each problem with file and line; without a table for the model, with that of the model itself."""
    placed = []
    for problem in problems.splitlines():
        key = f"tune.{model}.{problem.partition(': ')[0]}"
        line = line_of(config.text, key)
        placed.append(f"{config.path}{f', line {line}' if line else ''}: tune.{model}.{problem}")
    return "\n".join(placed)
