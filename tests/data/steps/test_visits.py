"""Where a visit ends, and what was bought in one."""

from typing import Any

from endcap.data.steps import basketed, sessionized

HOUR, DAY = 3600.0, 86_400.0


def groups(sessions: list[str]) -> list[int]:
    """Which events share a session, as numbers by first appearance."""
    return [list(dict.fromkeys(sessions)).index(session) for session in sessions]


def test_half_an_hour_without_an_event_ends_a_visit(events: Any, left: Any) -> None:
    user = {"user_id": "u"}
    table = events(
        {"time": 0.0, **user}, {"time": 1800.0, **user}, {"time": 3601.0, **user}, {"time": 3602.0, "session_id": "g"},
        {"time": 3603.0, "session_id": "u", "user_id": None}, {"time": 3604.0, **user, "session_id": "phone"},
    )  # fmt: skip
    assert groups(left(sessionized(table), "session_id")) == [0, 0, 1, 2, 3, 1]
    assert groups(left(sessionized(table, minutes=60), "session_id")) == [0, 0, 0, 1, 2, 0]
    assert groups(left(sessionized(table, by="session_id"), "session_id")) == [0, 0, 1, 2, 3, 4]


def test_events_of_one_moment_stay_together_and_in_the_order_they_came(events: Any, left: Any) -> None:
    table = events({"time": 9 * HOUR}, {"time": 0.0}, {"time": 9 * HOUR})
    assert left(sessionized(table), "session_id") == ["s:s#1", "s:s#0", "s:s#1"]


def test_a_new_day_begins_a_new_session_where_that_is_the_rule(events: Any, left: Any) -> None:
    table = events({"time": DAY - 60}, {"time": DAY + 60}, {"time": DAY + 120})
    assert groups(left(sessionized(table), "session_id")) == [0, 0, 0]
    assert groups(left(sessionized(table, midnight=True), "session_id")) == [0, 1, 1]
    assert groups(left(sessionized(table, midnight=True, utc_offset=-1.0), "session_id")) == [0, 0, 0]


def test_purchases_of_one_session_are_one_order_unless_they_say_otherwise(events: Any, left: Any) -> None:
    table = events(
        {"kind": "purchase"}, {"kind": "purchase", "order_id": "o"}, {"kind": "view"},
        {"kind": "purchase"}, {"kind": "purchase", "session_id": "t"},
    )  # fmt: skip
    assert left(basketed(table), "order_id") == ["session:s", "o", None, "session:s", "session:t"]
