"""Visits like this one say what comes next."""

import numpy as np
import pytest

from endcap.core.errors import BadData
from endcap.models.session_knn import SessionKNN
from endcap.testing import RetrieverContract, ask, orders

RNG = np.random.default_rng(0)
PLAIN = SessionKNN(
    length=0.0,
    shared_rarity=0.0,
    found_rarity=0.0,
    recency=1.0,
    distance=1.0,
    backwards=0.5,
    own=0.0,
    again=1.0,
    again_last=1.0,
)
"""All weights one, but for those that a test looks at."""


class TestSessionKNNContract(RetrieverContract):
    recipe = SessionKNN(neighbours=20)


def test_scores_are_the_sums_that_the_papers_define() -> None:
    world = orders(["a", "b", "c"], ["b", "x", "d"])
    given = PLAIN.fit(world, RNG)(ask(world.catalog, session=["a", "b"]), 9)
    scores = dict(zip(world.catalog.items.decode(given.items), given.scores.tolist(), strict=True))
    # The first visit shares b (weight 1) and a (one step back: 1/e); the second shares b alone.
    first = 1 + np.exp(-1)
    expected = {"a": first * 0.5, "c": first, "x": 1.0, "d": np.exp(-1)}
    assert scores == pytest.approx(expected)


def test_only_the_nearest_visits_are_asked() -> None:
    world = orders(["a", "b", "c"], ["x", "b", "d"])
    model = PLAIN.model_copy(update={"neighbours": 1}).fit(world, RNG)
    assert set(world.catalog.items.decode(model(ask(world.catalog, session=["a", "b"]), 9).items)) == {"a", "c"}


def test_the_latest_visits_are_looked_at_and_old_ones_count_less() -> None:
    world = orders(["a", "b"], ["a", "c"])
    latest = PLAIN.model_copy(update={"sample": 1}).fit(world, RNG)
    assert world.catalog.items.decode(latest(ask(world.catalog, session=["a"]), 9).items) == ["c"]
    fading = PLAIN.model_copy(update={"age": 0.01}).fit(world, RNG)(ask(world.catalog, session=["a"]), 9)
    assert world.catalog.items.decode(fading.items) == ["c", "b"]


def test_coming_back_has_weights_of_its_own() -> None:
    world = orders(["a", "b"], ["a", "b"])
    again = PLAIN.model_copy(update={"own": 1.0, "again": 2.0, "again_last": 8.0}).fit(world, RNG)
    given = again(ask(world.catalog, session=["b", "a"]), 9)
    assert world.catalog.items.decode(given.items)[0] == "a"


def test_of_an_item_that_no_visit_has_nothing_is_known() -> None:
    world = orders(["a", "b"], items={"unseen": {}})
    assert len(SessionKNN().fit(world, RNG)(ask(world.catalog, session=["unseen"]), 9)) == 0


def test_without_events_there_is_nothing_to_learn_from() -> None:
    world = orders(["a"])
    with pytest.raises(BadData, match="sessions"):
        SessionKNN().fit(world.between(0.0, 1.0), RNG)
