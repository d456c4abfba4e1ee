"""Nothing that happens after the cut is known before it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from endcap.core.dataset import DAY
from endcap.core.errors import BadData
from endcap.core.records import Event
from endcap.data.describe import as_of
from endcap.data.splits import time_split
from endcap.testing import START, bought, orders, shop


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
    assert split.train.catalog["price"][0] == 1.0
    assert np.isnan(split.train.catalog["price"][1])
    assert split.train.catalog["bought"].tolist() == [1, 0]
    assert np.isnan(split.train.catalog["age_days"][1])


def test_sessions_are_cut_where_there_are_no_orders() -> None:
    views = [Event(kind="view", session_id=f"s{i}", item_id="a", time=START + i) for i in range(4)]
    split = time_split(shop(views), test_share=0.25)
    assert (len(split.train.events), len(split.test.events)) == (3, 1)


def test_one_order_cannot_be_split() -> None:
    with pytest.raises(BadData, match=r"nothing is left .*\(1 orders\)"):
        time_split(orders(["a", "b"]))


def test_an_item_is_described_as_of_now() -> None:
    sold = [bought("a", order=f"o{day}", day=day) for day in (0, 99, 100)]
    prices = [event for order in sold for event in order]
    world = as_of(shop([*prices, *bought("old", order="first")]))
    assert world.catalog["available"].tolist() == [True, False]
    assert world.catalog["bought"].tolist() == [3, 1]
    assert world.catalog["age_days"].round().tolist() == [100, 100]
