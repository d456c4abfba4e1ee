"""Those who are always there to be beaten."""

from dataclasses import replace

import numpy as np

from endcap.core.bands import price_bands
from endcap.core.dataset import DAY, Searches
from endcap.core.part import Part
from endcap.core.records import Event
from endcap.core.vocabulary import Vocabulary
from endcap.models.baselines import baselines
from endcap.models.last_viewed import LastViewed
from endcap.models.same_band import PopularInBand
from endcap.testing import START, RetrieverContract, ask, checkerboard, orders, shop

RNG = np.random.default_rng(0)


class TestPopularInBandContract(RetrieverContract):
    recipe = PopularInBand()


class TestLastViewedContract(RetrieverContract):
    recipe = LastViewed()


def test_bands_are_thirds_of_a_category_and_equal_prices_share_one() -> None:
    prices = np.array([1.0, 2.0, 3.0, 10.0, 20.0, 30.0, np.nan, 5.0, 7.0, 7.0])
    categories = np.array([0, 0, 0, 1, 1, 1, 0, -1, 2, 2], np.int32)
    assert price_bands(prices, categories).tolist() == [0, 1, 2, 0, 1, 2, -1, -1, 0, 0]


def test_what_is_as_dear_and_of_the_category_is_found() -> None:
    priced = {"a": 1.0, "b": 1.1, "c": 5.0, "d": 5.5, "e": 9.0, "f": 9.9, "x": 1.0}
    events = [
        Event(kind="purchase", session_id=name, item_id=name, order_id=name, time=START + place, price=price)
        for place, (name, price) in enumerate(priced.items())
    ]
    world = shop(events, {name: {"category": "other" if name == "x" else "mugs"} for name in priced})
    model = PopularInBand().fit(world, RNG)
    assert model(ask(world.catalog, context=["c"]), 5).items.tolist() == [2, 3]
    assert len(model(ask(world.catalog), 5)) == 0


def test_the_last_is_first_and_what_is_shown_is_left_out() -> None:
    world = checkerboard()
    query = ask(world.catalog, context=["i4"], session=["i1", "i4", "i2", "i1"], history=["i9", "i2"])
    found = LastViewed().fit(world, RNG)(query, 10)
    assert found.items.tolist() == [1, 2, 9]
    assert (np.diff(found.scores) < 0).all()


def fitted(recipes: dict[str, Part], world: object) -> set[str]:
    for recipe in recipes.values():
        recipe.fit(world, RNG)  # type: ignore[attr-defined]
    return set(recipes)


def test_whatever_the_data_has_every_baseline_that_is_offered_can_be_fitted() -> None:
    all_six = {
        "last_viewed", "popularity", "popularity_7_days", "popularity_in_category", "same_category_and_price_band",
        "jaccard",
    }  # fmt: skip
    assert fitted(baselines(checkerboard()), checkerboard()) == all_six
    views = shop([Event(kind="view", session_id="s", item_id=name, time=START) for name in "ab"])
    assert fitted(baselines(views), views) == all_six
    plain = orders(["a"])
    assert fitted(baselines(plain), plain) == all_six


def test_where_people_search_matching_words_is_a_baseline() -> None:
    world = orders(["a"], items={"a": {"title": "Red mug"}})
    one = np.zeros(1, np.int32)
    asked = replace(world, searches=Searches(one, one - 1, np.zeros(1), one, Vocabulary.of(["mug"])))
    assert "text_match" in fitted(baselines(asked), asked)
    assert "text_match" not in baselines(world)
    silent = replace(orders(["a"]), searches=asked.searches)
    assert "text_match" not in baselines(silent)


def test_a_week_in_which_nothing_happened_is_no_baseline() -> None:
    world = replace(orders(["a"]), now=START + 8 * DAY)
    assert "popularity_7_days" not in fitted(baselines(world), world)
