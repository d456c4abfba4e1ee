"""Runs told to an MLflow server over its REST interface (version 2.0), as they end.

The store keeps everything first and is the outbox: what a server did not take, the next run sends. Sending is safe to
repeat, since a run is found again by its tag and everything in it by its name.
"""

import fcntl
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

from endcap.core.errors import NotSent
from endcap.evaluate.tracking.rest import Declined, Server
from endcap.evaluate.tracking.runs import Begun, Record, Run
from endcap.evaluate.tracking.store import Store

API = "api/2.0/mlflow"
ARTEFACTS = "api/2.0/mlflow-artifacts/artifacts"
PROXY = "mlflow-artifacts:/"
"""Where files go that the server itself takes; any other place asks for a client of that place."""
METRICS, PARAMS, TAGS = 800, 100, 100
"""The server takes at most 1000 things at a time, of them 100 params and 100 tags."""
LONGEST = 5000
"""Characters of a value; the server takes 6000 of a param and 8000 of a tag."""
STATUS = {"done": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}
EXISTS, MISSING = "RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST"
TAG, BUNDLE = "endcap.run", "endcap.bundle"


@dataclass(frozen=True)
class Mlflow:
    """A tracker that keeps runs in a store and tells a server of them."""

    store: Store
    server: Server
    seconds: float
    """The longest that the end of a run waits for the server."""

    def start(self, begun: Begun) -> int:
        """The number of a run that begins now."""
        return self.store.start(begun)

    def record(self, run: int, found: Record) -> None:
        """Keeps what a run has to tell."""
        self.store.record(run, found)

    def finish(self, run: int, ended: float, environment: Mapping[str, Any], error: str | None = None) -> None:
        """Ends a run, and tells the server of every run that it does not know; raises `NotSent` as `send` does."""
        self.store.finish(run, ended, environment, error)
        self.send()

    def send(self) -> int:
        """How many runs were told to the server, oldest first; raises `NotSent` if that is not all there are.

        It takes no longer than `seconds`, whatever the server and the way to it do: a thread does it, and is left.
        """
        until = time.monotonic() + self.seconds
        sent: list[int] = []
        failed: list[NotSent] = []
        sender = Thread(target=self._send, args=(replace(self.server, until=until), sent, failed), daemon=True)
        sender.start()
        sender.join(self.seconds)
        if sender.is_alive():
            failed = [NotSent(f"{self.server.name}: did not answer within {self.seconds:g} seconds")]
        if failed:
            raise NotSent(
                f"{failed[0]}; everything is kept in {self.store.path}, and the next run sends what is missing"
            )
        return len(sent)

    def _send(self, server: Server, sent: list[int], failed: list[NotSent]) -> None:
        with _alone(self.store.folder / ".sending") as alone:
            for run in self.store.unsent() if alone else ():
                try:
                    told(server, run)
                    self.store.was_sent(run.id)
                    sent.append(run.id)
                except Declined as error:  # of this run; the next may be welcome
                    failed.append(error)
                except Exception as error:  # a thread has nobody above it who would hear of it
                    said = f"{server.name}: {type(error).__name__}: {error}"
                    failed.append(error if isinstance(error, NotSent) else NotSent(said))
                    return


def told(server: Server, run: Run) -> str:
    """The server's id of a run, after it was told all of it; raises `NotSent`."""
    about = _found_or_made(server, run)
    remote, place = about["run_id"], about["artifact_uri"]
    moment = int(1000 * (run.ended or run.started))
    numbers = [{"key": key, "value": value, "timestamp": moment, "step": 0} for key, value in _numbers(run)]
    texts = [{"key": _key(key), "value": text[:LONGEST]} for key, text in run.params.items()]
    batches, none = (_by(METRICS, numbers), _by(PARAMS, texts), _by(TAGS, _pairs(_tags(run)))), list[dict[str, Any]]()
    for metrics, params, tags in zip_longest(*batches, fillvalue=none):
        server.post(f"{API}/runs/log-batch", run_id=remote, metrics=metrics, params=params, tags=tags)
    if run.inputs:
        server.post(f"{API}/runs/log-inputs", run_id=remote, datasets=[_dataset(*item) for item in run.inputs.items()])
    if place.startswith(PROXY):
        for name, content in _files(run):
            server.put(f"{ARTEFACTS}/{quote(place.removeprefix(PROXY).lstrip('/'))}/{quote(name)}", content)
    if run.alias:
        _register(server, run, remote, f"{place}/bundle")
    ended = {} if run.ended is None else {"end_time": moment}
    server.post(f"{API}/runs/update", run_id=remote, status=STATUS[run.state], **ended)
    return str(remote)


