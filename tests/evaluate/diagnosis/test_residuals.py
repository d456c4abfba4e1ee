"""Where a row misses, in worlds where it was made to miss there."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluate.worlds import catalog_of, dataset_of, task_of

from endcap.core.arrays import Codes, Ragged
from endcap.core.query import Queries
from endcap.evaluate.compare import estimates, resamples
from endcap.evaluate.diagnosis.divisions import Division, divisions
from endcap.evaluate.diagnosis.residuals import Residual, residuals, worst
from endcap.evaluate.facts import Facts
from endcap.evaluate.metrics import CUT, matched, measured_at
from endcap.evaluate.segments import Segment
from endcap.evaluate.tasks import Task

N = 30
SPLIT = Division("kind of item", "items", (np.arange(N) >= 15).astype(np.int64), ("known", "strange"))


def lists_of(*rows: list[int]) -> Codes:
    codes = np.full((len(rows), CUT), -1, np.int32)
    for row, items in enumerate(rows):
        codes[row, : len(items)] = items
    return codes


def planted(found: int, missed: int) -> tuple[Codes, Task]:
    """So many queries that want item 1 and get it first, and so many that want item 20 and get item 2."""
    return lists_of(*[[1]] * found, *[[2]] * missed), task_of([[1]] * found + [[20]] * missed, N)


def test_the_part_that_was_made_to_miss_is_named_with_what_it_reaches() -> None:
    (found,) = residuals(*planted(150, 50), [SPLIT])
    known, strange = found.cells
    assert (known.name, known.queries, known.hit.mean, known.main.mean) == ("known", 150, 1.0, 1.0)
    assert (strange.queries, strange.units, strange.hit.mean, strange.beside.mean) == (50, 50, 0.0, -0.75)
    assert (strange.beside.wins, strange.beside.losses) == (0, 50)
    assert [cell.name for _, cell in worst([found])] == ["strange"]


def test_nothing_is_claimed_of_a_part_with_few_units_or_of_noise() -> None:
    (few,) = residuals(*planted(150, 49), [SPLIT])
    assert worst([few]) == []
    lists, task = planted(100, 100)
    half = Division("half", "queries", np.arange(200) % 2, ("even", "odd"))
    assert worst(residuals(lists, task, [half])) == []


def test_queries_of_one_unit_count_as_one() -> None:
    lists, task = planted(75, 25)
    crowd = replace(task, units=np.repeat([0, 1, 2, 3], 25))
    (found,) = residuals(lists, crowd, [SPLIT])
    assert [cell.units for cell in found.cells] == [3, 1]
    assert worst([found]) == []


def test_a_small_part_may_miss_by_chance() -> None:
    lists = lists_of(*[[1]] * 10, *[[2]] * 90, *[[2]] * 25)
    task = task_of([[1]] * 100 + [[20]] * 25, N)
    (found,) = residuals(lists, task, [SPLIT])
    assert found.cells[1].main.mean == 0.0
    assert not found.cells[1].beside.shown


def test_most_is_lost_through_the_part_that_is_large_and_far_below() -> None:
    task = task_of([[1]] * 400 + [[20]] * 200 + [[25]] * 60, N)
    lists = lists_of(*[[1]] * 400, *[[2, 3, 20]] * 200, *[[2]] * 60)
    place = np.where(np.arange(N) < 15, 0, np.where(np.arange(N) < 22, 1, 2))
    kind = Division("kind", "items", place, ("known", "half", "lost"))
    late = Division("half", "queries", (np.arange(660) >= 600).astype(np.int64), ("early", "late"))
    found = residuals(lists, task, [late, kind])
    assert [(group, cell.name) for group, cell in worst(found)] == [("kind", "half"), ("half", "late")]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_cells_have_the_metrics_of_segments(seed: int) -> None:
    chance = np.random.default_rng(seed)
    lists = np.stack([chance.permutation(N)[:CUT] for _ in range(12)]).astype(np.int32)
    task = task_of([chance.permutation(N)[: chance.integers(1, 9)].tolist() for _ in range(12)], N)
    (found,) = residuals(lists, task, [SPLIT])
    matches = matched(lists, task.relevant)
    for cell in found.cells:
        part = Segment("", cell.name, "items", SPLIT.place == SPLIT.parts.index(cell.name))
        values = measured_at(part.of(matches), CUT)
        assert cell.main.mean == pytest.approx(np.nanmean(values["NDCG"]))
        assert cell.hit.mean == pytest.approx(np.nanmean(values["HitRate"]))
        assert cell.queries == part.asked(task.relevant)


def test_intervals_are_about_those_of_redrawn_units() -> None:
    chance = np.random.default_rng(3)
    lists = np.stack([chance.permutation(N)[:CUT] for _ in range(900)]).astype(np.int32)
    task = replace(task_of([[int(chance.integers(N))] for _ in range(900)], N), units=np.arange(900) // 3)
    (found,) = residuals(lists, task, [SPLIT])
    matches, drawn = matched(lists, task.relevant), resamples(task.units, chance, times=2000)
    for at, cell in enumerate(found.cells):
        values = measured_at(Segment("", "", "items", SPLIT.place == at).of(matches), CUT)["NDCG"]
        (redrawn,) = estimates(values[:, None], drawn)
        assert cell.main.low == pytest.approx(redrawn.low, abs=0.006)
        assert cell.main.high == pytest.approx(redrawn.high, abs=0.006)


def divided(task: Task) -> dict[str, Division]:
    """The divisions of a task over a small shop in which item i was bought 2^i times, by user 0, on day i."""
    catalog = task.queries.catalog
    train = dataset_of([(0, float(item), [item]) for item in range(len(catalog))], catalog, 2, 100 * 86_400.0)
    return {part.name: part for part in divisions(task, train, Facts.of(catalog))}


def test_wanted_items_are_divided_by_how_often_they_were_bought_their_age_price_and_category() -> None:
    catalog = catalog_of(8, categories=list("aabbccdd")).with_columns({
        "bought": 2.0 ** np.arange(8), "price": np.array([1.0, 1.2, 9, 11, 100, 90, np.nan, 1000]),
        "age_days": np.array([0.5, 3, 10, 50, 100, 200, 400, np.nan]),
    })  # fmt: skip
    task = task_of([[item] for item in range(8)], 8)
    found = divided(replace(task, queries=replace(task.queries, catalog=catalog)))
    age = found["age of the wanted item"]
    assert [age.parts[place] for place in age.place] == [
        "under 1 day", "1 to 7 days", "7 to 30 days", "30 to 90 days", "90 to 180 days", "180 to 365 days",
        "365 days or more", "under 1 day",
    ]  # fmt: skip
    price = found["price of the wanted item"].place
    assert price[6] == -1
    assert (np.diff(price[[0, 1, 2, 3, 5, 4, 7]]) >= 0).all()
    assert price[1] < price[5] < price[7]
    bought = found["popularity of the wanted item"]
    assert [bought.parts[place] for place in bought.place[[0, 2, 7]]] == [
        "under 2 purchases", "2 to 4 purchases", "50 purchases or more",
    ]  # fmt: skip
    assert len(set(found["category of the wanted item"].place.tolist())) == 4
    assert "shown" not in found


def test_queries_are_divided_by_what_they_show_and_how_old_that_is() -> None:
    catalog = catalog_of(8)
    now = np.full(4, 100 * 86_400.0)
    shown = Ragged.of([[7], [1, 2], [0, 1, 2, 3], [5]])
    task = replace(task_of([[0]] * 4, 8), queries=Queries.of(catalog, now, context=shown))
    found = divided(task)
    assert [found["shown"].parts[place] for place in found["shown"].place[:3]] == [
        "under 2 items", "2 to 3 items", "4 to 9 items",
    ]  # fmt: skip
    assert "since anybody touched a seed" not in found
    away = replace(task, queries=Queries.of(catalog, now, history=shown), units=np.array([0, 0, 1, 5]))
    assert [part for part in divided(away) if part.startswith("since")] == []
    mixed = replace(task, queries=Queries.of(catalog, np.array([8, 100, 100, 400]) * 86_400.0, context=shown))
    seeds = divided(mixed)["since anybody touched a seed"]
    assert [seeds.parts[place] for place in seeds.place] == [
        "1 to 7 days", "90 to 180 days", "90 to 180 days", "365 days or more",
    ]  # fmt: skip


def test_a_row_without_a_query_has_no_cells() -> None:
    found = residuals(lists_of(), task_of([], N), [SPLIT])
    assert found == (Residual("kind of item", ()),)
