"""What is seen of a file before anything is guessed: how it is read, what it holds, what a person should know."""

import json
from pathlib import Path
from typing import Any

import ibis
import pytest
from tests.data.sources.workbooks import Rows, write_workbook

from endcap.data.starting.looking import Seen, seen

ROWS = [f"2024-03-{day:02} 10:00,s{day},view,i{day % 3}" for day in range(1, 21)]
LOG = "time,session_id,kind,item_id\n" + "\n".join(ROWS) + "\n"


def look(folder: Path, name: str, content: str | bytes) -> Seen:
    """The one table in a file."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (table,) = seen(ibis.duckdb.connect(), [str(folder / name)], folder)
    return table


def test_a_plain_file_needs_no_options(tmp_path: Path) -> None:
    table = look(tmp_path, "log.csv", LOG)
    assert (table.use, table.rows, table.options, table.notes, table.problem) == ("csv", 20, {}, (), "")
    assert (table.packed, table.time_columns, table.decimals) == ({}, (), {})


@pytest.mark.parametrize(
    ("before", "skip"),
    [("Report generated 2024-03-31\n\n", 2), ("Report,2024,,\nTotal,20,,\n# of rows,20,,\n", 3), ("# a\n#b\n", 2)],
)
def test_lines_before_the_names_of_the_columns(tmp_path: Path, before: str, skip: int) -> None:
    table = look(tmp_path, "log.csv", before + LOG)
    assert list(table.columns) == ["time", "session_id", "kind", "item_id"]
    assert (table.options, table.rows) == ({"skip": skip}, 20)
    assert "skip" in table.checks


def test_an_encoding_is_guessed_with_words_to_check(tmp_path: Path) -> None:
    table = look(tmp_path, "items.csv", "item_id,title\np1,Käse\np2,Gebäck\n".encode("cp1252"))
    assert table.options == {"encoding": "cp1252"}
    assert "'Käse', 'Gebäck'" in table.checks["encoding"]
    assert table.notes == ()  # it is said once
    assert table.text["title"] == ("Käse", "Gebäck")


def test_rows_that_cannot_be_read_are_noted_and_not_looked_at(tmp_path: Path) -> None:
    table = look(tmp_path, "log.csv", LOG.replace("view", "vi\0ew", 1).replace(",i0\n", "\n", 1))
    assert set(table.text["kind"]) == {"view"}
    assert table.rows == 18
    assert any("line 4" in note for note in table.notes)
    assert any("NUL byte" in note for note in table.notes)


@pytest.mark.parametrize("separator", ["|", ";", ",", "/", " "])
def test_cells_with_several_items(tmp_path: Path, separator: str) -> None:
    orders = "".join(f"{n}\t2024-03-01\tA{n % 3}{separator}B{n % 4}{separator}C7\tRed mug\n" for n in range(12))
    table = look(tmp_path, "orders.tsv", "order\tday\titems\ttitle\n" + orders)
    assert table.packed == {"items": separator}


def test_a_date_apart_from_its_time_and_decimal_signs(tmp_path: Path) -> None:
    lines = "".join(f"{n + 1:02}.03.2024;1{n % 9}:30;{n},50 €;{n + 1}.234;1,{n}05.5\n" for n in range(12))
    table = look(tmp_path, "log.csv", "Datum;Uhrzeit;Preis;Menge;Summe\n" + lines)
    assert table.time_columns == (("Datum", "Uhrzeit"),)
    assert table.decimals == {"Preis": ",", "Menge": "?", "Summe": "."}


def test_units_of_time_that_differ(tmp_path: Path) -> None:
    lines = "".join(f"{1709290800 + n if n % 2 else 1709290800000 + n},s,view,a\n" for n in range(12))
    table = look(tmp_path, "log.csv", "time,session_id,kind,item_id\n" + lines)
    assert any("time counts in" in note and "s (6)" in note and "ms (6)" in note for note in table.notes)


@pytest.mark.parametrize("form", ["lines", "list", "object"])
def test_orders_with_items_within(tmp_path: Path, form: str) -> None:
    orders: list[dict[str, Any]] = [
        {
            "id": n, "created_at": "2024-03-01T10:00:00Z", "customer": {"id": n % 3}, "tax_lines": [{"rate": 0.2}],
            "line_items": [{"product_id": 100 + n % 3, "quantity": 1}, {"product_id": 103, "quantity": 2}],
        }
        for n in range(5)
    ]  # fmt: skip
    whole: Any = {"list": orders, "object": {"orders": orders}}.get(form)
    content = "\n".join(map(json.dumps, orders)) if whole is None else json.dumps(whole, indent=1)
    table = look(tmp_path, "orders.json", content)
    assert (table.use, table.rows, table.options) == ("json", 10, {"unnest": "line_items"})
    assert {"customer.id", "line_items.product_id", "line_items.quantity", "created_at"} <= set(table.columns)
    assert table.text["line_items.product_id"].count("103") == 5


def test_each_sheet_is_a_table(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    orders: Rows = [["Report"], ["when", "item"], ["2024-03-01", 1000]]
    items: Rows = [["id", "title"], [7, "Mug"]]
    sheets = {"Orders": orders, "Empty": [], "Items": items}
    write_workbook(tmp_path / "shop.xlsx", sheets)
    tables = seen(ibis.duckdb.connect(), [str(tmp_path / "shop.xlsx")], tmp_path)
    assert [(table.use, table.options, table.rows) for table in tables] == [
        ("excel", {"sheet": "Orders", "skip": 1}, 1),
        ("excel", {"sheet": "Empty"}, 0),
        ("excel", {"sheet": "Items"}, 1),
    ]  # fmt: skip
    assert "sheet 'Empty'" in tables[1].problem
    assert tables[2].text == {"id": ("7",), "title": ("Mug",)}


def test_a_file_without_rows_is_a_problem_and_not_the_end(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("item_id,title\n")
    (tmp_path / "page.csv").write_text("<html>Log in</html>")
    (tmp_path / "log.csv").write_text(LOG)
    tables = seen(ibis.duckdb.connect(), [str(tmp_path)], tmp_path)
    problems = {table.place: table.problem for table in tables}
    assert problems["log.csv"] == ""
    assert "has names of columns (item_id, title) and no row below them" in problems["items.csv"]
    assert "is a page of HTML" in problems["page.csv"]
    alone = seen(ibis.duckdb.connect(), [str(tmp_path / "items.csv")], tmp_path)
    assert "no row below them" in alone[0].problem
