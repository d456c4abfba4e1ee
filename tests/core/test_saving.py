"""A folder is complete or it is not there; one flipped byte is found before anything is used."""

import fcntl
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread, current_thread
from typing import Any

import numpy as np
import pytest

from endcap.core.arrays import Ragged
from endcap.core.bundle import Bundle, Histories, Shelf
from endcap.core.errors import BadBundle, Busy
from endcap.core.habits import pasts_of
from endcap.core.saving import MANIFEST, facts_of, load, only_one, save, write_atomically
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.popular import Popular
from endcap.testing import checkerboard, same


@dataclass(frozen=True)
class Thing:
    """Something of every kind that can be saved."""

    numbers: np.ndarray[Any, Any]
    rows: Ragged
    parts: dict[str, Any]
    name: str
    nothing: None
    pair: tuple[int, float]


@dataclass(frozen=True)
class Outer:
    """Holds a class that is defined inside another."""

    @dataclass(frozen=True)
    class Inner:
        """A dataclass that cannot be found by module and name alone."""

        numbers: np.ndarray[Any, Any]


class NoDataclass:
    """Not something that fit may return."""


PARTS = {"a": np.eye(2), "b": {"c": np.int64(4)}}
THING = Thing(np.arange(5.0), Ragged.of([[1], [], [2, 3]]), PARTS, "é", None, (1, 2.5))


@pytest.fixture
def bundle() -> Bundle:
    world = checkerboard(6)
    rng = np.random.default_rng(0)
    models = {"popular": Popular().fit(world, rng), "together": CoOccurrence().fit(world, rng)}
    histories = Histories(world.users, pasts_of(world))
    return Bundle("small-1", world.catalog, histories, models, {"settings": ""})


def test_what_was_saved_comes_back_read_only(tmp_path: Path) -> None:
    save(THING, tmp_path / "thing", {"made": "today"})
    loaded = load(tmp_path / "thing")
    assert same(loaded, THING)
    assert (loaded.name, loaded.nothing, loaded.pair, loaded.parts["b"]["c"]) == ("é", None, (1, 2.5), 4)
    assert facts_of(tmp_path / "thing") == {"made": "today"}
    with pytest.raises(ValueError, match="read-only"):
        loaded.numbers[0] = 1.0


def test_a_bundle_comes_back_whole(tmp_path: Path, bundle: Bundle) -> None:
    shelf = Shelf(tmp_path)
    assert shelf.named("candidate") is None
    shelf.put(bundle)
    path = shelf.named("candidate")
    assert path is not None
    loaded = Bundle.load(path)
    assert same(loaded, bundle)
    assert loaded.name == "small-1"
    assert not list(tmp_path.rglob("*.pkl"))


