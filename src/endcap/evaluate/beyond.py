"""What hits do not say: how many visitors and items are reached, how varied, surprising and fitting lists are.

Novelty after Zhou et al., Solving the apparent diversity-accuracy dilemma, PNAS 107 (2010); serendipity after Ge et
al., Beyond accuracy, RecSys 2010; diversity within a list after Ziegler et al., Improving recommendation lists through
topic diversification, WWW 2005; calibration after Steck, Calibrated recommendations, RecSys 2018.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Codes, Ragged
from endcap.core.candidates import best
from endcap.core.errors import BadData
from endcap.evaluate.facts import THIRDS, Facts
from endcap.evaluate.lists import blocks
from endcap.evaluate.metrics import Values

BATCH = 4096
"""Lists looked at at a time, where that takes memory."""
SMOOTHING = 0.01
"""So much of the visitor's own categories is mixed into those of the list, that none is missing (Steck's alpha)."""
BEYOND: Mapping[str, str] = {
    "Novelty": "how surprising the items are: mean of -log2 of their shares of all purchases",
    "Serendipity": "share of the places that hold something relevant that is not among the k most popular items",
    "CategoryDiversity": "share of the pairs of items that are of different categories",
    "TitleDiversity": "1 - mean cosine of the words in the titles, over all pairs of items",
    "Popularity": "mean of how often the items were bought",
    "TailShare": "share of the items that belong to the tail: the least popular that make a third of all purchases",
    "Miscalibration": "Kullback-Leibler divergence of the list's categories from those of the visitor; 0 is best",
    "PriceMatch": "share of the items whose price band is one of the visitor's; bands are thirds of a category",
}
"""Every such metric of a single list, and what it says."""


def beyond(codes: Codes, seeds: Ragged, relevant: Ragged, facts: Facts) -> dict[str, Values]:
    """Every metric of `BEYOND` for each list ``[n, k]``; NaN for one that is empty or too little known."""
    return {
        "Novelty": novelty(codes, facts.bought),
        "Serendipity": serendipity(codes, relevant, facts.bought),
        "CategoryDiversity": label_diversity(codes, facts.category),
        "TitleDiversity": vector_diversity(codes, facts.words),
        "Popularity": mean_of(codes, facts.bought),
        "TailShare": mean_of(codes, (facts.third == THIRDS.index("tail")).astype(np.float64)),
        "Miscalibration": miscalibration(codes, seeds, facts.category),
        "PriceMatch": price_match(codes, seeds, facts.band),
    }


def mean_of(codes: Codes, column: Array) -> Values:
    """The mean of a column over the catalog for the items of each list; NaN where nothing is known of any."""
    values = np.where(codes >= 0, column[codes], np.nan)
    return _share(np.nansum(values, axis=1), (~np.isnan(values)).sum(axis=1))


def novelty(codes: Codes, bought: Array) -> Values:
    """Mean of -log2(share of all purchases); what was never bought counts as bought once."""
    return mean_of(codes, -np.log2(np.maximum(bought, 1.0) / max(bought.sum(), 1.0)))


def serendipity(codes: Codes, relevant: Ragged, bought: Array) -> Values:
    """Share of the k places with something relevant that the k most popular items lack; NaN if nothing is relevant."""
    k = codes.shape[1]
    expected = best(bought.astype(np.float32), np.arange(len(bought), dtype=np.int32), k)
    surprising = np.ones(len(bought), bool)
    surprising[expected] = False
    span = len(bought) + 1
    wanted = relevant.rows * span + relevant.values
    hits = np.isin(np.arange(len(codes))[:, None] * span + codes, wanted) & (codes >= 0) & surprising[codes]
    return np.where(relevant.lengths > 0, hits.sum(axis=1) / k, np.nan)


def label_diversity(codes: Codes, labels: Codes) -> Values:
    """Share of the pairs of items with a known label whose labels differ; NaN without such a pair."""
    from endcap.evaluate.kernels import listing  # noqa: PLC0415 — compiled code is for evaluation only

    values = np.empty(len(codes))
    listing.differing(codes, labels, values)
    return values


def vector_diversity(codes: Codes, vectors: NDArray[np.float32]) -> Values:
    """1 - mean cosine over the pairs of items whose vectors ``[n_items, size]`` are not zero; NaN without one."""
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    known, values = lengths > 0, np.empty(len(codes))
    unit = vectors / np.maximum(lengths, np.float32(1e-12))[:, None]
    for start, end in blocks(len(codes), BATCH):
        part = codes[start:end]
        inside = (part >= 0) & known[part]
        total = np.zeros((len(part), vectors.shape[1]), np.float64)
        for place in range(part.shape[1]):
            total += np.where(inside[:, place, None], unit[part[:, place]], 0.0)
        n = inside.sum(axis=1)
        pairs = n * (n - 1) / 2
        values[start:end] = _share(pairs - (np.einsum("nd,nd->n", total, total) - n) / 2, pairs)
    return values


def miscalibration(codes: Codes, seeds: Ragged, category: Codes) -> Values:
    """How far the categories of each list lie from those of its visitor's seeds; NaN where either knows none."""
    n, values = int(category.max(initial=-1)) + 1, np.full(len(codes), np.nan)
    for start, end in blocks(len(codes), max(1, BATCH * 256 // max(n, 1))):
        part = codes[start:end]
        own = _spread(seeds.rows, category[seeds.values], start, end, n)
        rows = np.repeat(np.arange(start, end), part.shape[1])
        listed = _spread(rows, np.where(part >= 0, category[part], -1).ravel(), start, end, n)
        mixed = (1 - SMOOTHING) * listed + SMOOTHING * own
        terms = np.where(own > 0, own * np.log2(np.where(own > 0, own, 1.0) / np.where(mixed > 0, mixed, 1.0)), 0.0)
        known = (own.sum(axis=1) > 0) & (listed.sum(axis=1) > 0)
        values[start:end] = np.where(known, terms.sum(axis=1), np.nan)
    return values


def price_match(codes: Codes, seeds: Ragged, band: Codes) -> Values:
    """Share of the items with a known price band that is one of the visitor's seeds' bands; NaN if none is known."""
    n = int(band.max(initial=-1)) + 1
    own = _spread(seeds.rows, band[seeds.values], 0, len(codes), n).astype(bool)
    some = np.asarray(own.any(axis=1))[:, None]
    known = (codes >= 0) & (band[codes] >= 0) & some
    fits = known & own[np.arange(len(codes))[:, None], np.where(known, band[codes], 0)] if n else known
    return _share(fits.sum(axis=1), known.sum(axis=1))


def coverage(codes: Codes, allowed: NDArray[np.bool_]) -> float:
    """Share of the items that may be ranked (a mask over the catalog) that stand in any list; 0 if there are none."""
    return float((_shown(codes, allowed) > 0).sum() / max(allowed.sum(), 1))


def user_coverage(codes: Codes) -> float:
    """Share of the queries whose list has anything in it; 0 if there are none."""
    return float((codes[:, 0] >= 0).mean()) if codes.size else 0.0


def gini(codes: Codes, allowed: NDArray[np.bool_]) -> float:
    """How unequally the items that may be ranked share the places: 0 if all are shown as often, near 1 if one is.

    0 where nothing is shown.
    """
    shown = np.sort(_shown(codes, allowed))
    weights = 2 * np.arange(1, len(shown) + 1) - len(shown) - 1
    return float((weights * shown).sum() / (len(shown) * shown.sum())) if shown.any() else 0.0


def _shown(codes: Codes, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How often each of the items that may be ranked is shown."""
    counts = np.bincount(codes[codes >= 0], minlength=len(allowed))
    if len(counts) > len(allowed):
        raise BadData(f"a list names item {len(counts) - 1}, but there are only {len(allowed)} items")
    return counts[allowed]


def _spread(rows: Array, labels: Array, start: int, end: int, n: int) -> NDArray[np.float64]:
    """The share of each of n labels in each row from `start` to `end`; zeros where a row has none that is known."""
    inside = (rows >= start) & (rows < end) & (labels >= 0)
    counts = np.bincount((rows[inside] - start) * n + labels[inside], minlength=(end - start) * n)
    table = counts.reshape(end - start, n)
    shares: NDArray[np.float64] = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    return shares


def _share(sums: Array, counts: Array) -> Values:
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
