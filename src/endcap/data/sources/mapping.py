"""Any shop's columns become ours: names, spellings, kinds, moments, numbers. Settings, and what they mean."""

import codecs
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import ibis
import ibis.expr.datatypes as dt
from pydantic import AfterValidator, Field

from endcap.core.errors import BadData
from endcap.core.part import Part
from endcap.core.records import KINDS
from endcap.data.columns import CATALOG, EVENTS, LOG, REQUIRED_CATALOG, REQUIRED_EVENTS, ROW, WHY
from endcap.data.placeholders import ID_COLUMNS
from endcap.data.sources.numbers import Problem, numbers
from endcap.data.sources.offers import currencies, plain_name, price_of_today, stated_availability
from endcap.data.sources.parsing import EXCEL, UNITS, joined, moment, zero_bytes

OF_ORDERS = ("time", "kind", "session_id", "user_id", "order_id", "currency", "device", "country", "query", "slate_id")
"""Columns of events that describe the whole order, session or search, not one item."""
IGNORED = "ignore"
"""What `kinds` says of a kind that is none of ours and is left out."""


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"no time zone is called {name!r}; expected a name such as UTC or Europe/Berlin")
    return name


def _known_encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise ValueError(f"no encoding is called {name!r}; expected a name such as utf-8 or cp1252") from error


def _known_format(value: str) -> str:
    if value not in (*UNITS, EXCEL) and "%" not in value:
        raise ValueError(f"expected one of {', '.join(UNITS)}, {EXCEL}, or a pattern such as %d.%m.%Y %H:%M")
    return value


def _known_kinds(kinds: dict[str, str]) -> dict[str, str]:
    for theirs, ours in kinds.items():
        if ours not in (*KINDS, IGNORED):
            raise ValueError(f"{theirs} = {ours!r}: kinds are {', '.join(KINDS)}, or {IGNORED!r}")
    return kinds


def _known_columns(columns: dict[str, Any]) -> dict[str, Any]:
    unknown = set(columns) - set(EVENTS) - set(CATALOG)
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))}: is none of our columns: {', '.join({**EVENTS, **CATALOG})}")
    return columns


def _some_words(exclude: dict[str, Any]) -> dict[str, Any]:
    none = [column for column, words in exclude.items() if not words or "" in tuple(words)]
    if none:
        raise ValueError(f"{', '.join(none)}: expected words that say what did not happen, or * for whatever is there")
    return exclude


Names = str | tuple[str, ...]
TimeFormat = Annotated[str, AfterValidator(_known_format)]
Encoding = Annotated[str, AfterValidator(_known_encoding)]
Columns = Annotated[dict[str, Names], AfterValidator(_known_columns)]


class Mapped(Part):
    """What a table must go through to have our columns. All of it is optional: our own columns need nothing."""

    columns: Columns = Field(default={})
    """Our column = theirs; of a list, the first that is not empty. Columns that are not named here keep their names."""
    catalog_columns: Columns = Field(default={})
    """The same for the catalog, with two exceptions: of several columns for `available`, all must say yes, of those
    that say anything, and ``not NAME`` is the opposite of a column; of several for `price`, the first above zero
    counts."""
    constants: Annotated[dict[str, str], AfterValidator(_known_columns)] = Field(default={})
    """Our column = the value of every event, such as ``kind = "purchase"``."""
    kinds: Annotated[dict[str, str], AfterValidator(_known_kinds)] = Field(default={})
    """Their kind of event = ours, or ``"ignore"``."""
    exclude: Annotated[dict[str, Names], AfterValidator(_some_words)] = Field(default={})
    """Column of theirs = words (in capitals or not) for which a row of events is left out, such as ``Status =
    ["cancelled", "refunded"]``; ``*`` is whatever is not empty. The ledger counts them by word."""
    time_format: TimeFormat | tuple[TimeFormat, ...] | None = None
    """``s``, ``ms``, ``us`` or ``ns`` since 1970, ``excel`` (days since the end of 1899), or patterns of strptime.

    Without it, ISO 8601, and numbers whose magnitude tells their unit since 1970.
    """
    time_columns: tuple[str, ...] = ()
    """Columns that make the time together, such as a date and a time of day; ``time_format`` is that of both, a blank
    between them."""
    plus_milliseconds: str | None = None
    """A column of milliseconds that is added to the time."""
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    """Of moments that do not say it themselves."""
    items_separator: str | None = Field(default=None, min_length=1)
    """What stands between several items in one cell: each is an event of its own. Prices and quantities are divided
    with them where they are as many, and left out where one stands for several items."""
    decimal: Literal[".", ","] = "."
    """The decimal sign of prices and quantities that are text."""
    currency: str | None = None
    """Of all prices, if no column says it."""
    returns: bool = False
    """Whether a negative quantity is a return."""
    zero_quantity: Literal["quarantine", "ignore", "one"] = "quarantine"
    """What becomes of lines of quantity 0 (cancelled lines, gifts, corrections of stock): kept aside, left out, or one
    piece each."""
    fill_down: str | None = None
    """A column, such as the order number: where rows have the same value in it, an empty time, user, currency, device
    or country takes what stands in one of them."""
    one_per_item: bool = False
    """Whether the catalog is told from rows in which an item may stand many times; the last that is known counts."""
    catalog_scope: Literal["complete", "partial", "log"] | None = None
    """What the catalog holds: all that is on sale (``complete``: what is not in it is withdrawn), some of it
    (``partial``: what is not in it is on sale if it was sold lately), or only what the events name (``log``: all go by
    their sales). Without it, a catalog that is read from where the events are is a log, and any other is complete."""
    price_list: str | None = None
    """The price list whose prices count, where the catalog has an item once for each; without it, the first of each
    item."""
    placeholders: tuple[str, ...] = ()
    """Texts that stand for no id, such as the till ``kasse1``, beside the usual ones (``NONE``, ``(not set)``, …)."""
    not_placeholders: tuple[str, ...] = ()
    """Texts that are ids here, though they stand for none elsewhere; ``*``: all of the usual ones."""
    bad_rows: Literal["quarantine", "error"] = "quarantine"
    """What happens to rows that cannot be read: they are kept aside with the reason, or they end the run."""
    max_bad: float = Field(default=0.05, ge=0, le=1)
    """Share of rows that may be kept aside; with more, the run ends."""


