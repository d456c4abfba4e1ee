"""Memory of training: the most that a fit needs beside the dataset, which is mapped, for twelve recipes.

Six million purchases of 100,000 visitors and 30,000 items in 800,000 visits, each visit an order, laid down as
preparation does, so that all of them learn from every event. Each model is fitted in a process of its own, after a
small fit that has compiled its code; a thread looks at the memory of that process a few hundred times a second. The
goal: the dataset and twice the parameters. ``ENDCAP_BENCH_ONLY="ials;ease"`` fits only what is named. With ``--quick``
one process fits all of them, which says nothing of memory, and starts once.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from als import world
from endcap import Catalog, Dataset, Vocabulary
from endcap.core.arrays import offsets_of
from endcap.core.dataset import Events, Grouped, baskets_of
from endcap.core.records import KINDS
from endcap.core.saving import load, save
from endcap.evaluate.diagnosis.costs import array_bytes
from endcap.models.buy_again import BuyAgain
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.ease import EASE
from endcap.models.ials import IALS
from endcap.models.pairwise import Pairwise
from endcap.models.popular import Popular
from endcap.models.prod2vec import Prod2Vec
from endcap.models.relations import Complements
from endcap.models.sequential_rules import SequentialRules
from endcap.models.session_knn import SessionKNN
from measuring import conclude, options

MB = 1e6
VISIT = 8
RECIPES: dict[str, Callable[[], Any]] = {
    "ials": lambda: IALS(size=64, epochs=2),
    "pairwise": lambda: Pairwise(size=64, epochs=1),
    "ease": lambda: EASE(gigabytes=0.15),
    "prod2vec": lambda: Prod2Vec(source="sessions", size=64, epochs=1),
    "co_occurrence": lambda: CoOccurrence(source="sessions", neighbours=100),
    "co_occurrence of baskets": lambda: CoOccurrence(neighbours=100),
    "co_occurrence of histories": lambda: CoOccurrence(source="histories", neighbours=100),
    "sequential_rules": SequentialRules,
    "session_knn": SessionKNN,
    "popular": Popular,
    "buy_again": BuyAgain,
    "complements": Complements,
}


def shop(users: int, items: int, events: int) -> Dataset:
    """What was bought, in visits of eight or fewer."""
    keys = world(users, items, events)["keys"]
    user, rng = (keys // items).astype(np.int32), np.random.default_rng(1)
    place = np.arange(len(keys)) - np.searchsorted(user, user)
    session = np.cumsum((place % VISIT == 0).astype(np.int32), dtype=np.int32) - 1
    order = np.lexsort((rng.random(len(keys)), session))  # no item comes first because of its code
    time = np.arange(len(keys), dtype=np.float64)
    n = len(keys)
    columns = Events(
        session=session, user=user, item=(keys % items).astype(np.int32)[order],
        kind=np.full(n, KINDS.index("purchase"), np.int8), time=time, quantity=np.ones(n, np.float32),
        price=np.full(n, np.nan), order=session,
    )  # fmt: skip
    grouped = Grouped(offsets_of(np.bincount(session)), baskets_of(columns))
    columns = replace(columns, grouped=grouped)
    catalog = Catalog(Vocabulary.of(map(str, range(items))), {})
    return Dataset(columns, catalog, Vocabulary.of(map(str, range(users))), float(n), "memory")


def private() -> int:
    """Bytes of this process that are not in any file."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) * 1024


def needed(folder: Path, name: str) -> tuple[int, int]:
    """The most that a fit needed beside what the process had, and what the model takes."""
    recipe, data = RECIPES[name](), load(folder, verify=False)
    recipe.fit(shop(400, 300, 8_000), np.random.default_rng(0))
    before, over, seen = private(), Event(), [0]

    def watch() -> None:
        while not over.wait(0.003):
            seen[0] = max(seen[0], private())

    watching = Thread(target=watch)
    watching.start()
    model = recipe.fit(data, np.random.default_rng(0))
    over.set()
    watching.join()
    return max(seen[0], private()) - before, array_bytes(model)


def main() -> None:
    chosen = options(__doc__ or "")
    sizes = (2_000, 1_000, 40_000) if chosen.quick else (100_000, 30_000, 6_500_000)
    shares = dict[str, float]()
    with tempfile.TemporaryDirectory() as folder:
        save(shop(*sizes), Path(folder) / "data", {})
        data = sum(path.stat().st_size for path in (Path(folder) / "data").rglob("*.npy"))
        print(f"  the dataset: {data / MB:.0f} MB")
        only = [name for name in os.environ.get("ENDCAP_BENCH_ONLY", "").split(";") if name]
        names = only or list(RECIPES)
        for together in [names] if chosen.quick else [[name] for name in names]:
            child = [sys.executable, __file__, "--fit", str(Path(folder) / "data"), *together]
            found = json.loads(subprocess.run(child, check=True, capture_output=True, text=True).stdout)
            for name, (most, parameters) in zip(together, found, strict=True):
                shares[name] = round(most / (data + 2 * parameters), 2)
                said = f"  {name:28} {most / MB:6.0f} MB beside it, of which {parameters / MB:4.0f} are the model"
                print(said, flush=True)
    worst = max(shares, key=lambda name: shares[name])
    conclude(
        "memory", shares[worst], 1.0, round(1 / shares[worst], 2), "of the dataset and twice the parameters", goal=1,
        peer_name="the goal", worst=worst, shares=shares,
    )  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fit"]:
        print(json.dumps([needed(Path(sys.argv[2]), name) for name in sys.argv[3:]]))
    else:
        main()
