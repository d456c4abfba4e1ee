"""Why an item has its score: what each thing that the visitor touched adds to it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import NO_CODES, Array, Codes, distinct
from endcap.core.query import Query

NOTHING: NDArray[np.float64] = np.empty(0)
NOTHING.setflags(write=False)


@dataclass(frozen=True, slots=True)
class Why:
    """What the score of one item is made of: ``adds`` and ``rest`` together are the score."""

    seeds: Codes
    """The different items of the visitor that the model looked at ``[n]``, ascending."""
    adds: NDArray[np.float64]
    """What each of them adds ``[n]``; below zero where it speaks against the item."""
    rest: float = 0.0
    """What would be there without any of them."""
    because: str = ""
    """Where the rest comes from, in words that people can be shown."""

    @classmethod
    def of(cls, seeds: Codes, adds: Array) -> "Why":
        """What the given seeds add; one that comes several times is told once, with all that it adds."""
        if not len(seeds):
            return cls(NO_CODES, NOTHING)
        different, place = distinct(np.asarray(seeds, np.int32))
        return cls(different, np.bincount(place, adds, minlength=len(different)).astype(np.float64))

    @classmethod
    def without_seeds(cls, score: float, because: str) -> "Why":
        """A score that no seed has a part in."""
        return cls(NO_CODES, NOTHING, float(score), because)

    @property
    def score(self) -> float:
        """All of it."""
        return float(self.adds.sum()) + self.rest

    def shares(self) -> tuple[NDArray[np.float64], float]:
        """Of all that speaks for the item, the share of each seed ``[n]`` and of the rest; zeros if nothing does."""
        speaking, rest = np.maximum(self.adds, 0.0), max(self.rest, 0.0)
        whole = max(float(speaking.sum()) + rest, 1e-12)
        return speaking / whole, rest / whole


class Explains(Protocol):
    """A model that can say what its scores are made of."""

    def why(self, query: Query, item: int) -> Why:
        """What the score of an item for this query is made of; sums to zero for an item that it does not find."""
