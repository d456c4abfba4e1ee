"""A Shopify export: orders beside a list of products, in its old and new columns, complete or not."""

import csv
import tomllib
from pathlib import Path

import ibis
import pytest

from endcap import jobs
from endcap.config import parse
from endcap.core.records import Request
from endcap.data.ledger import Ledger
from endcap.data.prepare import united
from endcap.data.starting.writing import guess_for

ORDERS = ("Name", "Email", "Created at", "Currency", "Lineitem quantity", "Lineitem name", "Lineitem price",
          "Lineitem sku")  # fmt: skip
PRODUCTS = {
    "Handle": "URL handle", "Title": "Title", "Vendor": "Vendor", "Type": "Type", "Variant SKU": "SKU",
    "Variant Price": "Price", "Status": "Status", "Variant Inventory Tracker": "Inventory tracker",
    "Variant Inventory Qty": "Inventory quantity",
    "Variant Inventory Policy": "Continue selling when out of stock", "Image Src": "Product image URL",
}  # fmt: skip
ITEMS = [
    # handle, title, vendor, type, sku, price, status, tracker, quantity, policy
    ("mug", "Mug", "Alba", "Kitchen", "MUG-1", "9.00", "active", "shopify", "5", "deny", ""),
    ("cup", "Cup", "Alba", "Kitchen", "CUP-1", "7.00", "active", "shopify", "0", "CONTINUE", ""),
    ("jug", "Jug", "Alba", "Kitchen", "JUG-1", "19.00", "archived", "shopify", "5", "deny", ""),
    ("pot", "Pot", "Alba", "Kitchen", "POT-1", "29.00", "active", "shopify", "0", "deny", ""),
    ("pan", "Pan", "Alba", "Kitchen", "PAN-1", "39.00", "active", "shopify", "3", "deny", ""),
]
"""The last was never sold."""


def write_orders(folder: Path) -> None:
    rows: list[tuple[object, ...]] = []
    for order in range(60):
        head = (f"c{order % 20}@example.com", f"2026-0{1 + order // 28}-{1 + order % 28:02} 10:00:00 +0000", "EUR")
        first, second = ITEMS[order % 4], ITEMS[(order + 1) % 4]
        rows.append((f"#{order}", *head, 1, first[1], "5.00", first[4]))
        rows.append((f"#{order}", "", "", "", 1, second[1], "5.00", second[4]))
        rows.append((f"#{order}", "", "", "", 1, "Gift card", "5.00", ""))
    with (folder / "orders_export.csv").open("w", newline="") as file:
        csv.writer(file).writerows([ORDERS, *rows])


def write_products(folder: Path, *, new: bool, without: tuple[str, ...] = ()) -> None:
    kept = [place for place, name in enumerate(PRODUCTS) if name not in without]
    names = list(PRODUCTS.values() if new else PRODUCTS)
    with (folder / "products_export.csv").open("w", newline="") as file:
        csv.writer(file).writerows([row[place] for place in kept] for row in (names, *ITEMS))


@pytest.mark.parametrize("new", [False, True], ids=["old names", "new names"])
@pytest.mark.parametrize("without", [(), ("Variant Inventory Tracker",), ("Image Src", "Vendor")])
def test_the_list_of_products_says_what_is_on_sale_and_at_which_price(
    tmp_path: Path, new: bool, without: tuple[str, ...]
) -> None:
    write_orders(tmp_path)
    write_products(tmp_path, new=new, without=without)
    found = guess_for([str(tmp_path)], None, tmp_path)
    assert (found.problem, found.format) == ("", "Shopify orders")
    assert {guess.role for guess in found.tables} == {"orders", "catalog"}
    config = parse(found.text, tmp_path / "endcap.toml")
    duck, ledger = ibis.duckdb.connect(), Ledger()
    tables = [source.tables(duck, tmp_path, ledger) for source in config.sources]
    assert sum(catalog is not None for _, catalog in tables) == 1, "orders are no second catalog"
    events, catalog = united(tables)
    items = {row["item_id"]: row for row in catalog.to_pyarrow().to_pylist()}
    assert {name: row["available"] for name, row in items.items()} == {
        "MUG-1": True, "CUP-1": True, "JUG-1": False, "POT-1": False, "PAN-1": True,
    }  # fmt: skip
    assert items["MUG-1"]["price"] == 9.0
    sold = events.group_by("item_id").agg(n=events.count()).to_pyarrow().to_pylist()
    assert {row["item_id"]: row["n"] for row in sold} == {
        "MUG-1": 30, "CUP-1": 30, "JUG-1": 30, "POT-1": 30, "Gift card": 60,
    }  # fmt: skip
    assert config.settings.shop.currency == "EUR"


def test_what_was_listed_and_never_sold_is_found_in_what_init_writes(tmp_path: Path) -> None:
    write_orders(tmp_path)
    write_products(tmp_path, new=False)
    config = jobs.init([tmp_path], None, tmp_path / "endcap.toml")
    jobs.train(config)
    jobs.release(config, override="a test: too few orders to say anything")
    slots = tomllib.loads(config.read_text())["slots"]
    assert "home/new" in slots
    for slot in slots:
        slate = jobs.recommend(Request(slot=slot, item="MUG-1", k=10), config)
        assert "PAN-1" in [item.item_id for item in slate.items], slot
        assert not {"JUG-1", "POT-1", "Gift card"} & {item.item_id for item in slate.items}, slot
    beside = jobs.recommend(Request(slot="item/together", item="PAN-1", k=3), config)
    assert {item.item_id for item in beside.items} == {"MUG-1", "CUP-1"}, "nobody bought it, but it is described"


def test_a_log_of_views_beside_the_orders_is_read_too(tmp_path: Path) -> None:
    write_orders(tmp_path)
    lines = [f"2026-02-01 10:00:{n:02},s{n % 9},view,{ITEMS[n % 5][4]}" for n in range(50)]
    (tmp_path / "views.csv").write_text("\n".join(["time,session_id,kind,item_id", *lines]))
    found = guess_for([str(tmp_path)], None, tmp_path)
    assert {guess.role for guess in found.tables} == {"orders", "events"}
    config = parse(found.text, tmp_path / "endcap.toml")
    duck, ledger = ibis.duckdb.connect(), Ledger()
    events, _ = united([source.tables(duck, tmp_path, ledger) for source in config.sources])
    assert events.filter(events.kind == "view").count().to_pyarrow().as_py() == 50
