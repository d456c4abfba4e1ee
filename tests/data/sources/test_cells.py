"""Preambles, mixed line ends, names that repeat, several items in a cell, times of two columns or of many units."""

from pathlib import Path
from typing import Any

import ibis
import pytest

from endcap.core.errors import BadData
from endcap.data.columns import ROW, ROWS_PER_FILE
from endcap.data.ledger import Ledger
from endcap.data.lint.reading import untouched
from endcap.data.sources import Csv

HEADER = "time,session_id,kind,item_id"


def read(folder: Path, content: str, **settings: Any) -> tuple[list[dict[str, Any]], Ledger]:
    """The events of a file, and the ledger."""
    (folder / "log.csv").write_bytes(content.encode())
    ledger = Ledger()
    events, _ = Csv(events="log.csv", max_bad=1.0, **settings).tables(ibis.duckdb.connect(), folder, ledger)
    rows: list[dict[str, Any]] = events.order_by("time", ROW).to_pyarrow().to_pylist()
    return rows, ledger


def lines(rows: list[dict[str, Any]]) -> dict[str, int]:
    """The line of each item."""
    return {row["item_id"]: row[ROW] % ROWS_PER_FILE for row in rows}


def refused(ledger: Ledger) -> list[int]:
    """The lines in the quarantine."""
    return sorted(row[ROW] % ROWS_PER_FILE for table in ledger.rejected for row in table.to_pyarrow().to_pylist())


def test_line_ends_of_all_kinds_keep_the_lines_of_an_editor(tmp_path: Path) -> None:
    content = f'{HEADER}\r\n1,s,view,a\n2,s,view,"b\r\nc"\r3,s,view,d\r\n4,s\n5,s,view,e\r'
    rows, ledger = read(tmp_path, content)
    assert lines(rows) == {"a": 2, "b\nc": 3, "d": 5, "e": 7}
    assert refused(ledger) == [6]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_skipped_lines_are_counted(tmp_path: Path, ending: str) -> None:
    content = f"Report\n\n{HEADER}\n1,s,view,a\nbad\n2,s,view,b\n".replace("\n", ending)
    rows, ledger = read(tmp_path, content, skip=2)
    assert lines(rows) == {"a": 4, "b": 6}
    assert refused(ledger) == [5]


def test_the_delimiter_may_be_said_in_the_file(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, f"\ufeffsep=|\n{HEADER.replace(',', '|')}\n1|s|view|a,b;c\n")
    assert lines(rows) == {"a,b;c": 3}


def test_names_in_the_middle_are_left_out_and_said(tmp_path: Path) -> None:
    rows, ledger = read(tmp_path, f"{HEADER}\n1,s,view,a\n{HEADER}\n2,s,view,b\n{HEADER}\n")
    assert lines(rows) == {"a": 2, "b": 4}
    assert not ledger.rejected
    (entry,) = [entry for entry in ledger.entries if "headers" in entry.step]
    assert (entry.dropped, entry.left) == (2, 2)


