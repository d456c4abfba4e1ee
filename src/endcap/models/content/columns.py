"""Columns of a catalog as sparse features, and the same of what a page says of an item that the catalog lacks.

Every row has length one, or is empty where the column says nothing; so the product of two rows is how alike two items
are in this column. Words and labels count by how rare they are (inverse document frequency: Spärck Jones, A statistical
interpretation of term specificity, Journal of Documentation 28, 1972).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Codes, Scores, Strings
from endcap.core.bands import price_levels
from endcap.core.catalog import PREPARED_PRICE, Catalog, Labels
from endcap.core.vocabulary import Vocabulary
from endcap.models.content.sparse import Sparse
from endcap.models.words import texts_of, words_of

KNOTS = np.array([-1.5, -0.75, 0.0, 0.75, 1.5])
"""Standardised numbers are told by how near they are to two of these."""
FEWEST = 2
"""Words of fewer items link nothing: they only count in the length of a text."""
BORROWED = 5.0
"""So many items' worth of what is usual elsewhere is added to what is known of a category."""
Told = Mapping[str, str | float]


@dataclass(frozen=True)
class Words:
    """A column of texts: each word by how rare it is, the more of it in one text the less another one adds."""

    name: str
    words: Vocabulary
    rarity: Scores
    """Of each word."""
    unknown: float
    """Of a word that has no place among them."""
    pieces: int
    """How many letters the parts of words have that count as well; 0: only whole words do."""

    @classmethod
    def of(cls, catalog: Catalog, name: str, pieces: int) -> "Words":
        """The words of a column of the catalog."""
        texts = texts_of(catalog, name)
        spread = Counter(word for text in texts for word in set(words_of(text, pieces)))
        kept = [word for word, items in spread.items() if items >= FEWEST]
        rarity = _rarity(np.array([spread[word] for word in kept], np.float64), len(texts))
        return cls(name, Vocabulary.of(kept), rarity, float(_rarity(np.ones(1), len(texts))[0]), pieces)

    @property
    def width(self) -> int:
        """How many features there are."""
        return len(self.words)

    def of_catalog(self, catalog: Catalog) -> Sparse:
        """One row for each item."""
        return self._read(texts_of(catalog, self.name))

    def of_told(self, told: Told) -> Sparse:
        """One row; empty if nothing is said."""
        said = told.get(self.name, "")
        return self._read([said if isinstance(said, str) else ""])

    def _read(self, texts: Sequence[str]) -> Sparse:
        counted = [Counter(words_of(text, self.pieces)) for text in texts]
        rows = np.repeat(np.arange(len(counted)), [len(words) for words in counted])
        codes = self.words.encode(word for words in counted for word in words)
        often = np.array([count for words in counted for count in words.values()], np.float64)
        weights = (1.0 + np.log(often)) * np.append(self.rarity, self.unknown)[codes]
        lengths = np.sqrt(np.bincount(rows, weights**2, minlength=len(counted)))
        values = weights / np.maximum(lengths, 1e-12)[rows]
        known = (codes >= 0) & (values > 0)
        return Sparse.of(rows[known], codes[known], values[known], (len(counted), self.width))


@dataclass(frozen=True)
class Tags:
    """A column of labels, the rare ones of more weight than those that half of the shop has."""

    name: str
    names: Vocabulary
    rarity: Scores
    """Of each label, the rarest possible as 1."""

    @classmethod
    def of(cls, catalog: Catalog, name: str) -> "Tags":
        """The labels of a column of the catalog."""
        labels = catalog.labels(name)
        counts = np.bincount(labels.codes[labels.codes >= 0], minlength=len(labels.names)).astype(np.float64)
        rarest = max(float(_rarity(np.ones(1), len(catalog))[0]), 1e-12)
        return cls(name, labels.names, (_rarity(counts, len(catalog)) / rarest).astype(np.float32))

    @property
    def width(self) -> int:
        """How many features there are."""
        return len(self.names)

    def of_catalog(self, catalog: Catalog) -> Sparse:
        """One row for each item; a catalog of other names is read by name."""
        labels = catalog.labels(self.name)
        ids = labels.names.ids
        codes = labels.codes if ids is self.names.ids else self.names.encode([*ids, ""])[labels.codes]
        return self._read(codes)

    def of_told(self, told: Told) -> Sparse:
        """One row; empty if nothing is said, or a label that nobody has."""
        return self._read(self.names.encode([str(told.get(self.name, ""))]))

    def _read(self, codes: Codes) -> Sparse:
        known = np.flatnonzero(codes >= 0)
        return Sparse.of(known, codes[known], self.rarity[codes[known]], (len(codes), self.width))


