"""Tables of about five rows, on each engine."""

from collections.abc import Callable
from typing import Any

import ibis
import pyarrow as pa
import pytest

from endcap.data.columns import ROW
from endcap.data.engines import arrow, uploaded

KINDS = {
    "time": pa.float64(), "session_id": pa.string(), "kind": pa.string(), "item_id": pa.string(),
    "user_id": pa.string(), "quantity": pa.float64(), "price": pa.float64(), "order_id": pa.string(),
}  # fmt: skip
USUAL = {"session_id": "s", "kind": "view", "item_id": "a", "user_id": None, "quantity": 1.0, "price": None}
Rows = list[dict[str, Any]]
Table = Callable[..., ibis.Table]


@pytest.fixture(params=["duckdb", pytest.param("pyspark", marks=pytest.mark.spark)])
def events(request: pytest.FixtureRequest) -> Table:
    """Makes a table of events of the given rows; what a row does not say is usual."""
    engine = engine_of(request)

    def made(*rows: dict[str, Any]) -> ibis.Table:
        full = [{"time": float(place), **USUAL, "order_id": None, **row, ROW: place} for place, row in enumerate(rows)]
        return uploaded(engine, pa.Table.from_pylist(full, pa.schema({**KINDS, **extra(full), ROW: pa.int64()})))

    return made


@pytest.fixture(params=["duckdb", pytest.param("pyspark", marks=pytest.mark.spark)])
def catalog(request: pytest.FixtureRequest) -> Table:
    """Makes a catalog of the given rows, whose ids are i0, i1, … unless they say otherwise."""
    engine = engine_of(request)

    def made(*rows: dict[str, Any]) -> ibis.Table:
        full = [{"item_id": f"i{place}", **row, ROW: place} for place, row in enumerate(rows)]
        return uploaded(engine, pa.Table.from_pylist(full, pa.schema({**extra(full), ROW: pa.int64()})))

    return made


def engine_of(request: pytest.FixtureRequest) -> Any:
    """The engine that a test is run on."""
    return request.getfixturevalue("duckdb" if request.param == "duckdb" else "spark")


@pytest.fixture(scope="session")
def duckdb() -> Any:
    """DuckDB, started once."""
    from endcap.data.engines import connect

    return connect("duckdb://500MB")


def extra(rows: Rows) -> dict[str, pa.DataType]:
    """Types of the columns that are not among the usual ones of events."""
    values = {name: [row.get(name) for row in rows] for row in rows for name in row if name not in (*KINDS, ROW)}
    known = {name: KINDS[name] for row in rows for name in row if name in KINDS}
    found = {name: pa.array(column).type for name, column in values.items()}
    return {**known, **{name: pa.float64() if kind == pa.null() else kind for name, kind in found.items()}}


@pytest.fixture(scope="session")
def left() -> Callable[..., Rows]:
    """Rows of a table in their first order; with names, only these columns of each, as tuples."""

    def rows(table: ibis.Table, *names: str) -> Any:
        found = sorted(arrow(table).to_pylist(), key=lambda row: row[ROW])
        return [tuple(row[name] for name in names) if len(names) > 1 else row[names[0]] for row in found]

    return rows
