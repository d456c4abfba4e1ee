"""Next item in the session on Diginetica: hit rate and MRR at 20 over all test prefixes, all items ranked.

All settings were tuned on the last 7 % of the training sessions (20,000 prefixes), the blend's weights are fitted to
them, and the test part judged the results once. The peer in the last line is the best published MRR@20, COTREC's
0.191 (HR@20 0.542); others: popularity 0.002, item-kNN 0.120, Markov 0.128, NARM 0.162, SR-GNN 0.176, V-SKNN 0.182,
GCE-GNN 0.190. The session kNN family alone is to reach HR@20 0.53 and MRR@20 0.187.
"""

import gzip
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from endcap import Catalog, Codes, Dataset, Queries, Ragged, Vocabulary
from endcap.core.dataset import DAY, Events
from endcap.core.part import Part
from endcap.evaluate.lists import nearest
from endcap.models.blend import Blend, BlendModel
from endcap.models.last_viewed import LastViewed
from endcap.models.popular import Popular
from endcap.models.sequential_rules import SequentialRules
from endcap.models.session_factors import SessionFactors
from endcap.models.session_knn import SessionKNN
from measuring import conclude, options, recommended

BAR = 0.191
PROTOCOL = (
    "All test prefixes (60,858), each asked for the item that came next, given the items before it; all items are "
    "ranked, those of the prefix too; one seed (0); no prefix is excluded."
)
DAYS = 1e-4
"""The files have no clock, only an order: one session each so many days."""
AGE = 200_000 * DAYS
RECIPE = SessionKNN(age=AGE)
VSKNN = SessionKNN(
    neighbours=500, distance=1e9, backwards=1.0, length=0.5, shared_rarity=0.0, found_rarity=1.0, own=1.0, again=1.0,
    again_last=1.0,
)  # fmt: skip


RULES = SequentialRules(age=AGE, recency=2.0, damping=0.3, again=1.5)


def models(size: int) -> dict[str, Part]:
    """What is compared, by name, with factors of the given size."""
    factors = SessionFactors(size=size, unobserved=0.0005, l2=0.003, epochs=6, recency=1.0)
    return {
        "popular, last tenth": Popular(kinds=("view",), days=20_000 * DAYS),
        "Markov": SequentialRules(window=1, seeds=1, age=AGE),
        "sequential rules": RULES,
        "session_factors": factors,
        "V-SKNN": VSKNN,
        "session_knn": RECIPE,
        "recipe next-item": recommended("next-item", "next"),
        "blend": Blend(models=(RECIPE, factors, LastViewed()), validation=0.07, questions=20_000, width=200),
    }


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


def judged(model: Any, queries: Queries, targets: Codes) -> tuple[float, float]:
    """Hit rate and mean reciprocal rank at 20."""
    if hasattr(model, "factors"):
        vectors, items, _ = model.factors(queries)  # what was seen may come again: nothing is left out
        nothing = Ragged.empty(len(queries))
        codes = nearest(vectors, items, 20, np.ones(len(items), bool), (nothing, nothing, nothing))
    else:
        codes = model.many(queries, 20)[0]
    hit = codes == targets[:, None]
    rank = np.where(hit.any(axis=1), hit.argmax(axis=1) + 1, np.inf)
    return float(np.isfinite(rank).mean()), float((1 / rank).mean())


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
    for name, recipe in models(16 if chosen.data is None else 128).items():
        start = time.perf_counter()
        model = recipe.fit(data, np.random.default_rng(0))  # type: ignore[attr-defined]
        fitted = time.perf_counter()
        reached[name] = judged(model, queries, np.array(targets))
        print(
            f"{name:20} HR@20 {reached[name][0]:.4f}  MRR@20 {reached[name][1]:.4f}  "
            f"fit {fitted - start:.1f} s, {len(prefixes):,} queries {time.perf_counter() - fitted:.1f} s",
            flush=True,
        )
        if isinstance(model, BlendModel):
            print(f"{'':20} weights {dict(zip(model.names, model.weights[0].round(3).tolist(), strict=True))}")
    best = max(reached, key=lambda name: reached[name][1])
    conclude(
        "quality/diginetica", round(reached[best][1], 4), BAR, round(reached[best][1] / BAR, 4), "MRR@20",
        protocol=PROTOCOL, peer_name="COTREC", best=best,
        all={name: [round(hr, 4), round(mrr, 4)] for name, (hr, mrr) in reached.items()},
    )  # fmt: skip


if __name__ == "__main__":
    main()
