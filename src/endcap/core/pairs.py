"""How often items stand together, wherever it was counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Ragged


@dataclass(frozen=True)
class PairCounts:
    """What each two items count together and each item alone, by code; a pair stands at both of its items."""

    others: Ragged
    """For each item those that it stands together with, ascending."""
    together: NDArray[np.float64]
    """What each of `others` counts: the number of rows that have both, if all rows count the same."""
    alone: NDArray[np.float64]
    """What each item counts ``[n_items]``."""
    total: float
    """What all rows count."""


class Counting(Protocol):
    """How rows of items are counted: the settings that a recipe and a query of an engine have to agree on."""

    @property
    def source(self) -> str:
        """What a row is: ``baskets``, ``sessions`` or ``histories``."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of sessions, the kinds of event that count."""

    @property
    def kind_weights(self) -> Mapping[str, float]:
        """What an event of some kinds counts; of others 1."""

    @property
    def dwell(self) -> float | None:
        """Of sessions: what was left sooner than after so many seconds counts in proportion."""

    @property
    def half_life(self) -> float | None:
        """Days until an event counts half."""

    @property
    def length_power(self) -> float:
        """A row counts one over its length to this power."""

    @property
    def idf(self) -> bool:
        """Whether a row counts the squared logarithm of catalog over length."""

    @property
    def distance(self) -> float | None:
        """Steps in a row after which a pair counts 1/e of what neighbours count."""

    @property
    def backwards(self) -> float:
        """What a pair counts for the item that came later."""
