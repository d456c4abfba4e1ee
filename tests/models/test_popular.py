"""What everybody buys."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from endcap.core.dataset import DAY
from endcap.core.errors import BadData
from endcap.data.splits import time_split
from endcap.models.popular import Popular, PopularIn
from endcap.testing import START, RetrieverContract, ask, checkerboard, orders, same

RNG = np.random.default_rng(0)


class TestPopularContract(RetrieverContract):
    recipe = Popular(half_life=5.0)


class TestPopularInContract(RetrieverContract):
    recipe = PopularIn(by="category")


def test_counts_decay() -> None:
    world = orders(["old"], ["old"], ["old"], *[[f"x{i}"] for i in range(7)], ["new"], ["new"])
    items = world.catalog.items
    asked = ask(world.catalog)
    assert items.decode(Popular().fit(world, RNG)(asked, 1).items) == ["old"]
    assert items.decode(Popular(half_life=3.0).fit(world, RNG)(asked, 1).items) == ["new"]


def test_only_the_last_days_count() -> None:
    world = orders(["old"], ["old"], ["old"], *[[f"x{i}"] for i in range(7)], ["new"], ["new"])
    given = Popular(days=1.5).fit(world, RNG)(ask(world.catalog), 9)
    assert world.catalog.items.decode(given.items) == ["new"]
    assert given.scores.tolist() == [2.0]
    labelled = orders(["a", "b"], ["b"], ["a"], items={"a": {"category": "c"}, "b": {"category": "c"}})
    within = PopularIn(days=1.5).fit(labelled, RNG)
    assert within(ask(labelled.catalog, context=["a"]), 9).scores.tolist() == [1.0, 1.0]


def test_what_was_never_bought_is_not_popular() -> None:
    world = orders(["a"], items={"b": {}})
    assert world.catalog.items.decode(Popular().fit(world, RNG)(ask(world.catalog), 9).items) == ["a"]


def test_nothing_is_learned_from_a_kind_that_never_happened() -> None:
    with pytest.raises(BadData, match="no event is a view; event kinds in the data: purchase"):
        Popular(kinds=("view",)).fit(orders(["a"]), RNG)
    late = replace(orders(["a"]), now=START + 9 * DAY)
    with pytest.raises(BadData, match="no purchase in the last 7 days before the data ends"):
        Popular(days=7.0).fit(late, RNG)
    with pytest.raises(BadData, match="no event kind is called buy"):
        Popular(kinds=("buy",)).fit(orders(["a"]), RNG)


def test_popular_in_stays_in_the_labels_of_the_seeds() -> None:
    world = checkerboard()
    model = PopularIn(by="category").fit(world, RNG)
    assert {code % 2 for code in model(ask(world.catalog, context=["i3"]), 50).items.tolist()} == {1}
    assert len(model(ask(world.catalog, context=["i3", "i4"]), 50)) == 20
    assert len(model(ask(world.catalog), 50)) == 0


def test_an_item_without_a_label_has_no_neighbours() -> None:
    world = orders(["a", "b"], items={"a": {"category": "c"}})
    model = PopularIn().fit(world, RNG)
    assert len(model(ask(world.catalog, context=["b"]), 5)) == 0
    assert model(ask(world.catalog, context=["a", "b"]), 5).items.tolist() == [0]


@pytest.mark.parametrize("half_life", [None, 5.0])
def test_a_hundred_small_updates_end_where_one_fit_ends(half_life: float | None) -> None:
    rng = np.random.default_rng(0)
    world = orders(*[[f"i{item}"] for item in rng.integers(9, size=150)])
    recipe, edges = Popular(half_life=half_life), np.linspace(world.now - 140 * 86_400, world.now, 101)
    model = recipe.fit(world.between(0.0, edges[0]), RNG)
    for since, until in pairwise(edges.tolist()):
        model = model.updated(world.between(0.0, until), since)
    assert same(model, recipe.fit(world, RNG))


LISTED = {
    name: {"category": category, "available": says}
    for name, category, says in (
        ("sold", "c", "yes"), ("new", "c", "yes"), ("gone", "c", "no"), ("never", "c", "no"), ("other", "d", "yes")
    )
}  # fmt: skip


def test_what_is_listed_and_was_never_sold_follows_what_was() -> None:
    world = orders(["sold", "gone"], ["gone"], items=LISTED)
    popular, within = Popular().fit(world, RNG), PopularIn().fit(world, RNG)
    names, asked = world.catalog.items, ask(world.catalog, context=["sold"])
    assert names.decode(popular(asked, 9).items) == ["gone", "sold", "new", "other"]
    assert names.decode(within(asked, 9).items) == ["gone", "sold", "new"]
    assert popular.why(asked, names.code("new")).because == "on sale, and not counted yet"
    never_sold = ask(world.catalog, context=["other"])
    assert names.decode(within(never_sold, 9).items) == ["other"], "a category in which nothing was sold yet"


def test_a_back_test_knows_nothing_of_what_is_listed_today() -> None:
    world = orders(["sold", "gone"], ["gone"], ["sold"], ["new"], items=LISTED)
    train = time_split(world, test_share=0.5).train
    model = Popular().fit(train, RNG)
    assert train.catalog.items.decode(model(ask(train.catalog), 9).items) == ["gone", "sold"]
    assert train.catalog["available"].tolist() == [True, False, True, False, False]
