"""What the shop sells, by item code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from endcap.core.arrays import Array, Codes, Strings
from endcap.core.errors import BadData
from endcap.core.vocabulary import Vocabulary

OFFERED = "offered"
"""Column: what the shop itself says, 1 (it sells the item), 0 (it does not, or lists it no more), -1 (nothing).

It holds at the end of the dataset and not before, so a back-test has no such column.
"""
TYPICAL_PRICE = "typical_price"
"""Column: what an item was usually sold for lately; NaN if it never was."""
PREPARED_PRICE = "prepared_price"
"""Column, where steps of preparation filled or scaled `price`: what they made of it; it is never shown."""


@dataclass(frozen=True)
class Labels:
    """A column with few different values: one code per entry (-1: not known) and the name behind each code."""

    codes: Codes
    names: Vocabulary

    @classmethod
    def of(cls, values: Iterable[str | None]) -> "Labels":
        """The given values, coded; None becomes -1."""
        values = list(values)
        names = Vocabulary.of(value for value in values if value is not None)
        codes = [-1 if value is None else names.code(value) for value in values]
        return cls(np.array(codes, np.int32), names)

    def take(self, which: Array) -> "Labels":
        """Only the given entries (numbers or a mask), under the same names."""
        return Labels(self.codes[which], self.names)

    def name(self, item: int) -> str | None:
        """The value of one item; None if it is not known."""
        code = int(self.codes[item])
        return None if code < 0 else self.names.ids[code]


Column = Array | Labels | Strings


@dataclass(frozen=True)
class Catalog:
    """Items and their columns (title, category, family, price, available, age_days, …), one entry per item code.

    `price` is what the shop lists (NaN where it lists none), `available` whether it can be bought.
    """

    items: Vocabulary
    columns: Mapping[str, Column]

    def __post_init__(self) -> None:
        for name, column in self.columns.items():
            length = len(column.codes) if isinstance(column, Labels) else len(column)
            if length != len(self.items):
                raise BadData(f"catalog column {name!r} has {length} entries for {len(self.items)} items")

    def __len__(self) -> int:
        return len(self.items)

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> Array:
        """A column as numbers, shape ``[n_items]``; label columns give their codes."""
        column = self._column(name)
        if isinstance(column, Strings):
            raise BadData(f"catalog column {name!r} is text: read it with catalog.text({name!r})")
        return column.codes if isinstance(column, Labels) else column

    def labels(self, name: str) -> Labels:
        """A label column with its names."""
        column = self._column(name)
        if not isinstance(column, Labels):
            raise BadData(f"catalog column {name!r} has no labels; label columns: {self._known(Labels)}")
        return column

    def text(self, name: str) -> Strings:
        """A text column."""
        column = self._column(name)
        if not isinstance(column, Strings):
            raise BadData(f"catalog column {name!r} is not text; text columns: {self._known(Strings)}")
        return column

    def with_columns(self, columns: Mapping[str, Column]) -> "Catalog":
        """The same items with the given columns added or replaced."""
        return Catalog(self.items, {**self.columns, **columns})

    def _column(self, name: str) -> Column:
        if name not in self.columns:
            raise BadData(f"the catalog has no column {name!r}; there are: {', '.join(self.columns)}")
        return self.columns[name]

    def _known(self, kind: type) -> str:
        return ", ".join(name for name, column in self.columns.items() if isinstance(column, kind)) or "none"
