"""A serving process stays small: heavy libraries train, numpy serves."""

import os
import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "numba", "ibis", "duckdb", "pandas", "pyarrow", "lightgbm", "sklearn", "scipy")
SERVES = """
import sys
from pathlib import Path
import endcap.cli
from endcap import Request, jobs
from endcap.serve import app, server
from endcap.stream import log

for slot in ("item/together", "item/substitutes", "home/popular"):
    slate = jobs.explain(Request(slot=slot, item="i04"), Path(sys.argv[1]))
    assert slate.items and slate.trace, slate
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_serving_loads_no_heavy_library(released: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", SERVES, str(released / "endcap.toml")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == 0, run.stderr
    loaded = run.stdout.split()
    assert "numpy" in loaded
    assert [name for name in loaded if name in HEAVY] == []
