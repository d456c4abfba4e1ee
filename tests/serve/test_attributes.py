"""What a page says of an item that it shows: read with the constants of preparation, bit by bit the same numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from endcap import jobs
from endcap.config import load
from endcap.core.bundle import Bundle
from endcap.core.catalog import Labels
from endcap.core.records import Request
from endcap.jobs.answering import recommender_of
from endcap.serve.hydrate import hydrated
from endcap.stream.recent import Recent
from endcap.testing import START

SETTINGS = """
[[sources]]
use = "csv"
events = "events.csv"
catalog = "catalog.csv"

[prepare]
catalog = [
  { use = "canonical_labels", columns = ["category"] },
  { use = "imputed", columns = ["price"] },
  { use = "normalised", columns = ["price"], how = "log", suffix = "_scaled" },
]

[models.shelf]
use = "popular_in"
kinds = ["view"]

[models.popular]
use = "popular"
kinds = ["view"]

[slots.item]
retrievers = ["shelf"]
fallback = ["popular"]
"""
CATALOG = [("m1", "Mugs", "3.99"), ("m2", "mugs ", "7.1"), ("m3", "Mugs", ""), ("j1", "Jug", "120"), ("j2", "Jug", "")]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A released shop whose categories are spelled as they please, and whose prices are not all known."""
    folder = tmp_path_factory.mktemp("attributes")
    views = [f"{START + place:.0f},s,view,{item}" for place, (item, _, _) in enumerate(CATALOG)]
    (folder / "events.csv").write_text("\n".join(["time,session_id,kind,item_id", *views, ""]))
    lines = [",".join(line) for line in CATALOG]
    (folder / "catalog.csv").write_text("\n".join(["item_id,category,price", *lines, ""]))
    (folder / "endcap.toml").write_text(SETTINGS)
    jobs.train(folder / "endcap.toml")
    jobs.release(folder / "endcap.toml")
    return folder / "endcap.toml"


@pytest.fixture
def bundle(config: Path) -> Bundle:
    """What is served of it."""
    return recommender_of(load(config)).bundle


def asked(bundle: Bundle, **attributes: str | float | None) -> tuple[dict[str, str | float], list[str]]:
    """Attributes of the query, and what could not be understood."""
    found = hydrated(Request(slot="item", attributes=attributes), bundle, Recent(), START)
    return dict(found.query.attributes), found.reasons


def test_raw_values_in_a_request_become_the_numbers_of_the_catalog(bundle: Bundle) -> None:
    shop, category = bundle.catalog, bundle.catalog.labels("category")
    for item, label, price in CATALOG:
        code = shop.items.code(item)
        told, reasons = asked(bundle, category=label, price=float(price) if price else None)
        assert reasons == []
        assert told["category"] == category.name(code)
        assert (told["price"], told["price_scaled"]) == (shop["prepared_price"][code], shop["price_scaled"][code])
        assert str(shop["price"][code]) == str(float(price or "nan")), "shown is what is listed, never a filling"
    assert len({*shop["price_scaled"].tolist()}) == 3, "nothing is normalised"


def test_what_is_no_number_is_a_reason_and_not_an_error(bundle: Bundle) -> None:
    told, reasons = asked(bundle, price="cheap", category=7.0, colour="red", title=None)
    assert told == {"colour": "red"}
    assert reasons == [
        "attribute 'price' must be a number, found 'cheap'", "attribute 'category' must be text, found 7.0"
    ]  # fmt: skip


def test_beside_an_item_that_is_new_stands_the_shelf_that_the_page_says_it_belongs_to(config: Path) -> None:
    answering = recommender_of(load(config))
    new = answering.answer(Request(slot="item", item="m4", attributes={"category": "MUGS"}), START)
    assert sorted(item.item_id for item in new.items if item.tier == "primary") == ["m1", "m2", "m3"]
    silent = answering.answer(Request(slot="item", item="m4"), START)
    assert silent.tier == "popular"
    strange = answering.answer(Request(slot="item", item="m4", attributes={"category": "hats"}), START)
    assert strange.tier == "popular"
    known = answering.answer(Request(slot="item", item="j1", attributes={"category": "MUGS"}), START)
    assert sorted(item.item_id for item in known.items if item.tier == "primary") == ["j1", "j2"], "the catalog rules"


def test_without_constants_attributes_are_taken_as_they_are(bundle: Bundle) -> None:
    plain = replace(bundle, constants={})
    assert asked(plain, category="MUGS ", price=4.0) == ({"category": "MUGS ", "price": 4.0}, [])
    assert isinstance(plain.catalog.columns["category"], Labels)
    assert isinstance(plain.catalog.columns["price"], np.ndarray)
