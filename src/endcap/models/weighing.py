"""How much each of several lists counts, so that the answers of known questions come to stand high.

A search along one weight at a time for the mean reciprocal rank or NDCG themselves, as Metzler and Croft, Linear
feature-based models for information retrieval, Information Retrieval 10 (2007), section 4.3: with so few weights, and
a measure that is flat between jumps, it needs no gradient and nothing random.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Codes, distinct, offsets_of
from endcap.models.alternating import in_parts

Weights = NDArray[np.float32]
Measure = Literal["MRR", "NDCG"]
STRIDES = (4.0, 2.0, 1.4, 1.15, 1.05)
"""A weight is tried so many times as high and as low, the great strides first."""
FEWEST = 200
"""A group of questions has weights of its own if there are so many of it that have an answer in the lists."""


@dataclass(frozen=True)
class Lists:
    """The candidates of each question with what each retriever says of them, for the questions it can answer."""

    offsets: NDArray[np.int64]
    features: NDArray[np.float32]
    """``[candidates, retrievers]``, by item code within each question; 0: not in that list."""
    answers: NDArray[np.int64]
    """The row of each question's answer."""
    asked: NDArray[np.int64]
    """Which of the questions these are: those whose answer is in some list."""
    n: int
    """How many questions there were in all."""

    @classmethod
    def of(cls, lists: Sequence[tuple[Codes, Array]], answers: Codes, n_items: int) -> "Lists":
        """Those of lists ``[n, width]`` of codes (-1: none) and values, one pair for each retriever."""
        has = np.flatnonzero(np.any([(codes == answers[:, None]).any(axis=1) for codes, _ in lists], axis=0))
        inside = [codes[has] >= 0 for codes, _ in lists]
        rows = np.arange(len(has), dtype=np.int64)[:, None] * n_items
        keys = [(rows + codes[has])[held] for (codes, _), held in zip(lists, inside, strict=True)]
        every, place = distinct(np.concatenate(keys))
        features = np.zeros((len(every), len(lists)), np.float32)
        ends = offsets_of(np.array([len(key) for key in keys]))
        for column, ((_, values), held) in enumerate(zip(lists, inside, strict=True)):
            features[place[ends[column] : ends[column + 1]], column] = values[has][held]
        offsets = offsets_of(np.bincount(every // n_items, minlength=len(has)))
        own = np.searchsorted(every, rows[:, 0] + answers[has])
        return cls(offsets, features, own.astype(np.int64), has, len(answers))

    def levelled(self) -> tuple["Lists", Weights]:
        """The same with all that a retriever says divided by its mean over what it finds; and these means."""
        means = self.features.sum(axis=0, dtype=np.float64) / np.maximum((self.features != 0.0).sum(axis=0), 1)
        levels: Weights = np.where(means > 0.0, means, 1.0).astype(np.float32)
        return replace(self, features=self.features / levels), levels

    def places(self, weights: Weights) -> NDArray[np.int64]:
        """Where each answer stands (from 1) with the given weights ``[questions, retrievers]``."""
        from endcap.models.kernels.blending import places_of  # noqa: PLC0415 — compiled code is for fitting only

        out = np.zeros(len(self.answers), np.int64)
        settings = (self.offsets, self.features, self.answers, np.ascontiguousarray(weights, np.float32), out)
        in_parts(lambda first, last: places_of(first, last, *settings), self.offsets, os.cpu_count() or 1)
        return out


def learned(lists: Lists, groups: NDArray[np.int64], n_groups: int, measure: Measure, k: int) -> Weights:
    """Weights ``[n_groups, retrievers]`` that each add up to 1, for questions of the given groups ``[questions]``.

    Groups of too few questions have the weights of all.
    """
    width = lists.features.shape[1]
    plain = np.full(width, 1.0 / width, np.float32)
    if not len(lists.answers):
        return np.tile(plain, (n_groups, 1))
    gain = _gains(measure, k)

    def judged(chosen: NDArray[np.bool_]) -> Callable[[Weights], float]:
        part = _taken(lists, chosen)
        return lambda weights: float(gain(part.places(np.tile(weights, (len(part.answers), 1)))).sum() / lists.n)

    everybody = judged(np.ones(len(lists.answers), bool))
    alone = [np.where(np.arange(width) == one, 1.0, 0.02).astype(np.float32) for one in range(width)]
    ways = [_climbed(start, everybody) for start in [plain, *alone]]
    common = max(ways, key=lambda way: way[1])[0]
    own = groups[lists.asked]
    sizes = np.bincount(own, minlength=n_groups)
    found = [
        _climbed(common, judged(own == group))[0] if n_groups > 1 and sizes[group] >= FEWEST else common
        for group in range(n_groups)
    ]
    return np.stack(found)


def _climbed(start: Weights, judge: Callable[[Weights], float]) -> tuple[Weights, float]:
    """Weights that no single stride makes better, from the given ones on; and how good they are."""
    best, reached = start / start.sum(), judge(start / start.sum())
    for stride in STRIDES:
        better = True
        while better:
            better = False
            for one in range(len(best)):
                for factor in (stride, 1.0 / stride, 0.0):
                    tried = best.copy()
                    tried[one] *= factor
                    if tried[one] == best[one] or not tried.any():
                        continue
                    tried /= tried.sum()
                    value = judge(tried)
                    if value > reached + 1e-7:
                        best, reached, better = tried, value, True
    return best, reached


def _gains(measure: Measure, k: int) -> Callable[[NDArray[np.int64]], NDArray[np.float64]]:
    def gain(places: NDArray[np.int64]) -> NDArray[np.float64]:
        worth = 1.0 / places if measure == "MRR" else 1.0 / np.log2(places + 1.0)
        return np.where(places <= k, worth, 0.0)

    return gain


def _taken(lists: Lists, chosen: NDArray[np.bool_]) -> Lists:
    """Only some of the questions."""
    if chosen.all():
        return lists
    lengths = np.diff(lists.offsets)
    kept = np.repeat(chosen, lengths)
    moved = np.cumsum(kept) - 1
    return Lists(
        offsets_of(lengths[chosen]), lists.features[kept], moved[lists.answers[chosen]], lists.asked[chosen], lists.n
    )
