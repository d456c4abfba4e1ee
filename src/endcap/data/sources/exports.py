"""Files as shops export them: CSV, JSON lines, Parquet."""

from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field

from endcap.data.ledger import Ledger
from endcap.data.sources.files import matching
from endcap.data.sources.mapping import Encoding, Mapped
from endcap.data.sources.reading import Cut, Read, read_csv, read_json, read_parquet
from endcap.data.sources.tables import Tables, happened, sold

CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz", ".dat", ".dat.gz")
JSON = (".json", ".json.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
PARQUET = (".parquet",)


class Csv(Mapped):
    """CSV files, plain or compressed with gzip; without further settings, with a header in our columns."""

    events: str
    """Path, glob or folder of the events, relative to the settings file."""
    catalog: str | None = None
    """The same of the catalog; without one, the items are those of the events."""
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    """Between fields; without it, the one of comma, semicolon, tab and bar that makes most fields of the first line."""
    quote: str = Field(default='"', min_length=1, max_length=1)
    encoding: Encoding | None = None
    """Such as ``cp1252``; without it UTF-8, or what a byte order mark says."""
    header: tuple[str, ...] = ()
    """Names of the columns, for files of events whose first line has none."""

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> Tables:
        """Events and catalog in our columns; raises `BadData` naming file, line and field."""

        def read(files: list[Path], header: tuple[str, ...], duck: Any, wanted: list[str], first: int) -> Read:
            return read_csv(duck, files, wanted, first, Cut(self.delimiter, self.encoding, self.quote, header))

        files = matching(self.events, folder, CSV)
        events = happened(engine, _names(files, folder), self, ledger, partial(read, files, self.header))
        if self.catalog is None:
            return events, None
        files = matching(self.catalog, folder, CSV)
        header = self.header if self.catalog == self.events else ()
        return events, sold(engine, _names(files, folder), self, ledger, partial(read, files, header))

    def inputs(self, folder: Path) -> list[Path]:
        """The files that this source reads."""
        return _inputs((self.events, self.catalog), folder, CSV)


class Json(Mapped):
    """JSON lines (an object on each line), plain or compressed with gzip; ``a.b`` is key b of the object under a."""

    events: str
    """Path, glob or folder of the events, relative to the settings file."""
    catalog: str | None = None
    """The same of the catalog; without one, the items are those of the events."""
    encoding: Encoding | None = None
    """Without it UTF-8, or what a byte order mark says."""

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> Tables:
        """Events and catalog in our columns; raises `BadData` naming file, line and field."""

        def read(files: list[Path], duck: Any, wanted: list[str], first: int) -> Read:
            return read_json(duck, files, wanted, first, self.encoding)

        files = matching(self.events, folder, JSON)
        events = happened(engine, _names(files, folder), self, ledger, partial(read, files))
        if self.catalog is None:
            return events, None
        files = matching(self.catalog, folder, JSON)
        return events, sold(engine, _names(files, folder), self, ledger, partial(read, files))

    def inputs(self, folder: Path) -> list[Path]:
        """The files that this source reads."""
        return _inputs((self.events, self.catalog), folder, JSON)


class Parquet(Mapped):
    """Parquet files; in a folder such as ``day=2024-01-01/``, the names of folders are columns too."""

    events: str
    """Path, glob or folder of the events, relative to the settings file."""
    catalog: str | None = None
    """The same of the catalog; without one, the items are those of the events."""

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> Tables:
        """Events and catalog in our columns; raises `BadData` naming file, row and field."""

        def read(files: list[Path], duck: Any, wanted: list[str], first: int) -> Read:
            return read_parquet(duck, files, first)

        files = matching(self.events, folder, PARQUET)
        events = happened(engine, _names(files, folder), self, ledger, partial(read, files))
        if self.catalog is None:
            return events, None
        files = matching(self.catalog, folder, PARQUET)
        return events, sold(engine, _names(files, folder), self, ledger, partial(read, files))

    def inputs(self, folder: Path) -> list[Path]:
        """The files that this source reads."""
        return _inputs((self.events, self.catalog), folder, PARQUET)


def _inputs(patterns: tuple[str | None, ...], folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    return [file for pattern in patterns if pattern is not None for file in matching(pattern, folder, suffixes)]


def _names(files: list[Path], folder: Path) -> list[str]:
    """Files as people call them: by their names, or by their paths where several have the same name."""
    short = [file.name for file in files]
    if len(set(short)) == len(short):
        return short
    return [str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file) for file in files]
