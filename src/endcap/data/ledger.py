"""What preparation dropped and changed, and why: one line per step, and every rejected row with its reason."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from endcap.data.agreeing import agreeing
from endcap.data.columns import CATALOG, EVENTS, FILE, LAST_TIME, LINE, ROW, ROWS_PER_FILE
from endcap.data.engines import batches, discard, kept, rows
from endcap.data.fitted import Fitted
from endcap.data.left_out import left_out
from endcap.data.placeholders import Placeholder

SOURCE = "_source_"
"""Name of the source that a row came from, where a table says it."""
ROWS = (*EVENTS, *(name for name in CATALOG if name not in EVENTS))
"""What a rejected event or item may say."""
QUARANTINE = ("step", "why", "source", "file", "line", *ROWS)
"""Columns of the quarantine; `line` is a whole number, all others are text."""

MANY = 0.1
"""Share of the rows; where a step drops more, to read the others by themselves is cheaper than to leave these out."""


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

    The first paragraph of a step's docstring is the reason that people read, so it must say one. With a folder, tables
    between the steps are kept there as Parquet, so that none of them has to fit into memory, and rejected rows too.
    """

    entries: list[Entry] = field(default_factory=list)
    folder: Path | None = None
    files: list[str] = field(default_factory=list)
    """Names of the files that were read; the place of a name is the number that `ROW` begins with."""
    rejected: list[ibis.Table] = field(default_factory=list)
    """Rows that were dropped, in the columns of the quarantine and `ROW`; one table for each step that dropped any."""
    fitted: list[tuple[str, Fitted]] = field(default_factory=list)
    """What steps learned and serving repeats, in their order, each with the table that it is of: events or catalog."""
    kept: dict[str, Path] = field(default_factory=dict)
    """Where each table that was kept in the folder lies, by its name in the engine."""
    read: list[ibis.Table] = field(default_factory=list)
    """Every table as it was read, before a row of it was dropped."""
    placeholders: list[Placeholder] = field(default_factory=list)
    """Ids that stand for none, as the sources found them."""

    def number_of(self, file: str) -> int:
        """The number of a file among all that are read, whatever source reads it."""
        if file not in self.files:
            self.files.append(file)
        return self.files.index(file)

    def opened(self, name: str, table: ibis.Table) -> ibis.Table:
        """The table as it was read, its rows counted."""
        read = self.keep(table)
        self.read.append(read)
        self.entries.append(Entry(f"read {name}", 0, 0, rows(read), "as it came"))
        return read

    def apply(self, table: ibis.Table, step: Callable[..., ibis.Table], **options: Any) -> ibis.Table:
        """The table after a step; if rows are numbered (`ROW`), those that it drops go into the quarantine.

        A step that learns (one of ``fitted_…``) is applied, and what it learned is remembered.
        """
        before = rows(table)
        given = step(table, **options)
        if isinstance(given, Fitted):
            agreeing(given, table, spoken(step))
            self.fitted.append(("events" if "session_id" in table.columns else "catalog", given))
            given = given.applied(table)
        gone = left_out(given, table) if ROW in table.columns else None
        if gone is not None:
            return self._left(table, gone, before, step)
        after = self.keep(given)
        left = rows(after)
        self.entries.append(Entry(spoken(step), before - left, 0, left, reason(step)))
        if ROW in table.columns and ROW in after.columns and left < before:
            gone = table.anti_join(after.select(ROW), ROW)
            self.reject(gone, spoken(step), reason(step))
        return after

    def _left(self, table: ibis.Table, gone: ibis.Table, before: int, step: Callable[..., ibis.Table]) -> ibis.Table:
        """The table without the rows that a step left out; only these are computed and kept, unless they are many."""
        rejected = self.keep(quarantined(gone, spoken(step), reason(step)))
        dropped = rows(rejected)
        self.entries.append(Entry(spoken(step), dropped, 0, before - dropped, reason(step)))
        if not dropped:
            return table
        self.rejected.append(rejected)
        after = table.anti_join(rejected.select(ROW), ROW)
        return self.keep(after) if dropped > MANY * before else after

    def change(self, table: ibis.Table, step: Callable[..., ibis.Table], column: str, **options: Any) -> ibis.Table:
        """The table after a step that gives a column new values, and how many it changed."""
        before = "_before_"
        after = self.keep(step(table.mutate(**{before: table[column]}), **options))
        changed = rows(after.filter(~after[before].identical_to(after[column])))
        self.entries.append(Entry(spoken(step), 0, changed, rows(after), reason(step)))
        return after.drop(before)

    def note(self, step: str, left: int, changed: int, why: str) -> None:
        """A line for something that was looked at and kept."""
        self.entries.append(Entry(step, 0, changed, left, why))

    def reject(self, table: ibis.Table, step: str, why: str | ibis.Value) -> None:
        """Puts rows into the quarantine; `why` is a text, or a column of the table that says it for each row."""
        self.rejected.append(self.keep(quarantined(table, step, why)))

    def write_quarantine(self, path: Path) -> int:
        """Writes all rejected rows as Parquet with the columns of `QUARANTINE`, and says how many there are."""
        schema = pa.schema([(name, pa.int64() if name == "line" else pa.string()) for name in QUARANTINE])
        written = 0
        with pq.ParquetWriter(path, schema) as writer:
            for table in self.rejected:
                for batch in batches(table.order_by([ROW, "line"])):
                    placed = self._placed(pa.Table.from_batches([batch])).select(QUARANTINE)
                    columns = [in_words(name, placed[name]) for name in QUARANTINE]
                    writer.write_table(pa.table(columns, names=QUARANTINE).cast(schema))
                    written += batch.num_rows
        return written

    def keep(self, table: ibis.Table) -> ibis.Table:
        """The table, computed once; one that was kept already is given back as it is."""
        if self.folder is None:
            return table.cache()
        if self.path_of(table):
            return table  # it is on disk already, at most with columns more
        path = self.folder / f"table-{len(self.kept) + 1}.parquet"
        discard(path)
        made = kept(table, path)
        self.kept[made.get_name()] = path
        return made

    def path_of(self, table: ibis.Table) -> Path | None:
        """Where a table lies that was kept in the folder, maybe with columns more; None for any other."""
        op = table.op()
        while isinstance(op, ops.DropColumns) or (isinstance(op, ops.Project) and _only_chooses(op)):
            op = op.parent
        return self.kept.get(getattr(op, "name", ""))

    def _placed(self, rejected: pa.Table) -> pa.Table:
        """File and line, where they are not known yet, as `ROW` tells them."""
        if not self.files:
            return rejected
        row = rejected[ROW]
        number = pc.divide(row, ROWS_PER_FILE)
        line = pc.subtract(row, pc.multiply(number, ROWS_PER_FILE))
        file = pa.array(self.files, pa.string()).take(number.combine_chunks())
        for name, found in (("file", file), ("line", line)):
            place = rejected.column_names.index(name)
            rejected = rejected.set_column(place, name, pc.coalesce(rejected[name], found))
        return rejected


