import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from endcap.core.arrays import Codes, Ragged
from endcap.core.errors import BadData
from endcap.evaluate.metrics import METRICS, auc, matched, measured, measured_at, r_precision

A, B, C, D, E, X, Y = range(7)


def lists(*rows: Sequence[int], width: int | None = None) -> Codes:
    wide = max([len(row) for row in rows] + [0]) if width is None else width
    return np.array([[*row, *[-1] * (wide - len(row))] for row in rows], np.int32).reshape(len(rows), wide)


def at(codes: Codes, relevant: Ragged, k: int, gains: Sequence[float] | None = None) -> dict[str, float]:
    """The mean of every metric."""
    matches = matched(codes, relevant, None if gains is None else np.array(gains))
    return {name: float(values.mean()) for name, values in measured_at(matches, k).items()}


def test_relevant_items_that_the_list_lacks_are_in_the_ideal() -> None:
    relevant, gains = Ragged.of([[0, 1, 2, 4, 5, 6, 7]]), [3, 2, 3, 1, 2, 3, 2]
    assert at(lists(range(6)), relevant, 6, gains)["NDCG"] == pytest.approx(6.861127 / 8.740262, abs=1e-6)


def test_two_of_two_found() -> None:
    values = at(lists([A, X, B, Y]), Ragged.of([[A, B]]), 3)
    assert values["NDCG"] == pytest.approx(0.91972, abs=1e-5)
    assert values["MAP"] == pytest.approx(0.83333, abs=1e-5)
    assert values["Recall"] == pytest.approx(1.0)
    assert values["Precision"] == pytest.approx(0.66667, abs=1e-5)


def test_more_relevant_items_than_places() -> None:
    values = at(lists([A, B, X, C]), Ragged.of([[A, B, C, D, E]]), 3)
    assert values["NDCG"] == pytest.approx(0.76536, abs=1e-5)
    assert (values["MAP"], values["Recall"]) == pytest.approx((0.4, 0.4))
    assert values["Precision"] == pytest.approx(0.66667, abs=1e-5)
    assert (values["CappedMAP"], values["CappedRecall"]) == pytest.approx((2 / 3, 2 / 3))


def test_graded_relevance() -> None:
    values = at(lists([B, A, X, C]), Ragged.of([[A, B, C]]), 3, [3.0, 1.0, 2.0])
    assert values["NDCG"] == pytest.approx(0.60749, abs=1e-5)
    assert values["ExponentialNDCG"] == pytest.approx(0.57667, abs=1e-5)
    assert values["MAP"] == pytest.approx(0.66667, abs=1e-5)
    assert values["GainRecall"] == pytest.approx(4 / 6)


def test_six_queries_of_which_one_has_no_list() -> None:
    codes = lists([A, X, B, Y], [A, B, X, C], [B, A, X, C], [X, A], [X, Y], [])
    relevant = Ragged.of([[A, B], [A, B, C, D, E], [A, B, C], [A], [A], [A]])
    values = at(codes, relevant, 3, [1, 1, 1, 1, 1, 1, 1, 3, 1, 2, 1, 1, 1])
    assert values["NDCG"] == pytest.approx(0.48725, abs=1e-5)
    assert values["MAP"] == pytest.approx(0.4, abs=1e-5)
    assert values["Recall"] == pytest.approx(0.51111, abs=1e-5)
    assert values["Precision"] == pytest.approx(0.38889, abs=1e-5)
    assert values["MRR"] == pytest.approx(0.58333, abs=1e-5)


