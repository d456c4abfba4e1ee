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
    def learned(packed: _Packed) -> Filter:
        allowed = np.unpackbits(packed.bits, count=len(known), bitorder="little").view(np.bool_)
        return Filter(Selected(packed.bits), np.flatnonzero(known & allowed).astype(np.int32), lists, places)

    def of(allowed: Allowed) -> Filter:
        if len(allowed) != len(known):
            raise ValueError(f"a filter has one entry per item: {len(known)} are expected, not {len(allowed)}")
        return learned(_Packed(allowed))

    return of


class _Packed:
    """Flags as bits, the lowest first; equal to any with the same content."""

    def __init__(self, allowed: Allowed) -> None:
        self.content = np.packbits(allowed, bitorder="little").tobytes()

    @property
    def bits(self) -> Bytes:
        return np.frombuffer(self.content, np.uint8)

    def __hash__(self) -> int:
        return hash(self.content[:: max(1, len(self.content) // SAMPLED)])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Packed) and self.content == other.content
