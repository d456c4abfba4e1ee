"""What the models find of what was planted: substitutes and complements of a synthetic shop, precision@10.

Asked are the pages that were looked at after the cut, each as often as it was looked at. *Ceiling* is what lists by the
generator's own probabilities reach; *confused* is how much of a list belongs to the other relation. A substitute is an
item for the same need, which a category does not tell; a complement is what people are made to buy along.
The bar is 0.8 of the ceiling for each relation, and less than 5 % confused.
"""

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from endcap import Dataset, jobs
from endcap.core.query import Retriever
from endcap.data.splits import time_split
from endcap.data.synthetic.source import Synthetic
from endcap.evaluate.backtest import Entry, evaluated
from endcap.evaluate.tasks import Task
from endcap.evaluate.truth import CONFUSION, ceiling, truth_tasks
from endcap.index.exact import Exact
from endcap.index.nearest import Nearest
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.popular import PopularIn
from endcap.models.prod2vec import Prod2Vec
from endcap.models.relations import Complements
from measuring import conclude, options, recommended

PRECISION = "Precision@10"
PROTOCOL = (
    "A made-up shop (3,000,000 events, 5,000 items); pages looked at after the cut, each as often as it was looked at, "
    "up to 5,000; all items that were alive at the cut are ranked; one seed (0); nothing else is excluded. The peer is "
    "the ceiling: lists by the probabilities that the shop was made with."
)
SELDOM = 5
"""Items with fewer views than this before the cut are told apart."""


def prepared(source: Synthetic, folder: Path) -> Dataset:
    """The shop of these settings, as `endcap prepare` makes it."""
    (folder / "endcap.toml").write_text(
        f'[[sources]]\nuse = "synthetic"\nevents = {source.events}\nitems = {source.items}\n'
        '[models.any]\nuse = "popular"\n'
    )
    return jobs.prepare(folder / "endcap.toml").dataset


def fitted(train: Dataset, quick: bool) -> dict[str, Retriever]:
    """What is judged; *views* have learned from page views alone, *visits* from all that happened in a visit."""
    views = replace(train, events=train.of_kinds("view"))
    rng, epochs = np.random.default_rng(0), 1 if quick else 10
    baskets = Prod2Vec(source="baskets", epochs=epochs, exponent=0.5).fit(train, rng)
    around = Prod2Vec(source="baskets", epochs=epochs, exponent=0.5, match="in-out").fit(train, rng)
    looks = Prod2Vec(source="sessions", epochs=epochs).fit(views, rng)
    visits = Prod2Vec(source="sessions", epochs=epochs).fit(train, rng)
    return {
        "substitutes: recipe": recommended("substitutes", "instead").fit(train, rng),
        "complements": Complements().fit(train, rng),
        "EASE: recipe cart": recommended("cart", "completing").fit(train, rng),
        "popular in category": PopularIn(kinds=("view",)).fit(train, rng),
        "co-occurrence, baskets": CoOccurrence(similarity="cosine").fit(train, rng),
        "co-occurrence, baskets: recipe together": recommended("together", "together").fit(train, rng),
        "co-occurrence, views: recipe similar": recommended("similar", "similar").fit(train, rng),
        "prod2vec in-in, visits": Nearest(visits, Exact().build(visits.vectors)),
        "prod2vec in-in, views": Nearest(looks, Exact().build(looks.vectors)),
        "prod2vec in-in, baskets": Nearest(baskets, Exact().build(baskets.vectors)),
        "prod2vec in-out, baskets": Nearest(around, Exact().build(around.targets)),
    }


def judged(task: Task, models: dict[str, Retriever], views: np.ndarray[Any, Any]) -> dict[str, dict[str, float]]:
    """Precision, the share of the ceiling that it is, the same for seldom-seen items, and confusion, by model."""
    top, seldom = ceiling(task), views[task.units] < SELDOM
    print(f"{task.title}: {len(task.queries):,} pages, ceiling {top:.3f}, {seldom.mean():.1%} of items seen seldom")
    table = {}
    for name, model in models.items():
        values = evaluated(Entry(name, "model", model, (task.name,)), task).values
        precision = float(values[PRECISION].mean())
        table[name] = {
            "precision": round(precision, 4),
            "of_ceiling": round(precision / top, 4),
            "seldom": round(float(values[PRECISION][seldom].mean()) if seldom.any() else float("nan"), 4),
            "confused": round(float(values[CONFUSION].mean()), 4),
        }
        print(f"  {name:40} " + "  ".join(f"{key} {value:.3f}" for key, value in table[name].items()))
    return table


def main() -> None:
    chosen = options(__doc__ or "")
    source = Synthetic(events=20_000, items=300) if chosen.quick else Synthetic(events=3_000_000, items=5_000)
    with TemporaryDirectory() as kept:
        folder = Path(kept)
        split = time_split(prepared(source, folder))
        truth = source.truth(folder, split.train.catalog.items)
        models, views = fitted(split.train, chosen.quick), split.train.counts("view")
        reached, tops = {}, {}
        for name, maker in truth_tasks(truth).items():
            task = maker(split.train, split.test, np.random.default_rng(0), 200 if chosen.quick else 5_000)
            reached[name], tops[name] = judged(task, models, views), ceiling(task)
    best = {name: max(rows.values(), key=lambda row: row["precision"]) for name, rows in reached.items()}
    worst = min(best, key=lambda name: best[name]["of_ceiling"])
    conclude(
        "quality/synthetic", best[worst]["precision"], round(tops[worst], 4), best[worst]["of_ceiling"], PRECISION,
        protocol=PROTOCOL, peer_name="the ceiling",
        relation=worst, events=source.events, items=source.n_items, reached=reached,
    )  # fmt: skip


if __name__ == "__main__":
    main()
