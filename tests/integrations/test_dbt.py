"""The dbt project makes the tables that endcap makes, on DuckDB and on Spark."""

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from endcap import jobs
from endcap.data.columns import CATALOG, EVENTS, WHY, checked_events
from endcap.data.engines import connect, uploaded
from endcap.data.ledger import Ledger
from endcap.data.online_retail import OnlineRetail, bundled
from endcap.data.steps import sessionized, without_cancelled_purchases, without_repeats

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "integrations" / "dbt"
DBT = ROOT / ".venv-dbt" / "bin" / "dbt"
TABLES = ("events", "catalog", "sessions", "baskets", "item_pairs", "quarantine")

Built = Callable[..., Path]
"""Builds the project on a target: all models or the named ones, with variables; gives the folder of its tables."""


def needed(there: bool, how: str) -> None:
    """Skips a test that cannot run on this machine, with the way to change that; CI must be able to run it."""
    if not there:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(how)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    needed(DBT.exists(), "dbt is not installed: make install-dbt")

    def build(target: str, *models: str, **variables: Any) -> Path:
        needed(target != "spark" or shutil.which("java") is not None, "the Spark target needs Java 17 or later")
        folder = tmp_path_factory.mktemp(target)
        (folder / "tables").mkdir()
        run = subprocess.run(
            [DBT, "build", "--target", target, "--project-dir", PROJECT, "--profiles-dir", PROJECT,
             "--target-path", folder / "target", "--log-path", folder / "logs", "--vars", json.dumps(variables),
             *(["--select", *models] if models else [])],
            env={**os.environ, "ENDCAP_WAREHOUSE": str(folder), "DO_NOT_TRACK": "1"},
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stdout + run.stderr
        return folder / "tables"

    return build


@pytest.fixture(scope="session")
def raw() -> pa.Table:
    """A shop's export, all text: visits, guests, returns, repeats, and one row of each kind that is no event."""
    rng = np.random.default_rng(7)
    start, n = 1_700_000_000.0, 1500
    # No two events share a moment: of rows that differ in nothing else that a step looks at, the order is the file's.
    times = start + np.sort(rng.choice(30 * 86_400 * 4, n, replace=False)) / 4
    rows = []
    for time, kind in zip(times, rng.choice(["view", "cart", "purchase", "return", "search"], n), strict=True):
        user = f"u{rng.integers(12)}" if rng.random() < 0.7 else None
        item = None if kind == "search" else f"i{rng.integers(8)}"
        order = f"o{int(time - start) // 7200}" if kind == "purchase" else None
        moment = f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S.%f}" if rng.random() < 0.5 else f"{time}"
        amount = rng.choice(["1", "2", ""])
        session, query = f"s{rng.integers(9)}", 'tea, "hot"'
        rows.append([moment, session, kind, item, user, amount, "2.5", order, None, "3", query, "EUR", "phone", "PT"])
    good = rows[0]
    faults = [
        (0, "soon"), (0, ""), (0, "nan"), (0, "-5"), (0, "1e300"), (1, " "), (2, "Purchase"), (2, None), (3, ""),
        (3, "x" * 201), (4, "=cmd|'/c calc'!A1"), (5, "few"), (5, "0"), (6, "-1"), (6, "nan"), (9, "first"),
    ]  # fmt: skip
    good[2:4] = "view", "i1"
    for column, value in faults:
        rows.append([*good[:column], value, *good[column + 1 :]])
    rows += [rows[number] for number in rng.choice(n, 40)]
    columns = zip(*rows, strict=True)
    return pa.table({name: pa.array(values, pa.string()) for name, values in zip(EVENTS, columns, strict=True)})


