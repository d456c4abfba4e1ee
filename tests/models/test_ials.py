"""Factors whose products are high where something happened, found by alternating least squares."""

import numpy as np
import pytest

from endcap.core.arrays import Ragged
from endcap.core.dataset import Dataset
from endcap.core.query import Queries
from endcap.models.ials import IALS, IALSModel, all_touched, touched_in
from endcap.models.rows import distinct_rows
from endcap.testing import RetrieverContract, ask, orders

RNG = np.random.default_rng(0)
SMALL = IALS(size=4, epochs=6, l2=0.01, threads=1)


class TestIALSContract(RetrieverContract):
    recipe = SMALL


class TestIALSByCholeskyContract(RetrieverContract):
    recipe = SMALL.model_copy(update={"solver": "cholesky"})


class TestIALSByBlocksContract(RetrieverContract):
    recipe = SMALL.model_copy(update={"solver": "blocks", "block": 3})


def crowd(n_users: int, per_user: int, seed: int) -> list[list[str]]:
    """Orders of users who each like one of four shelves of ten items; order i is user i's."""
    rng = np.random.default_rng(seed)
    return [[f"{user % 4}-{item}" for item in rng.choice(10, per_user, replace=False)] for user in range(n_users)]


def shop(bought: list[list[str]]) -> Dataset:
    """One order a day, each by a user of its own."""
    items: dict[str, dict[str, str | None]] = {f"{shelf}-{item}": {} for shelf in range(4) for item in range(10)}
    return orders(*bought, items=items)


def all_scores(model: IALSModel, rows: Ragged) -> np.ndarray:
    return model.folded(rows) @ model.vectors.T


def test_a_visitor_is_the_least_squares_answer_of_their_items() -> None:
    world = shop(crowd(40, 4, 0))
    model = SMALL.fit(world, RNG)
    touched = np.array([0, 3, 7], np.int32)
    items = model.vectors.astype(np.float64)
    within = items[touched]
    shrink = 0.01 * (3 + 0.02 * len(items))
    term = 0.02 * items.T @ items + within.T @ within + shrink * np.eye(4)
    expected = np.linalg.solve(term, within.sum(axis=0))
    assert np.allclose(np.diag(model.spread), 0.02 * items.T @ items, atol=1e-5)
    assert np.allclose(model.folded(Ragged.of([touched]))[0], expected, atol=1e-4)


def test_conjugate_gradient_ends_where_cholesky_does() -> None:
    world = shop(crowd(80, 5, 1))
    rows = distinct_rows(world.histories("purchase"))
    ends = [
        all_scores(recipe.fit(world, np.random.default_rng(3)), rows)
        for recipe in (
            SMALL.model_copy(update={"epochs": 40, "steps": 4}),
            SMALL.model_copy(update={"epochs": 40, "solver": "cholesky"}),
        )
    ]
    assert np.allclose(ends[0], ends[1], atol=0.02)


@pytest.mark.parametrize("solver", ["cg", "cholesky", "blocks"])
def test_threads_change_nothing(solver: str) -> None:
    world = shop(crowd(60, 5, 2))
    one, three = (
        SMALL.model_copy(update={"threads": threads, "solver": solver}).fit(world, np.random.default_rng(3))
        for threads in (1, 3)
    )
    assert np.array_equal(one.vectors, three.vectors)


def test_it_finds_the_shelf_that_a_new_visitor_likes() -> None:
    world = shop(crowd(80, 5, 3))
    found = SMALL.fit(world, RNG)(ask(world.catalog, session=["2-1"], history=["2-5"]), 8)
    assert {name[0] for name in world.catalog.items.decode(found.items)} == {"2"}
    assert not {"2-1", "2-5"} & set(world.catalog.items.decode(found.items))


def test_factors_rank_as_single_calls_do() -> None:
    world = shop(crowd(80, 5, 3))
    model = SMALL.fit(world, RNG)
    query = ask(world.catalog, history=["1-1", "3-5"])
    found = model(query, 5)
    scores = model.embed(query) @ model.vectors.T
    assert np.allclose(scores[found.items], found.scores, atol=1e-6)


def test_a_hundred_small_updates_end_where_a_full_fit_ends() -> None:
    bought = crowd(200, 5, 4)
    world = shop(bought)
    moments = np.sort(np.unique(world.events.time))
    recipe = SMALL.model_copy(update={"epochs": 30, "solver": "cholesky"})
    model = recipe.fit(world.between(-np.inf, moments[100]), np.random.default_rng(3))
    for start, end in zip(moments[100:], [*moments[101:], np.inf], strict=True):
        model = model.updated(world.between(-np.inf, end), start)
    whole = recipe.fit(world, np.random.default_rng(3))
    rows = distinct_rows(world.histories("purchase"))
    grown, fitted = all_scores(model, rows), all_scores(whole, rows)
    # Stated distance: the scores correlate to 0.95, and lists of ten share nine.
    assert np.corrcoef(grown.ravel(), fitted.ravel())[0, 1] > 0.95
    best = [np.argsort(-scores, axis=1)[:, :10] for scores in (grown, fitted)]
    shared = [len(set(ours) & set(theirs)) for ours, theirs in zip(*best, strict=True)]
    assert np.mean(shared) > 9


def test_an_update_without_news_changes_no_score() -> None:
    world = shop(crowd(40, 4, 5))
    model = SMALL.fit(world, RNG)
    rows = distinct_rows(world.histories("purchase"))
    again = model.updated(world, world.now + 1)
    assert np.allclose(all_scores(model, rows), all_scores(again, rows), atol=1e-5)


def test_a_visitor_is_known_by_all_they_touched() -> None:
    world = shop([["0-1", "0-2", "0-3"]])
    query = ask(world.catalog, history=["0-3", "0-1"], session=["0-1"], context=["0-2"])
    assert touched_in(query).tolist() == [1, 2, 3]


def test_what_many_visitors_touched_is_what_each_did() -> None:
    world, rng = shop([["0-1", "0-2", "0-3"]]), np.random.default_rng(0)
    one, two, three = (Ragged.of([rng.integers(40, size=rng.integers(5)) for _ in range(30)]) for _ in range(3))
    queries = Queries.of(world.catalog, np.zeros(30), one, two, three)
    assert [row.tolist() for row in all_touched(queries)] == [touched_in(query).tolist() for query in queries]
