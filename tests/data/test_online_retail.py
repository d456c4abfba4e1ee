"""The demo shop's own dirt, each kind on a few order lines."""

from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from endcap.core.errors import BadData
from endcap.data.ledger import Ledger
from endcap.data.online_retail import COLUMNS, OnlineRetail, bundled

Line = tuple[str, str, str | None, int, float, float | None]
GOOD: Line = ("536365", "85123A", "WHITE HANGING HEART", 6, 2.55, 17850.0)


def prepared(folder: Path, *lines: Line) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]], Ledger]:
    """Events, catalog by item, and ledger of order lines (invoice, code, description, quantity, price, customer)."""
    invoice, code, description, quantity, price, customer = zip(*lines, strict=True)
    table = pa.table(
        {
            "InvoiceNo": pa.array(invoice, pa.string()),
            "StockCode": pa.array(code, pa.string()),
            "Description": pa.array(description, pa.string()),
            "Quantity": pa.array(quantity, pa.int64()),
            "InvoiceDate": [datetime(2011, 1, 1, 12, minute) for minute in range(len(lines))],
            "UnitPrice": pa.array(price, pa.float64()),
            "CustomerID": pa.array(customer, pa.float64()),
            "Country": pa.array(["Portugal"] * len(lines), pa.string()),
        }
    )
    pq.write_table(table, folder / "orders.parquet")
    ledger = Ledger()
    events, catalog = OnlineRetail(orders="orders.parquet").tables(ibis.duckdb.connect(), folder, ledger)
    items = {row["item_id"]: row for row in catalog.to_pyarrow().to_pylist()}
    return sorted(events.to_pyarrow().to_pylist(), key=lambda row: row["time"]), items, ledger


def test_an_order_line_is_a_purchase(tmp_path: Path) -> None:
    (event,), items, _ = prepared(tmp_path, GOOD)
    assert (event["kind"], event["item_id"], event["order_id"], event["session_id"]) == (
        "purchase",
        "85123A",
        *2 * ["536365"],
    )
    assert (event["user_id"], event["quantity"], event["price"]) == ("17850", 6.0, 2.55)
    assert event["country"] == "Portugal"
    assert items["85123A"]["family"] == "85123"


def test_a_guest_order_is_kept_without_a_user(tmp_path: Path) -> None:
    (event,), _, _ = prepared(tmp_path, (*GOOD[:5], None))
    assert event["user_id"] is None


def test_codes_that_differ_in_case_are_one_item(tmp_path: Path) -> None:
    events, items, ledger = prepared(tmp_path, GOOD, ("536366", " 85123a", *GOOD[2:]))
    assert [event["item_id"] for event in events] == ["85123A"] * 2
    assert list(items) == ["85123A"]
    assert [line.changed for line in ledger.entries if line.step == "with canonical codes"] == [1]


@pytest.mark.parametrize(
    "line",
    [
        ("1", "POST", "POSTAGE", 1, 18.0, 1.0),
        ("1", "gift_0001_20", "Dotcomgiftshop £20", 1, 20.0, 1.0),
        ("1", "22222", "GIFT VOUCHER £5", 1, 5.0, 1.0),
        ("1", "22222", "damaged", -5, 0.0, None),
        ("1", "22222", "?", 7, 0.0, None),
        ("A563185", "B", "Adjust bad debt", 1, 11062.06, None),
        ("1", "22222", "A MUG", -2, 1.0, 1.0),
    ],
)
def test_what_is_no_sale_is_dropped_and_counted(tmp_path: Path, line: Line) -> None:
    events, items, ledger = prepared(tmp_path, GOOD, line)
    assert [event["item_id"] for event in events] == list(items) == ["85123A"]
    assert sum(entry.dropped for entry in ledger.entries) == 1


def test_a_cancellation_takes_its_purchase_with_it_or_stays_a_return(tmp_path: Path) -> None:
    events, _, _ = prepared(tmp_path, GOOD, ("C1", *GOOD[1:3], -6, *GOOD[4:]), ("C2", *GOOD[1:3], -1, *GOOD[4:]))
    assert [(event["kind"], event["quantity"], event["order_id"]) for event in events] == [("return", 1.0, None)]


def test_of_contradictory_titles_the_one_on_most_sales_wins(tmp_path: Path) -> None:
    def sold(invoice: str, title: str | None) -> Line:
        return (invoice, "20713", title, 1, 1.0, 1.0)

    _, items, ledger = prepared(
        tmp_path, sold("1", "wrongly marked"), sold("2", "JUMBO  BAG "), sold("3", "JUMBO BAG"), sold("4", None)
    )
    assert items["20713"]["title"] == "JUMBO BAG"
    assert [line.changed for line in ledger.entries if line.step == "with one title"] == [1]


def test_the_price_on_most_of_the_last_lines_stands_for_a_listed_one(tmp_path: Path) -> None:
    def sold(invoice: str, code: str, price: float) -> Line:
        return (invoice, code, "BAG", 1, price, 1.0)

    lines = [
        sold("1", "1", 2.95),
        sold("2", "1", 5.79),
        sold("3", "1", 2.95),
        sold("4", "2", 5.79),
        sold("5", "2", 2.95),
    ]
    _, items, _ = prepared(tmp_path, *lines, ("C6", "1", "BAG", -1, 9.0, 1.0))
    assert {name: (item["price"], item["available"]) for name, item in items.items()} == {
        "1": (2.95, None), "2": (2.95, None)
    }  # fmt: skip


def test_families_are_the_digits(tmp_path: Path) -> None:
    codes = ("84029E", "84029G", "84029", "DCGS0003", "123")
    _, items, _ = prepared(tmp_path, *(("1", code, "A THING", 1, 1.0, 1.0) for code in codes))
    assert {code: row["family"] for code, row in items.items()} == {
        "84029E": "84029", "84029G": "84029", "84029": "84029", "DCGS0003": "DCGS0003", "123": "123",
    }  # fmt: skip


def test_a_file_of_other_columns_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"InvoiceNo": ["1"], "Colour": ["red"]}), tmp_path / "orders.parquet")
    with pytest.raises(BadData, match=r"orders\.parquet: missing column 'StockCode', .*there are: InvoiceNo, Colour"):
        OnlineRetail(orders="orders.parquet").tables(ibis.duckdb.connect(), tmp_path, Ledger())


def test_a_column_of_the_wrong_type_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({name: ["x"] for name in COLUMNS}), tmp_path / "orders.parquet")
    with pytest.raises(BadData, match=r"orders\.parquet: column 'Quantity' is string, expected number"):
        OnlineRetail(orders="orders.parquet").tables(ibis.duckdb.connect(), tmp_path, Ledger())


def test_the_copy_that_comes_with_endcap_is_there_with_its_attribution() -> None:
    assert "CC BY 4.0" in (bundled().parent / "ATTRIBUTION.md").read_text()
    assert pq.read_schema(bundled()).names[0] == "InvoiceNo"
