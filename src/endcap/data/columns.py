"""Our columns: what a table of events or a catalog must have, and clear words when it does not."""

from collections.abc import Iterable, Mapping
from typing import Any

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
    "slate_id": dt.string,
    "position": dt.float64,
    "query": dt.string,
    "currency": dt.string,
    "device": dt.string,
    "country": dt.string,
}
CATALOG: Mapping[str, dt.DataType] = {
    "item_id": dt.string,
    "title": dt.string,
    "category": dt.string,
    "family": dt.string,
    "image": dt.string,
    "brand": dt.string,
    "price": dt.float64,
    "currency": dt.string,
    "price_list": dt.string,
    "available": dt.boolean,
}
REQUIRED_EVENTS = ("time", "session_id", "kind", "item_id")
REQUIRED_CATALOG = ("item_id",)
ROW = "_row_"
"""The place of a row among all that was read: the number of its file times `ROWS_PER_FILE`, plus its line."""
ROWS_PER_FILE = 1 << 40
LINE = "_line_"
"""The line in the file (row, where a file has no lines), counted from 1 …"""
FILE = "_file_"
"""… and the name of the file, where a table says them; for most, `ROW` does."""
WHY = "_why_"
"""Why a row is refused; null for a row that is right."""
SCOPE = "_scope_"
"""Of each row of a catalog, what its source says of the whole: one of the three below."""
COMPLETE, PARTIAL, LOG = "complete", "partial", "log"
"""All that is on sale (what is not in it is withdrawn); a part of that; or items as the events name them, which says
nothing of what is on sale."""
LISTED = "_listed_"
"""The price of an item as its catalog gives it, before any step."""
IDS = ("item_id", "session_id", "user_id", "order_id", "slate_id")
LONGEST_ID = 200
LIMITS: Mapping[str, tuple[float, float]] = {"price": (0.0, 1e9), "quantity": (1e-9, 1e6), "position": (0.0, 1e6)}
"""Least and greatest of each number, as in `endcap.core.records.Event`."""
TWICE = "each item_id must stand once"
"""Reason for the quarantine of a repeated item of the catalog."""
NO_QUANTITY = (
    "quantity is 0: usually a cancelled line, a gift or a correction of stock; zero_quantity in the source says what "
    "becomes of such lines"
)
LAST_TIME = 4_102_444_800.0
"""The year 2100: what lies after it was not written in seconds."""


def as_events(table: ibis.Table, source: str) -> ibis.Table:
    """The table with exactly our event columns (and `ROW`, if it has it), typed; `time` becomes seconds (UTC).

    Optional columns that are missing become null (quantity: 1). Raises `BadData` naming source, line and field.
    """
    return right(checked_events(table, source), source)


def as_catalog(table: ibis.Table, source: str) -> ibis.Table:
    """The table with exactly our catalog columns, one row per item; raises `BadData` naming source and field."""
    return right(checked_catalog(table, source), source).select(*CATALOG)


def checked_events(table: ibis.Table, source: str) -> ibis.Table:
    """Our event columns, typed, and for each row `WHY` it cannot be an event, or null.

    Raises `BadData` only for a column that is missing or of a type that nothing can be made of.
    """
    require(table, REQUIRED_EVENTS, source)
    table, raw, typed = _typed(table, EVENTS, source)
    time, kind, item = typed["time"], typed["kind"], typed["item_id"]
    problems = [
        *_unreadable(raw, typed),
        (time.isnull(), "time must not be empty"),
        # What is no number is greater than every number, on both engines.
        ((time < 0) | (time >= LAST_TIME), said("time must be a moment between 1970 and 2100 in seconds", raw["time"])),
        (kind.isnull(), "kind must not be empty"),
        (~kind.isin(KINDS), said(f"kind must be one of {', '.join(KINDS)}", kind)),
        (item.isnull() & (kind != "search"), "item_id must not be empty"),
        (typed["session_id"].isnull(), "session_id must not be empty"),
        *([(typed["quantity"] == 0, NO_QUANTITY)] if "quantity" in raw else []),
        *_out_of_range(raw, typed),
        *_no_ids(raw, typed),
    ]
    return _with_reasons(table, {**typed, "quantity": typed["quantity"].fill_null(1.0)}, problems)


