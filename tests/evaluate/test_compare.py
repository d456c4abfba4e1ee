import numpy as np
import pytest
from numpy.typing import NDArray

from endcap.evaluate.compare import compared, estimates, resamples


def test_the_interval_covers_a_known_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(300):
        values = rng.exponential(2.0, (80, 1))
        at = estimates(values, resamples(np.arange(80), rng, times=300))[0]
        covered.append(at.low <= 2.0 <= at.high)
    assert 0.89 < np.mean(covered) < 0.98


def test_queries_of_one_user_are_drawn_together() -> None:
    rng = np.random.default_rng(1)
    by_user = rng.normal(0.0, 1.0, 40)
    values, users = np.repeat(by_user, 25)[:, None], np.repeat(np.arange(40), 25)
    clustered = estimates(values, resamples(users, rng))[0]
    alone = estimates(values, resamples(np.arange(1000), rng))[0]
    assert clustered.mean == pytest.approx(alone.mean)
    assert clustered.high - clustered.low > 3 * (alone.high - alone.low)


def test_each_draw_has_as_many_units_as_there_are() -> None:
    drawn = resamples(np.array([7, 7, 3, 9]), np.random.default_rng(2), times=50)
    assert drawn.units.tolist() == [1, 1, 0, 2]
    assert (drawn.weights.sum(axis=1) == 3).all()


def test_a_row_compared_with_its_double_differs_by_nothing() -> None:
    rng = np.random.default_rng(3)
    values = {"NDCG@10": rng.random(50)}
    rows = compared({"one": values, "double": values}, ["double"], resamples(np.arange(50), rng))
    above = rows["one"].above["double"]["NDCG@10"]
    assert (above.mean, above.low, above.high) == (0.0, 0.0, 0.0)
    assert rows["double"].above == {}


def test_a_constant_difference_is_certain_however_noisy_the_rows_are() -> None:
    rng = np.random.default_rng(4)
    noisy = rng.normal(0.0, 10.0, 60)
    rows = compared({"a": {"m": noisy + 1}, "b": {"m": noisy}}, ["b"], resamples(np.arange(60), rng))
    above = rows["a"].above["b"]["m"]
    assert (above.low, above.mean, above.high) == pytest.approx((1.0, 1.0, 1.0))


def test_the_same_randomness_gives_the_same_interval() -> None:
    values = np.random.default_rng(5).random((30, 2))
    first, second = (estimates(values, resamples(np.arange(30), np.random.default_rng(6))) for _ in range(2))
    assert first == second


def test_queries_without_a_value_are_left_out() -> None:
    values = np.array([[1.0], [np.nan], [3.0]])
    at = estimates(values, resamples(np.arange(3), np.random.default_rng(7)))[0]
    assert at.mean == 2.0
    assert 1.0 <= at.low <= at.high <= 3.0


@pytest.mark.parametrize("values", [np.full((2, 1), np.nan), np.empty((0, 1))])
def test_nothing_to_count_gives_no_number(values: NDArray[np.float64]) -> None:
    at = estimates(values, resamples(np.arange(len(values)), np.random.default_rng(8)))[0]
    assert np.isnan([at.mean, at.low, at.high]).all()
