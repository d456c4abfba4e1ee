"""A row is found again on the line that is reported, whatever stands in between."""

import gzip
from pathlib import Path
from random import Random
from typing import Any

import ibis
import numpy as np
import pytest

from endcap.data.columns import ROW, ROWS_PER_FILE
from endcap.data.ledger import Ledger
from endcap.data.sources import Csv
from endcap.data.sources import staging as how_files_are_read

HEADER = "time,session_id,kind,item_id,query"
GOOD, LONG, SHORT, WIDE, WRONG, BLANK = (
    "1,s,view,{},tea", '1,s,view,{},"of\n\nmany ""lines"""', "1,s,view", '1,s,view,{},"a\nb",c', "soon,s,view,{},", "",
)  # fmt: skip


def lines_of(folder: Path, ledger: Ledger, **settings: Any) -> tuple[dict[str, int], list[int]]:
    """The line of each item, and those of all that was refused."""
    source = Csv(events="log.csv*", max_bad=1.0, **settings)
    events, _ = source.tables(ibis.duckdb.connect(), folder, ledger)
    found = events.select("item_id", ROW).to_pyarrow().to_pylist()
    refused = [row[ROW] % ROWS_PER_FILE for table in ledger.rejected for row in table.to_pyarrow().to_pylist()]
    return {row["item_id"]: row[ROW] % ROWS_PER_FILE for row in found}, sorted(refused)


def test_records_that_span_lines_and_blank_lines_are_counted_as_lines(tmp_path: Path) -> None:
    records = [HEADER, LONG, BLANK, GOOD, BLANK, BLANK, SHORT, GOOD, WIDE, GOOD, WRONG, GOOD]
    text = "\n".join(record.format(f"i{place}") for place, record in enumerate(records))
    (tmp_path / "log.csv").write_text(text)
    found = lines_of(tmp_path, Ledger())
    assert found == ({"i1": 2, "i3": 6, "i7": 10, "i9": 13, "i11": 15}, [9, 11, 14])


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("seed", range(4))
def test_any_mixture_of_records(tmp_path: Path, seed: int, ending: str) -> None:
    random = Random(seed)
    kinds = random.choices([GOOD, LONG, SHORT, WIDE, WRONG, BLANK], weights=[5, 2, 1, 1, 1, 1], k=200)
    text, line, expected, refused = "", 1, {}, []
    for place, record in enumerate([HEADER, *kinds, GOOD]):
        if record in (GOOD, LONG):
            expected[f"i{place}"] = line
        elif record not in (HEADER, BLANK):
            refused.append(line)
        text += record.format(f"i{place}") + "\n"
        line += record.count("\n") + 1
    with gzip.open(tmp_path / "log.csv.gz", "wb") as file:
        file.write(text.replace("\n", ending).encode())
    assert lines_of(tmp_path, Ledger()) == (expected, refused)


def test_files_without_names_begin_at_the_first_line(tmp_path: Path) -> None:
    records = (LONG, SHORT, GOOD)
    (tmp_path / "log.csv").write_text("\n".join(record.format(f"i{n}") for n, record in enumerate(records)))
    found = lines_of(tmp_path, Ledger(), header=tuple(HEADER.split(",")))
    assert found == ({"i0": 1, "i2": 5}, [4])


def test_a_file_of_as_many_lines_as_records_is_not_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*arguments: object) -> None:
        raise AssertionError("every record was looked at")

    monkeypatch.setattr(how_files_are_read, "layout_of", never)
    lines = [GOOD.format(f"i{n}") for n in range(5)]
    (tmp_path / "log.csv").write_text("\n".join([HEADER, *lines[:3], SHORT, *lines[3:]]))
    assert lines_of(tmp_path, Ledger()) == ({"i0": 2, "i1": 3, "i2": 4, "i3": 6, "i4": 7}, [5])


def test_rows_that_many_threads_read_keep_the_order_of_the_file(tmp_path: Path) -> None:
    n = 400_000
    with (tmp_path / "log.csv").open("w") as file:
        file.write(HEADER + "\n")
        file.writelines(f"{place},s,view,a,{'x' * 40}\n" for place in range(n))
    events, _ = Csv(events="log.csv").tables(ibis.duckdb.connect(), tmp_path, Ledger())
    found = events.select("time", ROW).to_pyarrow()
    assert np.array_equal(found[ROW].to_numpy() - 2, found["time"].to_numpy())
