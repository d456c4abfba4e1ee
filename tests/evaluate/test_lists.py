import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from endcap.core.arrays import Ragged
from endcap.core.errors import BadData
from endcap.evaluate import lists
from endcap.evaluate.lists import between, front, highest, nearest


def test_the_first_k_that_may_be_listed_move_to_the_front() -> None:
    found = np.array([[5, 6, 7, 8], [5, 6, 7, 8], [5, 6, -1, -1]], np.int32)
    allowed, exclude = np.arange(9) != 5, Ragged.of([[7], [6, 7, 8], []])
    assert front(found, allowed, exclude, 1).tolist() == [[6], [-1], [6]]
    assert front(found, np.ones(9, bool), exclude, 5).tolist()[0] == [5, 6, 8, -1, -1]


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 30))
def test_the_highest_are_those_that_sorting_everything_finds(seed: int, n_items: int, k: int) -> None:
    chance = np.random.default_rng(seed)
    scores = chance.integers(0, 6, (4, n_items)).astype(np.float32)
    exclude = Ragged.of([chance.permutation(n_items)[: chance.integers(0, n_items + 1)] for _ in range(4)])
    found = highest(scores, k, exclude)
    for row in range(4):
        sorted_out = np.lexsort((np.arange(n_items), -scores[row])).tolist()
        right = [item for item in sorted_out if item not in exclude[row]][:k]
        assert found[row].tolist() == right + [-1] * (k - len(right))


def test_equal_scores_give_one_list_whoever_works_on_it() -> None:
    scores = np.ones((500, 7), np.float32)
    assert (highest(scores, 3) == [0, 1, 2]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_no_number_is_refused(bad: float) -> None:
    scores = np.zeros((3, 4), np.float32)
    scores[1, 2] = bad
    with pytest.raises(BadData, match="query 1 scores item 2"):
        highest(scores, 2)
    vectors = np.array([[0.0, 1.0], [bad, 0.0]], np.float32)
    fine = np.ones((3, 2), np.float32)
    with pytest.raises(BadData, match="the vector of item 1"):
        nearest(fine, vectors, 1, np.ones(2, bool), ())
    with pytest.raises(BadData, match="the vector of query 1"):
        nearest(vectors, fine, 1, np.ones(3, bool), ())


def test_products_are_found_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(0)
    queries, items = (chance.normal(size=(n, 5)).astype(np.float32) for n in (250, 60))
    queries[3], items[7] = 0, 0
    allowed, exclude = chance.random(60) < 0.8, Ragged.of([chance.permutation(60)[:9] for _ in range(250)])
    whole = nearest(queries, items, 8, allowed, (exclude,))
    monkeypatch.setattr(lists, "TILE", 7)
    monkeypatch.setattr(lists, "ROWS", 40)
    assert np.array_equal(nearest(queries, items, 8, allowed, (exclude,)), whole)
    scores = queries @ items.T
    barred = Ragged.of([np.union1d(np.flatnonzero(~allowed), np.append(row, 7)) for row in exclude])
    expected = highest(scores, 8, barred)
    expected[3] = -1
    assert np.array_equal(whole, expected)


def test_rows_between_two_others_are_those_rows() -> None:
    rows = Ragged.of([[1], [2, 3], [], [4]])
    assert [row.tolist() for row in between(rows, 1, 3)] == [[2, 3], []]
