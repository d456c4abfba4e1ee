"""A store of runs: two processes at once, one that is killed in the middle, files that are replaced."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from endcap.core.errors import BadData, BadRequest
from endcap.evaluate.tracking.runs import Begun, Metric, Record, flattened
from endcap.evaluate.tracking.store import Store

NDCG = Metric("NDCG@10", 0.25, "similar", "basket", 0.125, 0.5, "model")

MANY = """
import sys
from pathlib import Path
from endcap.evaluate.tracking.runs import Begun, Metric, Record
from endcap.evaluate.tracking.store import Store

store = Store(Path(sys.argv[1]))
for number in range(25):
    run = store.start(Begun("train", sys.argv[2], 1.0 + number, ""))
    store.record(run, Record(metrics=tuple(Metric(f"m{place}", place + number / 100) for place in range(40))))
    store.finish(run, 2.0 + number, {})
"""
KILLED = """
import sys
from pathlib import Path
from endcap.evaluate.tracking.runs import Begun, Metric, Record
from endcap.evaluate.tracking.store import Store

store = Store(Path(sys.argv[1]))
run = store.start(Begun("train", "small", 1.0, ""))
store.record(run, Record(data="abc", metrics=(Metric("events", 7),)))
print("begun", flush=True)
sys.stdin.read()
"""


def python(script: str, *arguments: object) -> subprocess.Popen[str]:
    """A process of its own that runs a script."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


def test_a_run_is_kept_as_it_was_told(store: Store, begun: Begun, record: Record) -> None:
    number = store.start(begun)
    assert store.run(number).state == "running"
    store.record(number, record)
    store.finish(number, 1_700_000_012.5, {"python": "3.11"})
    run = store.run(number)
    assert (run.id, run.job, run.shop, run.state, run.error, run.sent) == (1, "evaluate", "small", "done", "", False)
    assert (run.seconds, run.data, run.subject, run.headline) == (12.5, "abc", "small-1", NDCG)
    assert run.metrics == record.metrics
    assert run.inputs == record.inputs
    assert run.environment == {"python": "3.11"}
    assert run.params == {
        "shop.name": "small", "models.similar.use": "prod2vec", "models.similar.size": "16",
        "models.similar.kinds": "view, cart",
    }  # fmt: skip
    told = json.loads(json.dumps(run.to_json()))
    assert (told["started"], told["seconds"]) == ("2023-11-14 22:13:20", 12.5)


def test_the_list_has_the_newest_first_and_headlines_alone(store: Store, begun: Begun, record: Record) -> None:
    assert store.runs() == ()
    for _ in range(3):
        store.record(store.start(begun), record)
    assert [run.id for run in store.runs(2)] == [3, 2]
    assert {run.metrics for run in store.runs()} == {(NDCG,)}
    assert {run.metrics for run in store.runs(whole=True)} == {record.metrics}


def test_an_error_makes_a_run_fail_and_keeps_what_was_told(store: Store, begun: Begun) -> None:
    number = store.start(begun)
    store.record(number, Record(data="abc"))
    store.finish(number, 1_700_000_001.0, {}, "postgres://me:secret@shop/db: nobody answers")
    run = store.run(number)
    assert (run.state, run.data, run.error) == ("failed", "abc", "postgres://…@shop/db: nobody answers")


def test_passwords_in_addresses_are_not_kept(store: Store, begun: Begun, tmp_path: Path) -> None:
    store.start(replace(begun, settings='[tracking]\nmlflow = "https://me:secret@host:5000/x"\ntoken = "$TOKEN"\n'))
    assert store.run(1).params == {"tracking.mlflow": "https://…@host:5000/x", "tracking.token": "$TOKEN"}
    assert b"secret" not in b"".join(file.read_bytes() for file in (tmp_path / "var").iterdir() if file.is_file())


def test_what_is_no_number_is_left_out(store: Store, begun: Begun) -> None:
    number = store.start(begun)
    store.record(number, Record(metrics=(Metric("a", float("nan")), Metric("b", float("inf")), Metric("c", 1.0))))
    assert [metric.name for metric in store.run(number).metrics] == ["c"]


