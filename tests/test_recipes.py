"""The settings that guides show are those that the quality scripts measure: both are the files of the recipes."""

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
QUALITY = ROOT / "benchmarks" / "quality"
FILES = sorted((QUALITY / "recipes").glob("*.toml"))
GUIDES = {
    "next-item": "next-item.md",
    "for-you": "next-item.md",
    "cart": "substitutes-and-complements.md",
    "together": "substitutes-and-complements.md",
    "similar": "substitutes-and-complements.md",
    "substitutes": "substitutes-and-complements.md",
}
"""The guide that shows each recipe."""


def shown(guide: Path) -> dict[str, Any]:
    """The models of all TOML blocks of a guide."""
    blocks = re.findall(r"^```toml\n(.*?)^```", guide.read_text(), flags=re.MULTILINE | re.DOTALL)
    return {name: model for block in blocks for name, model in tomllib.loads(block).get("models", {}).items()}


def test_every_recipe_has_a_guide() -> None:
    assert {path.stem for path in FILES} == GUIDES.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_guide_shows_the_recipe_as_it_stands(path: Path) -> None:
    guide, models = shown(ROOT / "docs" / GUIDES[path.stem]), tomllib.loads(path.read_text())["models"]
    assert {name: guide.get(name) for name in models} == models


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_script_measures_the_recipe(path: Path) -> None:
    measured = [
        script.name for script in sorted(QUALITY.glob("*.py")) if f'recommended("{path.stem}",' in script.read_text()
    ]
    assert measured


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_model_of_a_recipe_can_be_built(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
    from measuring import recommended

    for name in tomllib.loads(path.read_text())["models"]:
        assert hasattr(recommended(path.stem, name), "fit")
