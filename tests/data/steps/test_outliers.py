"""Numbers that cannot be meant, and items that nobody chose."""

from typing import Any

from endcap.data.steps import without_items, without_outliers


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


def test_items_that_nobody_chose_go_and_searches_without_an_item_stay(events: Any, left: Any) -> None:
    table = events({"item_id": "bag"}, {"item_id": "mug"}, {"kind": "search", "item_id": None}, {"item_id": "BAG"})
    assert left(without_items(table, items=("bag",)), "_row_") == [1, 2, 3]
    assert left(without_items(table), "_row_") == [0, 1, 2, 3]
