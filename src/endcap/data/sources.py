"""Where events and catalogs come from: files in our own columns."""

from pathlib import Path
from typing import Any

import duckdb
import ibis

from endcap.core.errors import BadData
from endcap.core.part import Part
from endcap.data.columns import FILE, LINE, as_catalog, as_events
from endcap.data.ledger import Ledger


class Parquet(Part):
    """Parquet files that already have our columns."""

    events: str
    """Path or glob of the events, relative to the settings file."""
    catalog: str | None = None
    """Path or glob of the catalog; without one, the items are those of the events."""

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> tuple[ibis.Table, ibis.Table]:
        """Events and catalog in our columns; raises `BadData` naming file and field."""
        return _tables(self.events, self.catalog, folder, engine.read_parquet, ledger)

    def inputs(self, folder: Path) -> list[Path]:
        """The files that this source reads."""
        return _files(self.events, folder) + (_files(self.catalog, folder) if self.catalog else [])


class Csv(Part):
    """CSV files (plain or .gz) with a header in our columns."""

    events: str
    """Path or glob of the events, relative to the settings file."""
    catalog: str | None = None
    """Path or glob of the catalog; without one, the items are those of the events."""

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> tuple[ibis.Table, ibis.Table]:
        """Events and catalog in our columns; raises `BadData` naming file, line and field."""

        def read(files: list[str]) -> ibis.Table:
            tables = [engine.read_csv(file, all_varchar=True, header=True) for file in files]
            numbered = [
                table.mutate(**{LINE: ibis.row_number() + 2, FILE: ibis.literal(Path(file).name)})
                for table, file in zip(tables, files, strict=True)
            ]
            return ibis.union(*numbered) if len(numbered) > 1 else numbered[0]

        return _tables(self.events, self.catalog, folder, read, ledger)

    def inputs(self, folder: Path) -> list[Path]:
        """The files that this source reads."""
        return _files(self.events, folder) + (_files(self.catalog, folder) if self.catalog else [])


def _tables(events: str, catalog: str | None, folder: Path, read: Any, ledger: Ledger) -> tuple[ibis.Table, ibis.Table]:
    happened = as_events(opened(events, folder, read), events)
    happened = ledger.opened(events, happened)
    if catalog is None:
        sold = happened.filter(happened.item_id.notnull()).select("item_id").distinct()
        return happened, as_catalog(sold, events)
    return happened, ledger.opened(catalog, as_catalog(opened(catalog, folder, read), catalog))


def opened(pattern: str, folder: Path, read: Any) -> ibis.Table:
    """A lazily read table of all files that match; raises `BadData` if there is none or one cannot be read."""
    files = _files(pattern, folder)
    try:
        return read([str(file) for file in files])
    except (duckdb.Error, OSError) as error:
        cause = " ".join(str(error).split())[:300]
        raise BadData(f"{pattern}: cannot be read: {cause}") from error


def _files(pattern: str, folder: Path) -> list[Path]:
    path = folder / pattern
    if path.is_dir():
        raise BadData(f"{path}: is a folder, expected a file or a pattern such as {pattern}/*.parquet")
    files = [path] if path.is_file() else sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    if not files:
        raise BadData(f"{path}: there is no such file")
    return files
