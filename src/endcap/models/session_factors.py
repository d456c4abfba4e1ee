"""What a visit is about, by factors: iALS of visits, in which the latest click counts most.

The vectors are those of `endcap.models.ials`. A visit's vector is solved from its items as there, each with a weight
that falls with every step back; so what came last says most, and what is further back still says something.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from endcap.core.arrays import Codes, Ragged, Scores, distinct
from endcap.core.candidates import Candidates
from endcap.core.dataset import Dataset
from endcap.core.part import Part
from endcap.core.query import Queries, Query
from endcap.core.tunable import SETTLED, Between
from endcap.core.why import Why
from endcap.models.alternating import Factors
from endcap.models.ials import IALS, IALSModel
from endcap.models.listing import Many
from endcap.models.rows import TOUCHES


class SessionFactors(Part):
    """Learns a vector per item from visits, and solves that of a visit from its items, the latest for most."""

    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that count."""
    size: Annotated[PositiveInt, Between(16, 512, log=True)] = 128
    epochs: Annotated[PositiveInt, Between(3, 20)] = 6
    unobserved: Annotated[PositiveFloat, Between(0.0001, 0.03, log=True)] = 0.0005
    """What a pair that did not happen counts, against one that did: visits are short, so little."""
    l2: Annotated[NonNegativeFloat, Between(0.0003, 0.1, log=True)] = 0.003
    recency: Annotated[PositiveFloat, Between(0.3, 10.0, log=True)] = 1.0
    """Steps back in this visit until a click counts 1/e."""
    again: Annotated[bool, SETTLED] = True
    """Whether what was seen may come again."""
    threads: Annotated[PositiveInt | None, SETTLED] = None
    """All cores, if nothing is said; on several, sums of a matrix library may differ in their last digits."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "SessionFactorsModel":
        """Factors of every item that some visit has."""
        learned = IALS(
            source="sessions", kinds=self.kinds, size=self.size, epochs=self.epochs, unobserved=self.unobserved,
            l2=self.l2, threads=self.threads,
        )  # fmt: skip
        return SessionFactorsModel(learned.fit(data, rng), self.recency, self.again)


@dataclass(frozen=True)
class SessionFactorsModel(Many):
    """The factors, and how a visit is read."""

    items: IALSModel
    recency: float
    again: bool

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items with the highest products with the vector of the visit."""
        visit = query.seeds
        if not len(visit):
            return Candidates.none()
        scores: Scores = self.items.vectors @ self._solved(visit)
        scores[scores == 0.0] = np.nan
        if not self.again:
            scores[visit] = np.nan
        return Candidates.all(scores).top(k)

    def factors(self, queries: Queries) -> tuple[Factors, Factors, Ragged]:
        """Vectors of queries ``[n, size]`` and items, whose products are the scores, and what each list leaves out."""
        visits, vectors = queries.seeds, self.items.vectors
        solved = np.zeros((len(queries), vectors.shape[1]), np.float32)
        for row, visit in enumerate(visits):
            if len(visit):
                solved[row] = self._solved(visit)
        out = Ragged.empty(len(queries)) if self.again else Ragged.of([distinct(visit)[0] for visit in visits])
        return solved, vectors, out

    def why(self, query: Query, item: int) -> Why:
        """What each item of the visit adds: its vector is a sum over them."""
        visit = query.seeds
        block, scale, weights = self._weighed(visit)
        return Why.of(visit, weights * (block @ (scale * self.items.vectors[item])))

    def _solved(self, visit: Codes) -> NDArray[np.float32]:
        block, scale, weights = self._weighed(visit)
        vector: NDArray[np.float32] = scale * (weights @ block)
        return vector

    def _weighed(self, visit: Codes) -> tuple[Factors, NDArray[np.float32], NDArray[np.float32]]:
        """Scaled vectors of the visit's items, that scale, and what each counts in the visit's own vector.

        With weights w on the squares of what happened, and the shared term diagonal, x = s∘Bᵀ(I + BBᵀ)⁻¹√w with the
        rows of B times √w.
        """
        steps = np.arange(len(visit) - 1.0, -1.0, -1.0)
        root = np.exp(-0.5 * steps / self.recency).astype(np.float32)
        shrink = self.items.loss.shrink(np.array([len(np.unique(visit))]), len(self.items.vectors))
        scale: NDArray[np.float32] = np.float32(1.0) / np.sqrt(self.items.spread + shrink)
        block = self.items.vectors[visit] * scale * root[:, None]
        inside = block @ block.T + np.eye(len(visit), dtype=np.float32)
        return block, scale, np.linalg.solve(inside, root).astype(np.float32)
