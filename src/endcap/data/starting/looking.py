"""A look at what there is: tables, their columns, and some thousand of their rows."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from endcap.core.errors import BadConfig, BadData
from endcap.core.secrets import without_literals
from endcap.data.columns import ROW, ROWS_PER_FILE, WHY
from endcap.data.sources.databases import connected, table_of, without_password
from endcap.data.sources.decoding import BOMS
from endcap.data.sources.excel import EXCEL, open_sheet, read_excel, sheets_of
from endcap.data.sources.exports import CSV, JSON, PARQUET
from endcap.data.sources.files import matching
from endcap.data.sources.headers import find_header, read_header
from endcap.data.sources.json_files import Shape, read_json_texts
from endcap.data.sources.reading import Read, read_csv, read_parquet
from endcap.data.sources.staging import named
from endcap.data.sources.texts import Cut, open_text
from endcap.data.starting.hints import find_decimals, find_packed, find_time_columns, find_units
from endcap.data.starting.records import columns_of, find_items, find_values, flat, list_in, rows_of

ROWS = 5000
"""How many rows of a table are looked at, spread over all of it."""
HINTED = 100
"""Values of a column by which its type is told."""
ENDS = (*CSV, *JSON, *PARQUET, *EXCEL, ".zip")
READABLE = (
    "a CSV (.csv, .tsv, .txt, .dat), JSON (.json, .jsonl, .ndjson), Parquet or Excel file, packed or not "
    "(.gz, .bz2, .zst, .xz, .zip), a folder, or a connection string"
)
"""The inputs of `init`, for messages."""


@dataclass(frozen=True)
class Seen:
    """One table of a shop."""

    use: str
    """The source that can read it: ``csv``, ``json``, ``parquet``, ``excel``, ``duckdb``, ``postgres``, ``ibis``."""
    place: str
    """Path or glob relative to the settings file, or name in a database."""
    columns: Mapping[str, tuple[Any, ...]]
    """Each column's values in the rows that were looked at."""
    rows: int
    options: Mapping[str, object] = field(default_factory=dict)
    """Settings without which it cannot be read, by the names of the source: ``skip``, ``encoding``, ``unnest``, …"""
    checks: Mapping[str, str] = field(default_factory=dict)
    """Setting in `options` = what a person should check about it."""
    notes: tuple[str, ...] = ()
    """What was found in the files and read all the same: sentences to show to a person, without the place."""
    problem: str = ""
    """Why there is nothing to read, naming the file and what to do; then there may be no columns, and no rows."""
    packed: Mapping[str, str] = field(default_factory=dict)
    """Column whose cells hold several values = their separator; the value for the setting ``items_separator``."""
    time_columns: tuple[tuple[str, ...], ...] = ()
    """Columns that make a time together: a date and a time of day, or a year, a month and a day."""
    decimals: Mapping[str, str] = field(default_factory=dict)
    """Column of numbers = its decimal sign: ``.``, ``,``, or ``?`` where each value can be read either way."""

    query: str = ""
    """In SQL, where a query over the file gives the rows, and not the file itself."""
    said_format: str | None = None
    """How a person says that times are written."""

    @cached_property
    def text(self) -> Mapping[str, tuple[str, ...]]:
        """Each column's values that are not empty, as text."""
        return {
            name: tuple(str(value).strip() for value in values if value is not None and str(value).strip())
            for name, values in self.columns.items()
        }


def seen(duck: Any, data: Iterable[str], folder: Path, given: Mapping[str, Any] | None = None) -> list[Seen]:
    """The tables in files, folders and databases; one that cannot be read says why.

    `given` are settings of sources that a person has said, such as ``delimiter``; they win over what is seen. Raises
    `BadData` for what is not there, else `BadConfig`.
    """
    tables: list[Seen] = []
    for place in data:
        if "://" in place:
            tables += _in_database(place)
        elif place.endswith((".duckdb", ".db", ".ddb")) and Path(place).is_file():
            tables += _in_duckdb(Path(place), folder)
        else:
            tables += [table for files in _groups(Path(place)) for table in _in_files(duck, files, folder, given or {})]
    return [replace(table, said_format=(given or {}).get("time_format")) for table in tables]


