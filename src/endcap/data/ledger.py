"""What preparation dropped and changed, and why: one line per step, kept with the dataset."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ibis


@dataclass(frozen=True)
class Entry:
    """One line of the ledger."""

    step: str
    dropped: int
    changed: int
    left: int
    """Rows after the step."""
    why: str


@dataclass
class Ledger:
    """Runs steps (functions from table to table) one by one and writes down what each one did.

    The first line of a step's docstring is the reason that people read, so it must say one.
    """

    entries: list[Entry] = field(default_factory=list)

    def opened(self, name: str, table: ibis.Table) -> ibis.Table:
        """The table as it was read, its rows counted."""
        kept = table.cache()
        self.entries.append(Entry(f"read {name}", 0, 0, _count(kept), "as it came"))
        return kept

    def apply(self, table: ibis.Table, step: Callable[..., ibis.Table], **options: Any) -> ibis.Table:
        """The table after a step that drops rows."""
        before = _count(table)
        kept = step(table, **options).cache()
        left = _count(kept)
        self.entries.append(Entry(_spoken(step), before - left, 0, left, reason(step)))
        return kept

    def change(self, table: ibis.Table, step: Callable[..., ibis.Table], column: str, **options: Any) -> ibis.Table:
        """The table after a step that gives a column new values, and how many it changed."""
        before = "_before_"
        kept = step(table.mutate(**{before: table[column]}), **options).cache()
        changed = _count(kept.filter(~kept[before].identical_to(kept[column])))
        self.entries.append(Entry(_spoken(step), 0, changed, _count(kept), reason(step)))
        return kept.drop(before)

    def note(self, step: str, left: int, changed: int, why: str) -> None:
        """A line for something that was looked at and kept."""
        self.entries.append(Entry(step, 0, changed, left, why))


def reason(step: Callable[..., object]) -> str:
    """Why a step exists: the first paragraph of its docstring, on one line."""
    return " ".join((step.__doc__ or "").strip().split("\n\n")[0].split())


def _spoken(step: Callable[..., object]) -> str:
    return step.__name__.replace("_", " ")


def _count(table: ibis.Table) -> int:
    return int(table.count().to_pyarrow().as_py())
