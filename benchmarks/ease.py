"""EASE of 16,384 and of 25,000 items: the most memory of a whole process that fits it, and how long the fit takes.

Made-up purchases of 100,000 visitors, so that the matrix of items by items is inverted. The smaller model is fitted
with the default budget of 2 GB, the larger one with 5 GB; the goals are these, and 30 and 300 seconds. Each runs in a
process of its own, whose peak (ru_maxrss) includes Python, compiled code and the data. The last line is about the
larger one.
"""

import json
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from endcap.models.ease import EASE
from measuring import conclude, options
from memory import shop

GB = 1e9
BUDGETS = {16_384: 2.0, 25_000: 5.0}
"""By number of items, gigabytes that the fit may take."""
QUICK = {100: 0.5, 200: 0.5}


def fitted(items: int, gigabytes: float, users: int) -> dict[str, float]:
    """Fit one model and tell its items, gigabytes at the peak (before and in all) and seconds."""
    data = shop(users, items, 20 * users)
    EASE(source="histories").fit(shop(400, 300, 8_000), np.random.default_rng(0))  # compiles the loops
    before, start = _peak(), perf_counter()
    model = EASE(source="histories", neighbours=2000, gigabytes=gigabytes).fit(data, np.random.default_rng(0))
    seconds = perf_counter() - start
    learned = int((model.neighbours.lengths > 0).sum())
    return {"items": learned, "before": before, "peak": _peak(), "seconds": round(seconds, 1)}


def _peak() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GB, 2)


def main() -> None:
    chosen = options(__doc__ or "")
    reached = {}
    for items, budget in (QUICK if chosen.quick else BUDGETS).items():
        users = 1_000 if chosen.quick else 100_000
        child = [sys.executable, __file__, "--fit", str(items), str(budget), str(users)]
        told = json.loads(subprocess.run(child, check=True, capture_output=True, text=True).stdout)
        reached[str(items)] = told | {"budget": budget}
        line = f"{told['peak']:.2f} GB at the peak ({told['before']:.2f} before), {told['seconds']:.1f} s"
        print(f"{told['items']:6,} items within {budget} GB: {line}", flush=True)
    last = list(reached.values())[-1]
    conclude(
        "ease", last["peak"], last["budget"], round(last["budget"] / last["peak"], 2), "GB at the peak",
        peer_name="the goal", reached=reached,
    )  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fit"]:
        print(json.dumps(fitted(int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))))
    else:
        main()
