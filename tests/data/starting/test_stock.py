"""Stock or prices in a file of their own are joined to the list of items."""

import json
from pathlib import Path

import pytest

from endcap import jobs
from endcap.core.dataset import Dataset

ITEMS = [f"SKU-{n}" for n in range(6)]


def prepared(folder: Path, *files: str) -> tuple[Dataset, str]:
    """The dataset of these files beside some orders, and the settings that `init` wrote."""
    rows = [
        f"{order},2026-01-{1 + order % 27:02} 10:00:00,c{order % 9},{item},2.5"
        for order in range(40)
        for item in (ITEMS[order % 5], ITEMS[(order + 1) % 5])
    ]
    (folder / "orders.csv").write_text("\n".join(["order_id,created_at,customer_id,sku,price", *rows]))
    config = jobs.init([folder / "orders.csv", *(folder / name for name in files)], None, folder / "endcap.toml")
    return jobs.prepare(config).dataset, config.read_text()


def on_sale(data: Dataset) -> set[str]:
    ids = data.catalog.items.ids
    return {str(ids[code]) for code in range(len(ids)) if data.catalog["available"][code]}


def write_products(folder: Path) -> None:
    rows = [f"{item},Thing {n},{'AB'[n % 2]}" for n, item in enumerate(ITEMS)]
    (folder / "products.csv").write_text("\n".join(["sku,name,category", *rows]))


def test_pieces_in_several_warehouses_add_up(tmp_path: Path) -> None:
    write_products(tmp_path)
    rows = [
        f"{item},{place},{int(n == 1 and place == 'south')}"
        for n, item in enumerate(ITEMS)
        for place in ("north", "south")
    ]
    (tmp_path / "stock.csv").write_text("\n".join(["sku,warehouse,qty", *rows]))
    data, text = prepared(tmp_path, "products.csv", "stock.csv")
    assert on_sale(data) == {"SKU-1"}
    assert "unused" not in text


@pytest.mark.parametrize("columns", [("in_stock", "yes", "no"), ("availability", "in_stock", "out_of_stock")])
def test_words_and_prices_of_a_second_file_count(tmp_path: Path, columns: tuple[str, str, str]) -> None:
    write_products(tmp_path)
    name, yes, no = columns
    rows = [{"sku": item, name: yes if n < 3 else no, "price": 10.0 + n} for n, item in enumerate(ITEMS)]
    (tmp_path / "offers.json").write_text(json.dumps(rows))
    data, _ = prepared(tmp_path, "products.csv", "offers.json")
    assert on_sale(data) == {"SKU-0", "SKU-1", "SKU-2"}
    code = data.catalog.items.encode(["SKU-2"])[0]
    assert data.catalog["price"][code] == 12.0
    assert data.catalog.text("title")[code] == "Thing 2"


def test_an_item_without_a_row_of_stock_is_on_sale_since_it_is_listed(tmp_path: Path) -> None:
    write_products(tmp_path)
    (tmp_path / "stock.csv").write_text("\n".join(["sku,qty", *(f"{item},0" for item in ITEMS[:4])]))
    data, _ = prepared(tmp_path, "products.csv", "stock.csv")
    assert on_sale(data) == {"SKU-4", "SKU-5"}


def test_words_in_several_rows_of_an_item_are_not_guessed_at(tmp_path: Path) -> None:
    write_products(tmp_path)
    rows = [f"{item},{place},{word}" for item in ITEMS for place, word in (("north", "yes"), ("south", "no"))]
    (tmp_path / "stock.csv").write_text("\n".join(["sku,warehouse,in_stock", *rows]))
    _, text = prepared(tmp_path, "products.csv", "stock.csv")
    assert "# unused: stock.csv: is a second catalog with the same items as products.csv" in text
