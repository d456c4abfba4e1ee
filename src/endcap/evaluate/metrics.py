"""Ranking metrics, one value per query; equal to trec_eval where it has the metric.

A query with nothing relevant has no value (NaN), a query with an empty list counts as zero. NDCG after Järvelin and
Kekäläinen, Cumulated gain-based evaluation of IR techniques, ACM TOIS 20 (2002).
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Codes, Ragged
from endcap.core.errors import BadData
from endcap.evaluate.lists import CORES, on_all_cores

ENOUGH = 4000
"""Fewer lists than this are not worth a thread."""
Values = NDArray[np.float64]
"""One value per query; NaN where there is none."""

CUT = 10
"""The length at which lists are compared."""
CURVE = (1, 2, 5, 10, 20, 50)
"""The lengths of the recall curve."""
METRICS: Mapping[str, str] = {
    "NDCG": "gains, each divided by log2(place + 1), as a share of those of the best list there could be",
    "Recall": "share of the relevant items that the list holds",
    "HitRate": "1 if the list holds anything relevant, else 0",
    "MRR": "1 / place of the first relevant item, 0 if there is none",
    "MAP": "sum over the hits of the precision there, divided by the number of relevant items",
    "Precision": "share of the places that hold something relevant, also of a list that is shorter",
    "CappedRecall": "hits, divided by as many as the list could hold",
    "CappedMAP": "sum over the hits of the precision there, divided by as many as the list could hold",
    "ExponentialNDCG": "as NDCG, with gains of 2^gain - 1",
}
"""Every metric that has a cut, and what it says."""
UNCUT: Mapping[str, str] = {
    "R-Precision": "precision at as many places as there are relevant items",
    "AUC": "how often a relevant item stands above one that is not; what is not listed is tied at the end",
}
"""Every metric of a list as long as it is."""


@dataclass(frozen=True)
class Matches:
    """Lists held against what was relevant, once for all metrics."""

    items: Ragged
    """The relevant items of each query: those that its list holds in their order there, then the others."""
    places: NDArray[np.int32]
    """Where each of them stands in the list, from 0; -1 if the list lacks it."""
    gains: NDArray[np.float64]
    """What each of them is worth."""

    @property
    def relevant(self) -> NDArray[np.int64]:
        """How many items are relevant to each query."""
        return self.items.lengths

    def keep(self, mask: NDArray[np.bool_]) -> "Matches":
        """The same lists, when only some of the items (a mask over ``items.values``) are relevant."""
        return Matches(self.items.keep(mask), self.places[mask], self.gains[mask])

    def worth(self, gains: Array) -> "Matches":
        """The same, with other gains ``[n_items]``; items that are worth nothing, or less, are no longer relevant."""
        again = replace(self, gains=np.asarray(gains, np.float64)[self.items.values])
        return again.keep(again.gains > 0)


def matched(codes: Codes, relevant: Ragged, gains: Array | None = None) -> Matches:
    """Lists ``[n, k]`` (-1 after the end of a short one) held against the relevant items of each query.

    `gains` has one positive entry per entry of ``relevant.values``; without it, each is worth 1. Raises `BadData` for a
    list that names an item twice or goes on after a -1, and for relevant items that are repeated or negative.
    """
    from endcap.evaluate.kernels import judging  # noqa: PLC0415 — compiled code is for evaluation only

    if codes.ndim != 2 or len(codes) != len(relevant):
        raise BadData(f"lists of shape {codes.shape} for {len(relevant)} queries; expected one row per query")
    gains, equal = _sound(gains, len(relevant.values))
    n_items = 1 + max(int(codes.max(initial=-1)), int(relevant.values.max(initial=-1)))
    items, places, worth = np.empty(len(gains), np.int32), np.empty(len(gains), np.int32), np.empty(len(gains))

    def part(first: int, last: int) -> tuple[int, int, int]:
        return judging.match(
            first, last, codes, relevant.offsets, relevant.values, gains, equal, n_items, items, places, worth
        )

    with ThreadPoolExecutor(CORES) as pool:
        found = on_all_cores(part, len(codes), pool, ENOUGH)
    for wrong, query, item in found:
        if wrong != judging.SOUND:
            raise BadData(_problem(wrong, query, item))
    return Matches(Ragged(relevant.offsets, items), places, worth)


def _sound(gains: Array | None, n: int) -> tuple[Values, bool]:
    """The gains of so many relevant items, and whether they are all the same."""
    if gains is None:
        return np.ones(n), True
    gains = np.asarray(gains, np.float64)
    if len(gains) != n:
        raise BadData(f"{len(gains)} gains for {n} relevant items")
    if not (np.isfinite(gains) & (gains > 0)).all():
        raise BadData("a relevant item is worth nothing, less than nothing or no number; expected gains above 0")
    return gains, bool((gains == gains[:1]).all())


def measured_at(matches: Matches, k: int) -> dict[str, Values]:
    """Every metric of `METRICS` at k, by name, and ``GainRecall``: the share of all gains in the first k places."""
    from endcap.evaluate.kernels import judging  # noqa: PLC0415

    if k < 1:
        raise BadData(f"a list is cut at {k} places; it must be at least 1")
    discounts = 1 / np.log2(np.arange(2.0, k + 2.0))
    values = np.empty((len(judging.COLUMNS), len(matches.items)))
    given = (matches.items.offsets, matches.places, matches.gains, discounts, values)
    with ThreadPoolExecutor(CORES) as pool:
        on_all_cores(lambda first, last: judging.score(first, last, *given), len(matches.items), pool, ENOUGH)
    return dict(zip(judging.COLUMNS, values, strict=True))


def r_precision(matches: Matches) -> Values:
    """Precision at as many places as there are relevant items; where the list is shorter, as if the rest were wrong."""
    rows = matches.items.rows
    hits = (matches.places >= 0) & (matches.places < matches.relevant[rows])
    return _per(np.bincount(rows[hits], minlength=len(matches.items)), matches.relevant)


def auc(matches: Matches, listed: Array, rankable: Array) -> Values:
    """The share of pairs of a relevant item and another in which the relevant one stands higher.

    `listed` says how many items each list holds, `rankable` how many it could hold. Those that it lacks are tied at the
    end: such a pair counts half. NaN where nothing is relevant, or everything. Mann and Whitney's U, as a share.
    """
    relevant, rows = matches.relevant, matches.items.rows
    others, found = rankable - relevant, matches.places >= 0
    before = np.arange(len(rows)) - matches.items.offsets[rows]
    above = np.bincount(rows, np.where(found, matches.places - before, 0), minlength=len(relevant))
    n_found = np.bincount(rows[found], minlength=len(relevant))
    tied = 0.5 * (relevant - n_found) * (others - (listed - n_found))
    return _per(n_found * others - above + tied, np.where(others > 0, relevant * others, 0))


def measured(codes: Codes, relevant: Ragged) -> dict[str, Values]:
    """Every metric at `CUT`, and recall at every length of `CURVE` that the lists reach; keys like ``NDCG@10``."""
    return at_cuts(matched(codes, relevant), codes.shape[1])


def at_cuts(matches: Matches, longest: int) -> dict[str, Values]:
    """What `measured` gives, of lists that have up to so many places."""
    at_cut = measured_at(matches, CUT)
    values = {f"{name}@{CUT}": at_cut[name] for name in METRICS}
    curve = {f"Recall@{k}": measured_at(matches, k)["Recall"] for k in CURVE if k <= longest and k != CUT}
    return values | curve | {"R-Precision": r_precision(matches)}


def _per(sums: Array, counts: Array) -> Values:
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _problem(wrong: int, query: int, item: int) -> str:
    from endcap.evaluate.kernels import judging  # noqa: PLC0415

    return {
        judging.NEGATIVE: f"the list of query {query} names item {item}; expected a code from 0, or -1 after its end",
        judging.RESUMED: f"the list of query {query} goes on after a -1, which marks its end",
        judging.LISTED_TWICE: f"the list of query {query} names item {item} more than once",
        judging.NOT_AN_ITEM: f"item {item} cannot be relevant to query {query}; expected a code from 0",
        judging.RELEVANT_TWICE: f"item {item} is relevant to query {query} more than once",
    }[wrong]
