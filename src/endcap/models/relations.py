"""Two relations, learned apart: what can be taken instead of an item, and what goes along with it.

Both ask how many times as often as by chance two items stand together, and both distrust what few pairs say: the
strength of a pair is the mean of a gamma distribution whose prior is what is known of pairs like it (DuMouchel,
Bayesian data mining in large frequency tables, The American Statistician 53, 1999). They differ in where they look,
visits or baskets, and in that prior:

- **substitutes**: how much likelier than by chance a pair that is looked at in one visit shares each label of the
  catalog, or lies near in price. The factors are fitted together (iterative proportional fitting), so that what two
  columns say alike counts once.
- **complements**: how much likelier than by chance items of these two shelves (category and price band) are bought
  together; then the same of the look-alikes of both items, since what goes with one goes with what replaces it; then of
  the pair itself. What looks like the item is held back, and its own family left out.
"""

from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from endcap.core.arrays import Codes, Ragged, Scores, offsets_of
from endcap.core.bands import BANDS, price_bands, price_levels
from endcap.core.candidates import NO_SCORES
from endcap.core.catalog import Catalog, Labels
from endcap.core.dataset import Dataset
from endcap.core.pairs import PairCounts
from endcap.core.part import Part
from endcap.core.tunable import SETTLED, Between
from endcap.models.co_occurrence import CoOccurrence, CoOccurrenceModel
from endcap.models.counted import counted, in_parts, together
from endcap.models.lines import lines_of

if TYPE_CHECKING:
    from endcap.models.kernels.relating import Likeness, Pairs

SAMPLED = 200_000
"""Pairs drawn by chance, to know what chance gives."""
STEPS = 8
"""Of the difference of two prices: so many that hold as many pairs seen together, and so many for those by chance."""
ROUNDS = 20
"""Of fitting factors to one another."""
AT_ONCE = 1_000
"""Items whose pairs are looked at together."""


class Substitutes(Part):
    """Finds what serves the same need: seen in the same visits, and alike in what turns out to matter."""

    kinds: Annotated[tuple[str, ...], SETTLED] = ("view",)
    """Kinds of event that say what somebody compares."""
    trust: Annotated[PositiveFloat, Between(0.1, 10.0, log=True)] = 1.0
    """How many pairs the prior is worth."""
    neighbours: Annotated[PositiveInt, Between(20, 500, log=True)] = 200
    seeds: Annotated[PositiveInt, SETTLED] = 20
    """At most so many of the latest seeds are asked."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> CoOccurrenceModel:
        """The likeliest substitutes of every item, of those never seen as well, if they share a shelf with any."""
        from endcap.models.kernels.relating import alike  # noqa: PLC0415 — compiled code is for fitting only

        how, n = CoOccurrence(source="sessions", kinds=self.kinds), len(data.catalog)
        seen = _pairs(counted(together(lines_of(data, how), how, n)))
        likeness = likeness_of(data.catalog, seen, rng)
        shelves = _shelves(data.catalog)
        listed = _shelved(shelves, seen.mass)
        keep = min(self.neighbours, n)
        lengths, items, scores = np.zeros(n, np.int64), np.zeros((n, keep), np.int32), np.zeros((n, keep), np.float32)
        settings = (seen, likeness, self.trust, shelves, listed.offsets, listed.values, lengths, items, scores)
        in_parts(lambda first, last: alike(first, last, *settings), np.diff(seen.offsets) + 100)
        return CoOccurrenceModel(*_closed(lengths, items, scores), self.seeds)


class Complements(Part):
    """Finds what is bought along, and is not more of the same."""

    substitutes: Annotated[Substitutes, SETTLED] = Substitutes()
    """How look-alikes are found."""
    look_alikes: Annotated[PositiveInt, Between(5, 50, log=True)] = 10
    """Of each item, as many speak for it."""
    trust: Annotated[PositiveFloat, Between(0.1, 10.0, log=True)] = 1.0
    """How many pairs the pairs of shelves are worth, against those of look-alikes …"""
    pair_trust: Annotated[PositiveFloat, Between(0.1, 20.0, log=True)] = 4.0
    """… and these, against those of the two items."""
    penalty: Annotated[NonNegativeFloat, Between(0.0, 2.0)] = 1.0
    """Strengths are divided by one and what the two are worth as substitutes, to this power."""
    neighbours: Annotated[PositiveInt, Between(20, 500, log=True)] = 200
    seeds: Annotated[PositiveInt, SETTLED] = 20
    """At most so many of the latest seeds are asked."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> CoOccurrenceModel:
        """The likeliest complements of every item that is bought, or looks like one that is.

        Where nobody is seen comparing, as in a log of orders alone, no item is known to look like another.
        """
        n, compared = len(data.catalog), data.are(*self.substitutes.kinds).any()
        instead = self.substitutes.fit(data, rng) if compared else CoOccurrenceModel(Ragged.empty(n), NO_SCORES, 0)
        return CoOccurrenceModel(*_closed(*self._along(data, instead)), self.seeds)

    def _along(self, data: Dataset, instead: CoOccurrenceModel) -> tuple[NDArray[np.int64], Codes, Scores]:
        """How many complements each item has, which, and how strong; alone, so that the pairs are forgotten after."""
        from endcap.models.kernels.relating import along  # noqa: PLC0415 — compiled code is for fitting only

        how, n = CoOccurrence(source="baskets"), len(data.catalog)
        bought, shelves = _pairs(counted(together(lines_of(data, how), how, n))), _shelves(data.catalog)
        like = _nearest(instead.neighbours, self.look_alikes)
        whose = Ragged.grouped(like.values, like.rows.astype(np.int32), n)
        pooled = np.bincount(like.rows, bought.mass[like.values], minlength=n)
        keep = min(self.neighbours, n)
        lengths, items, scores = np.zeros(n, np.int64), np.zeros((n, keep), np.int32), np.zeros((n, keep), np.float32)
        settings = (
            bought, shelves, _strength(bought, shelves), like.offsets, like.values, whose.offsets, whose.values, pooled,
            np.array([self.trust, self.pair_trust]), instead.neighbours.offsets, instead.neighbours.values,
            instead.scores, _families(data.catalog), self.penalty, lengths, items, scores,
        )  # fmt: skip
        in_parts(lambda first, last: along(first, last, *settings), np.diff(bought.offsets) + 100)
        return lengths, items, scores


