"""What a filter leaves to be found, and in which lists it lies: learned once for all searches with the same filter."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes
from endcap.index.lists import Bytes, Lists, Selected, Vectors

KEPT = 32
"""Filters that are remembered: a shop asks with few of them, again and again."""
SAMPLED = 256
"""So many bytes of a filter, at least, are hashed to find it again; whether it is the same is told by all."""

Allowed = NDArray[np.bool_]


@dataclass(frozen=True)
class Filter:
    """Some of the items."""

    selected: Selected
    codes: Codes
    """Those of them that have a vector, ascending."""
    lists: Lists
    places: NDArray[np.int32]
    """The list that each item lies in."""

    @cached_property
    def held(self) -> tuple[NDArray[np.int64], Vectors]:
        """The lists that hold any of them, ascending, and `Lists.spreads` of these."""
        counts = np.bincount(self.places.take(self.codes), minlength=len(self.lists))
        (held,) = counts.nonzero()
        return held, self.lists.spreads(counts).take(held)


def filters(known: Allowed, lists: Lists) -> Callable[[Allowed], Filter]:
    """Gives a filter for what is allowed, of the items known, which lie in lists.

    Those asked for last are remembered by their content: an array may be changed in place, and asked with again.
    """
    places = lists.of_items(len(known))

    @lru_cache(KEPT)
    def learned(given: _Given) -> Filter:
        return Filter(Selected(given.bits), np.flatnonzero(known & given.allowed).astype(np.int32), lists, places)

    return lambda allowed: learned(_Given(allowed))


class _Given:
    """An array of flags, equal to any with the same content; only its bits are still read when it was changed."""

    def __init__(self, allowed: Allowed) -> None:
        self.allowed = allowed
        self.bits: Bytes = np.packbits(allowed, bitorder="little")
        self.content = self.bits.tobytes()

    def __hash__(self) -> int:
        return hash(self.content[:: max(1, len(self.content) // SAMPLED)])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Given) and self.content == other.content
