"""Who is judged, on what, and by which protocols."""

import json
import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from endcap import jobs
from endcap.config import load
from endcap.config.tables import EvaluateSettings
from endcap.core.errors import BadConfig
from endcap.jobs.common import NOBODY
from endcap.jobs.judging import entered_of, with_baselines

SETTINGS = """\
[[sources]]
use = "csv"
events = "events.csv"
catalog = "catalog.csv"

[models.best]                     # the baseline called popularity, under another name
use = "popular"

[models.jaccard]                  # has the name of a baseline, and is none
use = "co_occurrence"
similarity = "lift"

[models.together]
use = "co_occurrence"

[slots."item/together"]
retrievers = ["together"]
task = "item_basket"

[evaluate]
queries = 20
baselines = ["together"]
"""


@pytest.fixture
def config(csv_shop: Path, tmp_path: Path) -> Path:
    shutil.copytree(csv_shop, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "endcap.toml"
    path.write_text(SETTINGS)
    return path


def test_every_baseline_is_there_once_whatever_the_settings_name(config: Path) -> None:
    settings, data = load(config), jobs.prepare(config).dataset
    whole, names = with_baselines(settings, data)
    assert set(names) == {
        "last_viewed", "best", "popularity_7_days", "popularity_in_category", "same_category_and_price_band",
        "jaccard (baseline)",
    }  # fmt: skip
    assert whole.recipes["best"] is settings.recipes["best"]
    entered = {entry.name: entry for entry in entered_of(settings, data, NOBODY)}
    assert {name for name, entry in entered.items() if entry.kind == "baseline"} == {*names, "together"}
    assert {name for name, entry in entered.items() if entry.kind == "model"} == {"jaccard"}
    assert entered["item/together"].tasks == ("item_basket",)
    assert all(entered[name].tasks == ("basket", "item_basket") for name in names)


def test_protocols_are_named_in_the_settings_or_on_the_command_line_and_all_are_reported(config: Path) -> None:
    config.write_text(SETTINGS + 'protocols = ["users"]\nwindows = 2\nwindow_days = 0.25\ncold_share = 0.4\n')
    report = jobs.evaluate(config, protocols=["rolling", "users"]).to_json()
    json.dumps(report, allow_nan=False)
    assert [protocol["name"] for protocol in report["protocols"]] == ["users", "rolling"]
    users, rolling = report["protocols"]
    assert [sitting["name"] for sitting in users["sittings"]] == ["known users", "unknown users"]
    assert len(rolling["sittings"]) == 2
    pooled = {task["name"]: task for task in rolling["pooled"]}
    assert pooled["item_basket"]["queries"] == sum(
        task["queries"] for sitting in rolling["sittings"] for task in sitting["tasks"] if task["name"] == "item_basket"
    )
    assert report["tasks"][0]["name"] == "basket"


def test_a_protocol_that_does_not_exist_is_refused(config: Path) -> None:
    with pytest.raises(
        BadConfig, match="no protocol is called 'leave-one-out'; there are: rolling, last, users, items"
    ):
        jobs.evaluate(config, protocols=["leave-one-out"])
    with pytest.raises(ValidationError, match="protocols"):
        EvaluateSettings(protocols=["x"])  # type: ignore[list-item]
