"""Lists as a page shows them: one item of each family."""

from collections.abc import Mapping

import numpy as np

from endcap.core.arrays import Codes, Ragged
from endcap.core.catalog import Catalog, Labels
from endcap.evaluate.lists import firsts
from endcap.evaluate.metrics import CUT, Values, matched, measured_at
from endcap.evaluate.tasks.task import distinct_rows

SHOWN = ("NDCG", "Recall", "HitRate")
"""The metrics that are also told of families."""


def families(catalog: Catalog) -> Codes | None:
    """For each item the first of its family (itself, if it has none); None where every item is a family of its own."""
    labels = catalog.columns.get("family")
    if not isinstance(labels, Labels):
        return None
    known = np.flatnonzero(labels.codes >= 0)
    _, first, place = np.unique(labels.codes[known], return_index=True, return_inverse=True)
    if len(first) == len(known):
        return None
    stands = np.arange(len(catalog), dtype=np.int32)
    stands[known] = known[first][place]
    return stands


def family_values(codes: Codes, relevant: Ragged, stands: Codes) -> Mapping[str, Values]:
    """The metrics of `SHOWN` at `CUT` when lists ``[n, k]`` and what is relevant are told by family, for each query.

    Of each family the best place counts; lists must be long enough to name `CUT` of them.
    """
    wanted = distinct_rows(Ragged(relevant.offsets, stands[relevant.values]))
    values = measured_at(matched(firsts(codes, stands), wanted), CUT)
    return {f"Family{name}@{CUT}": values[name] for name in SHOWN}