def checked_catalog(table: ibis.Table, source: str) -> ibis.Table:
    """Our catalog columns, typed, and for each row `WHY` it describes no item, or null; of repeats the first is right.

    Raises `BadData` only for a column that is missing or of a type that nothing can be made of.
    """
    require(table, REQUIRED_CATALOG, source)
    table, raw, typed = _typed(table, CATALOG, source)
    empty = [(typed["item_id"].isnull(), "item_id must not be empty")]
    problems = [*_unreadable(raw, typed), *empty, *_out_of_range(raw, typed), *_no_ids(raw, typed)]
    checked = _with_reasons(table, typed, problems)
    order = [ROW] if ROW in table.columns else list(CATALOG)[1:]
    again = ibis.row_number().over(group_by="item_id", order_by=order) > 0
    twice = said(TWICE, checked.item_id)
    return checked.mutate(**{WHY: ibis.coalesce(checked[WHY], ibis.ifelse(again, twice, ibis.null("string")))})


def right(checked: ibis.Table, source: str) -> ibis.Table:
    """The rows of a checked table, if all of them are right; raises `BadData` with the first that is not."""
    refused = checked.filter(checked[WHY].notnull())
    first = _first(refused)
    if first:
        raise BadData(refusal(first, source, _count(refused)))
    return checked.drop(WHY, *(name for name in (FILE, LINE) if name in checked.columns))


def refusal(row: Mapping[str, Any], source: str, count: int) -> str:
    """What is said of `count` refused rows of which this is the first: file, line, reason."""
    number = row[ROW] % ROWS_PER_FILE if row.get(ROW) is not None else row.get(LINE)
    line = f", line {number}" if number is not None else ""
    more = f" (and {count - 1:,} rows more)" if count > 1 else ""
    return f"{row.get(FILE) or source}{line}: {row[WHY]}{more}"


def require(table: ibis.Table, names: Iterable[str], source: str) -> None:
    """Raises `BadData` if a column is missing, with the columns there are."""
    missing = [name for name in names if name not in table.columns]
    if missing:
        there = ", ".join(column for column in table.columns if column not in (ROW, LINE, FILE))
        raise BadData(f"{source}: missing column {', '.join(map(repr, missing))}; there are: {there}")


Columns = dict[str, ibis.Value]
Problem = tuple[ibis.Value, ibis.Value | str]


def _typed(table: ibis.Table, columns: Mapping[str, dt.DataType], source: str) -> tuple[ibis.Table, Columns, Columns]:
    """The table in our types, and each of our columns in it: as it came (if it came), and in our type.

    Blank text and what is missing is null. Every value is converted once, however often it is looked at afterwards.
    """
    came, ours = {}, {}
    for name, kind in columns.items():
        if name not in table.columns:
            ours[name] = ibis.null(kind)
            continue
        value = _filled(table[name]) if table[name].type().is_string() else table[name]
        if value.type() != kind or name == "time":
            came[name] = value
        ours[name] = seconds(value, source) if name == "time" else _cast(value, kind, f"{source}: column {name!r}")
    kept = [name for name in (ROW, FILE, LINE, WHY) if name in table.columns]
    made = table.select(*kept, **ours, **{f"_raw_{name}_": value for name, value in came.items()})
    raw = {name: made[f"_raw_{name}_" if name in came else name] for name in columns if name in table.columns}
    return made, raw, {name: made[name] for name in columns}


def _filled(text: ibis.Value) -> ibis.Value:
    """The text, or null if it is blank."""
    # Only what begins with a blank, or is empty, comes before "!": nearly every value is spared the search for its end.
    return ibis.ifelse((text < "!") & (text.strip() == ""), ibis.null("string"), text)


