"""The way of every source: read, put into our columns, checked; what is wrong is kept aside, or ends the run."""

from collections.abc import Callable, Mapping
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
from endcap.data.placeholders import blank_placeholders, find_placeholders
from endcap.data.sources.mapping import (
    IGNORED,
    Mapped,
    as_our_catalog,
    as_ours,
    availability_names,
    id_columns,
    needed,
    one_of_each_item,
    without_ignored,
)
from endcap.data.sources.offers import of_one_price_list, scope_of, unclear_availability
from endcap.data.sources.reading import Read

Reader = Callable[[Any, list[str], int], Read]
"""Given DuckDB, the columns that are needed, and the number of the first file: what lies in the files."""
Tables = tuple[ibis.Table, ibis.Table | None]
AVAILABILITY = "availability in"
"""How the line of the ledger begins that names what is neither yes nor no."""


def reader_of(engine: Any) -> Any:
    """The DuckDB that reads for an engine: itself, or one beside it."""
    return engine if engine.name == "duckdb" else ibis.duckdb.connect()


def happened(engine: Any, names: list[str], mapping: Mapped, ledger: Ledger, read: Reader) -> ibis.Table:
    """Events in our columns; `names` are those of the files that `read` reads."""
    place = _place(names)
    found = _numbered(engine, names, needed(mapping, EVENTS, mapping.columns), ledger, read)
    found = _without_placeholders(found, id_columns(EVENTS, mapping.columns), mapping, place, ledger)
    ours = as_ours(found.table, mapping, place, _there(found))
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
    ours = as_our_catalog(found.table, mapping, place, _there(found))
    ours, others = of_one_price_list(ours, mapping.price_list, place)
    if mapping.one_per_item:
        ours = one_of_each_item(ours, scope)
    right = _right(engine, checked_catalog(ours, place), found, (mapping, place), ledger)
    if others is not None:
        _set_aside(_moved(others, engine, ledger), rows(right), place, ledger)
    unclear, words = unclear_availability(found.table, availability_names(mapping))
    if unclear:
        meant = "so it goes by its sales" if scope == LOG else "so it is on sale, since it is listed"
        ledger.note(f"{AVAILABILITY} {place}", rows(right), unclear, f"{words} is neither yes nor no, {meant}")
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


def _place(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"


def _there(found: Read) -> tuple[str, ...]:
    return found.columns or tuple(name for name in found.table.columns if name not in (ROW, WHY))


def _numbered(engine: Any, names: list[str], wanted: list[str], ledger: Ledger, read: Reader) -> Read:
    first = len(ledger.files)
    ledger.files.extend(names)
    return read(reader_of(engine), wanted, first)


def _without_placeholders(found: Read, columns: Mapping[str, str], mapping: Mapped, place: str, ledger: Ledger) -> Read:
    """What was read, with null for ids that stand for none; the ledger says which and how many."""
    known = find_placeholders(found.table, columns, place, mapping.placeholders, mapping.not_placeholders)
    ledger.placeholders += known
    for one in known:
        ledger.note("placeholder ids", one.of, one.rows, one.says)
    return replace(found, table=blank_placeholders(found.table, known)) if known else found


def _right(engine: Any, checked: ibis.Table, found: Read, how: tuple[Mapped, str], ledger: Ledger) -> ibis.Table:
    """The rows that are right, in the engine; the others go to the quarantine, or end the run."""
    mapping, place = how
    read = ledger.opened(place, _moved(checked, engine, ledger))
    counted = read.aggregate(rows=read.count(), bad=read[WHY].count()).to_pyarrow().to_pylist()[0]
    bad, rows = counted["bad"] + len(found.refused) + found.lost, counted["rows"] + len(found.refused) + found.lost
    if not bad:
        return read.drop(WHY)
    _allow(read, found, (bad, rows), mapping, ledger.files)
    step = f"rows of {place} that can be read"
    wrong = read.filter(read[WHY].notnull())
    if counted["bad"]:
        ledger.reject(wrong, step, wrong[WHY])
    if found.refused:
        lines = uploaded(engine, _lines(found.refused, ledger.files))
        ledger.reject(lines, step, lines[WHY])
    left = counted["rows"] - counted["bad"]
    ledger.entries.append(Entry(step, bad, 0, left, "what cannot be read lies in the quarantine, with line and reason"))
    return read.filter(read[WHY].isnull()).drop(WHY)


def _allow(read: ibis.Table, found: Read, counted: tuple[int, int], mapping: Mapped, files: list[str]) -> None:
    """Raises `BadData` with the first bad row, if none is allowed or there are too many."""
    bad, rows = counted
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
    raise BadData(f"{files[file]}, line {line}: {places[first]}{more}{limit}")


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
