"""What a person types: every command, and one clear message for every mistake."""

import json
import re
import shutil
import socket
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from endcap.cli import app

Shop = Path


@pytest.fixture(autouse=True)
def _same_search_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands put the folder of the settings on the search path of modules."""
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture
def shop(csv_shop: Path, tmp_path: Path) -> Shop:
    """A folder with the files of a small shop."""
    return Path(shutil.copytree(csv_shop, tmp_path / "shop"))


@pytest.fixture
def open_shop(released: Path, tmp_path: Path) -> Shop:
    """A copy of a shop that is trained and released."""
    return Path(shutil.copytree(released, tmp_path / "open"))


def run(*words: object) -> Result:
    """What a command says and ends with."""
    return CliRunner().invoke(app, [str(word) for word in words])


def files(folder: Path) -> set[str]:
    """Every file and folder under a folder, but for where runs are kept: what failed was a run too."""
    found = {str(path.relative_to(folder)) for path in folder.rglob("*")} - {"var"}
    return {name for name in found if not name.startswith("var/runs")}


def refused(result: Result, *said: str) -> None:
    """One message on stderr that has all the words, exit code 1, nothing on stdout, no stack trace."""
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("error: ")
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert isinstance(result.exception, SystemExit)
    for words in said:
        assert words in result.stderr


def test_from_files_to_a_slate(shop: Shop) -> None:
    config = shop / "endcap.toml"
    assert run("init", shop / "events.csv", "--catalog", shop / "catalog.csv", "-c", config).exit_code == 0
    prepared = run("prepare", "-c", config)
    assert (prepared.exit_code, prepared.stdout) == (0, "")
    assert "380 events, 20 items, 7 users, 40 baskets" in prepared.stderr
    assert run("train", "-c", config).exit_code == 0
    assert run("release", "-c", config).exit_code == 0
    result = run("recommend", "item/together", "--item", "i04", "-k", 3, "--json", "-c", config)
    slate = json.loads(result.stdout)
    assert (slate["tier"], len(slate["items"]), slate["trace"]) == ("primary", 3, None)
    assert {int(item["item_id"][1:]) % 2 for item in slate["items"]} == {0}
    explained = json.loads(
        run("explain", "cart/together", "--cart", "i04", "--cart", "i06", "--json", "-c", config).stdout
    )
    assert {seed["item_id"] for item in explained["items"] for seed in item["because"]} == {"i04", "i06"}
    assert "Item" in run("recommend", "home/popular", "-c", config).stderr


def test_training_again_changes_nothing(open_shop: Shop) -> None:
    before = files(open_shop)
    assert run("train", "-c", open_shop / "endcap.toml").exit_code == 0
    assert files(open_shop) == before


@pytest.mark.parametrize("command", ["prepare", "train", "release", "serve", "recommend home/popular"])
def test_without_settings(tmp_path: Path, command: str) -> None:
    refused(run(*command.split(), "-c", tmp_path / "endcap.toml"), "there is no such file", "endcap init")
    assert files(tmp_path) == set()


@pytest.mark.parametrize("command", ["release", "serve", "recommend home/popular"])
def test_before_there_is_anything_to_serve(shop: Shop, command: str) -> None:
    run("init", shop / "events.csv", "-c", shop / "endcap.toml")
    before = files(shop)
    refused(run(*command.split(), "-c", shop / "endcap.toml"), "endcap train")
    assert files(shop) == before


def test_init_never_overwrites(shop: Shop) -> None:
    (shop / "endcap.toml").write_text("mine")
    refused(run("init", shop / "events.csv", "-c", shop / "endcap.toml"), "exists already", "--config")
    assert (shop / "endcap.toml").read_text() == "mine"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"time,session_id,kind\n1,s,view\n", "item"),
        (b"time,session_id,kind,item_id\nsoon,s,view,a\n", "line 2: time must be a timestamp"),
        (b"time,session_id,kind,item_id\n1,s,look,a\n", "line 2: kind must be one of"),
        (b"", "events.csv"),
        (b"\xff\xfe\xff\x00\n\xff", "events.csv"),
        (b"time,session_id,kind,item_id\n1,s,view,a,too,many,fields\n", "events.csv"),
    ],
)
@pytest.mark.parametrize("command", ["init", "train"])
def test_bad_data(shop: Shop, content: bytes, said: str, command: str) -> None:
    config = shop / "endcap.toml"
    if command == "train":
        run("init", shop / "events.csv", "-c", config)
    (shop / "events.csv").write_bytes(content)
    before = files(shop)
    if command == "init":  # it leaves settings that can be corrected
        result = run("init", shop / "events.csv", "-c", config)
        assert (result.exit_code, result.stdout) == (1, ""), result.output
        assert "error: " in result.stderr
        assert said in result.stderr
        assert files(shop) == before | {"endcap.toml"}
    else:
        refused(run("train", "-c", config), said)
        assert files(shop) == before


def test_a_file_that_is_not_there(shop: Shop) -> None:
    refused(run("init", shop / "orders.csv", "-c", shop / "endcap.toml"), "orders.csv: there is no such file")
    refused(run("init", shop / "catalog.xlsx", "-c", shop / "endcap.toml"), "there is no such file")
    assert not (shop / "endcap.toml").exists()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("half_life", "halflife", "models.popular.halflife: unknown key; known: kinds, half_life"),
        (r"retrievers = \[.*\]", 'retrievers = ["x"]', "no model is called 'x'; there are: popular"),
    ],
)
def test_bad_settings(open_shop: Shop, before: str, after: str, said: str) -> None:
    config = open_shop / "endcap.toml"
    config.write_text(re.sub(before, after, config.read_text(), count=1))
    there = files(open_shop)
    for command in ("prepare", "train", "release", "serve"):
        refused(run(command, "-c", config), "endcap.toml, line", said)
    assert files(open_shop) == there


def flip(path: Path) -> None:
    """Changes one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_bundle_with_one_flipped_byte_is_never_served_or_released(open_shop: Shop) -> None:
    config = open_shop / "endcap.toml"
    (bundle,) = (path for path in (open_shop / "var" / "bundles").iterdir() if path.is_dir())
    current = (open_shop / "var" / "bundles" / "current").read_text()
    for path in sorted(bundle.iterdir()):
        whole = path.read_bytes()
        flip(path)
        for command in ("recommend home/popular", "release"):
            refused(run(*command.split(), "-c", config), path.name, "damaged")
        path.write_bytes(whole)
    flip(bundle / "manifest.json")
    refused(run("serve", "--port", 0, "-c", config), "manifest.json", "train")
    assert (open_shop / "var" / "bundles" / "current").read_text() == current


