"""Events that came more than once."""

from typing import Any

from endcap.data.steps import first_of_each_item, without_echoes, without_repeats


def test_the_same_line_twice_is_one_event(events: Any, left: Any) -> None:
    row = {"time": 1.0, "kind": "purchase", "user_id": "u", "price": 2.0}
    table = events(row, row, {**row, "time": 2.0}, {**row, "price": None}, {**row, "price": None})
    assert left(without_repeats(table), "_row_") == [0, 2, 3]
    assert sorted(left(without_repeats(table.drop("_row_")).mutate(_row_=0), "time")) == [1, 1, 2]


def test_the_same_event_within_seconds_is_an_echo(events: Any, left: Any) -> None:
    table = events(
        {"time": 0.0}, {"time": 1.5}, {"time": 3.0}, {"time": 5.5}, {"time": 5.6, "item_id": "b"},
        {"time": 5.7, "session_id": "other"},
    )  # fmt: skip
    assert left(without_echoes(table), "time") == [0.0, 5.5, 5.6, 5.7]
    assert left(without_echoes(table, seconds=1.0), "time") == [0.0, 1.5, 3.0, 5.5, 5.6, 5.7]


def test_two_lines_of_an_order_at_one_moment_are_no_echo_of_different_quantities(events: Any, left: Any) -> None:
    line = {"time": 0.0, "kind": "purchase", "order_id": "o"}
    assert left(without_echoes(events({**line, "quantity": 1.0}, {**line, "quantity": 2.0})), "quantity") == [1, 2]


def test_an_item_is_described_once(catalog: Any, left: Any) -> None:
    table = catalog({"item_id": "a", "title": "A"}, {"item_id": "b", "title": "B"}, {"item_id": "a", "title": "Ah"})
    assert left(first_of_each_item(table), "item_id", "title") == [("a", "A"), ("b", "B")]
