"""Candidates: what retrievers give and stages take and give."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import NO_CODES, Array, Codes, Scores, among

NO_SCORES: Scores = np.empty(0, np.float32)
NO_SCORES.setflags(write=False)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Items with a score each, best first unless said otherwise, and feature columns; values never change.

    Shapes: ``items[n]``, ``scores[n]``, each of ``features`` ``[n]`` (NaN: cannot say).
    """

    items: Codes
    scores: Scores
    features: Mapping[str, Scores] = field(default_factory=dict)

    @classmethod
    def none(cls) -> "Candidates":
        """No candidates."""
        return NOTHING

    @classmethod
    def all(cls, scores: Scores) -> "Candidates":
        """Every item of the catalog, by code, with the given scores ``[n_items]``."""
        return cls(np.arange(len(scores), dtype=np.int32), scores)

    def __len__(self) -> int:
        return len(self.items)

    def take(self, which: Array | slice) -> "Candidates":
        """Only those at the given positions, or where the given mask is true."""
        features = {name: values[which] for name, values in self.features.items()} if self.features else {}
        return Candidates(self.items[which], self.scores[which], features)

    def rescore(self, scores: Scores) -> "Candidates":
        """The same items with other scores, in the new order; ties go to the smaller code."""
        changed = Candidates(self.items, scores, self.features)
        return changed.take(np.lexsort((self.items, -scores)))

    def with_feature(self, name: str, values: Scores) -> "Candidates":
        """The same candidates with one more feature column ``[n]``."""
        return Candidates(self.items, self.scores, {**self.features, name: values})

    def top(self, k: int) -> "Candidates":
        """The best k, best first; ties go to the smaller code and items without a finite score are left out."""
        return self.take(best(self.scores, self.items, k))

    def then(self, others: "Candidates") -> "Candidates":
        """These, followed by those of the others that are not here yet, their scores moved below the last of these.

        Feature columns that one side lacks are NaN there.
        """
        fresh = others.take(~among(others.items, self.items))
        if not len(self) or not len(fresh):
            return self if len(self) else fresh
        floor = self.scores.min() - fresh.scores.max() - np.float32(1.0)
        names = dict.fromkeys([*self.features, *fresh.features])
        features = {name: np.concatenate([self.feature(name), fresh.feature(name)]) for name in names}
        scores = np.concatenate([self.scores, fresh.scores + floor]).astype(np.float32)
        return Candidates(np.concatenate([self.items, fresh.items]), scores, features)

    def feature(self, name: str) -> Scores:
        """One feature column; all NaN if there is none of that name."""
        values = self.features.get(name)
        return np.full(len(self), np.nan, np.float32) if values is None else values


def best(scores: Scores, codes: Codes, k: int) -> NDArray[np.intp]:
    """Positions of the k highest finite scores, highest first; ties go to the smaller code."""
    finite = np.isfinite(scores)
    positions = None if finite.all() else np.flatnonzero(finite)
    kept = scores if positions is None else scores[positions]
    if 0 < k < len(kept):
        # A partition alone would break ties at the cut as memory happens to lie; so all that tie with the
        # k-th are kept until the codes have decided.
        threshold = np.partition(kept, len(kept) - k)[len(kept) - k]
        near = np.flatnonzero(kept >= threshold)
        positions = near if positions is None else positions[near]
        kept = scores[positions]
    ties = codes if positions is None else codes[positions]
    order = np.lexsort((ties, -kept))[:k]
    return order if positions is None else positions[order]


NOTHING = Candidates(NO_CODES, NO_SCORES)
