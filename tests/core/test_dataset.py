"""Events become baskets, sessions, histories and counts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from endcap.core.appending import Appended, mapped
from endcap.core.catalog import Catalog
from endcap.core.dataset import DAY, Grouped
from endcap.core.errors import BadData
from endcap.core.records import Event
from endcap.core.saving import load, save
from endcap.core.vocabulary import Vocabulary
from endcap.testing import START, bought, orders, same, shop


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


def test_sessions_and_baskets_that_are_laid_down_are_not_collected_again() -> None:
    world = orders(["a", "b"], ["b"])
    laid = Grouped(world.sessions.offsets, world.baskets)
    known = replace(world, events=replace(world.events, grouped=laid))
    assert known.baskets is laid.baskets
    assert same(known.sessions, world.sessions)
    assert known.between(START + DAY, np.inf).events.grouped is None
    assert len(known.between(START + DAY, np.inf).baskets) == 1


def test_an_order_of_a_guest_and_a_user_is_the_users() -> None:
    world = shop([*bought("a", order="o1"), *bought("b", order="o1", user="u")])
    assert world.baskets.user.tolist() == [0]


def test_an_array_that_is_appended_to_is_there_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "numbers.npy"
    with Appended(path, "f4") as file:
        for batch in (np.arange(3), np.empty(0), np.arange(2.0)):
            file.append(batch)
        assert not path.exists()
    assert mapped(path).tolist() == [0, 1, 2, 0, 1]
    assert mapped(path).dtype == np.float32
    with pytest.raises(ZeroDivisionError), Appended(tmp_path / "half.npy", "i8") as file:
        file.append(np.arange(9 // 0))
    assert [found.name for found in tmp_path.iterdir()] == ["numbers.npy"]


def test_an_array_that_is_a_file_already_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "numbers.npy"
    np.save(path, np.arange(5))
    save({"whole": mapped(path), "part": mapped(path)[:3], "turned": mapped(path)[::-1]}, tmp_path / "saved", {})
    loaded = load(tmp_path / "saved")
    assert {name: loaded[name].tolist() for name in loaded} == {
        "whole": [0, 1, 2, 3, 4],
        "part": [0, 1, 2],
        "turned": [4, 3, 2, 1, 0],
    }
    assert (tmp_path / "saved" / "value.whole.npy").samefile(path)
    assert not (tmp_path / "saved" / "value.part.npy").samefile(path)