def test_a_line_of_totals_is_no_item(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("item_id,title,category,price\na,Mug,cups,1\nb,Cup,cups,2\nTotal,,,3\n")
    ledger = Ledger()
    _, items = Csv(catalog="items.csv", max_bad=1.0).tables(ibis.duckdb.connect(), tmp_path, ledger)
    assert items is not None
    assert set(items.to_pyarrow()["item_id"].to_pylist()) == {"a", "b"}
    assert refused(ledger) == [4]


def test_a_missing_column_is_asked_for_with_the_line_that_may_name_it(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"line 3 looks like the names of the columns.*say skip = 2"):
        read(tmp_path, f"Report,2024\n\n{HEADER}\n1,s,view,a\n")


def test_a_column_that_stands_twice_is_asked_for_if_it_is_needed(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"line 1: column 'kind' stands more than once; name the columns yourself"):
        read(tmp_path, "time,kind,kind,session_id,item_id\n1,view,x,s,a\n")


def test_several_items_in_a_cell(tmp_path: Path) -> None:
    content = (
        "time,session_id,items,price,quantity\n1,o1,A|B|C,1.5|2.5|3.5,6\n2,o2,D,4,2\n"
        "3,o3,|E | F|,5|6,7|8\n4,o4,G|,x,1\n"
    )
    settings = {"columns": {"item_id": "items"}, "constants": {"kind": "purchase"}, "items_separator": "|"}
    rows, ledger = read(tmp_path, content, **settings)
    assert {row["item_id"]: (row["price"], row["quantity"]) for row in rows} == {
        "A": (1.5, 1.0), "B": (2.5, 1.0), "C": (3.5, 1.0), "D": (4.0, 2.0), "E": (5.0, 7.0), "F": (6.0, 8.0),
    }  # fmt: skip
    assert lines(rows) == {"A": 2, "B": 2, "C": 2, "D": 3, "E": 4, "F": 4}
    assert len({row[ROW] for row in rows}) == 6
    assert {ledger.files[row[ROW] // ROWS_PER_FILE] for row in rows} == {"log.csv"}
    assert refused(ledger) == [5]
    changed = {entry.step: entry.changed for entry in ledger.entries if entry.changed}
    assert changed == {"cells of items divided into items": 3, "values for several items of items left out": 3}


def test_a_step_that_drops_one_item_of_a_cell_keeps_the_others(tmp_path: Path) -> None:
    content = "time,session_id,kind,item_id\n1,o1,purchase,A|B|C\n"
    (tmp_path / "log.csv").write_text(content)
    ledger = Ledger()
    events, _ = Csv(events="log.csv", items_separator="|").tables(ibis.duckdb.connect(), tmp_path, ledger)

    def without_b(table: Any) -> Any:
        """B is none."""
        return table.filter(table.item_id != "B")

    left = ledger.apply(events, without_b).to_pyarrow()["item_id"].to_pylist()
    assert sorted(left) == ["A", "C"]


def test_a_date_and_a_time_of_day(tmp_path: Path) -> None:
    content = "Date,Time,session_id,kind,item_id\n01.03.2024,11:00,s,view,a\n2.3.2024,,s,view,b\n"
    settings = {"time_columns": ("Date", "Time"), "time_format": ("%d.%m.%Y %H:%M", "%d.%m.%Y")}
    rows, _ = read(tmp_path, content, **settings)
    assert [row["time"] for row in rows] == [1709290800.0, 1709337600.0]
    stamped = "Date,Time,session_id,kind,item_id\n2024-03-01 00:00:00,11:00:00,s,view,a\n"
    assert [row["time"] for row in read(tmp_path, stamped, time_columns=("Date", "Time"))[0]] == [1709290800.0]


def test_units_that_differ_are_told_by_their_magnitude_and_said(tmp_path: Path) -> None:
    moments = ("1709290800", "1709290800000", "1709290800000000", "1709290800000000000", "1709290800.5")
    content = HEADER + "\n" + "".join(f"{moment},s,view,i{place}\n" for place, moment in enumerate(moments))
    rows, ledger = read(tmp_path, content)
    assert [row["time"] for row in rows] == [1709290800.0] * 4 + [1709290800.5]
    (entry,) = [entry for entry in ledger.entries if "units" in entry.step]
    assert "2 in s, 1 in ms, 1 in us, 1 in ns" in entry.why


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("45352.458333333336", "excel"), ("12. März 2024 11:00", "%d. %b %Y %H:%M"),
        ("12 mars 2024 11:00", "%d %B %Y %H:%M"),
        ("12 de marzo de 2024 11:00", "%d de %B de %Y %H:%M"), ("03/12/2024 11:00 a.m.", "%m/%d/%Y %I:%M %p"),
        ("12.03.24 11:00", "%d.%m.%y %H:%M"), ("2024-03-12 12:00:00 CET", None), ("2024-03-12 07:00:00 EDT", None),
    ],
)  # fmt: skip
def test_moments_of_other_calendars(tmp_path: Path, written: str, form: str | None) -> None:
    settings = {} if form is None else {"time_format": form}
    rows, _ = read(tmp_path, f"{HEADER}\n{written},s,view,a\n", **settings)
    assert rows[0]["time"] == (1709290800.0 if form == "excel" else 1710241200.0)


def test_the_linter_sees_a_catalog_alone_with_its_wrong_rows(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("Items\n\nitem_id,title\na,Mug\n,Cup\n")
    ledger = Ledger()
    ((events, items),) = untouched(Csv(catalog="items.csv", skip=2), ibis.duckdb.connect(), tmp_path, ledger)
    assert events.count().to_pyarrow().as_py() == 0
    assert items is not None
    assert items.count().to_pyarrow().as_py() == 2