def likeness_of(catalog: Catalog, seen: "Pairs", rng: np.random.Generator) -> "Likeness":
    """How much likelier than by chance pairs that are seen together share each label, or lie near in price."""
    from endcap.models.kernels.relating import Likeness  # noqa: PLC0415 — compiled code is for fitting only

    n = len(catalog)
    columns = [column.codes for column in catalog.columns.values() if isinstance(column, Labels)]
    labels = np.array(columns, np.int32).reshape(len(columns), n)
    prices = np.log(np.maximum(price_levels(catalog), 0.01))
    left, right = np.repeat(np.arange(n), np.diff(seen.offsets)), seen.others
    one, other = (rng.choice(n, SAMPLED, p=seen.mass / seen.total if seen.total else None) for _ in range(2))
    one, other = one[one != other], other[one != other]
    by_chance = _quantiles(np.abs(prices[one] - prices[other]), np.ones(len(one)))
    edges = np.union1d(_quantiles(np.abs(prices[left] - prices[right]), seen.counts), by_chance)
    likeness = Likeness(labels, np.ones((len(columns), 3)), prices, edges, np.ones(len(edges) + 2))
    if not seen.total or not len(one):
        return likeness
    states, chance = _states(likeness, left, right), _states(likeness, one, other)
    sizes = [3] * len(columns) + [len(likeness.steps)]
    found = [np.bincount(state, seen.counts, size) for state, size in zip(states, sizes, strict=True)]
    factors, weights = [np.ones(size) for size in sizes], np.full(len(one), seen.total / len(one))
    for _ in range(ROUNDS):
        for column, state in enumerate(chance):
            # One pair on either side, so that what never happened to be drawn is not ruled out.
            ratio = (found[column] + 1.0) / (np.bincount(state, weights, sizes[column]) + 1.0)
            factors[column] *= ratio
            weights *= ratio[state]
    return likeness._replace(factors=np.array(factors[:-1]).reshape(len(columns), 3), steps=factors[-1])


