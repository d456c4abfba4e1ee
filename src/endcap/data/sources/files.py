"""Files as they lie there: found by pattern, looked through for what no parser says, and never read half."""

import codecs
import csv
import gzip
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb
import ibis

from endcap.core.errors import BadData

CHUNK = 1 << 21
"""Bytes looked at together; a chunk without a line ending is no part of a table."""
LONGEST_LINE = 2 * CHUNK
GZIP = b"\x1f\x8b"
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
        codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}  # fmt: skip


def matching(pattern: str, folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """The files that a path, glob or folder names, sorted; in a folder, those with the given ends at any depth.

    Raises `BadData` if there is none.
    """
    path = folder / pattern
    if path.is_dir():
        inside = (file for file in path.rglob("*") if file.is_file() and not file.name.startswith((".", "_")))
        files = sorted(file for file in inside if file.name.endswith(suffixes))
        if not files:
            raise BadData(f"{path}: is a folder without a file that ends in {', '.join(suffixes)}")
        return files
    files = [path] if path.is_file() else sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    files = [file for file in files if file.is_file()]
    if not files:
        raise BadData(f"{path}: there is no such file")
    return files


def opened(pattern: str, folder: Path, read: Any) -> ibis.Table:
    """A lazily read table of all files that match; raises `BadData` if there is none or one cannot be read."""
    files = matching(pattern, folder, (".parquet",))
    with explained(pattern):
        return read([str(file) for file in files])


class explained:  # noqa: N801 — reads as a word of the sentence
    """A context in which what DuckDB and the disk say becomes `BadData` with the name of the file."""

    def __init__(self, source: str) -> None:
        self.source = source

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Says what went wrong, if it did."""
        if isinstance(error, duckdb.Error):
            cause = " ".join(str(error).split())[:300]
            raise BadData(f"{self.source}: cannot be read: {cause}") from error


def parquet_checked(path: Path) -> Path:
    """The path of a Parquet file that begins and ends like one; raises `BadData` for anything else."""
    with path.open("rb") as file:
        begin = file.read(4)
        file.seek(max(0, path.stat().st_size - 4))
        end = file.read(4)
    if not begin:
        raise BadData(f"{path}: is empty")
    if begin != b"PAR1":
        raise BadData(f"{path}: is not Parquet: it begins with {begin!r}, expected b'PAR1'")
    if end != b"PAR1":
        raise BadData(f"{path}: is a Parquet file that was cut off: its end, where the columns are listed, is missing")
    return path


@dataclass(frozen=True)
class Text:
    """A text file that can be read to its end, in UTF-8."""

    path: Path
    """The file itself, or its translation into UTF-8 in a temporary folder."""
    name: str
    """What people call it."""
    gzipped: bool
    lines: int
    """How many there are, those within quotes and blank ones too."""

    def open(self) -> IO[str]:
        """Its text from the beginning, without a byte order mark; what is not UTF-8 is replaced."""
        if self.gzipped:
            return gzip.open(self.path, "rt", encoding="utf-8-sig", errors="replace", newline="")
        return self.path.open(encoding="utf-8-sig", errors="replace", newline="")


def text(path: Path, encoding: str | None, scratch: Path) -> Text:
    """The file after a look at all of it; raises `BadData` if it is cut off, empty, or no text.

    A file in another encoding than UTF-8 (named, or told by its byte order mark) is translated into `scratch` first.
    """
    with path.open("rb") as file:
        gzipped = file.read(2) == GZIP
    if path.name.endswith(".gz") and not gzipped and path.stat().st_size:
        raise BadData(f"{path}: ends in .gz but is not compressed with gzip")
    told = encoding or next((name for mark, name in BOMS.items() if _head(path, gzipped).startswith(mark)), "utf-8")
    if codecs.lookup(told).name not in ("utf-8", "utf-8-sig", "ascii"):
        path, name, gzipped = _translated(path, told, gzipped, scratch), path.name, False
    else:
        name = path.name
    newlines = returns = 0
    last = b""
    for chunk in _chunks(path, gzipped):
        if chunk.count(0) > len(chunk) // 10 and b"\n" in chunk:
            raise BadData(f"{name}: is not text, it holds NUL bytes; if it is UTF-16, say encoding = 'utf-16'")
        if len(chunk) == CHUNK and b"\n" not in chunk and b"\r" not in chunk:
            at = f"{name}, line {newlines + 1}"
            raise BadData(f"{at}: is longer than {CHUNK:,} bytes; is a line ending missing, or is it no text?")
        newlines += chunk.count(b"\n")
        returns += 0 if newlines else chunk.count(b"\r")
        last = chunk[-1:]
    return Text(path, name, gzipped, (newlines or returns) + (last not in (b"", b"\n", b"\r")))


def header(file: Text, delimiter: str | None, quote: str) -> tuple[list[str], str]:
    """The column names in the first line, and the delimiter (the one that makes most fields, if it is not given)."""
    found, mark = fields(file, delimiter, quote)
    names = [name.strip() for name in found]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise BadData(f"{file.name}, line 1: column {', '.join(map(repr, twice))} stands more than once")
    return [name or f"column {place}" for place, name in enumerate(names, 1)], mark


def fields(file: Text, delimiter: str | None, quote: str) -> tuple[list[str], str]:
    """The first line cut into fields, and the delimiter that cuts it."""
    with file.open() as lines:
        first = lines.readline()
    if not first.strip():
        raise BadData(f"{file.name}: is empty: expected a first line with the names of the columns")
    split = {mark: next(csv.reader([first], delimiter=mark, quotechar=quote)) for mark in (delimiter or ",;\t|")}
    mark = max(split, key=lambda mark: len(split[mark]))
    return split[mark], mark


def _head(path: Path, gzipped: bool) -> bytes:
    return next(_chunks(path, gzipped), b"")


def _chunks(path: Path, gzipped: bool) -> Iterator[bytes]:
    done = 0
    try:
        with gzip.open(path, "rb") if gzipped else path.open("rb") as file:
            while chunk := file.read(CHUNK):
                done += len(chunk)
                yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadData(f"{path}: is damaged or was cut off: gzip gives {done:,} bytes and then: {error}") from error


def _translated(path: Path, encoding: str, gzipped: bool, scratch: Path) -> Path:
    decode = codecs.getincrementaldecoder(encoding)()
    target = scratch / f"{os.urandom(4).hex()}-{path.name.removesuffix('.gz')}"
    line = 1
    with target.open("w", encoding="utf-8", newline="") as file:
        try:
            for chunk in _chunks(path, gzipped):
                text = decode.decode(chunk)
                file.write(text)
                line += text.count("\n")
            file.write(decode.decode(b"", final=True))
        except UnicodeError as error:
            said = getattr(error, "reason", error)
            raise BadData(f"{path}, at or after line {line}: is not {encoding}: {said}") from error
    return target
