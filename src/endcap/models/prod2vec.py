"""Prod2Vec: items as words, baskets (or sessions) as sentences.

Grbovic et al., E-commerce in your inbox: product recommendations at scale, KDD 2015; skip-gram with negative sampling
after Mikolov et al., Distributed representations of words and phrases, NIPS 2013.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from endcap.core.arrays import Array, Codes, Scores
from endcap.core.dataset import Dataset
from endcap.core.part import Part
from endcap.core.query import Query
from endcap.core.tunable import SETTLED, Between
from endcap.models.rows import TOUCHES, Source, rows_of

Vectors = NDArray[np.float32]


class Prod2Vec(Part):
    """Learns a vector per item, such that items found in the same surroundings lie close to each other."""

    source: Annotated[Source, SETTLED] = "baskets"
    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that count, where it learns from sessions."""
    size: Annotated[PositiveInt, Between(16, 256, log=True)] = 64
    window: Annotated[PositiveInt, Between(2, 20, log=True)] = 5
    """Neighbours on each side that an item predicts."""
    negatives: Annotated[PositiveInt, Between(2, 20, log=True)] = 5
    epochs: Annotated[PositiveInt, Between(3, 40, log=True)] = 10
    learning_rate: Annotated[PositiveFloat, Between(0.005, 0.2, log=True)] = 0.05
    exponent: float = Field(default=0.75, ge=-1.0, le=1.0)
    """Negatives are drawn in proportion to counts to this power."""
    subsample: Annotated[NonNegativeFloat, Between(1e-5, 1e-2, log=True)] = 1e-3
    """Share of all occurrences above which those of one item are thinned; 0 keeps all."""
    shuffle: bool = True
    """Rows without an order of their own (baskets) are shuffled in every epoch."""
    threads: Annotated[PositiveInt, SETTLED] = 1
    """With one, the same seed gives the same vectors; with more, the last digits vary from run to run (Hogwild)."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "Prod2VecModel":
        """Vectors for every item that was seen beside another; the rest stay at zero and are never recommended."""
        from endcap.models.kernels.skip_gram import train  # noqa: PLC0415 — compiled code is for fitting only

        rows, n = rows_of(data, self.source, self.kinds), len(data.catalog)
        counts = np.bincount(rows.values, minlength=n).astype(np.float64)
        inputs = ((rng.random((n, self.size), np.float32) - 0.5) / self.size).astype(np.float32)
        outputs = np.zeros((n, self.size), np.float32)
        table = self._negative_table(counts)
        keep = self._keep(counts)
        edges = np.linspace(0, len(rows), self.threads + 1).astype(int)
        # Rows come ordered by time; in that order the last weeks would shape the vectors most.
        rows = rows.take(rng.permutation(len(rows)))
        with ThreadPoolExecutor(self.threads) as pool:
            for epoch in range(self.epochs):
                rates = [self.learning_rate * max(1 - at / self.epochs, 1e-3) for at in (epoch, epoch + 1)]
                seeds = rng.integers(1, 2**31, self.threads)
                jobs = [
                    pool.submit(
                        train, rows.offsets, rows.values, edges[part], edges[part + 1], inputs, outputs, keep, table,
                        self.window, self.negatives, self.shuffle, rates[0], rates[1], int(seeds[part]),
                    )
                    for part in range(self.threads)
                ]  # fmt: skip
                for job in jobs:
                    job.result()
        inputs[np.bincount(rows.values[np.repeat(rows.lengths > 1, rows.lengths)], minlength=n) == 0] = 0.0
        return Prod2VecModel(inputs, outputs)

    def _keep(self, counts: Array) -> Scores:
        if not self.subsample:
            return np.ones(len(counts), np.float32)
        often = np.maximum(counts / (self.subsample * counts.sum()), 1e-12)
        kept: Scores = np.minimum(1.0, (np.sqrt(often) + 1.0) / often).astype(np.float32)
        return kept

    def _negative_table(self, counts: Array) -> Codes:
        weights = np.where(counts > 0, np.maximum(counts, 1.0) ** self.exponent, 0.0)
        entries = 100 * max(len(counts), 1)
        copies = np.ceil(weights / weights.sum() * entries).astype(np.int64)
        table: Codes = np.repeat(np.arange(len(counts), dtype=np.int32), copies)
        return table


@dataclass(frozen=True)
class Prod2VecModel:
    """Two vectors per item, as seen from itself (`vectors`) and from its surroundings (`outputs`)."""

    vectors: Vectors
    outputs: Vectors

    def embed(self, query: Query) -> Vectors:
        """The mean direction of the seeds, shape ``[size]``, of any length; zero if there are none that are known."""
        seeds = query.seeds
        return self.vectors[seeds[0]] if len(seeds) == 1 else mean_direction(self.vectors[seeds])

    def embed_each(self, query: Query) -> Vectors:
        """What each seed adds to the direction of `embed`: ``[n_seeds, size]``."""
        vectors = self.vectors[query.seeds]
        lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
        each: Vectors = vectors / np.maximum(lengths, np.float32(1e-12))[:, None]
        return each


def mean_direction(vectors: Vectors) -> Vectors:
    """The mean of the given vectors ``[n, size]``, each scaled to length one first; zero rows count for nothing."""
    if not len(vectors):
        return np.zeros(vectors.shape[1], np.float32)
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    mean: Vectors = (vectors / np.maximum(lengths, np.float32(1e-12))[:, None]).mean(axis=0)
    return mean
