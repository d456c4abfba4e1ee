"""``endcap profile``, and the profile that every new dataset gets."""

import json
import shutil
import subprocess
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from tests.conftest import ENDCAP

from endcap import jobs
from endcap.core.progress import Nobody


@pytest.fixture
def config(csv_shop: Path, tmp_path: Path) -> Path:
    """Settings of a shop that was never prepared."""
    folder = Path(shutil.copytree(csv_shop, tmp_path / "shop"))
    return jobs.init(folder / "events.csv", folder / "catalog.csv", folder / "endcap.toml")


def test_new_data_is_profiled_when_it_is_prepared_and_the_same_data_is_not_again(config: Path) -> None:
    reports = config.parent / "var" / "reports"
    jobs.prepare(config)
    content = json.loads((reports / "profile.json").read_text())
    assert content["sizes"]["orders"] == 40
    assert "<html" in (reports / "profile.html").read_text()
    (reports / "profile.html").unlink()
    jobs.prepare(config)
    assert not (reports / "profile.html").exists()
    assert jobs.profile(config).to_json() == jobs.profile(config).to_json()
    assert json.loads((reports / "profile.json").read_text()) == content
    assert (reports / "profile.html").exists()


def test_other_data_is_compared_with_the_data_before(config: Path) -> None:
    jobs.prepare(config)
    with (config.parent / "events.csv").open("a") as file:
        file.write("1900000000,late,view,i01,,1.5,\n")
    drift = jobs.profile(config).drift
    assert drift is not None
    assert (drift.since, drift.then.partition(" from ")[0]) == ("since the run before", "380 events")


def test_the_command_gives_data_on_stdout_and_words_on_stderr(config: Path) -> None:
    command = [*ENDCAP, "profile", "--config", str(config)]
    data, words = (
        subprocess.run([*command, *more], capture_output=True, text=True, check=True) for more in (["--json"], [])
    )
    assert json.loads(data.stdout)["format"] == 1
    assert (words.stdout, "380 events from 2023-11-14" in words.stderr) == ("", True)


def test_new_data_is_profiled_once(config: Path) -> None:
    seen: list[str] = []

    class Watching(Nobody):
        def step(self, name: str) -> AbstractContextManager[object]:
            seen.append(name)
            return nullcontext()

    shutil.rmtree(config.parent / "var", ignore_errors=True)  # init has prepared the data already
    first = jobs.profile(config, Watching())
    assert seen == ["prepare the data", "profile the data"]
    assert first.to_json() == jobs.profile(config, Watching()).to_json()
    assert seen[2:] == ["load the dataset (its sources are unchanged)", "profile the data"]
