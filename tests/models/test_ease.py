"""The linear model in closed form, on either side of the matrix."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from endcap import Queries, Ragged
from endcap.core.dataset import Dataset
from endcap.models import ease
from endcap.models.co_occurrence import CoOccurrenceModel
from endcap.models.ease import EASE, inverted, peak_bytes
from endcap.testing import RetrieverContract, ask, orders

RNG = np.random.default_rng(0)
RECIPE = EASE(l2=2.0)


class TestEASEContract(RetrieverContract):
    recipe = RECIPE


class TestPositiveEASEContract(RetrieverContract):
    recipe = EASE(l2=2.0, signs="positive")


def weights(model: CoOccurrenceModel) -> np.ndarray:
    dense = np.zeros((len(model.neighbours), len(model.neighbours)))
    dense[model.neighbours.rows, model.neighbours.values] = model.scores
    return dense


def world(n_rows: int, n_items: int) -> Dataset:
    """Random orders of two to five items; items that nobody bought are there, too."""
    chance = np.random.default_rng(n_rows)
    baskets = [[f"i{item}" for item in chance.choice(n_items, chance.integers(2, 6), False)] for _ in range(n_rows)]
    return orders(*baskets, items={f"i{item}": {} for item in range(n_items + 1)})


def expected_weights(data: Dataset, recipe: EASE) -> np.ndarray:
    """As the papers write it: the negative inverse over its diagonal."""
    rows = data.baskets.items
    matrix = np.zeros((len(rows), len(data.catalog)))
    matrix[rows.rows, rows.values] = 1.0
    held = recipe.l2 * matrix.sum(axis=0) ** recipe.power
    worth = matrix.sum(axis=1) ** -recipe.length_power
    seen = matrix.any(axis=0)
    inverse = np.linalg.inv(matrix.T @ (worth[:, None] * matrix) + np.diag(np.where(seen, held, 1.0)))
    expected: np.ndarray = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0.0)
    return expected


@pytest.mark.parametrize("settings", [{}, {"power": 0.5, "length_power": 0.8}])
@pytest.mark.parametrize(("n_rows", "n_items"), [(40, 12), (9, 25)])
def test_weights_are_those_of_the_papers(n_rows: int, n_items: int, settings: dict[str, float]) -> None:
    data, recipe = world(n_rows, n_items), EASE(l2=2.0, **settings)  # type: ignore[arg-type]
    expected = expected_weights(data, recipe)
    assert (expected < -0.01).any()
    assert np.allclose(weights(recipe.fit(data, RNG)), expected, atol=1e-5)
    positive = recipe.model_copy(update={"signs": "positive"})
    assert np.allclose(weights(positive.fit(data, RNG)), np.maximum(expected, 0.0), atol=1e-5)


def test_the_largest_weights_by_amount_are_kept_best_first() -> None:
    data = world(40, 12)
    expected, model = expected_weights(data, RECIPE), RECIPE.model_copy(update={"neighbours": 4}).fit(data, RNG)
    for item in np.flatnonzero(model.neighbours.lengths):
        start, end = model.neighbours.offsets[item], model.neighbours.offsets[item + 1]
        assert set(model.neighbours.values[start:end]) == set(np.argsort(-np.abs(expected[item]))[:4])
        assert (np.diff(model.scores[start:end]) <= 0).all()


def test_what_is_spoken_against_is_not_recommended_and_lowers_sums() -> None:
    # Who has a case has one phone: beside the case, the red phone speaks against the blue one.
    world = orders(*[["red", "case"]] * 9, *[["blue", "case"]] * 9, ["red", "charm"])
    model = EASE(l2=0.5).fit(world, RNG)
    red, blue, case = world.catalog.items.encode(["red", "blue", "case"])
    assert weights(model)[red, blue] < 0 < weights(model)[case, blue]
    for page in (["red"], ["red", "charm"], ["charm", "red"]):
        query = ask(world.catalog, context=page)
        assert blue not in model(query, 10).items
        queries = Queries.of(world.catalog, np.array([query.now]), context=Ragged.of([query.context]))
        assert blue not in model.many(queries, 10)[0]
        assert model.why(query, int(blue)).score < 0
    both, alone = (ask(world.catalog, context=page) for page in (["case", "charm", "red"], ["case"]))
    scores = [dict(zip(found.items, found.scores, strict=True)) for found in (model(both, 9), model(alone, 9))]
    assert scores[0].get(blue, 0.0) < scores[1][blue]


def test_without_room_for_all_the_most_frequent_items_are_learned_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ease, "BLOCK_WEIGHTS", 1)
    data = orders(["a", "b"], ["a", "b"], ["a", "b", "c"], ["d", "c"], ["b", "c"])
    model = EASE(l2=0.1, gigabytes=peak_bytes(5, 3, 500) / 1e9).fit(data, RNG)
    assert set(data.catalog.items.decode(np.unique(model.neighbours.values))) == {"a", "b", "c"}
    assert model.neighbours.lengths[data.catalog.items.encode(["d"])[0]] == 0
    assert "4 items" in caplog.text
    assert "allows for 3: only these most frequent items are learned" in caplog.text
    assert "90.9 % of the events" in caplog.text


def test_with_room_for_all_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    EASE(l2=0.1).fit(orders(["a", "b"], ["a", "c"]), RNG)
    assert not caplog.text


def test_two_gigabytes_hold_16384_items_and_five_25000() -> None:
    assert peak_bytes(10**9, 16_384, 2000) < 2e9
    assert peak_bytes(10**9, 25_000, 2000) < 5e9
    assert peak_bytes(1000, 200_000, 500) < 2e9  # few rows: their side is inverted


def test_a_large_matrix_is_inverted_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ease, "WHOLE", 3)
    root = np.random.default_rng(1).normal(size=(17, 40))
    matrix = (root @ root.T + np.eye(17)).astype(np.float32)
    expected = np.linalg.inv(matrix.astype(np.float64))
    with ThreadPoolExecutor(2) as pool:
        inverted(matrix, pool)
    assert np.allclose(matrix, expected, atol=1e-5)
