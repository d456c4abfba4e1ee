"""Figures of quality say how they were measured, and guides show those that were measured last."""

import json
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOL = runpy.run_path(str(ROOT / "tools" / "quality_tables.py"))
RESULTS = sorted((ROOT / "benchmarks" / "results").glob("quality-*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_result_states_protocol_seeds_and_what_is_excluded_in_one_line(path: Path) -> None:
    found = json.loads(path.read_text())
    assert "\n" not in found["protocol"]
    assert "seed" in found["protocol"]
    assert any(word in found["protocol"] for word in ("exclude", "hidden", "never"))
    assert found["peer_name"]
    assert found["ratio"] == pytest.approx(found["ours"] / found["peer"], abs=2e-3)


def test_beauty_leads_with_the_protocol_of_the_published_figures() -> None:
    found = json.loads((ROOT / "benchmarks" / "results" / "quality-beauty.json").read_text())
    assert found["published"] == {"SASRec, well trained": [0.0859, 0.0503], "eSASRec": [0.0928, 0.0531]}
    assert found["peer"] == 0.0531
    best = max((row for rows in found["reached"].values() for row in rows.values()), key=lambda row: row["NDCG"])
    assert found["ours"] == best["NDCG"] < best["NDCG, item before the last learned too"]


@pytest.mark.parametrize("guide", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.stem)
def test_tables_of_guides_are_those_of_the_results(guide: Path) -> None:
    assert TOOL["rewritten"](guide.read_text()) == guide.read_text(), "run python tools/quality_tables.py"


def test_every_result_stands_in_a_guide() -> None:
    guides = "".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
    assert {name for name in TOOL["TABLES"] if f"<!-- quality: {name} -->" in guides} == TOOL["TABLES"].keys()
