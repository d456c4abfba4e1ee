"""Anybody's columns become ours: each setting on a few rows."""

import gzip
import json
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from endcap.core.errors import BadData
from endcap.data.columns import CATALOG, EVENTS, LOG, ROW, ROWS_PER_FILE, SCOPE
from endcap.data.ledger import Ledger
from endcap.data.sources import Csv, Json, Parquet, Sql

NAMES = {"time": "when", "session_id": "visit", "kind": "what", "item_id": "sku"}


def events(folder: Path, *lines: str, **settings: Any) -> list[dict[str, Any]]:
    """The events of a CSV file (its header first) with the given settings."""
    (folder / "log.csv").write_text("\n".join(lines))
    happened, _ = Csv(events="log.csv", **settings).tables(ibis.duckdb.connect(), folder, Ledger())
    rows: list[dict[str, Any]] = happened.order_by(ROW).to_pyarrow().to_pylist()
    return rows


def one(folder: Path, *lines: str, **settings: Any) -> dict[str, Any]:
    """The one event of a file."""
    (row,) = events(folder, *lines, **settings)
    return row


def test_names_kinds_and_constants(tmp_path: Path) -> None:
    row = one(
        tmp_path, "when,visit,what,sku", "5,s,addtocart,a", columns=NAMES, kinds={"addtocart": "cart"}, currency="EUR"
    )
    assert {name: row[name] for name in (*NAMES, "currency")} == {
        "time": 5.0, "session_id": "s", "kind": "cart", "item_id": "a", "currency": "EUR",
    }  # fmt: skip
    assert set(row) == {*EVENTS, ROW}
    bought = one(tmp_path, "time,session_id,item_id", "5,s,a", constants={"kind": "purchase"})
    assert bought["kind"] == "purchase"


def test_kinds_that_are_left_out_are_no_mistakes(tmp_path: Path) -> None:
    rows = events(tmp_path, "time,session_id,kind,item_id", "5,s,view,a", "6,s,scroll,", kinds={"scroll": "ignore"})
    assert [row["kind"] for row in rows] == ["view"]


def test_rows_of_ignored_kinds_are_counted_in_the_ledger(tmp_path: Path) -> None:
    lines = ["time,session_id,kind,item_id", "5,s,view,a", "6,s,scroll,", "7,s,scroll,", "8,s,beacon,"]
    (tmp_path / "events.csv").write_text("\n".join(lines))
    ledger = Ledger()
    source = Csv(events="events.csv", kinds={"scroll": "ignore", "beacon": "ignore"})
    source.tables(ibis.duckdb.connect(), tmp_path, ledger)
    (entry,) = [entry for entry in ledger.entries if entry.step == "ignored kinds"]
    assert (entry.dropped, entry.left) == (3, 1)
    assert entry.why == "3 rows are of kinds that the settings ignore: scroll 2, beacon 1"


def test_of_several_columns_the_first_that_is_not_empty(tmp_path: Path) -> None:
    columns = {"item_id": ("sku", "name")}
    rows = events(tmp_path, "time,session_id,kind,sku,name", "1,s,view,a,A", "2,s,view,,B", columns=columns)
    assert [row["item_id"] for row in rows] == ["a", "B"]


@pytest.mark.parametrize(
    ("written", "settings"),
    [
        ("1709290800", {}),
        ("1709290800.0", {}),
        ("2024-03-01 11:00:00", {}),
        ("2024-03-01T11:00:00Z", {}),
        ("2024-03-01 11:00:00 UTC", {}),
        ("2024-03-01 12:00:00 +0100", {}),
        ("2024-03-01 12:00:00+01", {"timezone": "Asia/Tokyo"}),
        ("2024-03-01 12:00:00", {"timezone": "Europe/Berlin"}),
        ("1709290800000", {"time_format": "ms"}),
        ("1709290800000000", {"time_format": "us"}),
        ("01.03.2024 12:00", {"time_format": "%d.%m.%Y %H:%M", "timezone": "Europe/Berlin"}),
        ("01/Mar/2024:12:00:00 +0100", {"time_format": "%d/%b/%Y:%H:%M:%S %z"}),
        ("20240301110000", {"time_format": ("%Y-%m-%d", "%Y%m%d%H%M%S")}),
    ],
)
def test_one_moment_in_many_spellings(tmp_path: Path, written: str, settings: dict[str, Any]) -> None:
    assert one(tmp_path, "time,session_id,kind,item_id", f"{written},s,view,a", **settings)["time"] == 1709290800.0