@dataclass(frozen=True)
class Scale:
    """A column of numbers, each told by its two nearest knots; a price by what is usual in its category.

    Numbers above zero are compared by their logarithms: from 10 to 20 is as far as from 100 to 200.
    """

    name: str
    within: Vocabulary
    """Names of the categories; empty if numbers are compared across the shop."""
    middle: NDArray[np.float64]
    """Mean in each category; the last is that of the shop."""
    spread: NDArray[np.float64]
    """Standard deviation, in the same order."""
    logarithmic: bool

    @classmethod
    def of(cls, catalog: Catalog, name: str) -> "Scale":
        """What is usual in a column of the catalog, within each category if it has these."""
        numbers = _numbers(catalog, name)
        logarithmic = not bool((numbers <= 0).any())
        values, places = np.log(numbers) if logarithmic else numbers, _categories(catalog)
        names = Vocabulary.of([]) if places is None else catalog.labels("category").names
        n, known = len(names), np.isfinite(values)
        whole = values[known] if known.any() else np.zeros(1)
        groups = np.where(known, n if places is None else places, -1)
        inside = groups >= 0
        where, told = groups[inside], values[inside]
        counts = np.bincount(where, minlength=n + 1)
        middle = np.bincount(where, told, minlength=n + 1) / np.maximum(counts, 1)
        middle[n] = whole.mean()
        squares = np.bincount(where, (told - middle[where]) ** 2, minlength=n + 1)
        # What is usual within categories counts as a few more items: a category of one item has no spread of its own.
        usual = squares.sum() / max(int(counts.sum()), 1) or float(whole.var()) or 1.0
        spread = np.sqrt((squares + BORROWED * usual) / (counts + BORROWED))
        spread[n] = whole.std() or 1.0
        return cls(name, names, middle, spread, logarithmic)

    @property
    def width(self) -> int:
        """How many features there are."""
        return len(KNOTS)

    def of_catalog(self, catalog: Catalog) -> Sparse:
        """One row for each item."""
        places = _categories(catalog)
        if len(self.within) and places is not None:
            places = self.within.encode([*catalog.labels("category").names.ids, ""])[places]
        nowhere = np.full(len(catalog), -1, np.int32)
        return self._read(_numbers(catalog, self.name), nowhere if places is None else places)

    def of_told(self, told: Told) -> Sparse:
        """One row; empty if nothing is said."""
        said = told.get(self.name)
        number = float(said) if isinstance(said, int | float) else np.nan
        return self._read(np.array([number]), self.within.encode([str(told.get("category", ""))]))

    def _read(self, numbers: NDArray[np.float64], places: Codes) -> Sparse:
        usable = np.isfinite(numbers) & (numbers > 0 if self.logarithmic else True)
        rows = np.flatnonzero(usable)
        values = np.log(numbers[rows]) if self.logarithmic else numbers[rows]
        where = np.where(places[rows] >= 0, places[rows], len(self.within))
        told = np.clip((values - self.middle[where]) / self.spread[where], KNOTS[0], KNOTS[-1])
        lower = np.clip(np.searchsorted(KNOTS, told, side="right") - 1, 0, len(KNOTS) - 2)
        above = (told - KNOTS[lower]) / (KNOTS[lower + 1] - KNOTS[lower])
        shares = np.stack([1.0 - above, above], axis=1)
        shares /= np.linalg.norm(shares, axis=1)[:, None]
        columns = np.stack([lower, lower + 1], axis=1)
        return Sparse.of(np.repeat(rows, 2), columns.ravel(), shares.ravel(), (len(numbers), self.width))


Column = Words | Tags | Scale


def column_of(catalog: Catalog, name: str, *, text: bool, pieces: int = 0) -> Column:
    """What reads a column: by words where it is to be read as text, else as labels or numbers."""
    found: Any = catalog.columns[name]
    if text or isinstance(found, Strings):
        return Words.of(catalog, name, pieces)
    return Tags.of(catalog, name) if isinstance(found, Labels) else Scale.of(catalog, name)


def _numbers(catalog: Catalog, name: str) -> NDArray[np.float64]:
    """A column of numbers; of `price` what is listed, as a page tells it of a new item, else what was paid lately."""
    if name == "price" and PREPARED_PRICE in catalog:
        name = PREPARED_PRICE
    numbers = np.asarray(catalog[name], np.float64)
    return np.where(np.isnan(numbers), price_levels(catalog), numbers) if name == "price" else numbers


def _rarity(counts: Array, n: int) -> Scores:
    rarity: Scores = np.log((1.0 + n) / (1.0 + counts)).astype(np.float32)
    return rarity


def _categories(catalog: Catalog) -> Codes | None:
    labels = catalog.columns.get("category")
    return labels.codes if isinstance(labels, Labels) else None
