"""Next item in the session on Diginetica: hit rate and MRR at 20 over all test prefixes, all items ranked.

The session kNN family's settings were tuned on the last 7 % of the training sessions (20,000 prefixes); the test part
judged the result. The peer in the last line is the bar that this family is to pass, MRR@20 0.187; published: item-kNN
0.120, V-SKNN 0.182, SR-GNN 0.176, COTREC 0.191.
"""

import gzip
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from endcap import Catalog, Dataset, Queries, Ragged, Vocabulary
from endcap.core.dataset import DAY, Events
from endcap.models.session_knn import SessionKNN
from measuring import conclude, options

BAR = 0.187
DAYS = 1e-4
"""The files have no clock, only an order: one session each so many days."""
RECIPE = SessionKNN(age=200_000 * DAYS)
VSKNN = SessionKNN(
    neighbours=500, distance=1e9, backwards=1.0, length=0.5, shared_rarity=0.0, found_rarity=1.0, own=1.0, again=1.0,
    again_last=1.0,
)  # fmt: skip


def dataset(sessions: list[list[int]], n_items: int) -> Dataset:
    """The sessions as views."""
    rows = Ragged.of(sessions)
    number = rows.rows.astype(np.int32)
    n = len(rows.values)
    events = Events(
        session=number,
        user=np.full(n, -1, np.int32),
        item=rows.values.astype(np.int32),
        kind=np.ones(n, np.int8),
        time=rows.rows.astype(np.float64) * DAYS * DAY,
        quantity=np.ones(n, np.float32),
        price=np.full(n, np.nan),
        order=np.full(n, -1, np.int32),
    )
    catalog = Catalog(Vocabulary.of(map(str, range(n_items))), {})
    return Dataset(events, catalog, Vocabulary.of([]), float(events.time.max()) + 1.0, "diginetica")


def read(path: Path) -> list[str]:
    """The lines of a file."""
    with gzip.open(path, "rt") as file:
        return file.read().splitlines()


def main() -> None:
    chosen = options(__doc__ or "")
    if chosen.data is None and not chosen.quick:
        raise SystemExit("--data FOLDER is needed: the folder with diginetica/train_sessions.txt.gz")
    if chosen.data is None:
        rng = np.random.default_rng(0)
        sessions = [(start + np.arange(5)).tolist() for start in rng.integers(0, 90, 400)]
        prefixes, targets = [session[:3] for session in sessions[:50]], [session[3] for session in sessions[:50]]
    else:
        folder = chosen.data / "diginetica"
        sessions = [list(map(int, line.split())) for line in read(folder / "train_sessions.txt.gz")]
        pairs = [line.split("\t") for line in read(folder / "test_prefix_target.tsv.gz")]
        prefixes = [list(map(int, prefix.split())) for prefix, _ in pairs]
        targets = [int(target) for _, target in pairs]
    n_items = 1 + max(max(row) for row in [*sessions, *prefixes, targets])
    data = dataset(sessions, n_items)
    queries = Queries.of(data.catalog, np.full(len(prefixes), data.now), session=Ragged.of(prefixes))
    reached = {}
    for name, recipe in {"V-SKNN": VSKNN, "session_knn": RECIPE}.items():
        start = time.perf_counter()
        model = recipe.fit(data, np.random.default_rng(0))
        fitted = time.perf_counter()
        codes, _ = model.many(queries, 20)
        hit = codes == np.array(targets)[:, None]
        rank = np.where(hit.any(axis=1), hit.argmax(axis=1) + 1, np.inf)
        reached[name] = (float(np.isfinite(rank).mean()), float((1 / rank).mean()))
        print(
            f"{name:12} HR@20 {reached[name][0]:.4f}  MRR@20 {reached[name][1]:.4f}  "
            f"fit {fitted - start:.1f} s, {len(prefixes):,} queries {time.perf_counter() - fitted:.1f} s"
        )
    best = max(reached, key=lambda name: reached[name][1])
    conclude(
        "quality/diginetica", round(reached[best][1], 4), BAR, round(reached[best][1] / BAR, 4), "MRR@20",
        best=best, all={name: [round(hr, 4), round(mrr, 4)] for name, (hr, mrr) in reached.items()},
    )  # fmt: skip


if __name__ == "__main__":
    main()
