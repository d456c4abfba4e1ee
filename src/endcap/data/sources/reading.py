"""Text and Parquet become tables with numbered rows; lines that are no rows are kept aside, with the reason.

DuckDB reads, whatever engine prepares afterwards: one parser, one notion of a line, one list of complaints.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import pyarrow as pa

from endcap.core.errors import BadData
from endcap.data.columns import ROW, ROWS_PER_FILE, WHY
from endcap.data.sources.files import LONGEST_LINE, Text, explained, fields, header, parquet_checked, text
from endcap.data.sources.lines import REGULAR, Layout, layout_of, steps, true_lines

Refused = dict[int, str]
"""Why a line is no row, by its place (see `ROW`)."""


@dataclass(frozen=True)
class Cut:
    """How the text of a CSV file is cut into fields."""

    delimiter: str | None = None
    encoding: str | None = None
    quote: str = '"'
    header: tuple[str, ...] = ()
    """Names of the columns of files without a first line of names."""


@dataclass(frozen=True)
class Read:
    """A table as it lies in its files, every row numbered."""

    table: ibis.Table
    query: str
    """The same in SQL."""
    refused: Refused = field(default_factory=dict)
    """Lines that could not be cut into fields."""
    lost: int = 0
    """Lines that went with them: what an open quote swallowed."""
    columns: tuple[str, ...] = ()
    """All that there are, also those that are not read; empty if the table has them all."""


def read_parquet(duck: Any, files: list[Path], first: int) -> Read:
    """The union of Parquet files (and of the columns in the names of their folders); `first` numbers the first file."""
    names = ", ".join(quoted(str(parquet_checked(file))) for file in files)
    row = f"(({first} + file_index) * {ROWS_PER_FILE} + file_row_number + 1)::BIGINT AS {ROW}"
    query = f"SELECT *, {row} FROM read_parquet([{names}], union_by_name = true)"
    with explained(str(files[0] if len(files) == 1 else files[0].parent)):
        return Read(viewed(duck, query), query)


def read_csv(duck: Any, files: list[Path], needed: Iterable[str] | None, first: int, how: Cut) -> Read:
    """The needed columns (all, without any named) of CSV files as text; `first` numbers the first file.

    Raises `BadData` if a file cannot be read to its end.
    """
    parts, there = [], dict[str, None]()
    with TemporaryDirectory(prefix="endcap-") as scratch:
        for number, path in enumerate(files, first):
            file = text(path, how.encoding, Path(scratch))
            names, delimiter = _columns(file, how)
            there |= dict.fromkeys(names)
            kept = names if needed is None else [name for name in dict.fromkeys(needed) if name in names] or names
            staged = _staged(duck, file, _options(names, delimiter, how, file), kept)
            layout = _laid_out(staged, file, how, (names, delimiter))
            parts.append(_numbered(duck, staged, layout, (number, 0 if how.header else 1), kept))
    return _united(duck, parts, tuple(there))


def read_json(duck: Any, files: list[Path], needed: Iterable[str], first: int, encoding: str | None) -> Read:
    """The needed keys of JSON lines as text; ``a.b`` is key b of the object under a. `first` numbers the first file."""
    lines = read_csv(duck, files, ["json"], first, Cut("\x01", encoding, "", ("json",)))
    keys = [
        f"CASE WHEN json_valid(json) THEN json_extract_string(json, {quoted(_path(name))}) END AS {named(name)}"
        for name in dict.fromkeys(needed)
    ]
    why = (
        "CASE WHEN json_valid(json) AND json_type(json) = 'OBJECT' THEN NULL"
        " ELSE 'is not a JSON object, found ' || json[:80] END"
    )
    query = f"SELECT {ROW}, {', '.join([f'{why} AS {WHY}', *keys])} FROM ({lines.query}) WHERE trim(json) <> ''"
    return Read(viewed(duck, query), query, lines.refused, lines.lost)


def csv_columns(path: Path, how: Cut) -> tuple[list[str], str]:
    """The column names of a CSV file, and its delimiter."""
    with TemporaryDirectory(prefix="endcap-") as scratch:
        return _columns(text(path, how.encoding, Path(scratch)), how)


def _columns(file: Text, how: Cut) -> tuple[list[str], str]:
    if how.header:
        return list(how.header), how.delimiter or fields(file, None, how.quote)[1]
    return header(file, how.delimiter, how.quote)


def _options(names: list[str], delimiter: str, how: Cut, file: Text) -> dict[str, str]:
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
    return {
        "auto_detect": "false",
        "header": "false" if how.header else "true",
        "columns": f"{{{columns}}}",
        "delim": quoted(delimiter),
        "quote": quoted(how.quote),
        "escape": quoted(how.quote),
        "compression": "'gzip'" if file.gzipped else "'none'",
        "max_line_size": str(LONGEST_LINE),
        "store_rejects": "true",
    }


@dataclass(frozen=True)
class _Staged:
    """The rows of one file in a table of the engine, and what is no row, by line as DuckDB counts (see `Layout`)."""

    name: str
    complaints: Mapping[int, str]
    rows: int
    lost: int


def _staged(duck: Any, file: Text, options: Mapping[str, str], kept: list[str]) -> _Staged:
    staged, rejects = ibis.util.gen_name("text"), ibis.util.gen_name("rejects")
    options = {**options, "rejects_table": quoted(rejects), "rejects_scan": quoted(f"{rejects}_scan")}
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
    ((rows,),) = duck.raw_sql(f"SELECT count(*) FROM {staged}").fetchall()
    return _Staged(staged, complaints, rows, lost)


def _complaint(column: str | None, kind: str, message: str, content: str) -> str:
    said = {
        "TOO MANY COLUMNS": "has more fields than the first line",
        "MISSING COLUMNS": f"ends before the field {column!r}",
        "INVALID ENCODING": f"{column} is not UTF-8 text; say encoding = '…' if the file has another one",
        "UNQUOTED VALUE": f"{column}: a quote is not closed, or stands within a value",
        "LINE SIZE OVER MAXIMUM": f"is longer than {LONGEST_LINE:,} bytes",
    }
    return f"{said.get(kind) or ' '.join(message.split())[:200]}, found {content[:80]!r}"


def _laid_out(staged: _Staged, file: Text, how: Cut, columns: tuple[list[str], str]) -> Layout:
    """Where the records begin: every record is looked at only if there are more lines than records.

    Raises `BadData` if the parser left out lines without a word, as it does with some that are very long.
    """
    names, delimiter = columns
    counted = staged.rows + len(staged.complaints) + (not how.header)
    if file.lines <= counted or not how.quote:
        return REGULAR
    layout = layout_of(file, delimiter, how.quote, blank_is_record=len(names) == 1)
    if layout.records > counted + staged.lost:
        raise BadData(
            f"{file.name}: has {layout.records:,} records, but only {counted:,} can be read; is a quote not closed?"
        )
    return layout


_Part = tuple[str, Refused, int]
"""A query for the rows of one file, lines that are none, and how many lines went with those."""


def _numbered(duck: Any, staged: _Staged, layout: Layout, place: tuple[int, int], kept: list[str]) -> _Part:
    """Rows get their place; `place` is the number of the file, and how many lines of names it begins with."""
    number, names = place
    start, columns = number * ROWS_PER_FILE, ", ".join(map(named, kept))
    row, ahead = steps(layout, staged.complaints, names)
    refused = {start + line: why for line, why in true_lines(layout, staged.complaints).items()}
    # DuckDB numbers the rows of a table in the order in which they were written, and keeps that of a file.
    if len(row) == 1:
        return f"SELECT {start + ahead[0]} + rowid AS {ROW}, {columns} FROM {staged.name}", refused, staged.lost
    jumps = ibis.util.gen_name("jumps")
    duck.create_table(jumps, pa.table({"row": row, "ahead": ahead}), temp=True)
    query = (
        f"SELECT {start} + place + ahead AS {ROW}, {columns} FROM (SELECT rowid AS place, * FROM {staged.name})"
        f" ASOF JOIN {jumps} AS jumps ON place >= jumps.row"
    )
    return query, refused, staged.lost


def _united(duck: Any, parts: list[_Part], columns: tuple[str, ...]) -> Read:
    query = " UNION ALL BY NAME ".join(part for part, _, _ in parts)
    refused = {place: why for _, lines, _ in parts for place, why in lines.items()}
    return Read(viewed(duck, query), query, refused, sum(lost for _, _, lost in parts), columns)


def viewed(duck: Any, query: str) -> ibis.Table:
    """A query as a table, computed when it is needed."""
    name = ibis.util.gen_name("view")
    duck.raw_sql(f"CREATE TEMP VIEW {name} AS {query}")
    return duck.table(name)


def _path(name: str) -> str:
    return "$" + "".join(f'."{key}"' for key in name.split("."))


def named(name: str) -> str:
    """The name of a column in SQL."""
    return '"' + name.replace('"', '""') + '"'


def quoted(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"