def test_what_was_told_later_replaces_and_adds(store: Store, begun: Begun) -> None:
    number = store.start(begun)
    store.record(number, Record(data="abc", metrics=(Metric("a", 1.0), Metric("b", 1.0))))
    store.record(number, Record(alias="current", metrics=(Metric("b", 2.0),)))
    run = store.run(number)
    assert (run.data, run.alias) == ("abc", "current")
    assert {metric.name: metric.value for metric in run.metrics} == {"a": 1.0, "b": 2.0}


def test_a_report_stays_as_it_was_when_the_next_one_replaces_it(store: Store, begun: Begun, tmp_path: Path) -> None:
    for text in ("first", "second"):
        beside = tmp_path / "part"
        beside.write_text(text)
        beside.replace(tmp_path / "report.html")
        store.record(store.start(begun), Record(artefacts={"reports/report.html": tmp_path / "report.html"}))
    assert [run.artefacts["reports/report.html"].read_text() for run in store.runs()] == ["second", "first"]


def test_only_the_newest_runs_keep_their_files(tmp_path: Path, begun: Begun, record: Record) -> None:
    store = Store(tmp_path / "var", keep=2)
    for _ in range(4):
        store.record(store.start(begun), record)
    assert [(run.id, len(run.artefacts)) for run in store.runs()] == [(4, 1), (3, 1), (2, 0), (1, 0)]
    assert store.run(1).metrics == record.metrics


def test_two_processes_write_at_once_into_a_store_that_neither_found(tmp_path: Path) -> None:
    writers = [python(MANY, tmp_path / "var", name) for name in ("one", "other")]
    for writer in writers:
        _, said = writer.communicate()
        assert writer.returncode == 0, said
    runs = Store(tmp_path / "var").runs(whole=True)
    assert [run.id for run in runs] == list(range(50, 0, -1))
    for name in ("one", "other"):
        mine = [run for run in runs if run.shop == name]
        assert [run.started for run in mine] == [25.0 - place for place in range(25)]
        assert {len(run.metrics) for run in mine} == {40}
    assert {run.state for run in runs} == {"done"}
    assert len({run.uid for run in runs}) == 50


def test_who_was_slower_in_making_the_store_takes_the_one_that_is_there(
    store: Store, begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.start(begun)
    with monkeypatch.context() as context:
        answers = iter([False, True])  # it looks, nobody was there; it looks again, somebody is
        context.setattr(Path, "exists", lambda _: next(answers))
        Store(store.path.parent)._made()
    assert [run.id for run in store.runs()] == [1]
    assert [file.name for file in store.path.parent.iterdir() if file.name.endswith(".part")] == []


def test_a_killed_process_leaves_an_interrupted_run_and_a_sound_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "var")
    with python(KILLED, tmp_path / "var") as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "begun\n"
        assert store.run(1).state == "running"
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    run = store.run(1)
    assert (run.state, run.ended, run.data) == ("interrupted", None, "abc")
    assert [metric.value for metric in run.metrics] == [7.0]
    with sqlite3.connect(tmp_path / "var" / "runs.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    assert [run.id for run in store.unsent()] == [1]
    assert store.start(Begun("train", "small", 2.0, "")) == 2


def test_what_is_not_there_is_told_with_what_is(store: Store, begun: Begun) -> None:
    with pytest.raises(BadRequest, match=r"there is no run 1; nothing was run yet"):
        store.run(1)
    store.start(begun)
    with pytest.raises(BadRequest, match=r"runs.sqlite: there is no run 9; there are: 1 to 1"):
        store.run(9)


def test_another_format_and_another_file_are_refused(store: Store, begun: Begun) -> None:
    store.start(begun)
    database = sqlite3.connect(store.path)
    database.execute("PRAGMA user_version = 7")
    database.close()
    with pytest.raises(BadData, match=r"runs.sqlite: format 7, this endcap reads format 1"):
        store.runs()
    store.path.write_text("no database at all, but long enough to look at" * 10)
    with pytest.raises(BadData, match=r"runs.sqlite: runs cannot be read or written: file is not a database"):
        store.runs()


def test_settings_are_flattened_by_their_place() -> None:
    slots = {"slots": {"item/together": {"stages": ["available", {"use": "max_per", "n": 2}], "k": 12}}}
    assert flattened(slots) == {
        "slots.item/together.stages.0": "available", "slots.item/together.stages.1.use": "max_per",
        "slots.item/together.stages.1.n": "2", "slots.item/together.k": "12",
    }  # fmt: skip
    assert flattened({"models": {}, "list": []}) == {"list": ""}
