"""Nothing that happens after the cut is known before it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from endcap.core.catalog import Labels
from endcap.core.dataset import DAY, Dataset, Searches
from endcap.core.errors import BadData
from endcap.core.records import KINDS, Event
from endcap.core.vocabulary import Vocabulary
from endcap.data.describe import as_of
from endcap.data.splits import (
    HIDDEN,
    item_split,
    leave_last_out,
    rolling_splits,
    time_split,
    user_split,
    with_validation,
)
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.popular import Popular, PopularIn
from endcap.models.prod2vec import Prod2Vec
from endcap.testing import START, ask, bought, orders, shop


def test_the_last_fifth_of_the_orders_is_judged_on() -> None:
    split = time_split(orders(*(["a", "b"] for _ in range(10))), test_share=0.2)
    assert (len(split.train.baskets), len(split.test.baskets)) == (8, 2)
    assert split.cut == split.train.now == START + 8 * DAY


@given(st.lists(st.integers(0, 40), min_size=2, max_size=12, unique=True), st.floats(0.1, 0.9))
def test_train_lies_before_the_cut_and_test_after_it(days: list[int], share: float) -> None:
    world = shop([event for day in days for event in bought("a", f"i{day}", order=f"o{day}", day=day)])
    try:
        split = time_split(world, share)
    except BadData:
        assert int(len(days) * (1 - share)) == 0
        return
    assert split.train.events.time.max() < split.cut <= split.test.events.time.min()
    assert len(split.train.events) + len(split.test.events) == len(world.events)


def test_the_catalog_stands_as_it_stood_at_the_cut() -> None:
    cheap, dear = (Event(kind="purchase", session_id=s, order_id=s, item_id="a", time=t, price=p)
                   for s, t, p in (("o1", START, 1.0), ("o2", START + 10 * DAY, 9.0)))  # fmt: skip
    split = time_split(shop([cheap, dear, *bought("new", order="o2", day=10)]), test_share=0.5)
    assert split.test.catalog is split.train.catalog
    assert split.train.catalog["typical_price"][0] == 1.0
    assert np.isnan(split.train.catalog["price"][1])
    assert split.train.catalog["bought"].tolist() == [1, 0]
    assert np.isnan(split.train.catalog["age_days"][1])


def test_sessions_are_cut_where_there_are_no_orders() -> None:
    views = [Event(kind="view", session_id=f"s{i}", item_id="a", time=START + i) for i in range(4)]
    split = time_split(shop(views), test_share=0.25)
    assert (len(split.train.events), len(split.test.events)) == (3, 1)


def test_one_order_cannot_be_split() -> None:
    with pytest.raises(BadData, match=r"1 order is too few to judge by: nothing is left"):
        time_split(orders(["a", "b"]))


def test_an_item_is_described_as_of_now() -> None:
    sold = [bought("a", order=f"o{day}", day=day) for day in (0, 99, 100)]
    prices = [event for order in sold for event in order]
    world = as_of(shop([*prices, *bought("old", order="first")]))
    assert world.catalog["available"].tolist() == [True, False]
    assert world.catalog["bought"].tolist() == [3, 1]
    assert world.catalog["age_days"].round().tolist() == [100, 100]


def test_where_nothing_was_ever_sold_what_was_seen_lately_is_available() -> None:
    looks = [
        Event(kind="view", session_id=item, item_id=item, time=START + day * DAY)
        for item, day in (("new", 100), ("old", 0), ("seldom", 0), ("seldom", 99))
    ]
    items: dict[str, dict[str, Any]] = {"never": {}, "new": {}, "old": {}, "seldom": {}}
    assert as_of(shop(looks, items)).catalog["available"].tolist() == [False, True, False, True]
    sold = as_of(shop([*looks, *bought("old", order="o", day=100)], items))
    assert sold.catalog["available"].tolist() == [False, False, True, False]


def test_a_gap_keeps_the_last_days_before_the_cut_out_of_training() -> None:
    split = time_split(orders(*(["a", "b"] for _ in range(10))), test_share=0.2, gap_days=3)
    assert (len(split.train.baskets), len(split.test.baskets)) == (5, 2)
    assert (split.train.now, split.cut) == (START + 5 * DAY, START + 8 * DAY)


def test_windows_roll_over_the_last_days() -> None:
    world = orders(*(["a", "b"] for _ in range(10)))
    splits = rolling_splits(world, windows=3, days=2)
    assert [len(split.train.baskets) for split in splits] == [4, 6, 8]
    assert [len(split.test.baskets) for split in splits] == [2, 2, 2]
    recent = rolling_splits(world, windows=3, days=2, gap_days=1, history_days=2)
    assert [len(split.train.baskets) for split in recent] == [2, 2, 2]
    with pytest.raises(BadData, match="nothing is left"):
        rolling_splits(world, windows=5, days=2)


def test_validation_lies_inside_training() -> None:
    nested = with_validation(time_split(orders(*(["a", "b"] for _ in range(10))), test_share=0.2), share=0.25)
    sides = (nested.inner.train, nested.inner.test, nested.outer.test)
    assert [len(side.baskets) for side in sides] == [6, 2, 2]
    assert nested.inner.train.now <= nested.inner.test.events.time.min()
    assert nested.inner.test.events.time.max() < nested.outer.cut


def test_the_last_order_of_each_user_is_left_out() -> None:
    visits = [("u", 0), ("u", 5), ("v", 1), ("w", 2), ("w", 9), (None, 3)]
    events = [bought("a", "b", order=f"o{day}", user=user, day=day) for user, day in visits]
    after = Event(kind="view", session_id="o99", user_id="u", item_id="a", time=START + 6 * DAY)
    split = leave_last_out(shop([*(event for order in events for event in order), after]))
    assert ((split.train.baskets.time - START) / DAY).tolist() == [0, 1, 2, 3]
    assert ((split.test.baskets.time - START) / DAY).tolist() == [5, 9]
    assert (len(split.test.events), split.cut) == (5, START + 5 * DAY)
    with pytest.raises(BadData, match="no user has purchase events in two sessions"):
        leave_last_out(shop(bought("a", "b", user="u")))


def test_warm_and_cold_users_and_guests_are_judged_apart() -> None:
    visits = [("old", 0), ("old", 5), ("new", 6), (None, 1), (None, 7)]
    world = shop([event for user, day in visits for event in bought("a", order=f"o{day}", user=user, day=day)])
    found = user_split(world, START + 4 * DAY, np.random.default_rng(0), cold_share=0.0)
    parts = {name: getattr(found, name) for name in ("warm", "cold", "guests")}
    assert {name: ((part.test.events.time - START) / DAY).tolist() for name, part in parts.items()} == {
        "warm": [5], "cold": [6], "guests": [7],
    }  # fmt: skip
    assert len(found.warm.train.events) == 2
    hidden = user_split(world, START + 4 * DAY, np.random.default_rng(0), cold_share=1.0)
    assert (len(hidden.warm.test.events), len(hidden.cold.test.events)) == (0, 2)
    assert hidden.warm.train.events.user.tolist() == [-1]
    assert hidden.warm.train.fingerprint != found.warm.train.fingerprint
    with pytest.raises(BadData, match="nothing is left to learn from"):
        user_split(world, START, np.random.default_rng(0))


SPLITS: dict[str, Callable[[Dataset], list[Dataset]]] = {
    "time": lambda data: [time_split(data, 0.4).train],
    "gap": lambda data: [time_split(data, 0.4, gap_days=2).train],
    "rolling": lambda data: [split.train for split in rolling_splits(data, windows=2, days=2)],
    "validation": lambda data: [with_validation(time_split(data, 0.4), 0.4).inner.train],
    "users": lambda data: [user_split(data, START + 6 * DAY, np.random.default_rng(0), cold_share=0.0).warm.train],
    "last": lambda data: [leave_last_out(data).train],
}


def planted(future: str = "") -> Dataset:
    """Ten days of orders by two users; in a future, the last two hold items of a category that nobody saw before."""
    items = {name: {"title": f"Item {name}", "category": "old", "family": name} for name in ("a", "b", "c")}
    if future:
        items |= {name: {"title": f"{future} {name}", "category": "new", "family": "f"} for name in ("Z0", "Z1")}
    events = []
    for day in range(10):
        late = {"together": ["Z0", "Z1"], "apart": [f"Z{day % 2}"]}.get(future, []) if day >= 8 else []
        events += bought("a", "bc"[day % 2], *late, order=f"o{day}", user=f"u{day % 2}", day=day)
    return shop(events, dict(sorted(items.items())))


@pytest.mark.parametrize("name", SPLITS)
def test_what_exists_only_after_the_cut_is_nowhere_in_training(name: str) -> None:
    """An item that comes later has its code, and nothing else: no count, no column, no history, no label."""
    for train in SPLITS[name](planted("together")):
        later = [train.catalog.items.code(item) for item in ("Z0", "Z1")]
        assert train.counts(*KINDS)[later].tolist() == [0, 0]
        for there in (train.sessions, train.histories(*KINDS), train.baskets.items):
            assert not np.isin(there.values, later).any()
        for label in ("category", "family"):
            assert (train.catalog[label][later] == -1).all()
            assert not {"new", "f"} & set(train.catalog.labels(label).names.ids)
        for text in ("title", "image"):
            assert [train.catalog.text(text)[code] for code in later] == ["", ""]
        assert not train.catalog["available"][later].any()
        assert not train.catalog["bought"][later].any()
        assert np.isnan([train.catalog[column][later] for column in ("price", "age_days")]).all()


@pytest.mark.parametrize("name", SPLITS)
@pytest.mark.parametrize(
    ("recipe", "future"),
    # Where vectors begin depends on how many codes there are; so for them another future, not none.
    [(Popular(), ""), (PopularIn(), ""), (CoOccurrence(), ""), (Prod2Vec(size=4, epochs=2), "apart")],
    ids=lambda value: type(value).__name__,
)
def test_models_learn_the_same_whatever_the_future(name: str, recipe: Any, future: str) -> None:
    for with_it, without in zip(SPLITS[name](planted("together")), SPLITS[name](planted(future)), strict=True):
        assert with_it.now == without.now
        answers = []
        for train in (with_it, without):
            model = recipe.fit(train, np.random.default_rng(0))
            items = [train.catalog.items.code(item) for item in "abc"]
            if not callable(model):
                answers.append(model.vectors[items].tolist())
                continue
            found = model(ask(train.catalog, context=["a"]), 9)
            ids = [train.catalog.items.ids[code] for code in found.items.tolist()]
            answers.append([pair for pair in zip(ids, found.scores.tolist(), strict=True) if pair[0] in "abc"])
        assert answers[0] == answers[1]


def test_an_item_without_any_event_was_there_all_along() -> None:
    world = shop([*bought("a", order="o0"), *bought("a", order="o1", day=1)], {"a": {}, "idle": {"category": "c"}})
    assert time_split(world, 0.5).train.catalog.labels("category").name(1) == "c"


def test_a_hidden_item_is_described_and_for_sale_and_nobody_ever_touched_it() -> None:
    days = [event for day in range(20) for event in bought(*"abcdefgh", order=f"o{day}", day=float(day))]
    world = shop(days, {name: {"title": name.upper(), "category": "all"} for name in "abcdefgh"})
    split = item_split(world, START + 15 * DAY, np.random.default_rng(1), cold_share=0.4)
    known = split.train.catalog
    hidden = np.flatnonzero(known[HIDDEN])
    assert 0 < len(hidden) < 8
    assert not np.isin(hidden, split.train.events.item).any()
    assert np.isin(hidden, split.test.events.item).all()
    assert [known.text("title")[item] for item in hidden.tolist()] == ["ABCDEFGH"[item] for item in hidden]
    assert known["available"][hidden].all()
    assert (known["typical_price"][hidden] == 1.0).all()
    assert (known["bought"][hidden] == 0).all()
    assert np.isnan(known["age_days"][hidden]).all()
    assert split.test.catalog is known
    other = item_split(world, START + 15 * DAY, np.random.default_rng(2), cold_share=0.4)
    assert other.train.fingerprint != split.train.fingerprint


def test_nothing_is_left_to_learn_from_if_every_item_is_hidden() -> None:
    world = orders(*(["a", "b"] for _ in range(10)))
    with pytest.raises(BadData, match="every event before the cut is of a hidden item"):
        item_split(world, START + 5 * DAY, np.random.default_rng(0), cold_share=1.0)


def test_a_session_keeps_its_device_on_either_side() -> None:
    world = replace(orders(["a", "b"], ["a"], ["b"]), devices=Labels.of(["phone", None, "desktop"]))
    split, users = time_split(world, 0.4), user_split(world, START + DAY, np.random.default_rng(0), 0.5)
    for side in (split.train, split.test, users.cold.test, world.between(START, START + DAY)):
        assert side.devices is world.devices


def test_searches_lie_on_the_side_of_their_time_and_of_their_visit() -> None:
    world = orders(*(["a", "b"] for _ in range(4)), ["a"])
    n = len(world.baskets)
    texts = Vocabulary.of(["mug"])
    times = START + DAY * np.arange(n, dtype=np.float64)
    searches = Searches(np.arange(n, dtype=np.int32), np.full(n, -1, np.int32), times, np.zeros(n, np.int32), texts)
    world = replace(world, searches=searches)
    split = time_split(world, 0.4)
    assert split.train.searches is not None
    assert split.test.searches is not None
    assert (len(split.train.searches), len(split.test.searches)) == (3, 2)
    users = user_split(world, split.cut, np.random.default_rng(0), 0.5)
    for side in (users.warm.test, users.cold.test):
        assert side.searches is not None
        assert set(side.searches.session.tolist()) == set(side.events.session.tolist())


def test_what_the_shop_says_of_its_stock_holds_today_and_not_at_the_cut() -> None:
    items = {"sold": {"available": "no"}, "kept": {"available": "yes"}, "never": {"available": "yes"}, "silent": {}}
    world = shop([*bought("sold", "silent", order="o0"), *bought("kept", order="o1", day=50)], items)
    assert world.catalog["available"].tolist() == [False, True, True, True]
    known = time_split(world, test_share=0.5).train.catalog
    assert "offered" not in known
    assert known["available"].tolist() == [True, False, False, True]
