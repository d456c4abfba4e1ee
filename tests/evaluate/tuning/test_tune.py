"""`endcap tune` from settings to settings: what it chooses, judges, writes down, and goes on with."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from rich.console import Console
from tests.conftest import ENDCAP
from tests.evaluate.tuning.worlds import BROKEN, SETTINGS, fashion

from endcap import jobs
from endcap.config import load
from endcap.core.bundle import Shelf
from endcap.core.errors import BadConfig
from endcap.core.progress import Nobody
from endcap.evaluate.tuning import judging
from endcap.showing import shown

ENVIRONMENT = {**os.environ, "COLUMNS": "150", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop, prepared; for reading only."""
    config = fashion(tmp_path_factory.mktemp("fashion"))
    jobs.prepare(config)
    return config.parent


@pytest.fixture
def config(prepared: Path, tmp_path: Path) -> Path:
    """Settings of a copy of it."""
    return Path(shutil.copytree(prepared, tmp_path / "shop")) / "endcap.toml"


def tries(tuned: Any) -> list[tuple[Any, Any]]:
    return [(dict(trial.settings), trial.value) for trial in tuned.trials]


def test_the_winner_is_chosen_judged_written_and_trained_with(config: Path) -> None:
    tuned = jobs.tune("popular", config, write=True)
    assert tuned.changes == {"half_life": 7.0}
    assert {settings["half_life"] for settings, value in tries(tuned) if value == 1.0} == {7.0}
    assert tuned.judgement is not None
    assert tuned.judgement.queries == 100
    reached = {name: round(at.mean, 4) for name, at in tuned.judgement.reached.items()}
    assert reached == {"tuned": 1.0, "untuned": 0.6309, "short": 1.0}
    assert tuned.judgement.above["untuned"].shown
    assert not tuned.judgement.above["short"].shown
    assert (tuned.judgement.above["untuned"].wins, tuned.judgement.above["untuned"].losses) == (100, 0)
    written = config.read_text()
    assert written == SETTINGS.replace('kinds = ["purchase"]\n', 'kinds = ["purchase"]\nhalf_life = 7.0\n')
    assert load(config).recipes["popular"].half_life == 7.0
    bundle = jobs.train(config)
    assert bundle.facts["settings"] == written
    path = Shelf(config.parent / "var" / "bundles").named("candidate")
    assert path is not None
    titles = bundle.catalog.items.ids
    assert titles[bundle.models["popular"].items[0]] == "new"


def test_the_future_changes_nothing_that_is_chosen(config: Path, tmp_path: Path) -> None:
    honest, planted = jobs.tune("popular", config), jobs.tune("popular", fashion(tmp_path / "planted", future="old"))
    assert tries(honest) == tries(planted)
    assert honest.winner.settings == planted.winner.settings
    assert honest.judgement is not None
    assert planted.judgement is not None
    assert honest.judgement.above["untuned"].mean > 0 > planted.judgement.above["untuned"].mean


class Listening(Nobody):
    """Keeps what is shown."""

    def __init__(self) -> None:
        self.shown: list[object] = []

    def show(self, thing: object) -> None:
        self.shown.append(thing)


def test_what_is_worse_on_the_test_window_is_not_written(tmp_path: Path) -> None:
    config, watch = fashion(tmp_path, future="old"), Listening()
    assert "below the settings that were there" in jobs.tune("popular", config, watch, write=True).to_json()["verdict"]
    assert config.read_text() == SETTINGS
    assert watch.shown[-1] == (
        f"nothing was written: on the test window popular as it stands in {config} reaches NDCG@10 1.0000, and the "
        "winner of the search 0.6309"
    )


