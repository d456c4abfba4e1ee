"""Array types, and the two compact containers that everything variable in length is kept in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)

Codes = NDArray[np.int32]
"""Dense item codes, 0 … n_items-1."""
Scores = NDArray[np.float32]
"""One score per candidate; higher is better."""
Array = NDArray[Any]

NO_CODES: Codes = np.empty(0, np.int32)
NO_CODES.setflags(write=False)


def frozen(array: NDArray[T]) -> NDArray[T]:
    """The same array, read-only."""
    array.setflags(write=False)
    return array


@dataclass(frozen=True)
class Ragged:
    """Rows of different length in two arrays (CSR): row i is ``values[offsets[i]:offsets[i + 1]]``."""

    offsets: NDArray[np.int64]
    values: Array

    @classmethod
    def of(cls, rows: Iterable[Sequence[int] | Array], dtype: type[np.generic] = np.int32) -> "Ragged":
        """The given rows, packed."""
        arrays = [np.asarray(row, dtype) for row in rows]
        lengths = np.fromiter((len(row) for row in arrays), np.int64, len(arrays))
        values = np.concatenate(arrays) if arrays else np.empty(0, dtype)
        return cls(offsets_of(lengths), values)

    @classmethod
    def grouped(cls, groups: Array, values: Array, n_groups: int) -> "Ragged":
        """Values collected by group number, in their given order within a group; negative groups are left out."""
        inside = groups >= 0
        groups, values = groups[inside], values[inside]
        order = np.argsort(groups, kind="stable")
        return cls(offsets_of(np.bincount(groups, minlength=n_groups)), values[order])

    @classmethod
    def empty(cls, rows: int) -> "Ragged":
        """As many rows as given, all of them empty."""
        return cls(np.zeros(rows + 1, np.int64), NO_CODES)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Array:
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def __iter__(self) -> Iterator[Array]:
        return (self[row] for row in range(len(self)))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many values each row has."""
        return np.diff(self.offsets)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The row number of every value."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def take(self, rows: Array) -> "Ragged":
        """Only the given rows (numbers or a mask), in the given order."""
        lengths = self.lengths[rows]
        return Ragged(offsets_of(lengths), self.values[self.places(rows)])

    def places(self, rows: Array) -> NDArray[np.int64]:
        """Where the values of the given rows (numbers or a mask) stand among all values, one row after another."""
        lengths = self.lengths[rows]
        offsets = offsets_of(lengths)
        return np.repeat(self.offsets[:-1][rows] - offsets[:-1], lengths) + np.arange(offsets[-1])

    def keep(self, mask: NDArray[np.bool_]) -> "Ragged":
        """The same rows with only those values for which the mask (one entry per value) is true."""
        lengths = np.bincount(self.rows[mask], minlength=len(self))
        return Ragged(offsets_of(lengths), self.values[mask])


def among(values: Array, wanted: Array) -> NDArray[np.bool_]:
    """For every value whether it is one of those wanted.

    `numpy.isin`, but for the few values of a request by plain comparison, which is up to five times faster.
    """
    if len(values) * len(wanted) > 20_000:
        return np.isin(values, wanted)
    found: NDArray[np.bool_] = (values[:, None] == wanted).any(axis=1)
    return found


def distinct(values: NDArray[T]) -> tuple[NDArray[T], NDArray[np.intp]]:
    """The different values, ascending, and for every entry the place of its value among them.

    What `numpy.unique` gives with its inverse, at a third of the cost for the short arrays of a request.
    """
    order = values.argsort(kind="stable")
    ordered = values[order]
    fresh = np.ones(len(values), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    place = np.empty(len(values), np.intp)
    place[order] = fresh.cumsum() - 1
    return ordered[fresh], place


def offsets_of(lengths: Array) -> NDArray[np.int64]:
    """Row boundaries for rows of the given lengths."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


@dataclass(frozen=True)
class Strings(Sequence[str]):
    """Many strings in two arrays (UTF-8), so that they can be mapped into memory instead of unpickled."""

    offsets: NDArray[np.int64]
    data: NDArray[np.uint8]

    @classmethod
    def of(cls, strings: Iterable[str]) -> "Strings":
        """The given strings, packed."""
        encoded = [string.encode() for string in strings]
        lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
        return cls(offsets_of(lengths), np.frombuffer(b"".join(encoded), np.uint8))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        return self._list[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self._list)

    @cached_property
    def _list(self) -> list[str]:
        whole, ends = self.data.tobytes(), self.offsets.tolist()
        return [whole[start:end].decode() for start, end in pairwise(ends)]
