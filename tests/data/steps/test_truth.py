"""What a synthetic shop has planted is found, and nothing else."""

from pathlib import Path
from typing import Any

import ibis
import pytest

from endcap.data import steps
from endcap.data.columns import ROW
from endcap.data.engines import arrow
from endcap.data.synthetic import Shop, generate


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dirty shop with many bots."""
    folder = tmp_path_factory.mktemp("shop")
    generate(Shop(events=20_000, bots=0.01, dirt=0.02, seed=5), folder)
    return folder


def planted(engine: Any, shop: Path) -> tuple[ibis.Table, ibis.Table]:
    """Events, numbered, and what is true of each session."""
    events = engine.read_parquet(str(shop / "events" / "*.parquet"))
    return (
        events.mutate(**{ROW: ibis.row_number()}).cache(),
        engine.read_parquet(str(shop / "truth" / "sessions" / "*.parquet")),
    )


def test_bots_are_found_and_no_person_is_taken_for_one(shop: Path, duckdb: Any) -> None:
    events, truth = planted(duckdb, shop)
    dropped = events.anti_join(steps.without_bots(events.pipe(steps.without_repeats)), "session_id")
    found = set(arrow(dropped.select("session_id").distinct())["session_id"].to_pylist())
    bots = set(arrow(truth.filter(truth.kind == "bot"))["session_id"].to_pylist())
    assert bots
    assert found == bots


def test_spellings_are_merged_to_what_they_were(shop: Path, duckdb: Any) -> None:
    catalog = duckdb.read_parquet(str(shop / "catalog.parquet"))
    fitted = steps.fitted_spellings(catalog, ("category", "brand"))
    assert fitted.merged["category"] or fitted.merged["brand"]
    for column in ("category", "brand"):
        keys = {label.lower() for label in arrow(fitted.applied(catalog))[column].to_pylist() if label}
        assert (
            len(keys)
            == arrow(fitted.applied(catalog).select(column).distinct().filter(ibis._[column].notnull())).num_rows
        )


def test_a_guest_becomes_who_the_visit_was_by(shop: Path, duckdb: Any) -> None:
    events, truth = planted(duckdb, shop)
    guests = events.filter(events.user_id.isnull()).select(ROW)
    merged = steps.identity_merged(events).semi_join(guests, ROW)
    joined = merged.join(truth.select("session_id", "account"), "session_id")
    known = arrow(joined.filter(joined.user_id.notnull())).to_pylist()
    assert known
    assert [row["user_id"] for row in known] == [row["account"] for row in known]
