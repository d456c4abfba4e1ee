"""Files as shops export them: CSV, JSON, Parquet."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field

from endcap.core.errors import BadConfig
from endcap.data.ledger import Ledger
from endcap.data.sources.files import matching
from endcap.data.sources.json_files import Shape, read_json
from endcap.data.sources.mapping import Encoding, Mapped
from endcap.data.sources.reading import Read, read_csv, read_parquet
from endcap.data.sources.splitting import unnest_cells
from endcap.data.sources.tables import Tables, happened, nothing, sold
from endcap.data.sources.texts import Cut

PACKED = ("", ".gz", ".bz2", ".zst", ".xz", ".zip")
CSV = tuple(f"{end}{packed}" for end in (".csv", ".tsv", ".txt", ".dat") for packed in PACKED)
JSON = tuple(f"{end}{packed}" for end in (".json", ".jsonl", ".ndjson") for packed in PACKED)
PARQUET = (".parquet",)
ReadFiles = Callable[[list[Path], bool, Any, list[str], int], Read]
"""Given files, whether they are of events, DuckDB, the columns that are needed, and the number of the first file."""


class Csv(Mapped):
    """CSV files, plain or compressed; without further settings, with a header in our columns.

    The settings say how all files of the source are read: events and catalog in different forms are two sources.
    """

    events: str | None = None
    """Path, glob or folder of the events, relative to the settings file; without it, the source gives items alone."""
    catalog: str | None = None
    """The same of the catalog; without one, the items are those of the events."""
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    """Between fields; without it, the one of comma, semicolon, tab and bar that makes most fields of the first line."""
    quote: str = Field(default='"', min_length=1, max_length=1)
    encoding: Encoding | None = None
    """Such as ``cp1252``; without it UTF-8, or what a byte order mark or the bytes themselves say."""
    header: tuple[str, ...] = ()
    """Names of the columns, for files of events (or of a catalog alone) whose first line has none."""
    skip: int = Field(default=0, ge=0)
    """Lines before the one with the names of the columns: a title, a date. Blank lines and ``sep=;`` need none."""
    unnest: str | None = None
    """A column whose cells hold JSON lists: each entry is a row of its own, whose fields are columns such as
    ``items.sku``; a text or a number is the value of the column itself."""

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> Tables:
        """Events and catalog in our columns; raises `BadData` naming file, line and field."""

        def read(files: list[Path], events: bool, duck: Any, wanted: list[str], first: int) -> Read:
            own = events or self.events is None or self.catalog == self.events
            how = Cut(self.delimiter, self.encoding, self.quote, self.header if own else (), self.skip)
            if self.unnest is None or not own:
                return read_csv(duck, files, wanted, first, how)
            fields = [name for name in wanted if name.startswith(f"{self.unnest}.")]
            plain = [*(name for name in wanted if name not in fields), self.unnest]
            return unnest_cells(read_csv(duck, files, plain, first, how), self.unnest, fields, len(files))

        return tables_of(self, (self.events, self.catalog), CSV, read, (engine, folder, ledger))

    def inputs(self, folder: Path) -> list[Path]:
        """The files that this source reads."""
        return inputs_of((self.events, self.catalog), folder, CSV)


class Json(Mapped):
    """JSON, plain or compressed: an object on each line, a list of them, or an object that holds such a list.

    ``a.b`` is key b of the object under a.
    """

    events: str | None = None
    """Path, glob or folder of the events, relative to the settings file; without it, the source gives items alone."""
    catalog: str | None = None
    """The same of the catalog; without one, the items are those of the events."""
    encoding: Encoding | None = None
    """Without it UTF-8, or what a byte order mark or the bytes themselves say."""
    records: str | None = None
    """Path of the list of records, where a file is one object that holds several lists; else the longest is found."""
    unnest: str | tuple[str, ...] = ()
    """Path of a list in each record whose entries are rows of their own, such as ``line_items``; of several, each lies
    within the one before."""

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> Tables:
        """Events and catalog in our columns; raises `BadData` naming file, line and field."""
        unnest = (self.unnest,) if isinstance(self.unnest, str) else self.unnest

        def read(files: list[Path], events: bool, duck: Any, wanted: list[str], first: int) -> Read:
            own = events or self.events is None or self.catalog == self.events
            return read_json(duck, files, wanted, first, Shape(self.encoding, self.records, unnest if own else ()))

        return tables_of(self, (self.events, self.catalog), JSON, read, (engine, folder, ledger))

    def inputs(self, folder: Path) -> list[Path]:
        """The files that this source reads."""
        return inputs_of((self.events, self.catalog), folder, JSON)


class Parquet(Mapped):
    """Parquet files; in a folder such as ``day=2024-01-01/``, the names of folders are columns too."""

    events: str | None = None
    """Path, glob or folder of the events, relative to the settings file; without it, the source gives items alone."""
    catalog: str | None = None
    """The same of the catalog; without one, the items are those of the events."""

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> Tables:
        """Events and catalog in our columns; raises `BadData` naming file, row and field."""

        def read(files: list[Path], events: bool, duck: Any, wanted: list[str], first: int) -> Read:
            return read_parquet(duck, files, first)

        return tables_of(self, (self.events, self.catalog), PARQUET, read, (engine, folder, ledger))

    def inputs(self, folder: Path) -> list[Path]:
        """The files that this source reads."""
        return inputs_of((self.events, self.catalog), folder, PARQUET)


def tables_of(
    source: Mapped,
    patterns: tuple[str | None, str | None],
    ends: tuple[str, ...],
    read: ReadFiles,
    into: tuple[Any, Path, Ledger],
) -> Tables:
    """Read the events and the catalog of a source of files, either of which may be missing.

    Args: patterns: where events and catalog lie. ends: of the files in a folder. into: engine, folder, ledger.
    Raises `BadConfig` if the source names neither.
    """
    engine, folder, ledger = into
    if patterns == (None, None):
        raise BadConfig(f"{type(source).__name__.lower()}: expected files under events, catalog, or both")
    found = [None if pattern is None else matching(pattern, folder, ends) for pattern in patterns]
    if found[0] is None:
        events = nothing(engine)
    else:
        events = happened(engine, _names(found[0], folder), source, ledger, partial(read, found[0], True))
    if found[1] is None:
        return events, None
    return events, sold(engine, _names(found[1], folder), source, ledger, partial(read, found[1], False))


def inputs_of(patterns: tuple[str | None, ...], folder: Path, ends: tuple[str, ...]) -> list[Path]:
    """List the files that patterns name."""
    return [file for pattern in patterns if pattern is not None for file in matching(pattern, folder, ends)]


def _names(files: list[Path], folder: Path) -> list[str]:
    """Files as people call them: by their names, or by their paths where several have the same name."""
    short = [file.name for file in files]
    if len(set(short)) == len(short):
        return short
    return [str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file) for file in files]
