"""What BigQuery and Snowflake would be asked, word for word. Neither is to be had here, so no answer is compared.

Sources only copy columns out of a warehouse; mapping and steps run on DuckDB or Spark. That they compile is for teams
that want to run them where their data is. ``python -m tests.data.sources.test_warehouses`` writes the files anew.
"""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import pytest
import sqlglot
from pydantic import SecretStr
from sqlglot import exp

from endcap.data import steps
from endcap.data.columns import CATALOG, EVENTS, ROW, checked_catalog, checked_events
from endcap.data.sources import Ibis
from endcap.data.sources.databases import extraction
from endcap.data.sources.mapping import as_our_catalog, as_ours, needed

GOLDEN = Path(__file__).parent / "golden"
DIALECTS = ("bigquery", "snowflake")
CLICKS = {
    "moment": "timestamp('UTC')", "visit": "int64", "what": "string", "sku": "string", "cost": "decimal(10, 2)",
    "amount": "int64", "secret": "string", "details": "json", ROW: "int64",
}  # fmt: skip
GOODS = {"sku": "string", "name": "string", "shelf": "string", "list_price": "decimal(10, 2)", ROW: "int64"}
SOURCE = Ibis(
    connection=SecretStr("warehouse://project/shop"),
    events="clicks",
    catalog="goods",
    columns={
        "time": "moment", "session_id": "visit", "kind": "what", "item_id": "sku", "price": "cost",
        "quantity": "amount",
    },
    catalog_columns={"item_id": "sku", "title": "name", "category": "shelf", "price": "list_price"},
    kinds={"buy": "purchase", "look": "view", "newsletter": "ignore"},
    returns=True,
    currency="EUR",
)  # fmt: skip
LEARN = {"canonical_ids", "fitted_fillings", "fitted_normaliser", "fitted_spellings", "k_core"}
"""Ask the engine while they are put together, so there is no one text that they compile to."""
OPTIONS: dict[str, dict[str, Any]] = {
    "families_by_column": {"column": "brand"}, "families_by_pattern": {"pattern": r"^(\d{5})"},
    "sessionized": {"midnight": True, "utc_offset": 1.0},
}  # fmt: skip
OF_A_CATALOG = {"families_by_column", "families_by_pattern", "families_by_title", "first_of_each_item"}
CHAIN: tuple[Callable[..., ibis.Table], ...] = (
    steps.without_repeats, steps.without_echoes, steps.identity_merged, steps.without_bots, steps.sessionized,
    steps.basketed, steps.without_cancelled_purchases, steps.kind_weighted, steps.time_weighted,
)  # fmt: skip
"""What a shop that is not clean would name."""


def ours(name: str) -> ibis.Table:
    """A table in our columns."""
    return ibis.table({**(CATALOG if name == "catalog" else EVENTS), ROW: "int64"}, name=name)


def questions() -> dict[str, ibis.Table]:
    """What is compiled, by name: what a source asks, its mapping with its checks, and steps."""
    clicks, goods = ibis.table(CLICKS, name="clicks"), ibis.table(GOODS, name="goods")
    events, items = as_ours(clicks, SOURCE, "clicks", list(CLICKS)), as_our_catalog(goods, SOURCE, "goods", list(GOODS))
    compiled = {
        "asked for events": extraction(clicks, needed(SOURCE, EVENTS, SOURCE.columns)),
        "asked for the catalog": extraction(goods, needed(SOURCE, CATALOG, SOURCE.catalog_columns)),
        "events in our columns": events,
        "events, checked": checked_events(ours("events"), "events"),
        "catalog in our columns, checked": checked_catalog(items, "goods"),
    }
    for name in sorted(set(filter(written_as_a_step, steps.__all__)) - LEARN):
        table = ours("catalog" if name in OF_A_CATALOG else "events")
        compiled[name] = getattr(steps, name)(table, **OPTIONS.get(name, {}))
    return compiled | {"without_repeats, sessionized, basketed": chained(CHAIN[0], CHAIN[4], CHAIN[5])}


def written_as_a_step(name: str) -> bool:
    """Whether a public name of the package is that of a step."""
    return inspect.isfunction(getattr(steps, name))


def chained(*those: Callable[..., ibis.Table]) -> ibis.Table:
    """Events after steps in a row."""
    events = ours("events")
    for step in those:
        events = step(events)
    return events


def written(dialect: str) -> str:
    """The golden file of a dialect."""
    asked = {name: in_one_order(ibis.to_sql(table, dialect=dialect)) for name, table in questions().items()}
    return "\n".join(f"-- {name}\n{sql};\n" for name, sql in asked.items())


def in_one_order(sql: str) -> str:
    """The same, the columns that are left out sorted: Ibis names them in the order of a set."""
    return re.sub(
        r"(EXCEPT|EXCLUDE) \((.*?)\)", lambda found: f"{found[1]} ({', '.join(sorted(found[2].split(', ')))})", sql
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_a_warehouse_is_asked(dialect: str) -> None:
    golden = (GOLDEN / f"{dialect}.sql").read_text()
    assert written(dialect) == golden, "if it is meant: python -m tests.data.sources.test_warehouses"
    (first, *_) = golden.split(";\n")
    assert "secret" not in first
    assert "details" not in first


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_dialect_knows_every_function_of_the_whole_chain(dialect: str) -> None:
    known = {"bigquery": {"ieee_divide"}, "snowflake": {"HASH"}}[dialect]
    for table in (*questions().values(), chained(*CHAIN)):
        parsed = sqlglot.parse_one(ibis.to_sql(table, dialect=dialect), dialect=dialect)
        assert {call.name for call in parsed.find_all(exp.Anonymous)} <= known


def test_steps_that_are_not_compiled_are_those_that_ask_while_they_are_put_together() -> None:
    for name in LEARN - {"canonical_ids", "k_core"}:
        assert "Fitted" in str(inspect.signature(getattr(steps, name)).return_annotation) or name.startswith("fitted_")
    for step in (steps.canonical_ids, steps.k_core):
        with pytest.raises(ibis.common.exceptions.IbisError, match="unbound"):
            step(ours("events"))


def test_no_window_is_grouped_by_fractions() -> None:
    """BigQuery partitions windows by no FLOAT64."""
    numbers = {name for name, kind in EVENTS.items() if kind.is_floating()}
    windowed, refused = set(), set()
    for name, table in questions().items():
        parsed = sqlglot.parse_one(ibis.to_sql(table, dialect="bigquery"), dialect="bigquery")
        windows = [column for window in parsed.find_all(exp.Window) for column in window.args.get("partition_by") or ()]
        if windows:
            windowed.add(name)
        if numbers & {column.name for window in windows for column in window.find_all(exp.Column)}:
            refused.add(name)
    assert {"without_echoes", "without_repeats"} <= windowed
    assert not refused


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each in DIALECTS:
        (GOLDEN / f"{each}.sql").write_text(written(each))
