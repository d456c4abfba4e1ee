"""What came in lately: rates worked out by hand, and draws that can be repeated."""

from dataclasses import replace
from math import sqrt
from typing import Literal

import numpy as np
import pytest

from endcap.core.dataset import DAY, Dataset
from endcap.core.records import Event
from endcap.models.new_arrivals import NewArrivals, drawn_normal
from endcap.testing import START, RetrieverContract, ask, same, shop

RNG = np.random.default_rng(0)


class TestNewArrivalsContract(RetrieverContract):
    recipe = NewArrivals(days=15.0)


class TestDrawnArrivalsContract(RetrieverContract):
    recipe = NewArrivals(days=15.0, how="draw")


def lately() -> Dataset:
    """At the end of day 40: `old` was first seen 40 days ago, `tried` 9 days and `fresh` 1 day ago."""
    seen = [("old", 0.0), *[("tried", 31.0 + day) for day in range(9)], ("fresh", 39.0), ("old", 40.0)]
    return shop(
        Event(kind="view", session_id=f"s{n}", item_id=item, time=START + day * DAY - (day == 40.0))
        for n, (item, day) in enumerate(seen)
    )


def test_rate_and_doubt_by_hand() -> None:
    world = lately()
    given = NewArrivals(trust=1.0, exploration=2.0).fit(world, RNG)(ask(world.catalog), 9)
    scores = dict(zip(world.catalog.items.decode(given.items), given.scores.tolist(), strict=True))
    # Both were seen once a day, so that 1 is the usual rate: after 10 and after 2 days, the prior's day counted in.
    assert scores == pytest.approx({"fresh": 1 + 2 * sqrt(1 / 2), "tried": 1 + 2 * sqrt(1 / 10)})


def test_without_exploration_the_better_known_rate_decides() -> None:
    world = lately()
    model = NewArrivals(exploration=0.0, kinds=("view",)).fit(world, RNG)
    assert model(ask(world.catalog), 9).scores == pytest.approx([1.0, 1.0])
    assert model(ask(world.catalog, context=["tried"]), 9).items.tolist() == [world.catalog.items.code("fresh")]


def test_an_item_is_new_for_so_long() -> None:
    world = lately()
    assert world.catalog.items.decode(NewArrivals(days=5.0).fit(world, RNG)(ask(world.catalog), 9).items) == ["fresh"]
    assert len(NewArrivals(days=0.5).fit(world, RNG)(ask(world.catalog), 9)) == 0


def test_draws_depend_on_the_query_and_on_nothing_else() -> None:
    world = lately()
    model = NewArrivals(how="draw").fit(world, RNG)
    query = ask(world.catalog)
    other, tomorrow = ask(world.catalog, session=["old"]), replace(query, now=query.now + DAY)
    assert same(model(query, 9), model(replace(query, now=query.now + 1.0), 9))
    assert model(query, 9).scores.tolist() != model(other, 9).scores.tolist()
    assert model(query, 9).scores.tolist() != model(tomorrow, 9).scores.tolist()


def test_draws_are_as_from_a_normal_distribution() -> None:
    world = lately()
    drawn = drawn_normal(np.arange(20_000, dtype=np.int32), ask(world.catalog), 24.0)
    assert abs(drawn.mean()) < 0.03
    assert abs(drawn.std() - 1.0) < 0.03
    assert abs((drawn > 1.0).mean() - 0.159) < 0.01
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.03


def test_the_reason_says_since_when_and_how_often() -> None:
    world = lately()
    model = NewArrivals(trust=1.0).fit(world, RNG)
    why = model.why(ask(world.catalog), world.catalog.items.code("fresh"))
    assert why.because == "new: first seen 1 days ago, about 1 times a day since"


def listed(*never: str) -> Dataset:
    """`old` was first seen 40 days ago, `fresh` yesterday; the others are in the catalog alone."""
    items = {name: {"available": "yes"} for name in ("old", "fresh", *never)}
    seen = (("old", 0.0), ("fresh", 39.0), ("old", 40.0))
    return shop(
        (
            Event(kind="view", session_id=f"s{n}", item_id=item, time=START + day * DAY)
            for n, (item, day) in enumerate(seen)
        ),
        items,
    )


@pytest.mark.parametrize("how", ["bound", "draw"])
def test_what_was_listed_a_moment_ago_is_new(how: Literal["bound", "draw"]) -> None:
    few = listed("a")
    given = NewArrivals(how="bound").fit(few, RNG)(ask(few.catalog), 9)
    assert few.catalog.items.decode(given.items) == ["a", "fresh"]
    many = listed("a", "b", "c")
    model = NewArrivals(how=how).fit(many, RNG)
    assert many.catalog.items.decode(model(ask(many.catalog), 9).items) == ["fresh", "a", "b", "c"], (
        "old stock comes last"
    )
    assert (
        model.why(ask(many.catalog), many.catalog.items.code("a")).because == "new: in the catalog, and in no event yet"
    )