def needed(mapping: Mapped, ours: Mapping[str, dt.DataType], columns: Mapping[str, Names]) -> list[str]:
    """Their columns that are read for the given ones of ours."""
    names = [name for our in ours for name in _theirs(columns, our)]
    extra = [
        mapping.fill_down,
        mapping.plus_milliseconds,
        *mapping.time_columns,
        *(mapping.exclude if ours is EVENTS else ()),
    ]
    return list(dict.fromkeys([*names, *(name for name in extra if name)]))


def id_columns(ours: Iterable[str], columns: Mapping[str, Names]) -> dict[str, str]:
    """Their columns of ids, each with the one of ours that it stands for (the first, if for several)."""
    found: dict[str, str] = {}
    for our in ID_COLUMNS:
        if our in ours:
            found |= {name: our for name in _theirs(columns, our) if name not in found}
    return found


def as_ours(table: ibis.Table, mapping: Mapped, place: str, there: Sequence[str]) -> ibis.Table:
    """A DuckDB table of events in our columns, with `WHY` for moments and numbers that are none.

    Raises `BadData` if a column that is named, or needed, is not there.
    """
    table = _filled(table, mapping)
    columns = _renamed(table, EVENTS, mapping.columns)
    columns |= {name: ibis.literal(value) for name, value in mapping.constants.items()}
    extra = [name for name in (mapping.fill_down, mapping.plus_milliseconds, *mapping.time_columns) if name]
    if mapping.time_columns and all(name in table.columns for name in mapping.time_columns):
        columns["time"] = joined([table[name] for name in mapping.time_columns])
    _complete([*_named(mapping.columns), *extra, *mapping.exclude], REQUIRED_EVENTS, columns, place, there)
    if mapping.currency and "currency" not in columns:
        columns["currency"] = ibis.literal(mapping.currency)
    formats = (mapping.time_format,) if isinstance(mapping.time_format, str) else mapping.time_format or ()
    table, time, problem = moment(table, columns["time"], formats, mapping.timezone, place)
    if mapping.plus_milliseconds is not None:
        time = time + table[mapping.plus_milliseconds].try_cast("float64").fill_null(0.0) / 1e3
    table, counted, problems = numbers(table, columns, mapping.decimal)
    columns |= {"time": time, **counted}
    kind = columns["kind"].cast("string")
    if mapping.kinds:
        kind = ibis.cases(*((kind == theirs, ours) for theirs, ours in mapping.kinds.items()), else_=kind)
    if mapping.returns and "quantity" in columns:
        quantity = columns["quantity"].cast("float64")
        kind = ibis.ifelse(quantity < 0, "return", kind)
        columns["quantity"] = quantity.abs()
    if mapping.zero_quantity != "quarantine" and "quantity" in columns:
        none = columns["quantity"].cast("float64") == 0
        if mapping.zero_quantity == "ignore":
            kind = ibis.ifelse(none, IGNORED, kind)
        else:
            columns["quantity"] = ibis.ifelse(none, 1.0, columns["quantity"].cast("float64"))
    columns["kind"] = kind
    return _selected(table, columns, [problem, *problems, *zero_bytes(columns)])


def without_ignored(ours: ibis.Table) -> ibis.Table:
    """Events of kinds that are left out on purpose are none."""
    return ours.filter(~ours.kind.identical_to(IGNORED))


