"""What each session touched and each user bought lately: a fold over the event log."""

from collections import OrderedDict
from collections.abc import Iterable

from endcap.core.records import Event

TOUCHES = frozenset({"view", "click", "cart", "purchase"})
"""Kinds of event that say what a visitor is interested in."""


class Recent:
    """The last items that each session touched and each user bought, oldest first; bounded in length and in number.

    A repeated item moves to the end. When there are too many visitors, the one seen longest ago is forgotten.
    """

    def __init__(self, length: int = 50, visitors: int = 200_000) -> None:
        self._length = length
        self._visitors = visitors
        self._sessions: OrderedDict[str, dict[str, None]] = OrderedDict()
        self._users: OrderedDict[str, dict[str, None]] = OrderedDict()

    def apply(self, events: Iterable[Event]) -> None:
        """Takes in events, in the order in which they happened."""
        for event in events:
            if event.kind in TOUCHES and event.item_id is not None:
                self._touch(self._sessions, event.session_id, event.item_id)
                if event.user_id is not None and event.kind == "purchase":
                    self._touch(self._users, event.user_id, event.item_id)

    def of_session(self, session_id: str | None) -> list[str]:
        """Item ids that this visit touched, oldest first."""
        return list(self._sessions.get(session_id, ())) if session_id else []

    def of_user(self, user_id: str | None) -> list[str]:
        """Item ids that this user bought since the log began, oldest first."""
        return list(self._users.get(user_id, ())) if user_id else []

    def _touch(self, visitors: OrderedDict[str, dict[str, None]], visitor: str, item_id: str) -> None:
        items = visitors.setdefault(visitor, {})
        items.pop(item_id, None)
        items[item_id] = None
        if len(items) > self._length:
            del items[next(iter(items))]
        visitors.move_to_end(visitor)
        if len(visitors) > self._visitors:
            visitors.popitem(last=False)
