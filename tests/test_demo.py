"""The whole way on the real data: what ``endcap demo --no-serve`` leaves behind."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from endcap import Request, jobs
from endcap.cli import app
from endcap.config import load


def test_the_demo_reports_on_every_slot_and_releases(demo_workdir: Path) -> None:
    workdir = load(demo_workdir / "endcap.toml").workdir
    report = json.loads((workdir / "reports" / "evaluation.json").read_text())
    assert report
    assert "<html" in (workdir / "reports" / "evaluation.html").read_text()
    pointers = {(workdir / "bundles" / name).read_text() for name in ("candidate", "current")}
    assert len(pointers) == 1


def test_the_ledger_accounts_for_every_line(demo_workdir: Path) -> None:
    ledger = jobs.prepare(demo_workdir / "endcap.toml").ledger
    assert ledger[0]["left"] == 541_909
    left = ledger[0]["left"]
    for line in (line for line in ledger if line["step"].startswith("without")):
        left -= line["dropped"]
        assert line["left"] == left
        assert line["dropped"] > 0
    assert all(line["why"] for line in ledger)
    assert len(jobs.prepare(demo_workdir / "endcap.toml").dataset.events) == left


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Request(slot="item/substitutes", item="85123A"), None),
        (Request(slot="item/together", item="22423"), None),
        (Request(slot="cart/together", cart=["22423", "85123A"]), None),
        (Request(slot="home/for-you", user="17850"), None),
        (Request(slot="home/popular"), None),
        (Request(slot="home/for-you", user="nobody"), "nothing is known of this visitor yet"),
        (Request(slot="item/together", item="no such item"), "item 'no such item' is not in the catalog"),
    ],
)
def test_every_list_is_full_with_one_of_a_family_and_nothing_from_the_cart(
    demo_workdir: Path, request_: Request, reason: str | None
) -> None:
    slate = jobs.recommend(request_, demo_workdir / "endcap.toml")
    items = [item.item_id for item in slate.items]
    assert len(items) == len({item.family for item in slate.items}) == 12
    assert not {*request_.cart, request_.item} & set(items)
    assert slate.reason == reason
    assert (slate.tier == "primary") == (reason is None)


def test_the_synthetic_demo_says_how_much_of_the_truth_was_found(tmp_path: Path) -> None:
    """``endcap demo --shop synthetic --no-serve`` as it comes, but for its size."""
    config = jobs.write_demo(tmp_path, "synthetic")
    small = config.read_text().replace("events = 300_000", "events = 10_000").replace("items = 5_000", "items = 300")
    config.write_text(small.replace("queries = 1000", "queries = 200"))
    result = CliRunner().invoke(app, ["demo", "--shop", "synthetic", "--no-serve", "--workdir", str(tmp_path)])
    assert result.exit_code == 0, result.stderr
    tasks = {task["name"]: task for task in json.loads(result_of(config))["tasks"]}
    slots = {"true_substitutes": "item/substitutes", "true_complements": "item/together"}
    for name, slot in slots.items():
        assert "is made up, so the answer is known" in tasks[name]["description"]
        rows = {row["name"]: row["metrics"] for row in tasks[name]["rows"]}
        for metrics in rows.values():
            right, confused = (metrics[metric][0] for metric in ("Precision@10", "Confusion@10"))
            assert 0 <= right <= 1 - confused <= 1
        assert rows[slot]["Precision@10"][0] > rows["popular"]["Precision@10"][0]
    # What is looked at instead is of the same need, what is bought along never: planted, so it holds at any size.
    found = {name: {row["name"]: row["metrics"] for row in tasks[name]["rows"]}[slot] for name, slot in slots.items()}
    assert found["true_substitutes"]["Confusion@10"][0] < found["true_substitutes"]["Precision@10"][0]
    pointers = {(load(config).workdir / "bundles" / name).read_text() for name in ("candidate", "current")}
    assert len(pointers) == 1


def result_of(config: Path) -> str:
    """The evaluation that was written."""
    return (load(config).workdir / "reports" / "evaluation.json").read_text()
