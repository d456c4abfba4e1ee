"""Spellings of one id are joined in events and catalog together, on each engine; what is two stays two."""

from collections.abc import Sequence
from typing import Any

import ibis
import pyarrow as pa
import pytest

from endcap.data.aliases import JoinedIds, aliases_of, join_ids
from endcap.data.columns import LOG, ROW, SCOPE
from endcap.data.engines import arrow, uploaded
from endcap.data.ledger import Ledger


def table(engine: Any, ids: Sequence[str | None], column: str = "item_id") -> ibis.Table:
    """One row per id."""
    return uploaded(engine, pa.table({column: pa.array(ids, pa.string()), ROW: range(len(ids))}))


def ids_of(table: ibis.Table, column: str = "item_id") -> list[str | None]:
    """A column in the order of its rows."""
    return [*arrow(table.order_by(ROW))[column].to_pylist()]


def seen(joined: JoinedIds, column: str = "item_id") -> dict[str, str]:
    """The alias table of a column."""
    rows = arrow(joined.aliases[column]).to_pylist() if column in joined.aliases else []
    return {row["spelling"]: row["id"] for row in rows}


def both(
    engine: Any, events: Sequence[str | None], catalog: Sequence[str], *canonical: str
) -> tuple[list[str | None], list[str | None]]:
    """Item ids of events and of a catalog after they were joined."""
    tables = {"events": table(engine, events), "catalog": table(engine, catalog)}
    joined = join_ids(tables, canonical).tables
    return ids_of(joined["events"]), ids_of(joined["catalog"])


def test_blanks_and_unicode_forms_are_joined_without_a_step(engine: Any) -> None:
    events = ["Bread", "Bread ", "\u00a0Bread", None, "bread", "Cafe\u0301", "Cafe", "", "\u200b"]
    happened, described = both(engine, events, ["Bread", "Café"])
    assert happened == ["Bread", "Bread", "Bread", None, "bread", "Café", "Cafe", "", "\u200b"]
    assert described == ["Bread", "Café"]


def test_the_spelling_is_that_of_the_catalog_else_the_most_frequent_else_the_first_by_letters(engine: Any) -> None:
    events = ["a-1", "a-1", "A1", "b 2", "b 2", "B-2", "C3", "c3", "D-4 ", "D-4 "]
    happened, described = both(engine, events, ["A1", "a 1", "E5"], "item_id")
    assert described == ["A1", "A1", "E5"]
    assert happened == ["A1", "A1", "A1", "b 2", "b 2", "b 2", "C3", "C3", "D-4 ", "D-4 "]


def test_a_catalog_that_is_an_echo_of_the_events_has_no_say(engine: Any) -> None:
    echo = table(engine, ["A-1", "a1", "B "]).mutate(**{SCOPE: ibis.literal(LOG)})
    joined = join_ids({"events": table(engine, ["A-1", "a1", "a1"]), "catalog": echo}, ["item_id"]).tables
    assert (ids_of(joined["events"]), ids_of(joined["catalog"])) == (["a1", "a1", "a1"], ["a1", "a1", "B "])


def test_blanks_are_kept_only_where_the_shop_writes_nothing_else(engine: Any) -> None:
    happened, described = both(engine, ["A ", "A ", "B", "C "], ["A", "B ", "D "])
    assert (happened, described) == (["A", "A", "B", "C "], ["A", "B", "D "])


def test_decimals_are_joined_where_one_table_has_only_them(engine: Any) -> None:
    assert both(engine, ["1000.0", "1001.0", "X", "9.0"], ["1000", "1001", "X"])[0] == ["1000", "1001", "X", "9.0"]
    assert both(engine, ["1000", "X"], ["1000.0", "1001.0"]) == (["1000", "X"], ["1000", "1001.0"])


@pytest.mark.parametrize(
    ("events", "catalog"),
    [
        (["1000", "1000.0"], ["1000"]),  # both in one table
        (["1000.0"], ["1000", "1000.0"]),
        (["1000.0"], ["2000"]),  # nothing of it is in the catalog
        (["1000.0", "2000.0"], ["1000.0", "2000.0"]),
        (["123", "124"], ["00123", "00124"]),
        (["00123.0"], ["123"]),
    ],
)
def test_other_numbers_are_left_alone(engine: Any, events: list[str], catalog: list[str]) -> None:
    assert both(engine, events, catalog) == (events, catalog)


def test_the_step_joins_decimals_of_one_table_too_but_no_leading_zeros(engine: Any) -> None:
    assert both(engine, ["1000", "1000.0", "0123"], ["123"], "item_id")[0] == ["1000", "1000", "0123"]


def test_every_spelling_that_was_seen_is_kept_and_the_ledger_says_so(engine: Any) -> None:
    ledger = Ledger()
    tables = {"events": table(engine, ["TEA", "tea", "Tea", "Milk"]), "catalog": table(engine, ["Tea", "milk"])}
    joined = join_ids(tables, ["item_id"], ledger)
    assert seen(joined) == {"TEA": "Tea", "tea": "Tea", "Milk": "milk"}
    assert [(line.step, line.dropped, line.changed, line.left) for line in ledger.entries] == [
        ("one spelling of each item_id", 0, 3, 6)
    ]
    assert "3 other spellings: 'Milk' is 'milk', 'TEA' is 'Tea', 'tea' is 'Tea'" in ledger.entries[0].why


def test_where_nothing_is_to_join_the_tables_stay_what_they_are(engine: Any) -> None:
    tables, ledger = {"events": table(engine, ["A", "a", "Ä", "1000.5"])}, Ledger()
    joined = join_ids(tables, ledger=ledger)
    assert joined.tables["events"] is tables["events"]
    assert (joined.aliases, ledger.entries) == ({}, [])


def test_users_sessions_and_orders_lose_blanks_too(engine: Any) -> None:
    for column in ("user_id", "session_id", "order_id"):
        joined = join_ids({"events": table(engine, ["u1", "u1 ", "U1"], column)})
        assert ids_of(joined.tables["events"], column) == ["u1", "u1", "U1"]


def test_a_vocabulary_knows_what_was_seen_and_the_keys_of_the_rest(engine: Any) -> None:
    joined = join_ids({"events": table(engine, ["TEA", "Tea", "Tea", "Green Milk"])}, ["item_id"])
    coded = uploaded(engine, pa.table({"item_id": ["Green Milk", "Tea"], "item": pa.array([0, 1], pa.int32())}))
    aliases = aliases_of(coded, "item_id", "item", joined.rules["item_id"], joined.aliases["item_id"])
    assert [*zip(aliases.spellings, aliases.codes.tolist(), strict=True)] == [("TEA", 1), ("greenmilk", 0), ("tea", 1)]


def test_a_vocabulary_of_plain_ids_has_nothing_more_to_keep(engine: Any) -> None:
    coded = uploaded(engine, pa.table({"item_id": ["Tea", "Té"], "item": pa.array([0, 1], pa.int32())}))
    assert len(aliases_of(coded, "item_id", "item", "exact", None).spellings) == 0


def test_users_that_are_decimals_everywhere_are_understood_without(engine: Any) -> None:
    users = table(engine, ["100.0", "101.0", None], "user_id")
    joined = join_ids({"events": users})
    assert (joined.rules["user_id"], ids_of(joined.tables["events"], "user_id")) == (
        "decimal",
        ["100.0", "101.0", None],
    )
    coded = uploaded(engine, pa.table({"user_id": ["100.0", "101.0"], "user": pa.array([0, 1], pa.int32())}))
    assert [*aliases_of(coded, "user_id", "user", "decimal", None).spellings] == ["100", "101"]
