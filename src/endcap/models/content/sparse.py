"""Rows with few entries out of many columns: words, labels, bands of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Codes, offsets_of
from endcap.models.alternating import cores, in_parts

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Sparse:
    """Rows in three arrays (CSR): row i has ``values[offsets[i]:offsets[i + 1]]`` in the columns of the same places."""

    offsets: NDArray[np.int64]
    columns: Codes
    values: Matrix
    width: int
    """How many columns there are."""

    @classmethod
    def of(cls, rows: Array, columns: Array, values: Array, shape: tuple[int, int]) -> "Sparse":
        """The given entries, ordered by row."""
        offsets = offsets_of(np.bincount(rows, minlength=shape[0]))
        return cls(offsets, columns.astype(np.int32), values.astype(np.float32), shape[1])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def rows(self) -> NDArray[np.int64]:
        """The row of every entry."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    @property
    def lengths(self) -> Matrix:
        """The length of each row as a vector."""
        squares = np.bincount(self.rows, self.values.astype(np.float64) ** 2, minlength=len(self))
        return np.sqrt(squares).astype(np.float32)

    def scaled(self, rows: Array) -> "Sparse":
        """Each row times a number."""
        return replace(self, values=(self.values * rows[self.rows]).astype(np.float32))

    def transposed(self) -> "Sparse":
        """Rows as columns."""
        order = np.argsort(self.columns, kind="stable")
        return Sparse.of(self.columns[order], self.rows[order], self.values[order], (self.width, len(self)))

    def take(self, rows: Array) -> "Sparse":
        """Only the rows of the given numbers, in that order."""
        lengths = np.diff(self.offsets)[rows]
        offsets = offsets_of(lengths)
        at = np.repeat(self.offsets[rows] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Sparse(offsets, self.columns[at], self.values[at], self.width)

    def times(self, dense: Matrix) -> Matrix:
        """The product with a matrix ``[width, size]``, compiled, on all cores."""
        from endcap.models.kernels.sparse import times  # noqa: PLC0415 — a serving process reads one row at a time

        out = np.zeros((len(self), dense.shape[1]), np.float32)
        settings = (self.offsets, self.columns, self.values, np.ascontiguousarray(dense, np.float32), out)
        in_parts(lambda first, last: times(first, last, *settings), self.offsets, cores())
        return out

    def dense(self) -> Matrix:
        """All of it ``[n, width]``, with its zeros."""
        out = np.zeros((len(self), self.width), np.float32)
        np.add.at(out, (self.rows, self.columns), self.values)
        return out


def beside(parts: Sequence[Sparse], n: int) -> Sparse:
    """Matrices of n rows, one beside the other; without any, n empty rows."""
    if not parts:
        return Sparse.of(np.empty(0, np.int64), np.empty(0), np.empty(0), (n, 0))
    starts = offsets_of(np.array([part.width for part in parts]))
    rows = np.concatenate([part.rows for part in parts])
    order = np.argsort(rows, kind="stable")
    columns = np.concatenate([part.columns + start for part, start in zip(parts, starts.tolist(), strict=False)])
    values = np.concatenate([part.values for part in parts])
    return Sparse.of(rows[order], columns[order], values[order], (n, int(starts[-1])))
