"""How Prod2Vec learns: what the compiled loop walks over, on several threads, or on several processes.

With threads, all change the same vectors without waiting for each other (Hogwild: Niu, Recht, Ré and Wright, NIPS
2011). With shards, each process has a part of the rows and vectors of its own, and all take the mean after every epoch
(McDonald, Hall and Mann, Distributed training strategies for the structured perceptron, NAACL 2010): what several
machines would do.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes, Ragged, Scores, offsets_of
from endcap.models.shards import Shards, alone

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Choices:
    """Alias tables from which negatives are drawn: those of the items, then those of each column of labels."""

    starts: NDArray[np.int64]
    table: NDArray[np.uint64]
    """See `endcap.models.kernels.skip_gram.aliased`."""

    @classmethod
    def of(cls, counts: list[NDArray[np.float64]], exponent: float) -> "Choices":
        """Each entry in proportion to its count to that power; what never came is never drawn."""
        from endcap.models.kernels.skip_gram import aliased  # noqa: PLC0415 — compiled code is for fitting only

        starts = offsets_of(np.array([len(column) for column in counts]))
        table = np.arange(starts[-1], dtype=np.uint64)
        for first, column in zip(starts.tolist(), counts, strict=False):
            if column.any():
                aliased(np.where(column > 0, np.maximum(column, 1.0) ** exponent, 0.0), first, table)
        return cls(starts, table)


@dataclass(frozen=True)
class Corpus:
    """What is learned from: rows of items, and of each item its labels and how often it is used."""

    rows: Ragged
    times: NDArray[np.float64]
    """Of every value, in seconds; empty where they do not matter."""
    labels: Codes
    """``[n_items, n_columns]``: the row of each label among the vectors, which begin with those of the items; or -1."""
    keep: Scores
    """``[n_items]``: the chance that an occurrence is used."""
    choices: Choices

    def only(self, rows: NDArray[np.bool_]) -> "Corpus":
        """The same with only the given rows; the others are empty."""
        mask = np.repeat(rows, self.rows.lengths)
        return replace(self, rows=self.rows.keep(mask), times=self.times[mask] if len(self.times) else self.times)


@dataclass(frozen=True)
class Plan:
    """How it is learned; see the fields of `Prod2Vec`."""

    window: int
    shrinking: bool
    apart: float
    """Seconds."""
    negatives: int
    shuffle: bool
    weights: Vectors
    """``[3, 2]``: of items, labels, and an item's own labels, predicting items and labels."""
    epochs: int
    learning_rate: float
    threads: int = 1
    shards: int = 1


@dataclass(frozen=True)
class Parameters:
    """Two vectors for each item and, after them, for each label ``[n_items + n_labels, size]``; changed in place."""

    inputs: Vectors
    outputs: Vectors

    def become_mean(self, found: list["Parameters"], shares: Vectors) -> None:
        """Takes the mean of what shards found, of each vector weighted by how often each shard met its item.

        One that never met it has not moved it.
        """
        for name in ("inputs", "outputs"):
            whole = getattr(self, name)
            whole[:] = 0.0
            for share, theirs in zip(shares, found, strict=True):
                whole += share[:, None] * getattr(theirs, name)


def train(corpus: Corpus, parameters: Parameters, plan: Plan, rng: np.random.Generator) -> None:
    """Changes the parameters for the better, epoch by epoch."""
    parts, shares = [Learner(corpus, plan, rng)], np.empty(0, np.float32)
    if plan.shards > 1:
        owner = rng.integers(plan.shards, size=len(corpus.rows))  # by chance, so that no shard has a part of the shop
        mine = [corpus.only(owner == which) for which in range(plan.shards)]
        seeds, shares = rng.integers(1, 2**31, plan.shards).tolist(), _shares(mine)
        parts = [Learner(own, plan, np.random.default_rng(seed)) for own, seed in zip(mine, seeds, strict=True)]
    with ExitStack() as stack:
        ask = alone(parts[0]) if plan.shards == 1 else stack.enter_context(Shards(parts))
        for epoch in range(plan.epochs):
            rates = (plan.learning_rate * max(1 - at / plan.epochs, 1e-3) for at in (epoch, epoch + 1))
            found = ask("epoch", parameters, *rates)
            if plan.shards > 1:
                parameters.become_mean(found, shares)


@dataclass(frozen=True)
class Learner:
    """What one process learns from, and how."""

    corpus: Corpus
    plan: Plan
    rng: np.random.Generator

    def epoch(self, parameters: Parameters, rate: float, last_rate: float) -> Parameters:
        """The parameters, changed by an epoch at a learning rate that goes from the first to the second number."""
        from endcap.models.kernels.skip_gram import trainer  # noqa: PLC0415 — compiled code is for fitting only

        corpus, plan, rng = self.corpus, self.plan, self.rng
        rows, choices = corpus.rows, corpus.choices
        kernel = trainer(parameters.inputs.shape[1], plan.negatives)

        def part(order: NDArray[np.int64], seed: int) -> None:
            kernel(
                order, rows.offsets, rows.values, corpus.times, corpus.labels, parameters.inputs, parameters.outputs,
                corpus.keep, choices.starts, choices.table, plan.weights, plan.window, plan.shrinking, plan.apart,
                plan.shuffle, rate, last_rate, seed,
            )  # fmt: skip

        # Rows come ordered by time; in that order the last weeks would shape the vectors most.
        order = rng.permutation(len(rows))
        reached = np.cumsum(rows.lengths[order])
        edges = np.searchsorted(reached, reached[-1] * np.arange(1, plan.threads) / plan.threads).tolist()
        parts = [order[start:end] for start, end in pairwise([0, *edges, len(order)])]
        seeds = rng.integers(1, 2**31, plan.threads).tolist()
        with ThreadPoolExecutor(plan.threads) as pool:
            list(pool.map(part, parts, seeds))
        return parameters


def _shares(parts: list[Corpus]) -> Vectors:
    """Of each shard and each row of the vectors, how much the shard has to say ``[shards, n_items + n_labels]``."""
    n_rows = int(parts[0].choices.starts[-1])
    met = np.zeros((len(parts), n_rows))
    for which, part in enumerate(parts):
        met[which] += np.bincount(part.rows.values, minlength=n_rows)
        for column in part.labels.T:
            labels = column[part.rows.values]
            met[which] += np.bincount(labels[labels >= 0], minlength=n_rows)
    met += 1e-3  # what none of them met was only drawn as a negative, by each in proportion to its rows
    shares: Vectors = (met / met.sum(axis=0)).astype(np.float32)
    return shares