def _groups(path: Path) -> Iterator[list[Path]]:
    """Files that are one table: those of a folder whose names differ only in numbers, and have the same columns."""
    if path.is_dir():
        groups: dict[tuple[object, ...], list[Path]] = {}
        for file in matching(".", path, ENDS):
            groups.setdefault((file.suffixes[-1], "=" in str(file.relative_to(path)), _stem(file)), []).append(file)
        yield from groups.values()
        return
    if not any(mark in path.name for mark in "*?[") and not path.name.endswith(ENDS):
        if path.exists():
            raise BadConfig(f"{path}: its name does not say what it holds; expected {READABLE}")
        raise BadData(f"{path}: there is no such file")
    yield matching(str(path.absolute()), Path("/"), ENDS)


def _stem(file: Path) -> str:
    if any("=" in part for part in file.parts[:-1]):
        return ""
    return "".join("#" if letter.isdigit() else letter for letter in file.name).replace("##", "#")


def _in_files(duck: Any, files: list[Path], folder: Path, given: Mapping[str, Any]) -> list[Seen]:
    """The tables in files that are one table, or in their sheets; one that cannot be read says why."""
    place, end = _pattern(files, folder), files[0].name
    use = "csv"
    try:
        if end.endswith(PARQUET):
            use = "parquet"
            return [_sampled("parquet", place, read_parquet(duck, files, 0), {}, {})]
        if end.endswith(JSON):
            use = "json"
            return [_in_json(duck, files, place)]
        if end.endswith(EXCEL):
            use = "excel"
            return [_in_sheet(duck, files, place, sheet) for sheet in sheets_of(files[0])]
        return [_in_csv(duck, files, place, given)]
    except BadData as error:
        return [Seen(use, place, {}, 0, problem=str(error))]


def _in_csv(duck: Any, files: list[Path], place: str, given: Mapping[str, Any]) -> Seen:
    options: dict[str, object] = {}
    checks: dict[str, str] = {}
    delimiter, encoding = given.get("delimiter"), given.get("encoding")
    header, skip = tuple(given.get("header", ())), given.get("skip")
    plain = Cut(delimiter, encoding)
    with TemporaryDirectory(prefix="endcap-") as scratch:
        file = open_text(files[0], plain, Path(scratch))
        if skip is None and not header:
            before, found = find_header(file, plain)
            if before:
                options["skip"] = skip = before + file.skipped
                checks["skip"] = "lines before the names of the columns"
                file = open_text(files[0], Cut(delimiter, encoding, skip=skip), Path(scratch))
            names = read_header(file, plain)
            if before and names.delimiter != found:
                options["delimiter"] = delimiter = found
            header = _header(list(names.names))
            if header:
                options["header"] = list(header)
    cut = Cut(delimiter, encoding, header=header, skip=skip or 0)
    read = read_csv(duck, files, None, 0, cut)
    if encoding is None and (guessed := _guessed_encoding(read)):
        options["encoding"], checks["encoding"] = guessed, read.notes[0].why
        read = replace(read, notes=read.notes[1:])  # the line of the setting says it
    return _with_lists(_sampled("csv", place, read, options, checks))


def _with_lists(table: Seen) -> Seen:
    """The table with a row for each entry of the JSON lists that lie in the cells of a column, if these name items."""
    listed = {name for name, texts in table.text.items() if sum(text[0] == "[" for text in texts) > len(texts) / 2}
    if not listed:
        return table
    cells = {
        name: [list_in(value) if name in listed else value for value in values]
        for name, values in table.columns.items()
    }
    records = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    unnest = find_items(records) or find_values(records)
    if unnest is None:
        return table
    rows = rows_of(records, unnest)
    count = round(table.rows * len(rows) / len(records))
    note = f"the cells of {unnest} hold JSON lists: each entry is a row"
    options = {**table.options, "unnest": unnest}
    return _hinted(replace(table, columns=columns_of(rows), rows=count, options=options, notes=(*table.notes, note)))


def _guessed_encoding(read: Read) -> str | None:
    """The encoding that was guessed for all files whose bytes are not plain ASCII; None if nothing was guessed."""
    used = {name for name in read.encodings if name != "ascii"}
    told = {"utf-8", "mixed", *BOMS.values()}
    return used.pop() if len(used) == 1 and not used & told else None