def test_a_short_list_is_judged_as_if_the_rest_were_wrong() -> None:
    values = at(lists([A]), Ragged.of([[A, B]]), 10)
    assert values["Precision"] == pytest.approx(0.1)
    assert values["Recall"] == pytest.approx(0.5)
    assert values["NDCG"] == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_the_worst_of_three_models_is_not_the_best_when_everything_is_ranked() -> None:
    ranks = {"a": [100] * 5, "b": [40, 40, 8437, 9266, 4482], "c": [212, 2, 743, 5342, 1548]}
    codes = {name: np.tile(np.arange(10_000, dtype=np.int32), (5, 1)) for name in ranks}
    exact = {
        name: at(codes[name], Ragged.of([[rank - 1] for rank in found]), 10_000)["NDCG"]
        for name, found in ranks.items()
    }
    assert exact == pytest.approx({"a": 0.150, "b": 0.122, "c": 0.208}, abs=5e-4)


def test_r_precision_looks_at_as_many_places_as_are_relevant() -> None:
    matches = matched(lists([A, X, B], [X, Y, A], [A]), Ragged.of([[A, B], [A, B, C], [A, B]]))
    assert r_precision(matches).tolist() == pytest.approx([1 / 2, 1 / 3, 1 / 2])


def test_auc_by_hand() -> None:
    # Of seven items A, B and C are wanted. A stands above all four others; B above Y and the two that the list lacks;
    # C, which it lacks too, is tied with those two and below X and Y: 4 + 3 + 2 halves, of 12 pairs.
    matches = matched(lists([A, X, B, Y]), Ragged.of([[A, B, C]]))
    assert auc(matches, np.array([4]), np.array([7])).tolist() == pytest.approx([8 / 12])


@pytest.mark.parametrize("seed", range(20))
def test_auc_is_the_sum_of_ranks_where_ties_share_theirs(seed: int) -> None:
    chance = np.random.default_rng(seed)
    n, listed = 40, int(chance.integers(0, 41))
    row, wanted = chance.permutation(n)[:listed], chance.permutation(n)[: chance.integers(1, n)]
    rank = np.full(n, (1 + n - listed) / 2)  # from below; what is not listed shares the lowest ranks
    rank[row] = np.arange(n, n - listed, -1)
    u = rank[wanted].sum() - len(wanted) * (len(wanted) + 1) / 2
    found = auc(matched(lists(row.tolist(), width=n), Ragged.of([wanted.tolist()])), np.array([listed]), np.array([n]))
    assert found.tolist() == pytest.approx([u / (len(wanted) * (n - len(wanted)))])


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_auc_is_the_share_of_pairs_in_the_right_order(seed: int, n: int) -> None:
    chance = np.random.default_rng(seed)
    row, wanted = (chance.permutation(n)[: chance.integers(0, n + 1)].tolist() for _ in range(2))
    found = auc(matched(lists(row, width=n), Ragged.of([wanted])), np.array([len(row)]), np.array([n]))[0]
    place = {item: row.index(item) if item in row else n for item in range(n)}
    pairs = [(place[one], place[other]) for one in wanted for other in range(n) if other not in wanted]
    right = [1.0 if one < other else 0.5 if one == other else 0.0 for one, other in pairs]
    assert found == pytest.approx(np.mean(right)) if pairs else math.isnan(found)


def test_what_is_worth_nothing_is_not_wanted_by_a_metric_of_worth() -> None:
    matches = matched(lists([A, X, C]), Ragged.of([[A, B, C, D]]))
    prices = np.array([10.0, 30.0, np.nan, 0.0, -1.0, 1.0, 1.0])
    values = measured_at(matches.worth(prices), 3)
    assert values["GainRecall"] == pytest.approx(10 / 40)
    assert values["NDCG"] == pytest.approx(10 / (30 + 10 / math.log2(3)))


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
        measured_at(matched(lists([A]), Ragged.of([[A]])), 0)


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
        "CappedRecall": sum(hits) / min(k, n),
        "CappedMAP": sum(precisions) / min(k, n),
        "ExponentialNDCG": sum((2 ** gains.get(item, 0.0) - 1) / math.log2(place + 2) for place, item in enumerate(top))
        / sum((2**gain - 1) / math.log2(place + 2) for place, gain in enumerate(sorted(gains.values())[::-1][:k])),
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
    found = {name: measured_at(matches, k)[name] for name in METRICS}
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
