"""An id is read as it is written: from text, JSON numbers, and columns of numbers."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from endcap.data.columns import ROW
from endcap.data.engines import arrow, connect
from endcap.data.ledger import Ledger
from endcap.data.sources import Csv, Duckdb, Json, Parquet

WRITTEN = [
    "00123", "1e5", " A", "A ", 'q "x"', "true", "1_000", "0x1F", "1,5", "'a'", "-5", "Ünï",
    "Cafe\u0301", "🍞", "a/b?c=d&e", "+5",
]  # fmt: skip
REST = {"time": "1700000000", "session_id": "s", "kind": "view"}


def ids_of(source: Any, folder: Path) -> list[str]:
    """The item ids that a source gives, in their order."""
    events, _ = source.tables(connect(), folder, Ledger())
    return [*arrow(events.order_by(ROW))["item_id"].to_pylist()]


def test_text_in_csv_is_never_taken_for_anything_else(tmp_path: Path) -> None:
    quoted = ['"' + item.replace('"', '""') + '"' for item in WRITTEN]
    lines = ["time,session_id,kind,item_id", *(f"1700000000,s,view,{item}" for item in quoted)]
    (tmp_path / "events.csv").write_text("\n".join([*lines, ""]))
    assert ids_of(Csv(events="events.csv"), tmp_path) == WRITTEN


def test_text_and_numbers_in_json_are_their_digits(tmp_path: Path) -> None:
    written = [*WRITTEN, 1000, 9007199254740993, 12345678901234567890, 1000.0]
    lines = [json.dumps({**REST, "item_id": item}) for item in written]
    (tmp_path / "events.jsonl").write_text("\n".join(lines))
    assert ids_of(Json(events="events.jsonl"), tmp_path) == [str(item) for item in written]


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        (pa.array([1000, 9007199254740993]), ["1000", "9007199254740993"]),
        (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
        (pa.array([1000.0, 12.5]), ["1000", "12.5"]),
        (pa.array([Decimal(1000)], pa.decimal128(10, 0)), ["1000"]),
        (pa.array([Decimal("1000.00"), Decimal("12.50")], pa.decimal128(12, 2)), ["1000", "12.50"]),
        (pa.array(WRITTEN).dictionary_encode(), WRITTEN),
    ],
)
def test_a_column_of_numbers_gives_whole_numbers(tmp_path: Path, values: pa.Array, ids: list[str]) -> None:
    rest = {name: [value] * len(values) for name, value in REST.items()}
    pq.write_table(pa.table({**rest, "item_id": values}), tmp_path / "events.parquet")
    assert ids_of(Parquet(events="events.parquet"), tmp_path) == ids


def test_a_database_gives_every_digit_of_a_long_number(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as database:
        database.execute(
            "CREATE TABLE clicks AS SELECT 1700000000 AS time, 's' AS session_id, 'view' AS kind, "
            "9007199254740993::DECIMAL(18, 0) AS item_id, 12345678901234567890::DECIMAL(38, 0) AS user_id"
        )
    events, _ = Duckdb(database="shop.duckdb", events="clicks").tables(connect(), tmp_path, Ledger())
    found = arrow(events).to_pylist()[0]
    assert (found["item_id"], found["user_id"]) == ("9007199254740993", "12345678901234567890")
