"""The linear model in closed form, on either side of the matrix."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from endcap.core.dataset import Dataset
from endcap.models import ease
from endcap.models.co_occurrence import CoOccurrenceModel
from endcap.models.ease import EASE, inverted
from endcap.testing import RetrieverContract, orders

RNG = np.random.default_rng(0)
RECIPE = EASE(l2=2.0)


class TestEASEContract(RetrieverContract):
    recipe = RECIPE


def weights(model: CoOccurrenceModel) -> np.ndarray:
    dense = np.zeros((len(model.neighbours), len(model.neighbours)))
    dense[model.neighbours.rows, model.neighbours.values] = model.scores
    return dense


def world(n_rows: int, n_items: int) -> Dataset:
    """Random orders of two to five items; items that nobody bought are there, too."""
    chance = np.random.default_rng(n_rows)
    baskets = [[f"i{item}" for item in chance.choice(n_items, chance.integers(2, 6), False)] for _ in range(n_rows)]
    return orders(*baskets, items={f"i{item}": {} for item in range(n_items + 1)})


@pytest.mark.parametrize("settings", [{}, {"power": 0.5, "length_power": 0.8}])
@pytest.mark.parametrize(("n_rows", "n_items"), [(40, 12), (9, 25)])
def test_weights_are_those_of_the_papers(n_rows: int, n_items: int, settings: dict[str, float]) -> None:
    data = world(n_rows, n_items)
    rows = data.baskets.items
    matrix = np.zeros((len(rows), len(data.catalog)))
    matrix[rows.rows, rows.values] = 1.0
    recipe = EASE(l2=2.0, **settings)  # type: ignore[arg-type]
    held = 2.0 * matrix.sum(axis=0) ** recipe.power
    worth = matrix.sum(axis=1) ** -recipe.length_power
    seen = matrix.any(axis=0)
    inverse = np.linalg.inv(matrix.T @ (worth[:, None] * matrix) + np.diag(np.where(seen, held, 1.0)))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0.0)
    assert np.allclose(weights(recipe.fit(data, RNG)), np.maximum(expected, 0.0), atol=1e-5)


def test_without_room_for_all_the_most_frequent_items_are_learned() -> None:
    data = orders(["a", "b"], ["a", "b"], ["a", "b", "c"], ["d", "c"], ["b", "c"])
    room = 3**2 * 4 / 2**30 * 1.001
    model = EASE(l2=0.1, gigabytes=room).fit(data, RNG)
    assert set(data.catalog.items.decode(np.unique(model.neighbours.values))) <= {"a", "b", "c"}
    assert model.neighbours.lengths[data.catalog.items.encode(["d"])[0]] == 0


def test_a_large_matrix_is_inverted_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ease, "WHOLE", 3)
    root = np.random.default_rng(1).normal(size=(17, 40))
    matrix = (root @ root.T + np.eye(17)).astype(np.float32)
    expected = np.linalg.inv(matrix.astype(np.float64))
    with ThreadPoolExecutor(2) as pool:
        inverted(matrix, pool)
    assert np.allclose(matrix, expected, atol=1e-5)
