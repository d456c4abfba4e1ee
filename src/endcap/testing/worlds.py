"""Small shops with a known answer, and what is asked of them."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from endcap.core.arrays import Strings
from endcap.core.candidates import Candidates
from endcap.core.catalog import OFFERED, Catalog, Column, Labels
from endcap.core.dataset import DAY, Dataset, Events
from endcap.core.query import Query
from endcap.core.records import KINDS, Event
from endcap.core.vocabulary import Vocabulary
from endcap.data.describe import as_of
from endcap.testing.values import read_only

START = 1_700_000_000.0
"""When the first event of every small world happens: seconds since 1970 (UTC)."""
Facts = Mapping[str, str | None]
"""What a catalog says of one item: ``title``, ``image``, ``category``, ``family``, ``currency``, ``price`` (a number as
text), ``available`` (``yes``, ``no``; where no item says it, what is on sale is told from the events)."""


def bought(*item_ids: str, order: str = "o0", user: str | None = None, day: float = 0.0) -> list[Event]:
    """One order: a purchase of each of the given items, `day` days after the world began."""
    time = START + day * DAY
    return [
        Event(kind="purchase", session_id=order, order_id=order, user_id=user, item_id=item_id, time=time, price=1.0)
        for item_id in item_ids
    ]


def orders(*baskets: Sequence[str], items: Mapping[str, Facts] | None = None) -> Dataset:
    """A shop that sold the given baskets, one a day; basket i was bought by user ``u<i>``."""
    events = [bought(*basket, order=f"o{i}", user=f"u{i}", day=i) for i, basket in enumerate(baskets)]
    return shop([event for basket in events for event in basket], items)


def shop(events: Iterable[Event], items: Mapping[str, Facts] | None = None) -> Dataset:
    """The dataset of a few events, read-only, seen from a second after the last one.

    Item codes follow `items` and then the order of first appearance, so that ``i0`` can be code 0.
    """
    events = [event for event in events if event.item_id is not None]
    facts: dict[str, Facts] = {**(items or {})}
    for event in events:
        facts.setdefault(str(event.item_id), {})
    codes, users = Vocabulary.of(facts), _named(event.user_id for event in events)
    sessions, placed = _named(event.session_id for event in events), _named(event.order_id for event in events)
    unsorted = Events(
        session=sessions.encode(event.session_id for event in events),
        user=users.encode(event.user_id or "" for event in events),
        item=codes.encode(str(event.item_id) for event in events),
        kind=np.array([KINDS.index(event.kind) for event in events], np.int8),
        time=np.array([event.time for event in events], np.float64),
        quantity=np.array([event.quantity for event in events], np.float32),
        price=np.array([np.nan if event.price is None else event.price for event in events], np.float32),
        order=placed.encode(event.order_id or "" for event in events),
    )
    order = np.lexsort((unsorted.kind, unsorted.item, unsorted.time, unsorted.session))
    columns: dict[str, Column] = {
        name: Strings.of(fact.get(name) or "" for fact in facts.values()) for name in ("title", "image")
    }
    columns |= {name: Labels.of(fact.get(name) for fact in facts.values()) for name in ("category", "family")}
    columns |= _offers(facts)
    now = max((event.time for event in events), default=START) + 1.0
    return read_only(as_of(Dataset(unsorted.take(order), Catalog(codes, columns), users, now, "small")))


def _offers(facts: Mapping[str, Facts]) -> dict[str, Column]:
    """Price, currency and availability, where any item says them."""
    columns: dict[str, Column] = {}
    if any(fact.get("price") for fact in facts.values()):
        columns["price"] = np.array([float(fact.get("price") or "nan") for fact in facts.values()])
    if any(fact.get("currency") for fact in facts.values()):
        columns["currency"] = Labels.of(fact.get("currency") for fact in facts.values())
    if any(fact.get("available") for fact in facts.values()):
        says = {"yes": 1, "no": 0}
        columns[OFFERED] = np.array([says.get(fact.get("available") or "", -1) for fact in facts.values()], np.int8)
    return columns


def checkerboard(n: int = 20) -> Dataset:
    """A shop of n items ``i0`` … and n orders: even items go together, odd items go together (as in implicit's tests).

    Order ``o<i>`` holds every item of its own parity but item i; the category of an item is its parity, a family has
    two items of one parity (``i0`` and ``i2``, ``i1`` and ``i3``, …). Every item is listed at 1.00.
    """
    items = {
        f"i{i}": {
            "title": f"Item {i}",
            "category": ("even", "odd")[i % 2],
            "family": f"f{i // 4 * 2 + i % 2}",
            "price": "1.00",
        }
        for i in range(n)
    }
    return orders(*([f"i{i}" for i in range(order % 2, n, 2) if i != order] for order in range(n)), items=items)


def ask(
    catalog: Catalog,
    context: Sequence[str] = (),
    session: Sequence[str] = (),
    history: Sequence[str] = (),
    cart: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> Query:
    """A query by item ids, a year after the world began; raises KeyError for an id that the catalog does not have."""
    given = (context, session, history, cart, exclude)
    unknown = [item_id for ids in given for item_id in ids if item_id not in catalog.items]
    if unknown:
        raise KeyError(f"not in the catalog: {', '.join(unknown)}")
    encode = catalog.items.encode
    asked = Query(
        START + 365 * DAY, catalog, encode(context), encode(session), encode(history), encode(cart), encode(exclude)
    )
    return read_only(asked)


def found(*scored: tuple[int, float]) -> Candidates:
    """Candidates from pairs of code and score, as they are given."""
    return read_only(
        Candidates(np.array([code for code, _ in scored], np.int32), np.array([s for _, s in scored], np.float32))
    )


def some_events(n: int = 30) -> list[Event]:
    """Events of every kind, by a few visitors, in order of time."""
    return [
        Event(
            kind=KINDS[i % len(KINDS)],
            session_id=f"s{i % 3}",
            user_id=None if i % 4 == 0 else f"u{i % 2}",
            item_id=None if KINDS[i % len(KINDS)] == "search" else f"i{i * i % 7}",
            time=START + i,
            query="mug" if KINDS[i % len(KINDS)] == "search" else None,
        )
        for i in range(n)
    ]


def _named(ids: Iterable[str | None]) -> Vocabulary:
    return Vocabulary.of(item_id for item_id in ids if item_id is not None)
