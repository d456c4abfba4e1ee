"""Ids at the edges, codes inside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from endcap.core.arrays import Array, Codes, Strings


@dataclass(frozen=True)
class Vocabulary:
    """A two-way map between ids (strings) and codes (dense integers); codes never move, new ids are appended."""

    ids: Strings

    @classmethod
    def of(cls, ids: Iterable[str]) -> "Vocabulary":
        """A vocabulary of the given ids, coded in the order of their first appearance."""
        return cls(Strings.of(dict.fromkeys(ids)))

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._codes

    def code(self, item_id: str) -> int:
        """The code of one id; -1 if it is not known."""
        return self._codes.get(item_id, -1)

    def encode(self, ids: Iterable[str]) -> Codes:
        """One code per id, shape ``[len(ids)]``; -1 for each id that is not known."""
        known = self._codes
        return np.array([known.get(item_id, -1) for item_id in ids], np.int32)

    def encode_known(self, ids: Sequence[str]) -> Codes:
        """The codes of those ids that are known, in the given order."""
        known = self._codes
        return np.array([known[item_id] for item_id in ids if item_id in known], np.int32)

    def decode(self, codes: Array) -> list[str]:
        """The id of each code."""
        return [self.ids[code] for code in codes.tolist()]

    def extended(self, ids: Iterable[str]) -> "Vocabulary":
        """A vocabulary that also knows the given ids; every present code stays what it is."""
        return Vocabulary.of([*self.ids, *ids])

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {item_id: code for code, item_id in enumerate(self.ids)}
