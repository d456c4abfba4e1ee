from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluate.worlds import Fixed, FixedMany, Order, catalog_of, everybody_gets, split_of, task_of

from endcap.core.errors import BadConfig
from endcap.evaluate import backtest
from endcap.evaluate.backtest import Entry, back_test, entries, evaluated, judged_on, ranked
from endcap.evaluate.tasks import basket
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
    monkeypatch.setattr(backtest, "BATCH", 3)
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
