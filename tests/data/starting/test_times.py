"""Times that are spread over columns, counted in days, or stand beside a number of steps."""

from collections.abc import Iterable
from pathlib import Path

import ibis
from tests.exports import table

from endcap.data.starting.guess import Guessed
from endcap.data.starting.guessing import guessed
from endcap.data.starting.looking import seen

HEADER = ("year", "month", "day", "order", "country", "session_id", "clothing_model", "price")


def guess(folder: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Guessed:
    table(folder / "log.csv", header, rows)
    return guessed(seen(ibis.duckdb.connect(), [str(folder / "log.csv")], folder)[0])


def clicks() -> Iterable[tuple[object, ...]]:
    """Ten visits of four clicks, on days of one or two digits."""
    for visit in range(10):
        for step in range(4):
            yield 2008, 4, 5 + visit, step + 1, 29, visit, f"A{(visit + step) % 6}", 28


def test_year_month_and_day_make_a_time_together(tmp_path: Path) -> None:
    found = guess(tmp_path, HEADER, clicks())
    assert found.role == "events"
    assert found.options["time_columns"] == ["year", "month", "day"]
    assert found.options["time_format"] == "%Y %m %d"


def test_a_number_that_starts_anew_in_every_visit_is_no_order(tmp_path: Path) -> None:
    found = guess(tmp_path, HEADER, clicks())
    assert "order_id" not in {match.ours for match in found.matches}
    assert found.options["constants"] == {"kind": "view"}


def test_a_number_of_its_own_for_each_visit_is_an_order(tmp_path: Path) -> None:
    rows = ((f"2024-03-{1 + n // 2:02}", n // 2, f"s{n // 2}", f"p{n % 5}") for n in range(40))
    found = guess(tmp_path, ("date", "order", "session_id", "sku"), rows)
    assert {match.ours: match.theirs for match in found.matches}["order_id"] == "order"


def test_days_of_a_spreadsheet_are_told_by_the_name_of_their_column(tmp_path: Path) -> None:
    rows = [(f"{45000 + n}.25", f"c{n % 4}", 45000 + n % 5, n // 2) for n in range(40)]
    found = guess(tmp_path, ("OrderDate", "CustomerNo", "ItemNo", "OrderNo"), rows)
    names = {match.ours: match.theirs for match in found.matches}
    assert (names["time"], names["item_id"]) == ("OrderDate", "ItemNo")
    assert found.options["time_format"] == "excel"
