"""What was given back was not kept."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from endcap.data.steps import returns_netted, without_cancelled_purchases


def trade(table: Any, *moves: tuple[str, float]) -> Any:
    """Purchases and returns of one user and item, a second apart."""
    return table(*({"kind": kind, "quantity": quantity, "user_id": "u"} for kind, quantity in moves))


def by_hand(moves: Iterable[tuple[str, float]]) -> list[tuple[int, str, float]]:
    """What is left of them, one by one: a stack of pieces."""
    stack: list[list[Any]] = []
    kept: list[tuple[int, str, float]] = []
    for row, (kind, quantity) in enumerate(moves):
        if kind == "purchase":
            stack.append([row, quantity])
            continue
        missing = quantity
        while missing and stack:
            taken = min(missing, stack[-1][1])
            stack[-1][1] -= taken
            missing -= taken
            if not stack[-1][1]:
                stack.pop()
        if missing:
            kept.append((row, kind, missing))
    return sorted(kept + [(row, "purchase", quantity) for row, quantity in stack])


@pytest.mark.parametrize(
    "moves",
    [
        [("purchase", 6.0), ("purchase", 6.0), ("return", 6.0), ("purchase", 6.0)],
        [("purchase", 6.0), ("return", 2.5)],
        [("purchase", 6.0), ("purchase", 1.0), ("return", 3.0), ("return", 1.0)],
        [("return", 1.0), ("purchase", 6.0), ("return", 9.0), ("purchase", 2.0), ("return", 1.0)],
    ],
    ids=["the latest", "a part", "of two", "more than was bought"],
)
def test_a_return_takes_back_the_latest_pieces(events: Any, left: Any, moves: list[tuple[str, float]]) -> None:
    assert left(returns_netted(trade(events, *moves)), "_row_", "kind", "quantity") == by_hand(moves)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["purchase", "return"]), st.integers(1, 9).map(float)), min_size=1, max_size=9)
)
@pytest.mark.parametrize("events", ["duckdb"], indirect=True)
def test_windows_give_what_a_stack_gives(events: Any, left: Any, moves: list[tuple[str, float]]) -> None:
    assert left(returns_netted(trade(events, *moves)), "_row_", "kind", "quantity") == by_hand(moves)


def test_only_what_the_same_buyer_bought_before_is_taken_back(events: Any, left: Any) -> None:
    table = events(
        {"kind": "purchase", "user_id": "u"}, {"kind": "return", "user_id": "v"},
        {"kind": "purchase", "order_id": "o"}, {"kind": "return", "order_id": "o", "session_id": "later"},
        {"kind": "return", "user_id": "u", "item_id": "b"}, {"kind": "view", "user_id": "u"},
        {"kind": "search", "user_id": "u", "item_id": None, "quantity": None},
        {"kind": "return", "user_id": "w", "time": 50.0}, {"kind": "purchase", "user_id": "w", "time": 50.0},
    )  # fmt: skip
    assert left(returns_netted(table), "_row_") == [0, 1, 4, 5, 6]


def test_a_return_of_all_takes_its_purchase_with_it(events: Any, left: Any) -> None:
    table = trade(events, ("purchase", 6.0), ("purchase", 6.0), ("return", 6.0), ("purchase", 6.0), ("return", 1.0))
    assert left(without_cancelled_purchases(table), "_row_") == [0, 3, 4]


@pytest.mark.parametrize(
    "back",
    [
        {"quantity": 5.0},
        {"quantity": 6.0, "item_id": "b"},
        {"quantity": 6.0, "user_id": "v"},
        {"quantity": 6.0, "user_id": None},
        {"quantity": 6.0, "time": -1.0},
    ],
    ids=["a part", "another item", "another user", "a guest", "before the purchase"],
)
def test_a_return_of_something_else_cancels_nothing(events: Any, left: Any, back: dict[str, Any]) -> None:
    table = events(
        {"kind": "purchase", "quantity": 6.0, "user_id": "u"}, {"kind": "return", "user_id": "u", **back}
    )  # fmt: skip
    assert left(without_cancelled_purchases(table), "kind") == ["purchase", "return"]


def test_no_purchase_is_cancelled_twice(events: Any, left: Any) -> None:
    table = trade(events, ("purchase", 6.0), ("purchase", 6.0), ("return", 6.0), ("return", 6.0))
    assert left(without_cancelled_purchases(table), "kind", "time") == [("purchase", 0.0), ("return", 3.0)]
    unnumbered = without_cancelled_purchases(table.drop("_row_")).order_by("time")
    assert unnumbered.to_pyarrow()["time"].to_pylist() == [0.0, 3.0]
