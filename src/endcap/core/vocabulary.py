"""Ids at the edges, codes inside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from endcap.core.arrays import Array, Codes, Strings
from endcap.core.spelling import KEYS, Rule


@dataclass(frozen=True)
class Aliases:
    """Other spellings of the ids of a vocabulary, and the rule by which a spelling never seen before is understood."""

    rule: Rule
    """See `endcap.core.spelling`."""
    spellings: Strings
    """Spellings that are no ids themselves, and keys of ids that are not their own key; ordered by their bytes."""
    codes: Codes
    """The code of the id that each of them means."""

    @classmethod
    def of(cls, rule: Rule, spellings: Mapping[str, int] = MappingProxyType({})) -> "Aliases":
        """The aliases that a mapping from spellings to codes names; none, if it is empty."""
        ordered = sorted(spellings)
        return cls(rule, Strings.of(ordered), np.array([spellings[text] for text in ordered], np.int32))

    def code(self, spelling: str) -> int:
        """The code of the id that a spelling stands for in this table; -1 for one that does not stand in it."""
        return self._codes.get(spelling, -1)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return dict(zip(self.spellings, self.codes.tolist(), strict=True))


@dataclass(frozen=True)
class Vocabulary:
    """A two-way map between ids (strings) and codes (dense integers); codes never move, new ids are appended.

    With `aliases`, every spelling of an id has its code, and the code gives the id as the shop prefers to spell it.
    """

    ids: Strings
    aliases: Aliases | None = None

    @classmethod
    def of(cls, ids: Iterable[str]) -> "Vocabulary":
        """A vocabulary of the given ids, coded in the order of their first appearance."""
        return cls(Strings.of(dict.fromkeys(ids)))

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, item_id: str) -> bool:
        return self.code(item_id) >= 0

    def code(self, item_id: str) -> int:
        """The code of one id, however it is spelled; -1 if it is not known."""
        code = self._codes.get(item_id, -1)
        return code if code >= 0 or self.aliases is None else self._code_of_spelling(item_id, self.aliases)

    def encode(self, ids: Iterable[str]) -> Codes:
        """One code per id, shape ``[len(ids)]``; -1 for each id that is not known."""
        known = self._codes
        if self.aliases is None:
            return np.array([known.get(item_id, -1) for item_id in ids], np.int32)
        return np.array([known[item_id] if item_id in known else self.code(item_id) for item_id in ids], np.int32)

    def encode_known(self, ids: Sequence[str]) -> Codes:
        """The codes of those ids that are known, in the given order."""
        codes = self.encode(ids)
        return codes[codes >= 0]

    def decode(self, codes: Array) -> list[str]:
        """The id of each code."""
        return [self.ids[code] for code in codes.tolist()]

    def fold(self, item_id: str) -> str:
        """The preferred spelling of an id; of one that is not known, the key by which its spellings are one."""
        code = self.code(item_id)
        if code >= 0:
            return self.ids[code]
        return item_id if self.aliases is None else KEYS[self.aliases.rule](item_id)

    def extended(self, ids: Iterable[str]) -> "Vocabulary":
        """A vocabulary that also knows the given ids; every present code stays what it is."""
        new = [item_id for item_id in ids if item_id not in self]
        return replace(Vocabulary.of([*self.ids, *new]), aliases=self.aliases)

    def _code_of_spelling(self, spelling: str, aliases: Aliases) -> int:
        code = aliases.code(spelling)
        if code >= 0:
            return code
        key = KEYS[aliases.rule](spelling)
        return -1 if key == spelling else self._codes.get(key, aliases.code(key))

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {item_id: code for code, item_id in enumerate(self.ids)}
