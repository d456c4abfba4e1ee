"""What preparation learned and serving repeats, so that a value means the same wherever it comes in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from endcap.core.arrays import Array
from endcap.core.catalog import Catalog

Values: TypeAlias = Array | Sequence[str | None]
"""One column in memory: numbers (NaN: not known) as an array, texts (None: not known) as a list."""
Told: TypeAlias = Mapping[str, str | float | None]
"""What is said of one thing, by column."""


class Repeatable(Protocol):
    """What a preparation step learned, as far as values in memory are concerned."""

    def repeated(self, columns: Mapping[str, Values]) -> dict[str, Values]:
        """The columns (of one length) as the step leaves them; one that is not there is not made up."""


@dataclass(frozen=True)
class Constants:
    """What the steps on one table learned (scales, spellings, fillings), in the order in which they ran."""

    steps: tuple[Any, ...] = ()
    """Each of them a `Repeatable`."""

    def applied(self, columns: Mapping[str, Values]) -> dict[str, Values]:
        """Raw columns (of one length) as preparation left those of its table: the very same numbers, bit by bit."""
        found = dict(columns)
        for step in self.steps:
            found = step.repeated(found)
        return found


def understood(told: Told, catalog: Catalog, constants: Constants) -> tuple[dict[str, str | float], list[str]]:
    """What is told of an item, raw, as the catalog would say it; and why some of it could not be used.

    A null in a column that preparation fills is filled; elsewhere it says nothing.
    """
    columns: dict[str, Values] = {}
    reasons = []
    for name, value in told.items():
        numbers = _is_number(name, catalog)
        if value is not None and numbers is not None and numbers is isinstance(value, str):
            reasons.append(f"attribute {name!r} must be {'a number' if numbers else 'text'}, found {value!r}")
        elif numbers or isinstance(value, float | int):
            columns[name] = np.array([np.nan if value is None else value], np.float64)
        else:
            columns[name] = [value]
    plain = {name: _plain(values) for name, values in constants.applied(columns).items()}
    return {name: value for name, value in plain.items() if value is not None}, reasons


def _is_number(name: str, catalog: Catalog) -> bool | None:
    """Whether a column holds numbers; None for one that the catalog does not have."""
    column = catalog.columns.get(name)
    return None if column is None else isinstance(column, np.ndarray)


def _plain(values: Values) -> str | float | None:
    if isinstance(values, np.ndarray):
        return float(values[0]) if np.isfinite(values[0]) else None
    return values[0]
