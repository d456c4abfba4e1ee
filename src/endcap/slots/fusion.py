"""Several retrievers' lists become one.

Reciprocal rank fusion: Cormack, Clarke, Büttcher, Reciprocal rank fusion outperforms Condorcet and individual rank
learning methods, SIGIR 2009.
"""

from collections.abc import Mapping

import numpy as np

from endcap.core.arrays import distinct
from endcap.core.candidates import Candidates

RANK_CONSTANT = 60.0
"""The paper's: how little the first places count above the next."""


def reciprocal_rank(found: Mapping[str, Candidates]) -> Candidates:
    """The union, scored by the sum of 1 / (60 + rank), best first.

    Each retriever's own score stays as a feature column with its name, NaN where it did not find the item.
    """
    if len(found) == 1:
        ((name, only),) = found.items()
        ranks = np.arange(1, len(only) + 1, dtype=np.float32)
        points = (1 / (RANK_CONSTANT + ranks)).astype(np.float32)
        return Candidates(only.items, points, {name: only.scores})
    everything = np.concatenate([one.items for one in found.values()])
    items, place = distinct(everything)
    shares = np.concatenate([1 / (RANK_CONSTANT + np.arange(1, len(one) + 1)) for one in found.values()])
    scores = np.bincount(place, shares, minlength=len(items)).astype(np.float32)
    features, start = {}, 0
    for name, one in found.items():
        own = np.full(len(items), np.nan, np.float32)
        own[place[start : start + len(one)]] = one.scores
        features[name] = own
        start += len(one)
    # Items come sorted by code, so a stable sort by score alone leaves ties to the smaller code.
    return Candidates(items, scores, features).take(np.argsort(-scores, kind="stable"))
