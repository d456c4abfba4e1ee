"""Jobs as runs: what each tells, what happens if one fails, and that keeping runs never stops one."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from endcap import jobs
from endcap.cli import app
from endcap.config import Config, load
from endcap.core.errors import BadConfig, BadData
from endcap.core.progress import Nobody, Watch
from endcap.core.saving import load as load_saved
from endcap.evaluate.tracking.runs import Metric, Record
from endcap.jobs.common import shelf_of
from endcap.jobs.tracking import Warned, inputs_told, store_of, tracked

if TYPE_CHECKING:
    from playwright.sync_api import Browser


class Seen(Nobody):
    """Looks on and keeps what it is shown."""

    def __init__(self) -> None:
        self.shown: list[object] = []

    def show(self, thing: object) -> None:
        self.shown.append(thing)


@pytest.fixture(scope="module")
def shop(csv_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings of a small shop that was trained, prepared (for nothing) and evaluated, in this order."""
    folder = Path(shutil.copytree(csv_shop, tmp_path_factory.mktemp("tracked"), dirs_exist_ok=True))
    path = jobs.init(folder / "events.csv", folder / "catalog.csv", folder / "endcap.toml")
    jobs.train(path)
    jobs.prepare(path)
    jobs.evaluate(path)
    return path


@tracked(lambda count, _: Record(metrics=(Metric("counted", count),), headline="counted"))
def counted(config: Path = jobs.CONFIG, watch: Watch = jobs.common.NOBODY, to: int = 3) -> int:
    """A job that counts, and cannot count below zero."""
    if to < 0:
        raise BadData(f"events.csv, line {-to}: no")
    return to


def test_a_job_that_ends_is_a_run_with_what_it_told(config: Path) -> None:
    assert counted(config, to=4) == counted(config, jobs.common.NOBODY, 4) == 4
    other, run = jobs.runs(config)
    assert (run.id, run.job, run.state, run.headline) == (1, "counted", "done", Metric("counted", 4.0))
    assert run.settings == config.read_text()
    assert run.environment["cores"] > 0
    assert other.id == 2


def test_a_job_that_fails_is_a_run_that_failed(config: Path) -> None:
    with pytest.raises(BadData, match="line 7"):
        counted(config, to=-7)
    (run,) = jobs.runs(config)
    assert (run.state, run.error, run.metrics) == ("failed", "events.csv, line 7: no", ())


def test_without_settings_nothing_is_kept(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="there is no such file"):
        counted(tmp_path / "endcap.toml")
    assert list(tmp_path.iterdir()) == []


def test_a_job_goes_on_when_its_run_cannot_be_kept(config: Path) -> None:
    watch, place = Seen(), load(config).workdir / "runs.sqlite"
    place.parent.mkdir()
    place.write_text("no database at all, but long enough to look at" * 10)
    assert counted(config, watch) == 3
    (warned,) = (thing.text for thing in watch.shown if isinstance(thing, Warned))
    assert f"{place}: runs cannot be read or written" in warned


def test_a_job_goes_on_when_what_it_tells_is_wrong(config: Path) -> None:
    def told(result: int, settings: Config) -> Record:
        raise KeyError("reports")

    def job(config: Path, watch: Watch) -> int:
        return 5

    watch = Seen()
    assert tracked(told)(job)(config, watch) == 5
    (warned,) = (thing.text for thing in watch.shown if isinstance(thing, Warned))
    assert warned == "this run is not fully tracked: 'reports'"
    assert [run.state for run in jobs.runs(config)] == ["done"]


def test_preparing_and_training_tell_sizes_inputs_and_the_bundle(shop: Path) -> None:
    trained, run = (jobs.runs_show(number, shop) for number in (1, 2))
    candidate = shelf_of(load(shop)).named("candidate")
    assert candidate is not None
    sizes = {metric.name: metric.value for metric in run.metrics}
    assert sizes == {"events": 380.0, "items": 20.0, "users": 7.0, "baskets": 40.0, "checks_failed": 0.0}
    assert run.data == trained.data == load_saved(shop.parent / "var" / "dataset").fingerprint
    assert set(run.inputs) == set(trained.inputs) == {"events.csv", "catalog.csv"}
    assert {"profile.json", "profile.html"} == set(run.artefacts)
    assert (trained.subject, trained.alias) == (candidate.name, "candidate")
    facts = json.loads(trained.artefacts["bundle/manifest.json"].read_text())["facts"]
    assert facts["name"] == candidate.name