def _in_sheet(duck: Any, files: list[Path], place: str, sheet: str) -> Seen:
    options: dict[str, object] = {"sheet": sheet}
    checks: dict[str, str] = {}
    try:
        with TemporaryDirectory(prefix="endcap-") as scratch:
            before, _ = find_header(open_sheet(sheet, files[0], Cut(","), Path(scratch)), Cut(","))
        if before:
            options["skip"], checks["skip"] = before, "lines before the names of the columns"
        read = read_excel(duck, files, None, 0, (sheet, Cut(",", skip=before)))
        return _sampled("excel", place, read, options, checks)
    except BadData as error:
        return Seen("excel", place, {}, 0, options, problem=f"sheet {sheet!r}: {error}")


def _in_json(duck: Any, files: list[Path], place: str) -> Seen:
    read = read_json_texts(duck, files, 0, Shape())
    sample = _spread(read.table.filter(read.table.json.strip() != "")).to_pyarrow()["json"].to_pylist()
    records, broken = [], 0
    for text in sample:
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict):
            records.append(flat(record))
        else:
            broken += 1
    unnest = find_items(records)
    rows = rows_of(records, unnest)
    total = int(read.table.filter(read.table.json.strip() != "").count().to_pyarrow().as_py())
    notes = [*_notes(read), *([f"{broken:,} of {len(sample):,} lines are no JSON objects"] if broken else [])]
    if unnest:
        notes.append(f"each entry of {unnest} is a row")
    problem = "" if rows else f"{place}: holds no JSON object; expected one on each line, or a list of them"
    options: dict[str, object] = {"unnest": unnest} if unnest else {}
    if guessed := _guessed_encoding(read):
        options["encoding"] = guessed
    count = round(total * len(rows) / len(sample)) if sample else 0
    return _hinted(Seen("json", place, columns_of(rows), count, options, {}, tuple(notes), problem))


def _sampled(use: str, place: str, read: Read, options: dict[str, object], checks: dict[str, str]) -> Seen:
    """A table of which some thousand rows were looked at."""
    table, wrong = read.table, []
    if WHY in table.columns:
        refused = table.filter(table[WHY].notnull())
        count = int(refused.count().to_pyarrow().as_py())
        if count:
            first = refused.order_by(ROW).limit(1).to_pyarrow().to_pylist()[0]
            wrong = [f"{count:,} rows cannot be read, such as line {first[ROW] % ROWS_PER_FILE}: {first[WHY]}"]
        table = table.filter(table[WHY].isnull()).drop(WHY)
    rows = int(table.count().to_pyarrow().as_py())
    spread = _spread(table).drop(ROW).to_pyarrow()
    columns = {name: tuple(_shown(value) for value in spread[name].to_pylist()) for name in spread.column_names}
    problem = ""
    if not rows and read.refused:
        line = min(read.refused)
        problem = f"{place}: none of its lines can be read; line {line % ROWS_PER_FILE} {read.refused[line]}"
    elif not rows:
        problem = f"{place}: has names of columns ({', '.join(columns)}) and no row below them; export it again"
    return _hinted(Seen(use, place, columns, rows, options, checks, (*_notes(read), *wrong), problem))


def _shown(value: Any) -> Any:
    return value.replace("\0", "␀") if isinstance(value, str) else value


def _spread(table: Any) -> Any:
    """Some thousand rows from all of a table."""
    return table.order_by((table[ROW] * 7919) % 1_000_003, ROW).limit(ROWS)


def _notes(read: Read) -> tuple[str, ...]:
    notes = [f"{note.step}{_count_rows(note.rows)}: {note.why}" for note in read.notes]
    if read.refused:
        line = min(read.refused)
        notes.append(
            f"{len(read.refused):,} lines cannot be read as rows, such as line {line % ROWS_PER_FILE}, which"
            f" {read.refused[line]}"
        )
    return tuple(notes)


def _count_rows(rows: int) -> str:
    return f" ({rows:,} row{'' if rows == 1 else 's'})" if rows else ""


