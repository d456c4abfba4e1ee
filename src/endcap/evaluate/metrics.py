"""Ranking metrics, one value per query; equal to trec_eval where it has the metric.

A query with nothing relevant has no value (NaN), a query with an empty list counts as zero. NDCG after Järvelin and
Kekäläinen, Cumulated gain-based evaluation of IR techniques, ACM TOIS 20 (2002), with linear gains.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Codes, Ragged
from endcap.core.errors import BadData
from endcap.evaluate.lists import located

Values = NDArray[np.float64]
"""One value per query; NaN where nothing was relevant."""

CUT = 10
"""The length at which lists are compared."""
CURVE = (1, 2, 5, 10, 20, 50)
"""The lengths of the recall curve."""


@dataclass(frozen=True)
class Matches:
    """Lists held against what was relevant, once for all metrics."""

    gains: NDArray[np.float64]
    """What each place of each list is worth ``[n, k]``; 0 where the item is not relevant, or there is none."""
    ideal: Ragged
    """What all relevant items of each query are worth, the highest first."""

    @property
    def relevant(self) -> NDArray[np.int64]:
        """How many items are relevant to each query."""
        return self.ideal.lengths

    def hits(self, k: int) -> NDArray[np.bool_]:
        """Which of the first k places hold something relevant."""
        if k < 1:
            raise BadData(f"a list is cut at {k} places; it must be at least 1")
        return np.greater(self.gains[:, :k], 0)


def matched(codes: Codes, relevant: Ragged, gains: Array | None = None) -> Matches:
    """Lists ``[n, k]`` (-1 after the end of a short one) held against the relevant items of each query.

    `gains` has one positive entry per entry of ``relevant.values``; without it, each is worth 1. Raises `BadData` for a
    list that names an item twice or goes on after a -1, and for relevant items that are repeated or negative.
    """
    _check_lists(codes, len(relevant))
    gains = np.ones(len(relevant.values)) if gains is None else np.asarray(gains, np.float64)
    _check_relevant(relevant, gains)
    place = located(codes, relevant)
    found = np.zeros(codes.shape)
    found[place >= 0] = gains[place[place >= 0]]
    highest_first = np.lexsort((-gains, relevant.rows))
    return Matches(found, Ragged(relevant.offsets, gains[highest_first]))


def recall(matches: Matches, k: int) -> Values:
    """Share of the relevant items that the first k places hold."""
    return _per(matches.hits(k).sum(axis=1), matches.relevant)


def precision(matches: Matches, k: int) -> Values:
    """Share of the first k places that hold something relevant; of k, also where the list is shorter."""
    return _judged(matches.hits(k).sum(axis=1) / k, matches)


def hit_rate(matches: Matches, k: int) -> Values:
    """1 where the first k places hold anything relevant, else 0."""
    return _judged(matches.hits(k).max(axis=1, initial=False), matches)


def reciprocal_rank(matches: Matches, k: int) -> Values:
    """1 / place of the first relevant item among the first k; 0 if there is none."""
    hits = matches.hits(k)
    return _judged((hits / _places(hits)).max(axis=1, initial=0.0), matches)


def average_precision(matches: Matches, k: int) -> Values:
    """Sum over the hits among the first k of the precision there, divided by the number of relevant items."""
    hits = matches.hits(k)
    return _per((hits * np.cumsum(hits, axis=1) / _places(hits)).sum(axis=1), matches.relevant)


def dcg(matches: Matches, k: int) -> Values:
    """Gains of the first k places, each divided by log2(place + 1)."""
    hits = matches.hits(k)
    return _judged((matches.gains[:, :k] / np.log2(_places(hits) + 1)).sum(axis=1), matches)


def ideal_dcg(matches: Matches, k: int) -> Values:
    """The DCG of the best list there could be: all relevant items, the highest gains first, cut at k."""
    ideal = matches.ideal
    place = np.arange(1, len(ideal.values) + 1) - np.repeat(ideal.offsets[:-1], ideal.lengths)
    worth = np.where(place <= k, ideal.values / np.log2(place + 1), 0.0)
    return _judged(np.bincount(ideal.rows, worth, minlength=len(ideal)), matches)


def ndcg(matches: Matches, k: int) -> Values:
    """DCG as a share of the ideal one."""
    return dcg(matches, k) / ideal_dcg(matches, k)


def exponential(matches: Matches) -> Matches:
    """The same matches with gains of 2^gain - 1, for the exponential variant of NDCG."""
    ideal = replace(matches.ideal, values=np.exp2(matches.ideal.values) - 1)
    return Matches(np.exp2(matches.gains) - 1, ideal)


METRICS: Mapping[str, Callable[[Matches, int], Values]] = {
    "NDCG": ndcg,
    "Recall": recall,
    "HitRate": hit_rate,
    "MRR": reciprocal_rank,
    "MAP": average_precision,
    "Precision": precision,
}
"""Every metric of the report, by the name that it has there."""


def measured(codes: Codes, relevant: Ragged) -> dict[str, Values]:
    """Every metric at `CUT`, and recall at every length of `CURVE` that the lists reach; keys like ``NDCG@10``."""
    matches = matched(codes, relevant)
    values = {f"{name}@{CUT}": metric(matches, CUT) for name, metric in METRICS.items()}
    curve = {f"Recall@{k}": recall(matches, k) for k in CURVE if k <= codes.shape[1]}
    return values | curve


def coverage(codes: Codes, allowed: NDArray[np.bool_]) -> float:
    """Share of the items that may be ranked (a mask over the catalog) that stand in any list; 0 if there are none."""
    shown = np.unique(codes[codes >= 0])
    if len(shown) and shown[-1] >= len(allowed):
        raise BadData(f"a list names item {shown[-1]}, but there are only {len(allowed)} items")
    return float(allowed[shown].sum() / max(allowed.sum(), 1))


def _places(hits: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.arange(1, hits.shape[1] + 1)


def _per(sums: Array, relevant: NDArray[np.int64]) -> Values:
    return np.where(relevant > 0, sums / np.maximum(relevant, 1), np.nan)


def _judged(values: Array, matches: Matches) -> Values:
    return np.where(matches.relevant > 0, values, np.nan)


def _check_lists(codes: Codes, n: int) -> None:
    if codes.ndim != 2 or len(codes) != n:
        raise BadData(f"lists of shape {codes.shape} for {n} queries; expected one row per query")
    if codes.min(initial=-1) < -1:
        raise BadData(f"a list names item {codes.min()}; expected a code from 0, or -1 after its end")
    resumed = np.flatnonzero(((codes[:, :-1] < 0) & (codes[:, 1:] >= 0)).any(axis=1))
    if len(resumed):
        raise BadData(f"the list of query {resumed[0]} goes on after a -1, which marks its end")
    ordered = np.sort(codes, axis=1)
    rows, columns = np.nonzero((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0))
    if len(rows):
        raise BadData(f"the list of query {rows[0]} names item {ordered[rows[0], columns[0]]} more than once")


def _check_relevant(relevant: Ragged, gains: NDArray[np.float64]) -> None:
    if len(gains) != len(relevant.values):
        raise BadData(f"{len(gains)} gains for {len(relevant.values)} relevant items")
    if not (np.isfinite(gains) & (gains > 0)).all():
        raise BadData("a relevant item is worth nothing, less than nothing or no number; expected gains above 0")
    if relevant.values.min(initial=0) < 0:
        raise BadData(f"item {relevant.values.min()} cannot be relevant; expected a code from 0")
    order = np.lexsort((relevant.values, relevant.rows))
    rows, values = relevant.rows, relevant.values[order]
    again = np.flatnonzero((np.diff(rows) == 0) & (np.diff(values) == 0))
    if len(again):
        raise BadData(f"item {values[again[0]]} is relevant to query {rows[again[0]]} more than once")