def test_fractions_of_a_second_are_kept(tmp_path: Path) -> None:
    assert one(tmp_path, "time,session_id,kind,item_id", "2014-04-07T10:51:09.277Z,s,view,a")["time"] == 1396867869.277


def test_a_day_and_milliseconds(tmp_path: Path) -> None:
    row = one(tmp_path, "time,ms,session_id,kind,item_id", "2024-03-01,1500,s,view,a", plus_milliseconds="ms")
    assert row["time"] == 1709251201.5


@pytest.mark.parametrize(
    ("written", "decimal", "price"),
    [
        ("2.50", ".", 2.5), ('"1,234.50"', ".", 1234.5),
        ("£2.50", ".", 2.5), ("$ 2.50", ".", 2.5), ("2.50 EUR", ".", 2.5),
        ('"2,50"', ",", 2.5), ('"1.234,50 €"', ",", 1234.5), ("", ".", None),
    ],
)  # fmt: skip
def test_prices_as_people_write_them(tmp_path: Path, written: str, decimal: str, price: float | None) -> None:
    row = one(tmp_path, "time,session_id,kind,item_id,price", f"1,s,view,a,{written}", decimal=decimal, delimiter=",")
    assert row["price"] == price


def test_a_negative_quantity_is_a_return(tmp_path: Path) -> None:
    row = one(tmp_path, "time,session_id,kind,item_id,quantity", "1,s,purchase,a,-3", returns=True)
    assert (row["kind"], row["quantity"]) == ("return", 3.0)


def test_facts_of_an_order_are_filled_down(tmp_path: Path) -> None:
    lines = ("time,order,kind,item_id,user_id", "5,1,purchase,a,u", ",1,purchase,b,", "7,2,purchase,c,v")
    columns = {"session_id": "order", "order_id": "order"}
    rows = events(tmp_path, *lines, columns=columns, fill_down="order")
    assert [(row["time"], row["user_id"]) for row in rows] == [(5.0, "u"), (5.0, "u"), (7.0, "v")]


def test_what_a_line_says_of_its_item_is_not_filled_from_another_line(tmp_path: Path) -> None:
    lines = ("time,order,kind,sku,name,price", "5,1,purchase,a1,A,2", ",1,purchase,,B,")
    columns = {"session_id": "order", "order_id": "order", "item_id": ("sku", "name")}
    rows = events(tmp_path, *lines, columns=columns, fill_down="order")
    assert [(row["time"], row["item_id"], row["price"]) for row in rows] == [(5.0, "a1", 2.0), (5.0, "B", None)]


def test_a_catalog_told_from_events(tmp_path: Path) -> None:
    lines = ("time,session_id,kind,item_id,brand", "1,s,view,a,old", "2,s,view,a,new", "3,s,view,a,", "4,s,view,b,")
    (tmp_path / "log.csv").write_text("\n".join(lines))
    source = Csv(events="log.csv", catalog="log.csv", one_per_item=True)
    _, catalog = source.tables(ibis.duckdb.connect(), tmp_path, Ledger())
    assert catalog is not None
    assert set(catalog.columns) == {*CATALOG, ROW, SCOPE}
    assert catalog.to_pyarrow()[SCOPE].unique().to_pylist() == [LOG], "an echo of the log"
    rows = catalog.to_pyarrow().to_pylist()
    assert {row["item_id"]: row["brand"] for row in rows} == {"a": "new", "b": None}


def test_json_lines_with_keys_within_keys(tmp_path: Path) -> None:
    lines = [{"time": 5, "user": {"id": 7}, "kind": "view", "item_id": "a", "price": 2.5}, {"time": 6, "x": [1]}]
    with gzip.open(tmp_path / "log.jsonl.gz", "wt") as file:
        file.write("\n\n".join(map(json.dumps, lines)) + "\nnothing\n")
    source = Json(events="log.jsonl.gz", columns={"session_id": "user.id"}, max_bad=1.0)
    ledger = Ledger()
    happened, _ = source.tables(ibis.duckdb.connect(), tmp_path, ledger)
    (row,) = happened.to_pyarrow().to_pylist()
    assert (row["time"], row["session_id"], row["price"]) == (5.0, "7", 2.5)
    refused = ledger.rejected[0].to_pyarrow().to_pylist()
    assert {row[ROW] % ROWS_PER_FILE: row["why"][:25] for row in refused} == {
        3: "kind must not be empty", 4: "is not a JSON object, fou",
    }  # fmt: skip


