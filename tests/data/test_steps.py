"""Each preparation step on about five rows, and the ledger that writes down what it did."""

from typing import Any

import ibis
import pyarrow as pa
import pytest

from endcap.data.categories import categories_from_titles
from endcap.data.ledger import Ledger, reason
from endcap.data.steps import without_cancelled_purchases, without_repeats


def events(*rows: tuple[float, str, str, str | None, float]) -> ibis.Table:
    """A table of (time, kind, item, user, quantity)."""
    names = ("time", "kind", "item_id", "user_id", "quantity")
    kinds = (pa.float64(), pa.string(), pa.string(), pa.string(), pa.float64())
    columns = zip(*rows, strict=True)
    table = {name: pa.array(values, kind) for name, kind, values in zip(names, kinds, columns, strict=True)}
    return ibis.memtable(pa.table({**table, "session_id": pa.array([f"s{row[0]:.0f}" for row in rows])}))


def left(table: ibis.Table) -> list[tuple[Any, ...]]:
    """(time, kind) of the rows there are, by time."""
    return sorted((row["time"], row["kind"]) for row in table.to_pyarrow().to_pylist())


def test_the_same_line_twice_is_one_event() -> None:
    row = (1.0, "purchase", "a", "u", 1.0)
    assert left(without_repeats(events(row, row, (2.0, "purchase", "a", "u", 1.0)))) == [
        (1, "purchase"),
        (2, "purchase"),
    ]


def test_a_return_takes_back_the_latest_purchase_before_it() -> None:
    table = events(
        (1.0, "purchase", "a", "u", 6.0),
        (2.0, "purchase", "a", "u", 6.0),
        (3.0, "return", "a", "u", 6.0),
        (4.0, "purchase", "a", "u", 6.0),
    )
    assert left(without_cancelled_purchases(table)) == [(1, "purchase"), (4, "purchase")]


@pytest.mark.parametrize(
    "back",
    [
        (2.0, "return", "a", "u", 5.0),
        (2.0, "return", "b", "u", 6.0),
        (2.0, "return", "a", "v", 6.0),
        (2.0, "return", "a", None, 6.0),
        (0.0, "return", "a", "u", 6.0),
    ],
    ids=["a part", "another item", "another user", "a guest", "before the purchase"],
)
def test_a_return_of_something_else_takes_back_nothing(back: tuple[float, str, str, str | None, float]) -> None:
    table = events((1.0, "purchase", "a", "u", 6.0), back)
    assert left(without_cancelled_purchases(table)) == sorted([(1, "purchase"), (back[0], "return")])


def test_no_purchase_is_taken_back_twice() -> None:
    table = events(
        (1.0, "purchase", "a", "u", 6.0),
        (2.0, "purchase", "a", "u", 6.0),
        (3.0, "return", "a", "u", 6.0),
        (4.0, "return", "a", "u", 6.0),
    )
    assert left(without_cancelled_purchases(table)) == [(1, "purchase"), (4, "return")]


def test_the_ledger_says_what_was_dropped_and_changed_and_why() -> None:
    def louder(table: ibis.Table) -> ibis.Table:
        """Quiet items
        are not heard."""
        return table.mutate(item_id=table.item_id.upper())

    row = (1.0, "purchase", "a", "u", 1.0)
    ledger = Ledger()
    table = ledger.opened("events.csv", events(row, row, (2.0, "purchase", "B", "u", 1.0)))
    table = ledger.change(ledger.apply(table, without_repeats), louder, "item_id")
    assert [(line.step, line.dropped, line.changed, line.left) for line in ledger.entries] == [
        ("read events.csv", 0, 0, 3),
        ("without repeats", 1, 0, 2),
        ("louder", 0, 1, 2),
    ]
    assert reason(louder) == ledger.entries[-1].why == "Quiet items are not heard."
    assert "_before_" not in table.columns


def test_a_category_is_the_word_that_many_titles_end_with() -> None:
    titles = [*(f"{colour} MUG" for colour in ("RED", "BIG", "OLD", "TEA", "FUN", "ODD", "TIN")), "SET OF 3 MUGS PINK"]
    table = pa.table({"title": [*titles, "LONELY LAMP", None]})
    assert categories_from_titles(table)["category"].to_pylist() == ["mug"] * 8 + [None, None]
