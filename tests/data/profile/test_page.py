"""The page of a profile, in a browser and in a terminal."""

import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from rich.console import Console
from tests.data.profile.worlds import busy

import endcap
from endcap.core.dataset import Dataset
from endcap.data.profile.facts import profile_of
from endcap.data.profile.page import html, terminal

VENDOR = Path(endcap.__file__).parent / "serve" / "storefront" / "static" / "vendor"
PLOTS = {
    "over_time", "hours", "funnel_sessions", "funnel_items", "lengths", "minutes", "baskets", "tail", "lorenz",
    "tree_items", "tree_purchases", "prices", "intervals", "arrivals", "reached", "known", "missing", "graph",
    "returned", "moved",
}  # fmt: skip


def opened(browser: Browser, data: Dataset, file: Path, faults: list[str], width: int = 1280) -> Page:
    file.write_text(html(profile_of(data, "A busy shop"), (VENDOR / "echarts" / "echarts.min.js").read_text()), "utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("request", lambda request: faults.append(request.url) if request.url.startswith("http") else None)
    page.goto(file.as_uri())
    return page


@pytest.mark.browser
def test_the_page_is_complete_in_itself_and_draws_every_plot(browser: Browser, tmp_path: Path) -> None:
    faults: list[str] = []
    page = opened(browser, busy(), tmp_path / "profile.html", faults)
    plots = page.locator("[data-plot]")
    assert {plot.get_attribute("data-plot") for plot in plots.all()} == PLOTS
    for plot in plots.all():
        assert plot.locator("svg path").count() > 0, plot.get_attribute("data-plot")
    assert page.locator(".verdict").inner_text().startswith("3,")
    assert page.locator(".drift > div").count() == 6
    assert "</script><b>bold</b>" in page.locator("[data-plot=tree_items] svg").text_content()  # type: ignore[operator]
    page.locator("[data-plot=lorenz]").hover()
    expect(page.locator("[data-plot=lorenz]")).to_contain_text("of the events")
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
    assert faults == []


@pytest.mark.browser
def test_the_page_fits_a_telephone(browser: Browser, tmp_path: Path) -> None:
    faults: list[str] = []
    page = opened(browser, busy(), tmp_path / "profile.html", faults, width=420)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
    assert faults == []


@pytest.mark.browser
def test_a_shop_of_orders_alone_says_what_it_lacks(browser: Browser, tmp_path: Path, world: Dataset) -> None:
    faults: list[str] = []
    page = opened(browser, world, tmp_path / "profile.html", faults)
    assert page.locator("[data-plot=funnel_sessions] svg text", has_text="none in this data").count() == 3
    assert "There are no returns" in page.locator("#returns").inner_text()
    page.close()
    assert faults == []


def test_the_terminal_shows_the_summary_and_what_each_section_says() -> None:
    out = Console(file=io.StringIO(), width=200)
    out.print(terminal(profile_of(busy(), "busy")))
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert re.search(r"\d,\d{3} events from 2023-11-15", text)
    assert re.search(r"^together +The strongest tie: ", text, re.MULTILINE)