def test_a_partitioned_folder_of_parquet(tmp_path: Path) -> None:
    for day, item in (("2024-03-01", "a"), ("2024-03-02", "b")):
        (tmp_path / "log" / f"day={day}").mkdir(parents=True)
        table = pa.table({"visit": ["s"], "sku": [item]})
        pq.write_table(table, tmp_path / "log" / f"day={day}" / "part-0.parquet")
    (tmp_path / "log" / "_SUCCESS").touch()
    columns: dict[str, Any] = {"time": "day", "session_id": "visit", "item_id": "sku"}
    source = Parquet(events="log", columns=columns, constants={"kind": "view"})
    ledger = Ledger()
    happened, _ = source.tables(ibis.duckdb.connect(), tmp_path, ledger)
    rows = happened.order_by(ROW).to_pyarrow().to_pylist()
    assert [(row["time"], row["item_id"]) for row in rows] == [(1709251200.0, "a"), (1709337600.0, "b")]
    assert ledger.files == ["log/day=2024-03-01/part-0.parquet", "log/day=2024-03-02/part-0.parquet"]


def test_numbers_that_are_ids_and_not_a_number_that_is_unknown(tmp_path: Path) -> None:
    table = pa.table(
        {"time": [1.0], "session_id": [7], "kind": ["view"], "item_id": [17850.0], "price": [float("nan")]}
    )
    pq.write_table(table, tmp_path / "log.parquet")
    happened, _ = Parquet(events="log.parquet").tables(ibis.duckdb.connect(), tmp_path, Ledger())
    (row,) = happened.to_pyarrow().to_pylist()
    assert (row["session_id"], row["item_id"], row["price"]) == ("7", "17850", None)


def test_rows_have_numbers_of_their_own_over_all_files_and_sources(tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text("time,session_id,kind,item_id\n1,s,view,a\n2,s\n3,s,view,b\n")
    engine, ledger = ibis.duckdb.connect(), Ledger()
    numbers = []
    for _ in range(2):
        happened, _ = Csv(events="*.csv", max_bad=0.5).tables(engine, tmp_path, ledger)
        numbers += sorted(happened.select(ROW).to_pyarrow()[ROW].to_pylist())
    assert numbers == [file * ROWS_PER_FILE + line for file in range(4) for line in (2, 4)]
    assert ledger.files == ["one.csv", "two.csv"] * 2


def test_queries_over_files(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("id,day\n1,2024-03-01\n2,2024-03-02\n")
    (tmp_path / "lines.csv").write_text("id,sku\n1,a\n1,b\n2,a\n")
    source = Sql(
        files={"orders": "orders.csv", "lines": "lines.csv"},
        events="SELECT day AS time, id AS session_id, 'view' AS kind, sku AS item_id FROM orders JOIN lines USING (id)",
        catalog="SELECT DISTINCT sku AS item_id, upper(sku) AS title FROM lines",
    )
    happened, catalog = source.tables(ibis.duckdb.connect(), tmp_path, Ledger())
    assert catalog is not None
    assert happened.count().to_pyarrow().as_py() == 3
    assert sorted(catalog.to_pyarrow()["title"].to_pylist()) == ["A", "B"]
    with pytest.raises(BadData, match=r"query: cannot be read: .*nowhere"):
        Sql(files={}, events="SELECT * FROM nowhere").tables(ibis.duckdb.connect(), tmp_path, Ledger())


@pytest.mark.parametrize(
    "settings",
    [
        {"timezone": "Moon"}, {"time_format": "soon"}, {"kinds": {"a": "b"}}, {"columns": {"colour": "x"}},
        {"constants": {"x": "y"}}, {"decimal": ";"}, {"bad_rows": "forget"}, {"max_bad": 2.0}, {"encoding": "klingon"},
        {"delimiter": ";;"},
    ],
)  # fmt: skip
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Csv(events="log.csv", **settings)
