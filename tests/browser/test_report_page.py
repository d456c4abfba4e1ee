"""The page of an evaluation in a real browser: on a screen, in the dark, on a telephone, on paper."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.evaluate.reports import TITLE, small_report

import endcap
from endcap.evaluate.report import html

pytestmark = pytest.mark.browser
ECHARTS = Path(endcap.__file__).parent / "serve" / "storefront" / "static" / "vendor" / "echarts" / "echarts.min.js"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the page of a small report lies."""
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(html(small_report(), ECHARTS.read_text("utf-8")), "utf-8")
    return file.as_uri()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, opened; an error, a warning or a request for anything outside it fails the test."""
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("request", lambda request: faults.append(request.url) if request.url.startswith("http") else None)
    page.goto(address)
    yield page
    page.close()
    assert faults == []


def test_the_page_is_complete_in_itself_and_draws_every_plot(page: Page) -> None:
    plots = page.locator("[data-plot]")
    kinds = [str(plot.get_attribute("data-plot")) for plot in plots.all()]
    assert set(kinds) == {"reached", "curve", "parts", "misses", "windows", "learned", "worth"}
    for plot in plots.all():
        assert plot.locator("svg path").count() > 0, plot.get_attribute("data-plot")
    reached, curve = (page.locator(f"#basket [data-plot={name}]") for name in ("reached", "curve"))
    assert curve.locator("svg text").all_text_contents().count("good") == 1
    curve.hover()
    expect(curve).to_contain_text(re.compile(r"\d\.\d %"))
    reached.locator("svg path").last.hover()
    expect(reached).to_contain_text(re.compile(r"good\d\.\d{4}"))  # all were asked alike: there is no interval


def test_the_page_says_what_the_report_says(page: Page) -> None:
    assert page.locator(".verdict").inner_text().startswith("On “hidden basket item”, good finds")
    assert [card.split("\n")[0] for card in page.locator(".card").all_inner_texts()] == [
        "Hidden basket item", "What anybody buys next",
    ]  # fmt: skip
    assert page.locator("header .sentences li").count() == 2
    assert page.locator("#basket table").first.locator("tbody tr").count() == 4
    assert [row.split()[0] for row in page.locator("#basket tr.silent").all_inner_texts()] == ["poor", "mute"]
    assert page.locator("#basket .example .right span").first.inner_text().startswith(TITLE)
    assert page.locator("#preparation").inner_text().count("1,234") == 1
    assert "2.0 MB" in page.locator("#costs").inner_text()
    assert "wants more data" in page.locator("#curves").inner_text()
    assert "2 windows" in page.locator("#protocol-rolling").inner_text().lower()


def test_another_row_can_be_looked_at_where_it_misses(page: Page) -> None:
    misses = page.locator("#basket .misses")
    misses.locator("select").select_option("popular")
    expect(misses.locator("select")).to_have_value("popular")
    assert misses.locator("[data-plot] svg path").count() > 0


def test_plots_change_with_the_light_and_are_dark_on_paper(page: Page) -> None:
    label = page.locator("#basket [data-plot=reached] svg text").first
    page.emulate_media(color_scheme="light")
    light = str(label.get_attribute("fill"))
    page.emulate_media(color_scheme="dark")
    expect(label).not_to_have_attribute("fill", light)
    page.emulate_media(media="print", color_scheme="dark")
    expect(label).to_have_attribute("fill", light)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_page_fits_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
