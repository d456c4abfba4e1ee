"""A request in ids becomes a query in codes, with what is known of the visitor."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from endcap.core.arrays import NO_CODES, Codes, among
from endcap.core.bundle import Bundle
from endcap.core.constants import Constants, understood
from endcap.core.habits import UNKNOWN, Bought, Habits
from endcap.core.query import Query
from endcap.core.records import Event, Request
from endcap.core.spelling import exact_key
from endcap.core.vocabulary import Vocabulary
from endcap.stream.recent import Recent

HISTORY = 50
"""As many of a user's last items are looked at."""


@dataclass(frozen=True)
class Hydrated:
    """A query, and what of the request could not be understood."""

    query: Query
    reasons: list[str]


def hydrated(request: Request, bundle: Bundle, recent: Recent, now: float) -> Hydrated:
    """The query behind a request; ids that are not known become reasons, never errors."""
    items, reasons = bundle.catalog.items, []
    shown = items.code(request.item) if request.item is not None else -1
    if request.item is not None and shown < 0:
        near = near_id(request.item, items)
        hint = f"; did you mean {near}?" if near else ""
        reasons.append(f"item {request.item!r} is not in the catalog{hint}")
    cart = items.encode_known(request.cart) if request.cart else NO_CODES
    if len(cart) < len(request.cart):
        unknown = [item_id for item_id in request.cart if item_id not in items]
        reasons.append(f"not in the catalog, though in the cart: {', '.join(map(repr, unknown[:3]))}")
    attributes, unusable = (
        understood(request.attributes, bundle.catalog, bundle.constants.get("catalog", Constants()))
        if request.attributes
        else ({}, [])
    )
    session = recent.of_session(None if request.session is None else exact_key(request.session))
    history, habits = _history(request.user, bundle, recent)
    query = Query(
        now=now,
        catalog=bundle.catalog,
        context=np.array([shown], np.int32) if shown >= 0 else cart,
        session=_each_at_its_last(items.encode_known(session)) if session else NO_CODES,
        history=history,
        habits=habits,
        cart=cart,
        exclude=items.encode_known(request.exclude) if request.exclude else NO_CODES,
        attributes=attributes,
        country=request.country or "",
    )
    return Hydrated(query, [*reasons, *unusable])


def near_id(item_id: str, items: Vocabulary) -> str | None:
    """Return the item of the catalog whose id differs only in case, blanks, dashes or zeros; None if there is none.

    A few ways to write the id are looked up, so that this takes no longer in a large catalog.
    """
    plain = "".join(item_id.split())
    forms = [plain, plain.replace("_", "-"), plain.replace("-", "_"), plain.lstrip("0"), plain.removesuffix(".0")]
    ways = [way for form in forms for way in (form, form.upper(), form.lower(), form.capitalize(), form.title())]
    return next((items.ids[code] for way in ways if way and (code := items.code(way)) >= 0), None)


def _history(user_id: str | None, bundle: Bundle, recent: Recent) -> tuple[Codes, Habits]:
    """What a user bought, each item once and at its last time: from the bundle's past, and what came since."""
    if user_id is None:
        return NO_CODES, UNKNOWN
    before, habits = bundle.histories.of(user_id)
    items = bundle.catalog.items
    since = _since(recent.of_user(bundle.histories.users.fold(user_id)), items)
    if not since:
        return before[-HISTORY:], habits.take(slice(-HISTORY, None))
    place = dict(zip(before.tolist(), range(len(before)), strict=True))
    again = [habits.entry(place[code]).then(known) if code in place else known for code, known in since.items()]
    kept = np.flatnonzero(~among(before, np.fromiter(since, np.int32)))[-HISTORY:]
    codes = np.concatenate([before[kept], np.fromiter(since, np.int32)])
    return codes[-HISTORY:], habits.take(kept).then(Habits.of(again)).take(slice(-HISTORY, None))


def fold_ids(event: Event, bundle: Bundle) -> Event:
    """Give an event the ids of the bundle, however the shop spelled them, so that one visitor and one item are one.

    An id that the bundle does not know gets the form in which its spellings are one. The event log keeps what was sent.
    """
    item, user = event.item_id, event.user_id
    session = exact_key(event.session_id)
    folded_item = item if item is None else bundle.catalog.items.fold(item)
    folded_user = user if user is None else bundle.histories.users.fold(user)
    if (session, folded_item, folded_user) == (event.session_id, item, user):
        return event
    return replace(event, session_id=session, item_id=folded_item, user_id=folded_user)


def _since(bought: Mapping[str, Bought], items: Vocabulary) -> dict[int, Bought]:
    """What was bought lately, by code; two spellings of an item are one."""
    since: dict[int, Bought] = {}
    for item_id, known in bought.items():
        code = items.code(item_id)
        if code >= 0:
            before = since.pop(code, None)
            since[code] = known if before is None else before.then(known)
    return since


def _each_at_its_last(codes: Codes) -> Codes:
    """The codes, each once, at its last place."""
    last = dict.fromkeys(reversed(codes.tolist()))
    return codes if len(last) == len(codes) else np.array(list(last)[::-1], np.int32)
