"""Ids that stand for none are taken out by every source, the ledger says it, and lint counts the same."""

from pathlib import Path
from typing import Any

import pytest

from endcap import jobs
from endcap.core.errors import BadData
from endcap.data.engines import connect
from endcap.data.ledger import Ledger
from endcap.data.placeholders import PLACEHOLDERS
from endcap.data.sources import Csv

WORDS = ("NONE", "(not set)", "(not provided)", "undefined", "null", "NaN", "N/A", "-", "unknown", "guest", "test",
         "00000000-0000-0000-0000-000000000000", "#N/A")  # fmt: skip
HEADER = "time,session_id,kind,item_id,user_id,order_id\n"


def read(folder: Path, lines: list[str], **settings: Any) -> tuple[list[dict[str, Any]], Ledger]:
    """The events of a file with these lines, and the ledger of reading them."""
    (folder / "log.csv").write_text(HEADER + "\n".join(lines) + "\n")
    ledger = Ledger()
    events, _ = Csv(events="log.csv", max_bad=1.0, **settings).tables(connect(), folder, ledger)
    return events.order_by("time").to_pyarrow().to_pylist(), ledger


def line(n: int, item: str = "mug", user: str = "", session: str = "", order: str = "") -> str:
    """The n-th purchase."""
    return f"{1_700_000_000 + n},{session or f's{n}'},purchase,{item},{user or f'u{n}'},{order or f'o{n}'}"


@pytest.mark.parametrize("word", WORDS)
def test_a_user_that_stands_for_none_is_a_guest(tmp_path: Path, word: str) -> None:
    events, ledger = read(tmp_path, [line(0, user=word), line(1), line(2)])
    assert [event["user_id"] for event in events] == [None, "u1", "u2"]
    (note,) = [entry for entry in ledger.entries if entry.step == "placeholder ids"]
    assert (note.changed, note.left) == (1, 3)
    assert note.why == f"user_id: 1 of 3 rows of log.csv stands for no id ({word} 1): such rows are a guest's"


def test_the_ledger_has_one_line_for_all_words_of_a_column(tmp_path: Path) -> None:
    lines = [line(0, user="NONE"), line(1, user="NONE"), line(2, user="#N/A"), line(3, order="-"), line(4)]
    _, ledger = read(tmp_path, lines)
    users, orders = [entry for entry in ledger.entries if entry.step == "placeholder ids"]
    assert (users.changed, orders.changed) == (3, 1)
    assert users.why == "user_id: 3 of 5 rows of log.csv stand for no id (NONE 2, #N/A 1): such rows are a guest's"


@pytest.mark.parametrize("column", ["item", "session"])
def test_a_row_of_no_item_or_no_session_is_what_one_with_an_empty_cell_is(tmp_path: Path, column: str) -> None:
    events, ledger = read(tmp_path, [line(0, **{column: "(not set)"}), line(1), line(2)])
    assert len(events) == 2
    (rejected,) = ledger.rejected
    assert rejected.to_pyarrow()["why"].to_pylist() == [f"{column}_id must not be empty"]


def test_a_run_that_ends_on_such_rows_names_the_word_and_the_setting(tmp_path: Path) -> None:
    with pytest.raises(BadData) as error:
        read(tmp_path, [line(0, item="undefined"), line(1)], bad_rows="error")
    assert str(error.value) == (
        'log.csv, line 2: item_id must not be empty ("undefined" stands for no id; if such ids are real in your shop,'
        ' say not_placeholders = ["undefined"])'
    )


def test_an_order_that_stands_for_none_is_no_order(tmp_path: Path) -> None:
    events, _ = read(tmp_path, [line(0, order="N/A"), line(1)])
    assert [event["order_id"] for event in events] == [None, "o1"]


def test_zero_is_a_user_among_small_numbers_and_a_guest_among_others(tmp_path: Path) -> None:
    small, _ = read(tmp_path, [line(n, user=str(n % 5)) for n in range(20)])
    assert {event["user_id"] for event in small} == set("01234")
    other, _ = read(tmp_path, [line(n, user=str(n % 5 * 1001)) for n in range(20)])
    assert {event["user_id"] for event in other} == {None, "1001", "2002", "3003", "4004"}
    words, _ = read(tmp_path, [line(n, user="-1" if n < 3 else f"u{n}") for n in range(20)])
    assert sum(event["user_id"] is None for event in words) == 3


def test_zero_is_a_guest_among_small_numbers_where_no_user_is_nearly_as_frequent(tmp_path: Path) -> None:
    events, _ = read(tmp_path, [line(n, user="0" if n < 30 else str(n - 29)) for n in range(40)])
    assert sum(event["user_id"] is None for event in events) == 30


def test_a_bestseller_called_zero_is_an_item(tmp_path: Path) -> None:
    events, _ = read(tmp_path, [line(n, item="0" if n < 30 else str(n // 2)) for n in range(40)])
    assert sum(event["item_id"] == "0" for event in events) == 30


def test_a_shop_adds_words_and_takes_others_off(tmp_path: Path) -> None:
    lines = [line(0, user="kasse1"), line(1, user="test"), line(2, user="guest")]
    events, _ = read(tmp_path, lines, placeholders=("kasse1",), not_placeholders=("test",))
    assert [event["user_id"] for event in events] == [None, "test", None]
    events, _ = read(tmp_path, lines, placeholders=("kasse1",), not_placeholders=("*",))
    assert [event["user_id"] for event in events] == [None, "test", "guest"]


def test_the_second_of_two_columns_counts_where_the_first_stands_for_none(tmp_path: Path) -> None:
    columns = {"session_id": ("session_id", "order_id")}
    events, _ = read(tmp_path, [line(0, session="undefined"), line(1)], columns=columns)
    assert [event["session_id"] for event in events] == ["o0", "s1"]


def test_numbers_in_a_parquet_file_are_looked_at_too(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from endcap.data.sources import Parquet

    rows = [{"time": 1_700_000_000.0 + n, "session_id": f"s{n}", "kind": "view", "item_id": n % 3 + 100,
             "user_id": 0 if n < 5 else 1000 + n} for n in range(9)]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "log.parquet")
    events, _ = Parquet(events="log.parquet").tables(connect(), tmp_path, Ledger())
    assert events.user_id.count().to_pyarrow().as_py() == 4


def test_lint_counts_what_prepare_takes_out(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(HEADER + "\n".join([*(line(n) for n in range(8)), line(9, user="NONE")]))
    (tmp_path / "endcap.toml").write_text(
        '[[sources]]\nuse = "csv"\nevents = "log.csv"\n[models.popular]\nuse = "popular"\n'
    )
    found = {finding.rule: finding for finding in jobs.lint(tmp_path / "endcap.toml").findings}
    assert (found["placeholder_ids"].rows, found["placeholder_ids"].of) == (1, 9)
    assert "'NONE' (1)" in found["placeholder_ids"].says
    steps = [entry["step"] for entry in jobs.prepare(tmp_path / "endcap.toml").ledger]
    assert "placeholder ids" in steps


def test_every_placeholder_is_in_small_letters() -> None:
    assert all(word == word.lower() for word in PLACEHOLDERS)
