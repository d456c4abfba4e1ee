"""Times that are spread over columns, counted in days, or stand beside a number of steps."""

import tomllib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pytest
from tests.exports import table

from endcap.config import parse
from endcap.data.columns import ROW
from endcap.data.ledger import Ledger
from endcap.data.starting.guess import Given, Guess, Guessed
from endcap.data.starting.guessing import guessed
from endcap.data.starting.looking import seen
from endcap.data.starting.values import time_format
from endcap.data.starting.writing import guess_for

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


NINE = datetime(2024, 3, 1, 9)
DAYS = [NINE + timedelta(days=n) for n in range(20)]
HOUR = 3600.0


def orders(folder: Path, form: str, name: str = "created_at", **given: Any) -> tuple[Guess, dict[str, Any]]:
    """Twenty orders of twenty days, and what is guessed of them."""
    header = ("order_id", name, "customer_id", "sku", "quantity", "price")
    rows = ((n, day.strftime(form), f"c{n % 4}", f"p{n % 5}", 1, "4.50") for n, day in enumerate(DAYS))
    table(folder / "orders.csv", header, rows)
    found = guess_for([str(folder / "orders.csv")], None, folder, Given(**given))
    return found, tomllib.loads(found.text)["sources"][0]


def moments(folder: Path, found: Guess) -> list[float]:
    """The times that the settings read."""
    source = parse(found.text, folder / "endcap.toml").sources[0]
    events, _ = source.tables(ibis.duckdb.connect(), folder, Ledger())
    read: list[float] = events.order_by(ROW).to_pyarrow()["time"].to_pylist()
    return read


@pytest.mark.parametrize(
    ("form", "written", "before"),
    [
        ("%m/%d/%y %H:%M", "%m/%d/%y %H:%M", 0), ("%d.%m.%y %H:%M", "%d.%m.%y %H:%M", 0),
        ("%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %I:%M:%S %p", 0), ("%Y-%m-%d %H:%M:%S EST", None, -5),
        ("%a %b %d %Y %H:%M:%S GMT+0100 (CET)", None, 1), ("%d.%m.%Y, %H:%M Uhr", "%d.%m.%Y, %H:%M Uhr", 0),
        ("%Y-%m-%dT%H:%M:%S+01:00[Europe/Paris]", None, 1), ("%Y-%m-%d %H:%M:%S America/New_York", None, None),
        ("%m/%d/%Y, %I:%M:%S\u202f%p", "%m/%d/%Y, %I:%M:%S %p", 0),
        ("%a, %d %b %Y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S %Z", 0),
        ("%a %b %d %H:%M:%S CET %Y", "%a %b %d %H:%M:%S %Z %Y", 1), ("%d.%m.%Y %H:%M CET", "%d.%m.%Y %H:%M %Z", 1),
        ("%d.%m.%Y um %H:%M Uhr", "%d.%m.%Y um %H:%M Uhr", 0), ("%d. März %Y %H:%M", "%d. %b %Y %H:%M", 0),
        ("%m/%d/%Y %I:%M%p", "%m/%d/%Y %I:%M%p", 0), ("%Y.%m.%d %H:%M", "%Y.%m.%d %H:%M", 0),
    ],
)  # fmt: skip
def test_notations_of_the_world_are_read(tmp_path: Path, form: str, written: str | None, before: int | None) -> None:
    found, source = orders(tmp_path, form)
    assert found.problem == ""
    assert (source["columns"]["time"], source.get("time_format")) == ("created_at", written)
    ahead = before if before is not None else -5  # New York, until the tenth of March
    assert moments(tmp_path, found)[0] == (NINE - datetime(1970, 1, 1)).total_seconds() - ahead * HOUR


def test_clocks_that_count_to_24_and_say_pm_too() -> None:
    assert time_format(("2024-03-01 13:00:00 PM", "2024-03-01 00:10:00 AM", "2024-03-01 09:00:00 PM")) == (
        "%Y-%m-%d %I:%M:%S %p", "times are taken as UTC; say timezone if they are not",
    )  # fmt: skip


def test_what_is_called_a_time_and_cannot_be_read_is_asked_for_with_a_cell(tmp_path: Path) -> None:
    found, source = orders(tmp_path, "%d~%m~%Y klo %H.%M", "Bestelldatum")
    assert source["columns"]["time"] == "Bestelldatum"
    assert found.problem.startswith(
        "orders.csv holds orders, but no column could be read as a time. Is it Bestelldatum ('01~03~2024 klo 09.00')?"
    )
    assert "# check: cells such as '01~03~2024 klo 09.00' cannot be read as a time: say time_format" in found.text


@pytest.mark.parametrize("name", ["created_at", "moment_x"])
def test_a_column_whose_cells_fit_what_was_said_is_the_time(tmp_path: Path, name: str) -> None:
    found, source = orders(tmp_path, "%d~%m~%Y klo %H.%M", name, time_format="%d~%m~%Y klo %H.%M")
    assert found.problem == ""
    assert (source["columns"]["time"], source["time_format"]) == (name, "%d~%m~%Y klo %H.%M")
    assert moments(tmp_path, found)[0] == (NINE - datetime(1970, 1, 1)).total_seconds()
