"""Nearest neighbours by looking where they probably are; how far one has to look is measured when it is built."""

from typing import Annotated

import numpy as np
from pydantic import Field, NonNegativeInt

from endcap.core.part import Part
from endcap.index.exact import Exact, ExactIndex, of_length_one
from endcap.index.lists import Vectors, lists_built
from endcap.index.measuring import measured
from endcap.index.probing import ApproximateIndex

LEAST = 2_000
"""Below, there is too little to measure recall with."""
LISTS = 4.5
"""So many lists for the square root of the number of vectors."""


class Approximate(Part):
    """Settings of an index by cosine that looks at few of the vectors, and finds the share of the nearest asked for.

    Small catalogs, narrow filters, and whatever else is quicker so, are looked through exactly.
    """

    recall: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Share of the true nearest that lists are to hold on average, with a filter or without; measured in the build."""
    exact_up_to: NonNegativeInt = 50_000
    """So many vectors are looked through quickly enough: up to here the index is an exact one."""
    seed: NonNegativeInt = 0
    """Where samples begin: of vectors to learn from, and of queries to measure with."""

    def build(self, vectors: Vectors) -> ApproximateIndex | ExactIndex:
        """An index of the given vectors ``[n, size]``; a zero vector is never found.

        Recall is measured on queries made of the vectors. If no effort reaches what is wanted, the index is exact.
        """
        return self._built(vectors, None)

    def build_for(self, vectors: Vectors, asked: Vectors) -> ApproximateIndex | ExactIndex:
        """What `build` gives, with recall measured on a sample of the queries `asked` ``[m, size]``."""
        return self._built(vectors, asked)

    def _built(self, vectors: Vectors, asked: Vectors | None) -> ApproximateIndex | ExactIndex:
        unit, lengths = of_length_one(np.asarray(vectors, np.float32))
        codes = np.flatnonzero(lengths > 0).astype(np.int32)
        if len(codes) <= max(self.exact_up_to, LEAST):
            return Exact().build(vectors)
        rng = np.random.default_rng(self.seed)
        lists = lists_built(unit, codes, round(LISTS * len(codes) ** 0.5), rng)
        index = measured(ApproximateIndex(unit, lengths > 0, lists), self.recall, rng, asked)
        return Exact().build(vectors) if index is None else index
