"""What the catalog says of items, as labels that get vectors of their own: category, brand, price band, …"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes, offsets_of
from endcap.core.bands import BANDS, price_bands, price_levels
from endcap.core.catalog import Catalog
from endcap.core.vocabulary import Vocabulary
from endcap.models.skip_gram import Parameters, Vectors

PRICE_BAND = "price_band"
"""Stands for thirds of the prices within a category, if the catalog has no such column."""


@dataclass(frozen=True)
class LabelVectors:
    """Two vectors for each label of a column ``[n_labels, size]``."""

    names: Vocabulary
    vectors: Vectors
    outputs: Vectors


@dataclass(frozen=True)
class SideInformation:
    """The labels of items in several columns, numbered one column after the other from the number of items on."""

    columns: tuple[str, ...]
    names: tuple[Vocabulary, ...]
    rows: Codes
    """``[n_items, n_columns]``; -1 where a label is not known."""

    @classmethod
    def of(cls, catalog: Catalog, columns: tuple[str, ...]) -> "SideInformation":
        """The given label columns; raises `BadData` naming the one that is missing, or has no labels."""
        labels = [_labels(catalog, name) for name in columns]
        starts = len(catalog) + offsets_of(np.array([len(names) for _, names in labels], np.int64))
        rows = np.full((len(catalog), len(columns)), -1, np.int32)
        for column, ((codes, _), start) in enumerate(zip(labels, starts.tolist(), strict=False)):
            rows[:, column] = np.where(codes >= 0, codes + start, -1)
        return cls(columns, tuple(names for _, names in labels), rows)

    def __len__(self) -> int:
        return sum(map(len, self.names))

    def counts(self, items: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """How often each label came, column by column, where items came as often as given."""
        counted, start = [], len(items)
        for column, names in zip(self.rows.T, self.names, strict=True):
            known = column >= 0
            found = np.bincount(column[known] - start, items[known], minlength=len(names))
            counted.append(found.astype(np.float64))
            start += len(names)
        return counted

    def composed(self, vectors: Vectors, counts: NDArray[np.float64], confidence: float) -> Vectors:
        """Vectors of items ``[n_items, size]``: each its own and the mean of its labels', by how often it was met.

        One met `confidence` times is half and half; what was never met has the vector of its labels alone.
        """
        n = len(self.rows)
        total, known = np.zeros((n, vectors.shape[1]), np.float32), np.zeros(n, np.float32)
        for column in self.rows.T:
            there = column >= 0
            total[there] += vectors[column[there]]
            known += there
        own = np.where(known > 0, counts / np.maximum(counts + confidence, 1e-12), counts > 0).astype(np.float32)
        blend: Vectors = own[:, None] * vectors[:n]
        blend += ((1 - own) / np.maximum(known, 1))[:, None] * total
        return blend

    def named(self, parameters: Parameters) -> Mapping[str, LabelVectors]:
        """The vectors of all labels, by column."""
        found, start = {}, len(self.rows)
        for column, names in zip(self.columns, self.names, strict=True):
            end = start + len(names)
            found[column] = LabelVectors(names, parameters.inputs[start:end], parameters.outputs[start:end])
            start = end
        return found


def _labels(catalog: Catalog, name: str) -> tuple[Codes, Vocabulary]:
    if name != PRICE_BAND or name in catalog:
        labels = catalog.labels(name)
        return labels.codes, labels.names
    categories = catalog.labels("category")
    bands = price_bands(price_levels(catalog), categories.codes)
    names = Vocabulary.of(f"{category} {band}" for category in categories.names.ids for band in range(BANDS))
    return np.where(bands < 0, -1, categories.codes * BANDS + bands).astype(np.int32), names
