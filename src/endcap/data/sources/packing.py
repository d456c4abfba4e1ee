"""Bytes of files that lie there plain or packed, and clear words for those that are no text at all."""

import bz2
import gzip
import lzma
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from endcap.core.errors import BadData

CHUNK = 1 << 21
"""Bytes looked at together; a chunk without a line ending is no part of a table."""
GZIP, ZIP, BZIP2, ZSTD, XZ = b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\x00"
PACKED = {".bz2": BZIP2, ".zst": ZSTD, ".xz": XZ, ".zip": ZIP}
NO_TEXT = {
    b"PAR1": "is Parquet: say use = 'parquet'",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook: say use = 'excel'",
    b"SQLite format 3": "is an SQLite database: export its tables as CSV",
    b"%PDF": "is a PDF: ask for the table as CSV",
    b"<!doctype html": "is a page of HTML: export the table as CSV",
    b"<html": "is a page of HTML: export the table as CSV",
    b"<?xml": "is XML: export the table as CSV or JSON",
    b"Rar!": "is a RAR archive: unpack it first",
    b"7z\xbc\xaf": "is a 7z archive: unpack it first",
    b"ORC": "is ORC: convert it to Parquet",
    b"Obj\x01": "is Avro: convert it to Parquet",
}
"""How files begin that are no text = what is said of them."""
CONTROL = bytes(code for code in range(1, 32) if code not in b"\t\n\x0b\x0c\r\x1a\x1b\x1c\x1d\x1e\x1f")


def is_gzip(path: Path) -> bool:
    """Look whether a file is compressed with gzip."""
    with path.open("rb") as file:
        return file.read(2) == GZIP


def open_bytes(path: Path, gzipped: bool) -> IO[bytes]:
    """Open the bytes of a file, unpacked."""
    return gzip.open(path, "rb") if gzipped else path.open("rb")  # type: ignore[return-value]


def open_characters(path: Path, gzipped: bool, encoding: str, errors: str, newline: str | None) -> IO[str]:
    """Open the text of a file, unpacked."""
    if gzipped:
        return gzip.open(path, "rt", encoding=encoding, errors=errors, newline=newline)
    return path.open(encoding=encoding, errors=errors, newline=newline)


def chunks(path: Path, gzipped: bool) -> Iterator[bytes]:
    """Give the bytes of a file, unpacked, chunk by chunk; raises `BadData` if it is damaged."""
    done = 0
    try:
        with open_bytes(path, gzipped) as file:
            while chunk := file.read(CHUNK):
                done += len(chunk)
                yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadData(f"{path}: is damaged or was cut off: gzip gives {done:,} bytes and then: {error}") from error


def require_text(head: bytes, name: str, wide: bool) -> None:
    """Raise `BadData`, with what to do, if a file that begins so is surely no text; `wide` text may hold any byte."""
    begin = head[:64].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    for mark, said in NO_TEXT.items():
        if begin.startswith(mark.lower()):
            raise BadData(f"{name}: {said}")
    sample = head[: 1 << 16]
    control = len(sample) - len(sample.translate(None, CONTROL))
    if control > len(sample) // 20 and not wide:
        raise BadData(f"{name}: is not text: it holds control characters, such as no table has; is it packed?")


def unpack(path: Path, scratch: Path) -> Path:
    """Unpack a file that is not plain and not gzip into the scratch folder; a plain one stays where it is.

    Raises `BadData` if it is damaged, or a zip file with more than one file in it.
    """
    with path.open("rb") as file:
        head = file.read(8)
    wanted = PACKED.get(path.suffix)
    if wanted and head and not head.startswith(wanted):
        raise BadData(f"{path}: ends in {path.suffix} but is not packed so; take {path.suffix} off its name")
    target = scratch / f"{os.urandom(4).hex()}-{path.name}"
    try:
        if head.startswith(ZIP):
            _unzip(path, target)
        elif head.startswith((BZIP2, ZSTD, XZ)):
            with _stream(path, head) as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy, CHUNK)
        else:
            return path
    except (EOFError, OSError, lzma.LZMAError, zipfile.BadZipFile, zlib.error, pa.ArrowInvalid) as error:
        if isinstance(error, OSError) and error.errno:  # what the disk says is said elsewhere
            raise
        raise BadData(f"{path}: is damaged or was cut off: {error}") from error
    return target


def _stream(path: Path, head: bytes) -> Any:
    if head.startswith(BZIP2):
        return bz2.open(path)
    return lzma.open(path) if head.startswith(XZ) else pa.input_stream(str(path), compression="zstd")


def _unzip(path: Path, target: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.xml" in archive.namelist():
            raise BadData(f"{path.name}: is an Excel workbook: say use = 'excel'")
        names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
        if len(names) != 1:
            there = ", ".join(names[:5]) + (" …" if len(names) > 5 else "") or "nothing"
            raise BadData(f"{path.name}: is a zip file that holds {there}; unpack it and name the files that are meant")
        if archive.getinfo(names[0]).flag_bits & 1:
            raise BadData(f"{path.name}: is a zip file with a password; unpack it first")
        with archive.open(names[0]) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, CHUNK)
