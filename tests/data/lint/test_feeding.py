"""No model learns from nothing unnoticed: `endcap train` stops, or says whom it feeds less than was asked."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from endcap.cli import app
from endcap.core.candidates import Candidates
from endcap.core.dataset import Dataset
from endcap.core.errors import BadData
from endcap.core.part import Part
from endcap.core.query import Query
from endcap.data.lint import feeding
from endcap.data.lint.feeding import fed
from endcap.data.lint.needs import Need, Needs
from endcap.testing import bought, checkerboard, shop

VIEWS = "time,session_id,kind,item_id,user_id,order_id\n" + "".join(
    f"{1_700_000_000 + 60 * place},s{place // 3},view,i{place % 5},u{place // 3},\n" for place in range(30)
)
SETTINGS = """
[[sources]]
use = "csv"
events = "events.csv"

[models.wanted]
{model}

[slots.home]
retrievers = ["wanted"]
"""


@dataclass(frozen=True)
class Nothing:
    """What was learned from nothing: no array."""

    def __call__(self, query: Query, k: int) -> Candidates:
        return Candidates.none()


class Trusting(Part):
    """A recipe of somebody's that never looks whether there is anything to learn from."""

    kinds: tuple[str, ...] = ("cart",)

    def fit(self, data: Dataset, rng: np.random.Generator) -> Nothing:
        return Nothing()


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Runs ``endcap train`` on thirty views with one model of the given settings."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "events.csv").write_text(VIEWS)

    def run(model: str) -> Result:
        config = tmp_path / "endcap.toml"
        config.write_text(SETTINGS.format(model=model))
        return CliRunner().invoke(app, ["train", "--config", str(config)], env={"COLUMNS": "300"})

    return run


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ('use = "popular"\nkinds = ["cart"]', "models.wanted learns from events (cart), and there is none"),
        ('use = "co_occurrence"', "models.wanted learns from baskets (purchase with order_id), and there is none"),
        ('use = "session_knn"\nkinds = ["click", "buy"]', "no kind is called 'buy', there are: impression, view"),
        (f'use = "{__name__}:Trusting"', "models.wanted learns from events (cart), and there is none"),
    ],
    ids=["no such event", "no order", "no such kind", "a recipe that does not look"],
)
def test_a_model_that_finds_nothing_ends_the_run(trained: object, tmp_path: Path, model: str, said: str) -> None:
    result = trained(model)  # type: ignore[operator]
    assert result.exit_code == 1
    assert said in result.stderr
    assert "event kinds in the prepared data: view 30; `endcap lint` says more" in result.stderr
    assert not (tmp_path / "var" / "bundles").exists()


def test_a_model_that_finds_less_than_it_was_told_to_is_named(trained: object) -> None:
    some = trained('use = "popular"\nkinds = ["view", "cart"]')  # type: ignore[operator]
    assert some.exit_code == 0, some.output
    said = "warning: models.wanted is to learn from cart too, and there is none; event kinds: view 30"
    assert said in " ".join(some.stderr.split())
    all_there = trained('use = "popular"\nkinds = ["view"]')  # type: ignore[operator]
    assert "warning" not in all_there.output


def test_events_are_counted_in_blocks_and_guests_have_no_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "BLOCK", 7)
    histories = Needs({"m": Need(("purchase",), "user_id", rows="histories")})
    assert fed(checkerboard(8), histories) == ()
    with pytest.raises(BadData, match=r"(?s)models.m learns from histories .*prepared data: purchase 12;"):
        fed(shop([event for order in range(6) for event in bought("a", "b", order=f"o{order}")]), histories)
