"""What every benchmark shares: options, alternating runs, the machine's facts, and the line at the end."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def options(description: str, *, needs_data: bool = False) -> argparse.Namespace:
    """The command line of a benchmark: ``--quick`` for a smoke run, ``--data FOLDER`` where it needs data."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a smoke run: it works, its figures mean nothing")
    parser.add_argument("--data", type=Path, required=needs_data, help="folder of the benchmark data")
    parser.add_argument("--demo", type=Path, help="folder of a demo that was run already, for those that need one")
    parser.add_argument("--peers", help="the interpreter that has the peers, where they cannot live beside endcap")
    return parser.parse_args()


def recommended(file: str, model: str) -> Any:
    """A model of a recommended recipe: of ``quality/recipes/FILE.toml``, which the guides show as it stands there."""
    from endcap.config import parse  # noqa: PLC0415 — peers have no endcap

    path = Path(__file__).parent / "quality" / "recipes" / f"{file}.toml"
    return parse('[[sources]]\nuse = "csv"\nevents = "none.csv"\n' + path.read_text(), path).recipes[model]


def alternated(ours: Callable[[], float], peer: Callable[[], float], rounds: int) -> tuple[float, float]:
    """Medians of both, measured in turn, so that a noisy machine is noisy to both."""
    pairs = [(ours(), peer()) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def conclude(name: str, ours: float, peer: float, ratio: float, unit: str, **more: object) -> None:
    """Prints the result as one line of JSON; `ratio` is greater the better we are."""
    result = {"name": name, "ours": ours, "peer": peer, "ratio": ratio, "unit": unit, **more, "machine": machine()}
    print(json.dumps(result))


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    cpu = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gb": round(memory, 1),
        "python": platform.python_version(),
        "system": platform.system(),
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


class Elsewhere:
    """A peer in an interpreter of its own: it builds its objects, and then measures whenever it is asked to."""

    def __init__(self, python: str, script: str, *arguments: str) -> None:
        command = [python, "-W", "ignore", script, "--as-peer", *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self) -> tuple[float, dict[str, float]]:
        """Seconds, and what was found; raises `ImportError` if the peer is missing, or failed."""
        try:
            print(file=self.process.stdin, flush=True)
            seconds, values = json.loads(self.process.stdout.readline())  # type: ignore[union-attr]
        except (BrokenPipeError, json.JSONDecodeError) as error:
            raise ImportError(f"ended with {self.process.wait()}") from error
        return seconds, values

    def close(self) -> None:
        """Lets it end."""
        self.process.communicate()


def asked(job: Callable[[], tuple[float, dict[str, float]]]) -> None:
    """What the other interpreter does: measures, whenever it is asked to."""
    for _ in sys.stdin:
        seconds, values = job()
        print(json.dumps([seconds, {name: float(value) for name, value in values.items()}]), flush=True)
