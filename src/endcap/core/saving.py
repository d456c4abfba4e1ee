"""Frozen dataclasses of arrays as a folder: plain ``.npy`` files and one manifest, written last. No pickle, ever.

A folder is complete or it is not there: everything is written beside its place, flushed to disk, and renamed.
The manifest holds a checksum of every file and of itself, so that one flipped byte is found before anything is used.
"""

import dataclasses
import fcntl
import glob
import hashlib
import importlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from endcap.core.errors import BadBundle, Busy
from endcap.core.exchanging import exchanged
from endcap.core.processes import Process, has_ended, this_process

FORMAT = 1
"""Version of this layout; another one is refused with both numbers."""
MANIFEST = "manifest.json"
Tree = Any
"""JSON that describes a value; arrays stand in it as the name of their file."""


def save(value: Any, folder: Path, facts: Mapping[str, Any], files: Mapping[str, Path] | None = None) -> None:
    """Writes a value (frozen dataclasses, mappings, lists, arrays, numbers, strings) and facts about it as a folder.

    `files` come to lie beside the arrays, under the given names. An array that is an ``.npy`` file already, mapped into
    memory, is not written again: the folder gets a link to it. An existing folder of that name is replaced as a whole.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    beside = _beside(folder, "part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        arrays: dict[str, np.ndarray[Any, Any]] = {}
        tree = _described(value, "value", arrays)
        checksums = {name: _write_array(beside / name, array) for name, array in arrays.items()}
        checksums |= {name: _link(beside / name, file) for name, file in (files or {}).items()}
        manifest = {"format": FORMAT, "facts": dict(facts), "files": checksums, "tree": tree}
        manifest["checksum"] = _digest(_canonical(manifest))
        _write(beside / MANIFEST, _canonical(manifest))
        flush_folder(beside)
        if folder.exists():
            _put_in_place(beside, folder)
        else:
            beside.rename(folder)
        flush_folder(folder.parent)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _put_in_place(beside: Path, folder: Path) -> None:
    """A new folder in the place of an old one, which is removed."""
    if exchanged(beside, folder):
        flush_folder(folder.parent)
        shutil.rmtree(beside)
        return
    # Who is killed between these two renames leaves no folder of that name; what was in it is in the stale one.
    stale = _beside(folder, "old")
    folder.rename(stale)
    try:
        beside.rename(folder)
    except BaseException:
        stale.rename(folder)
        raise
    shutil.rmtree(stale)


def facts_of(folder: Path) -> dict[str, Any]:
    """The facts that a folder was saved with; raises `BadBundle` if its manifest is damaged or of another version."""
    facts: dict[str, Any] = _manifest(folder)["facts"]
    return facts


def load(folder: Path, *, verify: bool = True) -> Any:
    """The value that was saved, its arrays mapped into memory and read-only.

    With `verify`, every byte is compared with the manifest's checksum first; without, a file that is missing or too
    short is still found. Raises `BadBundle` naming the file.
    """
    manifest = _manifest(folder)
    if verify:
        for name, checksum in manifest["files"].items():
            _check(folder / name, checksum)
    return _restored(manifest["tree"], folder)


def _described(value: Any, path: str, arrays: dict[str, np.ndarray[Any, Any]]) -> Tree:
    if isinstance(value, np.ndarray):
        name = _file_name(path, arrays)
        arrays[name] = value
        return {"array": name}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        if "<locals>" in kind.__qualname__:
            raise TypeError(f"{path}: {kind.__qualname__} cannot be found again; define it at the top of a module")
        fields = {
            field.name: _described(getattr(value, field.name), f"{path}.{field.name}", arrays)
            for field in dataclasses.fields(value)
        }
        return {"type": f"{kind.__module__}:{kind.__qualname__}", "fields": fields}
    if isinstance(value, Mapping):
        return {"map": {key: _described(item, f"{path}.{key}", arrays) for key, item in value.items()}}
    if isinstance(value, tuple | list):
        return {"list": [_described(item, f"{path}.{place}", arrays) for place, item in enumerate(value)]}
    if value is None or isinstance(value, str | int | float | bool):
        return {"plain": value}
    if isinstance(value, np.generic):
        return {"plain": value.item()}
    raise TypeError(
        f"{path}: a {type(value).__name__} cannot be saved; what fit returns is a frozen dataclass of arrays"
    )


def _file_name(path: str, taken: Mapping[str, Any]) -> str:
    """The path as the name of a file in this folder, whatever people call their models, and not one that is taken."""
    plain = re.sub(r"[^\w.-]", "_", path)
    names = (f"{plain}{again}.npy" for again in ("", *(f"~{n}" for n in range(2, len(taken) + 3))))
    return next(name for name in names if name not in taken)


def _restored(tree: Tree, folder: Path) -> Any:
    match tree:
        case {"array": name}:
            return _mapped(folder / name)
        case {"type": name, "fields": fields}:
            return _made(name, {key: _restored(item, folder) for key, item in fields.items()}, folder)
        case {"map": items}:
            return {key: _restored(item, folder) for key, item in items.items()}
        case {"list": items}:
            return tuple(_restored(item, folder) for item in items)
        case {"plain": value}:
            return value
        case _:
            raise BadBundle(f"{folder / MANIFEST}: cannot read the entry {tree!r}")


def _mapped(path: Path) -> np.ndarray[Any, Any]:
    try:
        array: np.ndarray[Any, Any] = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    except FileNotFoundError as error:
        raise BadBundle(f"{path}: missing, though the manifest lists it: make it again") from error
    except (OSError, ValueError, EOFError) as error:
        raise BadBundle(f"{path}: damaged, it is not the array that was written: make it again") from error
    return array


def _made(name: str, fields: dict[str, Any], folder: Path) -> Any:
    kind = _class(name)
    try:
        return kind(**fields)
    except TypeError as error:
        known = ", ".join(field.name for field in dataclasses.fields(kind))
        found = f"a {name} with {', '.join(fields)}, which here has {known}"
        raise BadBundle(f"{folder / MANIFEST}: {found}: another version of it made this: train again") from error


def _class(name: str) -> type:
    module, _, attribute = name.partition(":")
    try:
        found = attrgetter(attribute)(importlib.import_module(module))
    except (ImportError, AttributeError) as error:
        raise BadBundle(f"the bundle holds a {name}, which is not installed here") from error
    if not (isinstance(found, type) and dataclasses.is_dataclass(found)):
        raise BadBundle(f"the bundle names {name}, which is not a dataclass")
    return found


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
        manifest: dict[str, Any] = json.loads(content)
        checksum = manifest.pop("checksum")
    except FileNotFoundError as error:
        raise BadBundle(f"{folder}: there is no {MANIFEST}, so this folder was never finished: train again") from error
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise BadBundle(f"{path}: damaged, it is not the JSON that was written: train again") from error
    if _digest(_canonical(manifest)) != checksum or _canonical({**manifest, "checksum": checksum}) != content:
        raise BadBundle(f"{path}: damaged, its content does not match its checksum: train again")
    if manifest["format"] != FORMAT:
        raise BadBundle(f"{path}: format {manifest['format']}, this endcap reads format {FORMAT}: train again")
    return manifest


def _check(path: Path, checksum: str) -> None:
    try:
        found = _checksum(path)
    except FileNotFoundError as error:
        raise BadBundle(f"{path}: missing, though the manifest lists it: train again") from error
    if found != checksum:
        raise BadBundle(f"{path}: damaged, its content does not match the manifest: train again")


def _write_array(path: Path, array: np.ndarray[Any, Any]) -> str:
    if isinstance(array, np.memmap) and _is_whole_file(array):
        return _link(path, Path(str(array.filename)))
    with path.open("wb") as file:
        np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return _checksum(path)


def _is_whole_file(array: np.memmap[Any, Any]) -> bool:
    """Whether a mapped array is all that its file holds, so that the file may stand for it."""
    if array.filename is None or not str(array.filename).endswith(".npy") or not Path(str(array.filename)).exists():
        return False
    whole = np.load(str(array.filename), mmap_mode="r", allow_pickle=False)
    same: bool = (
        whole.dtype == array.dtype
        and whole.shape == array.shape
        and whole.strides == array.strides
        and Path(str(array.filename)).stat().st_size == whole.offset + whole.nbytes
    )
    return same


def _link(path: Path, source: Path) -> str:
    """A second name for a file, or where that cannot be a copy; its checksum."""
    try:
        os.link(source, path)
    except OSError:
        shutil.copyfile(source, path)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return _checksum(path)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_atomically(path: Path, text: str) -> None:
    """Writes a small text file so that a reader sees the old content or the new, never a part of either."""
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path)
    beside = _beside(path, "part")
    _write(beside, text.encode())
    beside.replace(path)
    flush_folder(path.parent)


def remove_leftovers(path: Path) -> None:
    """Remove what processes that were killed have left beside a file or folder while they wrote it.

    What a process is still writing stays, and so does all of other machines that share the disk. What was moved aside
    stays if there is nothing in its place: then it is all that is left of the old content.
    """
    mine = this_process()
    prefix = f".{path.name}."
    for beside in [*path.parent.glob(f"{glob.escape(prefix)}*-*.*")]:
        token, _, kind = beside.name.removeprefix(prefix).rpartition(".")
        host, _, pid = token.rpartition("-")
        if kind not in {"part", "old"} or f"{host}-" != mine.token.removesuffix(str(mine.pid)) or not pid.isdecimal():
            continue
        if has_ended(Process(mine.host, int(pid))) and (kind == "part" or path.exists()):
            shutil.rmtree(beside, ignore_errors=True)
            with suppress(OSError):
                beside.unlink(missing_ok=True)


def _beside(path: Path, kind: str) -> Path:
    """Where this process writes what is to take the place of a file or folder."""
    return path.with_name(f".{path.name}.{this_process().token}.{kind}")


@contextmanager
def only_one(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """A context that one process at a time is in for a folder, which is made; the lock of one that was killed is free.

    A folder in which nothing was left is removed again. Raises `Busy` instead of waiting, if told so.
    """
    descriptor = _locked(folder, wait)
    try:
        yield
    finally:
        with suppress(OSError):
            folder.rmdir()
        os.close(descriptor)


def _locked(folder: Path, wait: bool) -> int:
    """An open descriptor of the folder with the lock of it."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Who had the lock may have removed this folder, and by now others lock a new one of its name.
            if _is_at(descriptor, folder):
                return descriptor
        except BlockingIOError as error:
            os.close(descriptor)
            raise Busy(f"{folder}: another process is at work on it at this moment") from error
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_at(descriptor: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), folder.stat())
    except FileNotFoundError:
        return False


def flush_folder(folder: Path) -> None:
    """Puts the names in a folder on disk: a file that was renamed into it stays there after a crash."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _canonical(manifest: Mapping[str, Any]) -> bytes:
    return json.dumps(manifest, sort_keys=True, ensure_ascii=False, indent=1).encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
