import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from endcap.core.arrays import Codes, Ragged
from endcap.core.errors import BadData
from endcap.evaluate.metrics import (
    METRICS,
    average_precision,
    coverage,
    dcg,
    exponential,
    ideal_dcg,
    matched,
    measured,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
)

A, B, C, D, E, X, Y = range(7)


def lists(*rows: Sequence[int], width: int | None = None) -> Codes:
    wide = max([len(row) for row in rows] + [0]) if width is None else width
    return np.array([[*row, *[-1] * (wide - len(row))] for row in rows], np.int32).reshape(len(rows), wide)


def test_dcg_with_relevant_items_that_the_list_lacks() -> None:
    relevant, gains = Ragged.of([[0, 1, 2, 4, 5, 6, 7]]), np.array([3, 2, 3, 1, 2, 3, 2])
    matches = matched(lists(range(6)), relevant, gains)
    assert dcg(matches, 6) == pytest.approx(6.861127, abs=1e-6)
    assert ideal_dcg(matches, 6) == pytest.approx(8.740262, abs=1e-6)
    assert ndcg(matches, 6) == pytest.approx(0.785002, abs=1e-6)


def test_two_of_two_found() -> None:
    matches = matched(lists([A, X, B, Y]), Ragged.of([[A, B]]))
    assert ndcg(matches, 3) == pytest.approx(0.91972, abs=1e-5)
    assert average_precision(matches, 3) == pytest.approx(0.83333, abs=1e-5)
    assert recall(matches, 3) == pytest.approx(1.0)
    assert precision(matches, 3) == pytest.approx(0.66667, abs=1e-5)


def test_more_relevant_items_than_places() -> None:
    matches = matched(lists([A, B, X, C]), Ragged.of([[A, B, C, D, E]]))
    assert ndcg(matches, 3) == pytest.approx(0.76536, abs=1e-5)
    assert average_precision(matches, 3) == pytest.approx(0.4)
    assert recall(matches, 3) == pytest.approx(0.4)
    assert precision(matches, 3) == pytest.approx(0.66667, abs=1e-5)


def test_graded_relevance() -> None:
    matches = matched(lists([B, A, X, C]), Ragged.of([[A, B, C]]), np.array([3.0, 1.0, 2.0]))
    assert ndcg(matches, 3) == pytest.approx(0.60749, abs=1e-5)
    assert ndcg(exponential(matches), 3) == pytest.approx(0.57667, abs=1e-5)
    assert average_precision(matches, 3) == pytest.approx(0.66667, abs=1e-5)


def test_six_queries_of_which_one_has_no_list() -> None:
    codes = lists([A, X, B, Y], [A, B, X, C], [B, A, X, C], [X, A], [X, Y], [])
    relevant = Ragged.of([[A, B], [A, B, C, D, E], [A, B, C], [A], [A], [A]])
    gains = np.array([1, 1, 1, 1, 1, 1, 1, 3, 1, 2, 1, 1, 1])
    matches = matched(codes, relevant, gains)
    assert ndcg(matches, 3).mean() == pytest.approx(0.48725, abs=1e-5)
    assert average_precision(matches, 3).mean() == pytest.approx(0.4, abs=1e-5)
    assert recall(matches, 3).mean() == pytest.approx(0.51111, abs=1e-5)
    assert precision(matches, 3).mean() == pytest.approx(0.38889, abs=1e-5)
    assert reciprocal_rank(matches, 3).mean() == pytest.approx(0.58333, abs=1e-5)


def test_a_short_list_is_judged_as_if_the_rest_were_wrong() -> None:
    matches = matched(lists([A]), Ragged.of([[A, B]]))
    assert precision(matches, 10) == pytest.approx(0.1)
    assert recall(matches, 10) == pytest.approx(0.5)
    assert ndcg(matches, 10) == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_nothing_relevant_has_no_value_and_nothing_listed_has_the_value_zero() -> None:
    values = measured(lists([A], [], width=10), Ragged.of([[], [A]]))
    assert all(math.isnan(row[0]) and row[1] == 0.0 for row in values.values())


def test_no_queries_at_all() -> None:
    assert all(not len(values) for values in measured(lists(width=10), Ragged.empty(0)).values())


