"""Orders with several items in one row: JSON in cells, numbered columns, ids with quantities."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import pytest
from tests.exports import table

from endcap.config import parse
from endcap.data.ledger import Ledger
from endcap.data.starting.guess import Guess
from endcap.data.starting.writing import guess_for

HEADER = ("order_id", "created_at", "customer_id")
LINES = [[(f"A{n % 5}", 1), (f"B{n % 3}", 1 + n % 2)][: 1 + n % 3] for n in range(30)]
SOLD = sorted(line for lines in LINES for line in lines)


def head(n: int) -> tuple[object, ...]:
    return n, f"2024-03-{1 + n % 28:02} 10:00", f"c{n % 7}"


def init(folder: Path, name: str = "orders.csv") -> tuple[Guess, dict[str, Any]]:
    found = guess_for([str(folder / name)], None, folder)
    return found, tomllib.loads(found.text)["sources"][0]


def sold(folder: Path, found: Guess) -> list[tuple[str, float | None]]:
    """Return the items that the settings read, each with the quantity bought."""
    (source,) = parse(found.text, folder / "endcap.toml").sources
    events, _ = source.tables(ibis.duckdb.connect(), folder, Ledger())
    rows = events.to_pyarrow().to_pylist()
    assert {row["kind"] for row in rows} == {"purchase"}
    assert len({row["order_id"] for row in rows}) == 30
    return sorted((row["item_id"], row["quantity"]) for row in rows)


@pytest.mark.parametrize("spell", [json.dumps, str])
def test_a_cell_that_holds_a_list_of_objects(tmp_path: Path, spell: Callable[[Any], str]) -> None:
    rows = ((*head(n), spell([{"sku": sku, "qty": qty} for sku, qty in lines])) for n, lines in enumerate(LINES))
    table(tmp_path / "orders.tsv", (*HEADER, "items"), rows, delimiter="\t")
    found, source = init(tmp_path, "orders.tsv")
    assert found.problem == ""
    assert source["unnest"] == "items"
    assert sold(tmp_path, found) == SOLD
    assert "# check: orders.tsv: the cells of items hold JSON lists: each entry is a row" in found.text


def test_a_cell_that_holds_a_list_of_texts(tmp_path: Path) -> None:
    rows = ((*head(n), json.dumps([sku for sku, _ in lines])) for n, lines in enumerate(LINES))
    table(tmp_path / "orders.csv", (*HEADER, "skus"), rows)
    found, source = init(tmp_path)
    assert source["columns"]["item_id"] == source["unnest"] == "skus"
    assert [sku for sku, _ in sold(tmp_path, found)] == [sku for sku, _ in SOLD]


def test_json_that_names_no_items_is_no_id(tmp_path: Path) -> None:
    rows = ((*head(n), '{"A1": 1, "C3": 2}') for n in range(30))
    table(tmp_path / "orders.csv", (*HEADER, "items"), rows)
    found, source = init(tmp_path)
    assert "item_id" not in source["columns"]
    assert """items holds JSON, such as '{"A1": 1, "C3": 2}'""" in found.problem


@pytest.mark.parametrize(
    ("sku", "qty"),
    [
        ("sku_{}", "qty_{}"),
        ("Product {}", "Product {} Quantity"),
        ("item{}_sku", "item{}_qty"),
        ("Artikel{}", "Menge{}"),
    ],
)
def test_columns_that_are_numbered(tmp_path: Path, sku: str, qty: str) -> None:
    names = [name.format(place) for place in (1, 2) for name in (sku, qty)]
    rows = ((*head(n), *(cell for line in lines for cell in line), *[""] * (4 - 2 * len(lines)))
            for n, lines in enumerate(LINES))  # fmt: skip
    table(tmp_path / "orders.csv", (*HEADER, *names), rows)
    found, source = init(tmp_path)
    assert found.problem == ""
    assert source["use"] == "sql"
    assert "UNION ALL" in source["events"]
    assert sold(tmp_path, found) == SOLD
    assert (
        f"# check: orders.csv: {sku.format(1)}, {sku.format(2)} name an item each: the query makes a row" in found.text
    )


@pytest.mark.parametrize(
    ("form", "between"),
    [("{0} x{1}", ", "), ("{1} x {0}", "; "), ("{1}x{0}", "|"), ("{0} ({1})", ", "), ("{0}:{1}", ";")],
)
def test_amounts_beside_ids_in_a_cell(tmp_path: Path, form: str, between: str) -> None:
    rows = ((*head(n), between.join(form.format(*line) for line in lines)) for n, lines in enumerate(LINES))
    table(tmp_path / "orders.csv", (*HEADER, "skus"), rows)
    found, source = init(tmp_path)
    assert found.problem == ""
    assert source["use"] == "sql"
    assert sold(tmp_path, found) == SOLD


def test_numbered_columns_below_a_title_are_told_with_the_query(tmp_path: Path) -> None:
    table(
        tmp_path / "orders.csv",
        ("Orders of March",),
        [(*HEADER, "sku_1", "sku_2"), *((*head(n), "A", "B") for n in range(30))],
    )
    found, _ = init(tmp_path)
    assert "orders.csv: sku_1, sku_2 name an item each" in found.problem
    assert 'use = "sql"' in found.problem
    assert "UNION ALL" in found.problem
