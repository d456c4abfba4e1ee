"""One CSV file in a table of DuckDB: its rows, and what in it is no row, each with its line."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import ibis
import pyarrow as pa

from endcap.core.errors import BadData
from endcap.data.columns import ROW, ROWS_PER_FILE, WHY
from endcap.data.sources.files import explained
from endcap.data.sources.headers import Header
from endcap.data.sources.lines import REGULAR, Layout, layout_of, layout_of_copy, steps, true_lines
from endcap.data.sources.texts import LONGEST_LINE, Cut, Note, Text

Refused = dict[int, str]
"""Why a line is no row, by its place (see `ROW`)."""
PLACE = "_place_"
"""The number of a row within its file, from 0."""
NUL_SHOWN = "␀"
"""Stands for a NUL byte in a row that is refused for it."""
TOTALS = re.compile(
    r"(grand[ -]?|sub[ -]?)?totals?|sum|(gesamt)?summe|gesamt|somme|totale|totaux|suma|soma|totaal|razem|celkem"
    r"|итого|всего|합계|合计|合計",
    re.IGNORECASE,
)
"""How the last line of a report begins that is none of its rows."""


@dataclass(frozen=True)
class Staged:
    """The rows of one file in a table of the engine, and what is no row, by line as DuckDB counts (see `Layout`)."""

    name: str
    columns: tuple[str, ...]
    """Those that were read."""
    complaints: Mapping[int, str]
    lost: int
    rows: int = 0
    names: int = 1
    """How many records of the file are names of columns: 1 or 0."""
    skipped: int = 0
    """Lines that stand before what was read."""
    why: str = ""
    """Why a row is refused, in SQL; empty if none is."""
    leave: str = ""
    """Which rows are none, in SQL; empty if all of them are."""
    notes: tuple[Note, ...] = ()


def stage(duck: Any, file: Text, header: Header, how: Cut, kept: list[str]) -> Staged:
    """Read the columns to be kept of a file into a table of DuckDB."""
    staged, rejects = ibis.util.gen_name("text"), ibis.util.gen_name("rejects")
    options = {
        **_options(header, how, file),
        "rejects_table": quoted(rejects),
        "rejects_scan": quoted(f"{rejects}_scan"),
    }
    source = f"read_csv({quoted(str(file.path))}, {', '.join(f'{key} = {value}' for key, value in options.items())})"
    columns = ", ".join(map(named, kept))
    with explained(file.name):
        duck.raw_sql(f"CREATE TEMP TABLE {staged} AS SELECT {columns} FROM {source}")
    found = duck.raw_sql(
        f"SELECT line, column_name, error_type::VARCHAR, error_message, csv_line FROM {rejects} ORDER BY line"
    ).fetchall()
    duck.raw_sql(f"DROP TABLE {rejects}; DROP TABLE {rejects}_scan")
    complaints: dict[int, str] = {}
    lost = 0
    for line, column, kind, message, content in found:
        if line not in complaints:
            lost += (content or "").strip("\r\n").count("\n")
            complaints[line] = _complaint(column, kind, message, content or "")
    names = 0 if how.header else 1
    table = Staged(staged, tuple(kept), complaints, lost, names=names, skipped=file.skipped)
    return _judged(duck, table, file, header)


def _judged(duck: Any, staged: Staged, file: Text, header: Header) -> Staged:
    """What of the rows that could be cut into fields is none: names that repeat, totals, and what holds NUL bytes."""
    again = _repeats(header, staged.columns)
    counts = "count(*)" + (f", count(*) FILTER (WHERE {again})" if again else ", 0")
    ((rows, repeats),) = duck.raw_sql(f"SELECT {counts} FROM {staged.name}").fetchall()
    notes, leave = list[Note](), ""
    if repeats:
        why = "the names of the columns stand there again, as in exports that were put together"
        notes, leave = [Note(f"headers within {file.name} left out", repeats, why, dropped=True)], again
    reasons = []
    if file.zeros:
        for name in staged.columns:
            shown = f"replace({named(name)}, chr(0), '{NUL_SHOWN}')[:80]"
            said = quoted(name + " must not hold a NUL byte, found '")
            reasons.append(f"WHEN contains({named(name)}, chr(0)) THEN {said} || {shown} || ''''")
    last = duck.raw_sql(f"SELECT * FROM {staged.name} WHERE rowid = {rows - 1}").fetchone() if rows else None
    if last and _is_total(last):
        reasons.append(f"WHEN {PLACE} = {rows - 1} THEN 'is a line of totals'")
    why = f"CASE {' '.join(reasons)} END" if reasons else ""
    return replace(staged, rows=rows, notes=tuple(notes), leave=leave, why=why)


def _repeats(header: Header, kept: Iterable[str]) -> str:
    """Which rows hold the names of the columns, in SQL."""
    fields = dict(zip(header.names, header.fields, strict=False))
    tests = []
    for name in kept if fields else ():
        same = f"{named(name)} IN ({quoted(fields[name])}, {quoted(chr(0xFEFF) + fields[name])})"
        tests.append(same if fields[name] else f"{named(name)} IS NULL")
    return " AND ".join(tests)


def _is_total(row: tuple[str | None, ...]) -> bool:
    filled = [cell.strip(" :") for cell in row if cell and cell.strip()]
    return len(row) > 1 and len(filled) <= len(row) / 2 + 1 and any(TOTALS.fullmatch(cell) for cell in filled[:1])


def _complaint(column: str | None, kind: str, message: str, content: str) -> str:
    said = {
        "TOO MANY COLUMNS": "has more fields than the first line",
        "MISSING COLUMNS": f"ends before the field {column!r}",
        "INVALID ENCODING": f"{column} is not UTF-8 text; say encoding = '…' if the file has another one",
        "UNQUOTED VALUE": f"{column}: a quote is not closed, or stands within a value",
        "LINE SIZE OVER MAXIMUM": f"is longer than {LONGEST_LINE:,} bytes",
    }
    return f"{said.get(kind) or ' '.join(message.split())[:200]}, found {content[:80]!r}"


def lay_out(staged: Staged, file: Text, how: Cut, header: Header) -> Layout:
    """Find where the records begin: every record is looked at only if there are more lines than records.

    Raises `BadData` if the parser left out lines without a word, as it does with some that are very long.
    """
    if file.places is not None:
        return layout_of_copy(file.places)
    counted = staged.rows + len(staged.complaints) + (not how.header)
    if file.lines <= counted or not how.quote:
        return REGULAR
    layout = layout_of(file, header.delimiter, how.quote, blank_is_record=len(header.names) == 1)
    if layout.records > counted + staged.lost:
        raise BadData(
            f"{file.name}: has {layout.records:,} records, but only {counted:,} can be read; is a quote not closed?"
        )
    return layout


Part = tuple[str, Refused, int]
"""A query for the rows of one file, lines that are none, and how many lines went with those."""


def number_rows(duck: Any, staged: Staged, layout: Layout, number: int) -> Part:
    """Give the rows of a file, which is the one of that number, their places."""
    start = number * ROWS_PER_FILE + staged.skipped
    row, ahead = steps(layout, staged.complaints, staged.names)
    refused = {start + line: why for line, why in true_lines(layout, staged.complaints).items()}
    columns = ", ".join(map(named, staged.columns))
    if staged.why:
        spelt = (f"replace({named(name)}, chr(0), '{NUL_SHOWN}') AS {named(name)}" for name in staged.columns)
        columns = ", ".join(spelt)
        columns += f", {staged.why} AS {WHY}"
    where = f" WHERE NOT coalesce({staged.leave}, false)" if staged.leave else ""
    # DuckDB numbers the rows of a table in the order in which they were written, and keeps that of a file.
    rows = f"(SELECT rowid AS {PLACE}, * FROM {staged.name})"
    if len(row) == 1:
        query = f"SELECT {start + ahead[0]} + {PLACE} AS {ROW}, {columns} FROM {rows}{where}"
        return query, refused, staged.lost
    jumps = ibis.util.gen_name("jumps")
    duck.create_table(jumps, pa.table({"_from_": row, "_ahead_": ahead}), temp=True)
    query = (
        f"SELECT {start} + {PLACE} + _ahead_ AS {ROW}, {columns} FROM {rows}"
        f" ASOF JOIN {jumps} AS jumps ON {PLACE} >= jumps._from_{where}"
    )
    return query, refused, staged.lost


def _options(header: Header, how: Cut, file: Text) -> dict[str, str]:
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in header.names)
    return {
        "auto_detect": "false",
        "header": "false" if how.header else "true",
        "columns": f"{{{columns}}}",
        "delim": quoted(header.delimiter),
        "quote": quoted(how.quote),
        "escape": quoted(how.quote),
        "compression": "'gzip'" if file.gzipped else "'none'",
        "max_line_size": str(LONGEST_LINE),
        "store_rejects": "true",
    }


def named(name: str) -> str:
    """The name of a column in SQL."""
    return '"' + name.replace('"', '""') + '"'


def quoted(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"
