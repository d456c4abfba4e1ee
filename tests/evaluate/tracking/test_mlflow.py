"""Runs told to a real MLflow server, looked at with its own client; and to servers that are not there, or silent."""

import json
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from endcap import jobs
from endcap.config import load
from endcap.core.errors import BadConfig, NotSent
from endcap.core.progress import Nobody
from endcap.evaluate.tracking.mlflow import Mlflow
from endcap.evaluate.tracking.rest import Server
from endcap.evaluate.tracking.runs import Begun, Metric, Record
from endcap.evaluate.tracking.store import Store
from endcap.jobs.tracking import Warned, recording, tracker_of

MLFLOW = Path(__file__).parents[3] / ".venv-mlflow"
LOOK = """
import json, sys
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts

address, *shops = sys.argv[1:]
client = MlflowClient(address, address)
told = {}
for shop in shops:
    runs = []
    for run in client.search_runs([client.get_experiment_by_name(shop).experiment_id], order_by=["start_time"]):
        files = [file.path for file in client.list_artifacts(run.info.run_id)]
        bundle = [file.path for file in client.list_artifacts(run.info.run_id, "bundle")]
        runs.append({
            "id": run.info.run_id, "name": run.info.run_name, "status": run.info.status,
            "start": run.info.start_time, "end": run.info.end_time, "files": files + bundle,
            "params": run.data.params, "metrics": run.data.metrics, "tags": run.data.tags,
            "datasets": [[each.dataset.name, each.dataset.digest] for each in run.inputs.dataset_inputs],
            "settings": open(download_artifacts(
                run_id=run.info.run_id, artifact_path="settings.toml", tracking_uri=address)).read(),
        })
    versions = {version.version: version for version in client.search_model_versions(f"name = '{shop}'")}
    aliases = client.get_registered_model(shop).aliases if versions else {}
    told[shop] = {"runs": runs, "aliases": aliases, "versions": {
        name: {"bundle": version.tags["endcap.bundle"], "source": version.source, "manifest": open(
            download_artifacts(artifact_uri=f"{version.source}/manifest.json", tracking_uri=address)).read()}
        for name, version in versions.items() if version.run_id}}
print(json.dumps(told))
"""


class Seen(Nobody):
    """Looks on and keeps what it is shown."""

    def __init__(self) -> None:
        self.shown: list[object] = []

    def show(self, thing: object) -> None:
        self.shown.append(thing)


@pytest.fixture
def at(store: Store) -> Callable[..., Mlflow]:
    """A tracker that tells a server, with so much patience."""
    return lambda address, seconds=60.0: Mlflow(store, Server(address), seconds)


