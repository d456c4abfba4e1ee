"""The line with the names of the columns: where it stands, how it is cut, and what it says."""

import csv
import re
from dataclasses import dataclass
from itertools import count, islice

from endcap.core.errors import BadData
from endcap.data.columns import FILE, LINE, ROW, WHY
from endcap.data.sources.texts import LONGEST_LINE, Cut, Text

DELIMITERS = ",;\t|"
MAX_LINES = 60
"""Lines at the beginning of a file among which the names of its columns are looked for."""
OWN = ("rowid", "_place_", "_from_", "_ahead_", "_part_", "_lone_")
"""What columns are called that exist only while a file is read."""
MIN_FILLED = 0.6
"""Share of the fields of a line of names that are not empty."""


@dataclass(frozen=True)
class Header:
    """The columns of a CSV file."""

    names: tuple[str, ...]
    """What they are called; of several with one name, the second is called ``name (2)``."""
    fields: tuple[str, ...]
    """The same as it stands in the file; empty if its first line is a row."""
    delimiter: str
    repeated: tuple[str, ...] = ()
    """Names that stand more than once."""


def read_header(file: Text, cut: Cut) -> Header:
    """Read the names of the columns; the delimiter, if nobody gives it, is the one that makes most fields.

    Raises `BadData` if there is no first line.
    """
    lines = _first_lines(file)
    if not any(line.strip() for line in lines):
        expected = "" if cut.header else ": expected a first line with the names of the columns"
        raise BadData(f"{file.name}: is empty{expected}")
    fields, delimiter = _first_record(lines, cut.delimiter or file.delimiter, cut.quote)
    if cut.header:
        return Header(cut.header, (), delimiter)
    names = _unique([_plain(field) or f"column {place}" for place, field in enumerate(fields, 1)])
    plain = [_plain(field) for field in fields]
    repeated = dict.fromkeys(name for name in plain if name and plain.count(name) > 1)
    return Header(names, tuple(fields), delimiter, tuple(repeated))


def find_header(file: Text, cut: Cut) -> tuple[int, str]:
    """Find how many lines stand before the names of the columns, and the delimiter of the table below.

    The table is what has the same number of fields in most of the first lines; its names are the first such line in
    which most fields are filled.
    """
    lines = _first_lines(file)
    said = cut.delimiter or file.delimiter
    best = (0, 0, said or ",")
    for delimiter in said or DELIMITERS:
        records = _records(lines, delimiter, cut.quote)
        widths = [len(fields) for _, fields in records if len(fields) > 1]
        if not widths:
            continue
        # With one line of a title, one of names and one row, the wider ones are the table.
        width = max(set(widths), key=lambda width: (widths.count(width), width))
        weight = widths.count(width) * (width - 1)
        if weight <= best[0]:
            continue
        best = (weight, _start(records, width), delimiter)
    return best[1], best[2]


def _plain(field: str) -> str:
    """A name on one line."""
    return re.sub(r"\s*[\r\n]+\s*", " ", field.strip()).replace("\0", "␀")


def _unique(names: list[str]) -> tuple[str, ...]:
    """Names of which no two are one to DuckDB, which knows no capitals; those that we need ourselves are taken."""
    taken, unique = {ROW, WHY, FILE, LINE, *OWN}, []
    for name in names:
        free = (
            name
            if name.lower() not in taken
            else next(spelt for again in count(2) if (spelt := f"{name} ({again})").lower() not in taken)
        )
        taken.add(free.lower())
        unique.append(free)
    return tuple(unique)


def _start(records: list[tuple[int, list[str]]], width: int) -> int:
    """How many lines stand before the names of a table of a width: of its first line, or of the one before that, if
    its lines end in a delimiter and that of the names does not.
    """
    before: tuple[int, list[str]] = (0, [])
    for line, fields in records:
        if len(fields) == width and _filled(fields) >= MIN_FILLED * width:
            return before[0] if len(before[1]) == _filled(before[1]) == width - 1 > 1 and not fields[-1] else line
        before = (line, fields)
    return 0


def _filled(fields: list[str]) -> int:
    return sum(bool(field.strip()) for field in fields)


def _first_lines(file: Text) -> list[str]:
    with file.open() as lines:
        return list(islice(lines, MAX_LINES))


def _first_record(lines: list[str], delimiter: str | None, quote: str) -> tuple[list[str], str]:
    split: dict[str, list[str]] = {mark: next(_reader(lines, mark, quote), []) for mark in (delimiter or DELIMITERS)}
    mark = max(split, key=lambda mark: len(split[mark]))
    return split[mark], mark


def _records(lines: list[str], delimiter: str, quote: str) -> list[tuple[int, list[str]]]:
    """The records among the lines, each with the number of lines before it."""
    records, before = [], 0
    reader = _reader(lines, delimiter, quote)
    try:
        for fields in reader:
            records.append((before, fields))
            before = reader.line_num
    except csv.Error:
        pass  # what follows is too wide to be a line of names
    return records


def _reader(lines: list[str], delimiter: str, quote: str) -> "csv._reader":  # type: ignore[name-defined]
    csv.field_size_limit(LONGEST_LINE)
    if not quote:
        return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote)
