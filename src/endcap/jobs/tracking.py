"""What was run, with what, and what came of it: a decorator for jobs, and `runs` with what can be done with them."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from endcap.config import Config, load
from endcap.core.bundle import Bundle
from endcap.core.errors import BadConfig
from endcap.core.progress import Watch
from endcap.core.saving import MANIFEST, write_atomically
from endcap.core.secrets import redact
from endcap.core.stopping import Stopped, stop_signal
from endcap.jobs.common import CONFIG, charts, shelf_of

if TYPE_CHECKING:
    from endcap.evaluate.report import Report
    from endcap.evaluate.tracking.differences import Compared
    from endcap.evaluate.tracking.runs import Metric, Record, Run, Tracker
    from endcap.evaluate.tracking.store import Store
    from endcap.jobs.preparing import Prepared

SENDING = 600.0
"""Seconds for sending all that is missing, if somebody asked for nothing else."""
P = ParamSpec("P")
T = TypeVar("T")
Told = Callable[[Any, Config], "Record"]
"""What a run has to tell, from what its job gave and the settings."""


@dataclass(frozen=True)
class Warned:
    """Something that went wrong beside the work, and did not stop it."""

    text: str


@dataclass(frozen=True)
class Plotted:
    """The page of runs, and what it shows."""

    page: Path
    found: dict[str, Any]


def tracked(told: Told) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Makes a job with a `config` and a `watch` a run that is kept: settings, machine, time, and what `told` says."""

    def around(job: Callable[P, T]) -> Callable[P, T]:
        parameters = signature(job)

        @wraps(job)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            given = parameters.bind(*args, **kwargs)
            given.apply_defaults()
            settings = load(given.arguments["config"], serving=True)  # without settings, there is nowhere to keep a run
            with recording(job.__name__, settings, given.arguments["watch"]) as record:
                result = job(*args, **kwargs)
                record(lambda: told(result, settings))
            return result

        return run

    return around


@contextmanager
def recording(job: str, settings: Config, watch: Watch) -> Iterator[Callable[[Callable[[], "Record"]], None]]:
    """A context that is a run; it gives a function that takes what makes a record.

    Whatever goes wrong with keeping it is shown and does not touch the work: the one place where that is so.
    """
    from endcap.evaluate.tracking.environment import cpu_seconds, environment
    from endcap.evaluate.tracking.runs import INTERRUPTED, Begun

    tracker, before, started = tracker_of(settings), cpu_seconds(), time.time()
    numbers: list[int] = []
    error: BaseException | None = None

    def record(told: Callable[[], "Record"]) -> None:
        with _softly(watch):
            if numbers:
                tracker.record(numbers[0], told())

    with _softly(watch):
        numbers.append(tracker.start(Begun(job, settings.settings.shop.name, started, settings.public_text)))
    try:
        yield record
    except BaseException as raised:
        error = raised
        raise
    finally:
        with _softly(watch):
            said = None if error is None else str(error) or type(error).__name__
            if error is not None and (isinstance(error, Stopped | KeyboardInterrupt) or stop_signal() is not None):
                said = INTERRUPTED
            if numbers:
                tracker.finish(numbers[0], time.time(), environment(settings.folder, before), said)


def runs(config: Path = CONFIG, limit: int | None = None) -> "tuple[Run, ...]":
    """The newest runs, newest first."""
    return store_of(load(config, serving=True)).runs(limit)


def runs_show(number: int, config: Path = CONFIG) -> "Run":
    """All that is kept of a run; raises `BadRequest` if there is none of that number."""
    return store_of(load(config, serving=True)).run(number)


def runs_compare(numbers: Sequence[int], config: Path = CONFIG) -> "Compared":
    """Runs side by side: what differs in what they were made of, and every number; raises as `runs_show` does."""
    from endcap.evaluate.tracking.differences import compared

    store = store_of(load(config, serving=True))
    return compared([store.run(number) for number in numbers])


def runs_plot(config: Path = CONFIG, limit: int | None = 200) -> Plotted:
    """Every metric over the newest runs; writes ``reports/runs.html`` into the workdir."""
    from endcap.evaluate.tracking.page import html, trends

    settings = load(config, serving=True)
    found, page = trends(store_of(settings).runs(limit, whole=True)), settings.workdir / "reports" / "runs.html"
    write_atomically(page, html(settings.settings.shop.name, found, charts()))
    return Plotted(page, found)


def runs_send(config: Path = CONFIG) -> int:
    """Tells the configured MLflow server of every run that it does not have; gives how many, raises `NotSent`."""
    from endcap.evaluate.tracking.mlflow import Mlflow

    settings = load(config, serving=True)
    tracker = tracker_of(settings)
    if not isinstance(tracker, Mlflow):
        raise BadConfig(f"{settings.path}: tracking.mlflow: no server is named to send runs to")
    return replace(tracker, seconds=SENDING).send() if tracker.store.path.exists() else 0


