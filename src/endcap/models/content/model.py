"""What a fitted `Content` serves with: vectors, and the way to make one of an item that is new."""

from dataclasses import dataclass

import numpy as np

from endcap.core.arrays import Scores
from endcap.core.query import Query
from endcap.models.content.columns import Told
from endcap.models.content.features import Reader
from endcap.models.content.sparse import Matrix, Sparse


@dataclass(frozen=True)
class ContentModel:
    """A vector of length one for each item, and what it takes to make one of an item that is not in the catalog."""

    vectors: Matrix
    reader: Reader
    axes: Matrix
    """``[features, …]``: what makes the first dimensions of a vector out of what the reader reads."""
    names: tuple[str, ...]
    """Of the kinds of content …"""
    weights: Scores
    """… and how much each counts."""
    recency: float

    def embed(self, query: Query) -> Matrix:
        """The mean of the vectors of the seeds ``[size]``; or where none is shown, that of what the page describes."""
        told = told_of(query)
        vector = self.placed(told) if told else None
        if vector is not None and vector.any():
            return vector
        found: Matrix = self.embed_each(query).sum(axis=0)
        return found

    def embed_each(self, query: Query) -> Matrix:
        """What each seed adds to the direction of `embed`: ``[n_seeds, size]``."""
        each = self.vectors[query.seeds]
        if self.recency < 1.0 and not len(query.context):  # the items of a cart have no order
            each = each * (self.recency ** np.arange(len(each) - 1, -1, -1, dtype=np.float32))[:, None]
        return each

    def placed(self, told: Told) -> Matrix:
        """The vector ``[size]`` of an item of which only this is known; zero if none of it means anything here.

        Only columns can be read; what files and networks would say of it is left open.
        """
        row = self.reader.of_told(told)
        vector = np.zeros(self.vectors.shape[1], np.float32)
        vector[: self.axes.shape[1]] = read(row, self.axes)
        return vector / max(float(np.linalg.norm(vector)), 1e-12)


def told_of(query: Query) -> Told:
    """What the page says of an item that is not among the known ones; nothing, if one that is known is shown."""
    shown = len(query.context) and not np.array_equal(query.context, query.cart)
    return {} if shown else query.attributes


def read(row: Sparse, matrix: Matrix) -> Matrix:
    """One sparse row times a matrix, without compiled code."""
    product: Matrix = row.values @ matrix[row.columns]
    return product
