"""Excel workbooks (and those of OpenOffice): one sheet is a table of text, as in a CSV file."""

import csv
import datetime
import os
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field

from endcap.core.errors import BadData
from endcap.core.part import needs
from endcap.data.ledger import Ledger
from endcap.data.sources.exports import inputs_of, tables_of
from endcap.data.sources.mapping import Mapped
from endcap.data.sources.reading import Read, read_csv
from endcap.data.sources.tables import Tables
from endcap.data.sources.texts import Cut, Text

EXCEL = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


class Excel(Mapped):
    """Sheets of Excel workbooks. Dates come as dates, whole numbers without a point; lines are those of the sheet."""

    events: str | None = None
    """Path, glob or folder of the events, relative to the settings file; without it, the source gives items alone."""
    catalog: str | None = None
    """The same of the catalog; without one, the items are those of the events."""
    sheet: str | None = None
    """Name of the sheet; without it, the first."""
    header: tuple[str, ...] = ()
    """Names of the columns, for sheets whose first line has none."""
    skip: int = Field(default=0, ge=0)
    """Lines before the one with the names of the columns."""

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> Tables:
        """Events and catalog in our columns; raises `BadData` naming file, line and field."""

        def read(files: list[Path], events: bool, duck: Any, wanted: list[str], first: int) -> Read:
            return read_excel(duck, files, wanted, first, (self.sheet, Cut(",", header=self.header, skip=self.skip)))

        return tables_of(self, (self.events, self.catalog), EXCEL, read, (engine, folder, ledger))

    def inputs(self, folder: Path) -> list[Path]:
        """The files that this source reads."""
        return inputs_of((self.events, self.catalog), folder, EXCEL)


def read_excel(duck: Any, files: list[Path], needed: list[str] | None, first: int, how: tuple[str | None, Cut]) -> Read:
    """The needed columns of a sheet of each workbook as text; `how` names the sheet, and what stands before it."""
    sheet, cut = how
    return read_csv(duck, files, needed, first, cut, partial(open_sheet, sheet))


def sheets_of(path: Path) -> list[str]:
    """Name the sheets of a workbook; raises `BadData` if it is none, `MissingExtra` if nothing is there to read it."""
    return list(_workbook(path).sheet_names)


def open_sheet(sheet: str | None, path: Path, cut: Cut, scratch: Path) -> Text:
    """Copy a sheet into a CSV file, each of its lines on one line."""
    book = _workbook(path)
    names = list(book.sheet_names)
    if sheet is not None and sheet not in names:
        raise BadData(f"{path.name}: has no sheet {sheet!r}; there are: {', '.join(map(repr, names))}")
    if not names:
        raise BadData(f"{path.name}: holds no sheet")
    try:
        rows = book.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False)
    except Exception as error:  # of a library in another language
        raise BadData(f"{path.name}: cannot be read: {error}") from error
    target = scratch / f"{os.urandom(4).hex()}-{path.name}.csv"
    written = 0
    with target.open("w", encoding="utf-8", errors="replace", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        for row in rows[cut.skip :]:
            written += 1
            cells = [_plain(cell) for cell in row]
            if any(cells):
                lines.writerow(cells)
            else:
                file.write("\n")
    return Text(target, path.name, False, written, skipped=cut.skip, encoding="utf-8")


def _workbook(path: Path) -> Any:
    calamine = needs("python_calamine", extra="excel")
    try:
        return calamine.CalamineWorkbook.from_path(str(path))
    except OSError:
        raise
    except Exception as error:  # of a library in another language
        with path.open("rb") as file:
            empty = not file.read(1)
        said = "is empty" if empty else f"is no workbook that can be read: {error}"
        raise BadData(f"{path.name}: {said}") from error


def _plain(cell: Any) -> str:
    """A cell as text on one line."""
    if isinstance(cell, str):
        return " ".join(cell.split()) if "\n" in cell or "\r" in cell else cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        midnight = cell.time() == datetime.time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    if isinstance(cell, datetime.timedelta):
        return str(cell)
    return "" if cell is None else str(cell)