def test_every_flipped_byte_is_found_and_its_file_named(tmp_path: Path, bundle: Bundle) -> None:
    bundle.save(tmp_path)
    files = sorted((tmp_path / "small-1").iterdir())
    assert MANIFEST in {file.name for file in files}
    for file in files:
        whole = file.read_bytes()
        for place in {0, len(whole) // 3, len(whole) // 2, len(whole) - 2, len(whole) - 1}:
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            with pytest.raises(BadBundle, match=file.name):
                Bundle.load(tmp_path / "small-1")
        file.write_bytes(whole)
    assert Bundle.load(tmp_path / "small-1").name == "small-1"


def test_truncated_and_missing_files_are_found_and_named(tmp_path: Path, bundle: Bundle) -> None:
    bundle.save(tmp_path)
    for file in sorted((tmp_path / "small-1").iterdir()):
        whole = file.read_bytes()
        for length in (0, len(whole) // 2, len(whole) - 1):
            file.write_bytes(whole[:length])
            with pytest.raises(BadBundle, match=file.name):
                Bundle.load(tmp_path / "small-1")
        file.unlink()
        with pytest.raises(BadBundle, match=file.name):
            Bundle.load(tmp_path / "small-1")
        file.write_bytes(whole)


@pytest.mark.parametrize("content", ["[]", "5", "null", "{}", "", '"text"', "[" * 100_000])
def test_a_manifest_that_was_never_ours_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(BadBundle, match=MANIFEST):
        load(tmp_path)


def test_another_format_is_refused_with_both_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("endcap.core.saving.FORMAT", 2)
    save(THING, tmp_path / "thing", {})
    monkeypatch.undo()
    with pytest.raises(BadBundle, match=r"format 2, this endcap reads format 1"):
        load(tmp_path / "thing")


@pytest.mark.parametrize("value", [NoDataclass(), {"a": NoDataclass()}, object, {1, 2}, np.array([{}], object)])
def test_what_cannot_be_saved_is_refused_and_leaves_nothing(tmp_path: Path, value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        save({"thing": value}, tmp_path / "thing", {})
    assert list(tmp_path.iterdir()) == []


def test_a_class_that_is_no_dataclass_is_never_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(THING, tmp_path / "thing", {})
    monkeypatch.setattr(f"{__name__}.Thing", os.system)
    with pytest.raises(BadBundle, match="Thing, which is not a dataclass"):
        load(tmp_path / "thing")


def test_a_class_that_is_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(THING, tmp_path / "thing", {})
    monkeypatch.delattr(f"{__name__}.Thing")
    with pytest.raises(BadBundle, match="Thing, which is not installed here"):
        load(tmp_path / "thing")


def test_a_class_inside_a_function_is_refused_when_saved_not_when_served(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Local:
        numbers: np.ndarray[Any, Any]

    with pytest.raises(TypeError, match="define it at the top of a module"):
        save(Local(np.ones(1)), tmp_path / "local", {})
    assert list(tmp_path.iterdir()) == []


def test_a_class_inside_a_class_comes_back(tmp_path: Path) -> None:
    inner = Outer.Inner(np.arange(3))
    save(inner, tmp_path / "inner", {})
    assert same(load(tmp_path / "inner"), inner)


def test_two_arrays_never_share_a_file(tmp_path: Path) -> None:
    clash = {"a": {"b": np.zeros(1)}, "a.b": np.ones(1)}
    save(clash, tmp_path / "clash", {})
    assert load(tmp_path / "clash")["a.b"].tolist() == [1.0]
    assert load(tmp_path / "clash")["a"]["b"].tolist() == [0.0]


def test_a_slash_in_a_name_stays_inside_the_folder(tmp_path: Path) -> None:
    save({"item/../../together": np.ones(1)}, tmp_path / "deep" / "saved", {})
    assert load(tmp_path / "deep" / "saved")["item/../../together"].tolist() == [1.0]
    assert {path.name for path in tmp_path.iterdir()} == {"deep"}


@pytest.mark.parametrize("failing", ["os.fsync", "pathlib.Path.rename", "numpy.lib.format.write_array"])
def test_a_disk_that_fails_anywhere_leaves_one_whole_folder_and_no_debris(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    real: Any = {"os.fsync": os.fsync, "pathlib.Path.rename": Path.rename}.get(failing, np.lib.format.write_array)
    if failing == "pathlib.Path.rename":
        monkeypatch.setattr("endcap.core.saving.exchanged", lambda *_: False)  # as where folders cannot change places
    save({"old": np.ones(1)}, tmp_path / "thing", {})
    failures = 0
    for nth in range(10):
        calls = iter(range(100))

        def breaking(*arguments: Any, calls: Any = calls, nth: int = nth, **options: Any) -> Any:
            if next(calls) == nth:
                raise OSError(28, "No space left on device")
            return real(*arguments, **options)

        with monkeypatch.context() as patched, suppress(OSError):
            patched.setattr(failing, breaking)
            save({"new": np.ones(1), "more": np.ones(1)}, tmp_path / "thing", {})
            break
        failures += 1
        assert {path.name for path in tmp_path.iterdir()} == {"thing"}
        assert set(load(tmp_path / "thing")) in ({"old"}, {"new", "more"})
    assert failures > 0
    assert set(load(tmp_path / "thing")) == {"new", "more"}


def test_who_waited_for_a_folder_that_was_removed_waits_for_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One goes and takes the empty folder away, another makes it anew, and the third holds the lock of the old one."""
    folder, lock, opened, go = tmp_path / "work", fcntl.flock, Event(), Event()
    late, found = [True], []

    def slowly(descriptor: int, how: int) -> None:
        if current_thread() is third and late.pop():
            opened.set()
            go.wait()
            late.append(False)
        lock(descriptor, how)

    def entered() -> None:
        try:
            with only_one(folder, wait=False):
                found.append("in")
        except Busy:
            found.append("busy")

    third = Thread(target=entered)
    monkeypatch.setattr("endcap.core.saving.fcntl.flock", slowly)
    with only_one(folder):
        third.start()
        opened.wait()
    with only_one(folder):
        go.set()
        third.join()
    assert found == ["busy"]


def test_who_may_not_wait_leaves_the_folder_of_the_other_alone(tmp_path: Path) -> None:
    with only_one(tmp_path / "work"):
        for _ in range(2):
            with pytest.raises(Busy), only_one(tmp_path / "work", wait=False):
                pytest.fail("two are in")
        assert (tmp_path / "work").exists()
    assert not (tmp_path / "work").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from endcap.core.saving import load, save

folder, touched, killed = Path(sys.argv[1], "thing"), ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"), 0
save({"old": np.ones(1)}, folder, {})
while True:
    child = os.fork()
    if not child:
        left = [killed]
        def watching(event, arguments):
            if event in touched:
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
        sys.addaudithook(watching)
        save({"new": np.ones(1), "more": np.ones(1)}, folder, {})
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(",".join(sorted(load(folder))))  # fails unless there is a whole folder
    if not status:
        break
    killed += 1
"""


def test_a_save_that_is_killed_at_any_moment_leaves_the_old_folder_or_the_new_one(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    run = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    found = run.stdout.split()
    assert list(dict.fromkeys(found)) == ["old", "more,new"]
    assert min(found.count("old"), found.count("more,new")) > 1


def test_manifest_is_readable_json_that_lists_every_file(tmp_path: Path) -> None:
    save(THING, tmp_path / "thing", {})
    manifest = json.loads((tmp_path / "thing" / MANIFEST).read_text())
    assert {*manifest["files"], MANIFEST} == {path.name for path in (tmp_path / "thing").iterdir()}


def killed_while_saving(folder: Path) -> None:
    """Saves a folder and a text, and is killed before either takes its name."""
    for name, write in (("text", lambda: write_atomically(folder / "text", "new")),
                        ("thing", lambda: save(THING, folder / "thing", {}))):  # fmt: skip
        child = os.fork()
        if not child:
            for kind in ("replace", "rename"):
                setattr(Path, kind, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
            write()  # type: ignore[no-untyped-call]
        assert os.waitpid(child, 0)[1] == signal.SIGKILL, name


def test_what_a_killed_process_left_beside_is_removed_by_the_next(tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(target=killed_while_saving, args=(tmp_path,))
    child.start()
    child.join()
    assert child.exitcode == 0
    assert len(list(tmp_path.iterdir())) == 2
    alive, elsewhere = (tmp_path / f".thing.{host}-{pid}.part" for host, pid in ((_host(), 1), ("other", 999_999_999)))
    for folder in (alive, elsewhere):
        folder.mkdir()
    write_atomically(tmp_path / "text", "new")
    save(THING, tmp_path / "thing", {})
    assert {path.name for path in tmp_path.iterdir()} == {"text", "thing", alive.name, elsewhere.name}


def _host() -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in socket.gethostname())
