"""Ranked lists as matrices: one row per query, item codes best first, -1 after the end of a short list."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes, Ragged, Scores
from endcap.core.errors import BadData

BLOCK = 2**22
"""Scores computed at a time (16 MB)."""
CORES = os.cpu_count() or 1
ENOUGH = 100
"""Fewer rows than this are not worth a thread."""
Vectors = NDArray[np.float32]
T = TypeVar("T")


def front(found: Codes, allowed: NDArray[np.bool_], exclude: Ragged, k: int) -> Codes:
    """The first k codes of each row of `found` that are allowed (a mask over the catalog) and not excluded from it."""
    from endcap.evaluate.kernels import listing  # noqa: PLC0415 — compiled code is for evaluation only

    codes = np.full((len(found), k), -1, np.int32)
    listing.front(found, allowed, exclude.offsets, exclude.values, codes)
    return codes


def highest(scores: Scores, k: int, exclude: Ragged | None = None) -> Codes:
    """The k items with the highest scores ``[n, n_items]`` of each row, best first; ties go to the smaller code.

    Raises `BadData` for a score that is infinite or no number.
    """
    rows, places = np.nonzero(~np.isfinite(scores))
    if len(rows):
        raise BadData(f"query {rows[0]} scores item {places[0]} with {scores[rows[0], places[0]]}, which is no number")
    chosen = np.array(scores, np.float32, order="C")
    if exclude is not None:
        chosen[exclude.rows, exclude.values] = -np.inf
    codes = np.full((len(chosen), k), -1, np.int32)
    with ThreadPoolExecutor(CORES) as pool:
        _choose(chosen, np.arange(chosen.shape[1], dtype=np.int32), codes, pool)
    return codes


def nearest(
    queries: Vectors, items: Vectors, k: int, allowed: NDArray[np.bool_], excluded: tuple[Ragged, ...]
) -> Codes:
    """The k items with the highest product of query ``[n, size]`` and item vector ``[n_items, size]``, as in `highest`.

    Only allowed items are scored (a mask over the catalog), what is excluded for a query is left out of its list, a
    vector of zeros finds nothing and is not found. Time is that of the matrix product, memory that of a block of it.
    Raises `BadData` for a vector that is not finite.
    """
    _check_finite(queries, "query")
    _check_finite(items, "item")
    names = np.flatnonzero(allowed & items.any(axis=1)).astype(np.int32)
    columns = np.ascontiguousarray(items[names].T, np.float32)
    place = np.full(len(items), -1, np.int32)
    place[names] = np.arange(len(names))
    codes = np.full((len(queries), k), -1, np.int32)
    step = max(1, BLOCK // max(len(names), 1))
    with ThreadPoolExecutor(CORES) as pool:
        for start, end in blocks(len(queries), step):
            scores = queries[start:end] @ columns
            for rows in excluded:
                part = between(rows, start, end)
                inside = place[part.values] >= 0
                scores[part.rows[inside], place[part.values[inside]]] = -np.inf
            scores[~queries[start:end].any(axis=1)] = -np.inf
            _choose(scores, names, codes[start:end], pool)
    return codes


def blocks(n: int, step: int) -> Iterator[tuple[int, int]]:
    """First and last (not included) of n rows, so many at a time."""
    return ((start, min(start + step, n)) for start in range(0, n, step))


def on_all_cores(job: Callable[[int, int], T], n: int, pool: ThreadPoolExecutor) -> list[T]:
    """What a compiled job (which lets go of the interpreter) gives for each part of n rows, from first to last."""
    edges = np.linspace(0, n, min(CORES, 1 + n // ENOUGH) + 1).astype(int).tolist()
    return list(pool.map(job, edges[:-1], edges[1:]))


def between(rows: Ragged, start: int, end: int) -> Ragged:
    """The rows from `start` to `end` (not included), without copying their values."""
    offsets = rows.offsets[start : end + 1]
    return Ragged(offsets - offsets[0], rows.values[offsets[0] : offsets[-1]])


def _choose(scores: Scores, names: Codes, codes: Codes, pool: ThreadPoolExecutor) -> None:
    """Fills the codes with the best columns of the scores, by name."""
    from endcap.evaluate.kernels import listing  # noqa: PLC0415

    on_all_cores(lambda first, last: listing.highest(scores, names, first, last, codes), len(codes), pool)


def _check_finite(vectors: Vectors, whose: str) -> None:
    rows = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(rows):
        raise BadData(
            f"the vector of {whose} {rows[0]} holds an infinite number, or none; its products cannot be ranked"
        )
