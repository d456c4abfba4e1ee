"""The next item on Amazon Beauty: hit rate and NDCG at 10, the last item of each user left out, history removed.

The protocol is that of the published figures: all items are ranked, and the item before the last is in the input of the
test but not in training. Settings were tuned on that item, with neither of the two in training. Two published models
have figures by this protocol on these files: SASRec, well trained, 0.0859 / 0.0503 and eSASRec 0.0928 / 0.0531; the
better is the peer in the last line. Others, NDCG@10: GRU4Rec 0.0137, SASRec 0.0318, S3-Rec 0.0327, TIGER 0.0384.

Beside each figure of the first two sections stands what the same settings reach if they also learn from the item
before the last, as a shop would: no published figure is comparable with it. *Rare* are the users whose item was touched
at most five times in training.

The file has no times. Those of the original data are whole days, and the order within a day is by product number, from
which whatever reads an order gains. With ``amazon_beauty/days.txt.gz`` (lines ``user day day …`` beside those of the
items) the first two sections are also judged with the order within each day shuffled, items to be found included;
without it that row is left out. ``ENDCAP_BENCH_ONLY="Markov;session kNN"`` runs only what is named.
"""

import gzip
import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from endcap import Catalog, Codes, Dataset, Queries, Ragged, Vocabulary
from endcap.core.arrays import among
from endcap.core.catalog import Labels
from endcap.core.dataset import DAY, Events
from endcap.core.part import Part
from endcap.core.records import KINDS
from endcap.evaluate.metrics import matched, measured_at
from endcap.index.exact import Exact
from endcap.index.nearest import Nearest, targets_of
from endcap.models.blend import Blend, BlendModel
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.listing import listed
from endcap.models.popular import Popular
from endcap.models.prod2vec import Prod2Vec
from endcap.models.sequential_rules import SequentialRules
from endcap.models.session_factors import SessionFactors
from endcap.models.session_knn import SessionKNN
from measuring import conclude, options, recommended

K = 10
RARE = 5
PUBLISHED = {"SASRec, well trained": (0.0859, 0.0503), "eSASRec": (0.0928, 0.0531)}
"""HR@10 and NDCG@10 of models that were published with this protocol on these files; both know sequences alone."""
PROTOCOL = (
    "Leave last out: each user's last item is asked for, given all before; the item before the last is not learned "
    "from; all items are ranked but those of the history; one seed (0); no user is excluded."
)
LATER, SHUFFLED = "item before the last learned too", "order within a day shuffled"
"""What stands beside the figures by the published protocol."""
BOUGHT = ("purchase",)
RULES = recommended("for-you", "bought_after")
NEIGHBOURS = SessionKNN(
    kinds=BOUGHT, neighbours=500, backwards=0.3, found_rarity=1.3, own=0.0, again=0.0, again_last=0.0
)
BRAND, LEAF = recommended("for-you", "of_brand"), recommended("for-you", "of_category")
IN_OUT = Prod2Vec(
    source="sessions", shuffle=False, subsample=0.0, epochs=40, exponent=0.25, match="in-out", length_power=0.5,
    recency=0.4,
)  # fmt: skip
META = IN_OUT.model_copy(
    update={"metadata": ("brand", "middle", "leaf"), "epochs": 20, "exponent": 0.5, "length_power": 1.0}
)


def blended(*models: Part) -> Blend:
    """The given models, weighed on the item before the last."""
    return Blend(models=models, source="histories", measure="NDCG", k=K, scale="none", width=150)


def matching(name: str, recipe: Prod2Vec) -> dict[str, Part]:
    """The recipe with each of the ways to compare vectors; the confidence is that in metadata, where there is any."""
    plain = {"length_power": 0.0, "confidence": 10.0}
    return {
        f"{name} in-in": recipe.model_copy(update={"match": "in-in", **plain}),
        f"{name} sum": recipe.model_copy(update={"match": "sum", **plain}),
        f"{name} in-out": recipe,
    }


def models(size: int) -> dict[str, dict[str, Part]]:
    """What is compared, by section and name, with factors of the given size."""
    factors = SessionFactors(kinds=BOUGHT, size=size, epochs=10, unobserved=0.005, l2=0.02, recency=3.0, again=False)
    return {
        "sequences": {
            "popular": Popular(),
            "item kNN": CoOccurrence(source="histories", shrink=0.0, neighbours=1000, seeds=50),
            "Markov": SequentialRules(source="histories", kinds=BOUGHT, window=1, seeds=1, again=0.0),
            "session kNN": NEIGHBOURS,
            "session factors": factors,
            "sequential rules": RULES,
            "rules, factors": blended(RULES, factors),
        },
        "with attributes": {
            "brand": BRAND,
            "leaf category": LEAF,
            "rules, brand, leaf": blended(RULES, BRAND, LEAF),
            "recipe for-you": recommended("for-you", "for_you"),
            "rules, factors, brand, leaf": blended(RULES, factors, BRAND, LEAF),
        },
        "vectors": {
            **matching("prod2vec", IN_OUT),
            "prod2vec in-out, two shards": IN_OUT.model_copy(update={"shards": 2}),
            "prod2vec in-out, 32 of 64 axes": IN_OUT.model_copy(update={"reduced_to": 32}),
            **matching("meta-prod2vec", META),
            **matching("the same, no metadata:", META.model_copy(update={"metadata": ()})),
        },
    }


