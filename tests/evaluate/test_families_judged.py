import numpy as np
import pytest
from tests.evaluate.test_metrics import lists
from tests.evaluate.worlds import catalog_of, everybody_gets, task_of

from endcap.core.arrays import Ragged
from endcap.core.catalog import Labels
from endcap.evaluate.backtest import Entry, entries, evaluated, judged_on
from endcap.evaluate.families import families, family_values
from endcap.evaluate.lists import firsts
from endcap.evaluate.report.summary import summary
from endcap.evaluate.verdict import verdict

STANDS = np.array([0, 0, 2, 3, 3], np.int32)
"""Items 0 and 1 are variants of each other, and so are 3 and 4."""


def test_the_first_of_a_family_stands_for_it_and_an_item_without_one_for_itself() -> None:
    catalog = catalog_of(5).with_columns({"family": Labels.of(["b", "b", None, "a", "a"])})
    found = families(catalog)
    assert found is not None
    assert found.tolist() == STANDS.tolist()


def test_where_every_item_is_a_family_there_is_nothing_to_tell_twice() -> None:
    assert families(catalog_of(3)) is None
    assert families(catalog_of(3).with_columns({"family": Labels.of(["a", None, "b"])})) is None


def test_a_list_names_each_family_where_it_comes_first() -> None:
    assert firsts(lists([4, 3, 1, 0, 2], [2], []), STANDS).tolist() == [[3, 0, 2, -1, -1], [2] + [-1] * 4, [-1] * 5]


def test_another_variant_of_what_was_wanted_is_right_on_a_page_that_shows_families() -> None:
    values = family_values(lists([2, 1, 0], [2, 4, 3]), Ragged.of([[0], [0, 1, 2]]), STANDS)
    assert values["FamilyHitRate@10"].tolist() == [1.0, 1.0]
    assert values["FamilyNDCG@10"].tolist() == pytest.approx([1 / np.log2(3), 1 / (1 + 1 / np.log2(3))])
    assert values["FamilyRecall@10"].tolist() == [1.0, 0.5]


def test_sentences_on_a_slot_that_shows_families_count_families() -> None:
    task = task_of([[1]] * 60, 5)
    catalog = task.queries.catalog.with_columns({"family": Labels.of(["b", "b", None, "a", "a"])})
    object.__setattr__(task.queries, "catalog", catalog)
    slots = {"home": (everybody_gets(0), "basket")}  # the other variant of what is wanted
    items = entries({}, slots, {"none": everybody_gets(2, 1)})
    shown = entries({}, slots, {"none": everybody_gets(2, 1)}, by_family=["home"])
    of_items, of_families = (judged_on(task, rows, np.random.default_rng(0)) for rows in (items, shown))
    assert "home loses to none by 100.0" in plain(summary(of_items))
    assert " NDCG@10" in summary(of_items)
    # In families, home is right at the first place and the baseline at the second.
    assert "home beats none by 58.5 % FamilyNDCG@10, the same for every user" in plain(summary(of_families))
    assert "home finds it in 100.0 % of the cases" in plain(verdict(of_families))
    assert "its FamilyNDCG@10 is 0.3691 higher" in plain(verdict(of_families))


def plain(words: str) -> str:
    return words.replace("\N{NO-BREAK SPACE}", " ")


def test_a_score_tells_items_and_families_side_by_side() -> None:
    task = task_of([[1]], 5)
    catalog = task.queries.catalog.with_columns({"family": Labels.of(["b", "b", None, "a", "a"])})
    object.__setattr__(task.queries, "catalog", catalog)
    values = evaluated(Entry("x", "model", everybody_gets(0, 2), ()), task).values
    assert (values["HitRate@10"][0], values["FamilyHitRate@10"][0]) == (0.0, 1.0)
