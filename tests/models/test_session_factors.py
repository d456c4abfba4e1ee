"""Visits by factors: the latest click says most."""

import numpy as np
import pytest

from endcap.core.dataset import Dataset
from endcap.core.records import Event
from endcap.models.session_factors import SessionFactors
from endcap.testing import START, RetrieverContract, ask, shop

RNG = np.random.default_rng(0)
SMALL = SessionFactors(size=4, epochs=10, unobserved=0.05, l2=0.1, threads=1)


class TestSessionFactorsContract(RetrieverContract):
    recipe = SMALL


def two_shelves() -> Dataset:
    """Visits that look at mugs, or at lamps, and at nothing of both."""
    return shop(
        Event(kind="view", session_id=f"s{visit}", item_id=f"{shelf}{item}", time=START + 100 * visit + item)
        for visit in range(24)
        for shelf in [("mug", "lamp")[visit % 2]]
        for item in range(6)
        if item != visit // 2 % 6
    )


def shelves(recipe: SessionFactors, *session: str) -> list[str]:
    world = two_shelves()
    given = recipe.fit(world, RNG)(ask(world.catalog, session=session), 4)
    return [item[:3] for item in world.catalog.items.decode(given.items)]


def test_the_latest_click_says_what_a_visit_is_about() -> None:
    last = SMALL.model_copy(update={"recency": 0.3})
    assert shelves(last, "lamp0", "lamp1", "lamp2", "mug0") == ["mug"] * 4
    all_alike = SMALL.model_copy(update={"recency": 1e6})
    assert shelves(all_alike, "mug0", "lamp0", "lamp1", "lamp2") == ["lam"] * 4
    assert shelves(all_alike, "lamp0", "lamp1", "lamp2", "mug0") == ["lam"] * 4


def test_with_equal_weights_it_is_the_vector_that_ials_solves() -> None:
    world = two_shelves()
    model = SMALL.model_copy(update={"recency": 1e9}).fit(world, RNG)
    query = ask(world.catalog, session=["mug0", "mug3"])
    other = model.items(query, 20)
    given = model(query, 20)
    fresh = ~np.isin(given.items, query.session)
    assert given.items[fresh].tolist() == other.items.tolist()
    assert given.scores[fresh] == pytest.approx(other.scores, abs=1e-5)


def test_what_was_seen_may_come_again_or_not() -> None:
    world = two_shelves()
    query = ask(world.catalog, session=["mug0", "mug3"])
    again, never = (
        SMALL.model_copy(update={"again": again}).fit(world, RNG)(query, 20).items for again in (True, False)
    )
    assert set(query.session.tolist()) <= set(again.tolist())
    assert not set(query.session.tolist()) & set(never.tolist())
