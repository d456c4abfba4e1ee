"""Lint finds catalogs with nothing on sale, and rows that cannot be read."""

from pathlib import Path

import pytest
from tests.data.lint.worlds import NOW, Row, event, finding, health

from endcap.data.engines import connect
from endcap.data.lint.needs import needs_of
from endcap.data.lint.reading import sources_linted
from endcap.data.sources import Csv
from endcap.models.popular import Popular
from endcap.slots.filters import available

GUARDED = needs_of({"p": Popular()}, {"home": ("p",)}, stages={"home": {"available": available}})


def listed(n: int, on_sale: int) -> list[Row]:
    return [{"item_id": f"i{place}", "available": "true" if place < on_sale else "false"} for place in range(n)]


@pytest.mark.parametrize(
    ("on_sale", "rule", "severity"), [(0, "nothing_on_sale", "error"), (1, "few_on_sale", "warning")]
)
def test_a_catalog_in_which_next_to_nothing_is_on_sale(on_sale: int, rule: str, severity: str) -> None:
    found = finding(health(event("i0"), catalog=listed(40, on_sale), needs=GUARDED), rule)
    assert found is not None
    assert (found.severity, found.rows, found.of) == (severity, 40 - on_sale, 40)
    assert (found.disables, found.harms)[on_sale] == ("slots.home",)
    assert "catalog_columns" in found.repair


def test_a_catalog_in_which_some_items_are_on_sale_or_nothing_hides_the_others() -> None:
    for catalog, needs in (
        (listed(40, 2), GUARDED),
        ([{"item_id": "i0", "available": None}], GUARDED),
        (listed(40, 0), needs_of({"p": Popular()}, {"home": ("p",)})),
    ):
        found = health(event("i0"), catalog=catalog, needs=needs)
        assert finding(found, "nothing_on_sale") is finding(found, "few_on_sale") is None


def test_the_column_that_says_that_nothing_is_on_sale_is_named(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("time,session_id,kind,item_id\n2024-03-01 09:00:00,s,view,a\n")
    (tmp_path / "items.csv").write_text("item_id,title,in_stock\na,A,false\nb,B,false\n")
    source = Csv(events="log.csv", catalog="items.csv", catalog_columns={"available": "in_stock"})
    found = finding(sources_linted([source], connect(), tmp_path, GUARDED, NOW), "nothing_on_sale")
    assert found is not None
    assert found.says == "0 of 2 items are on sale, as the column in_stock says, and slots show only what is on sale"


@pytest.mark.parametrize(("bad", "severity"), [(1, "warning"), (3, "error")])
def test_rows_of_the_catalog_that_cannot_be_read_are_named(tmp_path: Path, bad: int, severity: str) -> None:
    (tmp_path / "log.csv").write_text("time,session_id,kind,item_id\n2024-03-01 09:00:00,s,view,i0\n")
    prices = ["1.299,00 €"] * bad + ["12.50"] * (40 - bad)
    rows = [f'i{n},"{price}"' for n, price in enumerate(prices)]
    (tmp_path / "items.csv").write_text("\n".join(["item_id,price", *rows, "i39,1"]))
    source = Csv(events="log.csv", catalog="items.csv")
    health = sources_linted([source], connect(), tmp_path, GUARDED, NOW)
    found = finding(health, "refused_items")
    assert found is not None
    assert (found.severity, found.rows, found.of) == (severity, bad, 41)
    assert ("stops at so many" in found.says) == (severity == "error")
    assert (found.examples[0].file, found.examples[0].line) == ("items.csv", 2)
    assert "price must be a number, found '1.299,00 €'" in str(found.examples[0].values["why"])
    assert finding(health, "items_listed_twice") is not None
