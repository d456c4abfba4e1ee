"""How much content should count, found by making known items new and rare, and asking for them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Codes, Ragged
from endcap.core.dataset import Dataset
from endcap.core.query import Queries
from endcap.models.content.filling import SELDOM, Filler
from endcap.models.content.sparse import Matrix

CONFIDENCES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
CAUTIONS = (-0.5, -0.3, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
START = (3.0, 0.0)
"""Where the search begins, and what holds where nothing can be asked."""
CELLS = 2**24
"""So many scores are held at a time."""
Choice = tuple[float, float]
"""A confidence and a caution."""


def thinned(data: Dataset, share: float, rng: np.random.Generator) -> Dataset:
    """The data as it would be if a share of the known items were new, and as many others rare.

    New ones lose all their events; rare ones keep one to `SELDOM`. Known are those that lose some by that.
    """
    n, item = len(data.catalog), data.events.item
    known = rng.permutation(np.flatnonzero(np.bincount(item, minlength=n) > SELDOM))
    many = int(share * len(known))
    left = np.full(n, np.iinfo(np.int64).max)
    left[known[:many]] = 0
    left[known[many : 2 * many]] = rng.integers(1, SELDOM + 1, many)
    # Events in an order drawn by chance, and of each item the first few of that.
    order = rng.permutation(len(item))
    order = order[np.argsort(item[order], kind="stable")]
    starts = np.searchsorted(item[order], item[order])
    kept = np.zeros(len(item), bool)
    kept[order] = np.arange(len(item)) - starts < left[item[order]]
    return replace(data, events=data.events.take(kept), fingerprint=f"{data.fingerprint}, some items made new and rare")


def evenly(lengths: NDArray[np.int64], most: int, rng: np.random.Generator) -> Codes:
    """At most so many questions, of many items the fewer: a long basket has many and would be most of what is asked."""
    keys = rng.random(len(lengths)) ** (1.0 + lengths)
    return np.sort(np.argsort(-keys)[:most]).astype(np.int32)


@dataclass(frozen=True)
class Trial:
    """Questions with known answers, some of which are new or rare."""

    filler: Filler
    queries: Queries
    answers: Codes
    k: int

    def reached(self, model: Any) -> NDArray[np.float64]:
        """Mean NDCG of lists of k where the answer is new, rare and known ``[3]``; NaN where nothing of it is asked."""
        places = places_of(model, self.queries, self.answers)
        gains = np.where(places <= self.k, 1.0 / np.log2(places + 1.0), 0.0)
        met = self.filler.met[self.answers]
        groups = np.where(met == 0, 0, np.where(met <= SELDOM, 1, 2))
        counts = np.bincount(groups, minlength=3)
        sums = np.bincount(groups, gains, minlength=3)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    def best(self, confidences: Sequence[float], cautions: Sequence[float], allowance: float) -> Choice:
        """The confidence and caution that do most for new and rare items, as long as known ones lose little.

        Little is at most the share `allowance` of what the model reaches of them as it is. One is searched at a time.
        """
        least = (1.0 - allowance) * self.reached(self.filler.model)[2]
        tried: dict[Choice, float] = {}

        def worth(choice: Choice) -> float:
            if choice not in tried:
                reached = self.reached(self.filler.filled(*choice))
                enough = np.isnan(reached[2]) or reached[2] >= least
                tried[choice] = float(np.nanmean(reached[:2])) if enough else float(reached[2] - 1.0)
            return tried[choice]

        best = (_nearest(confidences, START[0]), _nearest(cautions, START[1]))
        while True:
            before = best
            best = max(((best[0], caution) for caution in cautions), key=worth)
            best = max(((confidence, best[1]) for confidence in confidences), key=worth)
            if best == before:
                return best


def places_of(model: Any, queries: Queries, answers: Codes) -> NDArray[np.float64]:
    """Where each answer stands among all items, from 1, amid those that tie with it; infinite if it is not found."""
    asking, items, left_out = factors_of(model, queries)
    nowhere, places = ~items.any(axis=1), np.full(len(answers), np.inf)
    step = max(1, CELLS // max(len(items), 1))
    for start in range(0, len(answers), step):
        wanted = answers[start : start + step]
        scores = asking[start : start + step] @ items.T
        scores[:, nowhere] = -np.inf
        for row in range(len(wanted)):
            scores[row, left_out[start + row]] = -np.inf
        own = scores[np.arange(len(wanted)), wanted]
        standing = 0.5 * ((scores >= own[:, None]).sum(axis=1) + (scores > own[:, None]).sum(axis=1) + 1)
        places[start : start + step] = np.where(np.isfinite(own), standing, np.inf)
    return places


def factors_of(model: Any, queries: Queries) -> tuple[Matrix, Matrix, Ragged]:
    """Vectors of queries and items whose products rank as the model does, and what each list leaves out."""
    if callable(model):
        found: tuple[Matrix, Matrix, Ragged] = model.factors(queries)
        return found
    asking = _unit(np.stack([model.embed(query) for query in queries]))
    return asking, _unit(getattr(model, "targets", model.vectors)), queries.seeds


def _unit(vectors: Array) -> Matrix:
    unit: Matrix = (vectors / np.maximum(np.linalg.norm(vectors, axis=1), 1e-12)[:, None]).astype(np.float32)
    return unit


def _nearest(values: Sequence[float], wanted: float) -> float:
    return min(values, key=lambda value: abs(value - wanted))
