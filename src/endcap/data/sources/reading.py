"""Text and Parquet become tables with numbered rows; lines that are no rows are kept aside, with the reason.

DuckDB reads, whatever engine prepares afterwards: one parser, one notion of a line, one list of complaints.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis

from endcap.core.errors import BadData
from endcap.data.columns import ROW, ROWS_PER_FILE
from endcap.data.sources.files import explained, parquet_checked
from endcap.data.sources.headers import Header, find_header, read_header
from endcap.data.sources.staging import Part, Refused, lay_out, number_rows, quoted, stage
from endcap.data.sources.texts import Cut, Note, Text, open_text

Opener = Callable[[Path, Cut, Path], Text]
"""Makes a file ready to be read as text, with the help of a scratch folder; such as `open_text`."""


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
    notes: tuple[Note, ...] = ()
    """What was unusual, and read or left out all the same."""
    encodings: tuple[str, ...] = ()
    """What each file was decoded from; see `Text`."""
    hint: str = ""
    """What to do if a column is missing."""
    rows_per_line: int = 1
    """At most; the second row of a line has the number of another file of the same name, see `number_parts`."""


def read_parquet(duck: Any, files: list[Path], first: int) -> Read:
    """The union of Parquet files (and of the columns in the names of their folders); `first` numbers the first file."""
    names = ", ".join(quoted(str(parquet_checked(file))) for file in files)
    row = f"(({first} + file_index) * {ROWS_PER_FILE} + file_row_number + 1)::BIGINT AS {ROW}"
    query = f"SELECT *, {row} FROM read_parquet([{names}], union_by_name = true)"
    with explained(str(files[0] if len(files) == 1 else files[0].parent)):
        return Read(viewed(duck, query), query)


def read_csv(
    duck: Any, files: list[Path], needed: Iterable[str] | None, first: int, how: Cut, opener: Opener = open_text
) -> Read:
    """The needed columns (all, without any named) of CSV files as text; `first` numbers the first file.

    Raises `BadData` if a file cannot be read to its end.
    """
    parts, there, notes, hint = [], dict[str, None](), list[Note](), ""
    encodings = []
    wanted = None if needed is None else list(dict.fromkeys(needed))
    with TemporaryDirectory(prefix="endcap-") as scratch:
        for number, path in enumerate(files, first):
            file = opener(path, how, Path(scratch))
            header = read_header(file, how)
            there |= dict.fromkeys(header.names)
            kept = [name for name in wanted or () if name in header.names] or list(header.names)
            if wanted is not None and kept == list(header.names) != wanted:
                hint = hint or _hint(file, how)
            _once(file, header, wanted or ())
            staged = stage(duck, file, header, how, kept)
            notes += [*file.notes, *staged.notes]
            encodings.append(file.encoding)
            parts.append(number_rows(duck, staged, lay_out(staged, file, how, header), number))
    read = _united(duck, parts, tuple(there))
    return replace(read, notes=tuple(notes), encodings=tuple(encodings), hint=hint)


def csv_columns(path: Path, how: Cut) -> tuple[list[str], str]:
    """The column names of a CSV file, and its delimiter."""
    with TemporaryDirectory(prefix="endcap-") as scratch:
        header = read_header(open_text(path, how, Path(scratch)), how)
        return list(header.names), header.delimiter


def _hint(file: Text, how: Cut) -> str:
    """What to do if the first line does not look like the names of the columns, but a later one does."""
    before, _ = find_header(file, how)
    if not before:
        return ""
    with file.open() as lines:
        found = next(islice(lines, before, None)).strip()[:80]
    skip = file.skipped + before
    return f"line {skip + 1} looks like the names of the columns, {found!r}: say skip = {skip}"


def _once(file: Text, header: Header, needed: Iterable[str]) -> None:
    """Raises `BadData` if a column that is needed stands more than once."""
    twice = [name for name in header.repeated if name in needed]
    if twice:
        place = file.skipped + 1
        raise BadData(
            f"{file.name}, line {place}: column {', '.join(map(repr, twice))} stands more than once; name the columns"
            f" yourself with header = […] and skip = {place}"
        )


def _united(duck: Any, parts: list[Part], columns: tuple[str, ...]) -> Read:
    query = " UNION ALL BY NAME ".join(part for part, _, _ in parts)
    refused = {place: why for _, lines, _ in parts for place, why in lines.items()}
    return Read(viewed(duck, query), query, refused, sum(lost for _, _, lost in parts), columns)


def viewed(duck: Any, query: str) -> ibis.Table:
    """A query as a table, computed when it is needed."""
    name = ibis.util.gen_name("view")
    duck.raw_sql(f"CREATE TEMP VIEW {name} AS {query}")
    return duck.table(name)
