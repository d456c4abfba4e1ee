"""What the data holds, and the models and slots that fit it."""

import tomllib
from pathlib import Path
from typing import Any

import ibis
import pytest

from endcap.core.errors import BadData
from endcap.core.records import Event, Kind
from endcap.data.starting.facts import Facts, common_items, facts_of, facts_of_tables
from endcap.data.starting.models_and_slots import (
    Chosen,
    models_and_slots,
    text_of,
    with_models_and_slots,
)
from endcap.data.starting.proposals import propose
from endcap.testing import START, bought, shop

DAY = 86_400.0


def seen(*items: str, session: str, kind: Kind = "view", day: float = 0.0, user: str | None = None) -> list[Event]:
    return [
        Event(kind=kind, session_id=session, item_id=item, time=START + day * DAY + n, user_id=user)
        for n, item in enumerate(items)
    ]


SHELVES = {name: {"category": "mugs" if name < "c" else "lamps", "title": name} for name in "abcd"}
EVENTS = [
    *seen("a", "b", session="s0"),
    *seen("a", "a", session="s1"),
    *seen("c", session="s2"),
    *seen("d", session="s2", kind="cart"),
    *bought("a", "b", order="o0", user="u0", day=1),
    *bought("a", order="o1", user="u0", day=2),
    *bought("c", order="o2", user="u1", day=3),
]


def written(facts: Facts) -> Any:
    return tomllib.loads(models_and_slots(facts))


def test_what_can_teach_something_is_counted_and_not_all_rows() -> None:
    facts = facts_of(shop(EVENTS, SHELVES))
    assert facts.kinds == {"view": 5, "cart": 1, "purchase": 4}
    assert (facts.visits, facts.compared) == (3, 1)  # s0, s2 and the visit of order o0; s0
    assert (facts.orders, facts.baskets, facts.returning) == (3, 1, 1)
    assert (facts.categories, facts.families, facts.titled, facts.new) == (True, False, True, 0)


def test_raw_tables_say_the_same_as_the_prepared_dataset() -> None:
    rows = [
        {
            name: getattr(event, name)
            for name in ("time", "kind", "session_id", "item_id", "user_id", "order_id", "price")
        }
        for event in EVENTS
    ]
    words = dict.fromkeys(("kind", "session_id", "item_id", "user_id", "order_id"), "string")
    events = ibis.memtable(rows, schema={"time": "float64", "price": "float64", **words})
    items = [{"item_id": name, "family": None, **facts} for name, facts in SHELVES.items()]
    catalog = ibis.memtable(items, schema=dict.fromkeys(("item_id", "family", "category", "title"), "string"))
    told, known = facts_of_tables(events, catalog), facts_of(shop(EVENTS, SHELVES))
    names = ("kinds", "items", "visits", "compared", "orders", "baskets", "returning", "categories", "titled")
    assert {name: getattr(told, name) for name in names} == {name: getattr(known, name) for name in names}
    nameless = events.mutate(order_id=ibis.null("string"))
    assert facts_of_tables(nameless, None).orders == 0
    assert facts_of_tables(nameless, None, ('"basketed"',)).baskets == 1


def test_a_bag_in_every_other_order_is_common_and_a_bestseller_is_not() -> None:
    assert common_items(["bag", "mug", "lamp"], [50, 12, 11], 100) == ("bag",)
    assert common_items(["bag", "fee", "mug", "lamp"], [60, 50, 12, 11], 100) == ("bag", "fee")
    assert common_items(["milk", "mug", "lamp"], [50, 30, 20], 100) == ()  # not so many times as often as others
    assert common_items(["mug", "lamp"], [25, 4], 100) == ()
    assert common_items(["bag", "mug"], [10, 2], 20) == ()  # too few orders to tell
    assert common_items(["bag"], [90], 100) == ()  # there is nothing else


def test_views_are_learned_from_where_there_are_views() -> None:
    tables = written(Facts({"view": 17_000, "purchase": 400}, visits=5000, compared=5000, orders=300, baskets=40))
    assert tables["slots"]["item/substitutes"]["task"] == "similar"
    assert tables["slots"]["home/next"]["task"] == "next_item"
    learned = {name for name, table in tables["models"].items() if table["use"] in ("substitutes", "session_knn")}
    assert learned == {"instead", "next"}
    assert "viewed" in tables["slots"]["item/together"]["fallback"]


