"""What moved since the run before, and which run that is."""

import json
from pathlib import Path

import pytest
from tests.data.profile.worlds import busy

from endcap.data.profile.drift import OTHERS, moved
from endcap.data.profile.facts import profile_of
from endcap.data.profile.keeping import written
from endcap.data.profile.words import findings


def test_the_same_distribution_has_not_moved() -> None:
    same = moved("kinds", {"view": 30, "cart": 10}, {"view": 300, "cart": 100})
    assert (same.psi, same.js, same.words) == (0.0, 0.0, "next to nothing moved")


def test_the_psi_is_what_the_formula_gives() -> None:
    found = moved("kinds", {"view": 50, "cart": 50}, {"view": 80, "cart": 20})
    assert found.psi == pytest.approx(0.3 * 1.386294, abs=1e-3)
    assert (found.most, found.before, found.now) == ("view", (0.5, 0.5), (0.8, 0.2))


def test_disjoint_distributions_are_a_bit_apart() -> None:
    assert moved("kinds", {"view": 10}, {"cart": 10}).js == pytest.approx(1.0)


def test_labels_that_only_one_side_tells_apart_are_among_the_others() -> None:
    found = moved("top items", {"a": 60, "b": 30, OTHERS: 10}, {"a": 60, "c": 20, OTHERS: 20})
    assert (found.labels, found.before, found.now) == (("a", OTHERS), (0.6, 0.4), (0.6, 0.4))
    assert found.psi == 0.0


def test_without_an_earlier_run_the_latest_weeks_are_compared_with_those_before() -> None:
    found = profile_of(busy(), "busy").drift
    assert found is not None
    assert found.since == "in the last 28 days"
    assert [column.column for column in found.columns] == [
        "kinds", "categories", "prices", "hours", "weekdays", "top items",
    ]  # fmt: skip


def test_a_shifted_shop_is_told_and_a_profile_of_the_same_data_stays_the_same(tmp_path: Path) -> None:
    first = written(busy(1), "busy", tmp_path, "")
    assert not (tmp_path / "profile-previous.json").exists()
    shifted = written(busy(2, shifted=True), "busy", tmp_path, "")
    assert shifted.drift is not None
    assert shifted.drift.since == "since the run before"
    assert shifted.drift.then.startswith(f"{first.sizes.events:,} events")
    far = {column.column for column in shifted.drift.columns if column.psi > 0.25}
    assert far >= {"prices", "top items"}
    assert findings(shifted)[0].section == "drift"
    content = (tmp_path / "profile.json").read_bytes()
    assert written(busy(2, shifted=True), "busy", tmp_path, "") == shifted
    assert (tmp_path / "profile.json").read_bytes() == content
    assert json.loads((tmp_path / "profile-previous.json").read_text())["fingerprint"] == "busy-1"


@pytest.mark.parametrize("damaged", ["", "[]", '{"format": 0}', '{"format": 1'])
def test_an_earlier_profile_that_cannot_be_read_is_none(tmp_path: Path, damaged: str) -> None:
    (tmp_path / "profile.json").write_text(damaged)
    found = written(busy(), "busy", tmp_path, "")
    assert found.drift is not None
    assert found.drift.since == "in the last 28 days"