@dataclass(frozen=True)
class Task:
    """What each user did, as training data and as a question, and what came next."""

    data: Dataset
    queries: Queries
    answers: Codes

    @classmethod
    def of(cls, rows: list[list[int]], catalog: Catalog, learned: int) -> "Task":
        """The last item of each row is asked for, given all before; learned is from the row but its last so many."""
        given, data = Ragged.of([row[:-1] for row in rows]), dataset([row[:-learned] for row in rows], catalog)
        queries = Queries.of(catalog, np.full(len(rows), data.now), history=given)
        return cls(data, queries, np.array([row[-1] for row in rows], np.int32))

    def judged(self, model: Any) -> dict[str, NDArray[np.float64]]:
        """Hit rate and NDCG of each user."""
        found = measured_at(matched(fresh(model, self.queries), Ragged.of(self.answers[:, None])), K)
        return {"HR": found["HitRate"], "NDCG": found["NDCG"]}


def shuffled(rows: list[list[int]], days: list[list[int]]) -> list[list[int]]:
    """The same rows with the items of one day in random order."""
    rng = np.random.default_rng(0)
    return [
        np.array(row)[np.lexsort((rng.random(len(row)), np.array(day)))].tolist()
        for row, day in zip(rows, days, strict=True)
    ]


def columns(attributes: dict[int, list[int]], n_items: int) -> dict[str, Labels]:
    """Brand, and the widest, second and narrowest category of each item, out of its list of numbers.

    The file lists brand (if any) and then categories from wide to narrow, and does not say which is which: a brand only
    ever comes first; the widest categories come first, or second after a brand.
    """
    places: dict[int, Counter[int]] = {}
    for numbers in attributes.values():
        for place, number in enumerate(numbers):
            places.setdefault(number, Counter())[place] += 1
    brands = {number for number, found in places.items() if set(found) == {0}}
    found: dict[str, list[str | None]] = {name: [None] * n_items for name in ("brand", "top", "middle", "leaf")}
    for item, numbers in attributes.items():
        brand, path = numbers[: numbers[0] in brands], numbers[numbers[0] in brands :]
        for name, told in zip(found, (brand, path[:1], path[1:2], path[-1:]), strict=True):
            found[name][item] = str(told[0]) if told else None
    found["category"] = found["leaf"]
    return {name: Labels.of(labels) for name, labels in found.items()}


def dataset(rows: list[list[int]], catalog: Catalog) -> Dataset:
    """Each user's items as purchases.

    The file has an order and no clock: one step a day, and everybody's last one today, so that the latest tenth of
    time, from which a blend learns its weights, is the last item of every user.
    """
    items = Ragged.of(rows)
    who, n = items.rows.astype(np.int32), len(items.values)
    steps = np.arange(n) - items.offsets[1:][who] + 1
    events = Events(
        session=who, user=who, item=items.values, kind=np.full(n, KINDS.index("purchase"), np.int8),
        time=(steps * DAY).astype(np.float64), quantity=np.ones(n, np.float32), price=np.full(n, np.nan),
        order=np.full(n, -1, np.int32),
    )  # fmt: skip
    return Dataset(events, catalog, Vocabulary.of(map(str, range(len(rows)))), 1.0, "beauty")


@dataclass(frozen=True)
class Read:
    """What the files hold."""

    rows: list[list[int]]
    """Each user's items in order of time, from 0."""
    attributes: dict[int, list[int]]
    """Of each item."""
    days: list[list[int]] | None
    """The day of each of the users' items; None where there is no such file."""


def read(folder: Path) -> Read:
    """The files of the folder."""
    rows = _lines(folder / "amazon_beauty" / "interactions.txt.gz")
    days = folder / "amazon_beauty" / "days.txt.gz"
    with gzip.open(folder / "amazon_beauty" / "item_attributes.json.gz", "rt") as file:
        attributes = {int(item) - 1: numbers for item, numbers in json.load(file).items()}
    return Read([[item - 1 for item in row] for row in rows], attributes, _lines(days) if days.exists() else None)


