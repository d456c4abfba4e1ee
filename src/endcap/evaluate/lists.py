"""Ranked lists as matrices: one row per query, item codes best first, -1 after the end of a short list."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Codes, Ragged, Scores, offsets_of
from endcap.core.errors import BadData

TILE, ROWS = 8192, 64
"""Items and queries that are scored at a time: two megabytes of scores, which stay in the caches."""
CORES = os.cpu_count() or 1
ENOUGH = 100
"""Fewer rows of a whole catalog than this are not worth a thread."""
Vectors = NDArray[np.float32]
T = TypeVar("T")


def front(found: Codes, allowed: NDArray[np.bool_], exclude: Ragged, k: int, closed: Ragged | None = None) -> Codes:
    """The first k codes of each row of `found` that are allowed (a mask over the catalog) and not excluded from it.

    What is closed to a row is left out as well.
    """
    from endcap.evaluate.kernels import listing  # noqa: PLC0415 — compiled code is for evaluation only

    codes, also = np.full((len(found), k), -1, np.int32), Ragged.empty(len(found)) if closed is None else closed
    listing.front(found, allowed, exclude.offsets, exclude.values, also.offsets, also.values, codes)
    return codes


def firsts(codes: Codes, labels: Array) -> Codes:
    """The labels of each list ``[n, k]`` (one per item of the catalog), each where it comes first, -1 after the end."""
    from endcap.evaluate.kernels import listing  # noqa: PLC0415

    first = np.full(codes.shape, -1, np.int32)
    listing.firsts(codes, labels, first)
    return first


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
    vector of zeros finds nothing and is not found. Time is that of the matrix product, or less: items go by length, and
    a query is done when no item that is left is long enough to enter its list. Memory is that of a tile of scores.
    Raises `BadData` for a vector that is not finite.
    """
    _check_finite(queries, "query")
    _check_finite(items, "item")
    lengths = np.sqrt(np.einsum("nd,nd->n", items, items))
    names = np.flatnonzero(allowed & (lengths > 0)).astype(np.int32)
    names = names[np.argsort(-lengths[names], kind="stable")]
    tiles = [
        _Tile(start, np.ascontiguousarray(items[part].T, np.float32), float(lengths[part[0]]))
        for start, end in blocks(len(names), TILE)
        for part in [names[start:end]]
    ]
    place = np.full(len(items), -1, np.int64)
    place[names] = np.arange(len(names))
    closed = _places(excluded, place, len(queries), len(names))
    codes = np.full((len(queries), k), -1, np.int32)

    def ranked(first: int, last: int) -> None:
        scores, keys = np.empty((ROWS, TILE), np.float32), np.empty((ROWS, max(4 * k, 64)), np.int64)
        for start, end in blocks(last - first, ROWS):
            part = slice(first + start, first + end)
            _rank(queries[part], tiles, names, between(closed, part.start, part.stop), (scores, keys), codes[part])

    with ThreadPoolExecutor(CORES) as pool:
        on_all_cores(ranked, len(queries), pool)
    return codes


@dataclass(frozen=True)
class _Tile:
    """Some items in columns, all of them behind those of the tile before, and how long the longest is."""

    start: int
    columns: Vectors
    longest: float


def _rank(
    queries: Vectors, tiles: list[_Tile], names: Codes, closed: Ragged, room: tuple[Scores, Array], codes: Codes
) -> None:
    """Fills ``codes[n, k]`` with the best items of each query, tile by tile, in the given room for scores and keys."""
    from endcap.evaluate.kernels import ranking  # noqa: PLC0415

    scores, keys = room
    nexts, filled = closed.offsets[:-1].copy(), np.zeros(len(queries), np.int64)
    floors = np.full(len(queries), ranking.LOWEST_FLOOR)
    lengths = np.sqrt(np.einsum("nd,nd->n", queries, queries))
    rows = np.flatnonzero(lengths > 0)
    asked = queries[rows]
    for tile in tiles:
        # No product is greater than that of the lengths, but for rounding.
        open_ = lengths[rows] * tile.longest * 1.0001 >= floors[rows]
        if not open_.all():
            rows, asked = rows[open_], asked[open_]
        if not len(rows):
            break
        here = scores.reshape(-1)[: len(rows) * tile.columns.shape[1]].reshape(len(rows), -1)
        np.matmul(asked, tile.columns, out=here)
        ranking.taken(
            here, rows, tile.start, names, closed.offsets, closed.values, nexts, keys, filled, floors, codes.shape[1]
        )
    ranking.listed(keys, filled, codes)


def _places(excluded: tuple[Ragged, ...], place: NDArray[np.int64], n: int, n_places: int) -> Ragged:
    """What is excluded from each of n rows, as ascending places among those that are ranked."""
    rows = [part.rows for part in excluded]
    places = [place[part.values] for part in excluded]
    row, at = (np.concatenate([np.empty(0, np.int64), *parts]) for parts in (rows, places))
    keys = np.sort(row[at >= 0] * max(n_places, 1) + at[at >= 0])
    return Ragged(offsets_of(np.bincount(keys // max(n_places, 1), minlength=n)), keys % max(n_places, 1))


def blocks(n: int, step: int) -> Iterator[tuple[int, int]]:
    """First and last (not included) of n rows, so many at a time."""
    return ((start, min(start + step, n)) for start in range(0, n, step))


def on_all_cores(job: Callable[[int, int], T], n: int, pool: ThreadPoolExecutor, enough: int = ENOUGH) -> list[T]:
    """What a compiled job (which lets go of the interpreter) gives for each part of n rows, from first to last.

    Fewer than `enough` rows are not worth a thread.
    """
    parts = min(CORES, 1 + n // enough)
    if parts == 1:
        return [job(0, n)]
    edges = np.linspace(0, n, parts + 1).astype(int).tolist()
    others = [pool.submit(job, first, last) for first, last in pairwise(edges[:-1])]
    own = job(edges[-2], edges[-1])  # this thread works, too
    return [*(other.result() for other in others), own]


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
