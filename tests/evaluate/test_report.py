import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from rich.console import Console
from tests.evaluate.worlds import Order, catalog_of, everybody_gets, split_of, task_of

import endcap
from endcap.evaluate.backtest import BackTest, Entry, Judged, back_test, entries, judged_on
from endcap.evaluate.report import Report, html, terminal
from endcap.evaluate.verdict import verdict

BEFORE: list[Order] = [(0, day, [0, 1, 2]) for day in range(5)]
AFTER: list[Order] = [(user, 110, [0, 1, 2]) for user in range(9)]
SPLIT = split_of(BEFORE, AFTER, catalog_of(13, title="</script><b>bold</b> & co"), n_users=9)
ROWS = entries(
    fitted={"good": everybody_gets(0, 1, 2), "poor": everybody_gets(*range(3, 13))},
    slots={"home/popular": (everybody_gets(2, 1), "anybody")},
    baselines={"popular": everybody_gets(*range(3, 12), 2), "mute": everybody_gets()},
)
LEDGER = [{"step": "without repeats", "dropped": 12, "changed": 0, "left": 1234, "why": "once is enough"}]


@pytest.fixture
def report() -> Report:
    result = back_test(SPLIT, ROWS, np.random.default_rng(0))
    return Report("A small shop", result, LEDGER, '[shop]\nname = "small"', {"numpy": "2"}, "f00d")


def judged(*rows: Entry, wanted: int = 40) -> Judged:
    return judged_on(task_of([[1]] * wanted, 13), rows, np.random.default_rng(0))


GOOD = Entry("good", "model", everybody_gets(1), ())
POOR = Entry("poor", "model", everybody_gets(2), ())
FAIR = Entry("fair", "baseline", everybody_gets(0, 1), ())


def test_the_verdict_on_a_winner_says_by_how_much() -> None:
    words = verdict(judged(GOOD, FAIR)).replace("\N{NO-BREAK SPACE}", " ")
    assert words == (
        "On “a small task”, good finds it in 100.0 % of the cases in its first ten, about as often as fair. It beats "
        "the best baseline, fair: its NDCG@10 is 0.3691 higher (95 % interval +0.3691 to +0.3691, p < 0.001)."
    )


def test_the_verdict_on_a_loser_says_so() -> None:
    assert "It loses to the best baseline, fair: its NDCG@10 is 0.6309 lower" in verdict(judged(POOR, FAIR))


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
    assert (mute["empty"], mute["coverage"]) == (9, 0.0)
    assert content["verdict"] == basket["verdict"]
    assert content["preparation"] == LEDGER


def test_an_example_shows_what_was_given_wanted_and_found(report: Report) -> None:
    example = report.to_json()["tasks"][0]["examples"][0]
    assert (len(example["given"]), len(example["wanted"])) == (2, 1)
    assert [lines["name"] for lines in example["lists"]] == ["good", "popular"]
    assert example["lists"][0]["items"] == [{"title": example["wanted"][0], "right": True}]


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
    assert re.search(r"Hidden basket item\s", text)
    assert re.search(r"good\s+model\s+\d\.\d{4}", text)
    assert "What anybody buys next" in text
    assert text.count("in its first ten") == 2


@pytest.mark.browser
def test_the_page_is_complete_in_itself_and_draws_its_plots(report: Report, browser: Browser, tmp_path: Path) -> None:
    static = Path(endcap.__file__).parent / "serve" / "storefront" / "static"
    file = tmp_path / "report.html"
    file.write_text(html(report, (static / "vendor" / "echarts" / "echarts.min.js").read_text("utf-8")), "utf-8")
    page = browser.new_page()
    faults: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert page.locator(".plot svg").count() == 6
    reached, curve = (page.locator(f"#basket [data-plot={name}]") for name in ("reached", "curve"))
    assert curve.locator("svg text").all_text_contents().count("good") == 1
    curve.hover()
    expect(curve).to_contain_text(re.compile(r"\d\.\d %"))
    reached.locator("svg path").last.hover()
    expect(reached).to_contain_text(re.compile(r"\d\.\d{4} \(\d\.\d{4} – \d\.\d{4}\)"))
    assert page.locator("#basket table").first.locator("tbody tr").count() == 4
    assert [row.split()[0] for row in page.locator("#basket tr.silent").all_inner_texts()] == ["poor", "mute"]
    assert page.locator("#basket .example .right").first.inner_text().startswith("</script><b>bold</b> & co")
    assert page.locator(".verdict").inner_text().startswith("On “hidden basket item”, good finds")
    assert page.locator("#preparation").inner_text().count("1,234") == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
    assert faults == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
