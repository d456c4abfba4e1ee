"""Held-out check-ins on Gowalla (LightGCN's split): recall and NDCG at 20, all items ranked, training items left out.

Each user's items are one history. All settings were tuned on a tenth of the training check-ins, drawn at random; the
test part judged the results once. The peer in the last line is the best published NDCG@20 of a small model, SimpleX's
0.1557 (recall 0.1872); others: Item2Vec 0.1326 / 0.1057, ItemCF 0.1570 / 0.1214, MF-BPR 0.1627 / 0.1378, EASE 0.1765 /
0.1467, LightGCN 0.1820 / 0.1547, GF-CF 0.1849 / 0.1518, UltraGCN 0.1862 / 0.1580 (BARS, vectors of 64). Our factor
models use 512 dimensions where they say so. ``ENDCAP_BENCH_ONLY="item kNN;blend"`` runs only what is named.
"""

import gzip
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from endcap import Catalog, Codes, Dataset, Queries, Ragged, Vocabulary
from endcap.core.dataset import Events
from endcap.core.part import Part
from endcap.core.records import KINDS
from endcap.evaluate.lists import nearest
from endcap.evaluate.metrics import matched, measured_at
from endcap.models.blend import Blend
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.ease import EASE
from endcap.models.ials import IALS
from endcap.models.popular import Popular
from measuring import conclude, options

K = 20
BAR = 0.1557
KNN = CoOccurrence(
    source="histories", similarity="cosine", own_exponent=0.4, found_exponent=0.4, length_power=1.0, power=0.7,
    shrink=0.0, neighbours=2000, seeds=2000,
)  # fmt: skip


def models(size: int) -> dict[str, Part]:
    """What is compared, by name, with large factors of the given size."""
    large = IALS(size=size, epochs=6, unobserved=0.03, l2=0.002)
    return {
        "popular": Popular(kinds=("purchase",)),
        "item kNN": KNN,
        "EASE": EASE(l2=300.0, neighbours=2000),
        "iALS, 64": IALS(size=min(size, 64), epochs=8, unobserved=0.01, l2=0.003),
        f"iALS, {size}": large,
        "blend": Blend(models=(KNN, large), source="histories", measure="NDCG", k=K, width=500),
    }


def read(path: Path) -> list[list[int]]:
    """By user the items of a file of lines ``user item item …``."""
    with gzip.open(path, "rt") as file:
        lines = [list(map(int, line.split())) for line in file]
    rows: list[list[int]] = [[] for _ in range(1 + max(line[0] for line in lines))]
    for user, *items in lines:
        rows[user] = items
    return rows


def dataset(rows: list[list[int]], n_items: int) -> Dataset:
    """The check-ins as purchases, in an order drawn at random, since the files have none."""
    histories = Ragged.of(rows)
    user, n = histories.rows.astype(np.int32), len(histories.values)
    order = np.random.default_rng(0).permutation(n)
    time_of = np.empty(n)
    time_of[order] = np.arange(n, dtype=np.float64)
    events = Events(
        session=user, user=user, item=histories.values.astype(np.int32),
        kind=np.full(n, KINDS.index("purchase"), np.int8), time=time_of, quantity=np.ones(n, np.float32),
        price=np.full(n, np.nan), order=np.full(n, -1, np.int32),
    )  # fmt: skip
    place = np.lexsort((events.item, events.time, events.session))
    catalog = Catalog(Vocabulary.of(map(str, range(n_items))), {})
    return Dataset(events.take(place), catalog, Vocabulary.of(map(str, range(len(rows)))), float(n), "gowalla")


def lists(model: Any, queries: Queries) -> Codes:
    """The first K items of each query, the fastest way the model knows."""
    if hasattr(model, "factors"):
        vectors, items, left_out = model.factors(queries)
        return nearest(vectors, items, K, np.ones(len(items), bool), (left_out,))
    if hasattr(model, "many"):
        codes: Codes = model.many(queries, K)[0]
        return codes
    codes = np.full((len(queries), K), -1, np.int32)
    for row, query in enumerate(queries):
        found = model(query, K + len(query.history)).items
        fresh = found[~np.isin(found, query.history)][:K]
        codes[row, : len(fresh)] = fresh
    return codes


def main() -> None:
    chosen = options(__doc__ or "")
    if chosen.data is None and not chosen.quick:
        raise SystemExit("--data FOLDER is needed: the folder with gowalla/train.txt.gz")
    if chosen.data is None:
        rng = np.random.default_rng(0)
        rows = [(user % 4 * 25 + rng.permutation(25)[:12]).tolist() for user in range(200)]
        train, test = [row[:9] for row in rows], [row[9:] for row in rows]
    else:
        train, test = (read(chosen.data / "gowalla" / f"{part}.txt.gz") for part in ("train", "test"))
    n_items = 1 + max(max(row, default=0) for row in train + test)
    data = dataset(train, n_items)
    asked = [user for user, wanted in enumerate(test) if wanted]
    queries = Queries.of(
        data.catalog, np.full(len(asked), data.now), history=Ragged.of([train[user] for user in asked])
    )
    relevant, reached = Ragged.of([test[user] for user in asked]), {}
    only = os.environ.get("ENDCAP_BENCH_ONLY", "").split(";")
    for name, recipe in models(16 if chosen.quick else 512).items():
        if only != [""] and name not in only:
            continue
        start = time.perf_counter()
        model = recipe.fit(data, np.random.default_rng(0))  # type: ignore[attr-defined]
        fitted = time.perf_counter()
        values = measured_at(matched(lists(model, queries), relevant), K)
        reached[name] = (float(values["Recall"].mean()), float(values["NDCG"].mean()))
        print(
            f"{name:12} Recall@20 {reached[name][0]:.4f}  NDCG@20 {reached[name][1]:.4f}  "
            f"fit {fitted - start:.1f} s, {len(queries):,} queries {time.perf_counter() - fitted:.1f} s",
            flush=True,
        )
    best = max(reached, key=lambda name: reached[name][1])
    conclude(
        "quality/gowalla", round(reached[best][1], 4), BAR, round(reached[best][1] / BAR, 4), "NDCG@20",
        best=best, all={name: [round(recall, 4), round(ndcg, 4)] for name, (recall, ndcg) in reached.items()},
    )  # fmt: skip


if __name__ == "__main__":
    main()