def prepared_told(prepared: "Prepared", settings: Config) -> "Record":
    """Of a dataset: how large it is, where it came from, and what its checks said."""
    from endcap.evaluate.tracking.runs import Metric, Record

    data, reports = prepared.dataset, settings.workdir / "reports"
    sizes = {
        "events": len(data.events),
        "items": len(data.catalog),
        "users": len(data.users),
        "baskets": len(data.baskets),
    }
    failed = sum(check["outcome"] == "failed" for check in prepared.checks)
    return Record(
        data=data.fingerprint,
        metrics=(*(Metric(name, size) for name, size in sizes.items()), Metric("checks_failed", failed)),
        headline="events",
        artefacts=_there({name: reports / name for name in ("profile.json", "profile.html")}),
        inputs=inputs_told(settings),
    )


def trained_told(bundle: Bundle, settings: Config) -> "Record":
    """Of a bundle that is the candidate now: what is in it, and how large it is."""
    return _bundle_told(bundle, settings, "candidate")


def released_told(bundle: Bundle, settings: Config) -> "Record":
    """Of a bundle that is served now, with what the gate said of it."""
    return _bundle_told(bundle, settings, "current")


def evaluated_told(report: "Report", settings: Config) -> "Record":
    """Of a report: every metric of every row, and the best that is no baseline as headline."""
    from endcap.evaluate.backtest import MAIN
    from endcap.evaluate.tracking.runs import Metric, Record

    tasks, reports = report.to_json()["tasks"], settings.workdir / "reports"
    told = [task for task in tasks if task["enough"]][:1]
    rows = [(task["name"], row) for task in told for row in task["rows"] if row["kind"] != "baseline"]
    sizes = (Metric(name, task[name], task=task["name"]) for task in tasks for name in ("queries", "units"))
    found = (metric for task in tasks for row in task["rows"] for metric in _row_told(task["name"], row))
    return Record(
        data=report.fingerprint,
        metrics=(*found, *sizes),
        headline=next((f"{task}/{row['name']}/{MAIN}" for task, row in rows), ""),
        artefacts=_there({name: reports / name for name in ("evaluation.json", "evaluation.html")}),
        inputs=inputs_told(settings),
    )


def store_of(config: Config) -> "Store":
    """Where the runs of a shop are kept."""
    from endcap.evaluate.tracking.store import Store

    return Store(config.workdir, config.settings.tracking.keep)


def tracker_of(config: Config) -> "Tracker":
    """Who keeps the runs of a shop: the store, and an MLflow server beside it if one is named.

    Raises `BadConfig` if its address is in no environment variable, or is none of HTTP.
    """
    told, store = config.settings.tracking, store_of(config)
    if not told.mlflow:
        return store
    from endcap.evaluate.tracking.mlflow import Mlflow
    from endcap.evaluate.tracking.rest import Server

    server = Server(config.secret(told.mlflow), config.secret(told.token))
    if not server.address.startswith(("http://", "https://")):
        raise BadConfig(f"{config.path}: tracking.mlflow: found {server.name!r}, expected http://… or https://…")
    return Mlflow(store, server, told.seconds)


def _bundle_told(bundle: Bundle, settings: Config, alias: str) -> "Record":
    from endcap.evaluate.tracking.runs import Metric, Record

    folder = shelf_of(settings).folder / bundle.name
    size = sum(file.stat().st_size for file in folder.iterdir())
    verdicts = {f"verdict.{kind}": folder.with_name(f"{bundle.name}.verdict.{kind}") for kind in ("json", "md")}
    return Record(
        data=str(bundle.facts["data"]),
        subject=bundle.name,
        metrics=(Metric("models", len(bundle.models)), Metric("bundle_mb", size / 1e6)),
        artefacts={f"bundle/{MANIFEST}": folder / MANIFEST} | _there(verdicts),
        inputs=inputs_told(settings) if alias == "candidate" else {},
        alias=alias,
    )


def _row_told(task: str, row: dict[str, Any]) -> "Iterator[Metric]":
    from endcap.evaluate.tracking.runs import Metric

    for name, interval in row["metrics"].items():
        if interval is not None:
            yield Metric(name, interval[0], row["name"], task, interval[1], interval[2], row["kind"])
    for name in ("coverage", "user_coverage", "gini", "empty", "seconds_per_1000"):
        yield Metric(name, row[name], row["name"], task, kind=row["kind"])


def inputs_told(settings: Config) -> dict[str, str]:
    """The files and folders that the sources name, each with the hash that DVC gives it; empty if nobody wants it."""
    from endcap.evaluate.tracking.dvc import Hashes, inputs_of

    if not settings.settings.tracking.dvc:
        return {}
    return inputs_of(settings.sources, settings.folder, Hashes(settings.workdir / ".md5.json", time.time()))


def _there(files: dict[str, Path]) -> dict[str, Path]:
    return {name: path for name, path in files.items() if path.exists()}


@contextmanager
def _softly(watch: Watch) -> Iterator[None]:
    """What is raised inside is shown as a warning."""
    try:
        yield
    except Exception as error:
        watch.show(Warned(f"this run is not fully tracked: {redact(str(error)) or type(error).__name__}"))
