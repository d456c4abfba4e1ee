"""Guests who log in, and visitors who are no people."""

from typing import Any

import pytest

from endcap.core.errors import BadData
from endcap.data.steps import identity_merged, without_bots

DAY = 86_400.0


def test_what_a_guest_did_is_the_users_who_logs_in_later(events: Any, left: Any) -> None:
    table = events(
        {}, {"user_id": "u"}, {}, {"user_id": "v"}, {},
        {"session_id": "t"}, {"session_id": "t", "user_id": "w", "time": 5.0},
    )  # fmt: skip
    assert left(identity_merged(table), "user_id") == ["u", "u", "v", "v", None, "w", "w"]


def test_a_cookie_joins_visits_for_a_while(events: Any, left: Any) -> None:
    table = events(
        {"time": 0.0, "session_id": "s1", "cookie": "c"},
        {"time": 40 * DAY, "session_id": "s2", "cookie": "c"},
        {"time": 50 * DAY, "session_id": "s3", "cookie": "c", "user_id": "u"},
        {"time": 49 * DAY, "session_id": "s4", "cookie": None},
        {"time": 51 * DAY, "session_id": "s5", "cookie": None, "user_id": "v"},
    )
    assert left(identity_merged(table), "user_id") == [None, None, "u", None, "v"]
    assert left(identity_merged(table, by=("session_id", "cookie")), "user_id") == [None, "u", "u", None, "v"]
    with pytest.raises(BadData, match=r"identity_merged: there is no column 'visitor_id'; there are: .*cookie"):
        identity_merged(table, by=("visitor_id",))


def test_too_many_events_in_a_minute_or_a_session_are_a_program(events: Any, left: Any) -> None:
    fast = [{"session_id": "fast", "time": 10.0 + place} for place in range(4)]
    slow = [{"session_id": "slow", "time": 100.0 * place * place} for place in range(4)]
    order = [{"session_id": "order", "kind": "purchase", "time": 0.0} for _ in range(4)]
    table = events(*fast, *slow, *order)
    assert set(left(without_bots(table), "session_id")) == {"fast", "slow", "order"}
    assert set(left(without_bots(table, per_minute=3), "session_id")) == {"slow", "order"}
    assert set(left(without_bots(table, per_session=3), "session_id")) == {"order"}


def test_pauses_that_are_all_alike_are_a_program(events: Any, left: Any) -> None:
    clock = [{"session_id": "clock", "time": 90.0 * place} for place in range(6)]
    person = [{"session_id": "person", "time": 90.0 * place + 7.0 * place * place} for place in range(6)]
    both = [{"session_id": "clock", "kind": "purchase", "time": 91.0}]
    table = events(*clock, *person, *both)
    assert set(left(without_bots(table, pauses=5), "session_id")) == {"person"}
    assert set(left(without_bots(table, pauses=6), "session_id")) == {"clock", "person"}
