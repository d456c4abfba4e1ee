"""What lies about in real shops: each file gives one clear error, or rows in the quarantine with file, line and field.

Through the command line, as a person meets it: never a stack trace, never a dataset made of half a file.
"""

import bz2
import ctypes
import gzip
import json
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from endcap.cli import app
from endcap.core.saving import load

HEADER = "time,session_id,kind,item_id,user_id,quantity,price,order_id\n"
LINES = [f"{1_700_000_000 + n},s{n // 3},purchase,item-{n % 7},u{n % 5},1,2.5,o{n // 3}" for n in range(60)]
GOOD = HEADER + "\n".join(LINES) + "\n"
ENDCAP = [sys.executable, "-c", "from endcap.cli import app; app()"]
SETTINGS = """\
[[sources]]
use = "{use}"
events = "{events}"
{more}
[models.popular]
use = "popular"
"""
Make = Callable[[Path], object]


def settled(folder: Path, events: str, more: str = "") -> Path:
    """Settings with one source in a folder."""
    use = "parquet" if ".parquet" in events else "json" if ".json" in events else "csv"
    (folder / "endcap.toml").write_text(SETTINGS.format(use=use, events=events, more=more))
    return folder / "endcap.toml"


def prepared(folder: Path, events: str, more: str = "") -> Result:
    """What ``endcap prepare`` says of a source in a folder."""
    return CliRunner().invoke(app, ["prepare", "-c", str(settled(folder, events, more))])


def hampered(folder: Path, before: Callable[[], object]) -> subprocess.CompletedProcess[str]:
    """The same, in a process of its own, to which something was done before it began."""
    command = [*ENDCAP, "prepare", "-c", str(settled(folder, "events.csv"))]
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=before)


def quarantine(folder: Path) -> list[dict[str, object]]:
    """The rows that were kept aside."""
    rows: list[dict[str, object]] = pq.read_table(folder / "var" / "dataset" / "quarantine.parquet").to_pylist()
    return rows


def with_line(line: str) -> str:
    """A good file whose line 11 is this."""
    return HEADER + "\n".join([*LINES[:9], line, *LINES[9:]]) + "\n"


def written(name: str, content: str | bytes) -> Make:
    """Writes a file."""
    data = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(data)


def zipped(*names: str) -> Make:
    """Writes a zip file that holds a good file under each name."""

    def made(folder: Path) -> None:
        with zipfile.ZipFile(folder / ("events.csv" if "xl/workbook.xml" in names else "events.csv.zip"), "w") as file:
            for name in names:
                file.writestr(name, GOOD)

    return made


def parquet(**changes: object) -> Make:
    """Writes a good Parquet file with some columns changed."""
    columns = {
        "time": [1.7e9 + n for n in range(60)], "session_id": ["s"] * 60, "kind": ["view"] * 60, "item_id": ["a"] * 60,
    }  # fmt: skip
    return lambda folder: pq.write_table(pa.table({**columns, **changes}), folder / "events.parquet")


def cut(make: Make, name: str, share: float) -> Make:
    """Writes a file and cuts its end off."""

    def made(folder: Path) -> None:
        make(folder)
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: int(len(whole) * share)])

    return made


def sparse(folder: Path) -> None:
    """A line of two gigabytes, of which the disk holds nothing."""
    with (folder / "events.csv").open("wb") as file:
        file.write((GOOD + "\n".join(LINES * 800)).encode()[: 1 << 21])
        file.truncate(2 << 30)


def long_line(size: int) -> str:
    """A good file with one line of so many bytes."""
    return with_line(f"1700000000,s1,view,{'x' * size},u1,1,2.5,")