@pytest.fixture
def nowhere() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture(scope="module")
def looked(mlflow_server: str, released: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What MLflow's own client finds of a shop that was trained and released, and of runs that were told by hand."""
    shop = Path(shutil.copytree(released, tmp_path_factory.mktemp("told"), dirs_exist_ok=True))
    config = naming(shop / "endcap.toml", mlflow_server)
    assert jobs.runs_send(config) == 2
    assert [run.sent for run in jobs.runs(config)] == [True, True]
    by_hand(Mlflow(Store(shop / "other"), Server(mlflow_server), 60.0))
    name = load(config).settings.shop.name
    look = subprocess.run(
        [MLFLOW / "bin" / "python", "-W", "ignore", "-c", LOOK, mlflow_server, name, "by-hand"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert look.returncode == 0, look.stderr
    told = json.loads(look.stdout)
    return {"shop": told[name], "by-hand": told["by-hand"], "bundle": jobs.runs(config)[0].subject}


def naming(config: Path, address: str) -> Path:
    """The settings, which name a server now."""
    with config.open("a") as file:
        file.write(f'\n[tracking]\nmlflow = "{address}"\n')
    return config


def by_hand(tracker: Mlflow) -> None:
    """One run with more metrics and params than a request may have, told twice; and one that failed."""
    many = "".join(f"key{place} = {place}\n" for place in range(250))
    number = tracker.start(Begun("evaluate", "by-hand", 1_700_000_000.0, f"[evaluate]\n{many}"))
    metrics = (
        Metric("NDCG@10", 0.25, "item/similar", "basket", 0.125, 0.5, "slot"),
        *(Metric(f"m (é) {place}", place) for place in range(1700)),
    )
    inputs = {"data/events": "751f81062620ed5c288fda0a80e1913a.dir"}
    record = Record(data="abc", metrics=metrics, headline="basket/item/similar/NDCG@10", inputs=inputs)
    tracker.record(number, record)
    tracker.finish(number, 1_700_000_012.5, {"git": {"commit": "c0ffee"}, "versions": {"numpy": "2.4.6"}})
    assert tracker.send() == 0
    again = Mlflow(replace_sent(tracker.store), tracker.server, tracker.seconds)
    assert again.send() == 1
    failed = tracker.start(Begun("train", "by-hand", 1_700_000_020.0, ""))
    tracker.finish(failed, 1_700_000_021.0, {}, "events.csv, line 3: no")


def replace_sent(store: Store) -> Store:
    """The store as if nothing of it had been sent."""
    with store._open() as database:  # what a crash between the server's answer and ours leaves
        database.execute("UPDATE runs SET sent = 0")
    return store


def test_params_metrics_tags_and_files_are_there(looked: dict[str, Any]) -> None:
    run, failed = looked["by-hand"]["runs"]
    assert (run["name"], run["status"]) == ("evaluate 1", "FINISHED")
    assert (run["start"], run["end"]) == (1_700_000_000_000, 1_700_000_012_500)
    assert run["params"] == {f"evaluate.key{place}": str(place) for place in range(250)}
    assert len(run["metrics"]) == 1704
    there = {name: run["metrics"][name] for name in run["metrics"] if name.startswith("basket")}
    key = "basket/item/similar/NDCG_at_10"
    assert there == {key: 0.25, f"{key}_low": 0.125, f"{key}_high": 0.5}
    assert (run["metrics"]["m (é) 1699".replace("(é)", "___")], run["metrics"]["seconds"]) == (1699.0, 12.5)
    assert run["tags"]["endcap.data"] == "abc"
    assert run["tags"]["mlflow.source.git.commit"] == "c0ffee"
    assert run["datasets"] == [["data/events", "751f81062620ed5c288fda0a80e1913a.dir"]]
    assert run["settings"].startswith("[evaluate]\nkey0 = 0\n")
    assert (failed["status"], failed["tags"]["mlflow.note.content"]) == ("FAILED", "events.csv, line 3: no")


def test_a_bundle_is_one_version_with_both_aliases(looked: dict[str, Any]) -> None:
    told = looked["shop"]
    assert told["aliases"] == {"candidate": "1", "current": "1"}
    (version,) = told["versions"].values()
    assert version["bundle"] == looked["bundle"]
    assert json.loads(version["manifest"])["facts"]["name"] == looked["bundle"]
    train, release = told["runs"]
    assert (train["name"], release["name"]) == ("train 1", "release 2")
    assert train["id"] in version["source"]
    assert "bundle/manifest.json" in train["files"]
    assert {name for name, _ in train["datasets"]} == {"events.csv", "catalog.csv"}


def test_a_server_that_is_down_changes_nothing_but_a_warning(
    config: Path, record: Record, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", nowhere.replace("http://", "http://me:secret@"))
    naming(config, "$MLFLOW_TRACKING_URI")
    watch = Seen()
    with recording("train", load(config), watch) as keep:
        keep(lambda: record)
    (warned,) = (thing.text for thing in watch.shown if isinstance(thing, Warned))
    assert f"{nowhere}: does not answer" in warned
    assert "the next run sends what is missing" in warned
    assert "secret" not in warned
    newest = jobs.runs(config)[0]
    assert (newest.state, newest.data, newest.sent) == ("done", "abc", False)
    with pytest.raises(NotSent, match=nowhere):
        jobs.runs_send(config)


def test_a_silent_server_is_waited_for_no_longer_than_was_said(
    at: Callable[..., Mlflow], begun: Begun, silent: str
) -> None:
    tracker = at(silent, 0.05)
    number = tracker.start(begun)
    with pytest.raises(NotSent, match=f"{silent}: .*; everything is kept in .*runs.sqlite"):
        tracker.finish(number, 1_700_000_001.0, {})
    assert tracker.store.run(number).state == "done"


def test_what_a_server_missed_is_sent_with_the_next_run(
    at: Callable[..., Mlflow], begun: Begun, record: Record, nowhere: str, mlflow_server: str
) -> None:
    begun = replace(begun, shop="late")
    away, back = at(nowhere), at(mlflow_server)
    first = away.start(begun)
    away.record(first, record)
    with pytest.raises(NotSent):
        away.finish(first, 1_700_000_001.0, {})
    second = back.start(begun)
    back.finish(second, 1_700_000_002.0, {})
    assert [run.sent for run in back.store.runs()] == [True, True]
    server = Server(mlflow_server)
    experiment = server.get("api/2.0/mlflow/experiments/get-by-name", experiment_name="late")["experiment"]
    found = server.post("api/2.0/mlflow/runs/search", experiment_ids=[experiment["experiment_id"]])["runs"]
    assert sorted(run["info"]["run_name"] for run in found) == ["evaluate 1", "evaluate 2"]


def test_a_run_that_is_refused_does_not_hold_up_the_next(
    at: Callable[..., Mlflow], begun: Begun, record: Record, mlflow_server: str
) -> None:
    tracker = at(mlflow_server)
    refused = tracker.start(replace(begun, shop="bad"))
    tracker.store.record(refused, replace(record, subject="it's", alias="candidate"))
    with pytest.raises(NotSent, match=r"refused api/2\.0/mlflow/model-versions/search"):
        tracker.finish(refused, 1_700_000_001.0, {})
    welcome = tracker.start(replace(begun, shop="good"))
    with pytest.raises(NotSent, match="refused"):
        tracker.finish(welcome, 1_700_000_002.0, {})
    assert [run.sent for run in tracker.store.runs()] == [True, False]


def test_sending_without_a_server_says_which_key_is_missing(config: Path) -> None:
    with pytest.raises(BadConfig, match=r"endcap.toml: tracking.mlflow: no server is named"):
        jobs.runs_send(config)


def test_the_address_comes_from_the_environment_when_a_run_needs_it(
    config: Path, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    naming(config, "$MLFLOW_TRACKING_URI")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert jobs.runs(config) == ()
    with pytest.raises(BadConfig, match=r"endcap.toml, line 11: .*MLFLOW_TRACKING_URI is not set"):
        jobs.runs_send(config)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///here.db")
    with pytest.raises(BadConfig, match=r"tracking.mlflow: found 'sqlite:///here.db', expected http://"):
        jobs.runs_send(config)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", nowhere)
    tracker = tracker_of(load(config))
    assert isinstance(tracker, Mlflow)
    assert tracker.server.address == nowhere


def test_the_name_of_a_server_has_no_password_and_its_requests_have() -> None:
    server = Server("https://me:se%40cret@host:5000/path/")
    assert server.name == "https://host:5000/path"
    assert server._authorization() == {"Authorization": "Basic bWU6c2VAY3JldA=="}
    assert Server("https://host", "word")._authorization() == {"Authorization": "Bearer word"}
    assert Server("https://host")._authorization() == {}
