"""Files in our columns: what is read, and what is said of a file that is wrong."""

import gzip
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from endcap.core.errors import BadData
from endcap.data.columns import ROW, WHY, checked_events
from endcap.data.engines import arrow, uploaded
from endcap.data.ledger import Ledger
from endcap.data.prepare import dataset_of, united
from endcap.data.sources import Csv, Parquet

HEADER = "time,session_id,kind,item_id,user_id,quantity,price,order_id\n"
GOOD = HEADER + "2024-01-01 10:00:00,s1,purchase,a,u1,2,1.5,o1\n1704103200,s1,purchase,b,,,,o1\n"


def read(folder: Path, events: str, catalog: str | None = None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of events and catalog of CSV texts."""
    (folder / "events.csv").write_text(events)
    if catalog is not None:
        (folder / "catalog.csv").write_text(catalog)
    source = Csv(events="events.csv", catalog=None if catalog is None else "catalog.csv")
    happened, sold = united([source.tables(ibis.duckdb.connect(), folder, Ledger())])
    return happened.to_pyarrow().to_pylist(), sold.to_pyarrow().to_pylist()


def test_times_and_missing_columns(tmp_path: Path) -> None:
    first, second = read(tmp_path, GOOD)[0]
    assert (first["time"], second["time"]) == (1704103200.0, 1704103200.0)
    assert (first["quantity"], second["quantity"]) == (2.0, 1.0)
    assert (first["price"], second["price"], second["user_id"]) == (1.5, None, None)
    (least,) = read(tmp_path, "item_id,kind,session_id,time\na,view,s,5\n")[0]
    assert (least["order_id"], least["quantity"], least["time"]) == (None, 1.0, 5.0)


def test_without_a_catalog_the_items_are_those_of_the_events(tmp_path: Path) -> None:
    assert sorted(row["item_id"] for row in read(tmp_path, GOOD)[1]) == ["a", "b"]


def test_items_sold_but_in_no_catalog_follow_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(GOOD)
    (tmp_path / "catalog.csv").write_text("item_id,title,category\nz,Zed,letters\nb,Bee,\n")
    source = Csv(events="events.csv", catalog="catalog.csv")
    data = dataset_of(*united([source.tables(ibis.duckdb.connect(), tmp_path, Ledger())]), fingerprint="x")
    assert list(data.catalog.items.ids) == ["b", "z", "a"]
    assert list(data.catalog.text("title")) == ["Bee", "Zed", ""]
    assert [data.catalog.labels("category").name(code) for code in range(3)] == [None, "letters", None]
    # "a" was sold, but the catalog lists it no more; "z" is listed, and nobody wanted it yet.
    assert data.catalog["available"].tolist() == [True, True, False]
    assert data.catalog["bought"].tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (
            "time,session_id,kind\n1,s,view\n",
            r"events.csv: missing column 'item_id'; there are: time, session_id, kind",
        ),
        ("", r"events.csv: is empty"),
        (GOOD + "yesterday,s,view,a,,,,\n", r"line 4: time must be a timestamp .*found 'yesterday'"),
        (GOOD + "nan,s,view,a,,,,\n", r"line 4: time must be a moment"),
        (GOOD + "1,s,view,a,,two,,\n", r"line 4: quantity must be a number, found 'two'"),
        (GOOD + "1,s,view,a,,,cheap,\n" * 3, r"line 4: price must be a number, found 'cheap' \(and 2 rows more\)"),
        (GOOD + "1,s,look,a,,,,\n", r"line 4: kind must be one of impression, view, .*found 'look'"),
        (GOOD + "1,s,view,,,,,\n", r"line 4: item_id must not be empty"),
        (GOOD + "1,s,view,a,,,,,,,too,many\n", r"events.csv"),
    ],
)
def test_bad_events_are_refused_with_the_place(tmp_path: Path, events: str, said: str) -> None:
    with pytest.raises(BadData, match=said):
        read(tmp_path, events)


def test_files_without_an_event_teach_nothing(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(HEADER)
    tables = united([Csv(events="events.csv").tables(ibis.duckdb.connect(), tmp_path, Ledger())])
    with pytest.raises(BadData, match="no event with an item"):
        dataset_of(*tables, fingerprint="x")


@pytest.mark.parametrize(
    ("catalog", "said"),
    [
        ("sku,title\na,A\n", r"catalog.csv: missing column 'item_id'; there are: sku, title"),
        ("item_id,title\na,A\na,B\n", r"catalog.csv, line 3: each item_id must stand once, found 'a'"),
        ("item_id,title\n,Nameless\nb,B\n", r"catalog.csv.* item_id must not be empty"),
    ],
)
def test_a_bad_catalog_is_refused(tmp_path: Path, catalog: str, said: str) -> None:
    with pytest.raises(BadData, match=said):
        read(tmp_path, GOOD, catalog)


def test_a_search_needs_no_item(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, GOOD + "1,s,search,,,,,\n")
    assert [row["item_id"] for row in rows] == ["a", "b", None]


IDS = [
    "=a|b",
    "+a(b",
    "-a!b",
    "@a(",
    "a|b",
    "-a",
    "(a",
    "|a",
    ",a|b",
    "=",
    "A=|",
    "?a|b",
    "/a|b",
    "x" * 201,
    " ",
    "\t",
    "",
]


def test_what_a_spreadsheet_would_execute_is_no_id(engine: Any) -> None:
    rows = {ROW: list(range(len(IDS))), "time": [1.0] * len(IDS), "session_id": ["s"] * len(IDS), "item_id": IDS}
    table = uploaded(engine, pa.table({**rows, "kind": ["search"] * len(IDS)}))
    found = arrow(checked_events(table, "events").order_by(ROW))
    refused = [item for item, why in zip(IDS, found[WHY].to_pylist(), strict=True) if why]
    assert refused == ["=a|b", "+a(b", "-a!b", "@a(", "x" * 201]
    assert found["item_id"].to_pylist() == [*IDS[:-3], None, None, None]


def test_many_files_and_compressed_ones(tmp_path: Path) -> None:
    (tmp_path / "day-1.csv").write_text(GOOD)
    with gzip.open(tmp_path / "day-2.csv.gz", "wt") as file:
        file.write(GOOD)
    events, _ = Csv(events="day-*").tables(ibis.duckdb.connect(), tmp_path, Ledger())
    assert events.count().to_pyarrow().as_py() == 4


@pytest.mark.parametrize("make", ["missing", "folder", "nonsense", "empty", "csv"])
def test_a_parquet_file_that_cannot_be_read_is_named(tmp_path: Path, make: str) -> None:
    path = tmp_path / "events.parquet"
    if make == "folder":
        path.mkdir()
    elif make != "missing":
        path.write_bytes({"nonsense": b"PAR1" + bytes(range(200)), "empty": b"", "csv": GOOD.encode()}[make])
    with pytest.raises(BadData, match=r"events\.parquet"):
        Parquet(events="events.parquet").tables(ibis.duckdb.connect(), tmp_path, Ledger())


def test_a_truncated_parquet_file_is_named(tmp_path: Path) -> None:
    table = pa.table({"time": [1.0], "session_id": ["s"], "kind": ["view"], "item_id": ["a"]})
    pq.write_table(table, tmp_path / "events.parquet")
    whole = (tmp_path / "events.parquet").read_bytes()
    (tmp_path / "events.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadData, match=r"events\.parquet"):
        Parquet(events="events.parquet").tables(ibis.duckdb.connect(), tmp_path, Ledger())


def test_a_parquet_column_of_the_wrong_type_is_named(tmp_path: Path) -> None:
    table = pa.table({"time": [True], "session_id": ["s"], "kind": ["view"], "item_id": ["a"]})
    pq.write_table(table, tmp_path / "events.parquet")
    with pytest.raises(BadData, match=r"column 'time' is boolean; expected a timestamp or seconds"):
        Parquet(events="events.parquet").tables(ibis.duckdb.connect(), tmp_path, Ledger())
