"""How far an index has to look for the recall that is asked for: tried on queries whose true nearest are known."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes
from endcap.index.exact import looked_through, of_length_one
from endcap.index.lists import Vectors, Visits, along
from endcap.index.planning import Effort, time_to_visit
from endcap.index.probing import AT_A_TIME, ApproximateIndex

QUERIES, FILTERED = 800, 400
"""Recall is measured on so many, and with a filter on so many of these."""
LENGTHS: Mapping[int, tuple[float, ...]] = {
    10: (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 96),
    100: (2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10, 12, 16),
    1000: (1.5, 1.75, 2, 2.25, 2.5, 3, 3.5, 4, 5, 6),
}
"""Lengths of lists that recall is measured at, and so many times as many candidates may get their true score."""
SPLITS = (0.87, 0.8, 0.72, 0.65, 0.5, 0.35, 0.2, 0.1, 0.05)
"""Parts of what may be missed that may be missed since its list is not visited; the rest, since its code misleads."""
AIM = 0.9
"""Part of what may be missed that is aimed at: what is measured on a sample is an estimate."""
SHARES, KINDS = (10, 100), 8
"""One in so many items is kept by the filters that recall is measured with; as many different ones of each kind."""
HEAPS = 1000
"""Items fall into so many heaps, of which a filter keeps some."""
BELOW, MORE = (-0.05, -0.04, -0.03, -0.02, -0.01, 0.0, 0.01, 0.02, 0.04, 0.08, 0.16), 0.02
"""With a filter, so much further than exact scores would need is tried; and so much further is gone than was needed."""
RESCORED = 0.3
"""Microseconds for a true score, roughly."""


def measured(
    index: ApproximateIndex, recall: float, rng: np.random.Generator, asked: Vectors | None = None
) -> ApproximateIndex | None:
    """The index with the least effort that reaches the recall, with filters and without; None if none does.

    Recall is that of a sample of `asked` ``[m, size]``; without any, see `Trial.of`.
    """
    aim = 1 - AIM * (1 - recall)
    trial = Trial.of(index, asked, rng)
    filters = trial.filters(rng)
    needed = max(trial.below(masks, 1 - aim) for masks in filters.values())
    for effort, reached in sorted(trial.efforts(aim), key=lambda tried: _cost(index, tried[0])):
        for below in needed + np.array(BELOW):
            tried = replace(index, effort=replace(effort, below=float(below)))
            if all(trial.recall(tried, masks) >= aim for masks in filters.values()):
                surely = replace(index, effort=replace(effort, below=float(below + MORE)))
                filtered = {name: trial.recall(surely, masks) for name, masks in filters.items()}
                return replace(surely, measured=reached | filtered)
    return None


@dataclass(frozen=True)
class Filtered:
    """Queries with what they allow, and the true nearest among that."""

    asked: Vectors
    allowed: NDArray[np.bool_]
    truth: Codes


@dataclass(frozen=True)
class Trial:
    """Queries and the true nearest of each, to hold an index against."""

    index: ApproximateIndex
    """Its effort does not matter yet."""
    codes: Codes
    """The items that have a vector."""
    asked: Vectors
    truth: Codes

    @classmethod
    def of(cls, index: ApproximateIndex, asked: Vectors | None, rng: np.random.Generator) -> "Trial":
        """A sample of what is asked.

        Without any, the harder of two guesses, which depends on the vectors: queries halfway between two items, and
        queries halfway between an item and a vector that is none.
        """
        codes = np.flatnonzero(index.known).astype(np.int32)
        asked_for = _guessed(index, rng) if asked is None or not asked.any() else (asked,)
        trials = [cls._of(index, codes, some, rng) for some in asked_for]
        return max(trials, key=Trial.depth)

    @classmethod
    def _of(cls, index: ApproximateIndex, codes: Codes, asked: Vectors, rng: np.random.Generator) -> "Trial":
        asked = asked[asked.any(axis=1)]
        unit = of_length_one(asked[np.sort(rng.permutation(len(asked))[:QUERIES])])[0]
        longest = max(k for k in LENGTHS if 20 * k <= len(codes))
        return cls(index, codes, unit, _true(index.unit, codes, unit, longest))

    @cached_property
    def products(self) -> Vectors:
        """Of each query with the centre of each list ``[m, n_lists]``."""
        products: Vectors = self.asked @ self.index.lists.centres.T
        return products

    @cached_property
    def promised(self) -> Vectors:
        """The product that the best item of each list probably has with each query ``[m, n_lists]``."""
        promised: Vectors = self.products + self.index.lists.spread
        return promised

    @cached_property
    def places(self) -> NDArray[np.int32]:
        """The list that each item lies in."""
        return self.index.lists.of_items(len(self.index.unit))

    @cached_property
    def gaps(self) -> Vectors:
        """How far below the highest promise is that of the list that holds each of the true nearest ``[m, k]``."""
        theirs = along(self.promised, self.places[self.truth])
        gaps: Vectors = self.promised.max(axis=1, keepdims=True) - theirs
        return gaps

    def gap(self, k: int, missed: float) -> float:
        """The gap that misses no more than that share of the k nearest."""
        return float(np.quantile(self.gaps[:, :k], 1 - missed, method="higher"))

    def inside(self, gap: float) -> NDArray[np.bool_]:
        """Which lists are visited with that gap ``[m, n_lists]``."""
        inside: NDArray[np.bool_] = self.promised >= self.promised.max(axis=1, keepdims=True) - np.float32(gap)
        return inside

    def visited(self, gap: float) -> float:
        """How many lists are visited with that gap, on average."""
        return float(np.count_nonzero(self.inside(gap), axis=1).mean())

    def depth(self) -> float:
        """How many lists must be visited to miss no more than one in twenty of the nearest."""
        return self.visited(self.gap(min(LENGTHS), 0.05))

    @property
    def lengths(self) -> list[int]:
        """Lengths of lists that recall is measured at."""
        return [k for k in LENGTHS if k <= self.truth.shape[1]]

    def filters(self, rng: np.random.Generator) -> dict[str, list[Filtered]]:
        """What some may allow: items at random, those nearest to one of them, as a category would, or some heaps.

        The last are what a few brands or a supplier would leave, most of it far from what is asked.
        """
        some = self.asked[:: math.ceil(len(self.asked) / FILTERED)]
        ways = {"at random": self._at_random, "of a kind": self._of_a_kind, "of some kinds": self._of_some_kinds}
        return {
            f"one in {share}, {how}": [
                self._filtered(part, kept(len(self.codes) // share, rng)) for part in np.array_split(some, KINDS)
            ]
            for share in SHARES
            for how, kept in ways.items()
        }

    def _at_random(self, n: int, rng: np.random.Generator) -> Codes:
        return rng.choice(self.codes, n, replace=False)

    def _of_a_kind(self, n: int, rng: np.random.Generator) -> Codes:
        near = self.index.unit[self.codes] @ self.index.unit[rng.choice(self.codes)]
        return self.codes[np.argsort(-near, kind="stable")[:n]]

    def _of_some_kinds(self, n: int, rng: np.random.Generator) -> Codes:
        order = rng.permutation(HEAPS)
        return self.codes[np.argsort(order[self._heaps], kind="stable")[:n]]

    @cached_property
    def _heaps(self) -> NDArray[np.intp]:
        """Which of some of the items is nearest to each; heaps that do not go together with the index's lists."""
        middles = self.index.unit[self.codes[:: max(1, len(self.codes) // HEAPS)][:HEAPS]].T
        step = max(1, AT_A_TIME // HEAPS)
        starts = range(0, len(self.codes), step)
        parts = (self.index.unit[self.codes[start : start + step]] @ middles for start in starts)
        return np.concatenate([np.argmax(products, axis=1) for products in parts])

    def _filtered(self, asked: Vectors, kept: Codes) -> Filtered:
        allowed = np.zeros(len(self.index.unit), bool)
        allowed[kept] = True
        return Filtered(asked, allowed, _true(self.index.unit, np.sort(kept), asked, min(LENGTHS)))

    def below(self, filters: list[Filtered], missed: float) -> float:
        """How far below the score of the last of the ten nearest a list may be, to miss no more than that share."""
        return float(np.quantile(np.concatenate([self._below(part) for part in filters]), 1 - missed))

    def _below(self, part: Filtered) -> Vectors:
        lists, spreads = self.index.lists, np.zeros(len(self.index.lists), np.float32)
        held, theirs = self.index.filter(part.allowed).held
        spreads[held] = theirs
        promised = part.asked @ lists.centres.T + spreads
        scores = np.einsum("nkd,nd->nk", self.index.unit[part.truth], part.asked)
        below: Vectors = scores.min(axis=1, keepdims=True) - along(promised, self.places[part.truth])
        return below

    def recall(self, index: ApproximateIndex, filters: list[Filtered]) -> float:
        """The share of the ten nearest allowed items that are found, asked one by one, as a page does, in lists.

        Queries that are quicker answered by looking at all, and so without an error, must not hide what others miss.
        """
        shares = [
            len({*near} & {*index.visiting(vector, len(near), part.allowed)[0].tolist()}) / len(near)
            for part in filters
            for vector, near in zip(part.asked, part.truth.tolist(), strict=True)
        ]
        return float(np.mean(shares))

    def efforts(self, aim: float) -> Iterator[tuple[Effort, dict[str, float]]]:
        """What reaches the aim without a filter, and what exactly it reaches."""
        for split in SPLITS:
            gaps = [self.gap(k, split * (1 - aim)) for k in self.lengths]
            lists = [self.visited(gap) for gap in gaps]
            least = [self._rescored(k, gap, aim) for k, gap in zip(self.lengths, gaps, strict=True)]
            reached = {f"the {k} nearest": found for k, (_, found) in zip(self.lengths, least, strict=True)}
            if min(reached.values()) >= aim:
                yield Effort(tuple(self.lengths), tuple(gaps), tuple(lists), tuple(at for at, _ in least)), reached

    def _rescored(self, k: int, gap: float, aim: float) -> tuple[float, float]:
        """The smallest factor with which lists of length k reach the aim, and what they reach; else the greatest."""
        width = math.ceil(k * LENGTHS[k][-1])
        visits = Visits.where(self.products, self.inside(gap))
        near, _ = self.index.lists.near(self.asked, visits, width)
        hits = np.array([np.isin(row, truth) for row, truth in zip(near, self.truth[:, :k], strict=True)])
        found = hits.cumsum(axis=1).mean(axis=0) / k
        for factor in LENGTHS[k]:
            if (reached := float(found[math.ceil(k * factor) - 1])) >= aim:
                return factor, reached
        return LENGTHS[k][-1], float(found[-1])


def _guessed(index: ApproximateIndex, rng: np.random.Generator) -> tuple[Vectors, Vectors]:
    """Queries halfway between two items, and halfway between an item and a vector that is none.

    Of the latter, each coordinate is that of an item of its own: it is as spread as the items are, and far from all.
    """
    codes, size = np.flatnonzero(index.known), index.unit.shape[1]
    pairs = index.unit[rng.choice(codes, (QUERIES, 2))].sum(axis=1)
    chance = index.unit[rng.choice(codes, (QUERIES, size)), np.arange(size)]
    return pairs, index.unit[rng.choice(codes, QUERIES)] + of_length_one(chance)[0]


def _true(unit: Vectors, codes: Codes, asked: Vectors, k: int) -> Codes:
    rows = unit if len(codes) == len(unit) else unit[codes]
    return looked_through(rows.T, codes, asked, k)[0]


def _cost(index: ApproximateIndex, effort: Effort) -> float:
    """Microseconds of a search for the shortest of the lists, roughly."""
    size = len(index.unit) / len(index.lists)
    return time_to_visit(effort.lists[0], size, 1) + effort.rescored[0] * effort.lengths[0] * RESCORED