def test_recall_is_measured_at_the_lengths_that_the_lists_reach() -> None:
    curve = {name for name in measured(lists([A], width=20), Ragged.of([[A]])) if name.startswith("Recall")}
    assert curve == {"Recall@1", "Recall@2", "Recall@5", "Recall@10", "Recall@20"}


@pytest.mark.parametrize(
    ("row", "relevant", "problem"),
    [
        ([A, B, A], [A], "names item 0 more than once"),
        ([A, -1, B], [A], "goes on after a -1"),
        ([-2], [A], "names item -2"),
        ([A], [A, A], "relevant to query 0 more than once"),
        ([A], [-1], "cannot be relevant"),
    ],
)
def test_what_cannot_be_judged_is_refused(row: list[int], relevant: list[int], problem: str) -> None:
    with pytest.raises(BadData, match=problem):
        matched(lists(row), Ragged.of([relevant]))


def test_wrong_shapes_gains_and_cuts_are_refused() -> None:
    with pytest.raises(BadData, match="one row per query"):
        matched(lists([A]), Ragged.of([[A], [B]]))
    with pytest.raises(BadData, match="2 gains for 1 relevant"):
        matched(lists([A]), Ragged.of([[A]]), np.ones(2))
    with pytest.raises(BadData, match="gains above 0"):
        matched(lists([A]), Ragged.of([[A]]), np.array([np.nan]))
    with pytest.raises(BadData, match="at least 1"):
        recall(matched(lists([A]), Ragged.of([[A]])), 0)


def test_coverage_is_the_share_of_what_may_be_ranked() -> None:
    allowed = np.array([True, True, True, True, False])
    assert coverage(lists([0, 1], [1, 4], []), allowed) == 0.5
    assert coverage(lists([]), allowed) == 0.0
    with pytest.raises(BadData, match="item 9, but there are only 5"):
        coverage(lists([9]), allowed)


# --- the same, said slowly ---


def slow(row: list[int], gains: dict[int, float], k: int) -> dict[str, float]:
    """Every metric of one list, by its definition."""
    top, n = row[:k], len(gains)
    hits = [item in gains for item in top]
    found = sum(gains.get(item, 0.0) / math.log2(place + 2) for place, item in enumerate(top))
    ideal = sum(gain / math.log2(place + 2) for place, gain in enumerate(sorted(gains.values(), reverse=True)[:k]))
    precisions = [sum(hits[: place + 1]) / (place + 1) for place, hit in enumerate(hits) if hit]
    return {
        "NDCG": found / ideal,
        "Recall": sum(hits) / n,
        "HitRate": float(any(hits)),
        "MRR": 1 / (hits.index(True) + 1) if any(hits) else 0.0,
        "MAP": sum(precisions) / n,
        "Precision": sum(hits) / k,
    }


items = st.integers(0, 12)
cases = st.lists(
    st.tuples(st.lists(items, unique=True, max_size=10), st.dictionaries(items, st.sampled_from([0.5, 1.0, 2.0, 3.0]))),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(cases, st.integers(1, 12))
def test_every_metric_is_what_its_definition_says(cases: list[tuple[list[int], dict[int, float]]], k: int) -> None:
    relevant = Ragged.of([list(gains) for _, gains in cases])
    gains = np.array([gain for _, gains in cases for gain in gains.values()])
    matches = matched(lists(*(row for row, _ in cases)), relevant, gains)
    found = {name: metric(matches, k) for name, metric in METRICS.items()}
    for query, (row, worth) in enumerate(cases):
        for name, values in found.items():
            if worth:
                assert values[query] == pytest.approx(slow(row, worth, k)[name], abs=1e-12)
            else:
                assert math.isnan(values[query])


@settings(deadline=None)
@given(cases)
def test_queries_do_not_touch_each_other(cases: list[tuple[list[int], dict[int, float]]]) -> None:
    codes = lists(*(row for row, _ in cases), width=10)
    relevant = Ragged.of([list(gains) for _, gains in cases])
    together = measured(codes, relevant)
    backwards = np.arange(len(cases))[::-1]
    apart = measured(codes[backwards], relevant.take(backwards))
    for name, values in together.items():
        np.testing.assert_array_equal(values[backwards], apart[name])
