"""What a score is made of."""

import numpy as np
import pytest

from endcap.core.why import Why


def test_a_seed_that_comes_twice_is_told_once() -> None:
    why = Why.of(np.array([7, 2, 7], np.int32), np.array([0.5, 0.25, 1.0]))
    assert (why.seeds.tolist(), why.adds.tolist(), why.score) == ([2, 7], [0.25, 1.5], 1.75)


def test_shares_are_of_what_speaks_for_the_item() -> None:
    shares, rest = Why(np.array([1, 2, 3], np.int32), np.array([3.0, -2.0, 0.0]), 1.0, "because").shares()
    assert (shares.tolist(), rest) == ([0.75, 0.0, 0.0], 0.25)


@pytest.mark.parametrize("why", [Why.of(np.empty(0, np.int32), np.empty(0)), Why.of(np.array([1]), np.array([-1.0]))])
def test_where_nothing_speaks_for_it_there_are_no_shares(why: Why) -> None:
    shares, rest = why.shares()
    assert (shares.sum(), rest) == (0.0, 0.0)
