"""The ledger says what every step did, and what it dropped can be looked at."""

from functools import partial
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from endcap.data.columns import ROW, ROWS_PER_FILE
from endcap.data.engines import arrow, uploaded
from endcap.data.ledger import QUARANTINE, Ledger


def without_cheap_ones(events: ibis.Table, least: float = 2.0) -> ibis.Table:
    """What costs next to nothing is
    a sample.

    More about it.
    """
    return events.filter(events.price >= least)


def doubled(events: ibis.Table) -> ibis.Table:
    """Prices were per pair."""
    return events.mutate(price=events.price * 2)


def lines(engine: Any, *prices: float, first: int = 0) -> ibis.Table:
    """Events of the given prices; the rows are numbered from `first`."""
    numbers = [first + place for place in range(len(prices))]
    names = [f"i{place}" for place in range(len(prices))]
    return uploaded(engine, pa.table({ROW: pa.array(numbers, pa.int64()), "item_id": names, "price": list(prices)}))


def quarantine(ledger: Ledger, folder: Path) -> list[dict[str, Any]]:
    """The rows of the quarantine."""
    ledger.write_quarantine(folder / "quarantine.parquet")
    table = pq.read_table(folder / "quarantine.parquet")
    assert tuple(table.column_names) == QUARANTINE
    found: list[dict[str, Any]] = table.to_pylist()
    return found


@pytest.mark.parametrize("in_files", [True, False], ids=["in files", "in the engine"])
def test_a_dropped_row_is_in_the_quarantine_with_its_reason(engine: Any, tmp_path: Path, in_files: bool) -> None:
    ledger = Ledger(folder=tmp_path if in_files else None)
    table = ledger.opened("events.csv", lines(engine, 1.0, 5.0, 3.0))
    table = ledger.apply(table, without_cheap_ones)
    table = ledger.apply(table, partial(without_cheap_ones, least=4.0))
    table = ledger.change(table, doubled, "price")
    assert [(line.step, line.dropped, line.changed, line.left) for line in ledger.entries] == [
        ("read events.csv", 0, 0, 3),
        ("without cheap ones", 1, 0, 2),
        ("without cheap ones", 1, 0, 1),
        ("doubled", 0, 1, 1),
    ]
    assert arrow(table)["price"].to_pylist() == [10.0]
    rejected = quarantine(ledger, tmp_path)
    assert [(row["item_id"], row["step"], row["why"]) for row in rejected] == [
        (item, "without cheap ones", "What costs next to nothing is a sample.") for item in ("i0", "i2")
    ]
    assert {row["user_id"] for row in rejected} == {None}


def test_numbers_are_spelled_alike_whatever_the_engine(engine: Any, tmp_path: Path) -> None:
    """DuckDB would write 1700000002.0 and Spark 1.700000002E9, for a time that nobody can read."""
    times = [1_700_000_002.0, 1_700_000_002.25, 0.0, 1e300, -5.0, None]
    rows = {ROW: range(6), "time": pa.array(times), "price": pa.array([1e7, 0.0001, 2.5, 0.1 + 0.2, None, 3.0])}
    ledger = Ledger()
    ledger.reject(uploaded(engine, pa.table(rows)), "read", "broken")
    found = quarantine(ledger, tmp_path)
    assert [row["time"] for row in found] == [
        "2023-11-14T22:13:22Z", "2023-11-14T22:13:22.25Z", "1970-01-01T00:00:00Z", "1e+300", "-5", None,
    ]  # fmt: skip
    assert [row["price"] for row in found] == ["10000000", "0.0001", "2.5", "0.30000000000000004", None, "3"]


def test_file_and_line_of_a_dropped_row_are_told_by_its_number(tmp_path: Path) -> None:
    ledger = Ledger()
    assert [ledger.number_of(name) for name in ("a.csv", "b.csv", "a.csv")] == [0, 1, 0]
    ledger.apply(lines(ibis.duckdb.connect(), 5.0, 1.0, first=ROWS_PER_FILE + 2), without_cheap_ones)
    assert [(row["file"], row["line"]) for row in quarantine(ledger, tmp_path)] == [("b.csv", 3)]


def test_rows_without_numbers_are_counted_only(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.apply(lines(ibis.duckdb.connect(), 5.0, 1.0).drop(ROW), without_cheap_ones)
    assert [entry.dropped for entry in ledger.entries] == [1]
    assert quarantine(ledger, tmp_path) == []


def test_a_row_may_bring_its_own_reason(tmp_path: Path) -> None:
    ledger = Ledger()
    table = lines(ibis.duckdb.connect(), 5.0, 1.0)
    ledger.reject(table, "read", ibis.literal("found ") + table.item_id)
    assert [row["why"] for row in quarantine(ledger, tmp_path)] == ["found i0", "found i1"]


def test_what_is_kept_once_is_not_kept_twice(engine: Any, tmp_path: Path) -> None:
    ledger = Ledger(folder=tmp_path)
    table = ledger.keep(lines(engine, 1.0))
    assert ledger.keep(table) is table
    assert ledger.path_of(table) == tmp_path / "table-1.parquet"
    assert ledger.path_of(table.filter(table.price > 0)) is None


def test_of_a_step_that_drops_few_rows_only_these_are_written(tmp_path: Path) -> None:
    ledger = Ledger(folder=tmp_path)
    table = ledger.opened("events.csv", lines(ibis.duckdb.connect(), 1.0, *[5.0] * 20))
    table = ledger.apply(table, without_cheap_ones)
    assert ledger.path_of(table) is None
    assert [len(pq.read_table(path)) for path in sorted(tmp_path.iterdir())] == [21, 1]
    assert ledger.apply(table, without_cheap_ones) is table
    assert [(entry.dropped, entry.left) for entry in ledger.entries] == [(0, 21), (1, 20), (0, 20)]
    few = ledger.apply(table.filter(table[ROW] < 5), partial(without_cheap_ones, least=6.0))
    assert ledger.path_of(few) is not None
    assert sorted(row["item_id"] for row in quarantine(ledger, tmp_path)) == ["i0", "i1", "i2", "i3", "i4"]
