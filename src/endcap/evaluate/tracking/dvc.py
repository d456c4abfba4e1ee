"""Hashes of files and folders as DVC writes them into ``.dvc`` files, so that a run names the very data of a commit.

A file has the MD5 of its bytes; a folder the MD5 of a listing of its files, with ``.dir`` behind it (the cache format
of DVC 3, which takes every file as bytes). A ``.dvcignore`` file is not followed.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from endcap.core.saving import write_atomically

IGNORED = (".git", ".hg")
"""Folders that DVC never looks into."""
REMEMBERED = 1 << 22
"""Bytes; the hash of a smaller file is made each time."""
RACY = 2.0
"""Seconds that a file must have rested for its time to say whether it changed."""


class Hashes:
    """Hashes of files; those of large ones are written down with size and time, and made again if these changed."""

    def __init__(self, known: Path, now: float) -> None:
        self.known, self.now = known, now
        self._before: Mapping[str, Any] = _read(known)
        self._learned: dict[str, Any] = {}

    def of(self, path: Path) -> str:
        """The hash of a file, or of a folder with all files in it at any depth."""
        return self._folder(path) if path.is_dir() else self._file(path)

    def keep(self) -> None:
        """Writes down what was learned, for the next time."""
        if self._learned != self._before:
            write_atomically(self.known, json.dumps(self._learned, indent=1))

    def _file(self, path: Path) -> str:
        facts, name = path.stat(), str(path.resolve())
        state = [facts.st_size, facts.st_mtime_ns, facts.st_ino]
        before = self._before.get(name, {})
        if before.get("state") == state:
            digest: str = before["md5"]
        else:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        if facts.st_size >= REMEMBERED and self.now - facts.st_mtime > RACY:
            self._learned[name] = {"state": state, "md5": digest}
        return digest

    def _folder(self, folder: Path) -> str:
        files = sorted((path.relative_to(folder).as_posix(), path) for path in _inside(folder))
        listing = json.dumps([{"md5": self._file(path), "relpath": name} for name, path in files])
        return f"{hashlib.md5(listing.encode(), usedforsecurity=False).hexdigest()}.dir"


def inputs_of(sources: Iterable[Any], folder: Path, hashes: Hashes) -> dict[str, str]:
    """The hash of every file and folder that settings of the sources name, by its path as seen from the folder."""
    places = sorted({path for source in sources for text in _texts(source) for path in _named(text, folder)})
    found = {_seen(path, folder): hashes.of(path) for path in places}
    hashes.keep()
    return found


def _texts(source: Any) -> Iterator[str]:
    """Every text among the settings of a part."""
    dump = getattr(source, "model_dump", dict)
    todo: list[Any] = [dump()]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            todo += value.values()
        elif isinstance(value, list | tuple):
            todo += value


def _named(text: str, folder: Path) -> Iterator[Path]:
    """What a text names, if it is a path or a pattern of paths; nothing for any other text."""
    if not text or "\0" in text or len(text) > 1000:
        return
    path = Path(os.path.normpath(folder / text))
    if _exists(path):
        yield from () if folder.is_relative_to(path) else (path,)
    elif any(mark in text for mark in "*?["):
        yield from (file for file in Path(path.anchor).glob(str(path.relative_to(path.anchor))) if file.is_file())


def _exists(path: Path) -> bool:
    """Whether there is such a file or folder; a name that is too long for one, such as a query, is none."""
    try:
        return path.exists()
    except OSError:
        return False


def _seen(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _inside(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        repository = ".dvc" in folders  # one within another: not looked into
        folders[:] = [] if repository else [name for name in folders if name not in IGNORED]
        yield from (Path(place, name) for name in files if name != ".git" and not repository)


def _read(known: Path) -> Mapping[str, Any]:
    try:
        remembered: Mapping[str, Any] = json.loads(known.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return remembered