def _cast(value: ibis.Value, kind: dt.DataType, place: str) -> ibis.Value:
    found = value.type()
    if found == kind:
        # Pandas writes "not known" as NaN into columns of numbers.
        return ibis.ifelse(value.isnan(), ibis.null(kind), value) if kind.is_floating() else value
    if found.is_nested() or (kind.is_numeric() and (found.is_temporal() or found.is_binary())):
        raise BadData(f"{place} is {found}; expected {_spoken(kind)}")
    if found.is_decimal() and kind.is_string():
        return value.cast("string").re_replace(r"\.0+$", "")
    if found.is_floating() and kind.is_string():
        # An id that was a number with gaps: 17850.0 is 17850.
        whole = value.try_cast("int64")
        text = ibis.ifelse(whole.cast("float64") == value, whole.cast("string"), value.cast("string"))
        return ibis.ifelse(value.isnan(), ibis.null("string"), text)
    return value.try_cast(kind)


def seconds(time: ibis.Value, source: str) -> ibis.Value:
    """A column of moments as seconds since 1970 (UTC), with their milliseconds; null for what is none."""
    kind = time.type()
    if kind.is_timestamp() or kind.is_date():
        return _since_1970(time.cast("timestamp"))
    if kind.is_numeric():
        return time.cast("float64")
    if not kind.is_string():
        raise BadData(f"{source}: column 'time' is {kind}; expected a timestamp or seconds since 1970")
    return ibis.coalesce(
        time.try_cast("float64"), _since_1970(time.try_cast(dt.Timestamp(timezone="UTC")).cast("timestamp"))
    )


def _since_1970(moment: ibis.Value) -> ibis.Value:
    # On DuckDB, what Ibis calls whole seconds holds the fraction already.
    return moment.epoch_seconds().cast("float64").floor() + moment.millisecond().cast("float64") / 1000.0


def _unreadable(raw: Columns, typed: Columns) -> list[Problem]:
    def spoken(name: str) -> str:
        return "a timestamp or seconds since 1970" if name == "time" else _spoken(typed[name].type())

    return [
        (value.notnull() & typed[name].isnull(), said(f"{name} must be {spoken(name)}", value))
        for name, value in raw.items()
        if value.type() != typed[name].type()
    ]


def _out_of_range(there: Columns, typed: Columns) -> list[Problem]:
    return [
        (
            (typed[name] < least) | (typed[name] > most),
            said(f"{name} must lie between {least:g} and {most:,.0f}", typed[name]),
        )
        for name, (least, most) in LIMITS.items()
        if name in there
    ]


def _no_ids(there: Columns, typed: Columns) -> list[Problem]:
    """Ids that are no ids: too long to be asked for, or what a spreadsheet would execute."""
    problems: list[Problem] = []
    for name in (name for name in IDS if name in there):
        text = typed[name]
        problems += [
            (text.length() > LONGEST_ID, said(f"{name} must not be longer than {LONGEST_ID} characters", text)),
            (_formula(text), said(f"{name} must not be a spreadsheet formula", text)),
        ]
    return problems


def _formula(text: ibis.Value) -> ibis.Value:
    # Where a text stands in the alphabet says of nearly all that they are none; the expression is for the few others.
    may_be = (text < ".") | ((text >= "=") & (text < "A"))
    return ibis.ifelse(may_be, text.re_search(r"^[=+@-].*[(|!]"), False)


def _with_reasons(table: ibis.Table, columns: Columns, problems: list[Problem]) -> ibis.Table:
    kept = [name for name in (ROW, FILE, LINE) if name in table.columns]
    known = table[WHY] if WHY in table.columns else ibis.null("string")
    why = ibis.coalesce(known, ibis.cases(*problems, else_=ibis.null("string")))
    return table.select(*kept, **columns, **{WHY: why})


def said(expected: str, value: ibis.Value) -> ibis.Value:
    """What is said of a row: what was expected, and the value that was found."""
    return ibis.literal(f"{expected}, found '") + value.cast("string").substr(0, 80) + "'"


def _spoken(kind: dt.DataType) -> str:
    return "a number" if kind.is_numeric() else "true or false" if kind.is_boolean() else "text"


def _first(table: ibis.Table) -> dict[str, Any] | None:
    order = [name for name in (ROW, FILE, LINE) if name in table.columns]
    found: list[dict[str, Any]] = (table.order_by(order) if order else table).limit(1).to_pyarrow().to_pylist()
    return found[0] if found else None


def _count(table: ibis.Table) -> int:
    return int(table.count().to_pyarrow().as_py())
