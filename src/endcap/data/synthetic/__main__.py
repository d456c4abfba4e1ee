"""``python -m endcap.data.synthetic FOLDER --events N``: a shop of any size, for benchmarks and trials."""

import argparse
import os
import sys
import time
from pathlib import Path

from endcap.data.synthetic.making import generate
from endcap.data.synthetic.settings import Shop


def main() -> None:
    """Makes the shop and says how far it is on stderr."""
    parser = argparse.ArgumentParser(prog="python -m endcap.data.synthetic", description="Make a synthetic shop.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=float, default=300_000)
    parser.add_argument("--items", type=int)
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dirt", type=float, default=0.0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = vars(parser.parse_args())
    folder, workers = given.pop("folder"), given.pop("workers")
    start = time.perf_counter()

    def progress(done: int, files: int) -> None:
        print(f"\r{done:,} of {files:,} files, {time.perf_counter() - start:.0f} s", end="", file=sys.stderr)

    made = generate(Shop(**given), folder, workers, progress)
    print(f"\n{made.events:,} events of {made.visitors:,} visitors, {made.items:,} items: {folder}", file=sys.stderr)


if __name__ == "__main__":
    main()