def test_training_again_mends_whatever_is_damaged(open_shop: Shop) -> None:
    config = open_shop / "endcap.toml"
    for path in (open_shop / "var").rglob("*.npy"):
        flip(path)
    assert run("train", "-c", config).exit_code == 0
    assert run("release", "-c", config).exit_code == 0
    assert run("recommend", "home/popular", "-c", config).exit_code == 0


def test_a_port_in_use(open_shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", "--port", port, "-c", open_shop / "endcap.toml")
    refused(result, f"cannot listen on 127.0.0.1, port {port}", "already in use", "--port")


def test_a_slot_or_id_that_cannot_be(open_shop: Shop) -> None:
    config = open_shop / "endcap.toml"
    refused(run("recommend", "nowhere", "-c", config), "no slot is called 'nowhere'; there are: item/substitutes")
    refused(run("recommend", "home/popular", "-k", 0, "-c", config), "`k`")


def test_an_unknown_item_is_answered_with_the_reason(open_shop: Shop) -> None:
    config = open_shop / "endcap.toml"
    slate = json.loads(run("recommend", "item/together", "--item", "x", "--json", "-c", config).stdout)
    assert (slate["tier"], slate["reason"]) == ("popular", "item 'x' is not in the catalog")
    assert slate["items"]


@pytest.mark.parametrize("rows", [1, 2])
def test_a_shop_with_one_or_two_events(tmp_path: Path, rows: int) -> None:
    config = tmp_path / "endcap.toml"
    lines = ["time,session_id,kind,item_id,order_id", "2026-01-01,s,purchase,a,o", "2026-01-02,t,purchase,b,p"][
        : rows + 1
    ]
    (tmp_path / "events.csv").write_text("\n".join([*lines, ""]))
    for words in (("init", tmp_path / "events.csv"), ("train",), ("release",)):
        result = run(*words, "-c", config)
        assert result.exit_code == 0, result.stderr
    slate = json.loads(run("recommend", "item/together", "--item", "a", "--json", "-c", config).stdout)
    assert [item["item_id"] for item in slate["items"]] == ["b"][: rows - 1]
