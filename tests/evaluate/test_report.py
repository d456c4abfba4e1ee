import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from tests.evaluate.reports import BEFORE, CATALOG, LEDGER, SPLIT, TITLE, diagnosis, small_report
from tests.evaluate.worlds import catalog_of, everybody_gets, split_of, task_of

from endcap.core.arrays import Ragged
from endcap.evaluate.backtest import BackTest, Entry, Judged, back_test, entries, judged_on
from endcap.evaluate.report import Report, html, terminal
from endcap.evaluate.report.summary import summary
from endcap.evaluate.report.terminal import diagnosed
from endcap.evaluate.segments import Segment
from endcap.evaluate.verdict import verdict


@pytest.fixture
def report() -> Report:
    return small_report()


def judged(*rows: Entry, wanted: int = 60) -> Judged:
    return judged_on(task_of([[1]] * wanted, 13), rows, np.random.default_rng(0))


GOOD = Entry("good", "model", everybody_gets(1), ())
POOR = Entry("poor", "model", everybody_gets(2), ())
FAIR = Entry("fair", "baseline", everybody_gets(0, 1), ())


def test_the_verdict_on_a_winner_says_by_how_much() -> None:
    words = verdict(judged(GOOD, FAIR)).replace("\N{NO-BREAK SPACE}", " ")
    assert words == (
        "On “a small task”, good finds it in 100.0 % of the cases in its first ten, about as often as fair. It beats "
        "the best baseline, fair: its NDCG@10 is 0.3691 higher (the same for every user, p < 0.001)."
    )


def test_the_verdict_on_a_loser_says_so() -> None:
    assert "It loses to the best baseline, fair: its NDCG@10 is 0.6309 lower" in verdict(judged(POOR, FAIR))


def test_baselines_that_find_more_are_named_with_their_share() -> None:
    task = task_of([[1]] * 60 + [[0]] * 40, 13)
    rows = [replace(GOOD, retriever=everybody_gets(0)), Entry("fair", "baseline", everybody_gets(1), ())]
    words = verdict(judged_on(task, rows, np.random.default_rng(0))).replace("\N{NO-BREAK SPACE}", " ")
    assert "good finds it in 40.0 % of the cases in its first ten, less often than fair (60.0 %). " in words


@pytest.mark.parametrize(
    ("group", "name", "spoken"),
    [
        ("popularity of the wanted item", "head", "the most popular items"),
        ("category of the wanted item", "mugs", "items of the category mugs"),
        ("device", "phone", "visits with the device phone"),
        ("shown", "1 item", "queries that show 1 item"),
        ("age of the wanted item", "new items", "new items"),
    ],
)
def test_parts_are_named_as_they_stand_in_a_sentence(group: str, name: str, spoken: str) -> None:
    assert Segment(group, name, "items", np.ones(1, bool)).spoken == spoken


def test_the_verdict_on_a_draw_claims_nothing() -> None:
    assert "is not shown: the difference in NDCG@10 is +0.0000" in verdict(
        judged(replace(GOOD, kind="slot"), replace(GOOD, name="same", kind="baseline"))
    )


def test_the_verdict_without_a_rival_or_a_query_says_what_is_missing() -> None:
    assert "no baseline was judged" in verdict(judged(GOOD))
    assert "no model or slot was judged" in verdict(judged(FAIR))
    assert "nothing could be asked" in verdict(judged(GOOD, FAIR, wanted=0))


def test_the_json_holds_every_number_and_nothing_that_json_lacks(report: Report) -> None:
    content = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert content["split"]["cut"] == "1970-04-11 00:00 UTC"
    assert content["split"]["train"]["orders"] == 5
    basket, anybody = content["tasks"]
    assert [row["name"] for row in basket["rows"]] == ["good", "popular", "poor", "mute"]
    assert [row["name"] for row in anybody["rows"][:2]] == ["good", "home/popular"]
    good, mute = basket["rows"][0], basket["rows"][-1]
    assert good["metrics"]["HitRate@10"] == [1.0, 1.0, 1.0]
    assert set(good["above"]) == {"popular", "mute"}
    assert (mute["empty"], mute["coverage"]) == (60, 0.0)
    assert content["verdict"] == basket["verdict"]
    assert content["preparation"] == LEDGER


def test_an_example_shows_what_was_given_wanted_and_found(report: Report) -> None:
    example = report.to_json()["tasks"][0]["examples"][0]
    assert (len(example["given"]), len(example["wanted"])) == (2, 1)
    assert [lines["name"] for lines in example["lists"]] == ["good", "popular"]
    (found,) = example["lists"][0]["items"]
    assert found == {**example["wanted"][0], "right": True}
    code = int(found["item_id"][1:])
    assert (found["title"], found["price"]) == (f"{TITLE} {code}", 2.5)
    assert found["category"] == CATALOG.labels("category").name(code)


def test_the_json_holds_tests_segments_and_the_examples_that_differ_most(report: Report) -> None:
    basket = report.to_json()["tasks"][0]
    test = basket["rows"][0]["tests"]["popular"]["NDCG@10"]
    assert (test["wins"] >= 8, test["losses"]) == (True, 0)
    assert test["p"] <= test["corrected"] < 0.05
    parts = {part["name"]: part for part in basket["segments"]}
    assert set(parts) >= {"head", "torso"} or set(parts) >= {"known visitors", "new visitors"}
    for part in parts.values():
        assert [row["name"] for row in part["rows"]] == [row["name"] for row in basket["rows"]]
        assert 0 < part["queries"] <= basket["queries"]
    assert len(basket["extremes"]) == 2
    assert all(any(item["right"] for item in example["lists"][0]["items"]) for example in basket["extremes"])


