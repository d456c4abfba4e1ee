"""What every benchmark shares: options, alternating runs, the machine's facts, and the line at the end."""

import argparse
import json
import os
import platform
import statistics
from collections.abc import Callable
from pathlib import Path


def options(description: str, *, needs_data: bool = False) -> argparse.Namespace:
    """The command line of a benchmark: ``--quick`` for a smoke run, ``--data FOLDER`` where it needs data."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a smoke run: it works, its figures mean nothing")
    parser.add_argument("--data", type=Path, required=needs_data, help="folder of the benchmark data")
    parser.add_argument("--demo", type=Path, help="folder of a demo that was run already, for those that need one")
    parser.add_argument("--peers", help="the interpreter that has the peers, where they cannot live beside endcap")
    return parser.parse_args()


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
