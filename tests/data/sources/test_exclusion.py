"""Every source excludes cancelled and refunded orders, and the ledger counts them by word."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError
from tests.data.sources.workbooks import write_workbook

from endcap.core.errors import BadData
from endcap.data.columns import ROW
from endcap.data.ledger import Ledger
from endcap.data.sources import Csv, Duckdb, Excel, Json, Parquet, Sql

COLUMNS = ("time", "session_id", "kind", "item_id", "Status")
ROWS = (
    (1, "o1", "purchase", "a", "completed"),
    (2, "o2", "purchase", "b", "Cancelled "),
    (3, "o3", "purchase", "c", ""),
    (4, "o4", "purchase", "d", "REFUNDED"),
    (5, "o5", "purchase", "e", "cancelled"),
    (6, "o6", "purchase", "f", "partially_refunded"),
)
EXCLUDE: dict[str, str | tuple[str, ...]] = {"Status": ("cancelled", "refunded")}


def read(source: Any, folder: Path) -> tuple[list[str], list[tuple[int, int, str]]]:
    """The items of the events, and what the ledger says of rows that were left out."""
    ledger = Ledger()
    events, _ = source.tables(ibis.duckdb.connect(), folder, ledger)
    told = [(entry.dropped, entry.left, entry.why) for entry in ledger.entries if entry.dropped]
    return events.order_by(ROW).to_pyarrow()["item_id"].to_pylist(), told


def in_csv(folder: Path) -> Any:
    with (folder / "log.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *ROWS])
    return Csv(events="log.csv", exclude=EXCLUDE)


def in_json(folder: Path) -> Any:
    orders = [
        {"at": time, "order": {"no": order, "Status": status}, "lines": [{"sku": item}]}
        for time, order, _, item, status in ROWS
    ]
    (folder / "log.json").write_text(json.dumps(orders))
    columns: dict[str, str | tuple[str, ...]] = {"time": "at", "session_id": "order.no", "item_id": "lines.sku"}
    exclude: dict[str, str | tuple[str, ...]] = {"order.Status": ("cancelled", "refunded")}
    return Json(events="log.json", unnest="lines", columns=columns, constants={"kind": "purchase"}, exclude=exclude)


def in_parquet(folder: Path) -> Any:
    columns = dict(zip(COLUMNS, map(list, zip(*ROWS, strict=True)), strict=True))
    pq.write_table(pa.table(columns), folder / "log.parquet")
    return Parquet(events="log.parquet", exclude=EXCLUDE)


def in_excel(folder: Path) -> Any:
    write_workbook(folder / "log.xlsx", {"log": [COLUMNS, *ROWS]})
    return Excel(events="log.xlsx", exclude=EXCLUDE)


def in_sql(folder: Path) -> Any:
    in_csv(folder)
    return Sql(files={"log": "log.csv"}, events="SELECT * FROM log", exclude=EXCLUDE)


def in_duckdb(folder: Path) -> Any:
    in_parquet(folder)
    database = ibis.duckdb.connect(folder / "shop.duckdb")
    database.raw_sql(f"CREATE TABLE log AS SELECT * FROM '{folder / 'log.parquet'}'")
    database.disconnect()
    return Duckdb(database="shop.duckdb", events="log", exclude=EXCLUDE)


@pytest.mark.parametrize("write", [in_csv, in_json, in_parquet, in_excel, in_sql, in_duckdb])
def test_rows_that_did_not_happen_are_left_out_and_counted(tmp_path: Path, write: Callable[[Path], Any]) -> None:
    items, told = read(write(tmp_path), tmp_path)
    assert items == ["a", "c", "f"]
    assert told == [(3, 3, "left out, as exclude says: cancelled 2, refunded 1")]


def test_a_status_in_the_first_line_of_an_order_holds_for_all_of_its_lines(tmp_path: Path) -> None:
    lines = (
        "time,session_id,kind,item_id,no,Status\n1,s,purchase,a,1,voided\n1,s,purchase,b,1,\n2,s,purchase,c,2,paid\n"
    )
    (tmp_path / "log.csv").write_text(lines)
    items, told = read(Csv(events="log.csv", fill_down="no", exclude={"Status": "Voided"}), tmp_path)
    assert (items, told) == (["c"], [(2, 1, "left out, as exclude says: voided 2")])


def test_a_moment_of_a_cancellation_and_cells_of_several_items(tmp_path: Path) -> None:
    lines = "time,session_id,kind,skus,cancelled_at\n1,s,purchase,a|b,2024-03-01\n2,s,purchase,c|d,\n"
    (tmp_path / "log.csv").write_text(lines)
    source = Csv(events="log.csv", columns={"item_id": "skus"}, items_separator="|", exclude={"cancelled_at": ("*",)})
    items, told = read(source, tmp_path)
    assert (sorted(items), told) == (["c", "d"], [(1, 2, "left out, as exclude says: cancelled_at 1")])


def test_a_column_that_is_not_there_and_no_words_are_mistakes(tmp_path: Path) -> None:
    in_csv(tmp_path)
    with pytest.raises(BadData, match=r"missing column 'State'; there are: time, "):
        read(Csv(events="log.csv", exclude={"State": ("x",)}), tmp_path)
    with pytest.raises(ValidationError, match="expected words that say what did not happen"):
        Csv(events="log.csv", exclude={"Status": ()})
