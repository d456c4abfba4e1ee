"""Factors that put what a visitor has before what they do not have, and that go on learning from what happens.

``bpr`` sets each item against one that the visitor does not have (Rendle, Freudenthaler, Gantner and Schmidt-Thieme,
BPR: Bayesian personalized ranking from implicit feedback, UAI 2009), ``softmax`` against many at once, as a choice
among them by cosines over a temperature (Wu et al., On the effectiveness of sampled softmax loss for item
recommendation, TOIS 2024).

Visitors have no vectors of their own: one is the sum of the vectors of their items (Kabbur, Ning and Karypis, FISM,
KDD 2013), here with one vector for both ends: where it points says who wants the item, how long it is how much it says
of who has it. So a new visitor's vector is exactly what a known visitor's would be, and costs one sum.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import repeat
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from endcap.core.arrays import Codes, Ragged, Scores, offsets_of
from endcap.core.candidates import Candidates
from endcap.core.dataset import Dataset
from endcap.core.part import Part
from endcap.core.query import Queries, Query
from endcap.core.tunable import SETTLED, Between, OneOf
from endcap.core.why import Why
from endcap.models.alternating import Factors, in_parts
from endcap.models.ials import touched_in
from endcap.models.listing import Many
from endcap.models.rows import TOUCHES, Source, distinct_rows, rows_of
from endcap.models.skip_gram import Choices


class Pairwise(Part):
    """Learns a direction, a weight and a bias per item, so that items of a row come before others."""

    source: Annotated[Source, SETTLED] = "histories"
    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that count, where it learns from sessions."""
    size: Annotated[PositiveInt, Between(16, 256, log=True)] = 64
    epochs: Annotated[PositiveInt, Between(5, 60, log=True)] = 20
    loss: Annotated[Literal["softmax", "bpr"], OneOf(("softmax", "bpr"))] = "softmax"
    """Each item against many that the row does not have, or against one."""
    negatives: Annotated[PositiveInt, Between(32, 2048, log=True)] = 256
    """How many it is set against by ``softmax``: more are better, and take longer."""
    exponent: Annotated[float, Between(-0.5, 0.75)] = 0.0
    """Negatives are drawn in proportion to how often they come, to this power: at 0, all alike."""
    temperature: Annotated[PositiveFloat, Between(0.03, 0.3, log=True)] = 0.1
    """What cosines are divided by: the lower, the more the hardest negatives count."""
    learning_rate: Annotated[PositiveFloat, Between(0.01, 0.3, log=True)] = 0.05
    passes: Annotated[PositiveInt, SETTLED] = 10
    """How often an update asks for what is new …"""
    replay: Annotated[NonNegativeFloat, SETTLED] = 4.0
    """… and for how many earlier events beside each, drawn anew every time: without them, it forgets."""
    threads: Annotated[PositiveInt, SETTLED] = 1
    """With more than one the result varies from run to run, as they do not wait for each other."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "PairwiseModel":
        """A model of every item that somebody has beside another; of the rest nothing is known, and none is found."""
        rows, learned = self._rows(data), Learned.of(len(data.catalog), self.size, rng)
        self._learn(rows, learned, repeat(np.ones(len(rows.values), bool), self.epochs), rng)
        return learned.model(rows, self, Past(int(rng.integers(2**31)), 0))

    def after(self, model: "PairwiseModel", data: Dataset, since: float) -> "PairwiseModel":
        """See `PairwiseModel.updated`."""
        past = replace(model.past, updates=model.past.updates + 1)
        rng = np.random.default_rng([past.seed, past.updates])
        rows, learned = self._rows(data), Learned.after(model, len(data.catalog), rng)
        known = _within(rows, self._rows(data.between(-np.inf, since)), len(data.catalog))
        self._learn(rows, learned, (self._mixed(known, rng) for _ in range(self.passes)), rng)
        return learned.model(rows, self, past)

    def _rows(self, data: Dataset) -> Ragged:
        """What it learns from: rows of at least two different items; the others are empty."""
        rows = distinct_rows(rows_of(data, self.source, self.kinds))
        return rows.keep(np.repeat(rows.lengths > 1, rows.lengths))

    def _mixed(self, known: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
        """What is not known yet, and `replay` times as much of what is."""
        asked, old = ~known, np.flatnonzero(known)
        again = round(self.replay * asked.sum()) if len(old) else 0
        asked[old[rng.integers(len(old), size=again)]] = True
        return asked

    def _learn(
        self, rows: Ragged, learned: "Learned", asked: Iterable[NDArray[np.bool_]], rng: np.random.Generator
    ) -> None:
        """Asks for values of the rows, pass by pass, once for each that is to be asked for then."""
        from endcap.models.kernels.pairwise import trainer, visits  # noqa: PLC0415 — compiled code is for fitting only

        counts = np.bincount(rows.values, minlength=len(learned.vectors)).astype(np.float64)
        kernel, table = trainer(self.size), Choices.of([counts], self.exponent).table
        for wanted in asked:
            order = rng.permutation(np.repeat(np.arange(len(rows)), visits(wanted, rows.offsets)))
            settings = (
                rows.offsets, rows.values, wanted, learned.vectors, learned.lengths, learned.biases, learned.pace,
                table, self.negatives, self.loss == "bpr", 1.0 / self.temperature, self.learning_rate,
            )  # fmt: skip
            seed = int(rng.integers(1, 2**31))
            in_parts(
                lambda first, last: kernel(order[first:last], *settings, seed + first),  # noqa: B023 — it is done before the next pass
                offsets_of(rows.lengths[order]),
                self.threads,
            )


@dataclass(frozen=True)
class Past:
    """What randomness of updates comes from: a seed, and how many updates there were."""

    seed: int
    updates: int


@dataclass(frozen=True)
class Learned:
    """What changes in place while it is learned, by item."""

    vectors: Factors
    lengths: Scores
    biases: Scores
    pace: Factors
    """``[n_items, 2]``: sums of squared slopes that the vector and the bias have met; the more, the less they move."""

    @classmethod
    def of(cls, n: int, size: int, rng: np.random.Generator) -> "Learned":
        """Any directions, lengths of about 1."""
        vectors = rng.normal(0.0, size**-0.5, (n, size)).astype(np.float32)
        lengths = np.linalg.norm(vectors, axis=1)
        return cls(vectors, lengths, np.zeros(n, np.float32), np.zeros((n, 2), np.float32))

    @classmethod
    def after(cls, model: "PairwiseModel", n: int, rng: np.random.Generator) -> "Learned":
        """Where a model stands; of items that it does not know, a beginning."""
        learned = cls.of(n, model.vectors.shape[1], rng)
        known = np.flatnonzero(model.weights)
        learned.vectors[known] = model.vectors[known] * model.weights[known, None]
        learned.lengths[known], learned.biases[known] = model.weights[known], model.biases[known]
        learned.pace[known] = model.pace[known]
        return learned

    def model(self, rows: Ragged, recipe: Pairwise, past: Past) -> "PairwiseModel":
        """What is known of the items of the rows; of the others, nothing."""
        known = (np.bincount(rows.values, minlength=len(self.vectors)) > 0).astype(np.float32)
        weights = np.linalg.norm(self.vectors, axis=1) * known
        vectors = self.vectors * (known / np.maximum(weights, 1e-12))[:, None]
        return PairwiseModel(
            vectors, weights, self.biases * known, self.pace * known[:, None], past, recipe.model_dump()
        )


@dataclass(frozen=True)
class PairwiseModel(Many):
    """By item a direction, how much the item says of a visitor, and how much it is wanted whoever asks."""

    vectors: Factors
    """Of length 1; zero for items of which nothing is known."""
    weights: Scores
    biases: Scores
    pace: Factors
    """What learning goes on with: see `Learned`."""
    past: Past
    settings: Mapping[str, Any]
    """Of the recipe."""

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items that the visitor most likely chooses, what they touched left out."""
        touched = self._known(touched_in(query))
        if not len(touched):
            return Candidates.none()
        scores: Scores = self.vectors @ (self._towards(touched).sum(axis=0) / self._temperature) + self.biases
        scores[touched] = np.nan
        scores[self.weights == 0.0] = np.nan
        return Candidates.all(scores).top(k)

    @cached_property
    def targets(self) -> Factors:
        """What items are found by ``[n_items, size + 2]``: their products with what `embed` gives are the scores.

        The last coordinate makes all of them equally long, so that a cosine index finds in the same order (Bachrach
        et al., Speeding up the Xbox recommender system, RecSys 2014).
        """
        rest = np.sqrt(np.maximum((self.biases**2).max(initial=0.0) - self.biases**2, 0.0)) * (self.weights > 0)
        return np.column_stack([self.vectors, self.biases, rest])

    def embed(self, query: Query) -> Factors:
        """The visitor among the `targets` ``[size + 2]``; zero if nothing they touched is known."""
        return self._embedded(touched_in(query))

    def factors(self, queries: Queries) -> tuple[Factors, Factors, Ragged]:
        """Vectors of queries ``[n, size + 2]`` and items, whose products are the scores, and what each leaves out."""
        touched = Ragged.of([touched_in(query) for query in queries])
        visitors = np.zeros((len(queries), self.vectors.shape[1] + 2), np.float32)
        for row, items in enumerate(touched):
            visitors[row] = self._embedded(items)
        return visitors, self.targets, touched

    def why(self, query: Query, item: int) -> Why:
        """What each touched item adds, as the visitor is a sum over them; the rest is how much all want the item."""
        touched = self._known(touched_in(query))
        adds = self._towards(touched) @ self.vectors[item] / self._temperature
        return Why(touched, adds.astype(np.float64), float(self.biases[item]), "wanted by many")

    def updated(self, data: Dataset, since: float) -> "PairwiseModel":
        """The same model after what happened from `since` on (seconds since 1970); `data` holds it and all before.

        What is new is asked for in a few passes, mixed with earlier events, so that nothing is forgotten; the steps of
        items go on as small as they had become. Items that are new to the catalog have the codes after those of the
        others. The same model and data give the same update.
        """
        return Pairwise(**self.settings).after(self, data, since)

    @property
    def _temperature(self) -> np.float32:
        return np.float32(self.settings["temperature"])

    def _known(self, touched: Codes) -> Codes:
        return touched[self.weights[touched] > 0]

    def _towards(self, touched: Codes) -> Factors:
        """What each item adds to the visitor's vector, which has length 1."""
        each = self.vectors[touched] * self.weights[touched, None]
        length = np.linalg.norm(each.sum(axis=0)) if len(each) else 0.0
        parts: Factors = each / np.float32(max(length, 1e-12))
        return parts

    def _embedded(self, touched: Codes) -> Factors:
        known = self._known(touched)
        if not len(known):
            return np.zeros(self.vectors.shape[1] + 2, np.float32)
        return np.append(self._towards(known).sum(axis=0) / self._temperature, np.array([1.0, 0.0], np.float32))


def _within(rows: Ragged, others: Ragged, n: int) -> NDArray[np.bool_]:
    """For each value of rows whether the other rows, the first of the same ones, have it too."""
    keys = rows.rows * n + rows.values
    return np.isin(keys, others.rows * n + others.values, assume_unique=True)