@pytest.fixture(scope="session")
def shop(built: Built, raw: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The tables made of that export on a target, each made once."""
    folder = tmp_path_factory.mktemp("shop")
    pq.write_table(raw, folder / "events.parquet")
    pa.csv.write_csv(raw, folder / "events.csv")
    items = pa.table({"item_id": [f"i{item}" for item in range(8)], "title": ["Tea"] * 8, "price": [1.5] * 8})
    pq.write_table(items, folder / "catalog.parquet")
    done: dict[str, Path] = {}

    def made(target: str) -> Path:
        kind = "csv" if target == "spark" else "parquet"
        files = {"events": str(folder / f"events.{kind}"), "catalog": str(folder / "catalog.parquet")}
        if target not in done:
            options = {"session_minutes": 30, "session_midnight": True, "pairs_at_least": 1}
            done[target] = built(target, files=files, **options)
        return done[target]

    return made


def table(folder: Path, name: str) -> pa.Table:
    """A table that was made, its rows sorted by all columns."""
    return ordered(pq.read_table(folder / name))


def ordered(rows: pa.Table) -> pa.Table:
    return rows.sort_by([(name, "ascending") for name in rows.column_names]).combine_chunks().replace_schema_metadata()


def test_events_are_those_of_our_own_steps(shop: Callable[[str], Path], raw: pa.Table) -> None:
    checked = checked_events(uploaded(connect(), raw), "raw")
    ours = checked.filter(checked[WHY].isnull()).drop(WHY)
    ours = ours.pipe(without_repeats).pipe(without_cancelled_purchases).pipe(sessionized, minutes=30, midnight=True)
    assert table(shop("duckdb"), "events") == ordered(ours.select(*EVENTS).to_pyarrow())


def test_what_is_no_event_is_refused_for_the_same_reason(shop: Callable[[str], Path], raw: pa.Table) -> None:
    checked = checked_events(uploaded(connect(), raw), "raw")
    ours = Counter(why.split(" ")[0] for why in checked.filter(checked[WHY].notnull())[WHY].to_pyarrow().to_pylist())
    quarantine = pq.read_table(shop("duckdb") / "quarantine").to_pylist()
    assert Counter(row["why"].split(" ")[0] for row in quarantine if row["step"] == "as events") == ours
    steps = Counter(row["step"] for row in quarantine)
    assert set(steps) == {"as events", "without repeats", "without cancelled purchases"}
    assert sum(steps.values()) + pq.read_table(shop("duckdb") / "events").num_rows == raw.num_rows
    assert "soon" in {row["time"] for row in quarantine}


def test_sessions_baskets_and_pairs_follow_from_the_events(shop: Callable[[str], Path]) -> None:
    events = table(shop("duckdb"), "events").to_pylist()
    visits = Counter(event["session_id"] for event in events)
    assert {row["session_id"]: row["events"] for row in table(shop("duckdb"), "sessions").to_pylist()} == visits
    baskets: dict[str, set[str]] = {}
    for event in events:
        if event["kind"] == "purchase":
            baskets.setdefault(event["order_id"], set()).add(event["item_id"])
    made = table(shop("duckdb"), "baskets").to_pylist()
    bought = {(order, item) for order, items in baskets.items() for item in items}
    assert {(row["order_id"], row["item_id"]) for row in made} == bought
    together = Counter(pair for items in baskets.values() for pair in combinations(sorted(items), 2))
    pairs = table(shop("duckdb"), "item_pairs").to_pylist()
    assert {(row["item_id"], row["other_id"]): row["together"] for row in pairs} == together


@pytest.mark.parametrize("name", TABLES)
def test_both_engines_make_the_same_table(shop: Callable[[str], Path], name: str) -> None:
    spark, duckdb = table(shop("spark"), name), table(shop("duckdb"), name)
    assert duckdb.num_rows > 0
    assert spark.cast(duckdb.schema) == duckdb


def test_typed_columns_are_read_as_they_are_meant(built: Built, tmp_path: Path) -> None:
    """Timestamps, ids that became numbers with gaps, NaN for "not known"; and no catalog."""
    moments = [datetime(2024, 1, 1, 12, 0, second, 250_000) for second in (0, 1)]
    typed = pa.table({"time": moments, "session_id": [1, 2], "kind": ["purchase"] * 2, "item_id": ["a", "b"],
                      "user_id": [17850.0, float("nan")], "price": [float("nan"), 2.0]})  # fmt: skip
    pq.write_table(typed, tmp_path / "events.parquet")
    made = built("duckdb", files={"events": str(tmp_path / "events.parquet")}, has_catalog=False)
    known = [(1704110400.25, "1", "a", "17850", None), (1704110401.25, "2", "b", None, 2.0)]
    columns = ["time", "session_id", "item_id", "user_id", "price"]
    assert [tuple(row.values()) for row in table(made, "events").select(columns).to_pylist()] == known
    assert pq.read_table(made / "catalog")["item_id"].to_pylist() == ["a", "b"]


def test_what_dbt_made_is_read_by_a_parquet_source(shop: Callable[[str], Path], tmp_path: Path) -> None:
    made = shop("duckdb")
    config = tmp_path / "endcap.toml"
    config.write_text(
        '[shop]\nname = "dbt"\n[models]\n[slots]\n[[sources]]\nuse = "parquet"\n'
        f'events = "{made}/events/*.parquet"\ncatalog = "{made}/catalog/*.parquet"\n'
    )
    data = jobs.prepare(config).dataset
    named = pc.sum(pc.is_valid(pq.read_table(made / "events")["item_id"])).as_py()
    assert (len(data.events), len(data.catalog)) == (named, 8)


def test_what_dbt_made_is_read_by_a_duckdb_source(shop: Callable[[str], Path], tmp_path: Path) -> None:
    """The database that dbt writes is prepared and trained on as the files beside it are."""
    made = shop("duckdb")
    sources = {
        "parquet": f'events = "{made}/events/*.parquet"\ncatalog = "{made}/catalog/*.parquet"',
        "duckdb": f'database = "{made.parent}/endcap.duckdb"\nevents = "endcap.events"\ncatalog = "endcap.catalog"',
    }
    found = {}
    for use, tables in sources.items():
        config = tmp_path / use / "endcap.toml"
        config.parent.mkdir()
        config.write_text(
            f'[shop]\nname = "dbt"\n[[sources]]\nuse = "{use}"\n{tables}\n[models.popular]\nuse = "popular"\n'
        )
        data = jobs.prepare(config).dataset
        assert jobs.train(config).models
        found[use] = [list(data.catalog.items.ids), data.events.time.tolist(), data.events.item.tolist()]
    assert found["duckdb"] == found["parquet"]
    assert any(time % 1 for time in found["duckdb"][1])


def online_retail(folder: Path) -> tuple[pa.Table, pa.Table, Counter[str]]:
    """What endcap makes of order lines: events, catalog, and how many rows each step took out."""
    ledger = Ledger()
    events, catalog = OnlineRetail(orders="orders.parquet").tables(ibis.duckdb.connect(), folder, ledger)
    dropped = Counter({entry.step: entry.dropped for entry in ledger.entries if entry.dropped})
    return events.select(*EVENTS).to_pyarrow(), catalog.select(*CATALOG).to_pyarrow(), dropped


def made_of_orders(built: Built, target: str, folder: Path) -> tuple[pa.Table, pa.Table, Counter[str]]:
    """The same, by dbt."""
    files = {"order_lines": str(folder / "orders.parquet")}
    made = built(target, "+events", "+catalog", "quarantine", reads="online_retail", files=files)
    steps = Counter(pq.read_table(made / "quarantine")["step"].to_pylist())
    return table(made, "events").select(list(EVENTS)), table(made, "catalog").select(list(CATALOG)), steps


@pytest.mark.parametrize(
    ("target", "until"), [("duckdb", datetime(2011, 3, 1)), ("spark", datetime(2010, 12, 15))], ids=["duckdb", "spark"]
)
def test_online_retail(built: Built, target: str, until: datetime, tmp_path: Path) -> None:
    """Its first quarter, on Spark two weeks: the SQL is the same, and a year takes minutes."""
    pq.write_table(pq.read_table(bundled(), filters=pc.field("InvoiceDate") < until), tmp_path / "orders.parquet")
    events, catalog, steps = made_of_orders(built, target, tmp_path)
    our_events, our_catalog, our_steps = online_retail(tmp_path)
    assert events.num_rows > 0
    assert ordered(events) == ordered(our_events)
    assert ordered(catalog) == ordered(our_catalog)
    assert steps == our_steps