def _states(likeness: "Likeness", left: NDArray[np.int64], right: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """By column (the last for prices) the state of each pair, as `Likeness` numbers them."""
    states = []
    for codes in likeness.labels:
        unknown = (codes[left] < 0) | (codes[right] < 0)
        states.append(np.where(unknown, 0, np.where(codes[left] == codes[right], 2, 1)))
    apart = np.abs(likeness.prices[left] - likeness.prices[right])
    steps = np.searchsorted(likeness.edges, apart, side="right")
    return [*states, np.where(np.isnan(apart), len(likeness.edges) + 1, steps)]


def _quantiles(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Edges between steps that hold as much weight each; none if no value is known."""
    order = np.argsort(values, kind="stable")
    order = order[~np.isnan(values[order])]
    if not len(order):
        return np.empty(0)
    reached = np.cumsum(weights[order])
    return np.asarray(values[order][np.searchsorted(reached, np.arange(1, STEPS) / STEPS * reached[-1])])


def _pairs(counts: PairCounts) -> "Pairs":
    """With the margins of the pairs, not of the items: who is in long rows meets more by chance."""
    from endcap.models.kernels.relating import Pairs  # noqa: PLC0415 — compiled code is for fitting only

    offsets, mass = counts.others.offsets, np.zeros(len(counts.others))
    paired = np.flatnonzero(counts.others.lengths)
    if len(paired):
        mass[paired] = np.add.reduceat(counts.together, offsets[paired])
    return Pairs(offsets, counts.others.values, counts.together, mass, float(mass.sum()))


def _strength(bought: "Pairs", shelves: Codes) -> NDArray[np.float64]:
    """How many times as often as by chance things of two shelves are bought together ``[n_shelves + 1] * 2``.

    Each pair of shelves is held to what its categories have, and these to chance, by a pair or two.
    """
    n_shelves = (int(shelves.max(initial=-1)) // BANDS + 1) * BANDS
    place = np.where(shelves < 0, n_shelves, shelves)
    found = np.zeros((n_shelves + 1, n_shelves + 1))
    for first in range(0, len(place), AT_ONCE):
        starts = bought.offsets[first : first + AT_ONCE + 1]
        left, pairs = np.repeat(place[first : first + AT_ONCE], np.diff(starts)), slice(starts[0], starts[-1])
        np.add.at(found, (left, place[bought.others[pairs]]), bought.counts[pairs])
    mass = np.bincount(place, bought.mass, minlength=n_shelves + 1)
    chance = np.outer(mass, mass) / max(bought.total, 1.0)
    group = np.arange(n_shelves + 1) // BANDS
    fold = np.zeros((group[-1] + 1, n_shelves + 1))
    fold[group, np.arange(n_shelves + 1)] = 1.0
    wide = (fold @ found @ fold.T + 1.0) / (fold @ chance @ fold.T + 1.0)
    prior = wide[group][:, group]
    return np.asarray((found + 1.0) / (chance + 1.0 / prior))


def _shelves(catalog: Catalog) -> Codes:
    """Category and price band of each item as one number; -1 where there is no category."""
    if "category" not in catalog:
        return np.full(len(catalog), -1, np.int32)
    category = catalog.labels("category").codes
    bands = price_bands(price_levels(catalog), category)
    return np.where(category < 0, -1, category * BANDS + np.where(bands < 0, BANDS // 2, bands)).astype(np.int32)


def _shelved(shelves: Codes, mass: NDArray[np.float64]) -> Ragged:
    """The items of each shelf that were seen."""
    there = np.where(mass > 0, shelves, -1)
    return Ragged.grouped(there, np.arange(len(shelves), dtype=np.int32), int(shelves.max(initial=-1)) + 1)


def _families(catalog: Catalog) -> Codes:
    return catalog.labels("family").codes if "family" in catalog else np.full(len(catalog), -1, np.int32)


def _nearest(neighbours: Ragged, most: int) -> Ragged:
    """Each item and the first of its neighbours."""
    n = len(neighbours)
    place = np.arange(len(neighbours.values)) - np.repeat(neighbours.offsets[:-1], neighbours.lengths)
    first = place < most
    rows = np.concatenate([np.arange(n), neighbours.rows[first]])
    return Ragged.grouped(rows, np.concatenate([np.arange(n), neighbours.values[first]]).astype(np.int32), n)


def _closed(lengths: NDArray[np.int64], items: Codes, scores: Scores) -> tuple[Ragged, Scores]:
    """The lists of a table without the gaps at their ends."""
    there = np.arange(items.shape[1]) < lengths[:, None]
    return Ragged(offsets_of(lengths), items[there]), scores[there]