def as_our_catalog(table: ibis.Table, mapping: Mapped, place: str, there: Sequence[str]) -> ibis.Table:
    """A DuckDB table of items in our columns, with `WHY` for numbers that are none."""
    columns = _renamed(table, CATALOG, mapping.catalog_columns)
    _complete(_named(mapping.catalog_columns), REQUIRED_CATALOG, columns, place, there)
    prices = [_filled_text(table[name]) for name in _theirs(mapping.catalog_columns, "price") if name in table.columns]
    if len(prices) > 1:
        columns["price"] = price_of_today(prices)
    columns |= stated_availability(table, availability_names(mapping)) | currencies(columns, mapping.currency)
    table, counted, problems = numbers(table, columns, mapping.decimal)
    return _selected(table, columns | counted, [*problems, *zero_bytes(columns)])


def availability_names(mapping: Mapped) -> tuple[str, ...]:
    """What stands for `available`, with ``not`` before the names of columns that say the opposite."""
    names = mapping.catalog_columns.get("available", "available")
    return (names,) if isinstance(names, str) else names


def one_of_each_item(described: ibis.Table, scope: str) -> ibis.Table:
    """One row for each item: of every column the last value that is known; from a log, no price of zero."""
    rest = [name for name in described.columns if name not in ("item_id", ROW, WHY)]
    known = described.filter(described.item_id.notnull(), described[WHY].isnull())
    there = {name: known[name].notnull() for name in rest}
    if scope == LOG and "price" in there:
        # Order lines for nothing are gifts, samples and corrections, not what the shop lists.
        there["price"] = known.price.cast("float64") > 0
    last = {name: known[name].argmax(known[ROW], where=there[name]) for name in rest}
    return known.group_by("item_id").agg(**last, **{ROW: known[ROW].min()})


def their_columns(table: ibis.Table, ours: Iterable[str], columns: Mapping[str, Names]) -> dict[str, str]:
    """Our column = the first of theirs that stands for it in a table."""
    found = {our: [name for name in _theirs(columns, our) if name in table.columns] for our in ours}
    return {our: names[0] for our, names in found.items() if names}


def _named(columns: Mapping[str, Names]) -> list[str]:
    return [name for our in columns for name in _theirs(columns, our)]


def _theirs(columns: Mapping[str, Names], our: str) -> tuple[str, ...]:
    names = columns.get(our, our)
    names = (names,) if isinstance(names, str) else names
    return tuple(map(plain_name, names)) if our == "available" else names


def _renamed(table: ibis.Table, ours: Mapping[str, dt.DataType], columns: Mapping[str, Names]) -> dict[str, ibis.Value]:
    renamed = {}
    for our in ours:
        values = [table[name] for name in _theirs(columns, our) if name in table.columns]
        if values:
            renamed[our] = values[0] if len(values) == 1 else ibis.coalesce(*map(_filled_text, values))
    return renamed


def _complete(
    mapping: Iterable[str], needed: Iterable[str], columns: Container[str], place: str, there: Sequence[str]
) -> None:
    """Raises `BadData` if a column of theirs that is named is not there, or none stands for one of ours."""
    unknown = [name for name in mapping if name not in there]
    if unknown:
        raise BadData(f"{place}: missing column {', '.join(map(repr, unknown))}; there are: {', '.join(there)}")
    missing = [name for name in needed if name not in columns]
    if missing:
        uncut = len(there) == 1 and any(mark in there[0] for mark in ",;\t|")
        hint = (
            "is the delimiter another one?"
            if uncut
            else (f'name yours with columns = {{ {missing[0]} = "…" }}; `endcap init` marks the line with # check')
        )
        names = ", ".join(map(repr, missing))
        raise BadData(f"{place}: missing column {names}; there are: {', '.join(there)}; {hint}")


def _filled_text(value: ibis.Value) -> ibis.Value:
    text = value.cast("string").strip().nullif("")
    return ibis.ifelse(value.isnan(), ibis.null("string"), text) if value.type().is_floating() else text


def _filled(table: ibis.Table, mapping: Mapped) -> ibis.Table:
    """Copy the columns of an order into all of its lines; columns of an item are never filled."""
    if mapping.fill_down not in table.columns:
        return table
    theirs = {name for our in OF_ORDERS for name in _theirs(mapping.columns, our)}
    theirs |= {*mapping.time_columns, *filter(None, [mapping.plus_milliseconds])}
    rest = [name for name in table.columns if name in theirs and name != mapping.fill_down]
    same = ibis.window(group_by=mapping.fill_down)
    return table.mutate(**{name: ibis.coalesce(table[name], table[name].max().over(same)) for name in rest})


def _selected(table: ibis.Table, columns: Mapping[str, ibis.Value], problems: list[Problem]) -> ibis.Table:
    known = table[WHY] if WHY in table.columns else ibis.null("string")
    why = ibis.coalesce(known, ibis.cases(*problems, else_=ibis.null("string"))) if problems else known
    return table.select(ROW, **columns, **{WHY: why})
