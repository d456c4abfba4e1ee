"""Every benchmark runs, at its smallest, and ends with the one line of JSON that all of them end with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEMO = [ROOT / "benchmarks" / name for name in ("demo.py", "serving.py")]
"""Those that can be given a demo that was run already."""
SHARED = ("load.py", "measuring.py")
SCRIPTS = [path for path in sorted((ROOT / "benchmarks").rglob("*.py")) if path.name not in SHARED]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT / "benchmarks")))
def test_a_benchmark_runs_and_ends_with_its_result(script: Path, request: pytest.FixtureRequest) -> None:
    demo = ["--demo", str(request.getfixturevalue("demo_workdir"))] if script in DEMO else []
    command = [sys.executable, str(script), "--quick", *demo]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout.splitlines()[-1])
    assert {"name", "ours", "peer", "ratio", "unit", "machine"} <= result.keys()
    assert result["ours"] > 0
    assert result["peer"] > 0