def quarantined(table: ibis.Table, step: str, why: str | ibis.Value) -> ibis.Table:
    """The rows in the columns of the quarantine and `ROW`; what the table does not have is null.

    Fractions stay numbers, since engines spell them differently; `in_words` spells them.
    """

    def text(name: str) -> ibis.Value:
        if name not in table.columns:
            return ibis.null("string")
        return table[name].cast("float64" if table[name].type().is_floating() else "string")

    def number(name: str) -> ibis.Value:
        return table[name].cast("int64") if name in table.columns else ibis.null("int64")

    return table.select(
        step=ibis.literal(step),
        why=ibis.literal(why) if isinstance(why, str) else why,
        source=text(SOURCE),
        file=text(FILE),
        line=number(LINE),
        **{name: text(name) for name in ROWS},
        **{ROW: number(ROW)},
    )


def in_words(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of rejected rows as people read it: a time in UTC (ISO 8601), other fractions in few digits."""
    if not pa.types.is_floating(column.type):
        return column
    plain = pc.cast(column, pa.string())
    if name != "time":
        return plain
    moment = pc.and_(pc.greater_equal(column, 0.0), pc.less(column, LAST_TIME))
    ticks = pc.round(pc.multiply(pc.if_else(moment, column, 0.0), 1e6)).cast(pa.int64())
    dated = pc.strftime(ticks.cast(pa.timestamp("us")), format="%Y-%m-%dT%H:%M:%SZ")
    return pc.if_else(moment, pc.replace_substring_regex(dated, r"\.?0*Z$", "Z"), plain)


def _only_chooses(project: ops.Project) -> bool:
    """Whether a projection only leaves columns out."""
    return all(isinstance(value, ops.Field) and value.name == name for name, value in project.values.items())


def written(step: Any) -> Any:
    """The function that a configured `Step` calls, or the step itself if it is one."""
    return getattr(step, "function", getattr(step, "func", step))


def reason(step: Callable[..., object]) -> str:
    """Why a step exists: the first paragraph of its docstring, on one line."""
    return " ".join((written(step).__doc__ or "").strip().split("\n\n")[0].split())


def spoken(step: Callable[..., object]) -> str:
    """The name of a step as people read it."""
    return str(written(step).__name__).replace("_", " ")
