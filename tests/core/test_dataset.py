"""Events become baskets, sessions, histories and counts."""

import numpy as np
import pytest

from endcap.core.catalog import Catalog
from endcap.core.dataset import DAY
from endcap.core.errors import BadData
from endcap.core.records import Event
from endcap.core.vocabulary import Vocabulary
from endcap.testing import START, bought, orders, shop


def test_a_basket_has_each_item_once_and_baskets_come_by_time() -> None:
    world = shop([*bought("b", "a", "b", order="o1", user="u", day=2), *bought("c", order="o2", day=1)])
    assert [world.catalog.items.decode(row) for row in world.baskets.items] == [["c"], ["b", "a"]]
    assert world.baskets.time.tolist() == [START + DAY, START + 2 * DAY]
    assert world.baskets.user.tolist() == [-1, 0]


def test_histories_are_oldest_first_with_repeats_and_without_guests() -> None:
    again = bought("a", order="o1", user="u", day=3)
    world = shop([*again, *bought("b", order="o2", user="u"), *bought("c", order="o3")])
    assert [world.catalog.items.decode(row) for row in world.histories("purchase")] == [["b", "a"]]


def test_sessions_keep_the_order_of_time() -> None:
    events = [Event(kind="view", session_id="s", item_id=item, time=START + i) for i, item in enumerate("bcab")]
    world = shop(events)
    assert world.catalog.items.decode(world.sessions[0]) == ["b", "c", "a", "b"]


def test_counts_with_a_half_life() -> None:
    world = orders(["a"], ["b"], ["b"])
    assert world.counts("purchase").tolist() == [1, 2]
    assert np.allclose(world.counts("purchase", half_life=1.0), [0.25, 0.5 + 1.0], atol=1e-4)


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadData, match="no event kind is called buy; kinds: impression, view"):
        orders(["a"]).counts("buy")


def test_between_keeps_codes() -> None:
    world = orders(["a"], ["b"], ["c"])
    later = world.between(START + DAY, np.inf)
    assert later.catalog.items.decode(later.events.item) == ["b", "c"]
    assert later.fingerprint != world.fingerprint


def test_a_catalog_says_what_it_does_not_have() -> None:
    world = orders(["a"])
    with pytest.raises(BadData, match="no column 'colour'; there are: title"):
        world.catalog["colour"]
    with pytest.raises(BadData, match="'title' is text"):
        world.catalog["title"]
    with pytest.raises(BadData, match="'price' has no labels; label columns: category, family"):
        world.catalog.labels("price")
    with pytest.raises(BadData, match="'price' is not text; text columns: title, image"):
        world.catalog.text("price")
    with pytest.raises(BadData, match="'n' has 2 entries for 1 items"):
        Catalog(Vocabulary.of(["a"]), {"n": np.zeros(2)})
