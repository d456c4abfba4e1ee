"""Time and peak memory of each stage of the demo, from nothing to the first slate.

Goals: everything but the installation under 20 s and under 1 GB; the serving process ready in under 2.5 s with less
than 150 MB. Each stage runs in a process of its own, as a person would type it. The peer is what anybody needs at the
least: a process that only reads the same file into a data frame. The ratio is its time over ours: how much of the demo
is more than reading. With ``--demo FOLDER`` that demo is served as it is, and only this is measured.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from measuring import alternated, conclude, options

READ = "import pandas, endcap.data.online_retail as shop; print(len(pandas.read_parquet(shop.bundled())))"
STAGES = ("prepare", "train", "evaluate", "release")


def run(*command: str) -> tuple[float, float]:
    """Seconds and peak memory (MB) of a child process."""
    start = time.perf_counter()
    child = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(said.decode())
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def first_slate(config: Path) -> tuple[float, float]:
    """Seconds until a fresh server is ready, and its memory (MB) after the first slate of every slot."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "endcap", "serve", "--config", str(config), "--port", "0"]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert child.stderr is not None
        line = next(line for line in child.stderr if "http://" in line)
        address = re.findall(r"http://[\d.:]+/", line)[0]
        urllib.request.urlopen(f"{address}ready").read()
        ready = time.perf_counter() - start
        for slot in ("item/substitutes", "item/together", "cart/together", "home/for-you", "home/popular"):
            body = f'{{"slot": "{slot}", "item": "85123A", "cart": ["85123A", "22423"]}}'.encode()
            slate = urllib.request.urlopen(f"{address}v1/recommend", body).read()
            if b'"item_id"' not in slate:
                raise SystemExit(f"{slot} is empty: {slate!r}")
        status = Path(f"/proc/{child.pid}/status").read_text()
        return ready, int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024
    finally:
        child.terminate()
        child.wait(30)


def main() -> None:
    chosen = options(__doc__ or "")
    quick = chosen.quick
    stages: dict[str, tuple[float, float]] = {}

    def served() -> float:
        start = time.perf_counter()
        stages["serve, until ready"] = first_slate(chosen.demo / "endcap.toml")
        return time.perf_counter() - start

    def whole() -> float:
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            seconds, memory = run("-m", "endcap", "demo", "--no-serve", "--workdir", folder)
            config = Path(folder) / "endcap.toml"
            stages["demo, one process"] = (seconds, memory)
            stages["serve, until ready"] = first_slate(config)
            total = time.perf_counter() - start
        if quick:
            return total
        with tempfile.TemporaryDirectory() as folder:
            run("-c", f"import endcap.jobs as j, pathlib; j.write_demo(pathlib.Path({folder!r}))")
            for stage in STAGES:
                stages[stage] = run("-m", "endcap", stage, "--config", str(Path(folder) / "endcap.toml"))
        return total

    ours, peer = alternated(served if chosen.demo else whole, lambda: run("-c", READ)[0], 1 if quick else 3)
    for name, (seconds, memory) in stages.items():
        print(f"{name:22} {seconds:6.1f} s  {memory:6.0f} MB")
    print(f"{'to the first slate':22} {ours:6.1f} s")
    conclude(
        "demo", round(ours, 2), round(peer, 2), round(peer / ours, 4), "seconds to the first slate, installed",
        stages={name: {"seconds": round(s, 2), "mb": round(mb)} for name, (s, mb) in stages.items()},
    )  # fmt: skip


if __name__ == "__main__":
    main()
