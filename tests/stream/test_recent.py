"""What each visitor touched lately."""

from math import log
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endcap.core.dataset import DAY
from endcap.core.records import KINDS, Event
from endcap.stream.recent import Recent
from endcap.testing import FoldContract

VISITORS = ("s0", "s1", "s2", "u0", "u1")


def state(recent: Recent) -> object:
    """All lists there are."""
    return [(recent.of_session(visitor), [*recent.of_user(visitor).items()]) for visitor in VISITORS]


def touched(*items: str, session: str = "s0", kind: Any = "view", user: str | None = None) -> list[Event]:
    """One event per item."""
    return [Event(kind=kind, session_id=session, user_id=user, item_id=item) for item in items]


class TestRecentContract(FoldContract):
    def fold(self) -> Recent:
        return Recent(length=3, visitors=2)

    def state(self, fold: Any) -> object:
        return state(fold)


def test_a_repeated_item_moves_to_the_end_and_the_oldest_falls_off() -> None:
    recent = Recent(length=3)
    recent.apply(touched("a", "b", "a", "c", "d"))
    assert recent.of_session("s0") == ["a", "c", "d"]


def test_only_some_kinds_say_what_is_wanted() -> None:
    recent = Recent()
    for kind in KINDS:
        recent.apply(touched(kind, kind=kind))
    assert recent.of_session("s0") == ["view", "click", "cart", "purchase"]


def test_sessions_and_users_are_kept_apart() -> None:
    recent = Recent()
    recent.apply(touched("a", user="u0", kind="purchase"))
    recent.apply([*touched("b", session="s1", user="u0", kind="purchase"), *touched("c", session="u0")])
    assert (recent.of_session("s0"), list(recent.of_user("u0"))) == (["a"], ["a", "b"])
    assert [*recent.of_user("s0")] == recent.of_session(None) == [*recent.of_user(None)] == []


def test_what_a_user_only_looked_at_is_not_bought() -> None:
    recent = Recent()
    recent.apply(touched("a", user="u0"))
    assert (recent.of_session("s0"), list(recent.of_user("u0"))) == (["a"], [])


def test_how_often_and_after_how_long_a_user_bought_something() -> None:
    recent = Recent()
    for day in (0, 0.1, 10, 30):
        recent.apply([Event(kind="purchase", session_id="s", user_id="u0", item_id="a", time=day * DAY)])
    known = recent.of_user("u0")["a"]
    assert (known.first, known.last, known.waits) == (0, 30 * DAY, 2)
    assert known.logs == pytest.approx(log(9.9) + log(20))


def test_the_visitor_seen_longest_ago_is_forgotten() -> None:
    recent = Recent(visitors=2)
    for session in ("s0", "s1", "s0", "s2"):
        recent.apply(touched("a", session=session))
    assert [bool(recent.of_session(session)) for session in ("s0", "s1", "s2")] == [True, False, True]


EVENTS = st.builds(
    Event,
    kind=st.sampled_from(KINDS),
    session_id=st.sampled_from(VISITORS[:3]),
    user_id=st.sampled_from([None, *VISITORS[3:]]),
    item_id=st.sampled_from([None, *"abcdef"]),
    time=st.integers(0, 100).map(lambda day: day * DAY),
)


@given(st.lists(EVENTS, max_size=30), st.integers(0, 30))
def test_a_fold_of_two_halves_equals_a_fold_of_the_whole(events: list[Event], cut: int) -> None:
    whole, halves = Recent(length=3, visitors=2), Recent(length=3, visitors=2)
    whole.apply(events)
    halves.apply(events[:cut])
    halves.apply(events[cut:])
    assert state(halves) == state(whole)
