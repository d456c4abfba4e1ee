import tracemalloc
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluate.worlds import Fixed, FixedMany, Order, catalog_of, everybody_gets, split_of, task_of

from endcap.core.arrays import Codes, Ragged, Scores
from endcap.core.candidates import Candidates
from endcap.core.errors import BadConfig
from endcap.core.query import Queries, Query
from endcap.evaluate import ranking
from endcap.evaluate.backtest import Entry, back_test, entries, evaluated, judged_on
from endcap.evaluate.ranking import ranked
from endcap.evaluate.tasks import Closed, basket
from endcap.index.exact import Exact
from endcap.index.nearest import Nearest
from endcap.models.prod2vec import Prod2VecModel

N = 300


@settings(deadline=None)
@given(st.data(), st.booleans())
def test_a_filter_never_shortens_a_list(data: st.DataObject, many: bool) -> None:
    chance = np.random.default_rng(data.draw(st.integers(0, 1000)))
    k = data.draw(st.integers(1, 12))
    lists = {row: chance.permutation(N)[: chance.integers(0, N)].tolist() for row in range(4)}
    exclude = [chance.permutation(N)[: chance.integers(0, 80)].tolist() for _ in range(4)]
    allowed = chance.random(N) < data.draw(st.sampled_from([0.02, 0.3, 1.0]))
    task = task_of([[0]] * 4, N, exclude, allowed)
    one = Fixed(lists, [])
    found = ranked(FixedMany(one) if many else one, task, k)
    for row in range(4):
        right = [item for item in lists[row] if allowed[item] and item not in exclude[row]][:k]
        assert found[row].tolist() == right + [-1] * (k - len(right))


def test_only_lists_that_came_out_short_are_asked_again_and_only_while_there_is_more() -> None:
    allowed = np.arange(N) >= 50
    full, empty_ended, filtered = list(range(100, 200)), [100, 101], list(range(200))
    retriever = Fixed({0: full, 1: empty_ended, 2: filtered}, [])
    found = ranked(retriever, task_of([[0]] * 3, N, allowed=allowed), 10)
    assert retriever.asked == [20, 20, 20, 80]
    assert (found >= 0).sum(axis=1).tolist() == [10, 2, 10]


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 12))
def test_a_matrix_product_finds_what_asking_one_by_one_finds(seed: int, k: int) -> None:
    chance = np.random.default_rng(seed)
    vectors = chance.choice([-1.0, 1.0], (40, 4)).astype(np.float32)  # of one length: many ties, all of them exact
    vectors[chance.random(40) < 0.1] = 0
    asked = Nearest(Prod2VecModel(vectors, vectors), Exact().build(vectors))
    exclude = [chance.permutation(40)[: chance.integers(0, 30)].tolist() for _ in range(6)]
    task = task_of([[0]] * 6, 40, exclude, chance.random(40) < 0.7)
    assert ranked(asked, task, k).tolist() == ranked(asked.__call__, task, k).tolist()


def test_queries_are_asked_in_batches_and_come_back_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "BATCH", 3)
    lists = {row: [row, (row + 1) % 10] for row in range(10)}
    task = task_of([[0]] * 10, 10, exclude=[[row] for row in range(10)])
    assert ranked(FixedMany(Fixed(lists, [])), task, 1)[:, 0].tolist() == [(row + 1) % 10 for row in range(10)]


def test_a_score_says_what_was_found_covered_and_left_empty() -> None:
    task = task_of([[1], [2]], 20, allowed=np.arange(20) < 10)
    score = evaluated(Entry("x", "model", Fixed({0: [1, 2, 15], 1: []}, []), ("basket",)), task)
    assert score.values["HitRate@10"].tolist() == [1.0, 0.0]
    assert (score.coverage, score.user_coverage, score.empty) == (0.2, 0.5, 1)
    assert score.lists[0, :3].tolist() == [1, 2, -1]


def test_rows_come_best_first_each_held_against_every_baseline() -> None:
    task = task_of([[1], [1], [2]], 5)
    rows = [
        Entry("poor", "model", everybody_gets(4), ()),
        Entry("base", "baseline", everybody_gets(3, 2), ()),
        Entry("good", "slot", everybody_gets(1, 2), ()),
    ]
    judged = judged_on(task, rows, np.random.default_rng(0))
    assert [score.name for score in judged.scores] == ["good", "base", "poor"]
    above = judged.comparisons["good"].above["base"]["HitRate@10"]
    assert above.mean == pytest.approx(2 / 3)


def test_models_are_judged_on_the_tasks_of_all_slots_and_slots_on_their_own() -> None:
    model, slot, base = everybody_gets(0), everybody_gets(1), everybody_gets(2)
    found = entries(
        {"m": model, "popular": base}, {"home": (slot, "anybody"), "cart": (slot, "basket")}, {"popular": base}
    )
    assert {(entry.name, entry.kind, entry.tasks) for entry in found} == {
        ("m", "model", ("basket", "anybody")),
        ("home", "slot", ("anybody",)),
        ("cart", "slot", ("basket",)),
        ("popular", "baseline", ("basket", "anybody")),
    }


BEFORE: list[Order] = [(0, day, [0, 1, 2]) for day in range(5)]
SPLIT = split_of(BEFORE, [(1, 110 + day, [0, 1, 2]) for day in range(9)], catalog_of(3))


