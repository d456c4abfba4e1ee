"""Held-out check-ins on Gowalla (LightGCN's split): recall and NDCG at 20, all items ranked, training items left out.

Each user's items are one history. The peer in the last line is the best published NDCG@20 of a small model, SimpleX's
0.1557 (recall 0.1872); others: Item2Vec 0.1326 / 0.1057, ItemCF 0.1570 / 0.1214, MF-BPR 0.1627 / 0.1378, EASE 0.1765 /
0.1467, LightGCN 0.1820 / 0.1547, GF-CF 0.1849 / 0.1518, UltraGCN 0.1862 / 0.1580 (BARS, vectors of 64, tuned on the
test part itself). Our factor models have as many dimensions as they say.

All settings were tuned on a fifth of the training check-ins (``ENDCAP_BENCH_PART=validation`` judges on these), the
test part judged the results once. ``ENDCAP_BENCH_ONLY="item kNN;iALS, 64"`` runs only what is named.
"""

import gzip
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the commands do: all have threads of their own
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from endcap import Catalog, Codes, Dataset, Queries, Ragged, Vocabulary
from endcap.core.dataset import Events
from endcap.core.part import Part
from endcap.core.records import KINDS
from endcap.evaluate.lists import front
from endcap.evaluate.metrics import matched, measured_at
from endcap.models.blend import Blend
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.ease import EASE
from endcap.models.embedded import retrieving
from endcap.models.ials import IALS
from endcap.models.listing import listed
from endcap.models.pairwise import Pairwise
from endcap.models.popular import Popular, PopularModel
from endcap.models.prod2vec import Prod2Vec
from measuring import conclude, options

K = 20
BAR = 0.1557
PROTOCOL = (
    "LightGCN's split; each user's held-out check-ins are asked for, given the training ones; all items are ranked but "
    "these; one seed (0); no user and no item is excluded. Published models have vectors of 64 and were tuned on the "
    "test part; ours were tuned on a fifth of the training part, and have the sizes that they say."
)
VALIDATION = 0.2
"""Of each user's training check-ins, as much as the test part has of all."""
FIRST = 0.08
"""Of the users whose last block is their first by number, so that items of all frequencies are held out alike."""
KNN = CoOccurrence(
    source="histories", similarity="cosine", length_power=1.0, own_exponent=0.7, found_exponent=0.2, power=0.9,
    shrink=0.0, neighbours=2000, seeds=2000,
)  # fmt: skip
LINEAR = EASE(l2=5.0, power=0.6, length_power=0.8, neighbours=2000, gigabytes=5.0)


