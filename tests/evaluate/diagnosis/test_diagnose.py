"""`endcap diagnose`, and what a later `endcap evaluate` says of costs and curves."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from endcap import jobs
from endcap.cli import app
from endcap.config import load
from endcap.core.errors import BadConfig


@pytest.fixture
def config(released: Path, tmp_path: Path) -> Path:
    """Settings of a copy of a small shop."""
    config = Path(shutil.copytree(released, tmp_path / "shop")) / "endcap.toml"
    similar = '\n[models.similar]\nuse = "prod2vec"\n\n[slots.alike]\nretrievers = ["similar"]\ntask = "basket"\n'
    config.write_text(config.read_text() + similar)
    return config


def evaluated(config: Path) -> dict[str, Any]:
    jobs.evaluate(config)
    found: dict[str, Any] = json.loads((config.parent / "var" / "reports" / "evaluation.json").read_text())
    return found


def test_curves_are_drawn_once_and_shown_until_the_model_changes(config: Path) -> None:
    found = jobs.diagnose("similar", config, task="basket", sessions="random")
    sessions, epochs = found.curves
    assert [point.at for point in sessions.points] == [0.125, 0.25, 0.5, 1.0]
    assert [point.learned_from for point in sessions.points][-1] == 300
    assert epochs.planned == load(config).recipes["similar"].epochs
    (shown,) = evaluated(config)["curves"]
    assert (shown["model"], shown["kind"], shown["enough"]) == ("similar", "too few to say", False)
    assert shown["sentence"] == f"too few to say ({found.units} users; needs 50)."
    config.write_text(config.read_text().replace("[models.similar]", "[models.similar]\nnegatives = 3"))
    assert evaluated(config)["curves"] == []


def test_a_model_that_is_loaded_says_what_its_fit_took(config: Path) -> None:
    first, second = ({cost["name"]: cost for cost in evaluated(config)["costs"]} for _ in range(2))
    assert first["similar"]["fit_seconds"] == second["similar"]["fit_seconds"] > 0
    assert first["similar"]["disk_bytes"] > 1000
    assert first["similar"]["single_ms"] > 0
    assert (first["alike"]["fit_seconds"], first["alike"]["disk_bytes"]) == (None, None)
    assert first["alike"]["memory_bytes"] >= first["similar"]["memory_bytes"] > 0


@pytest.mark.parametrize(
    ("model", "task", "says"),
    [("nobody", None, "no model is called 'nobody'; there are: "), ("similar", "none", "no task is called 'none'")],
)
def test_what_does_not_exist_cannot_be_diagnosed(config: Path, model: str, task: str | None, says: str) -> None:
    with pytest.raises(BadConfig, match=says):
        jobs.diagnose(model, config, task=task)


def test_the_command_prints_curves_for_people_and_values_for_machines(config: Path) -> None:
    told = CliRunner().invoke(app, ["diagnose", "popular", "--task", "basket", "--json", "-c", str(config)])
    found = json.loads(told.stdout)
    assert (found["model"], [curve["over"] for curve in found["curves"]]) == ("popular", ["sessions"])
    shown = CliRunner().invoke(app, ["diagnose", "popular", "--task", "basket", "-c", str(config)])
    assert found["sentence"][:20] in shown.stderr
