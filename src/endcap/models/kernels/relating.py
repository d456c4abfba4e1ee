"""Posterior strength of pairs; see `endcap.models.relations` for what is computed."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


class Likeness(NamedTuple):
    """What is learned of how pairs that serve one need are alike."""

    labels: Array
    """A code per column and item ``[n_columns, n_items]``; -1: not known."""
    factors: Array
    """How many times as likely a pair is if the label is not known, differs, is shared ``[n_columns, 3]``."""
    prices: Array
    """Logarithms ``[n_items]``; NaN: not known."""
    edges: Array
    """Between the steps of the difference of two prices, ascending."""
    steps: Array
    """How many times as likely a pair is by that step; the last entry: a price is not known."""


class Pairs(NamedTuple):
    """Counted pairs, and what chance says of them: ``mass[i] · mass[j] / total``."""

    offsets: Array
    others: Array
    counts: Array
    mass: Array
    total: float


@njit(cache=True, nogil=True)
def expected(one: int, other: int, likeness: Likeness) -> Any:
    """How many times as often as by chance two items are found together, going by what they are."""
    value = 1.0
    for column in range(len(likeness.labels)):
        left, right = likeness.labels[column, one], likeness.labels[column, other]
        value *= likeness.factors[column, 0 if left < 0 or right < 0 else 2 if left == right else 1]
    apart = abs(likeness.prices[one] - likeness.prices[other])
    if np.isnan(apart):
        return value * likeness.steps[-1]
    return value * likeness.steps[np.searchsorted(likeness.edges, apart, side="right")]


@njit(cache=True, nogil=True)
def posterior(count: float, chance: float, prior: float, trust: float) -> float:
    """Mean of a gamma distribution about the prior, as certain of it as `trust` pairs are, after what was counted."""
    return (count + trust) / (chance + trust / prior)


@njit(cache=True, nogil=True)
def _best(scores: Array, codes: Array, keep: int) -> Array:
    """Places of the best, best first; ties go to the smaller code, as the codes ascend."""
    return np.argsort(-scores[: len(codes)], kind="mergesort")[:keep]


@njit(cache=True, nogil=True)
def alike(
    first: int, last: int, seen: Pairs, likeness: Likeness, trust: float, shelves: Array, shelf_offsets: Array,
    shelf_items: Array, lengths: Array, items: Array, scores: Array,
) -> None:  # fmt: skip
    """Writes the likeliest substitutes of some items ``[n_items, keep]``, out of those seen with it and its shelf."""
    n, keep = len(lengths), items.shape[1]
    together, marked = np.zeros(n), np.zeros(n, np.bool_)
    values = np.empty(n, np.float32)
    for item in range(first, last):
        for at in range(seen.offsets[item], seen.offsets[item + 1]):
            together[seen.others[at]] = seen.counts[at]
            marked[seen.others[at]] = True
        shelf = shelves[item]
        if shelf >= 0:
            marked[shelf_items[shelf_offsets[shelf] : shelf_offsets[shelf + 1]]] = True
        marked[item] = False
        codes = np.flatnonzero(marked)
        for place in range(len(codes)):
            other = codes[place]
            chance = seen.mass[item] * seen.mass[other] / seen.total
            values[place] = posterior(together[other], chance, expected(item, other, likeness), trust)
        order = _best(values, codes, keep)
        lengths[item] = len(order)
        for place in range(len(order)):
            items[item, place], scores[item, place] = codes[order[place]], values[order[place]]
        together[codes], marked[codes] = 0.0, False


@njit(cache=True, nogil=True)
def along(
    first: int, last: int, bought: Pairs, shelves: Array, strength: Array, like_offsets: Array, like_items: Array,
    from_offsets: Array, from_items: Array, pooled: Array, trust: Array, sub_offsets: Array, sub_items: Array,
    sub_scores: Array, families: Array, penalty: float, lengths: Array, items: Array, scores: Array,
) -> None:  # fmt: skip
    """Writes the likeliest complements of some items ``[n_items, keep]``.

    `like` holds the look-alikes of each item and itself, `from` whose look-alike an item is, and `pooled` what the
    look-alikes weigh together; `strength` is that of pairs of shelves, the last of which is for items on none.
    """
    n, keep = len(lengths), items.shape[1]
    near, pairs = np.zeros(n), np.zeros(n)
    own, look = np.zeros(n), np.zeros(n)
    values = np.empty(n, np.float32)
    for item in range(first, last):
        for at in range(like_offsets[item], like_offsets[item + 1]):
            other = like_items[at]
            for place in range(bought.offsets[other], bought.offsets[other + 1]):
                near[bought.others[place]] += bought.counts[place]
        reached = np.flatnonzero(near)
        for place in range(len(reached)):
            other = reached[place]
            for at in range(from_offsets[other], from_offsets[other + 1]):
                pairs[from_items[at]] += near[other]
        for place in range(bought.offsets[item], bought.offsets[item + 1]):
            own[bought.others[place]] = bought.counts[place]
        for place in range(sub_offsets[item], sub_offsets[item + 1]):
            look[sub_items[place]] = sub_scores[place]
        codes = np.flatnonzero(pairs)
        for place in range(len(codes)):
            other = codes[place]
            prior = strength[shelves[item], shelves[other]]
            prior = posterior(pairs[other], pooled[item] * pooled[other] / bought.total, prior, trust[0])
            chance = bought.mass[item] * bought.mass[other] / bought.total
            value = posterior(own[other], chance, prior, trust[1]) / (1.0 + look[other]) ** penalty
            relative = other == item or (families[item] >= 0 and families[item] == families[other])
            values[place] = -1.0 if relative else value
        order = _best(values, codes, keep)
        found = 0
        for place in range(len(order)):
            if values[order[place]] > 0.0:
                items[item, found], scores[item, found] = codes[order[place]], values[order[place]]
                found += 1
        lengths[item] = found
        near[reached], pairs[codes] = 0.0, 0.0
        own[bought.others[bought.offsets[item] : bought.offsets[item + 1]]] = 0.0
        look[sub_items[sub_offsets[item] : sub_offsets[item + 1]]] = 0.0