def models(large: int) -> dict[str, Part]:
    """What is compared, by name, with large factors of the given size."""
    small = min(large // 4, 64)
    factors = IALS(size=large, epochs=4, unobserved=0.01, l2=0.004)
    learned = Pairwise(size=small, negatives=1024, epochs=40)
    words = Prod2Vec(
        source="histories", size=small, window=5, negatives=10, epochs=60, learning_rate=0.1, exponent=0.5,
        subsample=0.0, match="in-out", length_power=0.3,
    )  # fmt: skip
    blend = Blend(models=(KNN, factors), source="histories", measure="NDCG", k=K, width=500)
    return {
        "popular": Popular(kinds=("purchase",)),
        f"Prod2Vec, {small}": words,
        f"iALS, {small}": IALS(size=small, epochs=8, unobserved=0.01, l2=0.003),
        f"iALS, {large // 2}": factors.model_copy(update={"size": large // 2}),
        f"iALS, {large}": factors,
        f"pairwise, {small}": learned,
        f"pairwise, {large // 4}": learned.model_copy(update={"size": large // 4, "epochs": 20}),
        "item kNN": KNN,
        "EASE": LINEAR,
        "blend of kNN and iALS": blend,
        "blend of kNN and pairwise": blend.model_copy(update={"models": (KNN, learned)}),
        "blend of all": blend.model_copy(update={"models": (KNN, factors, learned, LINEAR)}),
    }


def read(path: Path) -> Ragged:
    """By user the items of a file of lines ``user item item …``, ascending."""
    with gzip.open(path, "rt") as file:
        lines = [list(map(int, line.split())) for line in file]
    rows: list[list[int]] = [[] for _ in range(1 + max(line[0] for line in lines))]
    for user, *items in lines:
        rows[user] = sorted(items)
    return Ragged.of(rows)


def made_up() -> tuple[Ragged, Ragged]:
    """Four groups of users, each with items of its own: what there is to learn from, and what to find."""
    rng = np.random.default_rng(0)
    rows = [user % 4 * 25 + rng.permutation(25)[:12] for user in range(200)]
    return Ragged.of([np.sort(row[:9]) for row in rows]), Ragged.of([row[9:] for row in rows])


def places(rows: Ragged, share: float) -> NDArray[np.float64]:
    """Of each check-in a place from 0 to 1 in its row, such that the last share of every row belongs together.

    The files have no times, but items of near numbers were visited near each other; and the test part is what users
    visited last, not a part drawn at random. So the row goes round, until a block of it drawn at random comes last.
    """
    rng, lengths = np.random.default_rng(0), rows.lengths
    block = np.ceil(share * lengths).astype(np.int64)
    start = (rng.random(len(rows)) * (lengths - block + 1)).astype(np.int64)
    start[rng.random(len(rows)) < FIRST] = 0
    at = np.arange(len(rows.values)) - rows.offsets[rows.rows]
    at = (at - (start + block)[rows.rows]) % lengths[rows.rows]
    found: NDArray[np.float64] = (at + rng.random(len(at))) / lengths[rows.rows]
    return found


def dataset(rows: Ragged, n_items: int) -> Dataset:
    """The check-ins as purchases; what blends learn their weights from is the last tenth of every row."""
    user, n = rows.rows.astype(np.int32), len(rows.values)
    events = Events(
        session=user, user=user, item=rows.values.astype(np.int32), kind=np.full(n, KINDS.index("purchase"), np.int8),
        time=places(rows, 0.1), quantity=np.ones(n, np.float32), price=np.full(n, np.nan),
        order=np.full(n, -1, np.int32),
    )  # fmt: skip
    place = np.lexsort((events.item, events.time, events.session))
    catalog = Catalog(Vocabulary.of(map(str, range(n_items))), {})
    return Dataset(events.take(place), catalog, Vocabulary.of(map(str, range(len(rows)))), 1.0, "gowalla")


def parts(folder: Path | None) -> tuple[Ragged, Ragged]:
    """What there is to learn from, and what to find, by user."""
    if folder is None:
        train, test = made_up()
    else:
        train, test = (read(folder / "gowalla" / f"{part}.txt.gz") for part in ("train", "test"))
    if os.environ.get("ENDCAP_BENCH_PART") != "validation":
        return train, test
    held = places(train, VALIDATION) >= 1.0 - VALIDATION
    return train.keep(~held), train.keep(held)


def lists(model: Any, queries: Queries) -> Codes:
    """The first K items of each query, none of which the user has already."""
    wider = int(queries.history.lengths.max()) if isinstance(model, PopularModel) else 0  # it knows nobody's history
    found = listed(model, queries, K + wider)[0]
    return front(np.ascontiguousarray(found), np.ones(len(queries.catalog), bool), queries.history, K)


def main() -> None:
    chosen = options(__doc__ or "")
    if chosen.data is None and not chosen.quick:
        raise SystemExit("--data FOLDER is needed: the folder with gowalla/train.txt.gz")
    train, test = parts(chosen.data)
    data = dataset(train, 1 + int(max(train.values.max(), test.values.max())))
    asked = np.flatnonzero(test.lengths)
    queries = Queries.of(data.catalog, np.full(len(asked), data.now), history=train.take(asked))
    relevant, reached = test.take(asked), {}
    only = os.environ.get("ENDCAP_BENCH_ONLY", "").split(";")
    for name, recipe in models(32 if chosen.quick else 1024).items():
        if only != [""] and name not in only:
            continue
        start = time.perf_counter()
        model = retrieving(recipe.fit(data, np.random.default_rng(0)))  # type: ignore[attr-defined]
        fitted = time.perf_counter()
        values = measured_at(matched(lists(model, queries), relevant), K)
        reached[name] = (float(values["Recall"].mean()), float(values["NDCG"].mean()))
        print(
            f"{name:22} Recall@20 {reached[name][0]:.4f}  NDCG@20 {reached[name][1]:.4f}  "
            f"fit {fitted - start:.1f} s, {len(queries):,} queries {time.perf_counter() - fitted:.1f} s",
            flush=True,
        )
    best = max(reached, key=lambda name: reached[name][1])
    conclude(
        "quality/gowalla", round(reached[best][1], 4), BAR, round(reached[best][1] / BAR, 4), "NDCG@20",
        protocol=PROTOCOL, peer_name="SimpleX, 64", best=best,
        all={name: [round(recall, 4), round(ndcg, 4)] for name, (recall, ndcg) in reached.items()},
    )  # fmt: skip


if __name__ == "__main__":
    main()