def test_a_report_of_nothing_is_a_report(report: Report) -> None:
    nothing = replace(report, back_test=BackTest(SPLIT, ()))
    assert nothing.to_json()["verdict"] == "Nothing was judged."
    assert "Nothing was judged." in html(nothing, "")


def test_a_task_without_queries_still_makes_a_page(report: Report) -> None:
    split = split_of(BEFORE, [(1, 110, [2])], catalog_of(3))
    empty = replace(
        report, back_test=back_test(split, entries({"x": everybody_gets(0)}, {}, {}), np.random.default_rng(0))
    )
    assert empty.to_json()["tasks"][0]["rows"][0]["metrics"]["NDCG@10"] is None
    assert "nothing could be asked" in html(empty, "")


def test_the_terminal_shows_each_task_with_its_rows_and_verdict(report: Report) -> None:
    out = Console(file=io.StringIO(), width=200)
    out.print(terminal(report))
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert re.search(r"Hidden basket item: 60 queries of 60 users or guests", text)
    assert re.search(r"good\s+\d\.\d{4}", text)
    assert "What anybody buys next" in text
    assert text.count("in its first ten") == 2


def said(*rows: Entry) -> str:
    return summary(judged(*rows)).replace("\N{NO-BREAK SPACE}", " ")


def test_the_summary_gives_the_difference_in_per_cent_of_the_baseline() -> None:
    assert said(GOOD, FAIR) == "On a small task, good beats fair by 58.5 % NDCG@10, the same for every user."
    assert said(POOR, FAIR) == "On a small task, poor loses to fair by 100.0 % NDCG@10, the same for every user."


def test_the_summary_claims_nothing_that_is_not_shown() -> None:
    same = replace(GOOD, name="same", kind="baseline")
    assert said(GOOD, same) == "On a small task, good and same do equally well on every query."
    task = task_of([[1], [2]] * 30, 13)
    even = judged_on(task, [GOOD, replace(POOR, name="other", kind="baseline")], np.random.default_rng(0))
    assert "good and other cannot be told apart: 0.0" in summary(even)
    assert said(GOOD) == "On a small task: there was nothing to compare."


def test_the_summary_measures_from_nothing_in_absolute_figures() -> None:
    zero = Entry("zero", "baseline", everybody_gets(9), ())
    assert said(GOOD, zero) == "On a small task, good beats zero by 1.0000 NDCG@10, the same for every user."


def test_the_summary_names_the_parts_on_which_it_is_the_other_way_round() -> None:
    catalog = catalog_of(13, categories=["lamp"] * 5 + ["bag"] * 8)
    task = task_of([[1]] * 120 + [[7]] * 60, 13)
    task = replace(task, queries=replace(task.queries, catalog=catalog))
    rows = [GOOD, Entry("other", "baseline", everybody_gets(7), ())]
    found = judged_on(task, rows, np.random.default_rng(0))
    assert summary(found).endswith("; loses on items of the category bag.")


def test_the_json_says_where_each_row_misses(report: Report) -> None:
    basket = report.to_json()["tasks"][0]
    assert set(basket["residuals"]) == {"good", "poor", "popular"} & {
        row["name"] for row in basket["rows"] if row["empty"] < basket["queries"]
    }
    (category,) = basket["residuals"]["good"]["divisions"]
    assert category["name"] == "category of the wanted item"
    assert {cell["name"]: cell["hit"][0] for cell in category["cells"]} == {"lamp": 1.0, "bag": 1.0}
    assert sum(cell["queries"] for cell in category["cells"]) == basket["queries"]
    assert basket["residuals"]["good"]["worst"] == []


def test_the_json_holds_protocols_costs_and_curves(report: Report) -> None:
    content = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert content["costs"][0] == {
        "name": "good", "fit_seconds": 1.25, "memory_bytes": 2_000_000, "disk_bytes": 1500, "single_ms": 0.4,
        "batch_ms": 0.01,
    }  # fmt: skip
    (curve,) = content["curves"]
    assert (curve["kind"], curve["curves"][0]["points"][0]["seen"]) == ("wants more data", None)
    assert [protocol["name"] for protocol in content["protocols"]] == ["rolling"]


def test_the_terminal_shows_costs_and_a_diagnosis(report: Report) -> None:
    out = Console(file=io.StringIO(), width=200)
    out.print(terminal(report))
    out.print(diagnosed(diagnosis()))
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert re.search(r"good +1\.25 s +2\.0 MB +1\.5 kB +0\.400 ms +0\.010 ms", text)
    assert re.search(r"100\.0% +99 +0\.5000 +0\.5000 +0\.4000 – 0\.6000 +\+0\.1000", text)
    assert "It wants more data" in text


def test_where_the_truth_is_known_the_page_has_a_column_for_what_is_confused(report: Report) -> None:
    assert "Confusion@10</th>" not in html(report, "")
    task = replace(task_of([[1]] * 60, 13), confusable=Ragged.of([[2]] * 60))
    planted = judged_on(task, [GOOD, POOR, FAIR], np.random.default_rng(0))
    page = html(replace(report, back_test=BackTest(SPLIT, (planted,))), "")
    assert page.count("Confusion@10</th>") == 1
    assert re.search(r"poor</span>.*?<span>0\.1000</span>", page, re.DOTALL)
