"""What preparation learned from a table and serving must repeat: constants of normalisation, spellings, fillings.

Each is a frozen dataclass of plain values, so that it is saved like a model, and a serving process loads it without a
data library. `applied` works on a table in its engine, `array` or `text` on values in memory, with the same result.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from endcap.core.constants import Values
from endcap.core.errors import BadData

if TYPE_CHECKING:
    import ibis

How = Literal["min-max", "z-score", "log", "robust"]
LOG_GRAIN = 2.0**16
"""A logarithm is rounded to one of so many parts of a unit: libraries differ by less than a billionth of that."""


@runtime_checkable
class Fitted(Protocol):
    """What a step that learns something gives instead of a table."""

    def applied(self, table: "ibis.Table") -> "ibis.Table":
        """The table as the constants change it."""

    def repeated(self, columns: Mapping[str, Values]) -> dict[str, Values]:
        """Columns in memory as the constants change them: bit by bit what `applied` makes of them in a table."""


@dataclass(frozen=True)
class Normaliser:
    """Columns brought to a common scale: ``(x - centre) / scale``, for ``log`` of the logarithm of x.

    What is missing or not finite stays missing (null in a table, NaN in an array).
    """

    how: str
    columns: Mapping[str, tuple[float, float]]
    """Centre and scale of each."""
    suffix: str = ""
    """Put behind the name of a column for its normalised form; empty: the form takes the place of the column."""

    def applied(self, table: "ibis.Table") -> "ibis.Table":
        """The table with those columns normalised."""
        from endcap.data.exact import exactly, logarithm, number  # noqa: PLC0415 — serving has no Ibis

        new = {}
        for column, (centre, scale) in self.columns.items():
            value = number(_column(table, column, "normaliser"))
            value = logarithm(value) if self.how == "log" else value
            new[column + self.suffix] = (value - exactly(centre)) / exactly(scale)
        return table.mutate(**new)

    def repeated(self, columns: Mapping[str, Values]) -> dict[str, Values]:
        """Columns in memory, normalised."""
        there = [column for column in self.columns if column in columns]
        return {**columns, **{f"{name}{self.suffix}": self.array(_numbers(columns[name]), name) for name in there}}

    def array(self, values: ArrayLike, column: str | None = None) -> NDArray[np.float64]:
        """Values of a column, normalised; the column may be left out if there is only one."""
        if column is None and len(self.columns) == 1:
            column = next(iter(self.columns))
        if column is None or column not in self.columns:
            raise BadData(f"normaliser: no column is called {column!r}; there are: {', '.join(self.columns)}")
        centre, scale = self.columns[column]
        given = np.asarray(values, np.float64)
        number = np.where(np.isfinite(given), given, np.nan)
        if self.how == "log":
            size = np.floor(np.log(np.abs(number) + 1.0) * LOG_GRAIN + 0.5) / LOG_GRAIN
            number = np.where(number < 0.0, -size, size)
        return np.asarray((number - centre) / scale)


@dataclass(frozen=True)
class Spellings:
    """The spelling that stands for all that differ from it only in case, blanks and punctuation, column by column."""

    labels: Mapping[str, Mapping[str, str]]
    """For each column: from what spellings have in common (see `key_of`) to the most frequent of them."""
    merged: Mapping[str, Mapping[str, str]]
    """For each column, what a report shows: every other spelling that was found, and what it became."""

    def applied(self, table: "ibis.Table") -> "ibis.Table":
        """The table with one spelling of each label; a label of punctuation alone is none."""
        for column, labels in self.labels.items():
            keyed = table.mutate(_key_=key_of(_column(table, column, "spellings").cast("string")))
            joined = _looked_up(keyed, labels, "string")
            known = joined._found_.fill_null(joined[column].cast("string").strip())
            table = joined.mutate(**{column: (joined._key_ == "").ifelse(None, known)}).select(*table.columns)
        return table

    def repeated(self, columns: Mapping[str, Values]) -> dict[str, Values]:
        """Columns in memory, spelled as in the table."""
        return {**columns, **{name: self.text(columns[name], name) for name in self.labels if name in columns}}

    def text(self, values: Iterable[str | None], column: str) -> list[str | None]:
        """Values of a column, spelled as in the table."""
        labels = self.labels[column]
        keys = [None if value is None else spelled_key(value) for value in values]
        return [
            None if not key else labels.get(key, str(value).strip()) for key, value in zip(keys, values, strict=True)
        ]


@dataclass(frozen=True)
class Fillings:
    """What stands where a value is missing: in a column of numbers a median, in one of text a word.

    Every filled column gets a boolean one beside it, ``…_imputed``, that says where.
    """

    by: str | None
    """Numbers take the median among the items that share a value of this column, as far as there is one."""
    medians: Mapping[str, Mapping[str, float]]
    overall: Mapping[str, float | None]
    """The median of all; None where no number is known, and nothing can be filled."""
    words: Mapping[str, str]

    def applied(self, table: "ibis.Table") -> "ibis.Table":
        """The table, filled."""
        from endcap.data.exact import exactly, number  # noqa: PLC0415 — serving has no Ibis

        for column, overall in self.overall.items():
            value = number(_column(table, column, "fillings"))
            joined = table.mutate(_value_=value, _key_=None if self.by is None else table[self.by].cast("string"))
            joined = _looked_up(joined, self.medians[column], "float64") if self.by else joined.mutate(_found_=None)
            found = joined._found_.cast("float64")
            found = found if overall is None else found.fill_null(exactly(overall))
            imputed = joined._value_.isnull() & found.notnull()
            new = {column: joined._value_.fill_null(found), f"{column}_imputed": imputed}
            table = joined.mutate(**new).select(*dict.fromkeys([*table.columns, *new]))
        for column, word in self.words.items():
            value = _column(table, column, "fillings")
            missing = value.isnull() | (value.strip() == "")
            new = {column: missing.ifelse(word, value), f"{column}_imputed": missing}
            table = table.mutate(**new)
        return table

    def repeated(self, columns: Mapping[str, Values]) -> dict[str, Values]:
        """Columns in memory, filled, each with its ``…_imputed`` beside it."""
        found = dict(columns)
        for name in self.overall:
            if name in found:
                given = _numbers(found[name])
                filled = self.array(given, name, list(found.get(self.by or "", ())))
                found[name], found[f"{name}_imputed"] = filled, ~np.isfinite(given) & np.isfinite(filled)
        for name, word in self.words.items():
            if name in found:
                missing = np.array([not (text or "").strip() for text in found[name]])
                filled_in = zip(found[name], missing.tolist(), strict=True)
                found[f"{name}_imputed"], found[name] = missing, [word if gone else text for text, gone in filled_in]
        return found

    def array(self, values: ArrayLike, column: str, labels: Sequence[str | None] = ()) -> NDArray[np.float64]:
        """Numbers of a column, filled; `labels` are those of the column `by`, one for each."""
        given = np.asarray(values, np.float64)
        overall, known = self.overall[column], self.medians[column]
        usual = np.full(len(given), np.nan if overall is None else overall)
        for place, label in enumerate(labels):
            usual[place] = known.get(label, usual[place]) if label is not None else usual[place]
        return np.asarray(np.where(np.isfinite(given), given, usual))


def key_of(label: "ibis.Value") -> "ibis.Value":
    """What spellings of one label have in common: its words, in lower case, without punctuation."""
    plain = label.lower().re_replace("['’`´]", "").re_replace("&", " and ")
    return plain.re_replace(r"[^\p{L}\p{N}]+", " ").strip()


def spelled_key(label: str) -> str:
    """As `key_of`, for a text in memory."""
    plain = re.sub("['’`´]", "", label.lower()).replace("&", " and ")
    return " ".join("".join(letter if letter.isalnum() else " " for letter in plain).split())


def _numbers(values: Values) -> NDArray[np.float64]:
    return np.asarray(values, np.float64)


def _looked_up(keyed: "ibis.Table", known: Mapping[str, Any], kind: str) -> "ibis.Table":
    """The table with what is known of its `_key_` in a column `_found_`."""
    import pyarrow as pa  # noqa: PLC0415 — serving has none

    from endcap.data.engines import uploaded  # noqa: PLC0415

    types = {"string": pa.string(), "float64": pa.float64()}
    rows = pa.table({"_known_": pa.array(known, pa.string()), "_found_": pa.array(known.values(), types[kind])})
    there = uploaded(keyed.get_backend(), rows)
    return keyed.left_join(there, keyed._key_ == there._known_).drop("_known_")


def _column(table: "ibis.Table", name: str, who: str) -> "ibis.Value":
    if name not in table.columns:
        raise BadData(f"{who}: there is no column {name!r}; there are: {', '.join(table.columns)}")
    return table[name]
