"""Workbooks: dates come as dates, whole numbers as ids, lines as those of the sheet."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import ibis
import pytest
from tests.data.sources.workbooks import Rows, write_workbook

from endcap.core.errors import BadData
from endcap.data.columns import ROW, ROWS_PER_FILE
from endcap.data.ledger import Ledger
from endcap.data.sources import Excel

pytest.importorskip("python_calamine")
ORDERS: Rows = [
    ["Orders of March", None, None, None],
    [],
    ["When", "Order", "Article", "Price"],
    [datetime(2024, 3, 1, 11), 17, 1000, 2.5],
    [None, None, None, None],
    ["soon", 18, 1001, 3],
    [date(2024, 3, 2), 19, "B-7\nblue", "3,50 €"],
]
ITEMS: Rows = [["Article", "Name"], [1000, "Mug"], [1001, "Cup"]]


def read(folder: Path, **settings: Any) -> tuple[list[dict[str, Any]], Ledger]:
    """The events of the sheet of orders, and the ledger."""
    write_workbook(folder / "shop.xlsx", {"Orders": ORDERS, "Items": ITEMS})
    columns = {"time": "When", "session_id": "Order", "item_id": "Article", "price": "Price"}
    options: dict[str, Any] = {"columns": columns, "constants": {"kind": "purchase"}, "skip": 2, "decimal": ","}
    ledger = Ledger()
    source = Excel(events="shop.xlsx", max_bad=1.0, **(options | settings))
    events, _ = source.tables(ibis.duckdb.connect(), folder, ledger)
    rows: list[dict[str, Any]] = events.order_by(ROW).to_pyarrow().to_pylist()
    return rows, ledger


def test_a_sheet_of_events(tmp_path: Path) -> None:
    rows, ledger = read(tmp_path)
    found = [(row["time"], row["session_id"], row["item_id"], row["price"]) for row in rows]
    assert found == [(1709290800.0, "17", "1000", 2.5), (1709337600.0, "19", "B-7 blue", 3.5)]
    assert [row[ROW] % ROWS_PER_FILE for row in rows] == [4, 7]
    (wrong,) = ledger.rejected
    assert [place % ROWS_PER_FILE for place in wrong.to_pyarrow()[ROW].to_pylist()] == [6]


def test_a_catalog_in_another_sheet(tmp_path: Path) -> None:
    write_workbook(tmp_path / "shop.xlsx", {"Orders": ORDERS, "Items": ITEMS})
    source = Excel(catalog="shop.xlsx", sheet="Items", catalog_columns={"item_id": "Article", "title": "Name"})
    _, items = source.tables(ibis.duckdb.connect(), tmp_path, Ledger())
    assert items is not None
    rows = items.order_by(ROW).to_pyarrow().to_pylist()
    assert [(row["item_id"], row["title"]) for row in rows] == [("1000", "Mug"), ("1001", "Cup")]


def test_what_is_no_workbook_or_no_sheet_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"shop.xlsx: has no sheet 'Sales'; there are: 'Orders', 'Items'"):
        read(tmp_path, sheet="Sales")
    (tmp_path / "shop.xlsx").write_text("time,item\n")
    with pytest.raises(BadData, match=r"shop.xlsx: is no workbook that can be read"):
        Excel(events="shop.xlsx").tables(ibis.duckdb.connect(), tmp_path, Ledger())
    (tmp_path / "shop.xlsx").write_text("")
    with pytest.raises(BadData, match=r"shop.xlsx: is empty"):
        Excel(events="shop.xlsx").tables(ibis.duckdb.connect(), tmp_path, Ledger())
