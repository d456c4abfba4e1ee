"""Hashes as DVC writes them. The expected ones are those that DVC 3.67.1 (`dvc add`) gave for the same bytes."""

import os
from pathlib import Path

import pytest

from endcap.data.sources import Csv, Parquet, Sql
from endcap.evaluate.tracking.dvc import REMEMBERED, Hashes, inputs_of

FILES = {
    ".DS_Store": b"no",
    ".hidden": b"hidden",
    "Big": b"B",
    "one.csv": b"hello\n",
    "sub-.txt": b"z",
    "sub/crlf.txt": b"a\r\nb\r\n",
    "sub/nothing": b"",
    'sub/qu"ote\\.txt': b"q",
    "ä b/é.bin": b"x",
}
FOLDER = "751f81062620ed5c288fda0a80e1913a.dir"
EMPTY = "d751713988987e9331980363e24189ce.dir"
HELLO = "b1946ac92492d2347c6235b4d2611184"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what is hard: hidden files, names out of order, quotes, other letters, links, empty folders."""
    for name, content in FILES.items():
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_bytes(content)
    (tmp_path / "data" / "empty").mkdir()
    (tmp_path / "data" / "sub" / "link").symlink_to("../one.csv")
    return tmp_path


@pytest.fixture
def hashes(tmp_path: Path) -> Hashes:
    """Hashes that remember nothing."""
    return Hashes(tmp_path / "known.json", 0.0)


def test_a_file_and_a_folder_have_the_hashes_that_dvc_gives(folder: Path, hashes: Hashes) -> None:
    assert hashes.of(folder / "data" / "one.csv") == HELLO
    assert hashes.of(folder / "data") == FOLDER
    assert hashes.of(folder / "data" / "empty") == EMPTY


def test_a_link_to_a_folder_is_not_followed(folder: Path, hashes: Hashes) -> None:
    (folder / "linked").mkdir()
    (folder / "linked" / "b").write_bytes(b"2\n")
    (folder / "linked" / "dir").symlink_to(folder / "data")
    assert hashes.of(folder / "linked") == "dbbad6a94f09bc684e9ca33271a1e542.dir"


@pytest.mark.parametrize(("inside", "expected"), [(".git", FOLDER), (".hg", FOLDER), (".dvc", EMPTY)])
def test_repositories_inside_are_left_out(folder: Path, hashes: Hashes, inside: str, expected: str) -> None:
    (folder / "data" / inside).mkdir()
    (folder / "data" / inside / "config").write_bytes(b"x")
    assert hashes.of(folder / "data") == expected


def test_a_large_file_is_read_again_only_if_its_size_or_time_changed(tmp_path: Path) -> None:
    large, known = tmp_path / "large", tmp_path / "known.json"
    large.write_bytes(bytes(REMEMBERED))
    os.utime(large, (1000, 1000))
    first = Hashes(known, now=2000.0)
    digest = first.of(large)
    first.keep()
    with large.open("r+b") as file:
        file.write(b"other")
    os.utime(large, (1000, 1000))
    assert Hashes(known, now=2000.0).of(large) == digest
    os.utime(large, (1001, 1001))
    assert Hashes(known, now=2000.0).of(large) != digest


def test_a_file_that_was_written_just_now_is_not_remembered(tmp_path: Path) -> None:
    large, known = tmp_path / "large", tmp_path / "known.json"
    large.write_bytes(bytes(REMEMBERED))
    os.utime(large, (1000, 1000))
    fresh = Hashes(known, now=1001.0)
    fresh.of(large)
    fresh.keep()
    assert not known.exists()


def test_a_damaged_memory_is_none(tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    known.write_text("{")
    (tmp_path / "file").write_bytes(b"hello\n")
    assert Hashes(known, 0.0).of(tmp_path / "file") == HELLO


def test_inputs_are_the_files_and_folders_that_settings_name(folder: Path, hashes: Hashes) -> None:
    (folder / "items.csv").write_bytes(b"hello\n")
    sources = [Parquet(events="data", catalog="items.csv"), Csv(events="data/*.csv"), Csv(events="no/such/*.csv")]
    assert inputs_of(sources, folder, hashes) == {"data": FOLDER, "data/one.csv": HELLO, "items.csv": HELLO}
    assert inputs_of([Csv(events=".")], folder, hashes) == {}


def test_a_file_outside_is_named_in_full(folder: Path, hashes: Hashes) -> None:
    outside = folder / "data" / "one.csv"
    (folder / "shop").mkdir()
    assert inputs_of([Csv(events="../data/one.csv")], folder / "shop", hashes) == {str(outside): HELLO}


def test_a_query_that_is_too_long_for_a_name_is_no_file(tmp_path: Path, hashes: Hashes) -> None:
    (tmp_path / "items.csv").write_bytes(b"hello\n")
    source = Sql(files={"items": "items.csv"}, catalog=f"SELECT {'x' * 300} FROM items")
    assert inputs_of([source], tmp_path, hashes) == {"items.csv": HELLO}
