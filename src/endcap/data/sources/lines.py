"""The line of its file that a row stands on, also where records span lines, or lines are blank or no rows at all."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from endcap.core.arrays import Array
from endcap.core.errors import BadData
from endcap.data.sources.texts import LONGEST_LINE, Text


@dataclass(frozen=True)
class Layout:
    """Where the records of a file begin (the names in its first line are one): those at which lines get ahead of them.

    Three columns, one entry for each such record, and one for the first of all.
    """

    record: Array
    """Its place, from 0."""
    ahead: Array
    """How many lines there are before it, more than records."""
    blank: Array
    """How many of these are blank."""
    records: int = 0
    """How many there are in all."""

    def line(self, record: Array) -> Array:
        """The line that each of the given records begins with, from 1."""
        return record + 1 + self.ahead[np.searchsorted(self.record, record, side="right") - 1]

    def of_duckdb(self, line: Array) -> Array:
        """The record that each line is the number of, as DuckDB counts: a record is one line, a blank line another."""
        return line - 1 - self.blank[np.searchsorted(self.record + 1 + self.blank, line, side="right") - 1]


NOTHING = np.zeros(1, np.int64)
REGULAR = Layout(NOTHING, NOTHING, NOTHING)
"""Each line is a record."""


def layout_of_copy(places: Array) -> Layout:
    """The layout of a copy whose every line is a record, by the line of the original that each begins with."""
    ahead = places - 1 - np.arange(len(places))
    jump = np.flatnonzero(np.diff(ahead, prepend=ahead[:1] - 1))
    return Layout(jump, ahead[jump], np.zeros(len(jump), np.int64), len(places))


def layout_of(file: Text, delimiter: str, quote: str, blank_is_record: bool) -> Layout:
    """The layout of a file, every record looked at; raises `BadData` if it cannot be read to its end."""
    csv.field_size_limit(LONGEST_LINE)
    jumps: list[tuple[int, int, int]] = [(0, 0, 0)]
    records = blank = line = 0
    with file.open() as lines:
        reader = csv.reader(lines, delimiter=delimiter, quotechar=quote)
        try:
            for fields in reader:
                if fields or blank_is_record:
                    if line - records != jumps[-1][1]:
                        jumps.append((records, line - records, blank))
                    records += 1
                else:
                    blank += 1
                line = reader.line_num
        except csv.Error as error:
            raise BadData(f"{file.name}: cannot be read to its end: {error}; is a quote not closed?") from error
    record, ahead, skipped = np.array(jumps, np.int64).T
    return Layout(record, ahead, skipped, records)


def true_lines(layout: Layout, complaints: Mapping[int, str]) -> dict[int, str]:
    """Complaints by the true line, of those by the line that DuckDB counted."""
    counted = np.array(list(complaints), np.int64)
    lines = layout.line(layout.of_duckdb(counted)).tolist()
    return dict(zip(lines, complaints.values(), strict=True))


def steps(layout: Layout, refused: Iterable[int], names: int) -> tuple[Array, Array]:
    """For the rows of a file, counted from 0: those from which on the line is so much more than the count.

    `refused` are the lines, as DuckDB counts, that are no rows; `names` is 1 if the first record is no row either.
    """
    bad = np.sort(layout.of_duckdb(np.array(list(refused), np.int64)))
    after = bad - np.arange(len(bad)) - names  # the first row behind each, if it is not refused as well
    moved = layout.record - np.searchsorted(bad, layout.record) - names
    row = np.unique(np.maximum(np.concatenate([NOTHING, after, moved]), 0))
    record = row + names + np.searchsorted(after, row, side="right")
    return row, layout.line(record) - row
