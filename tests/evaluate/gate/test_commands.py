"""What a person types and reads: a refusal, an override, and the way back."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from tests.evaluate.gate.conftest import Small
from typer.testing import CliRunner, Result

from endcap.cli import app


@pytest.fixture(autouse=True)
def _same_search_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands put the folder of the settings on the search path of modules."""
    monkeypatch.setattr(sys, "path", [*sys.path])


def run(*words: object) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(word) for word in words])


def test_refused_released_all_the_same_and_taken_back(small: Small) -> None:
    first, popular = small.name(), small.candidate().models["popular"]
    small.put("flat", popular=replace(popular, scores=np.ones_like(popular.scores)))
    result = run("release", "-c", small.config)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "every list has one score for all of its items" in result.stderr
    assert f"error: flat is not released; what is served stays {first}\n" in result.stderr
    assert 'flat.verdict.md; to release it all the same: --override "reason"' in result.stderr
    result = run("release", "--json", "-c", small.config)
    assert (result.exit_code, json.loads(result.stdout)["outcome"]) == (1, "refused")
    result = run("release", "--override", "we know", "--json", "-c", small.config)
    assert (result.exit_code, json.loads(result.stdout)["reason"]) == (0, "we know")
    assert "flat is released against the rules" in result.stderr
    assert small.name() == "flat"
    result = run("rollback", "--reason", "we did not", "-c", small.config)
    assert result.exit_code == 0
    assert first in result.stderr
    assert (small.name(), small.shelf.history()[-1].reason) == (first, "we did not")
    result = run("rollback", "-c", small.config)
    assert (result.exit_code, result.stderr) == (
        1, f"error: {small.shelf.folder}: nothing was released before {first}\n"
    )  # fmt: skip


def test_damage_is_one_message_and_no_table(small: Small) -> None:
    small.put("broken")
    path = next((small.shelf.folder / "broken").glob("*.npy"))
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    result = run("release", "--override", "we know", "-c", small.config)
    assert result.exit_code == 1
    assert path.name in result.stderr
    assert "this cannot be overridden" in result.stderr
    assert small.found("broken", "bytes") == {"": "refused"}
    assert small.verdict("broken")["data"] == "unknown"
