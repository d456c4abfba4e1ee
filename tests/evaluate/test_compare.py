from math import comb

import numpy as np
import pytest
from numpy.typing import NDArray

from endcap.evaluate import compare
from endcap.evaluate.compare import compared, estimates, holm, randomised, resamples


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


def test_each_draw_has_as_many_units_as_there_are_and_comes_again_as_it_was() -> None:
    drawn = resamples(np.array([7, 7, 3, 9]), np.random.default_rng(2), times=50)
    assert drawn.units.tolist() == [1, 1, 0, 2]
    (weights,), (signs,) = drawn.weights(), drawn.signs()
    assert weights.shape == (50, 3)
    assert (weights.sum(axis=1) == 3).all()
    assert set(np.unique(signs)) == {-1.0, 1.0}
    assert np.array_equal(weights, next(drawn.weights()))


def test_draws_come_in_blocks_that_bound_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "BLOCK", 100)
    drawn = resamples(np.arange(30), np.random.default_rng(2), times=50, exchanges=7)
    assert [block.shape for block in drawn.weights()] == [(3, 30)] * 16 + [(2, 30)]
    assert [block.shape for block in drawn.signs()] == [(3, 30), (3, 30), (1, 30)]


def test_the_randomisation_test_is_exact_on_what_can_be_counted_by_hand() -> None:
    differences = np.array([1.0, 1.0, 1.0, 1.0, 1.0])[:, None]
    drawn = resamples(np.arange(5), np.random.default_rng(3), exchanges=20_000)
    assert randomised(differences, drawn)[0] == pytest.approx(2 / 32, abs=0.006)
    mixed = np.array([3.0, -1.0, np.nan, 1.0])[:, None]
    # Of the 8 ways to sign 3, 1, 1, six give a sum of at least 3 either way: 5, 3, 3 and their mirrors.
    assert randomised(mixed, resamples(np.arange(4), np.random.default_rng(4), exchanges=20_000))[0] == pytest.approx(
        6 / 8, abs=0.015
    )


def test_queries_of_one_user_are_exchanged_together() -> None:
    differences = np.ones((40, 1))
    alone, together = (
        randomised(differences, resamples(units, np.random.default_rng(5)))[0]
        for units in (np.arange(40), np.zeros(40, int))
    )
    assert alone < 0.001
    assert together == 1.0


def test_no_difference_is_no_evidence_and_no_query_is_no_number() -> None:
    ps = randomised(np.array([[0.0, np.nan], [0.0, np.nan]]), resamples(np.arange(2), np.random.default_rng(6)))
    assert ps[0] == 1.0
    assert np.isnan(ps[1])


def test_holm_multiplies_the_smallest_by_their_number_and_keeps_the_order() -> None:
    # The example of Holm's paper in its usual form: .01, .04, .03, .005 become .03, .06, .06, .02.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, np.nan, 0.9])[::2] == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_rows_held_against_one_baseline_are_corrected_together_and_counted() -> None:
    rng = np.random.default_rng(7)
    base = rng.random(200)
    values = {f"row {n}": {"m": base + rng.normal(0.05 * n, 0.3, 200)} for n in range(4)} | {"base": {"m": base}}
    rows = compared(values, ["base"], resamples(np.arange(200), rng))
    found = [rows[f"row {n}"].above["base"]["m"] for n in range(4)]
    assert [at.corrected for at in found] == pytest.approx(holm([at.p for at in found]))
    assert found[3].shown
    assert not found[0].shown
    assert all(at.wins + at.losses == 200 for at in found)


def test_two_rows_alike_are_told_apart_no_more_often_than_they_may_be() -> None:
    rng, times, found = np.random.default_rng(8), 300, 0
    for _ in range(times):
        base = rng.random(60)
        values = {name: {"m": base + rng.normal(0, 0.2, 60)} for name in "abc"}
        rows = compared(values, ["a"], resamples(np.repeat(np.arange(30), 2), rng, times=200, exchanges=400))
        found += any(rows[name].above["a"]["m"].corrected < 0.05 for name in "bc")
    # If the true rate were 5 %, more than this would come once in 10,000 times.
    assert found <= highest_of(times, 0.05, 1e-4)


def highest_of(n: int, chance: float, risk: float) -> int:
    """The count that n trials exceed with no more than the given risk."""
    left, count = 1.0, -1
    while left > risk:
        count += 1
        left -= comb(n, count) * chance**count * (1 - chance) ** (n - count)
    return count


def test_a_row_compared_with_its_double_differs_by_nothing() -> None:
    rng = np.random.default_rng(3)
    values = {"NDCG@10": rng.random(50)}
    rows = compared({"one": values, "double": values}, ["double"], resamples(np.arange(50), rng))
    above = rows["one"].above["double"]["NDCG@10"]
    assert (above.mean, above.low, above.high, above.p, above.wins) == (0.0, 0.0, 0.0, 1.0, 0)
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
