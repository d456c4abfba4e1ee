"""Exports of shop systems and public data sets, in their own columns; no model is fitted here."""

import json
from collections.abc import Callable
from pathlib import Path

import ibis
import pytest
from tests.exports import table

from endcap.config import parse
from endcap.data.ledger import Ledger
from endcap.data.prepare import united
from endcap.data.starting.writing import guess_for

TIMES = [f"2024-03-{1 + n % 28:02} 10:00:00" for n in range(12)]


def hm(folder: Path) -> None:
    rows = ((TIMES[n][:10], f"c{n % 4}", f"0{108775015 + n % 3}", "0.05", 2) for n in range(12))
    table(folder / "transactions_train.csv", ("t_dat", "customer_id", "article_id", "price", "sales_channel_id"), rows)
    items = ((f"0{108775015 + n}", "0108775", f"Top {n}", "Vest top") for n in range(3))
    table(folder / "articles.csv", ("article_id", "product_code", "prod_name", "product_type_name"), items)


def olist(folder: Path) -> None:
    orders = ((f"o{n}", f"k{n}", "delivered" if n else "canceled", TIMES[n]) for n in range(12))
    table(folder / "olist_orders_dataset.csv",
          ("order_id", "customer_id", "order_status", "order_purchase_timestamp"), orders)  # fmt: skip
    lines = ((f"o{n}", 1, f"p{n % 3}", "s1", TIMES[n], "58.90", "13.29") for n in range(12))
    table(folder / "olist_order_items_dataset.csv",
          ("order_id", "order_item_id", "product_id", "seller_id", "shipping_limit_date", "price", "freight_value"),
          lines)  # fmt: skip
    people = ((f"k{n}", f"u{n % 4}", "01000", "sao paulo", "SP") for n in range(12))
    table(folder / "olist_customers_dataset.csv",
          ("customer_id", "customer_unique_id", "customer_zip_code_prefix", "customer_city", "customer_state"),
          people)  # fmt: skip
    table(folder / "olist_products_dataset.csv", ("product_id", "product_category_name"),
          ((f"p{n}", "perfumaria") for n in range(3)))  # fmt: skip


def shopify(folder: Path) -> None:
    orders = ((f"#{n}", f"u{n % 4}@shop.example", f"{TIMES[n]} +0100", 1, "Mug", "4.50", f"MUG-{n % 2}", "EUR", "Alba")
              for n in range(12))  # fmt: skip
    table(folder / "orders_export.csv",
          ("Name", "Email", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku",
           "Currency", "Vendor"), orders)  # fmt: skip
    header = ("Handle", "Title", "Vendor", "Type", "Variant SKU", "Variant Inventory Tracker", "Variant Inventory Qty",
              "Variant Inventory Policy", "Variant Price", "Image Src", "Status")  # fmt: skip
    products = [("mug", "Mug", "Alba", "Mugs", "MUG-0", "shopify", "3", "deny", "4.50", "a.jpg", "active"),
                ("mug", "", "", "", "MUG-1", "shopify", "0", "deny", "4.80", "b.jpg", ""),
                ("mug", "", "", "", "", "", "", "", "", "c.jpg", "")]  # fmt: skip
    table(folder / "products_export.csv", header, products)


def woocommerce(folder: Path) -> None:
    orders = [{"id": 700 + n, "status": "completed", "currency": "EUR", "date_created": TIMES[n].replace(" ", "T"),
               "customer_id": n % 2 * (100 + n), "billing": {"email": f"u{n}@shop.example"},
               "line_items": [{"id": n, "product_id": 10 + n % 3, "quantity": 1, "price": 4.5},
                              {"id": n + 50, "product_id": 20, "quantity": 2, "price": 2.5}]}
              for n in range(12)]  # fmt: skip
    (folder / "orders.json").write_text(json.dumps(orders))


def merchant_feed(folder: Path) -> None:
    rows = ((n, TIMES[n], f"c{n % 4}", f"SKU{n % 3}", 1) for n in range(12))
    table(folder / "orders.csv", ("order_id", "order_date", "customer_id", "sku", "qty"), rows)
    header = ("id", "title", "description", "link", "image_link", "availability", "price", "brand", "item_group_id")
    items = ((f"SKU{n}", f"Mug {n}", "A mug.", "https://shop.example", "https://shop.example/a.jpg",
              "in_stock" if n else "out_of_stock", f"{n + 1}9.90 EUR", "Alba", "mugs") for n in range(3))  # fmt: skip
    table(folder / "feed.tsv", header, items, "\t")


def magento(folder: Path) -> None:
    rows = ((n, TIMES[n], f"c{n % 4}", f"SKU{n % 3}", 1) for n in range(12))
    table(folder / "orders.csv", ("order_id", "order_date", "customer_id", "sku", "qty"), rows)
    header = ("sku", "attribute_set_code", "product_type", "categories", "name", "price", "special_price",
              "base_image", "product_online", "qty", "is_in_stock")  # fmt: skip
    items = ((f"SKU{n}", "Default", "simple", "Default Category/Mugs", f"Mug {n}", f"{n + 5}.00",
              "4.00" if n == 1 else "", "/m/u/mug.jpg", 1, 5, int(n > 0)) for n in range(3))  # fmt: skip
    table(folder / "catalog_product.csv", header, items)


Row = dict[str, object]
EXPECTED: dict[str, tuple[Callable[[Path], None], int, int, Row]] = {
    "H&M (Kaggle)": (hm, 12, 4, {"item_id": "0108775015", "title": "Top 0", "category": "Vest top"}),
    "Olist": (olist, 11, 4, {"item_id": "p0", "category": "perfumaria"}),
    "Shopify orders": (
        shopify, 12, 4,
        {"item_id": "MUG-1", "title": "Mug", "brand": "Alba", "family": "mug", "price": 4.8, "available": False},
    ),
    "WooCommerce": (woocommerce, 24, 12, {}),
    "Merchant feed": (
        merchant_feed, 12, 4,
        {"item_id": "SKU0", "title": "Mug 0", "price": 19.9, "available": False, "family": "mugs", "brand": "Alba"},
    ),
    "Magento": (
        magento, 12, 4,
        {"item_id": "SKU1", "title": "Mug 1", "category": "Default Category/Mugs", "price": 4.0, "available": True},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_an_export_is_understood(name: str, tmp_path: Path) -> None:
    write, count, users, expected = EXPECTED[name]
    write(tmp_path)
    found = guess_for([str(tmp_path)], None, tmp_path)
    assert found.problem == ""
    config = parse(found.text, tmp_path / "endcap.toml")
    duck, ledger = ibis.duckdb.connect(), Ledger()
    events, catalog = united([source.tables(duck, tmp_path, ledger) for source in config.sources])
    assert (events.count().to_pyarrow().as_py(), events.user_id.nunique().to_pyarrow().as_py()) == (count, users)
    assert found.format in (name, "own columns")
    if expected:
        (row,) = catalog.filter(catalog.item_id == expected["item_id"]).to_pyarrow().to_pylist()
        assert {key: row[key] for key in expected} == expected