def _hinted(table: Seen) -> Seen:
    """A table with what its values say of further settings."""
    texts = {
        name: table.text[name]
        for name, values in table.columns.items()
        if any(isinstance(value, str) for value in values[:HINTED])
    }
    plain = {name: table.text[name] for name, values in table.columns.items() if not _is_nested(values)}
    units = {name: counts for name, values in plain.items() if len(counts := find_units(values)) > 1}
    told = [
        f"{name} counts in {' and in '.join(f'{unit} ({count:,})' for unit, count in counts.items())} since 1970:"
        " each value is read by its magnitude"
        for name, counts in units.items()
    ]
    return replace(
        table,
        notes=(*table.notes, *told),
        packed=find_packed(texts),
        time_columns=find_time_columns(plain),
        decimals=find_decimals(texts),
    )


def _is_nested(values: tuple[Any, ...]) -> bool:
    return any(isinstance(value, list | dict) for value in values[:HINTED])


def _header(names: list[str]) -> tuple[str, ...]:
    """Names for a file whose first line is a row: those of YooChoose, the one public format that has none."""
    if len(names) in (4, 5) and names[0].isdigit() and names[1][:4].isdigit() and "T" in names[1]:
        return ("session_id", "time", "item_id", *(("category",) if len(names) == 4 else ("price", "quantity")))
    return ()


def together(tables: list[Seen], folder: Path) -> Seen:
    """Tables of the same columns as one, if a pattern names their files and no other; else the first of them."""
    first = tables[0]
    if len(tables) == 1 or first.use not in ("csv", "json", "parquet", "excel"):
        return first
    pattern = _common([table.place for table in tables])
    if {file.resolve() for file in folder.glob(pattern)} != {(folder / table.place).resolve() for table in tables}:
        return first
    return replace(first, place=pattern, rows=sum(table.rows for table in tables))


def _pattern(files: list[Path], folder: Path) -> str:
    return _common([os.path.relpath(file.resolve(), folder.resolve()) for file in files])


def _common(paths: list[str]) -> str:
    if len(paths) == 1:
        return paths[0]
    if any("=" in path for path in paths):
        return paths[0].partition("=")[0].rpartition("/")[0] or "."
    least, most = min(paths), max(paths)
    same = next(place for place, (a, b) in enumerate(zip(least, most, strict=False)) if a != b)
    return f"{least[:same].rstrip('0123456789')}*{''.join(Path(least).suffixes)}"


def _in_duckdb(path: Path, folder: Path) -> list[Seen]:
    options = {"database": os.path.relpath(path.resolve(), folder.resolve())}
    return _tables_of(f"duckdb://{path.resolve()}?read_only=True", "duckdb", options)


def _in_database(connection: str) -> list[Seen]:
    if connection.startswith(("postgres://", "postgresql://")):
        return _tables_of(connection.replace("postgresql://", "postgres://"), "postgres", _parts(connection))
    return _tables_of(connection, "ibis", {"connection": without_literals(connection, "DATABASE_PASSWORD")})


def _parts(connection: str) -> dict[str, object]:
    """The settings of a PostgreSQL source; a password is left to the environment."""
    from urllib.parse import parse_qs, unquote, urlsplit  # noqa: PLC0415 — for this alone

    url = urlsplit(connection)
    asked = parse_qs(url.query)
    options: dict[str, object] = {"host": url.hostname or asked.get("host", ["127.0.0.1"])[0]}
    options |= {"port": url.port or 5432, "user": unquote(url.username or "postgres"), "database": url.path.strip("/")}
    return options | ({"password": "$PGPASSWORD"} if url.password else {})


def _tables_of(connection: str, use: str, options: Mapping[str, object]) -> list[Seen]:
    try:
        database = connected(connection)
        tables = []
        for name in database.list_tables():
            table = table_of(database, named(name) if "." in name else name)
            sample = table.limit(ROWS).to_pyarrow()
            columns = {column: tuple(sample[column].to_pylist()) for column in sample.column_names}
            tables.append(Seen(use, name, columns, int(table.count().to_pyarrow().as_py()), options))
        database.disconnect()
    except (BadData, BadConfig):
        raise
    except Exception as error:
        said = " ".join(str(error).split())[:300]
        raise BadData(f"{without_password(connection)}: {without_password(said)}") from error
    return tables
