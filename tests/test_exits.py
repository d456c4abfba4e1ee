"""How commands end: Ctrl-C, SIGTERM, a reader who leaves, faults that nobody foresaw. Real processes, no sleeping."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ENDCAP

from endcap import jobs
from endcap.core.stopping import STOPPED
from endcap.evaluate.tracking.store import Store

ENVIRONMENT = {**os.environ, "COLUMNS": "150", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
PARTS = '''
import sys

import duckdb
import numba
from endcap import Part
from endcap.data.sources import Csv


def say(words):
    print(words, file=sys.stderr, flush=True)


class Slow(Csv):
    """Asks DuckDB for something that takes hours."""

    def tables(self, engine, folder, ledger):
        say("a query begins")
        duckdb.sql("SELECT sum(a.range * b.range) FROM range(100000000) a, range(100000000) b").fetchall()


class Wrong(Csv):
    """Makes a mistake, and says more than it should."""

    passphrase: str = ""

    def tables(self, engine, folder, ledger):
        raise ZeroDivisionError(f"[/b] password=hunter2hunter2 {self.passphrase}")


@numba.njit(nogil=True)
def turn(rounds):
    found = 1
    for number in range(rounds):
        found = (found * 31 + number) % 1000003
    return found


class Endless(Part):
    """Is fitted for years, in a compiled loop that looks at nothing else."""

    def fit(self, data, rng):
        turn(10)
        say("a loop begins")
        return turn(10**17)


class Patient(Part):
    """Is fitted in Python."""

    def fit(self, data, rng):
        say("a fit begins")
        while True:
            pass
'''


@pytest.fixture
def shop(released: Path, tmp_path: Path) -> Path:
    """The settings of a copy of a released shop, with parts beside them that take their time."""
    folder = Path(shutil.copytree(released, tmp_path / "shop"))
    (folder / "parts.py").write_text(PARTS)
    return folder / "endcap.toml"


def interrupt(
    words: Sequence[object], seen: str, number: int = signal.SIGINT, options: Sequence[str] = ()
) -> tuple[int, list[str]]:
    """Exit code and lines (stderr) of a command that gets a signal as soon as it has printed some words."""
    command = [ENDCAP[0], *options, *ENDCAP[1:], *map(str, words)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line.rstrip("\n"))
            if seen in line:
                process.send_signal(number)
                break
        lines += [line.rstrip("\n") for line in process.stderr]
    return process.returncode, lines


def assert_stopped(found: tuple[int, list[str]], code: int = 130, said: str = STOPPED) -> None:
    """It ended with the code, said so once, and printed no traceback."""
    assert found[0] == code, found
    assert found[1][-1] == said, found
    assert found[1].count(said) == 1
    assert not [line for line in found[1] if "Traceback" in line or "Error" in line or "Aborted" in line]


def use(config: Path, table: str, part: str) -> None:
    """Has a table of the settings use a part of ours."""
    text = config.read_text()
    assert table in text
    config.write_text(text.replace(table, f'use = "parts:{part}"', 1))


@pytest.mark.parametrize("module", ["numpy.version", "rich.console", "endcap.cli"])
def test_ctrl_c_while_libraries_are_imported(shop: Path, module: str) -> None:
    assert_stopped(interrupt(["train", "-c", shop], module, options=["-X", "importtime"]))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_a_query_of_duckdb(shop: Path, number: int, code: int) -> None:
    use(shop, 'use = "csv"', "Slow")
    assert_stopped(interrupt(["prepare", "-c", shop], "a query begins", number), code)


@pytest.mark.parametrize(("part", "words"), [("Endless", "a loop begins"), ("Patient", "a fit begins")])
def test_ctrl_c_while_models_are_fitted_in_threads(shop: Path, part: str, words: str) -> None:
    shop.write_text(f'{shop.read_text()}\n[models.ours]\nuse = "parts:{part}"\n')
    assert_stopped(interrupt(["train", "-c", shop], words))


def test_ctrl_c_in_init(tmp_path: Path) -> None:
    rows = [
        f"2025-01-{1 + order % 28:02} 10:00:00,o{order},c{order % 99},i{order % 37},1,9.5" for order in range(200_000)
    ]
    (tmp_path / "orders.csv").write_text("\n".join(["time,order,customer,item,quantity,price", *rows]))
    words = ["init", tmp_path / "orders.csv", "-c", tmp_path / "endcap.toml"]
    assert_stopped(interrupt(words, "endcap.data.starting.looking", options=["-X", "importtime"]))
    assert not (tmp_path / "endcap.toml").exists()


def test_ctrl_c_in_init_once_the_settings_are_written_says_how_to_go_on(tmp_path: Path) -> None:
    rows = [f"2025-01-{1 + order % 28:02} 10:00:00,o{order},c{order % 9},i{order % 7},1,9.5" for order in range(300)]
    (tmp_path / "orders.csv").write_text("\n".join(["time,order,customer,item,quantity,price", *rows]))
    config = tmp_path / "endcap.toml"
    found = interrupt(["init", tmp_path / "orders.csv", "-c", config], "prepare the data")
    go_on = f"go on with `endcap train --config {config}`"
    said = f"stopped; {config} is written, with default slots where none were tried: {go_on}"
    assert_stopped(found, said=said)
    assert config.exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_server(shop: Path, number: int, code: int) -> None:
    assert_stopped(interrupt(["serve", "--port", 0, "-c", shop], "The shop is open", number), code)


def test_a_reader_who_leaves_is_no_fault(shop: Path) -> None:
    for option in (["--json"], []):
        reading, writing = os.pipe()
        os.close(reading)
        command = [*ENDCAP, "recommend", "home/popular", *option, "-c", str(shop)]
        streams: dict[str, Any] = {"stdout": writing, "stderr": subprocess.PIPE} if option else {"stderr": writing}
        run = subprocess.run(command, check=False, env=ENVIRONMENT, **streams)
        os.close(writing)
        assert (run.returncode, run.stderr) == (141, b"" if option else None)


def test_a_fault_that_nobody_foresaw_is_one_line_and_a_file(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(shop, 'use = "csv"', "Wrong")
    text = shop.read_text().replace('use = "parts:Wrong"', 'use = "parts:Wrong"\npassphrase = "$SHOP_PASSWORD"')
    shop.write_text(text)
    environment = {**ENVIRONMENT, "SHOP_PASSWORD": "hunter3hunter3"}
    command = [*ENDCAP, "prepare", "-c", str(shop)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == 1
    assert run.stdout == ""
    (line,) = run.stderr.splitlines()
    assert line.startswith(
        "error: endcap stopped because of a fault that it has no words for: ZeroDivisionError: [/b] pass"
    )
    (kept,) = (shop.parent / "var" / "errors").iterdir()
    assert str(kept) in line
    traceback = kept.read_text()
    assert "parts.py" in traceback
    assert "Traceback" in traceback
    for said in (run.stderr, traceback):
        assert "hunter" not in said


def killed(words: Sequence[object], seen: str) -> None:
    """Kills a command as soon as it has printed some words."""
    found = interrupt(words, seen, signal.SIGKILL)
    assert found[0] == -signal.SIGKILL, found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_was_ended_counts_as_interrupted(shop: Path, number: int) -> None:
    shop.write_text(f'{shop.read_text()}\n[models.ours]\nuse = "parts:Patient"\n')
    interrupt(["train", "-c", shop], "a fit begins", number)
    assert Store(shop.parent / "var").runs()[0].state == "interrupted"


def test_what_a_killed_preparation_left_is_gone_after_the_next(shop: Path) -> None:
    text = shop.read_text()
    use(shop, 'use = "csv"', "Slow")
    killed(["prepare", "-c", shop], "a query begins")
    workdir = shop.parent / "var"
    assert list(workdir.glob(".prepare-*"))
    shop.write_text(text)
    with (shop.parent / "events.csv").open("a") as file:
        file.write("1750000000,o99,purchase,i01,u1,1.5,o99\n")
    jobs.prepare(shop)
    assert [path.name for path in workdir.rglob(".*") if path.name.startswith((".prepare", ".dataset"))] == []