def _lines(path: Path) -> list[list[int]]:
    """The numbers of each line but the first, which is the user's."""
    with gzip.open(path, "rt") as file:
        return [[int(number) for number in line.split()[1:]] for line in file]


def made_up() -> Read:
    """Walks along a ring of ninety items of nine brands, two steps a day."""
    starts = np.random.default_rng(0).integers(0, 90, 100)
    rows = [((start + np.arange(6)) % 90).tolist() for start in starts]
    return Read(rows, {item: [100 + item // 10, 1, 2 + item % 3] for item in range(90)}, [[0, 0, 1, 1, 2, 2]] * 100)


def fresh(model: Any, queries: Queries) -> Codes:
    """The first items of each query that its user did not touch before."""
    codes = np.full((len(queries), K), -1, np.int32)
    longest = int(queries.history.lengths.max())
    for row, found in enumerate(listed(model, queries, K + longest)[0]):
        kept = found[(found >= 0) & ~among(found, queries.history[row])][:K]
        codes[row, : len(kept)] = kept
    return codes


def main() -> None:
    chosen = options(__doc__ or "")
    if chosen.data is None and not chosen.quick:
        raise SystemExit("--data FOLDER is needed: the folder with amazon_beauty/interactions.txt.gz")
    files = made_up() if chosen.data is None else read(chosen.data)
    catalog = Catalog(Vocabulary.of(map(str, range(1 + max(map(max, files.rows))))), {})
    catalog = catalog.with_columns(columns(files.attributes, len(catalog)))
    task, beside = Task.of(files.rows, catalog, 2), {LATER: Task.of(files.rows, catalog, 1)}
    if files.days is not None:
        beside[SHUFFLED] = Task.of(shuffled(files.rows, files.days), catalog, 2)
    only = [name for name in os.environ.get("ENDCAP_BENCH_ONLY", "").split(";") if name]
    print(f"{PROTOCOL} Published: {PUBLISHED}")
    reached: dict[str, dict[str, dict[str, float]]] = {}
    for section, recipes in models(16 if chosen.quick else 128).items():
        print(f"\n{section}")
        for name, recipe in recipes.items():
            if not only or name in only:
                found = compared(name, recipe, task, {} if section == "vectors" else beside)
                reached.setdefault(section, {})[name] = found
    told(reached)


def told(reached: dict[str, dict[str, dict[str, float]]]) -> None:
    """The result as one line: the best model of all, and the best of each section."""
    best = {section: max(rows, key=lambda name: rows[name]["NDCG"]) for section, rows in reached.items()}
    first = max(best, key=lambda section: reached[section][best[section]]["NDCG"])
    ours, (_, bar) = reached[first][best[first]]["NDCG"], max(PUBLISHED.values())
    conclude(
        "quality/beauty", ours, bar, round(ours / bar, 4), f"NDCG@{K}", protocol=PROTOCOL, best=best[first],
        peer_name="eSASRec", published=PUBLISHED, best_of=best, reached=reached,
    )  # fmt: skip


def compared(name: str, recipe: Part, task: Task, beside: dict[str, Task]) -> dict[str, float]:
    """Prints and gives the means of one recipe on the task, and on those that stand beside it."""
    start = time.perf_counter()
    model = fitted(recipe, task.data)
    seconds = time.perf_counter() - start
    values, rare = task.judged(model), task.data.counts(*BOUGHT)[task.answers] <= RARE
    found = {metric: float(value.mean()) for metric, value in values.items()}
    found["rare"] = float(values["NDCG"][rare].mean()) if rare.any() else 0.0
    line = "  ".join(f"{metric}@{K} {value:.4f}" for metric, value in found.items())
    for way, other in beside.items():
        means = {metric: float(value.mean()) for metric, value in other.judged(fitted(recipe, other.data)).items()}
        found |= {f"{metric}, {way}": value for metric, value in means.items()}
        line += f"  [{way}: {means['HR']:.4f} {means['NDCG']:.4f}]"
    print(f"{name:34} {line}  fit {seconds:.1f} s", flush=True)
    if isinstance(model, BlendModel):
        weights = zip(model.names, model.weights[0].tolist(), strict=True)
        print(f"{'':34} weights: " + ", ".join(f"{name} {weight:.3g}" for name, weight in weights), flush=True)
    return {metric: round(value, 4) for metric, value in found.items()}


def fitted(recipe: Any, data: Dataset) -> Any:
    """What the recipe learns, as something that retrieves."""
    model = recipe.fit(data, np.random.default_rng(0))
    return model if callable(model) else Nearest(model, Exact().build(targets_of(model)))


if __name__ == "__main__":
    main()
