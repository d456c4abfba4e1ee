"""Events that came more than once."""

from math import inf, nextafter
from typing import Any

import pytest

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


@pytest.mark.parametrize("moment", [0.5, 1.0, 1_700_000_000.1, 4_102_444_799.0])
def test_neighbouring_fractions_are_different(events: Any, left: Any, moment: float) -> None:
    """Two moments of today that a float can tell apart lie a quarter of a microsecond apart; 0.0 is -0.0."""
    times = [{"time": time} for time in (moment, nextafter(moment, inf), nextafter(moment, 0.0), moment)]
    assert left(without_repeats(events(*times)), "_row_") == [0, 1, 2]
    prices = [{"time": moment, "price": price} for price in (0.1, nextafter(0.1, 1.0), None, 0.1, None, 0.0, -0.0, 0.0)]
    table = events(*prices)
    assert left(without_repeats(table), "_row_") == [0, 1, 2, 5]
    assert left(without_echoes(table), "_row_") == [0, 1, 2, 5]


def test_an_event_between_them_keeps_no_echo_apart(events: Any, left: Any) -> None:
    """Rows that differ in a fraction are other events, wherever they stand in time."""
    table = events(*({"time": 0.5 * place, "price": (1.0, 2.0, None)[place % 3]} for place in range(9)))
    assert left(without_echoes(table), "_row_") == [0, 1, 2]
    assert left(without_echoes(table, seconds=1.0), "_row_") == list(range(9))


def test_an_item_is_described_once(catalog: Any, left: Any) -> None:
    table = catalog({"item_id": "a", "title": "A"}, {"item_id": "b", "title": "B"}, {"item_id": "a", "title": "Ah"})
    assert left(first_of_each_item(table), "item_id", "title") == [("a", "A"), ("b", "B")]
