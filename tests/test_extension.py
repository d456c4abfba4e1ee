"""A model, a filter and a preparation step from outside, named in endcap.toml and served through a slot."""

from pathlib import Path

import ibis
import pytest

from endcap import Request, jobs
from endcap.core.part import find
from endcap.testing import FilterContract, RetrieverContract

SETTINGS = """\
[[sources]]
use = "outsider:Careful"
events = "events.csv"
catalog = "catalog.csv"

[models.newest]
use = "outsider:Newest"
half_life = 3.0

[slots."home/new"]
retrievers = ["newest"]

[slots."item/new"]
retrievers = ["newest"]
stages = ["outsider:same_shelf", "not_in_cart"]
fallback = ["newest"]
"""
EVENTS = """\
time,session_id,kind,item_id,quantity,order_id
2024-01-01,s1,purchase,mug,1,o1
2024-01-02,s2,purchase,cup,1,o2
2024-01-03,s3,purchase,lamp,500,o3
2024-01-04,s4,purchase,bowl,1,o4
2024-01-05,s5,purchase,light,1,o5
"""
CATALOG = "item_id,title,category\nmug,Mug,table\ncup,Cup,table\nbowl,Bowl,table\nlamp,Lamp,house\nlight,Light,house\n"


class TestNewestContract(RetrieverContract):
    recipe = find("outsider:Newest")()


class TestSameShelfContract(FilterContract):
    stage = staticmethod(find("outsider:same_shelf"))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    for name, text in (("endcap.toml", SETTINGS), ("events.csv", EVENTS), ("catalog.csv", CATALOG)):
        (tmp_path / name).write_text(text)
    return tmp_path / "endcap.toml"


def shown(config: Path, request: Request) -> list[str]:
    """Item ids of the slate for a request."""
    return [item.item_id for item in jobs.recommend(request, config).items]


def test_an_outsiders_parts_are_trained_bundled_and_served(config: Path) -> None:
    prepared = jobs.prepare(config)
    assert [(line["step"], line["dropped"]) for line in prepared.ledger] == [
        ("read events.csv", 0),
        ("read catalog.csv", 0),
        ("without bulk", 1),
        ("on sale", 0),
    ]
    jobs.train(config)
    jobs.release(config)
    assert shown(config, Request(slot="home/new")) == ["light", "bowl", "cup", "mug"]
    slate = jobs.explain(Request(slot="item/new", item="mug"), config)
    assert [item.item_id for item in slate.items] == ["bowl", "cup"]
    assert slate.items[0].retrievers == {"newest": pytest.approx(0.5 ** (1 / 3), abs=1e-3)}
    assert "outsider:same_shelf" in {step.step for step in slate.trace or []}


def test_a_step_alone() -> None:
    table = ibis.memtable({"quantity": [1.0, 200.0]})
    assert find("outsider:without_bulk")(table).to_pyarrow().to_pydict() == {"quantity": [1.0]}
