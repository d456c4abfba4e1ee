"""A shop as its newest catalog has it: what is shown is on sale, at today's price, whatever was sold before."""

from pathlib import Path
from typing import Any

import pytest

from endcap import jobs
from endcap.config import load
from endcap.core.bundle import Bundle, Shelf
from endcap.core.records import Request, SlateItem
from endcap.serve.browse import Shelves

PAIRS, DAYS = 12, 120
HEADER = "item_id,title,category,price,in_stock"
LISTED = [
    *(f"g{n},Good {n},{'even' if n % 4 < 2 else 'odd'},{9.9 + n} EUR,true" for n in range(6)),
    "g6,Good 6,even,15.90 EUR,out of stock",
    "new,New today,even,3.00 EUR,3",
    "gift,A gift,odd,,yes",
]
"""Of 25 items that were sold, 7 are still listed, one of them without stock; two were never sold."""
MODELS = '[models.popular]\nuse = "popular"\n\n[slots.all]\nretrievers = ["popular"]\n'
ON_SALE = {*(f"g{n}" for n in range(6)), "new", "gift"}


def written(folder: Path, catalog: list[str]) -> Path:
    """A pair of goods was sold each day, at 4.00, and `old` every fifth day: nothing was bought as often."""
    lines = ["time,session_id,kind,item_id,user_id,order_id,price"]
    for day in range(DAYS):
        first = 2 * (day % PAIRS)
        moment = f"2026-0{1 + day // 28}-{1 + day % 28:02} 10:00:00"
        bought = (f"g{first}", f"g{first + 1}", *(["old"] if day % 5 == 0 else []))
        lines += [f"{moment},s{day},purchase,{item},u{day % 20},o{day},4.00" for item in bought]
    (folder / "events.csv").write_text("\n".join(lines))
    (folder / "items.csv").write_text("\n".join([HEADER, *catalog]))
    return folder / "endcap.toml"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop after init, train and release, with no setting written by hand."""
    config = written(tmp_path_factory.mktemp("shop"), LISTED)
    jobs.init(config.parent, config=config)
    assert 'available = "in_stock"' in config.read_text()
    jobs.train(config)
    jobs.release(config=config)
    return config


def asked(config: Path, slot: str, **request: Any) -> list[SlateItem]:
    """What a slot shows."""
    return jobs.recommend(Request(slot=slot, k=50, **request), config).items


def test_every_slot_shows_what_is_on_sale_and_nothing_else(config: Path) -> None:
    for slot in load(config).settings.slots:
        for item in (None, "g0", "g6", "old", "new"):
            shown = {found.item_id for found in asked(config, slot, item=item, user="u1")}
            assert shown <= ON_SALE, f"{slot} beside {item}"
    assert {found.item_id for found in asked(config, "home/popular")} == ON_SALE


def test_what_is_withdrawn_is_still_a_seed(config: Path) -> None:
    (beside, *_) = asked(config, "item/together", item="old")
    assert beside.tier == "primary"
    sold_out = asked(config, "item/substitutes", item="g6")
    assert {found.item_id for found in sold_out} <= ON_SALE
    assert sold_out


def test_the_price_is_the_one_that_is_listed_with_its_currency(config: Path) -> None:
    shown = {found.item_id: (found.title, found.price, found.currency) for found in asked(config, "home/popular")}
    assert shown["g0"] == ("Good 0", 9.9, "EUR")
    assert shown["new"] == ("New today", 3.0, "EUR")
    assert shown["gift"][1] is None, "nothing is listed, so nothing is shown: not what was once paid"


def test_browsing_tells_the_same(config: Path) -> None:
    bundle = Bundle.load(Shelf(config.parent / "var" / "bundles").named("current") or Path())
    shelves = Shelves(bundle.catalog, "CHF")
    told = {item_id: shelves.item(item_id) for item_id in ("g0", "g6", "old", "new")}
    found = {name: (item.available, item.price, item.currency) for name, item in told.items() if item}
    assert found == {
        "g0": (True, 9.9, "EUR"),
        "g6": (False, 15.9, "EUR"),
        "old": (False, None, "CHF"),
        "new": (True, 3.0, "EUR"),
    }
    assert bundle.catalog["typical_price"][bundle.catalog.items.code("g0")] == 4.0


@pytest.mark.parametrize(
    ("settings", "catalog", "words", "on_sale"),
    [
        ("", True, "8 of 27 items are on sale, as the catalog says; 19 not on sale though it has events", 8),
        ('catalog_scope = "partial"', True, "18 of which the catalog says nothing: such an item counts as on sale", 26),
        ('catalog_scope = "log"', True, "26 of 27 items are on sale", 26),
        ("", False, "no catalog and no stock column: an item counts as on sale if it was sold in the last 90 days", 25),
    ],
)
def test_the_ledger_says_how_it_is_known_what_is_on_sale(
    settings: str, catalog: bool, words: str, on_sale: int, tmp_path: Path
) -> None:
    config = written(tmp_path, LISTED)
    columns = 'catalog = "items.csv"\ncatalog_columns = { available = "in_stock" }' if catalog else ""
    config.write_text(f'[[sources]]\nuse = "csv"\nevents = "events.csv"\n{columns}\n{settings}\n{MODELS}')
    prepared = jobs.prepare(config)
    assert words in prepared.ledger[-1]["why"]
    assert prepared.ledger[-1]["left"] == on_sale
