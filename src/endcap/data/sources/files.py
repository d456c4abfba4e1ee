"""Files as they lie there: found by pattern, and looked at for what no parser says."""

from pathlib import Path
from typing import Any

import duckdb
import ibis

from endcap.core.errors import BadData


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