def test_orders_alone_are_learned_from_as_baskets() -> None:
    tables = written(Facts({"purchase": 5000}, items=50, visits=1000, orders=1000, baskets=900, returning=80))
    assert "home/next" not in tables["slots"]
    assert {table.get("source", "baskets") for table in tables["models"].values()} == {"baskets", "histories"}
    tasks = {name: slot.get("task") for name, slot in tables["slots"].items()}
    assert tasks == {
        "item/substitutes": None, "item/together": "item_basket", "cart/together": "basket",
        "home/for-you": "next_purchases", "home/popular": "anybody",
    }  # fmt: skip


def test_nothing_is_asked_of_what_the_data_does_not_tell() -> None:
    text = models_and_slots(Facts({"purchase": 500}, orders=500))  # one item each, nobody known
    for word in ("category", "families", 'basket"', 'baskets"', "histories", "not_bought", "viewed"):
        assert word not in text
    slots = tomllib.loads(text)["slots"]
    assert all(slot["retrievers"] == ["popular"] for slot in slots.values())
    with_categories = written(Facts({"purchase": 500}, orders=500, categories=True, families=True))["slots"]
    assert with_categories["item/substitutes"]["stages"] == [
        "available",
        "not_in_cart",
        "same_category",
        "one_per_family",
    ]


def test_a_shop_without_purchases_wants_what_is_put_into_carts_or_looked_at() -> None:
    assert written(Facts({"cart": 500, "click": 900}, visits=50))["models"]["popular"]["kinds"] == ["cart"]
    assert written(Facts({"click": 900}, visits=50, compared=50))["models"]["instead"]["kinds"] == ["click"]
    few = written(Facts({"view": 9000, "purchase": 12}, visits=50))["models"]
    assert few["popular"]["kinds"] == ["view", "purchase"]
    assert few["bestsellers"]["kinds"] == ["purchase"]
    with pytest.raises(BadData, match="the data holds only impression, search; nothing of that says what people want"):
        models_and_slots(Facts({"search": 5, "impression": 7}))


@pytest.mark.parametrize("views", [0, 2000])
@pytest.mark.parametrize("orders", [0, 3000])
@pytest.mark.parametrize("rest", [{}, {"categories": True, "families": True, "priced": True, "titled": True, "new": 5}])
def test_what_is_proposed_is_a_sound_settings_file(views: int, orders: int, rest: Any) -> None:
    from endcap.config import parse

    kinds = {"view": views, "purchase": orders} if views or orders else {"cart": 30}
    facts = Facts(kinds, 100, 50.0, views, views, orders, orders // 2, orders // 9, **rest)
    proposal = propose(facts)
    for everything in (False, True):
        text = text_of(proposal, {}, everything=everything)
        config = parse(f'[[sources]]\nuse = "csv"\nevents = "e.csv"\n{text}', Path("endcap.toml"))
        assert config.settings.slots.keys() >= {"item/substitutes", "item/together", "home/for-you", "home/popular"}
    for slot in proposal.slots:
        assert slot.fallback[-1:] == ("popular",) or "popular" in (*slot.retrievers, *slot.fallback)
        named = {name for names in (slot.retrievers, slot.fallback, *slot.candidates) for name in names}
        assert named <= proposal.models.keys()


def test_what_was_chosen_is_written_with_the_reason_and_without_models_that_nobody_needs() -> None:
    proposal = propose(Facts({"purchase": 5000}, items=50, orders=1000, baskets=900, returning=80))
    choice = Chosen(("bestsellers",), ("available",), "because\nit wins")
    text = text_of(proposal, {slot.name: choice for slot in proposal.slots})
    assert '[slots."cart/together"]\n# because\n# it wins\nretrievers = ["bestsellers"]\nstages = ["available"]' in text
    assert "completing" not in tomllib.loads(text_of(proposal, {"cart/together": choice}))["slots"]["cart/together"]
    assert "content" not in tomllib.loads(text)["models"]
    settings = f"# mine\n{text}"
    assert with_models_and_slots(settings, text_of(proposal, {})) == f"# mine\n{text_of(proposal, {})}"
    with pytest.raises(ValueError, match="no line '# Models and slots"):
        with_models_and_slots("[shop]\n", text)
