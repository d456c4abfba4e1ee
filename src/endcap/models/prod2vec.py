"""Prod2Vec and Meta-Prod2Vec: items as words, baskets (or sessions, or histories) as sentences.

Grbovic et al., E-commerce in your inbox: product recommendations at scale, KDD 2015; skip-gram with negative sampling
after Mikolov et al., Distributed representations of words and phrases, NIPS 2013; metadata as side information after
Vasile, Smirnova and Conneau, Meta-Prod2Vec: product embeddings using side-information for recommendation, RecSys 2016.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from endcap.core.arrays import Array, Scores
from endcap.core.dataset import Dataset
from endcap.core.part import Part
from endcap.core.query import Query
from endcap.core.tunable import SETTLED, Between, OneOf
from endcap.models.aligning import Previous, rotation, widest
from endcap.models.rows import TOUCHES, Source, laid, rows_of
from endcap.models.side_information import LabelVectors, SideInformation
from endcap.models.skip_gram import Choices, Corpus, Parameters, Plan, Vectors, train

Match = Literal["in-in", "in-out", "sum"]
Weight = Annotated[NonNegativeFloat, Between(0.01, 3.0, log=True)]


class Prod2Vec(Part):
    """Learns a vector per item, such that items found in the same surroundings lie close to each other."""

    source: Annotated[Source, SETTLED] = "baskets"
    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that count, where it learns from sessions."""
    size: Annotated[PositiveInt, Between(16, 256, log=True)] = 64
    window: Annotated[PositiveInt, Between(2, 20, log=True)] = 5
    """Neighbours on each side that an item predicts."""
    shrinking: bool = False
    """Each item draws its window anew, from 1 up to the whole, so that nearer neighbours count more."""
    minutes: Annotated[PositiveFloat | None, SETTLED] = None
    """Neighbours further apart in time than this do not count; without it, time does not matter."""
    negatives: Annotated[PositiveInt, Between(2, 20, log=True)] = 5
    epochs: Annotated[PositiveInt, Between(3, 40, log=True)] = 10
    learning_rate: Annotated[PositiveFloat, Between(0.005, 0.2, log=True)] = 0.05
    exponent: float = Field(default=0.75, ge=-1.0, le=1.0)
    """Negatives are drawn in proportion to counts to this power."""
    subsample: Annotated[NonNegativeFloat, Between(1e-5, 1e-2, log=True)] = 1e-3
    """Share of all occurrences above which those of one item are thinned; 0 keeps all."""
    shuffle: bool = True
    """Rows without an order of their own (baskets) are shuffled in every epoch."""

    metadata: Annotated[tuple[str, ...], SETTLED] = ()
    """Label columns of the catalog that get vectors too (Meta-Prod2Vec); ``price_band`` are thirds of each category."""
    item_to_label: Weight = 1.0
    """How much it counts that items predict the labels of their neighbours, against the neighbours themselves."""
    label_to_item: Weight = 1.0
    """Labels predict the neighbours of their item."""
    label_to_label: Weight = 1.0
    """Labels predict the labels of the neighbours."""
    label_to_own: Weight = 1.0
    """Labels predict their own item."""
    confidence: Annotated[NonNegativeFloat, Between(0.3, 30.0, log=True)] = 3.0
    """An item met so many times has a vector that is half its own, half its labels'; a new one has only theirs."""

    match: Annotated[Match, OneOf(("in-in", "in-out", "sum"))] = "in-in"
    """in-in: what is found in the same surroundings (substitutes); in-out: what surrounds it (complements); the sum of
    both vectors with such sums: between the two."""
    length_power: float = Field(default=0.0, ge=0.0, le=1.0)
    """How much the length of an item's vector counts: 0 is the cosine, 1 the product, which favours the frequent."""
    recency: float = Field(default=1.0, gt=0.0, le=1.0)
    """What an item of a session or history counts against the one that came after it."""
    reduced_to: Annotated[PositiveInt | None, SETTLED] = None
    """Keeps only so many principal axes of what was learned in `size` dimensions."""
    follow: Annotated[Literal["align", "start", "no"], SETTLED] = "align"
    """What a refit takes from the model that is served: its axes, so that vectors stay comparable; or its vectors to
    start from as well; or nothing."""
    threads: Annotated[PositiveInt, SETTLED] = 1
    """With one, the same seed gives the same vectors; with more, the last digits vary from run to run (Hogwild)."""
    shards: Annotated[PositiveInt, SETTLED] = 1
    """Processes that learn from a part of the rows each and take the mean after every epoch."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "Prod2VecModel":
        """Vectors for every item that was seen beside another, or has labels; the rest stay at zero: never found."""
        return self.fit_after(data, rng, None)

    def fit_after(self, data: Dataset, rng: np.random.Generator, previous: Previous | None) -> "Prod2VecModel":
        """As `fit`, in the axes of an earlier model, or starting from it, as `follow` says; None: there is none."""
        rows, side = rows_of(data, self.source, self.kinds), SideInformation.of(data.catalog, self.metadata)
        n = len(data.catalog)
        counts = np.bincount(rows.values, minlength=n).astype(np.float64)
        parameters = self._start(n, side, rng, previous)
        times = _times(data, self.source, self.kinds) if self.minutes else np.empty(0)
        choices = Choices.of([counts, *side.counts(counts)], self.exponent)
        train(Corpus(rows, times, side.rows, self._keep(counts), choices), parameters, self._plan(), rng)

        lonely = rows.values[rows.offsets[:-1][rows.lengths == 1]]
        met = counts - np.bincount(lonely, minlength=n)
        inputs, outputs = (
            side.composed(vectors, met, self.confidence) for vectors in (parameters.inputs, parameters.outputs)
        )
        labels = side.named(parameters)
        model = Prod2VecModel(inputs, outputs, labels, self.match, self.length_power, self.recency)
        if self.reduced_to is not None:
            model = model.turned(widest(model.vectors, self.reduced_to))
        if previous is not None and self.follow != "no" and previous.fits(model):
            model = model.turned(rotation(model.vectors[previous.known], previous.vectors))
        return model

    def _start(self, n: int, side: SideInformation, rng: np.random.Generator, previous: Previous | None) -> Parameters:
        """Small random inputs and outputs of zero; or those of an earlier model, for all that it knows."""
        shape = (n + len(side), self.size)
        inputs = ((rng.random(shape, np.float32) - 0.5) / self.size).astype(np.float32)
        parameters = Parameters(inputs, np.zeros(shape, np.float32))
        if previous is not None and self.follow == "start" and previous.model.vectors.shape[1] == self.size:
            known, places = previous.known, previous.places
            parameters.inputs[known], parameters.outputs[known] = previous.vectors, previous.model.outputs[places]
            for column, labels in side.named(parameters).items():
                earlier = previous.model.labels.get(column)
                if earlier is not None:
                    codes = earlier.names.encode(labels.names.ids)
                    labels.vectors[codes >= 0] = earlier.vectors[codes[codes >= 0]]
                    labels.outputs[codes >= 0] = earlier.outputs[codes[codes >= 0]]
        return parameters

    def _plan(self) -> Plan:
        weights = [[1.0, self.item_to_label], [self.label_to_item, self.label_to_label], [self.label_to_own, 0.0]]
        return Plan(
            self.window, self.shrinking, 60.0 * (self.minutes or 0.0), self.negatives, self.shuffle,
            np.array(weights, np.float32), self.epochs, self.learning_rate, self.threads, self.shards,
        )  # fmt: skip

    def _keep(self, counts: Array) -> Scores:
        if not self.subsample:
            return np.ones(len(counts), np.float32)
        often = np.maximum(counts / (self.subsample * counts.sum()), 1e-12)
        kept: Scores = np.minimum(1.0, (np.sqrt(often) + 1.0) / often).astype(np.float32)
        return kept


def _times(data: Dataset, source: Source, kinds: tuple[str, ...]) -> NDArray[np.float64]:
    """When each value of `rows_of` happened, in seconds; in a basket, everything does at once."""
    if source == "baskets":
        return np.empty(0)
    times: NDArray[np.float64] = data.events.time[laid(data, source, kinds)[1]]
    return times


@dataclass(frozen=True)
class Prod2VecModel:
    """Two vectors per item, as seen from itself (`vectors`) and from its surroundings (`outputs`)."""

    vectors: Vectors
    outputs: Vectors
    labels: Mapping[str, LabelVectors] = field(default_factory=dict)
    """Those of the labels, by column of the catalog."""
    match: Match = "in-in"
    length_power: float = 0.0
    recency: float = 1.0

    @cached_property
    def targets(self) -> Vectors:
        """What items are found by ``[n_items, size (+ 1)]``: those nearest by cosine to what `embed` gives.

        Where length counts, one more coordinate makes all of them equally long, so that the cosine orders as the
        product does (Bachrach et al., Speeding up the Xbox recommender system, RecSys 2014).
        """
        found = {"in-in": self.vectors, "in-out": self.outputs, "sum": self._sums}[self.match]
        if not self.length_power:
            return found
        lengths = np.linalg.norm(found, axis=1)
        wanted = lengths**self.length_power
        scaled = found * (wanted / np.maximum(lengths, 1e-12))[:, None]
        rest = np.where(lengths > 0, np.sqrt(np.maximum(wanted.max(initial=0.0) ** 2 - wanted**2, 0.0)), 0.0)
        return np.column_stack([scaled, rest]).astype(np.float32)

    def embed(self, query: Query) -> Vectors:
        """The mean direction of the seeds ``[size (+ 1)]``, of any length; zero if there are none that are known."""
        seeds = query.seeds
        found: Vectors = self._asking(seeds)[0] if len(seeds) == 1 else self.embed_each(query).sum(axis=0)
        return found

    def embed_each(self, query: Query) -> Vectors:
        """What each seed adds to the direction of `embed`: ``[n_seeds, size (+ 1)]``."""
        vectors = self._asking(query.seeds)
        lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
        each: Vectors = vectors / np.maximum(lengths, np.float32(1e-12))[:, None]
        if self.recency < 1.0 and not len(query.context):  # the items of a cart have no order
            each *= (self.recency ** np.arange(len(each) - 1, -1, -1, dtype=np.float32))[:, None]
        return each

    def turned(self, axes: Vectors) -> "Prod2VecModel":
        """The same model in other axes ``[size, new size]``: no cosine or product changes, if they are orthogonal."""
        labels = {
            column: LabelVectors(known.names, known.vectors @ axes, known.outputs @ axes)
            for column, known in self.labels.items()
        }
        return replace(self, vectors=self.vectors @ axes, outputs=self.outputs @ axes, labels=labels)

    @cached_property
    def _sums(self) -> Vectors:
        return self.vectors + self.outputs

    def _asking(self, seeds: Array) -> Vectors:
        """The vectors of items that are asked with: one coordinate more, of zero, where the targets have one."""
        own: Vectors = (self._sums if self.match == "sum" else self.vectors)[seeds]
        return np.pad(own, ((0, 0), (0, 1))) if self.length_power else own
