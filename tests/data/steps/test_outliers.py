"""Numbers that cannot be meant."""

from typing import Any

from endcap.data.steps import without_outliers


def test_a_number_far_from_what_is_usual_for_the_item_goes(events: Any, left: Any) -> None:
    usual = [{"kind": "purchase", "quantity": float(1 + place % 2), "price": 5.0} for place in range(8)]
    wild = [{"kind": "purchase", "quantity": 70_000.0}, {"kind": "purchase", "price": 0.001}]
    table = events(
        *usual, *wild, {"kind": "cart", "quantity": 70_000.0}, {"kind": "purchase", "item_id": "b", "price": 9e9}
    )
    assert left(without_outliers(table, fewest=5, z=3.0), "_row_") == [*range(8), 10, 11]
    assert left(without_outliers(table, fewest=5, z=3.0, both=()), "_row_") == [*range(8), 9, 10, 11]
    assert left(without_outliers(table, fewest=50, z=3.0), "_row_") == list(range(12))


def test_a_dozen_is_no_slip_where_one_is_usual(events: Any, left: Any) -> None:
    table = events(*({"kind": "purchase", "quantity": 1.0} for _ in range(5)), {"kind": "purchase", "quantity": 12.0})
    assert len(left(without_outliers(table, fewest=5), "_row_")) == 6
