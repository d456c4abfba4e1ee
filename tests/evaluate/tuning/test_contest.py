"""One try: what it costs, when it has had enough, and what it cannot see."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.evaluate.worlds import CUT, Fixed, Order, catalog_of, dataset_of, everybody_gets, split_of, task_of

from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadConfig, BadData
from endcap.core.part import Part
from endcap.core.query import Retriever
from endcap.data.splits import Split, time_split, with_validation
from endcap.evaluate.tasks import anybody
from endcap.evaluate.tuning.contest import RUNGS, Contest, Outcome, latest, parsed, resource_of
from endcap.models.popular import Popular

N = 9
RNG = np.random.default_rng(0)
SPLIT = split_of([(0, 1, [0]), (1, 2, [1])], [(0, 101, [0])], catalog_of(N))


class Learner(Part):
    """Puts the right item at a place that depends on how long it learned: 3 epochs are best."""

    epochs: int = 9
    skill: int = 0


def learned(recipe: Any, data: Dataset) -> Retriever:
    place = min(abs(recipe.epochs - 3) + recipe.skill, N - 1)
    return everybody_gets(*range(1, place + 1), 0)


def contest(resource: Any, task: Any = None, metric: str = "MRR@9") -> Contest:
    return Contest(Learner(), learned, SPLIT, task or task_of([[0]] * 9, N), metric, resource)


def never(rung: int, value: float) -> bool:
    return False


def test_without_halving_a_try_is_one_fit() -> None:
    assert contest(None)({"epochs": 4}, never) == Outcome(1 / 2, {"epochs": 4})


def test_epochs_end_where_the_window_gets_worse() -> None:
    found = contest("epochs")({"epochs": 9}, never)
    assert found == Outcome(1.0, {"epochs": 3}, (1 / 3, 1.0, 1 / 7))


def test_epochs_go_on_while_the_window_gets_better() -> None:
    assert contest("epochs")({"epochs": 3}, never) == Outcome(1.0, {"epochs": 3}, (1 / 3, 1 / 3, 1.0))


def test_a_try_that_lies_behind_is_stopped_with_what_it_spent() -> None:
    reported = []

    def second(rung: int, value: float) -> bool:
        reported.append((rung, value))
        return rung == RUNGS[1]

    found = contest("epochs")({"skill": 2}, second)
    assert found == Outcome(1 / 3, {"skill": 2, "epochs": 3}, (1 / 5, 1 / 3), stopped=True)
    assert reported == [(1, 1 / 5), (3, 1 / 3)]


def test_fewer_queries_are_asked_of_one_model() -> None:
    lists = {row: [0] if row < 3 else [1, 0] for row in range(9)}
    fits: list[object] = []

    def fit(recipe: Part, data: Dataset) -> Retriever:
        fits.append(recipe)
        return Fixed(lists, [])

    found = replace(contest("queries"), fit=fit)({}, never)
    assert list(found.rungs) == pytest.approx([1.0, 1.0, (3 + 6 / 2) / 9])
    assert len(fits) == 1


def test_less_data_is_the_latest() -> None:
    orders: list[Order] = [(0, day, [day % 3]) for day in range(1, 10)]
    data = dataset_of(orders, catalog_of(3), 1, CUT)
    third = latest(data, 1 / 3)
    assert (third.events.time / DAY).tolist() == [7, 8, 9]
    assert third.now == data.now
    assert latest(data, 1.0) is data
    seen: list[int] = []

    def fit(recipe: Part, data: Dataset) -> Retriever:
        seen.append(len(data.events))
        return everybody_gets(0)

    replace(contest("data"), fit=fit, split=replace(SPLIT, train=data))({}, never)
    assert seen == [1, 3, 9]


def test_what_is_halved() -> None:
    assert resource_of(Learner(), "auto") == "epochs"
    assert resource_of(Popular(), "auto") == "queries"
    assert resource_of(Popular(), "data") == "data"
    with pytest.raises(BadConfig, match="resource: Popular has no epochs; its fields: kinds, half_life"):
        resource_of(Popular(), "epochs")


@pytest.mark.parametrize("metric", ["NDCG", "NDCG@0", "NDCG@x", "Luck@10", "coverage"])
def test_a_metric_that_does_not_exist(metric: str) -> None:
    with pytest.raises(BadConfig, match=f"metric: found '{metric}'; expected one of NDCG, Recall"):
        parsed(metric)


def test_a_window_without_anything_to_find_is_an_error() -> None:
    with pytest.raises(BadData, match="no query of the validation window has anything relevant"):
        contest(None, task_of([[]], N))({}, never)


def test_nothing_of_the_test_window_reaches_a_try() -> None:
    """The same past with another future, in which old and never seen things are bought: every try stays the same."""
    past: list[Order] = [(day, day, [0 if day <= 40 else 1]) for day in range(1, 81)]

    def tries(future: list[int], category: str) -> tuple[list[float], float]:
        orders: list[Order] = [*past, *((day, day, future) for day in range(81, 101))]
        catalog = catalog_of(4, categories=["a", "a", "a", category])
        splits = with_validation(time_split(dataset_of(orders, catalog, 101, 101 * DAY), 0.2), 0.2)

        def contest(split: Split) -> Contest:
            task = anybody(split.train, split.test, np.random.default_rng(0))
            return Contest(Popular(), lambda recipe, train: recipe.fit(train, RNG), split, task, "NDCG@2")  # type: ignore[attr-defined]

        values = [contest(splits.inner)({"half_life": days}, never).value for days in (None, 1.0, 7.0, 30.0)]
        return values, contest(splits.outer)({"half_life": None}, never).value

    honest, planted = tries([1], "a"), tries([0, 3], "planted")
    assert honest[0] == planted[0] == [pytest.approx(1 / np.log2(3)), 1.0, 1.0, 1.0]
    assert honest[1] < planted[1]
