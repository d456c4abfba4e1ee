"""A workbook written by hand: as little XML as spreadsheets write."""

import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
Rows = Sequence[Sequence[object]]
EPOCH = datetime(1899, 12, 30)


def write_workbook(path: Path, sheets: Mapping[str, Rows]) -> None:
    """Write sheets of rows; dates are numbers with a format, as in Excel, and None is no cell."""
    with zipfile.ZipFile(path, "w") as file:
        kinds = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="application/vnd.openxmlformats-'
            'officedocument.spreadsheetml.worksheet+xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        book = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
        styles = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
        file.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.'
            f'openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{book}"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{styles}"/>{kinds}</Types>',
        )
        file.writestr("_rels/.rels", relations([("officeDocument", "xl/workbook.xml")]))
        parts = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
        file.writestr("xl/_rels/workbook.xml.rels", relations([*parts, ("styles", "styles.xml")]))
        named = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
        file.writestr("xl/workbook.xml", f'<workbook {MAIN} xmlns:r="{RELS}"><sheets>{named}</sheets></workbook>')
        file.writestr(
            "xl/styles.xml",
            f'<styleSheet {MAIN}><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/>'
            "</cellXfs></styleSheet>",
        )
        for n, rows in enumerate(sheets.values(), 1):
            lines = "".join(
                f'<row r="{line}">{"".join(cell(value, column, line) for column, value in enumerate(row))}</row>'
                for line, row in enumerate(rows, 1)
            )
            file.writestr(
                f"xl/worksheets/sheet{n}.xml", f"<worksheet {MAIN}><sheetData>{lines}</sheetData></worksheet>"
            )


def relations(targets: Sequence[tuple[str, str]]) -> str:
    """The parts that a part of the workbook names."""
    each = "".join(
        f'<Relationship Id="r{n}" Type="{RELS}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{each}</Relationships>'


def cell(value: object, column: int, line: int) -> str:
    """One cell, in one of the first 26 columns."""
    place = f'r="{chr(ord("A") + column)}{line}"'
    if value is None:
        return ""
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime.combine(value, datetime.min.time())
        return f'<c {place} s="1"><v>{(moment - EPOCH).total_seconds() / 86_400!r}</v></c>'
    if isinstance(value, int | float):
        return f"<c {place}><v>{value!r}</v></c>"
    return f'<c {place} t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'
