"""The whole way on the real data: what ``endcap demo --no-serve`` leaves behind."""

import json
from pathlib import Path

import pytest

from endcap import Request, jobs
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