def test_a_little_worse_is_not_written_either(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judging_well = judging.judged

    def badly(rows: Any, task: Any, *others: Any) -> Any:
        found = judging_well(rows, task, *others)
        little = replace(found.above["untuned"], mean=-0.0001, corrected=1.0)
        return replace(found, above={**found.above, "untuned": little})

    monkeypatch.setattr(judging, "judged", badly)
    assert jobs.tune("popular", config, write=True).changes
    assert config.read_text() == SETTINGS


def test_settings_that_no_range_holds_are_tried_and_what_mattered_is_still_told(config: Path) -> None:
    config.write_text(SETTINGS.replace('use = "co_occurrence"\n', 'use = "co_occurrence"\nshrink = 0.0\n'))
    tuned = jobs.tune("together", config, method="random", trials=6, task="anybody")
    assert tuned.trials[0].settings["shrink"] == 0.0
    assert all(trial.settings["shrink"] >= 0.1 for trial in tuned.trials[1:])
    assert tuned.to_json()["trials"]


BLEND = """
[models.both]
use = "blend"
models = ["popular", "together", { use = "last_viewed" }]
source = "baskets"
"""


def test_a_blend_is_searched_with_the_members_that_have_a_table(config: Path) -> None:
    config.write_text(SETTINGS + BLEND + "[tune.both]\nscale = 'sum'\nwidth = 100\n[tune.both.popular]\n")
    tuned = jobs.tune("both", config, write=True, task="anybody", trials=7)
    assert set(tuned.space) == {"scale", "width", "popular.half_life"}
    assert tuned.trials[0].settings == {"scale": "sum", "width": 100, "popular.half_life": None}
    assert tuned.changes == {"popular.half_life": 7.0}
    assert "half_life = 7.0" in config.read_text().partition("[models.short]")[0]
    found = load(config).recipes
    assert found["popular"].half_life == found["both"].models[0].half_life == 7.0


def test_a_blend_may_be_searched_with_all_its_members(config: Path) -> None:
    config.write_text(SETTINGS + BLEND)
    tuned = jobs.tune("both", config, task="anybody", trials=2, method="random", members=True)
    assert {"scale", "popular.half_life", "together.shrink"} <= set(tuned.space)
    assert set(jobs.tune("both", config, task="anybody", trials=2, method="random").space) == {"scale", "width"}


def test_a_wrong_space_of_a_member_is_told_with_its_line(config: Path) -> None:
    config.write_text(text := SETTINGS + BLEND + "[tune.both.popular]\nlive = 3.0\n")
    with pytest.raises(BadConfig, match=rf"line {len(text.splitlines())}: tune.both.popular.live: unknown key"):
        jobs.tune("both", config)


def test_a_search_goes_on_and_its_winner_is_judged_once(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def counted(rows: Any, task: Any, *others: Any) -> Any:
        looks.append(task.name)
        return judging_once(rows, task, *others)

    judging_once = judging.judged
    monkeypatch.setattr(judging, "judged", counted)
    first = jobs.tune("popular", config, method="random", trials=9)
    again = jobs.tune("popular", config, method="random", trials=9)
    assert again.trials == first.trials
    more = jobs.tune("popular", config, method="random", trials=11)
    assert more.trials[:9] == first.trials
    assert len(more.trials) == 11
    assert more.winner == first.winner
    assert first.looks == more.looks == len(looks) == 1
    assert more.judgement == first.judgement
    fresh = jobs.tune("popular", config, method="random", trials=9, fresh=True)
    assert tries(fresh) == tries(first)
    assert fresh.trials != first.trials


def test_a_command_that_is_interrupted_goes_on_where_it_was(config: Path) -> None:
    command = [*ENDCAP, "tune", "popular", "--method", "tpe", "--trials", "30", "--config", str(config)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("3/30"):
                process.send_signal(signal.SIGINT)
                break
        assert "run the same command again" in process.stderr.read()
    assert process.returncode == 130
    tuned = jobs.tune("popular", config, method="tpe", trials=30)
    assert len(tuned.trials) == 30
    assert {trial.state for trial in tuned.trials} == {"finished"}
    assert tuned.changes == {"half_life": 7.0}


def test_several_processes_share_the_tries(config: Path) -> None:
    tuned = jobs.tune("popular", config, workers=2)
    alone = jobs.tune("popular", config, fresh=True)
    assert sorted(map(repr, tries(tuned))) == sorted(map(repr, tries(alone)))
    assert tuned.judgement == alone.judgement


def test_a_worker_that_dies_is_replaced(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEADLY", "1")
    config.write_text(SETTINGS + BROKEN)
    tuned = jobs.tune("broken", config, workers=2, task="anybody", method="random", trials=2)
    assert [trial.state for trial in tuned.trials] == ["finished", "failed"]
    assert tuned.trials[1].error == "its process ended with -9"
    assert tuned.changes == {}
    assert tuned.to_json()["verdict"].startswith("Of 2 tries none was better")


def test_several_machines_share_a_database(config: Path, prepared: Path, tmp_path: Path) -> None:
    storage, elsewhere = f"sqlite:///{tmp_path}/tries.db", Path(shutil.copytree(prepared, tmp_path / "elsewhere"))
    first = jobs.tune("popular", config, storage=storage)
    other = jobs.tune("popular", elsewhere / "endcap.toml", storage=storage)
    assert other.trials == first.trials


@pytest.mark.parametrize(
    ("model", "changes", "said"),
    [
        ("popula", {}, "no model is called 'popula'; there are: popular, short"),
        ("popular", {"tries": 3}, "tries: unknown key of [tune]; known: method, trials"),
        ("popular", {"method": "luck"}, "tune.method: found 'luck': input should be 'grid', 'random'"),
        ("popular", {"task": "magic"}, "tune.task: no task is called 'magic'; there are: basket"),
        ("popular", {"metric": "magic@10"}, "metric: found 'magic@10'; expected one of NDCG"),
        ("popular", {"method": "halving", "resource": "epochs"}, "resource: Popular has no epochs"),
        (
            "broken",
            {"task": "anybody"},
            "models.broken: none of 7 tries succeeded; the first: ValueError: it is broken",
        ),
    ],
)
def test_what_cannot_be_searched_says_why(
    model: str, changes: dict[str, Any], said: str, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEADLY", raising=False)
    config.write_text(SETTINGS + BROKEN)
    with pytest.raises(BadConfig, match=re.escape(said)):
        jobs.tune(model, config, **changes)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[tune.popular]\nhalf_life = [0.0, 3.0]\n", "line {n}: tune.popular.half_life: found 0.0: input should be"),
        ("[tune.populer]\nhalf_life = 3.0\n", "line {n}: tune.populer: no model is called 'populer'"),
        ("[tune.popular]\nlive = 3.0\n", "line {n}: tune.popular.live: unknown key; known: kinds, half_life"),
    ],
)
def test_a_wrong_space_is_told_with_its_line(table: str, said: str, config: Path) -> None:
    config.write_text(SETTINGS + table)
    line = len(SETTINGS.splitlines()) + (1 if "populer" in table else 2)
    with pytest.raises(BadConfig, match=re.escape(said.format(n=line))):
        jobs.tune("popular", config)


def test_a_key_that_does_not_exist(config: Path) -> None:
    config.write_text(SETTINGS.replace("trials = 7", "trails = 7"))
    with pytest.raises(BadConfig, match=r"tune\.trails: unknown key; known: method, trials"):
        load(config)


def test_the_settings_narrow_the_space(config: Path) -> None:
    config.write_text(SETTINGS + "[tune.popular]\nhalf_life = [30.0, 60.0, 90.0]\n")
    tuned = jobs.tune("popular", config, method="grid")
    assert [settings for settings, _ in tries(tuned)] == [{"half_life": days} for days in (None, 30.0, 60.0, 90.0)]


def test_the_command_prints_json_and_people_see_a_table(config: Path) -> None:
    command = [*ENDCAP, "tune", "popular", "--json", "--config", str(config)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert "1/7 finished: NDCG@10 0.6309 (best 0.6309) with half_life –" in run.stderr
    found = json.loads(run.stdout)
    assert found == json.loads((config.parent / "var" / "reports" / "tuning-popular.json").read_text())
    assert found["changes"] == {"half_life": 7.0}
    assert [trial["value"] for trial in found["trials"]] == sorted((t["value"] for t in found["trials"]), reverse=True)
    out = Console(file=io.StringIO(), width=150)
    out.print(shown(jobs.tune("popular", config)))
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert "Tuned, popular reaches NDCG@10 1.0000 on the test window, 58.5% above the settings that were there" in text
    assert "to change: half_life = 7" in text


@pytest.mark.browser
def test_the_page_is_complete_in_itself_and_draws_every_plot(browser: Browser, config: Path) -> None:
    config.write_text(SETTINGS + '[tune.together]\nsimilarity = ["jaccard", "cosine"]\n')
    jobs.tune("together", config, method="halving", trials=10, task="anybody")
    faults: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("request", lambda request: faults.append(request.url) if request.url.startswith("http") else None)
    page.goto((config.parent / "var" / "reports" / "tuning-together.html").as_uri())
    plots = page.locator("[data-plot]")
    assert {plot.get_attribute("data-plot") for plot in plots.all()} >= {"history", "parallel", "slice"}
    for plot in plots.all():
        assert plot.locator("svg path").count() > 0, plot.get_attribute("data-plot")
    assert page.locator("#tries tbody tr").count() == 10
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 420, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
    assert faults == []