def test_a_back_test_runs_every_task_once_and_says_where_it_is() -> None:
    said: list[str] = []

    def step(name: str) -> nullcontext[None]:
        said.append(name)
        return nullcontext()

    rows = entries(
        {"all": everybody_gets(0, 1, 2)}, {"home": (everybody_gets(1), "anybody")}, {"base": everybody_gets(2)}
    )
    result = back_test(SPLIT, rows, np.random.default_rng(0), step=step)
    assert [judged.task.name for judged in result.judged] == ["basket", "anybody"]
    assert said == ["judge on basket", "judge on anybody"]
    assert result.judged[0].comparisons["all"].reached["HitRate@10"].mean == 1.0


def test_the_same_randomness_gives_the_same_back_test() -> None:
    rows = entries({"one": everybody_gets(0, 1)}, {}, {"base": everybody_gets(2)})
    first, second = (back_test(SPLIT, rows, np.random.default_rng(4)) for _ in range(2))
    assert repr(first.judged[0].comparisons) == repr(second.judged[0].comparisons)


def test_a_task_that_does_not_exist_and_a_name_used_twice_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(BadConfig, match="no task is called 'views'; there are: basket"):
        back_test(SPLIT, entries({}, {"home": (everybody_gets(0), "views")}, {}), rng)
    with pytest.raises(BadConfig, match="2 things to be judged are called 'x'"):
        back_test(SPLIT, entries({"x": everybody_gets(0)}, {"x": (everybody_gets(0), "basket")}, {}), rng)


def test_a_task_without_queries_is_judged_to_nothing() -> None:
    split = split_of(BEFORE, [(1, 110, [2])], catalog_of(3))
    task = basket(split.train, split.test, np.random.default_rng(0))
    judged = judged_on(task, [Entry("x", "model", everybody_gets(0), ())], np.random.default_rng(0))
    assert np.isnan(judged.comparisons["x"].reached["NDCG@10"].mean)


def test_however_long_the_lists_get_only_so_many_of_them_are_held_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    n_queries, n_items, held = 200, 1000, []

    class Endless:
        def __call__(self, query: Query, k: int) -> Candidates:
            raise AssertionError("many was there to be used")

        def many(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
            held.append(len(queries) * k)
            return np.tile(np.arange(k, dtype=np.int32), (len(queries), 1)), np.zeros((len(queries), k), np.float32)

    monkeypatch.setattr(ranking, "BATCH", 50)
    monkeypatch.setattr(ranking, "CELLS", 2000)
    allowed = np.arange(n_items) >= n_items - 10  # what is asked for first is never enough
    found = ranked(Endless(), task_of([[0]] * n_queries, n_items, allowed=allowed), 10)
    assert (found == np.arange(n_items - 10, n_items)).all()
    assert max(held) <= 2000 < n_queries * n_items / 50
    assert sum(held) > n_queries * n_items  # everything was looked at all the same


def test_a_matrix_of_all_queries_and_items_is_never_held() -> None:
    n_queries, n_items, size = 3000, 2000, 4
    vectors = np.random.default_rng(0).normal(size=(n_items, size)).astype(np.float32)
    asked = Nearest(Prod2VecModel(vectors, vectors), Exact().build(vectors))
    task = task_of([[0]] * n_queries, n_items)
    ranked(asked, task_of([[0]], n_items), 10)  # compiled before anything is counted
    tracemalloc.start()
    ranked(asked, task, 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * n_queries * n_items / 4


def test_what_had_gone_by_the_day_of_a_query_stands_in_no_list_and_is_not_counted_as_rankable() -> None:
    task = task_of([[1], [1], [3]], 5, exclude=[[0], [2], []])
    closed = Closed(Ragged.of([[], [0, 4]]), np.array([0, 1, 1]))
    task = replace(task, closed=closed)
    everything = [0, 1, 2, 3, 4]
    for retriever in (Fixed(dict.fromkeys(range(3), everything), []),):
        assert ranked(retriever, task, 5).tolist() == [[1, 2, 3, 4, -1], [1, 3, -1, -1, -1], [1, 2, 3, -1, -1]]
        assert ranked(FixedMany(retriever), task, 5).tolist() == ranked(retriever, task, 5).tolist()
    vectors = np.eye(5, dtype=np.float32) + 0.5
    found = ranked(Nearest(Prod2VecModel(vectors, vectors), Exact().build(vectors)), task, 5)
    assert [set(row[row >= 0].tolist()) for row in found] == [{1, 2, 3, 4}, {3}, {1, 3}]
    # Rankable are 4, 2 and 3 items: in the last list one of the two others stands above the wanted one.
    values = evaluated(Entry("x", "model", Fixed(dict.fromkeys(range(3), everything), []), ()), task).values["AUC"]
    assert values.tolist() == [1.0, 1.0, 0.0]


def test_a_task_is_judged_with_repeats_kept_out_and_with_repeats_allowed() -> None:
    split = split_of([(0, 99, [0, 1])], [(0, 110, [0, 2])], catalog_of(3))
    rows = [Entry("x", "model", everybody_gets(0), ("next_purchases",))]
    (judged,) = back_test(split, rows, np.random.default_rng(0)).judged
    assert judged.twin is not None
    assert (judged.task.repeats, judged.twin.task.repeats) == ("kept out", "allowed")
    first, other = (at.comparisons["x"].reached["Recall@10"].mean for at in (judged, judged.twin))
    assert (first, other) == (0.0, 0.5)  # item 0 was bought before, item 2 was not
