"""What `init` understands of a shop's own columns, and what it says of the rest; no model is fitted here."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.exports import table

from endcap.config import parse
from endcap.core.errors import BadConfig
from endcap.data.starting.guess import Given, Guess
from endcap.data.starting.writing import guess_for

DAYS = [f"2024-03-{1 + n % 28:02} 10:{n % 60:02}:00" for n in range(40)]


def guess(folder: Path, *files: str, catalog: str | None = None, **given: Any) -> tuple[Guess, dict[str, Any]]:
    """What is guessed of files in a folder, and the settings as they would be read."""
    found = guess_for([str(folder / name) for name in files], catalog and str(folder / catalog), folder, Given(**given))
    parse(found.text, folder / "endcap.toml")
    return found, tomllib.loads(found.text)


def orders(folder: Path, who: str, values: Sequence[str], name: str = "orders.csv") -> None:
    """Forty lines of twenty orders, with a column of the people who placed them."""
    rows = ((n // 2, DAYS[n // 2], values[n % len(values)], f"sku{n % 7}", 1 + n % 3) for n in range(40))
    table(folder / name, ("order_id", "order_date", who, "sku", "qty"), rows)


@pytest.mark.parametrize(
    "name",
    [
        "household_id", "household_key", "member", "member_no", "guest_email", "email", "loyalty_card", "account",
        "cookie", "device_id", "anonymous_id", "client_id", "buyer", "Kundenkarte", "Mitgliedsnummer", "id_cliente",
        "code_client", "klantnr", "codice_cliente", "customer_no", "shopper_id",
    ],
)  # fmt: skip
def test_columns_of_people_are_users(tmp_path: Path, name: str) -> None:
    orders(tmp_path, name, [f"{n}" for n in range(100, 109)])
    _, settings = guess(tmp_path, "orders.csv")
    assert settings["sources"][0]["columns"]["user_id"] == name


@pytest.mark.parametrize("name", ["customer_city", "user_agent", "membership", "client_ip"])
def test_what_is_called_after_people_and_holds_no_ids_of_them_is_no_user(tmp_path: Path, name: str) -> None:
    orders(tmp_path, name, ["Rome", "Oslo"])
    _, settings = guess(tmp_path, "orders.csv")
    assert "user_id" not in settings["sources"][0]["columns"]


def test_a_column_of_people_that_is_not_used_is_told(tmp_path: Path) -> None:
    rows = ((n, DAYS[n], f"c{n % 5}", f"m{n % 5}", "mug") for n in range(20))
    table(tmp_path / "orders.csv", ("order_id", "order_date", "customer_id", "member_no", "sku"), rows)
    found, _ = guess(tmp_path, "orders.csv")
    assert (
        "# check: orders.csv: column 'member_no' looks like ids of people and is not used: 'customer_id'" in found.text
    )


def test_where_the_first_column_of_people_is_empty_the_second_counts(tmp_path: Path) -> None:
    rows = ((n, DAYS[n], "" if n % 2 else f"c{n % 5}", f"g{n}@shop.example", "mug") for n in range(20))
    table(tmp_path / "orders.csv", ("order_id", "order_date", "customer_id", "guest_email", "sku"), rows)
    _, settings = guess(tmp_path, "orders.csv")
    assert settings["sources"][0]["columns"]["user_id"] == ["customer_id", "guest_email"]


def test_an_account_and_a_cookie_are_user_and_session(tmp_path: Path) -> None:
    rows = ((DAYS[n], f"u{n % 3}" if n % 2 else "", f"cookie{n % 6}", "view", "mug") for n in range(30))
    table(tmp_path / "log.csv", ("timestamp", "user_id", "anonymous_id", "event", "product_id"), rows)
    _, settings = guess(tmp_path, "log.csv")
    assert settings["sources"][0]["columns"]["session_id"] == "anonymous_id"
    assert settings["prepare"]["events"] == [{"use": "sessionized", "minutes": 30}, "basketed"]


def test_guests_of_whom_nothing_is_known_are_kept(tmp_path: Path) -> None:
    rows = ((DAYS[n], "0" if n % 2 else f"{1000 + n % 5}", f"sku{n % 3}", 1) for n in range(40))
    table(tmp_path / "sales.csv", ("sold_at_date", "customer_id", "sku", "qty"), rows)
    found, settings = guess(tmp_path, "sales.csv")
    assert found.problem == ""
    assert settings["sources"][0]["columns"]["session_id"] == ["customer_id", "sold_at_date"]


def test_an_e_mail_address_as_user_is_told(tmp_path: Path) -> None:
    orders(tmp_path, "email", [f"u{n}@shop.example" for n in range(9)])
    found, _ = guess(tmp_path, "orders.csv")
    assert "user_id is an e-mail address" in found.text


def test_each_unused_file_has_a_reason(tmp_path: Path) -> None:
    orders(tmp_path, "customer_id", ["c1", "c2", "c3"])
    table(tmp_path / "items.csv", ("sku", "title", "brand"), ((f"sku{n}", f"Thing {n}", "Alba") for n in range(7)))
    table(tmp_path / "names.csv", ("sku", "title"), ((f"sku{n}", f"Thing {n}") for n in range(7)))
    table(tmp_path / "shops.csv", ("town", "street"), [("Rome", "Via Appia")])
    (tmp_path / "broken.csv").write_text("")
    found, settings = guess(tmp_path, "orders.csv", "items.csv", "names.csv", "shops.csv", "broken.csv")
    assert settings["sources"][0]["catalog"] == "items.csv"
    assert {
        table.place: table.reason.partition(":")[0].partition(";")[0] for table in found.tables if table.reason
    } == {
        "names.csv": "is a second catalog with the same items as items.csv, which says more of them",
        "shops.csv": "no column looks like an item id",
        "broken.csv": "cannot be read",
    }
    for reason in (
        "# unused: names.csv: is a second",
        "# unused: shops.csv: no column",
        "# unused: broken.csv: cannot",
    ):
        assert reason in found.text


def test_a_catalog_without_rows_is_a_problem_and_the_settings_read_the_events_alone(tmp_path: Path) -> None:
    orders(tmp_path, "customer_id", ["c1", "c2", "c3"])
    table(tmp_path / "items.csv", ("sku", "title"), [])
    found, settings = guess(tmp_path, "orders.csv", catalog="items.csv")
    assert "items.csv, given as the catalog" in found.problem
    assert "leave --catalog out" in found.problem
    assert "catalog" not in settings["sources"][0]


def test_rows_that_cannot_be_read_are_told_with_file_and_line_and_the_settings_are_written(tmp_path: Path) -> None:
    rows = [(n, DAYS[n], f"c{n % 5}", "mug", "a lot" if n > 16 else "4.50") for n in range(20)]
    table(tmp_path / "orders.csv", ("order_id", "order_date", "customer_id", "sku", "price"), rows)
    found, _ = guess(tmp_path, "orders.csv")
    assert "orders.csv, line 19: price must be a number, found 'a lot'" in found.problem
    found, _ = guess(tmp_path, "orders.csv", max_bad=0.5)
    assert found.problem == ""


def test_what_was_said_of_the_files_goes_into_the_settings(tmp_path: Path) -> None:
    rows = "\n".join(f"{n}|{DAYS[n]}|c{n % 5}|mug|4,50" for n in range(20))
    (tmp_path / "orders.csv").write_text(f"Report\n{rows}\n", "utf-16")
    names = ("order_id", "order_date", "customer_id", "sku", "price")
    found, settings = guess(
        tmp_path, "orders.csv", skip=1, header=names, encoding="utf-16", delimiter="|", decimal=",", max_bad=0.2,
        timezone="Europe/Berlin",
    )  # fmt: skip
    source = settings["sources"][0]
    assert found.problem == ""
    assert source["header"] == list(names)
    assert {key: source[key] for key in ("skip", "encoding", "delimiter", "decimal", "max_bad", "timezone")} == {
        "skip": 1, "encoding": "utf-16", "delimiter": "|", "decimal": ",", "max_bad": 0.2, "timezone": "Europe/Berlin",
    }  # fmt: skip


def test_what_was_said_and_cannot_be_is_refused(tmp_path: Path) -> None:
    orders(tmp_path, "customer_id", ["c1"])
    with pytest.raises(BadConfig, match="no encoding is called 'klingon'"):
        guess(tmp_path, "orders.csv", encoding="klingon")


def test_lines_of_quantity_zero_are_left_out_and_told(tmp_path: Path) -> None:
    rows = ((n, DAYS[n], f"c{n % 5}", "mug", n % 4) for n in range(20))
    table(tmp_path / "orders.csv", ("order_id", "order_date", "customer_id", "sku", "quantity"), rows)
    found, settings = guess(tmp_path, "orders.csv")
    assert settings["sources"][0]["zero_quantity"] == "ignore"
    assert "5 of 20 lines looked at have quantity 0: cancelled lines, gifts or corrections of stock" in found.text


def test_a_few_events_of_1970_are_left_out_and_told(tmp_path: Path) -> None:
    rows = ((DAYS[n] if n else "1970-01-01 00:00:00", f"s{n // 2}", "view", "mug") for n in range(40))
    table(tmp_path / "log.csv", ("time", "session_id", "kind", "item_id"), rows)
    found, settings = guess(tmp_path, "log.csv")
    assert settings["prepare"]["events"][0] == "within_dates"
    assert "# check: 1 events lie before 1990 or after 2037" in found.text


def test_stock_and_status_are_availability(tmp_path: Path) -> None:
    orders(tmp_path, "customer_id", ["c1", "c2", "c3"])
    rows = ((f"sku{n}", f"Thing {n}", "in stock" if n else "out of stock", n == 3) for n in range(7))
    table(tmp_path / "items.csv", ("sku", "title", "availability", "discontinued"), rows)
    _, settings = guess(tmp_path, "orders.csv", "items.csv")
    assert settings["sources"][0]["catalog_columns"]["available"] == ["availability", "not discontinued"]


def test_orders_and_their_lines_in_two_files_are_joined(tmp_path: Path) -> None:
    table(tmp_path / "orders.csv", ("id", "created_at", "customer"), ((n, DAYS[n], f"c{n % 5}") for n in range(20)))
    lines = ((n // 2, f"sku{n % 7}", 1, "2.50") for n in range(40))
    table(tmp_path / "order_items.csv", ("order_id", "product_id", "quantity", "price"), lines)
    found, settings = guess(tmp_path, "orders.csv", "order_items.csv")
    assert found.problem == ""
    assert settings["sources"][0]["use"] == "sql"
    assert {table.place: table.role for table in found.tables} == {"order_items.csv": "events", "orders.csv": "orders"}


def test_names_and_words_of_a_shop_cannot_end_a_comment_or_a_text(tmp_path: Path) -> None:
    table(tmp_path / "log.csv", ('a "b"\nc', "x]y"), [("[/b]", "2")])
    found, settings = guess(tmp_path, "log.csv")
    assert found.problem
    assert settings["sources"][0]["events"] == "log.csv"
