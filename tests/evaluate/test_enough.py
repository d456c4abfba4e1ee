"""What rests on too few queries is never shown as a number: not in the terminal, not on the page, not in a sentence."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from tests.evaluate.reports import SPLIT, diagnosis, small_report
from tests.evaluate.worlds import catalog_of, everybody_gets, task_of

from endcap import jobs
from endcap.evaluate.backtest import BackTest, Entry, Judged, judged_on
from endcap.evaluate.compare import Difference, Interval
from endcap.evaluate.enough import MIN_UNITS, has_width, is_enough, rests_on, too_few
from endcap.evaluate.report import Report, html, terminal
from endcap.evaluate.report.summary import summary
from endcap.evaluate.report.terminal import diagnosed
from endcap.evaluate.tracking.page import trends
from endcap.evaluate.tuning.judging import Judgement
from endcap.evaluate.verdict import headline, verdict

GOOD = Entry("good", "slot", everybody_gets(1), ())
POOR = Entry("poor", "baseline", everybody_gets(2, 3, 4, 1), ())


def judged(queries: int, *rows: Entry, units: int | None = None, title: str = "a small task") -> Judged:
    """A task with so many queries, each of a user of its own unless there are fewer."""
    task = replace(task_of([[1]] * queries, 13), title=title)
    task = task if units is None else replace(task, units=np.arange(queries) % units)
    return judged_on(task, rows or (GOOD, POOR), np.random.default_rng(0))


def printed(report: Report) -> str:
    out = Console(file=io.StringIO(), width=400)
    out.print(terminal(report))
    return str(out.file.getvalue())  # type: ignore[attr-defined]


def of(*tasks: Judged) -> Report:
    """A report of some tasks, without costs."""
    return replace(small_report(), back_test=BackTest(SPLIT, tasks), costs=(), curves=(), protocols=(), page="a.html")


def test_what_is_said_in_place_of_numbers() -> None:
    assert too_few(12, 12) == "too few to say (12 queries; needs 50)"
    assert too_few(1, 1) == "too few to say (1 query; needs 50)"
    assert too_few(120, 7) == "too few to say (7 users; needs 50)"
    assert rests_on(1200, 900) == "1,200 queries of 900 users or guests"
    assert (is_enough(MIN_UNITS - 1), is_enough(MIN_UNITS)) == (False, True)
    assert not has_width(Interval(1.0, 1.0, 1.0))
    assert not has_width(Interval(0.5, np.nan, np.nan))
    assert has_width(Interval(0.5, 0.4, 0.6))


@pytest.mark.parametrize(("queries", "units"), [(1, None), (12, None), (MIN_UNITS - 1, None), (500, MIN_UNITS - 1)])
def test_of_too_few_no_number_is_said(queries: int, units: int | None) -> None:
    few = judged(queries, units=units)
    page = html(of(few), "")
    body = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    body = body.partition("How it was judged")[0] + body.partition('<section id="a small')[2]
    for text in (verdict(few), summary(few), printed(of(few)), body):
        assert "too few to say" in text or "too little data" in text
        assert "%" not in text.replace("95 %", "95")
        assert "times as often" not in text
        assert not re.search(r"\d\.\d{4}", text)
    (task,) = of(few).to_json()["tasks"]
    assert (task["enough"], task["rows"][0]["metrics"]["HitRate@10"]) == (False, [1.0, 1.0, 1.0])


def test_from_fifty_users_on_every_table_says_what_it_rests_on() -> None:
    text = printed(of(judged(MIN_UNITS)))
    assert "A small task: 50 queries of 50 users or guests" in text
    assert "1.0000" in text
    page = html(of(judged(200, units=60)), "")
    assert "200 of 200 queries, from 60 users or guests" in page


def test_an_interval_without_width_is_never_shown() -> None:
    same = judged(80)
    assert "the same for every user" in verdict(same)
    for text in (printed(of(same)), verdict(same), summary(same), html(of(same), "")):
        for low, high in re.findall(r"([+-]?\d\.\d{4}) (?:–|to) ([+-]?\d\.\d{4})", text):
            assert low != high


def test_tasks_that_could_not_be_asked_are_one_line() -> None:
    nothing = [judged(0, title=f"task {number}") for number in range(3)]
    text = printed(of(judged(60), *nothing))
    (line,) = [line for line in text.splitlines() if "task 1" in line]
    assert line.rstrip() == "Could not be asked, since nothing in the latest weeks allows it: task 0; task 1; task 2"
    assert text.count("NDCG@10  ") == 1
    page = html(of(judged(60), *nothing), "")
    assert page.count("task 1") == page.count("task 2")
    assert "Could not be asked" in page
    assert "<h2>task 1</h2>" not in page


def test_the_last_line_is_the_result_and_where_the_report_lies() -> None:
    half = Entry("item/together", "slot", everybody_gets(1), ())
    tasks = replace(task_of([[1]] * 600 + [[7]] * 600, 13), title="bought together")
    base = Entry("popular", "baseline", everybody_gets(9), ())
    found = judged_on(tasks, (half, base), np.random.default_rng(0))
    said = printed(of(found)).rstrip().splitlines()[-1].rstrip()
    start = "item/together finds what was wanted in 50 % of 1,200 queries (bought together)"
    assert said == f"{start}; popular finds nothing; report: a.html"
    third = [[1]] * 600 + [[7]] * 300 + [[8]] * 300
    found = judged_on(replace(tasks, relevant=task_of(third, 13).relevant), (
        half, replace(base, retriever=everybody_gets(7))), np.random.default_rng(0))  # fmt: skip
    assert headline(BackTest(SPLIT, (found,))) == f"{start}, 2.0 times as often as the best baseline (popular)"
    worse = judged_on(task_of(third, 13), (replace(half, retriever=everybody_gets(8)), replace(
        base, retriever=everybody_gets(1))), np.random.default_rng(0))  # fmt: skip
    assert headline(BackTest(SPLIT, (worse,))).endswith("the best baseline (popular): that baseline is better")
    assert headline(BackTest(SPLIT, (judged(12),))) == (
        "there is too little data to say how good anything is (12 queries at most; needs 50)"
    )


def slot_judged(name: str, first: int, wanted: list[list[int]]) -> Judged:
    """Evaluate a slot that returns one item to every user against a baseline that returns item 7."""
    slot = Entry(name, "slot", everybody_gets(first), ())
    base = Entry("popular", "baseline", everybody_gets(7), ())
    return judged_on(replace(task_of(wanted, 13), title=name), (slot, base), np.random.default_rng(0))


def test_the_last_line_counts_the_slots_that_do_better_than_their_best_baseline() -> None:
    half, mostly = [[1]] * 600 + [[7]] * 600, [[1]] * 600 + [[7]] * 300
    better, same = slot_judged("a", 1, mostly), slot_judged("b", 1, half)
    worse, few = slot_judged("c", 2, half), slot_judged("d", 1, [[1]] * 9)
    assert headline(BackTest(SPLIT, (better, same, worse, few))) == (
        "1 of 4 slots finds more than its best baseline, 1 cannot be told from it, 1 finds less, "
        "1 was asked too few queries to say"
    )
    assert headline(BackTest(SPLIT, (better, replace(better), same, same))).startswith("1 of 2 slots finds more")
    other = slot_judged("e", 1, mostly)
    assert headline(BackTest(SPLIT, (better, other))) == "2 of 2 slots find more than their best baseline"
    assert headline(BackTest(SPLIT, (same, worse))) == (
        "none of 2 slots finds more than its best baseline, 1 cannot be told from it, 1 finds less"
    )
    said = printed(of(better, same)).rstrip().splitlines()[-1].rstrip()
    assert said == "1 of 2 slots finds more than its best baseline, 1 cannot be told from it; report: a.html"


def test_small_segments_obey_the_same_number() -> None:
    task = task_of([[1]] * 60 + [[7]] * 10, 13)
    catalog = catalog_of(13, categories=["lamp"] * 5 + ["bag"] * 8)
    task = replace(task, queries=replace(task.queries, catalog=catalog))
    report = of(judged_on(task, (GOOD, POOR), np.random.default_rng(0)))
    parts = report.to_json()["tasks"][0]["segments"]
    page = html(report, "")
    for part in parts:
        assert part["enough"] == (part["units"] >= MIN_UNITS)
        assert part["units"] <= part["queries"]
        if not part["enough"]:
            assert f"too few to say ({part['units']} " in page
    assert {part["enough"] for part in parts} == {True, False}


def test_a_diagnosis_of_too_few_has_no_numbers() -> None:
    few = replace(diagnosis(), queries=12, units=12)
    out = Console(file=io.StringIO(), width=200)
    out.print(diagnosed(few))
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert text.strip() == "good on hidden basket item: too few to say (12 queries; needs 50)"
    assert (few.to_json()["kind"], few.to_json()["enough"]) == ("too few to say", False)


def test_a_judgement_of_an_older_version_is_read() -> None:
    from endcap.evaluate.tuning.judging import judgement_of

    told = Judgement(9, 9, {"tuned": Interval(1, 0, 1)}, {"untuned": Difference(0, 0, 0, 1, 1, 0, 0)}).to_json()
    told.pop("units")
    assert judgement_of(told).units == 9


def test_a_tiny_shop_from_end_to_end(tmp_path: Path) -> None:
    lines = [f"{1_700_000_000 + 7200 * order},o{order},purchase,i{order % 3}{item},u{order % 8},1.5,o{order}"
             for order in range(30) for item in range(order % 3, 4)]  # fmt: skip
    (tmp_path / "events.csv").write_text("\n".join(["time,session_id,kind,item_id,user_id,price,order_id", *lines, ""]))
    config = tmp_path / "endcap.toml"
    jobs.init(tmp_path / "events.csv", None, config)
    report = jobs.evaluate(config)
    text = printed(report)
    assert "%" not in text
    assert text.rstrip().splitlines()[-1].startswith("there is too little data to say how good anything is")
    assert json.loads((tmp_path / "var" / "reports" / "evaluation.json").read_text())["min_units"] == MIN_UNITS
    newest = jobs.runs(config)[0]
    assert newest.headline is None
    shown = trends([jobs.runs_show(newest.id, config)])
    assert all(not task["of"] for task in shown["tasks"])
