"""faiss behind two functions and one class: inverted lists of four-bit codes, kept as plain bytes.

The codes are those of product quantisation (Jégou, Douze and Schmid, Product quantization for nearest neighbor search,
PAMI 2011), two coordinates in four bits, relative to the centre of the list, and compared in registers (André,
Kermarrec and Le Scouarnec, Cache locality is not enough, VLDB 2015; faiss calls it fast scan).
"""

from dataclasses import dataclass, field
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
SURPRISING = 0.03
"""So rarely is the best item of a list nearer than it promises, if its items lie as normal variables do."""


def lists_built(unit: Vectors, codes: Codes, n_lists: int, rng: np.random.Generator) -> "Lists":
    """Lists of the given item codes, whose vectors are rows of `unit`.

    Centres are the means of what lies around them, shorter than one where that is spread out: what is left to encode is
    a tenth less than with centres of length one, which faiss takes for products.
    """
    faiss = needs("faiss", extra="ann")
    wide = _even(unit[:1]).shape[1]
    nearest_centre = faiss.IndexFlatL2(wide)
    lists = faiss.IndexIVFPQFastScan(nearest_centre, wide, n_lists, wide // 2, 4, faiss.METRIC_INNER_PRODUCT)
    lists.by_residual, lists.cp.spherical = True, False
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
class Visits:
    """Which lists each query visits."""

    lists: NDArray[np.int64]
    """Their numbers ``[n, most]`` (-1: no more), …"""
    products: Vectors
    """… and the products of their centres with the query."""

    @classmethod
    def of(cls, products: Vectors, numbers: NDArray[np.int64]) -> "Visits":
        """Those numbers ``[n, m]``, of all lists' `products` ``[n, n_lists]``, the nearest first."""
        theirs = along(products, numbers)
        order = (-theirs).argsort(axis=1)
        return cls(along(numbers, order), along(theirs, order))

    @classmethod
    def where(cls, products: Vectors, inside: NDArray[np.bool_]) -> "Visits":
        """Those that are true ``[n, n_lists]``; of one query the nearest first."""
        if len(products) == 1:  # the common case, and there is nothing to pad
            return cls.of(products, inside[0].nonzero()[0][None, :])
        rows, numbers = np.nonzero(inside)
        counts = np.bincount(rows, minlength=len(products))
        place = np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]
        every = np.full((len(products), int(counts.max(initial=0))), -1, np.int64)
        theirs = np.zeros(every.shape, np.float32)
        every[rows, place], theirs[rows, place] = numbers, products[rows, numbers]
        return cls(every, theirs)

    @property
    def counts(self) -> NDArray[np.float64]:
        """How many lists each query visits ``[n]``."""
        counts: NDArray[np.float64] = (self.lists >= 0).sum(axis=1).astype(np.float64)
        return counts

    def rows(self, rows: NDArray[np.intp] | slice) -> "Visits":
        """Those of some of the queries."""
        return self if isinstance(rows, slice) else Visits(self.lists[rows], self.products[rows])

    def renumbered(self, numbers: NDArray[np.int64]) -> "Visits":
        """The same, if list i is number `numbers` ``[i]``."""
        lists = numbers.take(self.lists)
        return Visits(lists if len(lists) == 1 else np.where(self.lists < 0, -1, lists), self.products)


@dataclass(frozen=True)
class Selected:
    """Which items may be found."""

    bits: Bytes | None = None
    """One for each item code, the lowest first; None: all."""
    _told: dict[int, Any] = field(default_factory=dict)

    def told(self, n_lists: int) -> Any:
        """What faiss is told for so many lists; kept, since it takes longer to make than to visit ten of them."""
        if n_lists not in self._told:
            faiss = needs("faiss", extra="ann")
            chosen = None if self.bits is None else faiss.IDSelectorBitmap(self.bits)
            self._told[n_lists] = faiss.SearchParametersIVF(nprobe=n_lists, sel=chosen)
        return self._told[n_lists]


ALL = Selected()


@dataclass(frozen=True)
class Lists:
    """Inverted lists: each item, a vector of length one, lies in the list whose centre is nearest to it.

    What a list promises a query is the product that its best item may have with it, by the product with its centre and
    by `spreads`.
    """

    size: int
    """Coordinates of a vector."""
    written: Bytes
    """What faiss wrote; read when first asked for."""

    def __len__(self) -> int:
        n: int = self._opened[1].nlist
        return n

    @cached_property
    def centres(self) -> Vectors:
        """One row per list: about the mean of the items in it."""
        centres: Vectors = self._opened[1].quantizer.reconstruct_n(0, len(self))
        return centres[:, : self.size]

    @cached_property
    def sizes(self) -> NDArray[np.intp]:
        """How many items each list holds ``[n_lists]``."""
        invlists = self._opened[1].invlists
        return np.array([invlists.list_size(number) for number in range(len(self))])

    def spreads(self, counts: NDArray[np.intp]) -> Vectors:
        """How far above the product with its centre that with the best of so many of its items may lie ``[n_lists]``.

        Vectors of length one around a mean of length m have the variance (1 - m²) / size along a direction, and none of
        n normal variables is more than √(2 ln(n / p)) deviations above their mean, but with a probability of p.
        """
        spreads: Vectors = np.sqrt(self._variances * 2 * np.log(np.maximum(counts, 1) / SURPRISING)).astype(np.float32)
        return spreads

    @cached_property
    def _variances(self) -> Vectors:
        lengths = np.einsum("nd,nd->n", self.centres, self.centres)
        variances: Vectors = np.maximum(1 - lengths, 0) / self.size
        return variances

    @cached_property
    def spread(self) -> Vectors:
        """`spreads` of all items in each list."""
        return self.spreads(self.sizes)

    def near(self, unit: Vectors, visits: Visits, width: int, selected: Selected = ALL) -> tuple[Codes, Scores]:
        """What seems nearest in some lists, best first: codes ``[n, width]`` (-1: no more), and seeming products."""
        (faiss, lists), (n, n_lists) = self._opened, visits.lists.shape
        if not visits.lists.size:
            return np.full((n, width), -1, np.int32), np.full((n, width), -np.inf, np.float32)
        asked, scores, codes = _even(unit), np.empty((n, width), np.float32), np.empty((n, width), np.int64)
        pointers = [faiss.swig_ptr(array) for array in (asked, visits.lists, visits.products, scores, codes)]
        # Past faiss's own wrapper, which takes no parameters here.
        lists.search_preassigned_c(n, pointers[0], width, *pointers[1:], False, selected.told(n_lists))
        return codes.astype(np.int32), scores

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


def along(array: Array, place: NDArray[np.integer]) -> Array:
    """What NumPy's `take_along_axis` gives for rows; for one row in a tenth of the time."""
    taken: Array
    if len(place) == 1:
        taken = array[0].take(place[0])[None, :]
        return taken
    taken = np.take_along_axis(array, place, axis=1)
    return taken


def _even(vectors: Array) -> Vectors:
    """Contiguous, with a coordinate of zeros more if they have an odd number: two of them make a code."""
    if vectors.shape[1] % 2:
        vectors = np.pad(vectors, ((0, 0), (0, 1)))
    return np.ascontiguousarray(vectors, np.float32)
