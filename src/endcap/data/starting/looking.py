"""A look at what there is: tables, their columns, and some thousand of their rows."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from endcap.core.errors import BadConfig, BadData
from endcap.core.secrets import without_literals
from endcap.data.columns import ROW
from endcap.data.sources.databases import connected, table_of, without_password
from endcap.data.sources.exports import CSV, JSON, PARQUET
from endcap.data.sources.files import explained, matching
from endcap.data.sources.reading import Cut, csv_columns, named, quoted, read_csv, read_parquet, viewed

ROWS = 5000
"""How many rows of a table are looked at, spread over all of it."""
ENDS = (*CSV, *JSON, *PARQUET)


@dataclass(frozen=True)
class Seen:
    """One table of a shop."""

    use: str
    """The source that can read it: ``csv``, ``json``, ``parquet``, ``duckdb``, ``postgres``, ``ibis``."""
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
    time_columns: tuple[tuple[str, str], ...] = ()
    """Pairs of a column of dates and one of times of day; the value for the setting ``time_columns``."""
    decimals: Mapping[str, str] = field(default_factory=dict)
    """Column of numbers = its decimal sign: ``.``, ``,``, or ``?`` where each value can be read either way."""

    @cached_property
    def text(self) -> Mapping[str, tuple[str, ...]]:
        """Each column's values that are not empty, as text."""
        return {
            name: tuple(str(value).strip() for value in values if value is not None and str(value).strip())
            for name, values in self.columns.items()
        }


def seen(duck: Any, data: Iterable[str], folder: Path) -> list[Seen]:
    """The tables in files, folders and databases; raises `BadData` for what is not there, else `BadConfig`."""
    tables: list[Seen] = []
    for place in data:
        if "://" in place:
            tables += _in_database(place)
        elif place.endswith((".duckdb", ".db", ".ddb")) and Path(place).is_file():
            tables += _in_duckdb(Path(place), folder)
        else:
            tables += [_in_files(duck, files, folder) for files in _groups(Path(place))]
    return tables


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
            raise BadConfig(f"{path}: expected a file that ends in {', '.join(ENDS)}, a folder, or a connection string")
        raise BadData(f"{path}: there is no such file")
    yield matching(str(path.absolute()), Path("/"), ENDS)


def _stem(file: Path) -> str:
    if any("=" in part for part in file.parts[:-1]):
        return ""
    return "".join("#" if letter.isdigit() else letter for letter in file.name).replace("##", "#")


def _in_files(duck: Any, files: list[Path], folder: Path) -> Seen:
    place, options = _pattern(files, folder), dict[str, object]()
    if files[0].name.endswith(PARQUET):
        use, found = "parquet", read_parquet(duck, files, 0).table
    elif files[0].name.endswith(JSON):
        use = "json"
        names = ", ".join(quoted(str(file)) for file in files)
        with explained(place):
            numbered = "row_number() OVER ()"
            found = viewed(
                duck,
                f"SELECT *, {numbered} AS {ROW} FROM read_json([{names}], union_by_name = true, ignore_errors = true,"
                " format = 'newline_delimited')",
            )
    else:
        use, header = "csv", _header(files[0])
        if header:
            options["header"] = list(header)
        found = read_csv(duck, files, None, 0, Cut(header=header)).table
    rows = int(found.count().to_pyarrow().as_py())
    spread = found.order_by((found[ROW] * 7919) % 1_000_003, ROW).limit(ROWS).drop(ROW).to_pyarrow()
    columns = {name: tuple(spread[name].to_pylist()) for name in spread.column_names}
    return Seen(use, place, columns, rows, options)


def _header(file: Path) -> tuple[str, ...]:
    """Names for a file whose first line is a row: those of YooChoose, the one public format that has none."""
    names, _ = csv_columns(file, Cut())
    if len(names) in (4, 5) and names[0].isdigit() and names[1][:4].isdigit() and "T" in names[1]:
        return ("session_id", "time", "item_id", *(("category",) if len(names) == 4 else ("price", "quantity")))
    return ()


def together(tables: list[Seen], folder: Path) -> Seen:
    """Tables of the same columns as one, if a pattern names their files and no other; else the first of them."""
    first = tables[0]
    if len(tables) == 1 or first.use not in ("csv", "json", "parquet"):
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
