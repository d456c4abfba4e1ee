"""Items that are new or rare: what is found of them by what was bought, by content, and by both.

Of a tenth of the items with at least eight events, all events are taken out of training (*cold*), of another tenth all
but one to five (*rare*); the others are *known*. Online Retail (titles, categories made of them, prices): an item of a
later basket is to be found, given the others; up to four of each basket. Amazon Beauty (brand and categories), with
``--data FOLDER``: the last item of each user. All items are ranked, but those given; NDCG@10, means over two draws
of what is hidden, the same settings for all. *Filled* is `cold_start`: nothing about it is typed; *a tenth given up*
allows it to lose as much of what is known. *Blend* weighs content and model as wholes.
The line at the end: NDCG@10 of Prod2Vec on Online Retail over all items, blended with content against as it is.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from beauty import columns, dataset, made_up, read
from online_retail import first_weeks, prepared

from endcap import Catalog, Codes, Dataset, Queries, Ragged, Vocabulary
from endcap.data.online_retail import OnlineRetail
from endcap.data.splits import time_split
from endcap.models.blend import Blend, BlendModel
from endcap.models.cold_start import ColdStart
from endcap.models.content.recipe import Content
from endcap.models.content.trying import places_of
from endcap.models.ials import IALS
from endcap.models.listing import listed
from endcap.models.prod2vec import Prod2Vec
from endcap.models.rows import Source
from measuring import conclude, options

PROTOCOL = (
    "Of a tenth of the items all events are taken out of training, of another tenth all but one to five; asked is for "
    "items of later baskets (up to four of each, the others given) and for each user's last item; all items are ranked "
    "but those given; means over two draws (seeds 0 and 1); items with fewer than eight events are never hidden."
)
SHARE = 0.1
OFTEN, SELDOM = 8, 5
PER_BASKET = 4
GROUPS = ("cold", "rare", "known", "all")
RETAIL = Content(source="baskets")
TYPED = {"title": 1.0, "category": 1.0}
"""Weights of a smoke run on Online Retail; on the made-up world they are learned."""
BEAUTY = Content(text=(), attributes=("brand", "top", "middle", "leaf"), recency=0.4)
IN_OUT = Prod2Vec(
    source="sessions", shuffle=False, subsample=0.0, epochs=20, exponent=0.25, match="in-out", length_power=0.5,
    recency=0.4,
)  # fmt: skip


@dataclass(frozen=True)
class Shop:
    """What is learned from, and what is asked."""

    train: Dataset
    queries: Queries
    answers: Codes
    content: Content
    models: Mapping[str, Any]
    source: Source
    """What `cold_start` asks, to learn how much content counts: what is asked here, of an earlier part."""


def online_retail(*, quick: bool) -> Shop:
    """Hide up to four items of each later basket, one at a time; a smoke run hides a hundred of the first weeks."""
    with TemporaryDirectory() as folder:
        data, rng = prepared(first_weeks(Path(folder)) if quick else OnlineRetail()), np.random.default_rng(0)
    split = time_split(data, 0.2)
    rows = split.test.baskets.items
    rows = rows.take(np.flatnonzero(rows.lengths >= 2))
    drawn = [rows.offsets[:-1] + rng.integers(rows.lengths) for _ in range(PER_BASKET)]
    places = np.unique(np.concatenate(drawn))
    seen = np.bincount(split.train.baskets.items.values, minlength=len(split.train.catalog))
    places = places[seen[rows.values[places]] >= SELDOM][: 100 if quick else None]
    answers, whole = rows.values[places], rows.rows[places].tolist()
    carts = [rows[row][rows[row] != answer] for row, answer in zip(whole, answers.tolist(), strict=True)]
    queries = Queries.of(split.train.catalog, np.full(len(places), split.train.now), context=Ragged.of(carts))
    models = {"prod2vec": Prod2Vec(exponent=0.5, match="in-out"), "ials": IALS(source="baskets")}
    content = RETAIL.model_copy(update={"weights": TYPED}) if quick else RETAIL
    return Shop(split.train, queries, answers.astype(np.int32), content, models, "baskets")


def beauty(folder: Path | None) -> Shop:
    """The last item of each user, given all before; without a folder, of a made-up world."""
    files = made_up() if folder is None else read(folder)
    rows, attributes = files.rows, files.attributes
    n_items = 1 + max(map(max, rows))
    catalog = Catalog(Vocabulary.of(map(str, range(n_items))), columns(attributes, n_items))
    known = Ragged.of([row[:-1] for row in rows])
    data = dataset(known, catalog)
    queries = Queries.of(catalog, np.full(len(rows), data.now), session=known)
    answers = np.array([row[-1] for row in rows], np.int32)
    models = {"prod2vec in-out": IN_OUT, "ials": IALS(source="sessions", unobserved=0.01)}
    return Shop(data, queries, answers, BEAUTY, models, "histories")


def hidden(data: Dataset, seed: int) -> tuple[Dataset, NDArray[np.int64]]:
    """The data without what is hidden, and for each item its place in `GROUPS`."""
    rng, item, n = np.random.default_rng(seed), data.events.item, len(data.catalog)
    known = rng.permutation(np.flatnonzero(np.bincount(item, minlength=n) >= OFTEN))
    cold, rare = np.split(known, [int(SHARE * len(known)), int(2 * SHARE * len(known))])[:2]
    kept, group = np.ones(len(item), bool), np.full(n, GROUPS.index("known"))
    group[cold], group[rare] = GROUPS.index("cold"), GROUPS.index("rare")
    kept[np.isin(item, cold)] = False
    for one in rare.tolist():
        kept[rng.permutation(np.flatnonzero(item == one))[rng.integers(1, SELDOM + 1) :]] = False
    return replace(data, events=data.events.take(kept), fingerprint=f"{data.fingerprint}, hidden {seed}"), group


def measured(shop: Shop, *, quick: bool) -> dict[str, dict[str, float]]:
    """NDCG@10 of every model on every group, the mean over seeds; quickly, of the first of the models and one seed."""
    models = dict(list(shop.models.items())[: 1 if quick else None])
    every = {"content": shop.content} | models
    for name, model in models.items():
        filled = ColdStart(model=model, content=shop.content, source=shop.source)
        every[f"{name}, filled"] = filled
        if not quick:
            every[f"{name}, a tenth given up"] = filled.model_copy(update={"allowance": 0.1})
        every[f"blend of content and {name}"] = Blend(
            models=(model, shop.content), source=shop.source, measure="NDCG", k=10, width=200
        )
    found: dict[str, list[list[float]]] = {name: [] for name in every}
    for seed in range(1 if quick else 2):
        train, group = hidden(shop.train, seed)
        for name, recipe in every.items():
            gains = judged(recipe.fit(train, np.random.default_rng(seed)), shop)
            groups = group[shop.answers]
            found[name].append([float(gains[groups == at].mean()) for at in range(3)] + [float(gains.mean())])
    reached = {
        name: dict(zip(GROUPS, np.mean(rows, axis=0).round(4).tolist(), strict=True)) for name, rows in found.items()
    }
    for name, values in reached.items():
        print(f"  {name:32} {'  '.join(f'{at} {value:.4f}' for at, value in values.items())}", flush=True)
    return reached


def judged(model: Any, shop: Shop) -> NDArray[np.float64]:
    """NDCG@10 of each question; what ties with the answer stands half before it, where the model has vectors."""
    if isinstance(model, BlendModel):
        at = listed(model, shop.queries, 10)[0] == shop.answers[:, None]
        places = np.where(at.any(axis=1), at.argmax(axis=1) + 1.0, np.inf)
    else:
        places = places_of(model, shop.queries, shop.answers)
    return np.where(places <= 10, 1 / np.log2(places + 1), 0.0)


def main() -> None:
    chosen = options(__doc__ or "")
    print("Online Retail:")
    retail = measured(online_retail(quick=chosen.quick), quick=chosen.quick)
    print("Amazon Beauty:" if chosen.data else "made up:")
    others = measured(beauty(chosen.data), quick=chosen.quick) if chosen.data or chosen.quick else {}
    ours, peer = retail["blend of content and prod2vec"]["all"], retail["prod2vec"]["all"]
    conclude(
        "quality/content", ours, peer, round(ours / peer, 4), "NDCG@10", protocol=PROTOCOL,
        peer_name="prod2vec as it is, in the same run", retail=retail, beauty=others,
    )  # fmt: skip


if __name__ == "__main__":
    main()
