"""What each session touched and each user bought lately: a fold over the event log."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

from endcap.core.habits import Bought
from endcap.core.records import Event

TOUCHES = frozenset({"view", "click", "cart", "purchase"})
"""Kinds of event that say what a visitor is interested in."""
T = TypeVar("T")
NOTHING: Mapping[str, Bought] = MappingProxyType({})


class Recent:
    """The last items that each session touched and each user bought, oldest first; bounded in length and in number.

    A repeated item moves to the end. When there are too many visitors, the one seen longest ago is forgotten.
    """

    def __init__(self, length: int = 50, visitors: int = 200_000) -> None:
        self._length = length
        self._visitors = visitors
        self._sessions: OrderedDict[str, dict[str, None]] = OrderedDict()
        self._users: OrderedDict[str, dict[str, Bought]] = OrderedDict()

    def apply(self, events: Iterable[Event]) -> None:
        """Takes in events, in the order in which they happened."""
        for event in events:
            if event.kind in TOUCHES and event.item_id is not None:
                touched = self._items(self._sessions, event.session_id)
                touched.pop(event.item_id, None)
                self._last(touched, event.item_id, None)
                if event.user_id is not None and event.kind == "purchase":
                    bought = self._items(self._users, event.user_id)
                    known = bought.pop(event.item_id, None)
                    once = Bought(event.time, event.time)
                    self._last(bought, event.item_id, once if known is None else known.again(event.time))

    def of_session(self, session_id: str | None) -> list[str]:
        """Item ids that this visit touched, oldest first."""
        return list(self._sessions.get(session_id, ())) if session_id else []

    def of_user(self, user_id: str | None) -> Mapping[str, Bought]:
        """Item ids that this user bought since the log began, the one bought longest ago first, and how often."""
        return self._users.get(user_id, NOTHING) if user_id else NOTHING

    def _items(self, visitors: OrderedDict[str, dict[str, T]], visitor: str) -> dict[str, T]:
        """The items of a visitor, who is now the last one seen."""
        items = visitors.setdefault(visitor, {})
        visitors.move_to_end(visitor)
        if len(visitors) > self._visitors:
            visitors.popitem(last=False)
        return items

    def _last(self, items: dict[str, T], item_id: str, known: T) -> None:
        """Puts an item, which must not be there, at the end; the first one makes room."""
        items[item_id] = known
        if len(items) > self._length:
            del items[next(iter(items))]
