"""Why each model says what it says, by hand; that it adds up to the score is in everybody's contract."""

import numpy as np
import pytest

from endcap.core.part import Part
from endcap.core.why import Why
from endcap.models.last_viewed import LastViewed
from endcap.models.popular import Popular, PopularIn
from endcap.models.session_knn import SessionKNN
from endcap.testing import ask, orders

WORLD = orders(
    ["a", "b"], ["a", "c"], ["b", "c"], ["d"], ["d"],
    items={name: {"category": "d" if name == "d" else "abc"} for name in "abcd"},
)  # fmt: skip


def why(recipe: Part, item: str, **given: list[str]) -> tuple[dict[str, float], Why]:
    """What each seed adds, by id, and all of it."""
    model = recipe.fit(WORLD, np.random.default_rng(0))  # type: ignore[attr-defined]
    found: Why = model.why(ask(WORLD.catalog, **given), int(WORLD.catalog.items.code(item)))
    return dict(zip(WORLD.catalog.items.decode(found.seeds), found.adds.tolist(), strict=True)), found


def test_popularity_has_nothing_to_do_with_the_visitor() -> None:
    adds, whole = why(Popular(), "d", session=["a"])
    assert (adds, whole.rest, whole.because) == ({}, 2.0, "popular with everybody: counted 2 times")


def test_popularity_in_a_category_is_owed_to_its_seeds_in_equal_parts() -> None:
    assert why(PopularIn(), "a", session=["b", "d", "c"])[0] == {"b": 1.0, "c": 1.0}
    assert why(PopularIn(), "d", session=["b", "c"])[0] == {}


def test_what_was_viewed_last_speaks_for_itself() -> None:
    assert why(LastViewed(), "a", session=["a", "b"])[0] == {"a": 0.5}
    assert why(LastViewed(), "c", session=["a", "b"])[0] == {}


def test_visits_are_near_by_the_sum_of_what_they_share() -> None:
    plain = SessionKNN(length=0, shared_rarity=0, found_rarity=0, own=0, again=1, again_last=1, recency=1, backwards=1)
    adds, whole = why(plain, "c", session=["a", "b"])
    assert adds == pytest.approx({"a": np.exp(-1.0), "b": 1.0})
    assert whole.score == pytest.approx(1 + np.exp(-1.0))
    assert why(plain, "d", session=["a", "b"])[1].score == 0.0
