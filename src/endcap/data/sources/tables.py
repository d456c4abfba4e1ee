"""The way of every source: read, put into our columns, checked; what is wrong is kept aside, or ends the run."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import ibis
import pyarrow as pa

from endcap.core.errors import BadData
from endcap.data.columns import (
    CATALOG,
    EVENTS,
    FILE,
    LINE,
    LOG,
    ROW,
    ROWS_PER_FILE,
    SCOPE,
    WHY,
    checked_catalog,
    checked_events,
)
from endcap.data.engines import discard, kept, reopened, rows, uploaded
from endcap.data.ledger import Entry, Ledger
from endcap.data.placeholders import blank_placeholders, find_placeholders, tell_placeholders
from endcap.data.sources.exclusion import with_ignored_kinds, without_empty_lists, without_excluded
from endcap.data.sources.mapping import (
    IGNORED,
    Mapped,
    as_our_catalog,
    as_ours,
    availability_names,
    id_columns,
    needed,
    one_of_each_item,
    their_columns,
    without_ignored,
)
from endcap.data.sources.offers import of_one_price_list, scope_of, unclear_availability
from endcap.data.sources.parsing import unit_counts
from endcap.data.sources.reading import Read
from endcap.data.sources.splitting import split_cells
from endcap.data.sources.texts import Note

Reader = Callable[[Any, list[str], int], Read]
"""Given DuckDB, the columns that are needed, and the number of the first file: what lies in the files."""
Tables = tuple[ibis.Table, ibis.Table | None]
AVAILABILITY = "availability in"
"""How the line of the ledger begins that names what is neither yes nor no."""
MEND = "; if they are not on sale, mend the export"
"""End of the note about unclear availability."""
DIVIDED = ("price", "quantity", "position")
"""Columns of events whose value belongs to one item."""


def reader_of(engine: Any) -> Any:
    """The DuckDB that reads for an engine: itself, or one beside it."""
    return engine if engine.name == "duckdb" else ibis.duckdb.connect()


def happened(engine: Any, names: list[str], mapping: Mapped, ledger: Ledger, read: Reader) -> ibis.Table:
    """Events in our columns; `names` are those of the files that `read` reads."""
    place = _place(names)
    found = _numbered(engine, names, needed(mapping, EVENTS, mapping.columns), ledger, read)
    found = without_excluded(found, mapping, place)
    found = _without_placeholders(found, id_columns(EVENTS, mapping.columns), mapping, place, ledger)
    found = without_empty_lists(found, mapping)
    with _hinted(found):
        if mapping.items_separator is not None:
            found = _split(found, their_columns(found.table, EVENTS, mapping.columns), mapping, names, ledger)
        ours = as_ours(found.table, mapping, place, _there(found))
    found = with_ignored_kinds(_with_units(found, mapping, place), mapping)
    if mapping.zero_quantity == "ignore" and "quantity" in ours.columns:
        left_out = ours.filter(ours.quantity.cast("float64") == 0).count().to_pyarrow().as_py()
        if left_out:
            ledger.note("lines of quantity 0", 0, left_out, "left out, as zero_quantity says: nothing was sold")
    if IGNORED in mapping.kinds.values() or mapping.zero_quantity == "ignore":
        ours = without_ignored(ours)
    return _right(engine, checked_events(ours, place), found, (mapping, place), ledger)


def sold(engine: Any, names: list[str], mapping: Mapped, ledger: Ledger, read: Reader) -> ibis.Table:
    """The catalog in our columns; `names` are those of the files that `read` reads."""
    place = _place(names)
    found = _numbered(engine, names, needed(mapping, CATALOG, mapping.catalog_columns), ledger, read)
    found = _without_placeholders(found, id_columns(CATALOG, mapping.catalog_columns), mapping, place, ledger)
    scope = scope_of(mapping)
    with _hinted(found):
        if mapping.items_separator is not None and _from_events(mapping):
            theirs = their_columns(found.table, CATALOG, mapping.catalog_columns)
            found = _split(found, theirs, mapping, names, ledger)
        ours = as_our_catalog(found.table, mapping, place, _there(found))
    ours, others = of_one_price_list(ours, mapping.price_list, place)
    if mapping.one_per_item:
        ours = one_of_each_item(ours, scope)
    right = _right(engine, checked_catalog(ours, place), found, (mapping, place), ledger)
    if others is not None:
        _set_aside(_moved(others, engine, ledger), rows(right), place, ledger)
    unclear, words = unclear_availability(found.table, availability_names(mapping))
    if unclear:
        meant = "what was sold lately is shown" if scope == LOG else "they are shown"
        why = f"{words}: that is neither yes nor no, so {meant}{MEND}"
        ledger.note(f"{AVAILABILITY} {place}", rows(right), unclear, why)
    return right.select(*CATALOG, ROW).mutate(**{SCOPE: ibis.literal(scope)})


def _set_aside(others: ibis.Table, left: int, place: str, ledger: Ledger) -> None:
    """Rows of price lists that do not count go to the quarantine, and the ledger says how many they are."""
    dropped = rows(others)
    if dropped:
        step, why = (
            f"one price list of {place}",
            "another price list of an item: one counts, see the setting price_list",
        )
        ledger.reject(others, step, why)
        ledger.entries.append(Entry(step, dropped, 0, left, why))


def nothing(engine: Any) -> ibis.Table:
    """No events."""
    return uploaded(engine, ibis.schema({**EVENTS, ROW: "int64"}).to_pyarrow().empty_table())


def _place(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"


def _there(found: Read) -> tuple[str, ...]:
    return found.columns or tuple(name for name in found.table.columns if name not in (ROW, WHY))


def _numbered(engine: Any, names: list[str], wanted: list[str], ledger: Ledger, read: Reader) -> Read:
    first = len(ledger.files)
    ledger.files.extend(names)
    found = read(reader_of(engine), wanted, first)
    # The second row of a line has the place of the same line in another file, which has the same name.
    ledger.files.extend(names * (found.rows_per_line - 1))
    return found


@contextmanager
def _hinted(found: Read) -> Iterator[None]:
    """Says what to do, if a column is missing and what was read has an idea why."""
    try:
        yield
    except BadData as error:
        if found.hint:
            raise BadData(f"{error}; {found.hint}") from error
        raise


def _from_events(mapping: Mapped) -> bool:
    """Whether the catalog is told from the lines of the events."""
    return getattr(mapping, "catalog", None) == getattr(mapping, "events", "")


def _split(found: Read, theirs: dict[str, str], mapping: Mapped, names: list[str], ledger: Ledger) -> Read:
    """What was read, with one row for each item of a cell."""
    divided = [our for our in theirs if our in DIVIDED or our in CATALOG]
    split = split_cells(found, theirs, mapping.items_separator or "", len(names), divided)
    ledger.files.extend(names * (split.rows_per_line - found.rows_per_line))
    return split


def _with_units(found: Read, mapping: Mapped, place: str) -> Read:
    """What was read, with a note if its times are numbers of several units, or of another one than seconds."""
    theirs = their_columns(found.table, EVENTS, mapping.columns).get("time")
    if theirs is None or mapping.time_format is not None or mapping.time_columns:
        return found
    raw = found.table[theirs]
    if not (raw.type().is_string() or raw.type().is_numeric()) or not _counts_time(raw, found.table):
        return found
    counts = found.table.aggregate(**unit_counts(raw)).to_pyarrow().to_pylist()[0]
    there = {unit: count for unit, count in counts.items() if count}
    if len(there) < 2:
        return found
    told = ", ".join(f"{count:,} in {unit}" for unit, count in there.items())
    why = f"their magnitude tells the unit: {told}; say time_format if all of them are of one"
    least = min(there.values())
    return replace(found, notes=(*found.notes, Note(f"times of {place} in units that differ", least, why)))


def _counts_time(raw: ibis.Value, table: ibis.Table) -> bool:
    """Whether some of the first times are numbers; where none is, no other is looked at."""
    few = table.select(time=raw).limit(100)
    value = few.time.try_cast("float64") if few.time.type().is_string() else few.time
    return bool(few.aggregate(numbers=value.notnull().sum()).to_pyarrow()["numbers"][0].as_py())


def _without_placeholders(found: Read, columns: Mapping[str, str], mapping: Mapped, place: str, ledger: Ledger) -> Read:
    """What was read, with null for ids that stand for none; the ledger says which and how many."""
    known = find_placeholders(found.table, columns, place, mapping.placeholders, mapping.not_placeholders)
    ledger.placeholders += known
    for theirs in dict.fromkeys(one.theirs for one in known):
        together = [one for one in known if one.theirs == theirs]
        ledger.note("placeholder ids", together[0].of, sum(one.rows for one in together), tell_placeholders(together))
    return replace(found, table=blank_placeholders(found.table, known)) if known else found


def _right(engine: Any, checked: ibis.Table, found: Read, how: tuple[Mapped, str], ledger: Ledger) -> ibis.Table:
    """The rows that are right, in the engine; the others go to the quarantine, or end the run."""
    place = how[1]
    read = ledger.opened(place, _moved(checked, engine, ledger))
    left = ledger.entries[-1].left
    for note in found.notes:
        dropped, changed = (note.rows, 0) if note.dropped else (0, note.rows)
        ledger.entries.append(Entry(note.step, dropped, changed, left, note.why))
    counted = read.aggregate(rows=read.count(), bad=read[WHY].count()).to_pyarrow().to_pylist()[0]
    bad, rows = counted["bad"] + len(found.refused) + found.lost, counted["rows"] + len(found.refused) + found.lost
    if not bad:
        return read.drop(WHY)
    _allow(read, found, (bad, rows), how, ledger)
    step = f"rows of {place} that can be read"
    wrong = read.filter(read[WHY].notnull())
    if counted["bad"]:
        ledger.reject(wrong, step, wrong[WHY])
    if found.refused:
        lines = uploaded(engine, _lines(found.refused, ledger.files))
        ledger.reject(lines, step, lines[WHY])
    ledger.entries.append(
        Entry(
            step,
            bad,
            0,
            counted["rows"] - counted["bad"],
            "rows that cannot be used lie in the quarantine, with line and reason",
        )
    )
    return read.filter(read[WHY].isnull()).drop(WHY)


def _allow(read: ibis.Table, found: Read, counted: tuple[int, int], how: tuple[Mapped, str], ledger: Ledger) -> None:
    """Raise `BadData` with the first bad row, if none is allowed or there are too many."""
    (bad, rows), (mapping, place) = counted, how
    if mapping.bad_rows == "quarantine" and bad <= mapping.max_bad * rows:
        return
    wrong = read.filter(read[WHY].notnull()).order_by(ROW).limit(1).select(ROW, WHY).to_pyarrow().to_pylist()
    places = dict(found.refused) | {row[ROW]: row[WHY] for row in wrong}
    first = min(places)
    file, line = divmod(first, ROWS_PER_FILE)
    more = f" (and {bad - 1:,} rows more)" if bad > 1 else ""
    limit = (
        f"\n{bad:,} of {rows:,} rows cannot be read, more than max_bad = {mapping.max_bad:g} allows"
        if mapping.bad_rows == "quarantine"
        else ""
    )
    why = f"{places[first]}{_emptied(places[first], place, ledger)}"
    raise BadData(f"{ledger.files[file]}, line {line}: {why}{more}{limit}")


def _emptied(why: str, place: str, ledger: Ledger) -> str:
    """Return a hint that names the placeholders, if a row is refused because its id is empty."""
    found = [one for one in ledger.placeholders if one.place == place and why == f"{one.ours} must not be empty"]
    words = [json.dumps(one.word, ensure_ascii=False) for one in found]
    if not words:
        return ""
    listed = ", ".join(words)
    verb = "stands" if len(words) == 1 else "stand"
    return f" ({listed} {verb} for no id; if such ids are real in your shop, say not_placeholders = [{listed}])"


def _lines(refused: Mapping[int, str], files: list[str]) -> pa.Table:
    places = sorted(refused)
    return pa.table(
        {
            ROW: pa.array(places, pa.int64()),
            FILE: [files[place // ROWS_PER_FILE] for place in places],
            LINE: pa.array([place % ROWS_PER_FILE for place in places], pa.int64()),
            WHY: [refused[place] for place in places],
        }
    )


def _moved(table: ibis.Table, engine: Any, ledger: Ledger) -> ibis.Table:
    """The table in the engine that prepares: by way of Parquet, if another one read it."""
    if engine.name == "duckdb":
        return table
    if ledger.folder is None:
        return uploaded(engine, table.to_pyarrow())
    path = ledger.folder / f"read-{len(ledger.files)}-{len(ledger.entries)}.parquet"
    discard(path)
    kept(table, path)
    return reopened(engine, path)
