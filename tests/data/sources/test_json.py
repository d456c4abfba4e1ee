"""JSON in every shape that shops export; orders whose items are a list within them."""

import json
from pathlib import Path
from typing import Any

import ibis
import pytest

from endcap.core.errors import BadData
from endcap.data.columns import ROW, ROWS_PER_FILE
from endcap.data.ledger import Ledger
from endcap.data.sources import Json

ORDERS: list[dict[str, Any]] = [
    {"id": 1, "at": 5, "line_items": [{"sku": "a", "price": "1.50"}, {"sku": "b", "price": "2.50"}]},
    {"id": 2, "at": 6, "line_items": [{"sku": "c", "price": "3.50"}]},
]
COLUMNS = {"time": "at", "session_id": "id", "item_id": "line_items.sku", "price": "line_items.price"}
FORMS = {
    "lines": "\n".join(map(json.dumps, ORDERS)),
    "list on a line": json.dumps(ORDERS),
    "list on many lines": json.dumps(ORDERS, indent=2),
    "objects on many lines": "\n".join(json.dumps(order, indent=2) for order in ORDERS),
    "object that holds the list": json.dumps({"count": 2, "orders": ORDERS}, indent=1),
    "object within an object": json.dumps({"data": {"note": "[{", "orders": ORDERS}, "next": None}),
    "list as text": "\n".join(json.dumps(order | {"line_items": json.dumps(order["line_items"])}) for order in ORDERS),
}


def read(folder: Path, content: str, **settings: Any) -> tuple[list[dict[str, Any]], Ledger]:
    """The events of a file of orders, and the ledger."""
    (folder / "orders.json").write_text(content)
    ledger = Ledger()
    options: dict[str, Any] = {"columns": COLUMNS, "constants": {"kind": "purchase"}, "unnest": "line_items"}
    source = Json(events="orders.json", max_bad=1.0, **(options | settings))
    events, _ = source.tables(ibis.duckdb.connect(), folder, ledger)
    rows: list[dict[str, Any]] = events.order_by("item_id").to_pyarrow().to_pylist()
    return rows, ledger


@pytest.mark.parametrize("form", FORMS)
def test_each_entry_is_an_event(tmp_path: Path, form: str) -> None:
    rows, ledger = read(tmp_path, FORMS[form])
    assert [(row["session_id"], row["item_id"], row["price"]) for row in rows] == [
        ("1", "a", 1.5), ("1", "b", 2.5), ("2", "c", 3.5),
    ]  # fmt: skip
    assert len({row[ROW] for row in rows}) == 3
    assert {ledger.files[row[ROW] // ROWS_PER_FILE] for row in rows} == {"orders.json"}


def test_objects_over_many_lines_keep_their_first_line(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, json.dumps(ORDERS, indent=2))
    assert [row[ROW] % ROWS_PER_FILE for row in rows] == [2, 2, 16]


def test_orders_without_items_are_left_out_and_broken_lines_are_kept_aside(tmp_path: Path) -> None:
    content = "\n".join([json.dumps(ORDERS[0]), '{"id": 3, "at"', "", '{"id": 4, "at": 7, "line_items": []}'])
    rows, ledger = read(tmp_path, content)
    assert [row["item_id"] for row in rows] == ["a", "b"]
    (wrong,) = [table.to_pyarrow().to_pylist() for table in ledger.rejected]
    assert {row[ROW] % ROWS_PER_FILE: row["why"][:24] for row in wrong} == {2: "is not a JSON object, fo"}
    assert "1 record has no entry in line_items: left out, since nothing was sold" in [at.why for at in ledger.entries]


def test_lists_within_lists(tmp_path: Path) -> None:
    content = "\n".join(json.dumps({"page": n, "orders": [order]}) for n, order in enumerate(ORDERS))
    columns = {ours: f"orders.{theirs}" for ours, theirs in COLUMNS.items()}
    rows, _ = read(tmp_path, content, unnest=("orders", "orders.line_items"), columns=columns)
    assert [(row["session_id"], row["item_id"]) for row in rows] == [("1", "a"), ("1", "b"), ("2", "c")]


def test_the_list_of_records_may_be_named(tmp_path: Path) -> None:
    content = json.dumps({"customers": [{"id": n} for n in range(9)], "shop": {"orders": ORDERS}})
    assert len(read(tmp_path, content, records="shop.orders")[0]) == 3
    with pytest.raises(BadData, match=r"orders.json: holds no list under 'sales'"):
        read(tmp_path, content, records="sales")


def test_a_list_that_is_cut_off_names_the_line(tmp_path: Path) -> None:
    content = json.dumps(ORDERS, indent=2)
    with pytest.raises(BadData, match=r"orders.json, line \d+: is not JSON: .*was the file cut off"):
        read(tmp_path, content[: len(content) // 2])


def test_an_escaped_nul_byte_is_kept_aside(tmp_path: Path) -> None:
    order = '{"id": 1, "at": 5, "line_items": [{"sku": "a\\u0000"}]}\n' + json.dumps(ORDERS[1])
    rows, ledger = read(tmp_path, order)
    assert [row["item_id"] for row in rows] == ["c"]
    assert "must not hold a NUL byte" in ledger.rejected[0].to_pyarrow()["why"][0].as_py()
