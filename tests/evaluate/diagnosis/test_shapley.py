"""What each feature adds, where it can be known by hand."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from endcap.core.errors import BadData
from endcap.evaluate.diagnosis.shapley import EXACT, Values, shapley


def by_hand(score: object, row: Values, background: Values) -> Values:
    """The definition: the mean over every order of what a feature adds to those before it."""
    adds = []
    for order in permutations(range(len(row))):
        rows, last, added = background.copy(), float(np.mean(score(background))), np.zeros(len(row))  # type: ignore[operator]
        for feature in order:
            rows[:, feature] = row[feature]
            now = float(np.mean(score(rows)))  # type: ignore[operator]
            added[feature], last = now - last, now
        adds.append(added)
    return np.mean(adds, axis=0)  # type: ignore[no-any-return]


def test_a_linear_score_gives_weight_times_distance_from_the_mean() -> None:
    rng = np.random.default_rng(0)
    weights, row, background = rng.normal(size=5), rng.normal(size=5), rng.normal(size=(30, 5))
    found = shapley(lambda rows: rows @ weights + 3.0, row, background)
    assert found.adds == pytest.approx(weights * (row - background.mean(axis=0)))
    assert found.base == pytest.approx(3.0 + background.mean(axis=0) @ weights)


def test_a_product_is_shared_equally_and_a_feature_without_effect_gets_nothing() -> None:
    found = shapley(lambda rows: rows[:, 0] * rows[:, 1], np.array([2.0, 3.0, 9.0]), np.zeros((1, 3)))
    assert found.adds == pytest.approx([3.0, 3.0, 0.0])


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_exact_values_are_those_of_the_definition(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    bumps, row, background = rng.normal(size=(n, 3)), rng.normal(size=n), rng.normal(size=(4, n))

    def score(rows: Values) -> Values:
        return np.asarray(np.maximum(rows @ bumps, 0.0).prod(axis=1) + np.tanh(rows).sum(axis=1))

    found = shapley(score, row, background)
    assert found.adds == pytest.approx(by_hand(score, row, background))
    assert found.score == pytest.approx(float(score(row[None])[0]))


def test_many_features_are_sampled_each_order_forwards_and_backwards() -> None:
    rng = np.random.default_rng(1)
    n = EXACT + 3
    row, background = rng.normal(size=n), rng.normal(size=(20, n))
    asked = 0

    def score(rows: Values) -> Values:
        nonlocal asked
        asked += len(rows)
        return np.asarray(rows.sum(axis=1) + rows[:, 0] * rows[:, 1])

    found = shapley(score, row, background, rng, orders=50)
    means = background.mean(axis=0)
    alone = row - means
    base = (background[:, 0] * background[:, 1]).mean()
    alone[0] += 0.5 * (row[0] * means[1] - base + row[0] * row[1] - means[0] * row[1])
    alone[1] += 0.5 * (means[0] * row[1] - base + row[0] * row[1] - row[0] * means[1])
    assert found.score == pytest.approx(float(score(row[None])[0]))
    assert found.adds[2:] == pytest.approx(alone[2:])
    assert found.adds == pytest.approx(alone)  # an order and its reverse are exact where only two features interact
    assert (found.errors < 1e-9).all()
    assert asked == 1 + 20 * (2 * 50 * (n + 1) + 1)


def test_what_cannot_be_attributed_is_refused() -> None:
    with pytest.raises(BadData, match=r"a row of shape \(2,\) and a background of \(3, 4\)"):
        shapley(lambda rows: rows[:, 0], np.zeros(2), np.zeros((3, 4)))
    with pytest.raises(BadData, match="13 features are too many"):
        shapley(lambda rows: rows[:, 0], np.zeros(13), np.zeros((3, 13)))
