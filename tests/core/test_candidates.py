"""What retrievers give: order, ties, NaN, and lists one below the other."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from endcap.core.candidates import Candidates
from endcap.testing import found

FEW = st.sampled_from([0.0, 1.0, 2.0, np.nan, np.inf, -np.inf])
SCORES = arrays.arrays(np.float32, st.integers(0, 30), elements=FEW)


@given(SCORES, st.integers(0, 40))
def test_top_is_sorting_by_score_and_then_by_code(scores: np.ndarray[tuple[int], np.dtype[np.float32]], k: int) -> None:
    expected = sorted((-score, code) for code, score in enumerate(scores.tolist()) if np.isfinite(score))[:k]
    assert Candidates.all(scores).top(k).items.tolist() == [code for _, code in expected]


def test_ties_go_to_the_smaller_code_wherever_it_stands() -> None:
    assert found((7, 1.0), (3, 1.0), (5, 2.0)).top(2).items.tolist() == [5, 3]


def test_rescore_puts_into_the_new_order_with_all_columns() -> None:
    candidates = found((1, 3.0), (2, 2.0), (0, 1.0)).with_feature("own", np.array([1, 2, 0], np.float32))
    again = candidates.rescore(np.array([0.0, 5.0, 5.0], np.float32))
    assert again.items.tolist() == [0, 2, 1]
    assert again.feature("own").tolist() == [0, 2, 1]
    assert candidates.items.tolist() == [1, 2, 0]


def test_then_puts_the_others_below_and_none_twice() -> None:
    above = found((1, 0.5), (2, 0.1)).with_feature("near", np.array([9, 8], np.float32))
    joined = above.then(found((2, 99.0), (3, 98.0), (4, 97.0)))
    assert joined.items.tolist() == [1, 2, 3, 4]
    assert joined.top(4).items.tolist() == [1, 2, 3, 4]
    assert joined.feature("near")[:2].tolist() == [9, 8]
    assert np.isnan(joined.feature("near")[2:]).all()


def test_then_with_nothing_on_one_side_is_the_other() -> None:
    some = found((1, 0.5))
    assert Candidates.none().then(some).items.tolist() == [1]
    assert some.then(Candidates.none()).items.tolist() == [1]


def test_a_feature_nobody_gave_says_nothing() -> None:
    assert np.isnan(found((1, 0.5)).feature("unheard")).all()