def test_evaluating_tells_every_metric_and_keeps_its_report(shop: Path) -> None:
    run = jobs.runs_show(3, shop)
    report = json.loads(run.artefacts["evaluation.json"].read_text())
    told = {metric.path: (metric.value, metric.low, metric.high) for metric in run.metrics}
    for task in report["tasks"]:
        for row in task["rows"]:
            for name, interval in row["metrics"].items():
                if interval is not None:
                    assert told[f"{task['name']}/{row['name']}/{name}"] == tuple(interval)
    for task in report["tasks"]:
        assert [told[f"{task['name']}/{name}"][0] for name in ("queries", "units")] == [task["queries"], task["units"]]
    enough = next((task for task in report["tasks"] if task["enough"]), None)
    assert (run.headline is None) == (enough is None)  # seven users are too few to say anything
    if run.headline is not None and enough is not None:
        best = next(row for row in enough["rows"] if row["kind"] != "baseline")
        assert (run.headline.of, run.headline.kind, run.headline.name) == (best["name"], best["kind"], "NDCG@10")
    assert "<html" in run.artefacts["evaluation.html"].read_text()


@pytest.mark.parametrize(("dvc", "names"), [("true", ["events.csv"]), ("false", [])])
def test_hashing_as_dvc_does_can_be_left_out(config: Path, dvc: str, names: list[str]) -> None:
    with config.open("a") as file:
        file.write(f"\n[tracking]\ndvc = {dvc}\n")
    (config.parent / "events.csv").write_text("time")
    assert list(inputs_told(load(config))) == names


def test_every_command_speaks_json_and_to_people(config: Path) -> None:
    runner = CliRunner()

    def said(*words: str) -> str:
        done = runner.invoke(app, ["runs", *words, "--config", str(config)])
        assert done.exit_code == 0, done.output
        return done.output

    assert json.loads(said("--json")) == []
    assert "nothing was run yet" in said()
    counted(config)
    config.write_text(f"{config.read_text()}\n[serve]\nport = 9000\n")
    counted(config, to=5)
    assert [run["headline"]["value"] for run in json.loads(said("--json"))] == [5.0, 3.0]
    assert json.loads(said("show", "1", "--json"))["state"] == "done"
    found = json.loads(said("compare", "1", "2", "--json"))
    assert found["metrics"] == {"counted": {"values": [3.0, 5.0], "differences": [None, 2.0]}}
    assert found["settings"] == {"serve.port": [None, "9000"]}
    assert [run["changed"] for run in json.loads(said("plot", "--json"))["runs"]] == [[], ["serve.port"]]
    for words, expected in (((), "counted"), (("show", "2"), "done"), (("compare", "1", "2"), "serve.port")):
        assert expected in said(*words)
    assert runner.invoke(app, ["runs", "show", "9", "--config", str(config)]).exit_code == 1


def test_a_list_of_runs_loads_nothing_that_trains(config: Path) -> None:
    counted(config)
    script = (
        "import sys\nfrom pathlib import Path\nfrom endcap import jobs\n"
        "assert len(jobs.runs(Path(sys.argv[1]))) == 1\nprint(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script, config], capture_output=True, text=True, check=True)
    assert {"numba", "ibis", "duckdb", "pandas", "torch"} & set(run.stdout.split()) == set()


@pytest.mark.browser
def test_the_page_draws_the_metric_that_is_chosen(config: Path, browser: "Browser") -> None:
    store = store_of(load(config))
    for number in range(3):
        counted(config)
        of = [Metric(name, 0.1 * (number + 1), "<b>similar", "basket", kind="model") for name in ("NDCG@10", "MRR@10")]
        store.record(number + 1, Record(metrics=tuple(of), headline=of[0].path))
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url) if not request.url.startswith("file:") else None)
    page.goto(jobs.runs_plot(config).page.as_uri())
    drawn = "echarts.getInstanceByDom(document.querySelector('[data-plot=over]')).getOption().series"
    assert page.evaluate(f"{drawn}.map((of) => [of.name, of.data.length])") == [["<b>similar", 3]]
    assert page.locator("select").input_value() == "NDCG@10"
    assert page.locator("[data-plot=over] path").count() > 3
    page.locator("select").select_option("MRR@10")
    assert page.evaluate(f"{drawn}[0].data.map((value) => value.toFixed(1))") == ["0.1", "0.2", "0.3"]
    assert page.locator("#runs tbody tr").count() == 3
    page.close()
    assert faults == []
