"""Databases: what is asked for is copied into Parquet once, so that a run sees one moment and can be repeated."""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import ibis
from pydantic import Field, SecretStr

from endcap.core.errors import BadData, EndcapError, MissingExtra
from endcap.core.part import needs
from endcap.data.columns import CATALOG, EVENTS
from endcap.data.engines import kept
from endcap.data.ledger import Ledger
from endcap.data.sources.mapping import Mapped, needed
from endcap.data.sources.reading import read_parquet, viewed
from endcap.data.sources.tables import Tables, happened, sold

COPIES = ".endcap"
"""Folder, beside the settings file, of what was last read from databases."""


class Duckdb(Mapped):
    """Tables of a DuckDB database file."""

    database: str
    """Path of the file, relative to the settings file."""
    events: str
    """Name of a table (``schema.table``), or a query."""
    catalog: str | None = None

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> Tables:
        """Events and catalog in our columns; raises `BadData` if there is no such table or column."""
        return _tables(self, engine, folder, ledger)

    def inputs(self, folder: Path) -> list[Path]:
        """Copies of what is asked for, as it is now."""
        path = folder / self.database
        if not path.is_file():
            raise BadData(f"{path}: there is no such file")
        with _explained(self.database):
            database = ibis.duckdb.connect(path, read_only=True)
            try:
                return _copied(self, database, folder)
            finally:
                database.disconnect()


class Postgres(Mapped):
    """Tables of a PostgreSQL database."""

    database: str
    events: str
    """Name of a table (``schema.table``), or a query."""
    catalog: str | None = None
    host: str = "127.0.0.1"
    """Name of the server, or the folder of its socket."""
    port: int = Field(default=5432, ge=1, le=65_535)
    user: str = "postgres"
    password: SecretStr = SecretStr("")
    """Better ``"$NAME"``: then it is read from the environment."""

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> Tables:
        """Events and catalog in our columns; raises `BadData` if there is no such table or column."""
        return _tables(self, engine, folder, ledger)

    def inputs(self, folder: Path) -> list[Path]:
        """Copies of what is asked for, as it is now; raises `BadData` if the server does not answer."""
        with _explained(f"postgres {self.user}@{self.host}:{self.port}/{self.database}"):
            database = self.connected()
            try:
                return _copied(self, database, folder)
            finally:
                database.disconnect()

    def connected(self) -> Any:
        """The server, as an Ibis backend."""
        needs("psycopg", extra="postgres")
        return ibis.postgres.connect(
            host=self.host,
            port=self.port,
            database=self.database,
            user=self.user,
            password=self.password.get_secret_value() or None,
        )


class Ibis(Mapped):
    """Tables of anything that Ibis speaks, by connection string: ``bigquery://project/dataset``, ``snowflake://…``."""

    connection: SecretStr
    """Better ``"$NAME"``, if it holds a password: then it is read from the environment."""
    events: str
    """Name of a table (``schema.table``), or a query."""
    catalog: str | None = None

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> Tables:
        """Events and catalog in our columns; raises `BadData` if there is no such table or column."""
        return _tables(self, engine, folder, ledger)

    def inputs(self, folder: Path) -> list[Path]:
        """Copies of what is asked for, as it is now; raises `BadData` if nobody answers."""
        with _explained(without_password(self.connection.get_secret_value())):
            database = connected(self.connection.get_secret_value())
            try:
                return _copied(self, database, folder)
            finally:
                database.disconnect()


Database = Duckdb | Postgres | Ibis


def connected(connection: str) -> Any:
    """What a connection string names, as an Ibis backend; raises `MissingExtra` if its library is not installed."""
    try:
        return ibis.connect(connection)
    except ImportError as error:
        scheme = connection.partition("://")[0]
        raise MissingExtra(f"{scheme}: pip install 'ibis-framework[{scheme}]' ({error})") from error


def without_password(connection: str) -> str:
    """A connection string that can be shown."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:…@", connection)


def table_of(database: Any, asked: str) -> ibis.Table:
    """A table by its name, or a query."""
    if re.search(r"\s", asked.strip()):
        return viewed(database, asked) if database.name == "duckdb" else database.sql(asked)
    *schema, name = asked.split(".")
    if database.name == "duckdb" and len(schema) == 1:  # a schema that is called as the file is meant as a schema
        return database.table(name, database=(database.current_catalog, *schema))
    return database.table(name, database=".".join(schema) or None)


def extraction(table: ibis.Table, wanted: list[str]) -> ibis.Table:
    """What is asked of a database: the wanted columns that it has, in types that every Parquet reader knows."""

    def plain(value: ibis.Value) -> ibis.Value:
        kind = value.type()
        if kind.is_decimal() and kind.scale == 0:  # as a fraction, an id of more than 15 digits would be another one
            return value.cast("int64" if (kind.precision or 38) <= 18 else "string")
        if kind.is_decimal():
            return value.cast("float64")
        known = kind.is_string() or kind.is_numeric() or kind.is_temporal() or kind.is_boolean() or kind.is_nested()
        return value if known else value.cast("string")

    return table.select(**{name: plain(table[name]) for name in wanted if name in table.columns})


def _copied(part: Database, database: Any, folder: Path) -> list[Path]:
    asked = {"events": (part.events, EVENTS, part.columns)}
    if part.catalog is not None:
        asked["catalog"] = (part.catalog, CATALOG, part.catalog_columns)
    copies = []
    for name, (what, ours, columns) in asked.items():
        table = table_of(database, what)
        wanted = [column for column in needed(part, ours, columns) if column in table.columns]
        if not wanted:
            raise BadData(f"{what}: has none of the columns that are needed; there are: {', '.join(table.columns)}")
        copies.append(_copy(extraction(table, wanted), _place(part, name, folder)))
    return copies


def _copy(table: ibis.Table, path: Path) -> Path:
    """The table as a Parquet file whose bytes do not depend on the order in which the database gave its rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw, beside = path.with_suffix(".raw"), path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    try:
        table.get_backend().to_parquet(table, raw)
        own = ibis.duckdb.connect()
        copied = own.read_parquet(str(raw))
        kept(copied.order_by(copied.columns), beside)
        own.disconnect()
        os.replace(beside, path)  # noqa: PTH105 — it says what it does
    finally:
        raw.unlink(missing_ok=True)
    return path


def _place(part: Database, name: str, folder: Path) -> Path:
    known = hashlib.sha256(f"{type(part).__name__}{part.model_dump_json()}".encode()).hexdigest()[:16]
    return folder / COPIES / f"{type(part).__name__.lower()}-{known}-{name}.parquet"


def _tables(part: Database, engine: Any, folder: Path, ledger: Ledger) -> Tables:
    """The tables in the copies that `inputs` made; if there are none, it is asked to."""
    places = [_place(part, name, folder) for name in ("events", "catalog") if name == "events" or part.catalog]
    if not all(place.exists() for place in places):
        places = part.inputs(folder)

    def read(path: Path, duck: Any, wanted: list[str], first: int) -> Any:
        return read_parquet(duck, [path], first)

    events = happened(engine, [_short(part.events)], part, ledger, partial(read, places[0]))
    if part.catalog is None:
        return events, None
    return events, sold(engine, [_short(part.catalog)], part, ledger, partial(read, places[1]))


def _short(asked: str) -> str:
    return " ".join(asked.split())[:60]


@contextmanager
def _explained(place: str) -> Iterator[None]:
    """What a database's own library raises becomes `BadData` that names the database, never its password."""
    try:
        yield
    except (EndcapError, OSError):
        raise
    except Exception as error:
        raise BadData(f"{place}: {' '.join(str(error).split())[:300]}") from error
