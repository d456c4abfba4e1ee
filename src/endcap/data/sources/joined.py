"""Several files joined with SQL, for exports that spread one event over many."""

from functools import partial
from pathlib import Path
from typing import Any

from endcap.core.errors import BadConfig
from endcap.data.columns import ROW, ROWS_PER_FILE
from endcap.data.ledger import Ledger
from endcap.data.sources.exports import CSV, JSON, PARQUET
from endcap.data.sources.files import explained, matching
from endcap.data.sources.mapping import Encoding, Mapped
from endcap.data.sources.reading import Read, read_csv, read_parquet, viewed
from endcap.data.sources.staging import named, quoted
from endcap.data.sources.tables import Tables, happened, nothing, reader_of, sold
from endcap.data.sources.texts import Cut


class Sql(Mapped):
    """Events and catalog as queries over files (DuckDB's SQL); each file is a table, its CSV columns are text."""

    files: dict[str, str]
    """Name of a table = path, glob or folder of its files, relative to the settings file."""
    events: str | None = None
    """A query in our columns, or in others that `columns` names; without one, this source gives the catalog alone."""
    catalog: str | None = None
    encoding: Encoding | None = None

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> Tables:
        """Events and catalog in our columns; raises `BadData` naming the file or what is wrong with the query."""
        if self.events is None and self.catalog is None:
            raise BadConfig("sql: expected a query under events, catalog, or both")
        duck = reader_of(engine)
        for name, pattern in self.files.items():
            found = _read(duck, pattern, folder, self.encoding)
            duck.raw_sql(f"CREATE OR REPLACE TEMP VIEW {named(name)} AS {found.query}")
        names = ", ".join(self.files)
        events = nothing(engine)
        if self.events is not None:
            events = happened(engine, [f"query over {names}"], self, ledger, partial(_asked, duck, self.events))
        if self.catalog is None:
            return events, None
        return events, sold(engine, [f"catalog query over {names}"], self, ledger, partial(_asked, duck, self.catalog))

    def inputs(self, folder: Path) -> list[Path]:
        """The files that this source reads."""
        return [file for pattern in self.files.values() for file in matching(pattern, folder, (*CSV, *JSON, *PARQUET))]


def _read(duck: Any, pattern: str, folder: Path, encoding: str | None) -> Read:
    files = matching(pattern, folder, (*CSV, *JSON, *PARQUET))
    if files[0].name.endswith(PARQUET):
        return read_parquet(duck, files, 0)
    if files[0].name.endswith(JSON):
        names = ", ".join(quoted(str(file)) for file in files)
        query = f"SELECT * FROM read_json([{names}], union_by_name = true, maximum_depth = -1)"
        with explained(pattern):
            return Read(viewed(duck, query), query)
    return read_csv(duck, files, None, 0, Cut(encoding=encoding))


def _asked(duck: Any, query: str, same: Any, wanted: list[str], first: int) -> Read:
    """The answer to a query; its rows are numbered in the order of all its columns, unless it numbers them itself."""
    with explained("query"):
        table = viewed(duck, query)
    rest, row = f"* EXCLUDE ({ROW})", f"{ROW} % {ROWS_PER_FILE}"
    if ROW not in table.columns:
        rest, row = "*", f"row_number() OVER (ORDER BY {', '.join(map(named, table.columns))})"
    numbered = f"SELECT {rest}, {first * ROWS_PER_FILE} + {row} AS {ROW} FROM ({query})"
    return Read(viewed(duck, numbered), numbered)
