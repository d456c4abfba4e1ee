"""Lists of items as JSON in the cells of a table of text."""

import csv
import json
from pathlib import Path
from typing import Any

import ibis
import pytest

from endcap.data.columns import ROW, ROWS_PER_FILE
from endcap.data.ledger import Ledger
from endcap.data.sources import Csv

COLUMNS = {"item_id": "items.sku", "quantity": "items.qty", "price": "items.price.amount"}


def read(folder: Path, *cells: str, **settings: Any) -> tuple[list[dict[str, Any]], Ledger]:
    """The events of a file of orders, one for each cell."""
    with (folder / "log.csv").open("w", newline="") as file:
        rows = ((n, f"o{n}", "purchase", cell) for n, cell in enumerate(cells))
        csv.writer(file).writerows([("time", "session_id", "kind", "items"), *rows])
    ledger = Ledger()
    known: dict[str, Any] = {"events": "log.csv", "unnest": "items", "columns": COLUMNS, "max_bad": 0.6}
    source = Csv(**known | settings)
    events, _ = source.tables(ibis.duckdb.connect(), folder, ledger)
    found: list[dict[str, Any]] = events.order_by("time", "item_id").to_pyarrow().to_pylist()
    return found, ledger


@pytest.mark.parametrize("spell", [json.dumps, str])
def test_each_entry_of_a_list_of_objects_is_an_event(tmp_path: Path, spell: Any) -> None:
    lists: list[Any] = [
        [{"sku": "A1", "qty": 1, "price": {"amount": 4.5}, "note": None}, {"sku": "C3", "qty": 2, "gift": True}],
        {"sku": "B2"},
    ]
    rows, ledger = read(tmp_path, *map(spell, lists))
    assert [(row["item_id"], row["quantity"], row["price"]) for row in rows] == [
        ("A1", 1, 4.5), ("C3", 2, None), ("B2", 1, None),
    ]  # fmt: skip
    assert [row[ROW] % ROWS_PER_FILE for row in rows] == [2, 2, 3]
    assert len({row[ROW] for row in rows}) == 3
    assert {ledger.files[row[ROW] // ROWS_PER_FILE] for row in rows} == {"log.csv"}
    assert [entry.changed for entry in ledger.entries if entry.step == "JSON lists in items divided into items"] == [1]


@pytest.mark.parametrize("spell", [json.dumps, str])
def test_lists_of_texts_and_numbers(tmp_path: Path, spell: Any) -> None:
    rows, _ = read(tmp_path, spell(["A1", "C3"]), spell([17]), columns={"item_id": "items"})
    assert [row["item_id"] for row in rows] == ["A1", "C3", "17"]


def test_cells_that_are_no_lists_are_kept_aside_and_empty_ones_counted(tmp_path: Path) -> None:
    rows, ledger = read(tmp_path, '[{"sku":"A1"}]', '[{"sku":"A1"', "", "[]", '[{"sku":"B2"}]')
    assert [row["item_id"] for row in rows] == ["A1", "B2"]
    why = [row["why"] for table in ledger.rejected for row in table.order_by(ROW).to_pyarrow().to_pylist()]
    assert why[0] == 'items must be a JSON list, found [{"sku":"A1"'
    assert why[1:] == []
    assert [entry.dropped for entry in ledger.entries if entry.step == "records without items"] == [2]


def test_rows_are_left_out_and_ids_are_none_before_lists_are_divided(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, '["A1","NONE"]', '["B2"]', columns={"item_id": "items"}, exclude={"session_id": "o1"})
    assert [row["item_id"] for row in rows] == ["A1"]
