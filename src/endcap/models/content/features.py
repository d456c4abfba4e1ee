"""All that is known of the content of items, as rows that models learn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Scores
from endcap.core.catalog import Catalog
from endcap.models.content.columns import Column, Told
from endcap.models.content.sparse import Matrix, Sparse, beside


@dataclass(frozen=True)
class Reader:
    """Columns of the catalog, and how much each of them counts; all that is needed to read an item that is new."""

    columns: tuple[Column, ...]
    weights: Scores
    """One for each column: products of rows are the sum over columns of these times the products within each."""

    @property
    def width(self) -> int:
        """How many features there are."""
        return sum(column.width for column in self.columns)

    def of_catalog(self, catalog: Catalog) -> Sparse:
        """One row for each item."""
        return self._weighed([column.of_catalog(catalog) for column in self.columns], len(catalog))

    def of_told(self, told: Told) -> Sparse:
        """One row for what is said of an item, by column; empty if that is nothing that any column knows."""
        return self._weighed([column.of_told(told) for column in self.columns], 1)

    def _weighed(self, parts: Sequence[Sparse], n: int) -> Sparse:
        roots = np.sqrt(self.weights).tolist()
        return beside([part.scaled(np.full(n, root)) for part, root in zip(parts, roots, strict=True)], n)


@dataclass(frozen=True)
class Features:
    """What each item is like, one row for each: columns of the catalog, then what files and networks say."""

    reader: Reader
    sparse: Sparse
    """What the reader reads."""
    dense: Matrix
    """``[n_items, …]``: vectors of all files and networks, one beside the other, each as long as its weight says."""
    names: tuple[str, ...]
    """Of the kinds of content: columns, then files and networks …"""
    weights: Scores
    """… and how much each counts."""

    @classmethod
    def of(
        cls, catalog: Catalog, columns: Sequence[Column], dense: Mapping[str, Matrix], weights: Scores
    ) -> "Features":
        """With the given weights, which are those of the columns and then of the dense kinds."""
        reader = Reader(tuple(columns), weights[: len(columns)])
        roots = np.sqrt(weights[len(columns) :]).tolist()
        parts = [vectors * root for vectors, root in zip(dense.values(), roots, strict=True)]
        wide = np.concatenate([np.zeros((len(catalog), 0), np.float32), *parts], axis=1)
        names = (*(column.name for column in columns), *dense)
        return cls(reader, reader.of_catalog(catalog), wide.astype(np.float32), names, weights)

    @property
    def width(self) -> int:
        """How many columns both parts have together."""
        return self.sparse.width + int(self.dense.shape[1])

    @property
    def there(self) -> NDArray[np.bool_]:
        """Which items anything is known of."""
        known: NDArray[np.bool_] = (self.sparse.lengths > 0) | self.dense.any(axis=1)
        return known

    def scaled(self, rows: Scores) -> "Features":
        """Each row times a number."""
        return Features(self.reader, self.sparse.scaled(rows), self.dense * rows[:, None], self.names, self.weights)

    def times(self, matrix: Matrix) -> Matrix:
        """The product with a matrix ``[width, size]``."""
        product: Matrix = self.sparse.times(matrix[: self.sparse.width]) + self.dense @ matrix[self.sparse.width :]
        return product
