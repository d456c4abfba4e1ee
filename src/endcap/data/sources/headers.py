"""The line with the names of the columns: where it stands, how it is cut, and what it says."""

import csv
import re
from dataclasses import dataclass
from itertools import islice

from endcap.core.errors import BadData
from endcap.data.sources.texts import LONGEST_LINE, Cut, Text

DELIMITERS = ",;\t|"
MAX_LINES = 60
"""Lines at the beginning of a file among which the names of its columns are looked for."""
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
        raise BadData(f"{file.name}: is empty: expected a first line with the names of the columns")
    fields, delimiter = _first_record(lines, cut.delimiter or file.delimiter, cut.quote)
    if cut.header:
        return Header(cut.header, (), delimiter)
    names: list[str] = []
    for place, field in enumerate(fields, 1):
        base = _plain(field) or f"column {place}"
        again = sum(_plain(other) == base for other in fields[: place - 1])
        names.append(f"{base} ({again + 1})" if again else base)
    plain = [_plain(field) for field in fields]
    repeated = dict.fromkeys(name for name in plain if name and plain.count(name) > 1)
    return Header(tuple(names), tuple(fields), delimiter, tuple(repeated))


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
        start = next(
            (line for line, fields in records if len(fields) == width and _filled(fields) >= MIN_FILLED * width), 0
        )
        best = (weight, start, delimiter)
    return best[1], best[2]


def _plain(field: str) -> str:
    """A name on one line."""
    return re.sub(r"\s*[\r\n]+\s*", " ", field.strip())


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