def _found_or_made(server: Server, run: Run) -> dict[str, Any]:
    """What the server says of the run, which is made if it does not know it yet."""
    experiment = _experiment(server, run.shop)
    search = {"experiment_ids": [experiment], "filter": f"tags.`{TAG}` = '{run.uid}'", "max_results": 1}
    known = server.post(f"{API}/runs/search", **search).get("runs", [])
    if not known:
        made = server.post(
            f"{API}/runs/create", experiment_id=experiment, run_name=f"{run.job} {run.id}",
            start_time=int(1000 * run.started), tags=_pairs({TAG: run.uid}),
        )  # fmt: skip
        known = [made["run"]]
    about: dict[str, Any] = known[0]["info"]
    return about


def _experiment(server: Server, name: str) -> str:
    """The id of an experiment, which is made if it is not there; another process may be doing the same."""
    for _ in range(2):
        try:
            found = server.get(f"{API}/experiments/get-by-name", experiment_name=name)
            return str(found["experiment"]["experiment_id"])
        except Declined as error:
            if error.code != MISSING:
                raise
        try:
            return str(server.post(f"{API}/experiments/create", name=name)["experiment_id"])
        except Declined as error:
            if error.code != EXISTS:
                raise
    raise NotSent(f"{server.name}: experiment {name!r} is neither there nor can be made")


def _register(server: Server, run: Run, remote: str, source: str) -> None:
    """Makes the alias name the version of the bundle, which is registered once, however often it is told of."""
    try:
        server.post(f"{API}/registered-models/create", name=run.shop)
    except Declined as error:
        if error.code != EXISTS:
            raise
    same = f"name = '{run.shop}' and tags.`{BUNDLE}` = '{run.subject}'"
    known = server.get(f"{API}/model-versions/search", filter=same, max_results="1").get("model_versions", [])
    if not known:
        tags = _pairs({BUNDLE: run.subject, "endcap.data": run.data})
        made = server.post(
            f"{API}/model-versions/create", name=run.shop, source=source, run_id=remote, tags=tags,
            description=f"bundle {run.subject}",
        )  # fmt: skip
        known = [made["model_version"]]
    server.post(f"{API}/registered-models/alias", name=run.shop, alias=run.alias, version=known[0]["version"])


def _numbers(run: Run) -> Iterator[tuple[str, float]]:
    """Every metric, and the ends of its interval for those that headlines are of; a server is slow with thousands."""
    main = run.headline.name if run.headline else ""
    for metric in run.metrics:
        yield _key(metric.path), metric.value
        for ending, end in (("low", metric.low), ("high", metric.high)):
            if metric.name == main and end is not None:
                yield _key(f"{metric.path}_{ending}"), end
    if run.seconds is not None:
        yield "seconds", run.seconds
    for name in ("cpu_seconds", "peak_mb"):
        if name in run.environment:
            yield name, float(run.environment[name])


def _tags(run: Run) -> dict[str, str]:
    there = run.environment
    tags = {
        "mlflow.source.name": f"endcap {run.job}",
        "mlflow.source.type": "JOB",
        "mlflow.source.git.commit": there.get("git", {}).get("commit", ""),
        "mlflow.note.content": run.error,
        "endcap.job": run.job,
        "endcap.number": str(run.id),
        "endcap.data": run.data,
        BUNDLE: run.subject,
        **{f"endcap.{name}": str(there.get(name, "")) for name in ("python", "platform", "cores", "memory_mb")},
        **{_key(f"endcap.version.{name}"): version for name, version in there.get("versions", {}).items()},
    }
    return {key: text[:LONGEST] for key, text in tags.items() if text}


def _files(run: Run) -> Iterator[tuple[str, bytes]]:
    yield "settings.toml", run.settings.encode()
    yield "environment.json", json.dumps(dict(run.environment), indent=1).encode()
    for name, path in run.artefacts.items():
        yield name, path.read_bytes()


def _dataset(path: str, digest: str) -> dict[str, Any]:
    source = json.dumps({"path": path, "hash": f"md5:{digest}"})
    # A digest has room for 36 characters, which is the length of an MD5 with ".dir" behind it.
    return {"dataset": {"name": path[-500:], "digest": digest[:36], "source_type": "local", "source": source}}


def _pairs(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": text} for key, text in texts.items()]


def _key(name: str) -> str:
    """The name in the characters that the server allows; ``NDCG@10`` is ``NDCG_at_10`` there."""
    return re.sub(r"[^\w\-. :/]", "_", name.replace("@", "_at_"), flags=re.ASCII)[:250]


def _by(size: int, things: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rest = iter(things)
    while some := list(islice(rest, size)):
        yield some


@contextmanager
def _alone(lock: Path) -> Iterator[bool]:
    """Whether nobody else is in this context now; who finds somebody there need not wait."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
