"""Files that a recipe names: part of what it is are the bytes in them, so that a changed file is another recipe."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import PlainSerializer

from endcap.core.errors import BadData


def stamped(path: Path) -> str:
    """The path and a hash of what it holds; a folder by names and sizes of its files, since pictures are many."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        listed = "\n".join(f"{file.relative_to(path)} {file.stat().st_size}" for file in files)
        return f"{path}#{hashlib.sha256(listed.encode()).hexdigest()[:16]}"
    if not path.is_file():
        return f"{path}#missing"
    facts = path.stat()
    return f"{path}#{_hashed(path, facts.st_size, facts.st_mtime_ns)}"


LocalPath = Annotated[Path, PlainSerializer(stamped, when_used="json")]
"""A path as a field of a recipe; what is not absolute starts where the command is run."""


def present(path: Path, what: str) -> Path:
    """The path; raises `BadData` naming it and where it was looked for, if nothing is there."""
    if not path.exists():
        raise BadData(f"{what}: there is nothing at {path} (looked for at {path.absolute()})")
    return path


@cache
def _hashed(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
