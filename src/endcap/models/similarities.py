"""From counts to scores: how alike two items are that stand together so often, and alone so often.

With c what two items count together, a and b what each counts alone, N what all rows count, s the shrinkage:

| name | score | source |
|---|---|---|
| ``jaccard`` | c / (a + b - c + s) | |
| ``cosine`` | c / (aᵖ bᵠ + s); p = q = 1/2 is Salton's, others are asymmetric | Aiolli, RecSys 2013 |
| ``lift`` | c N / (a b) · c / (c + s) | association rules |
| ``conditional`` | c / (a + s) | Deshpande and Karypis, ACM TOIS 22 (2004) |
| ``pmi`` | log(c N / (a b)) · c / (c + s) | Church and Hanks (1990); Pantel and Lin, KDD 2002 |
| ``ppmi`` | ``pmi``, of which only what is above zero is kept | |
| ``npmi`` | ``pmi`` over -log(c / N): at most 1 | Bouma (2009) |
"""

from typing import TYPE_CHECKING, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Scores

if TYPE_CHECKING:
    from endcap.models.kernels.counting import Measure

Similarity = Literal["jaccard", "cosine", "lift", "conditional", "pmi", "ppmi", "npmi"]
SIMILARITIES: tuple[str, ...] = get_args(Similarity)
"""In the order of their numbers in the kernel."""


class Measured(Protocol):
    """The settings by which counts become scores."""

    @property
    def similarity(self) -> Similarity:
        """One of `SIMILARITIES`."""

    @property
    def shrink(self) -> float:
        """Distrust of pairs that were seen rarely."""

    @property
    def own_exponent(self) -> float:
        """Of the cosine: of the item that is asked for."""

    @property
    def found_exponent(self) -> float:
        """Of the cosine: of the item that is found."""

    @property
    def damping(self) -> float:
        """Popularity damping of what is found."""


def measure_of(how: Measured, alone: NDArray[np.float64], total: float) -> "Measure":
    """What the kernel needs to score a pair, from what each item counts alone and all rows together."""
    from endcap.models.kernels.counting import Measure  # noqa: PLC0415 — compiled code is for fitting only

    damping = np.empty(0)
    if how.damping:
        damping = np.maximum(alone, np.finfo(float).tiny) ** -how.damping
    own, found = alone, alone
    if how.similarity == "cosine":
        own, found = alone**how.own_exponent, alone**how.found_exponent
    return Measure(SIMILARITIES.index(how.similarity), how.shrink, total, own, found, damping)


def raised(scores: Scores, power: float) -> Scores:
    """Scores to a power, their signs kept; the order stays as it is."""
    if power == 1.0:
        return scores
    higher: Scores = (np.sign(scores) * np.abs(scores) ** power).astype(np.float32)
    return higher
