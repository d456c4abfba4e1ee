"""The best filling of a slot, or a cheaper one that is as good."""

import numpy as np

from endcap.evaluate.choice import Tried, best_baseline, best_of, better_than

UNITS = np.arange(200)
RNG = np.random.default_rng(0)
BASE = RNG.random(200) / 2
DEAR = Tried(5, BASE + 0.2)


def noisy(cost: int, below: float) -> Tried:
    """Somewhat below the dear one, and far from it on each query."""
    return Tried(cost, DEAR.values - below + np.random.default_rng(cost).normal(0, 0.3, 200))


def choose(*tried: Tried, bar: float = 0.0) -> int:
    return best_of(tried, bar, UNITS, np.random.default_rng(1))


def test_the_best_is_taken_if_it_is_better_than_chance_explains() -> None:
    assert choose(Tried(0, BASE), DEAR, Tried(1, BASE + 0.1)) == 1


def test_the_cheapest_is_taken_of_those_that_are_as_good() -> None:
    assert choose(DEAR, noisy(0, 0.01), noisy(1, 0.0)) == 1
    assert choose(Tried(2, BASE), Tried(1, BASE)) == 1


def test_what_does_not_reach_the_best_baseline_is_not_taken_because_it_is_cheap() -> None:
    cheap = noisy(0, 0.03)
    assert choose(DEAR, cheap) == 1
    assert choose(DEAR, cheap, bar=(cheap.mean + DEAR.mean) / 2) == 0


def test_the_best_is_taken_if_nothing_reaches_the_baseline() -> None:
    assert choose(Tried(0, BASE), DEAR, bar=2.0) == 1


def test_with_few_queries_only_what_is_surely_better_takes_the_place_of_the_first() -> None:
    few = np.arange(12)
    first = Tried(3, BASE[:12])
    surely, perhaps = Tried(4, BASE[:12] + 0.2), Tried(0, BASE[:12] + np.tile([0.5, -0.4], 6))
    assert better_than(first, [first, perhaps], few, np.random.default_rng(0)) is None
    assert better_than(first, [first, perhaps, surely], few, np.random.default_rng(0)) == 2


def test_the_best_baseline_is_named_and_there_may_be_none() -> None:
    assert best_baseline({"low": np.array([0.0, 0.2]), "high": np.array([0.4, np.nan])}) == ("high", 0.4)
    assert best_baseline({}) == ("", 0.0)
