"""Our columns: what a table of events or a catalog must have, and clear words when it does not."""

from collections.abc import Mapping

import ibis
import ibis.expr.datatypes as dt

from endcap.core.errors import BadData
from endcap.core.records import KINDS

EVENTS: Mapping[str, dt.DataType] = {
    "time": dt.float64,
    "session_id": dt.string,
    "kind": dt.string,
    "item_id": dt.string,
    "user_id": dt.string,
    "quantity": dt.float64,
    "price": dt.float64,
    "order_id": dt.string,
}
CATALOG: Mapping[str, dt.DataType] = {
    "item_id": dt.string,
    "title": dt.string,
    "category": dt.string,
    "family": dt.string,
    "image": dt.string,
}
REQUIRED_EVENTS = ("time", "session_id", "kind", "item_id")
REQUIRED_CATALOG = ("item_id",)
LINE = "_line_"
"""Row number in the file, where a source can tell it …"""
FILE = "_file_"
"""… and the name of the file."""


def as_events(table: ibis.Table, source: str) -> ibis.Table:
    """The table with exactly our event columns, typed; `time` becomes seconds since 1970 (UTC).

    Optional columns that are missing become null (quantity: 1). Raises `BadData` naming source, line and field.
    """
    require(table, REQUIRED_EVENTS, source)
    typed = _cast(table, EVENTS, source)
    nameless = typed.item_id.isnull() & ~typed.kind.identical_to("search")
    empty = typed.filter(nameless | typed.session_id.isnull() | typed.time.isnull())
    _refuse(empty, source, "session_id, time and (except for a search) item_id must not be empty")
    _refuse(typed.filter(typed.time.isnan() | typed.time.isinf()), source, "time must be a moment", "time")
    _refuse(
        typed.filter(typed.kind.isnull() | ~typed.kind.isin(KINDS)),
        source,
        f"kind must be one of {', '.join(KINDS)}",
        "kind",
    )
    return typed.mutate(quantity=typed.quantity.fill_null(1.0)).select(*EVENTS)


def as_catalog(table: ibis.Table, source: str) -> ibis.Table:
    """The table with exactly our catalog columns, one row per item; raises `BadData` naming source and field."""
    require(table, REQUIRED_CATALOG, source)
    typed = _cast(table, CATALOG, source)
    _refuse(typed.filter(typed.item_id.isnull()), source, "item_id must not be empty")
    counted = typed.group_by("item_id").agg(rows=typed.count())
    _refuse(counted.filter(counted.rows > 1), source, "each item_id must stand once", "item_id")
    return typed.select(*CATALOG)


def require(table: ibis.Table, names: tuple[str, ...], source: str) -> None:
    """Raises `BadData` if a column is missing, with the columns there are."""
    missing = [name for name in names if name not in table.columns]
    if missing:
        there = ", ".join(column for column in table.columns if column not in (LINE, FILE))
        raise BadData(f"{source}: missing column {', '.join(map(repr, missing))}; there are: {there}")


def _cast(table: ibis.Table, columns: Mapping[str, dt.DataType], source: str) -> ibis.Table:
    wanted = {}
    for name, kind in columns.items():
        if name not in table.columns:
            wanted[name] = ibis.null(kind)
        elif name == "time":
            wanted[name] = _seconds(table, source)
        else:
            wanted[name] = table[name].try_cast(kind)
    typed = table.mutate(**{f"_typed_{name}": value for name, value in wanted.items()})
    for name, kind in columns.items():
        if name in table.columns:
            failed = typed.filter(typed[name].notnull() & typed[f"_typed_{name}"].isnull())
            _refuse(failed, source, f"{name} must be {_spoken(name, kind)}", name)
    kept = [name for name in (FILE, LINE) if name in table.columns]
    return typed.select(*kept, **{name: typed[f"_typed_{name}"] for name in columns})


def _seconds(table: ibis.Table, source: str) -> ibis.Value:
    time = table["time"]
    if time.type().is_timestamp() or time.type().is_date():
        return time.cast("timestamp").epoch_seconds().cast("float64")
    if time.type().is_numeric():
        return time.cast("float64")
    if not time.type().is_string():
        raise BadData(f"{source}: column 'time' is {time.type()}; expected a timestamp or seconds since 1970")
    moment = time.try_cast("timestamp").epoch_seconds().cast("float64")
    return ibis.coalesce(time.try_cast("float64"), moment)


def _spoken(name: str, kind: dt.DataType) -> str:
    if name == "time":
        return "a timestamp or seconds since 1970"
    return "a number" if kind.is_numeric() else "text"


def _refuse(bad: ibis.Table, source: str, expected: str, field: str | None = None) -> None:
    found = bad.limit(1).to_pyarrow().to_pylist()
    if not found:
        return
    count = bad.count().to_pyarrow().as_py()
    row = found[0]
    file = row.get(FILE) or source
    line = f", line {row[LINE]}" if row.get(LINE) is not None else ""
    shown = f", found {row[field]!r}" if field else ""
    more = f" (and {count - 1:,} rows more)" if count > 1 else ""
    raise BadData(f"{file}{line}: {expected}{shown}{more}")
