"""What a profile says of worlds small enough to count by hand."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from msgspec.structs import replace as with_fields
from tests.data.profile.worlds import busy

from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.core.records import Event, Kind
from endcap.data.profile import counting
from endcap.data.profile.facts import FORMAT, Profile, profile_of
from endcap.data.profile.words import findings, summary
from endcap.testing import START, bought, checkerboard, orders, read_only, shop

MONDAY = 1_699_833_600.0
"""2023-11-13, midnight UTC."""


def did(kind: Kind, item: str, session: str, time: float = START, user: str | None = None) -> Event:
    return Event(kind=kind, item_id=item, session_id=session, time=time, user_id=user)


def profiled(events: Sequence[Event], **items: str) -> Profile:
    return profile_of(read_only(shop(events, {item: {"category": name} for item, name in items.items()})), "small")


def test_sizes_tell_what_there_is() -> None:
    sizes = profiled([*bought("a", "b", order="o1", user="u"), *bought("a", order="o2", day=2)], a="x", never="x").sizes
    assert (sizes.events, sizes.sessions, sizes.users, sizes.items, sizes.catalog, sizes.orders) == (3, 2, 1, 2, 3, 2)
    assert (sizes.first, sizes.last) == ("2023-11-14", "2023-11-16")


def test_short_times_are_shown_by_day_and_long_ones_by_week() -> None:
    by_day = profiled([did("view", "a", "s", MONDAY), did("view", "a", "s", MONDAY + 2 * DAY)]).when
    assert (by_day.step, by_day.starts) == ("day", ("2023-11-13", "2023-11-14", "2023-11-15"))
    assert by_day.by_kind == {"view": (1, 0, 1)}
    assert (by_day.whole, by_day.silent_days) == ((False, True, False), 1)
    by_week = profiled([did("view", "a", "s", MONDAY + day * DAY) for day in range(3, 213)]).when
    assert (by_week.step, by_week.starts[:2]) == ("week", ("2023-11-13", "2023-11-20"))
    assert (by_week.by_kind["view"][:2], by_week.whole[:2]) == ((4, 7), (False, True))
    assert by_week.peak == 1.0


def test_the_heat_map_counts_by_weekday_and_hour() -> None:
    hours = profiled([did("view", "a", "s", MONDAY + 6 * DAY + 23.5 * 3600), did("cart", "a", "s", MONDAY)]).when.hours
    assert (len(hours), len(hours[0])) == (7, 24)
    assert (hours[6][23], hours[0][0], sum(map(sum, hours))) == (1, 1, 2)


def test_a_weekday_on_which_nothing_happens_is_told() -> None:
    weekdays = [did("view", "a", "s", MONDAY + day * DAY) for day in range(35) if day % 7 != 5]
    found = profiled(weekdays)
    assert found.when.silent_weekdays == ("Saturday",)
    assert "Next to nothing happens on Saturdays." in {finding.words for finding in findings(found)}


def test_the_funnel_counts_sessions_and_items_and_says_what_is_absent() -> None:
    events = [did("view", item, f"s{n}") for n, item in enumerate("aabc")]
    found = profiled([*events, did("purchase", "a", "s0"), did("purchase", "a", "s1"), did("purchase", "z", "lone")])
    impression, view, cart, purchase = found.funnel
    assert (impression.sessions, cart.sessions, cart.kept) == (0, 0, None)
    assert (view.sessions, view.items, view.events) == (4, 3, 4)
    assert (purchase.sessions, purchase.items, purchase.kept) == (3, 2, None)
    assert "There are no impressions or carts in this data." in summary(found)
    whole = profiled([*events, did("cart", "a", "s0"), did("cart", "a", "lone")]).funnel[2]
    assert (whole.sessions, whole.kept) == (2, 0.25)


def test_sessions_and_baskets_have_sizes() -> None:
    visit = [did("view", "a", "long", START + 60 * minute) for minute in range(13)]
    found = profiled([*visit, *bought("a", "b", order="o1"), *bought("a", order="o2")]).visits
    assert dict(zip(found.events.labels, found.events.counts, strict=True))["10+"] == 1
    assert (found.longest, found.events.median) == (13, 2.0)
    assert found.at_once == pytest.approx(2 / 3, abs=1e-5)
    assert dict(zip(found.minutes.labels, found.minutes.counts, strict=True))["10–19"] == 1
    assert (found.basket.labels, found.basket.counts) == (("1", "2"), (1, 1))


def test_guests_are_told_from_known_users() -> None:
    users, guests = profiled([*bought("a", "b", order="o1", user="u"), *bought("c", order="o2")]).visitors
    assert (users.events, users.sessions, users.orders, users.basket) == (2, 1, 1, 2.0)
    assert (guests.events, guests.sessions, guests.orders, guests.basket) == (1, 1, 1, 1.0)


def test_equal_items_have_gini_zero_and_one_that_has_all_nearly_one() -> None:
    even = profile_of(checkerboard(), "even").popularity
    assert even.gini == 0.0
    assert even.lorenz[50] == 0.5
    assert [third.items for third in even.thirds] == [7, 7, 6]
    many = [did("view", "star", f"s{n}") for n in range(901)] + [did("view", f"i{n}", f"t{n}") for n in range(99)]
    steep = profiled(many).popularity
    assert steep.gini == pytest.approx(0.99 - 0.099, abs=1e-3)
    assert [third.items for third in steep.thirds] == [1, 0, 99]
    assert (steep.ranks[0], steep.events[:2], steep.purchases) == (1, (901, 1), ())


def test_categories_come_by_purchases_with_their_prices() -> None:
    prices = {"a": 1.0, "b": 3.0, "c": 9.0, "d": 4.0}
    events = [with_fields(event, price=prices[str(event.item_id)]) for event in bought(*prices)]
    events.append(with_fields(events[0], session_id="o2", order_id="o2"))
    x, y, bare = profiled(events, a="x", b="x", c="y").categories
    assert [(group.name, group.items, group.purchases) for group in (x, y, bare)] == [
        ("x", 2, 3), ("y", 1, 1), ("(no category)", 1, 1),
    ]  # fmt: skip
    assert x.prices == (1.1, 1.5, 2.0, 2.5, 2.9)
    assert y.prices == (9.0,) * 5


def test_buying_the_same_again_counts_from_order_to_order() -> None:
    found = profiled([
        *bought("a", "b", order="o1", user="u"), *bought("a", order="o2", user="u", day=10),
        *bought("a", order="o3", user="v", day=11), *bought("a", order="guest", day=12),
    ]).again  # fmt: skip
    assert (found.same_item.median, found.any_item.median) == (10.0, 10.0)
    assert dict(zip(found.same_item.labels, found.same_item.counts, strict=True))["1–2 w"] == 1
    assert (found.repeats, found.returning) == (0.25, 0.5)


def test_new_items_arrive_and_wait_for_their_tenth_event() -> None:
    old = [did("view", "old", f"s{day}", MONDAY + day * DAY) for day in range(100)]
    quick = [did("view", "quick", f"q{n}", MONDAY + (50 + n) * DAY) for n in range(10)]
    slow = [did("view", "slow", f"l{n}", MONDAY + (50 + 4 * n) * DAY) for n in range(10)]
    lone = [did("view", "lone", "x", MONDAY + 99 * DAY)]
    found = profiled([*old, *quick, *slow, *lone]).arrivals
    assert (found.total, found.since) == (3, "2023-12-07")
    assert sum(found.items) == 3
    assert dict(zip(found.weeks, found.items, strict=True))["2024-01-01"] == 2
    # The lone item is a day old: it is among those at risk at first, and then no more.
    assert [found.reached[day] for day in (8, 9, 35, 36)] == [0.0, 0.5, 0.5, 1.0]
    assert found.median == 9


def test_density_and_missing_values_are_counted() -> None:
    events = [*bought("a", "b", order="o1", user="u"), *bought("a", order="o2", user="v"), did("view", "c", "s")]
    found = profiled(events, a="x").known
    assert (found.density, found.per_user) == (0.5, 1.5)
    missing = {(column.table, column.column): column.missing for column in found.missing}
    assert missing["events", "user"] == 1
    assert missing["events", "price"] == 1
    assert missing["catalog", "category"] == 2
    assert "events.order" in found.complete
    assert [(row.label, row.count) for row in found.users[:2]] == [("1", 1), ("2–4", 1)]


def test_items_that_go_together_are_tied() -> None:
    baskets = [["a", "b"]] * 8 + [["c", "d"]] * 6 + [["e"]] * 6 + [["a", "c"]]
    graph = profile_of(orders(*baskets), "pairs").together
    tied = [(graph.nodes[edge.a].item, graph.nodes[edge.b].item, edge.together, edge.lift) for edge in graph.edges]
    assert tied == [("c", "d", 6, 3.0), ("a", "b", 8, pytest.approx(21 / 9, abs=0.01))]
    assert (graph.unit, graph.units) == ("orders", 21)


def test_without_orders_sessions_are_tied() -> None:
    events = [did("view", item, f"s{n}") for n in range(8) for item in "ab"]
    events += [did("view", "c", f"t{n}") for n in range(8)]
    graph = profiled(events).together
    assert (graph.unit, [edge.lift for edge in graph.edges]) == ("sessions", [2.0])


def test_returns_are_a_share_of_purchases() -> None:
    sold = [event for n in range(60) for event in bought("a", order=f"o{n}")]
    back = [Event(kind="return", session_id="r", item_id="a", time=START, price=1.0) for _ in range(6)]
    found = profiled([*sold, *back], a="x").returns
    assert (found.events, found.share, found.amount, found.categories) == (6, 0.1, 0.1, (("x", 0.1, 60),))
    assert profiled(sold).returns.events == 0


def test_what_is_sampled_and_read_in_blocks_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    world = busy(sessions=120)
    whole = profile_of(world, "busy")
    monkeypatch.setattr(counting, "BLOCK", 7)
    assert profile_of(world, "busy") == whole


def test_of_many_events_every_so_many_user_stands_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    world = orders(*[["a", "b"]] * 50)
    monkeypatch.setattr(counting.every, "__defaults__", (10,))
    found = profile_of(world, "many")
    assert (found.known.every, found.again.every) == (10, 10)
    assert (found.known.density, found.known.per_user) == (1.0, 2.0)


def test_nothing_cannot_be_profiled() -> None:
    world = checkerboard()
    empty = replace(world, events=world.events.take(np.zeros(len(world.events), bool)))
    with pytest.raises(BadData, match="no event"):
        profile_of(empty, "empty")


def test_a_single_event_is_enough() -> None:
    found = profiled([did("view", "a", "s")])
    assert found.drift is None
    assert summary(found).startswith("1 event from 2023-11-14 to 2023-11-14: ")


def test_the_summary_holds_the_three_most_notable_findings(world: Dataset) -> None:
    found = profile_of(world, "even")
    first, second, third, *others = findings(found)
    assert first.words.startswith("There are purchases only")
    text = summary(found)
    assert all(finding.words in text for finding in (first, second, third))
    assert not any(finding.words in text for finding in others)
    assert {finding.section for finding in findings(found)} >= {"when", "funnel", "popularity", "together", "drift"}


SHAPE = {
    "format": None, "summary": None, "findings": {"section", "weight", "words"}, "shop": None, "fingerprint": None,
    "sizes": {"events", "sessions", "users", "items", "catalog", "orders", "first", "last"},
    "when": {"step", "starts", "whole", "by_kind", "hours", "silent_days", "silent_weekdays", "peak", "peak_at"},
    "funnel": {"kind", "events", "sessions", "items", "kept"},
    "visits": {"events", "minutes", "at_once", "basket", "longest"},
    "visitors": {"who", "events", "sessions", "orders", "basket"},
    "popularity": {"ranks", "events", "purchases", "lorenz", "gini", "thirds", "untouched"},
    "categories": {"name", "items", "purchases", "events", "prices"},
    "again": {"same_item", "any_item", "repeats", "returning", "every"},
    "arrivals": {"since", "weeks", "items", "total", "days", "reached", "median", "every"},
    "on_sale": None,
    "known": {"density", "per_user", "users", "items", "missing", "complete", "every"},
    "together": {"unit", "units", "least", "nodes", "edges"},
    "returns": {"events", "share", "amount", "categories"},
    "drift": {"since", "then", "columns"},
    "distributions": {"kinds", "categories", "prices", "hours", "weekdays", "top items"},
}  # fmt: skip


def test_the_shape_of_the_json_is_stable() -> None:
    content = json.loads(json.dumps(profile_of(busy(sessions=120), "busy").to_json(), allow_nan=False))
    assert content["format"] == FORMAT == 1, "a field that changes or goes needs a new format"
    assert content.keys() == SHAPE.keys()
    for name, keys in SHAPE.items():
        part = content[name][0] if isinstance(content[name], list) else content[name]
        assert keys is None or part.keys() == keys, name


def test_it_says_how_it_is_known_what_is_on_sale() -> None:
    inferred = profile_of(orders(["a", "b"]), "plain")
    words = (
        "no catalog and no stock column: an item counts as on sale if it was sold in the last 90 days before 2023-11-14"
    )
    assert inferred.on_sale == f"{words}; 2 of 2 items are on sale"
    assert any(finding.words.startswith("No catalog and no stock column") for finding in findings(inferred))
    listed = profile_of(
        orders(["a", "b"], items={"a": {"available": "no"}, "b": {}, "c": {"available": "yes"}}), "listed"
    )
    assert listed.on_sale == (
        "2 of 3 items are on sale, as the catalog says; 1 not on sale though it has events; 1 on sale and without any "
        "event yet; 1 of which the catalog says nothing: such an item counts as on sale if it was sold in the last 90 "
        "days before 2023-11-14"
    )
