"""faiss behind two functions and one class: inverted lists of four-bit codes, kept as plain bytes.

The codes are those of product quantisation (Jégou, Douze and Schmid, Product quantization for nearest neighbor search,
PAMI 2011), two coordinates in four bits, relative to the centre of the list, and compared in registers (André,
Kermarrec and Le Scouarnec, Cache locality is not enough, VLDB 2015; faiss calls it fast scan).
"""

from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Codes, Scores
from endcap.core.part import needs

Vectors = NDArray[np.float32]
Bytes = NDArray[np.uint8]

PER_LIST = 40
"""Vectors that each centre is learned from."""
MOST_SPACE = 100_000
"""As many vectors at most are encoded at a time."""
BY_QUERY = 11
"""faiss's way of going through lists: one query after the other, candidates in a reservoir.

A third quicker than what it chooses itself for one query, and a sixth for many (65 lists of 170 vectors).
"""


def lists_built(unit: Vectors, codes: Codes, n_lists: int, rng: np.random.Generator) -> "Lists":
    """Lists of the given item codes, whose vectors are rows of `unit`."""
    faiss = needs("faiss", extra="ann")
    wide = _even(unit[:1]).shape[1]
    lists = faiss.index_factory(wide, f"IVF{n_lists},PQ{wide // 2}x4fsr", faiss.METRIC_INNER_PRODUCT)
    lists.cp.min_points_per_centroid = 1
    lists.cp.seed = lists.pq.cp.seed = int(rng.integers(2**31))
    lists.pq.cp.min_points_per_centroid = 1
    learned = np.sort(rng.permutation(codes)[: max(PER_LIST * n_lists, 10_000)])
    lists.train(_even(unit[learned]))
    for start in range(0, len(codes), MOST_SPACE):
        block = codes[start : start + MOST_SPACE]
        lists.add_with_ids(_even(unit[block]), block.astype(np.int64))
    return Lists(unit.shape[1], faiss.serialize_index(lists))


@dataclass(frozen=True)
class Lists:
    """Inverted lists: each item lies in the list whose centre is nearest to it."""

    size: int
    """Coordinates of a vector."""
    written: Bytes
    """What faiss wrote; read when first asked for."""

    def __len__(self) -> int:
        n: int = self._opened[1].nlist
        return n

    @cached_property
    def centres(self) -> Vectors:
        """One row per list; the lists with the highest product are the nearest to a query."""
        centres: Vectors = self._opened[1].quantizer.reconstruct_n(0, len(self))
        return centres[:, : self.size]

    def near(self, unit: Vectors, products: Vectors, least: Vectors, width: int, allowed: Bytes | None = None) -> Codes:
        """Codes ``[n, width]`` of what seems nearest in some lists, best first (-1: no more).

        Visited are the lists whose product with the query, of all `products` ``[n, n_lists]``, is at least `least`
        ``[n]``. `allowed` has one bit for each item code, the lowest first.
        """
        faiss, lists = self._opened
        visited, theirs = _visits(products, least)
        n, n_lists = visited.shape
        if allowed is not None:
            searching = faiss.SearchParametersIVF(nprobe=n_lists, sel=faiss.IDSelectorBitmap(allowed))
        elif n_lists in self._efforts:
            searching = self._efforts[n_lists]
        else:
            searching = self._efforts[n_lists] = faiss.SearchParametersIVF(nprobe=n_lists)
        asked, scores, codes = _even(unit), np.empty((n, width), np.float32), np.empty((n, width), np.int64)
        pointers = [faiss.swig_ptr(array) for array in (asked, visited, theirs, scores, codes)]
        # Past faiss's own wrapper, which takes no parameters here.
        lists.search_preassigned_c(n, pointers[0], width, *pointers[1:], False, searching)
        return codes.astype(np.int32)

    def products(self, vectors: Vectors, codes: Codes, query: Vectors) -> Scores:
        """Of one query ``[size]`` and many rows of `vectors`: half the time of copying 10,000 of them first."""
        faiss, which, out = self._opened[0], codes.astype(np.int64), np.empty(len(codes), np.float32)
        pointers = (faiss.swig_ptr(array) for array in (out, query, vectors, which))
        faiss.fvec_inner_products_by_idx(*pointers, vectors.shape[1], 1, len(which))
        return out

    def of_items(self, n_items: int) -> NDArray[np.int32]:
        """The list that each item lies in ``[n_items]`` (-1: in none)."""
        (faiss, lists), place = self._opened, np.full(n_items, -1, np.int32)
        for number in range(len(self)):
            size = lists.invlists.list_size(number)
            if size:
                place[faiss.rev_swig_ptr(lists.invlists.get_ids(number), size)] = number
        return place

    @cached_property
    def _opened(self) -> tuple[ModuleType, Any]:
        """faiss, and its object."""
        faiss = needs("faiss", extra="ann")
        lists = faiss.deserialize_index(self.written)
        lists.implem = BY_QUERY
        return faiss, lists

    @cached_property
    def _efforts(self) -> dict[int, Any]:
        """What faiss is told for each number of lists that was visited without a filter: 6 microseconds to make."""
        return {}


def _visits(products: Vectors, least: Vectors) -> tuple[NDArray[np.int64], Vectors]:
    """The lists that each query visits ``[n, most]`` (-1: no more), and their products; alone the nearest first."""
    if len(products) == 1:  # the common case, and there is nothing to pad
        visited = np.flatnonzero(products[0] >= least[0])
        theirs = products[0].take(visited)
        order = np.argsort(-theirs)
        return visited.take(order)[None, :], theirs.take(order)[None, :]
    rows, numbers = np.nonzero(products >= least[:, None])
    counts = np.bincount(rows, minlength=len(products))
    place = np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]
    every = np.full((len(products), int(counts.max())), -1, np.int64)
    scores = np.zeros(every.shape, np.float32)
    every[rows, place], scores[rows, place] = numbers, products[rows, numbers]
    return every, scores


def _even(vectors: Array) -> Vectors:
    """Contiguous, with a coordinate of zeros more if they have an odd number: two of them make a code."""
    if vectors.shape[1] % 2:
        vectors = np.pad(vectors, ((0, 0), (0, 1)))
    return np.ascontiguousarray(vectors, np.float32)