ZIPPED = gzip.compress((HEADER + "\n".join(LINES * 200)).encode())
RECORDS = [dict(zip(HEADER.strip().split(","), line.split(","), strict=True)) for line in LINES]
LATER = HEADER + "\n".join(line.replace(",", "000,", 1) for line in LINES)
"""In milliseconds."""
REFUSED: dict[str, tuple[str, Make, str, str]] = {
    "empty file": ("events.csv", written("events.csv", ""), "", "events.csv: is empty"),
    "blank file": ("events.csv", written("events.csv", "\n\n\n"), "", "events.csv: is empty"),
    "header only": ("events.csv", written("events.csv", HEADER), "", "no event with an item"),
    "missing file": ("events.csv", lambda _: None, "", "events.csv: there is no such file"),
    "folder without data": (
        "events.csv", lambda folder: (folder / "events.csv").mkdir(), "", "is a folder without a file",
    ),
    "glob without a match": ("day-*.csv", written("events.csv", GOOD), "", "there is no such file"),
    "gzip cut off": (
        "events.csv.gz", written("events.csv.gz", ZIPPED[: len(ZIPPED) // 2]), "", "was cut off: gzip gives",
    ),
    "gzip with a broken byte": (
        "events.csv.gz", written("events.csv.gz", ZIPPED[:500] + b"\x00\xff" * 8 + ZIPPED[516:]), "", "is damaged",
    ),
    "gzip in name only": ("events.csv.gz", written("events.csv.gz", GOOD), "", "is not compressed with gzip"),
    "parquet cut off": ("events.parquet", cut(parquet(), "events.parquet", 0.5), "", "Parquet file that was cut off"),
    "parquet of nothing": ("events.parquet", written("events.parquet", ""), "", "events.parquet: is empty"),
    "parquet that is CSV": ("events.parquet", written("events.parquet", GOOD), "", "is not Parquet: it begins with"),
    "parquet with a broken middle": (
        "events.parquet", written("events.parquet", b"PAR1" + bytes(200) + b"PAR1"), "",
        "events.parquet: cannot be read",
    ),
    "parquet time of another type": (
        "events.parquet", parquet(time=[True] * 60), "", "column 'time' is boolean; expected a timestamp",
    ),
    "parquet id that is a list": (
        "events.parquet", parquet(item_id=[["a"]] * 60), "", "column 'item_id' is array<string>; expected text",
    ),
    "wrong delimiter": (
        "events.csv", written("events.csv", GOOD.replace(",", ";")), 'delimiter = ","', "is the delimiter another one?",
    ),
    "missing column": (
        "events.csv", written("events.csv", GOOD.replace("item_id", "sku", 1)), "",
        "missing column 'item_id'; there are: time, session_id, kind, sku",
    ),
    "mapped column that is missing": (
        "events.csv", written("events.csv", GOOD), 'columns = { item_id = "sku" }', "missing column 'sku'",
    ),
    "duplicate header": (
        "events.csv", written("events.csv", GOOD.replace("user_id", "item_id", 1)), "",
        "'item_id' stands more than once",
    ),
    "no header": ("events.csv", written("events.csv", GOOD[len(HEADER):]), "", "missing column 'time', 'session_id'"),
    "binary": ("events.csv", written("events.csv", bytes(range(256)) * 100), "", "events.csv"),
    "NUL bytes everywhere": (
        "events.csv", written("events.csv", GOOD.replace("1,2.5", "\0" * 20)), "", "is not text, it holds NUL bytes",
    ),
    "encoding that it is not": (
        "events.csv", written("events.csv", with_line("1,s,view,\xff,,,,").encode("latin-1")), 'encoding = "utf-16"',
        "is not utf-16",
    ),
    "line of two gigabytes": ("events.csv", sparse, "", "is longer than 2,097,152 bytes"),
    "line of six megabytes": ("events.csv", written("events.csv", long_line(6_000_000)), "", "is longer than"),
    "quote that is never closed": (
        "events.csv", written("events.csv", with_line('1700000000,"s1,view,a,u1,1,2.5,')), "", "a quote is not closed",
    ),
    "all times in words": (
        "events.csv", written("events.csv", GOOD.replace("17000000", "yesterday ")), "",
        "line 2: time must be a timestamp or seconds since 1970, found 'yesterday 00' (and 59 rows more)",
    ),
    "milliseconds that are said to be seconds": (
        "events.csv", written("events.csv", LATER), 'time_format = "s"',
        "line 2: time must be a moment between 1970 and 2100 in seconds, found '1700000000000.0'",
    ),
    "all kinds unknown": (
        "events.csv", written("events.csv", GOOD.replace("purchase", "order")), "",
        "line 2: kind must be one of impression",
    ),
    "JSON that is CSV": ("events.jsonl", written("events.jsonl", GOOD), "", "line 1: is not a JSON object"),
    "JSON that is cut off": (
        "events.json", written("events.json", '[{"time": 1},\n{"time"'), "", "events.json, line 2: is not JSON",
    ),
    "zip of two files": ("events.csv.zip", zipped("a.csv", "b.csv"), "", "is a zip file that holds a.csv, b.csv;"),
    "workbook as CSV": ("events.csv", zipped("xl/workbook.xml"), "", "is an Excel workbook: say use = 'excel'"),
    "zip in name only": ("events.csv.zip", written("events.csv.zip", GOOD), "", "ends in .zip but is not packed so"),
    "zip cut off": ("events.csv.bz2", written("events.csv.bz2", bz2.compress(GOOD.encode())[:99]), "", "is damaged"),
    "page of HTML": ("events.csv", written("events.csv", "<!DOCTYPE html><p>Log in</p>"), "", "is a page of HTML"),
    "title before the header": (
        "events.csv", written("events.csv", "Report,2024\n\n" + GOOD), "",
        "line 3 looks like the names of the columns, 'time,session_id,kind,item_id,user_id,quantity,price,order_id':",
    ),
    "more skipped than there is": ("events.csv", written("events.csv", GOOD), "skip = 99", "61 lines, but skip = 99"),
    "JSON of other keys": (
        "events.jsonl", written("events.jsonl", '{"a": 1}\n' * 30), "", "line 1: time must not be empty",
    ),
    "first bad row ends the run": (
        "events.csv", written("events.csv", with_line("soon,s1,view,a,,,,")), 'bad_rows = "error"',
        "events.csv, line 11: time must be a timestamp",
    ),
    "too many bad rows": (
        "events.csv", written("events.csv", with_line("soon,s1,view,a,,,,")), "max_bad = 0.01",
        "1 of 61 rows cannot be read, more than max_bad = 0.01 allows",
    ),
    "time zone of nowhere": (
        "events.csv", written("events.csv", GOOD), 'timezone = "Moon/Sea"', "no time zone is called",
    ),
    "kind that is not ours": (
        "events.csv", written("events.csv", GOOD), 'kinds = { a = "bought" }', "a = 'bought': kinds are",
    ),
    "encoding of nowhere": ("events.csv", written("events.csv", GOOD), 'encoding = "klingon"', "klingon"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_with_one_clear_error(case: str, tmp_path: Path) -> None:
    events, make, more, said = REFUSED[case]
    make(tmp_path)
    result = prepared(tmp_path, events, more)
    assert result.exit_code == 1, result.stderr
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert result.stderr.count("error: ") == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "var" / "dataset").exists()


DATES = ("2023-11-14", "14.11.2023", "11/14/2023", "14 Nov 2023", "20231114T221320Z", "Nov 14, 2023 10:13 PM")
"""One day as six people write it."""


def six_formats() -> str:
    """A good file of which ten rows are dated in each of six formats."""
    rows = [text.replace(text.partition(",")[0], f'"{DATES[place // 10]}"', 1) for place, text in enumerate(LINES)]
    return HEADER + "\n".join(rows) + "\n"


KEPT_ASIDE: dict[str, tuple[str | bytes, str]] = {
    "too many fields": ("1700000000,s1,view,a,u1,1,2.5,o1,more,fields", "has more fields than the first line"),
    "too few fields": ("1700000000,s1,view", "ends before the field 'item_id'"),
    "quote within a value": ('1700000000,"s1"x,view,a,u1,1,2.5,', "a quote is not closed, or stands within a value"),
    "two columns in a quoted field": ('1700000000,s1,view,"a,u1,1,2.5,"', "ends before the field 'user_id'"),
    "NUL byte in a kind": ("1700000000,s1,vi\0ew,a,u1,1,2.5,", "kind must not hold a NUL byte, found 'vi␀ew"),
    "names in other order": ("kind,time,session_id,item_id,user_id,quantity,price,order_id", "time must"),
    "total": ("Total,,,,,60,150.00,", "time must be a timestamp"),
    "zone in letters": (
        "2024-03-01 10:00:00 IST,s1,view,a,u1,1,2.5,", "write the time zone as an offset, such as +01:00",
    ),
    "price with the other sign": ('1700000000,s1,view,a,u1,1,"2,50",', 'if , is the decimal sign, say decimal = ","'),
    "price with half a bracket": ("1700000000,s1,view,a,u1,1,(2.50,", "price must be a number, found '(2.50'"),
    "NUL byte": ("1700000000,s1,view,a\0b,u1,1,2.5,", "item_id must not hold a NUL byte"),
    "time in words": (
        "yesterday,s1,view,a,u1,1,2.5,", "time must be a timestamp or seconds since 1970, found 'yesterday'",
    ),
    "time that is no number": ("nan,s1,view,a,u1,1,2.5,", "time must be a moment between 1970 and 2100"),
    "30 February": ("2024-02-30 10:00:00,s1,view,a,u1,1,2.5,", "time must be a timestamp"),
    "time in the year 9999": ("9999-12-31,s1,view,a,u1,1,2.5,", "time must be a moment between 1970 and 2100"),
    "no time": (",s1,view,a,u1,1,2.5,", "time must not be empty"),
    "no session": ("1700000000,,view,a,u1,1,2.5,", "session_id must not be empty"),
    "no item": ("1700000000,s1,view,,u1,1,2.5,", "item_id must not be empty"),
    "blank item": ("1700000000,s1,view,   ,u1,1,2.5,", "item_id must not be empty"),
    "unknown kind": ("1700000000,s1,looked,a,u1,1,2.5,", "kind must be one of impression"),
    "negative price": ("1700000000,s1,view,a,u1,1,-2.5,", "price must lie between 0 and 1,000,000,000, found '-2.5'"),
    "price that is no number": ("1700000000,s1,view,a,u1,1,NaN,", "price must be a number, found 'NaN'"),
    "infinite price": ("1700000000,s1,view,a,u1,1,inf,", "price must lie between 0"),
    "price in words": ("1700000000,s1,view,a,u1,1,cheap,", "price must be a number, found 'cheap'"),
    "quantity of nothing": ("1700000000,s1,view,a,u1,0,2.5,", "quantity is 0: usually a cancelled line"),
    "quantity that is a price": ("1700000000,s1,view,a,u1,two,2.5,", "quantity must be a number, found 'two'"),
    "huge quantity": ("1700000000,s1,view,a,u1,99999999,2.5,", "quantity must lie between"),
    "spreadsheet formula": ("1700000000,s1,view,=HYPERLINK(0),u1,1,2.5,", "item_id must not be a spreadsheet formula"),
    "formula that runs a command": (
        "1700000000,s1,view,@SUM(1+1)*cmd|' /C calc'!A0,u1,1,2.5,", "item_id must not be a spread",
    ),
    "id of a thousand characters": (
        f"1700000000,s1,view,{'x' * 1000},u1,1,2.5,", "item_id must not be longer than 200",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", KEPT_ASIDE)
def test_the_row_is_kept_aside_with_file_line_and_field(case: str, tmp_path: Path) -> None:
    line, why = KEPT_ASIDE[case]
    good = with_line("@@@@").encode()
    (tmp_path / "events.csv").write_bytes(good.replace(b"@@@@", line if isinstance(line, bytes) else line.encode()))
    result = prepared(tmp_path, "events.csv")
    assert result.exit_code == 0, result.stderr
    assert "60 events" in result.stderr
    (row,) = quarantine(tmp_path)
    assert (row["file"], row["line"]) == ("events.csv", 11)
    assert why in str(row["why"])


READ: dict[str, tuple[str, str | bytes, str]] = {
    "byte order mark": ("events.csv", GOOD.encode("utf-8-sig"), ""),
    "UTF-16 with a mark": ("events.csv", GOOD.encode("utf-16"), ""),
    "Windows line endings": ("events.csv", GOOD.replace("\n", "\r\n"), ""),
    "old Mac line endings": ("events.csv", GOOD.replace("\n", "\r"), ""),
    "no line ending at the end": ("events.csv", GOOD.rstrip("\n"), ""),
    "blank lines": ("events.csv", GOOD.replace("\n", "\n\n", 20), ""),
    "two kinds of line ending": ("events.csv", GOOD.replace("\n", "\r\n", 30), ""),
    "three kinds of line ending": ("events.csv", GOOD.replace("\n", "\r\n", 30).replace("\n", "\r", 40), ""),
    "one line of another encoding": ("events.csv", GOOD.replace("o19", "caf\xe9", 1).encode("cp1252"), ""),
    "UTF-16 without a mark": ("events.csv", GOOD.encode("utf-16-le"), ""),
    "UTF-16 without a mark, the other way round": ("events.csv", GOOD.encode("utf-16-be"), ""),
    "milliseconds for seconds": ("events.csv", LATER, ""),
    "title, date and blank line": ("events.csv", "Report,2024\n\n" + GOOD, "skip = 2"),
    "line that says the delimiter": ("events.csv", "sep=;\n" + GOOD.replace(",", ";"), ""),
    "blank lines first": ("events.csv", "\n \n" + GOOD, ""),
    "exports put together": ("events.csv", GOOD[: len(HEADER)] + GOOD, ""),
    "exports put together, each with a mark": ("events.csv", "\ufeff" + GOOD[: len(HEADER)] + "\ufeff" + GOOD, ""),
    "columns of the same name": ("events.csv", GOOD.replace("\n", ",x,y\n").replace(",x,y", ",nb,nb", 1), ""),
    "columns without a name": ("events.csv", GOOD.replace("\n", ",,\n"), ""),
    "bzip2": ("events.csv.bz2", bz2.compress(GOOD.encode()), ""),
    "zstandard": ("events.csv.zst", pa.compress(GOOD.encode(), codec="zstd", asbytes=True), ""),
    "JSON array on one line": ("events.json", json.dumps(RECORDS), ""),
    "JSON array over many lines": ("events.json", json.dumps(RECORDS, indent=2), ""),
    "JSON objects over many lines": ("events.json", "\n".join(json.dumps(row, indent=1) for row in RECORDS), ""),
    "JSON array in an object": ("events.json", json.dumps({"page": 1, "data": {"events": RECORDS}}), ""),
    "semicolons": ("events.csv", GOOD.replace(",", ";"), ""),
    "tabs": ("events.tsv", GOOD.replace(",", "\t"), ""),
    "another encoding": ("events.csv", GOOD.replace("item-", "ärtikel-").encode("cp1252"), 'encoding = "cp1252"'),
    "ids in all scripts": ("events.csv", GOOD.replace("item-", "商品🛒-ñ-ש-"), ""),
    "ids with quotes and line ends": ("events.csv", GOOD.replace("item-0", '"a ""b"",\nc"'), ""),
    "gzip without the name": ("events.csv", gzip.compress(GOOD.encode()), ""),
    "formula signs that are none": ("events.csv", GOOD.replace("item-", "-item@"), ""),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_it_is_only_unusual_and_is_read(case: str, tmp_path: Path) -> None:
    name, content, more = READ[case]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    result = prepared(tmp_path, name, more)
    assert result.exit_code == 0, result.stderr
    assert "60 events, 7 items, 5 users" in result.stderr


def test_dates_in_six_formats_are_kept_aside_or_read_as_what_is_said(tmp_path: Path) -> None:
    """Unsaid, only what is no guess is read, and the others are too many to go on; said, all of them are one day."""
    (tmp_path / "events.csv").write_text(six_formats())
    unsaid = prepared(tmp_path, "events.csv")
    assert unsaid.exit_code == 1
    assert "events.csv, line 12: time must be a timestamp or seconds since 1970, found '14.11.2023'" in unsaid.stderr
    some = prepared(tmp_path, "events.csv", "max_bad = 1.0")
    assert some.exit_code == 0, some.stderr
    rows = quarantine(tmp_path)
    assert [row["line"] for row in rows] == list(range(12, 62))
    assert {str(row["why"]).rpartition("found ")[2] for row in rows} == {f"'{date}'" for date in DATES[1:]}
    formats = ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d %b %Y", "%Y%m%dT%H%M%SZ", "%b %d, %Y %I:%M %p"]
    said = prepared(tmp_path, "events.csv", f"time_format = {formats}")
    assert said.exit_code == 0, said.stderr
    assert "60 events, 7 items, 5 users" in said.stderr
    times = load(tmp_path / "var" / "dataset").events.time
    assert {f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d}" for time in times} == {"2023-11-14"}


def powerless() -> None:
    """Root obeys the rights of files too, from the next program on."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(GOOD)
    (tmp_path / "events.csv").chmod(0)
    result = hampered(tmp_path, powerless)
    assert result.returncode == 1
    assert "events.csv: permission denied" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "var" / "dataset").exists()


@pytest.mark.parametrize("limit", [0, 100, 3000])
def test_a_disk_that_is_full_leaves_no_half_dataset(limit: int, tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(GOOD)
    result = hampered(tmp_path, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert result.returncode == 1
    assert result.stderr.count("error: ") == 1
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "var" / "dataset").exists()
    assert prepared(tmp_path, "events.csv").exit_code == 0
