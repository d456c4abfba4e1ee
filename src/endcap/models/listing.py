"""Lists of any model for many queries at once, the fastest way it knows: for export, blends and comparisons."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes, Ragged, Scores, offsets_of
from endcap.core.query import Queries

Vectors = NDArray[np.float32]
CACHED = 1024
"""Queries that are scored together hold about six times so many numbers, which stay in the nearest cache."""


class Many:
    """Lists for many queries at once, for a model that has ``factors``, or is best asked one by one."""

    def many(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
        """As single calls: ``codes[n, k]`` (-1: no more) and scores (NaN there)."""
        return _listed(self, queries, k)


def listed(model: Any, queries: Queries, k: int) -> tuple[Codes, Scores]:
    """The first items of each list ``[n, k]`` (-1: no more) and their scores (NaN there).

    By the model's ``many``; where there is none, from its ``factors``, or one by one.
    """
    found: tuple[Codes, Scores] = model.many(queries, k) if hasattr(model, "many") else _listed(model, queries, k)
    return found


def _listed(model: Any, queries: Queries, k: int) -> tuple[Codes, Scores]:
    factors = model.factors(queries) if hasattr(model, "factors") else None
    if factors is not None:
        vectors, items, left_out = factors
        return highest(vectors, items, k, left_out)
    codes, scores = _nothing(len(queries), k)
    for row, query in enumerate(queries):
        found = model(query, k)
        codes[row, : len(found)], scores[row, : len(found)] = found.items, found.scores
    return codes, scores


def summed(
    visits: Ragged, lists: tuple[Ragged, Scores], k: int, seeds: int, recency: float = np.inf, again: float = 0.0
) -> tuple[Codes, Scores]:
    """The k items with the highest sums of scores over the lists of the last `seeds` items of each visit.

    `lists` are items and scores by item. That of an item n places before the last counts ``exp(-n / recency)``, and
    what the visit has itself `again` times. Codes ``[n, k]`` (-1: no more) and sums (NaN there); what adds up to
    nothing is not found.
    """
    from endcap.models.alternating import in_parts  # noqa: PLC0415 — a serving process asks one by one
    from endcap.models.kernels.transitions import followed  # noqa: PLC0415

    (items, values), (codes, sums) = lists, _nothing(len(visits), k)

    def part(first: int, last: int) -> None:
        followed(
            first, last, visits.offsets, visits.values, visits.values, items.offsets, items.values, values, recency,
            again, seeds, k, codes, sums, len(items),
        )  # fmt: skip

    in_parts(part, visits.offsets, os.cpu_count() or 1)
    return codes, sums


def highest(
    queries: Vectors, items: Vectors, k: int, left_out: Ragged, threads: int | None = None
) -> tuple[Codes, Scores]:
    """The k items with the highest products of query ``[n, size]`` and item ``[n_items, size]``, best first.

    Codes ``[n, k]`` (-1: no more) and products (NaN there). What is left out of each list is not in it, nor is a
    product of zero: there, nothing is known. Ties go to the smaller code. Time is less than that of a matrix product:
    items go by length, and a query is done when none that is left is long enough to enter its list. Beside the lists,
    memory holds the items once more.
    """
    from endcap.models.kernels.products import ranked  # noqa: PLC0415 — a serving process asks one by one
    from endcap.models.kernels.tiles import ROWS  # noqa: PLC0415

    codes, scores = _nothing(len(queries), k)
    if not items.size:
        return codes, scores
    queries, lengths = np.ascontiguousarray(queries, np.float32), np.sqrt(np.einsum("nd,nd->n", items, items))
    names = np.argsort(-lengths, kind="stable").astype(np.int32)
    closed, groups = _places(left_out, names), max(CACHED // items.shape[1], 4)
    settings = (_panels(items[names]), lengths[names], names, closed.offsets, closed.values, groups, codes, scores)
    cores = threads or os.cpu_count() or 1
    step = ROWS * groups * max(1, len(queries) // (4 * cores * ROWS * groups))
    with ThreadPoolExecutor(cores) as pool:
        starts = range(0, len(queries), step)
        list(pool.map(lambda start: ranked(start, min(start + step, len(queries)), queries, *settings), starts))
    return codes, scores


def _nothing(n: int, k: int) -> tuple[Codes, Scores]:
    """Empty lists."""
    return np.full((n, k), -1, np.int32), np.full((n, k), np.nan, np.float32)


def _panels(items: Vectors) -> Vectors:
    """The items ``[panels, size, LANES]``, so many beside each other as are scored together; zeros after the last."""
    from endcap.models.kernels.tiles import LANES  # noqa: PLC0415 — a serving process asks one by one

    panels = np.zeros((-(-len(items) // LANES), items.shape[1], LANES), np.float32)
    for panel in range(len(panels)):
        part = items[panel * LANES : (panel + 1) * LANES]
        panels[panel, :, : len(part)] = part.T
    return panels


def _places(left_out: Ragged, names: Codes) -> Ragged:
    """What each list leaves out, as ascending places among the names."""
    place = np.empty(len(names), np.int64)
    place[names] = np.arange(len(names))
    keys = np.sort(left_out.rows * max(len(names), 1) + place[left_out.values])
    return Ragged(offsets_of(left_out.lengths), keys % max(len(names), 1))
