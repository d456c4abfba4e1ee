"""What rises: on counts small enough to work out by hand."""

from collections.abc import Mapping
from math import log, sqrt

import numpy as np
import pytest

from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.core.records import Event
from endcap.models.trending import Trending
from endcap.testing import START, RetrieverContract, ask, shop

RNG = np.random.default_rng(0)


class TestTrendingContract(RetrieverContract):
    recipe = Trending(kinds=("purchase",), days=7.0, before=7.0, least=1)


def weeks(before: Mapping[str, int], now: Mapping[str, int], labels: Mapping[str, str] | None = None) -> Dataset:
    """So many views of each item in four weeks, and in the week after them."""
    days = ((before, 10.0), (now, 30.0))
    events = [
        Event(kind="view", session_id=f"s{n}-{day}", item_id=item, time=START + day * DAY)
        for counts, day in days
        for item, count in counts.items()
        for n in range(count)
    ]
    return shop(events, {item: {"category": label} for item, label in (labels or {}).items()})


def risen(recipe: Trending, world: Dataset) -> dict[str, float]:
    given = recipe.fit(world, RNG)(ask(world.catalog), 9)
    return dict(zip(world.catalog.items.decode(given.items), given.scores.tolist(), strict=True))


def test_the_distance_from_the_expected_share_by_hand() -> None:
    # a had half of all and has three quarters of 40: 30 where 20 could be expected; b and c fell.
    world = weeks({"a": 50, "b": 25, "c": 25}, {"a": 30, "b": 6, "c": 4})
    assert risen(Trending(shrink=5.0), world) == pytest.approx({"a": 10 / sqrt(25)})
    assert risen(Trending(how="ratio", shrink=5.0), world) == pytest.approx({"a": log(35 / 25)})


def test_a_busy_week_makes_nothing_trend() -> None:
    assert risen(Trending(), weeks({"a": 20, "b": 10}, {"a": 40, "b": 20})) == {}


def test_a_season_lifts_a_whole_category_and_nobody_in_it() -> None:
    before, now = {"scarf": 10, "gloves": 10, "shorts": 60}, {"scarf": 30, "gloves": 20, "shorts": 20}
    world = weeks(before, now, {"scarf": "winter", "gloves": "winter", "shorts": "summer"})
    assert list(risen(Trending(), world)) == ["scarf", "gloves"]
    assert risen(Trending(by="category", shrink=5.0), world) == pytest.approx({"scarf": 5 / sqrt(30)})


def test_few_events_are_no_trend() -> None:
    world = weeks({"a": 20}, {"a": 10, "new": 2})
    assert risen(Trending(), world) == {}
    assert list(risen(Trending(least=2), world)) == ["new"]


def test_the_reason_says_what_was_counted_and_expected() -> None:
    world = weeks({"a": 50, "b": 50}, {"a": 30, "b": 10})
    model = Trending().fit(world, RNG)
    why = model.why(ask(world.catalog), 0)
    assert why.because == "trending: 30 in 7 days, where 20.0 could be expected"
    assert model.why(ask(world.catalog), 1).score == 0.0


def test_what_is_older_than_both_windows_does_not_count() -> None:
    world = weeks({"a": 50, "b": 50}, {"a": 30, "b": 10})
    assert list(risen(Trending(before=7.0), world)) == ["a", "b"]


def test_without_anything_in_the_window_there_is_no_trend() -> None:
    with pytest.raises(BadData, match="no purchase in the last 7 days"):
        Trending(kinds=("purchase",)).fit(weeks({"a": 1}, {"a": 1}), RNG)
