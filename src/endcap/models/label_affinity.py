"""Which shelves a visitor goes to, and what is popular on them.

Each thing that was touched lately speaks for all that shares its label (category, brand, any label column), the latest
most. Items of a label are ranked by how often they are touched, to a power: below 1, less than in proportion, since the
visitors of one shelf differ more in what they take than visitors of the shop do. Content-based recommendation with one
attribute, as in Lops, de Gemmis and Semeraro, Recommender Systems Handbook (2011), chapter 3; within a blend it brings
what was seen too rarely to stand beside anything.
"""

import os
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from endcap.core.arrays import Codes, Ragged, Scores, among, distinct
from endcap.core.candidates import Candidates, best
from endcap.core.dataset import Dataset
from endcap.core.errors import BadData
from endcap.core.part import Part
from endcap.core.query import Queries, Query
from endcap.core.records import KINDS
from endcap.core.tunable import Between
from endcap.core.why import Why
from endcap.models.alternating import in_parts
from endcap.models.popular import HALF_LIVES
from endcap.models.rows import TOUCHES


class LabelAffinity(Part):
    """Ranks what shares a label with the latest seeds, by how much they say of that label and what is popular in it."""

    by: str = "category"
    """A label column of the catalog."""
    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that make an item popular."""
    half_life: Annotated[PositiveFloat | None, HALF_LIVES] = None
    """Days until an event counts half; without it, all count the same."""
    item_exponent: Annotated[NonNegativeFloat, Between(0.0, 1.0)] = 0.5
    """An item counts how often it was touched, to this power: at 0, all of a label count the same …"""
    label_exponent: Annotated[NonNegativeFloat, Between(0.0, 1.0)] = 0.5
    """… divided by how often all of its label were, to this power: at 1 (both), its share of the label."""
    recency: Annotated[PositiveFloat, Between(0.2, 10.0, log=True)] = 1.5
    """Steps back until a seed counts 1/e."""
    seeds: Annotated[PositiveInt, Between(1, 50, log=True)] = 20
    """At most so many of the latest seeds are asked."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "LabelAffinityModel":
        """One list per label, best first; raises `BadData` if nothing that was touched has one."""
        labels = data.catalog.labels(self.by)
        n, counts = len(labels.names), data.counts(*self.kinds, half_life=self.half_life, weighed=True)
        counts[labels.codes < 0] = 0.0
        if not counts.any():
            there = ", ".join(KINDS[kind] for kind in np.unique(data.events.kind)) or "none"
            raise BadData(f"nothing that was touched has a {self.by}; event kinds in the data: {there}")
        held = np.flatnonzero(counts)
        whole = np.bincount(labels.codes[held], counts[held], minlength=n)
        scores = np.full(len(counts), np.nan, np.float32)
        scores[held] = counts[held] ** self.item_exponent / whole[labels.codes[held]] ** self.label_exponent
        order = best(scores, np.arange(len(counts), dtype=np.int32), len(counts))
        lists, values = (Ragged.grouped(labels.codes[order], column, n) for column in (order, scores[order]))
        return LabelAffinityModel(
            labels.codes, Ragged(lists.offsets, lists.values.astype(np.int32)), values, self.seeds, self.recency
        )


@dataclass(frozen=True)
class LabelAffinityModel:
    """The items of each label, best first."""

    labels: Codes
    """The label of each item; -1: none."""
    lists: Ragged
    scores: Ragged
    seeds: int
    recency: float

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items with the highest sum over the seeds of their label, the seeds themselves left out."""
        labels, weights = self.shelves(query)
        if not len(labels):
            return Candidates.none()
        ahead = k + len(query.seeds)
        items = np.concatenate([self.lists[label][:ahead] for label in labels])
        scores = [weight * self.scores[label][:ahead] for label, weight in zip(labels, weights, strict=True)]
        found = Candidates(items, np.concatenate(scores).astype(np.float32))
        return found.take(~among(items, query.seeds)).top(k)

    def shelves(self, query: Query) -> tuple[Codes, NDArray[np.float64]]:
        """The labels that the seeds speak for, ascending, and how much: what to name the shelves of a page by."""
        seeds, counts = self._seeds(query)
        known = self.labels[seeds] >= 0
        labels, place = distinct(self.labels[seeds[known]])
        return labels, np.bincount(place, counts[known], minlength=len(labels)).astype(np.float64)

    def many(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
        """As single calls, compiled: ``codes[n, k]`` (-1: no more) and scores (NaN there)."""
        from endcap.models.kernels.transitions import followed  # noqa: PLC0415 — a serving process asks one by one

        visits = queries.seeds
        codes = np.full((len(queries), k), -1, np.int32)
        scores = np.full((len(queries), k), np.nan, np.float32)
        leads = self.labels[visits.values]

        def part(first: int, last: int) -> None:
            followed(
                first, last, visits.offsets, visits.values, leads, self.lists.offsets, self.lists.values,
                self.scores.values, self.recency, 0.0, self.seeds, k, codes, scores, len(self.labels),
            )  # fmt: skip

        in_parts(part, visits.offsets, os.cpu_count() or 1)
        return codes, scores

    def why(self, query: Query, item: int) -> Why:
        """By seed of the item's label, what it counts times how the item stands in it."""
        seeds, counts = self._seeds(query)
        label = self.labels[item]
        score = self.scores[label][self.lists[label] == item].sum() if label >= 0 else 0.0
        return Why.of(seeds, counts * np.where(self.labels[seeds] == label, score, 0.0))

    def _seeds(self, query: Query) -> tuple[Codes, NDArray[np.float64]]:
        seeds = query.seeds[-self.seeds :]
        return seeds, np.exp(-np.arange(len(seeds) - 1.0, -1.0, -1.0) / self.recency)
