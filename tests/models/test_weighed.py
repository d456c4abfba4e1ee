"""What preparation says an event weighs is what it counts, in popularity and in pairs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from endcap.core.dataset import Dataset
from endcap.core.errors import BadData
from endcap.core.records import Event
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.popular import Popular
from endcap.models.similarities import SIMILARITIES
from endcap.testing import START, ask, checkerboard, orders, same, shop

RNG = np.random.default_rng(0)


def weighed(data: Dataset, *weights: float) -> Dataset:
    """The same events with weights, in their order (session, time, item)."""
    return replace(data, events=replace(data.events, weight=np.array(weights, np.float32)))


def halved(data: Dataset, times: int) -> Dataset:
    """The same events with weights that are exactly so many times halved."""
    assert data.events.weight is not None
    return replace(data, events=replace(data.events, weight=data.events.weight * np.float32(0.5**times)))


def visit(*touched: tuple[str, str]) -> Dataset:
    """One visit: kind and item, a second apart."""
    return shop(
        Event(kind=kind, session_id="s", user_id="u", item_id=item, time=START + place)  # type: ignore[arg-type]
        for place, (kind, item) in enumerate(touched)
    )


def test_one_weighty_event_outdoes_two_light_ones() -> None:
    world = orders(["a"], ["a"], ["b"])
    first = Popular().fit(weighed(world, 1.0, 1.0, 5.0), RNG)
    assert world.catalog.items.decode(first.items) == ["b", "a"]
    assert first.scores.tolist() == pytest.approx([1.0, 0.4])
    assert world.catalog.items.decode(Popular().fit(world, RNG).items) == ["a", "b"]


def test_weight_and_half_life_are_multiplied() -> None:
    world = orders(["a"], ["b"])
    model = Popular(half_life=1.0).fit(weighed(world, 4.0, 1.0), RNG)
    old, new = 0.5 ** (1 + 1 / 86_400), 0.5 ** (1 / 86_400)
    assert model.scores.tolist() == pytest.approx([old, new / 4])


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_only_proportions_matter_so_that_a_back_test_learns_what_training_would_have(similarity: Any) -> None:
    rng = np.random.default_rng(1)
    world = checkerboard(8)
    world = weighed(world, *rng.random(len(world.events)).tolist())
    for recipe in (Popular(), CoOccurrence(similarity=similarity)):
        assert same(recipe.fit(world, RNG), recipe.fit(halved(world, 40), RNG))


@pytest.mark.parametrize("source", ["baskets", "sessions", "histories"])
def test_equal_weights_are_as_good_as_none(source: Any) -> None:
    world = checkerboard(8)
    recipe = CoOccurrence(source=source)
    assert same(recipe.fit(world, RNG), recipe.fit(weighed(world, *[3.0] * len(world.events)), RNG))


@pytest.mark.parametrize(
    ("similarity", "shrink", "expected"),
    [
        ("jaccard", 0.0, {"b": 1.75 / 2.0, "c": 0.5 / 2.0}),
        ("cosine", 1.0, {"b": 1.75 / (np.sqrt(2.0 * 1.75) + 1), "c": 0.5 / (np.sqrt(2.0 * 0.5) + 1)}),
        ("lift", 2.0, {"b": 1.75 * 3 / (2.0 * 1.75) * 1.75 / 3.75, "c": 0.5 * 3 / (2.0 * 0.5) * 0.5 / 2.5}),
        ("conditional", 0.0, {"b": 1.75 / 2.0, "c": 0.5 / 2.0}),
    ],
)
def test_a_pair_counts_as_much_as_the_lesser_of_its_two(
    similarity: Any, shrink: float, expected: dict[str, float]
) -> None:
    baskets = [["a", "b"], ["a", "b"], ["a", "b", "c"]]
    world = weighed(orders(*baskets), 1.0, 1.0, 0.5, 0.25, 0.5, 0.5, 0.5)
    given = CoOccurrence(similarity=similarity, shrink=shrink).fit(world, RNG)(ask(world.catalog, context=["a"]), 9)
    # a counts 1 + .5 + .5, b 1 + .25 + .5, c .5; a with b 1 + .25 + .5, a with c .5
    scores = dict(zip(world.catalog.items.decode(given.items), given.scores.tolist(), strict=True))
    assert scores == pytest.approx(expected)


def test_an_item_that_was_looked_at_and_bought_counts_as_bought() -> None:
    data = visit(("view", "a"), ("view", "b"), ("purchase", "b"), ("view", "c"))
    world = weighed(data, 0.1, 0.1, 1.0, 0.0)
    model = CoOccurrence(source="sessions", similarity="conditional", shrink=0.0).fit(world, RNG)
    given = model(ask(world.catalog, context=["b"]), 9)
    assert world.catalog.items.decode(given.items) == ["a"], "what weighs nothing is in no pair"
    assert given.scores.tolist() == pytest.approx([0.1 / 1.0])


def test_events_that_all_weigh_nothing_are_refused() -> None:
    world = weighed(orders(["a", "b"]), 0.0, 0.0)
    for recipe in (Popular(), CoOccurrence()):
        with pytest.raises(BadData, match=r"weighs nothing: see the weights in .prepare. events"):
            recipe.fit(world, RNG)
