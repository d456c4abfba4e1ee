"""Tables as they came, read so loosely that nothing is refused: what is wrong stays there to be counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.datatypes as dt

from endcap.data.aliases import JoinedIds, join_ids
from endcap.data.columns import CATALOG, EVENTS, FILE, LINE, ROW, SCOPE, WHY
from endcap.data.engines import arrow
from endcap.data.lint.needs import Needs
from endcap.data.summary import Summary, summary_of

SAID = "_said_"
"""Before the name of a column of numbers: the text that stood there, where it is no number."""


Tables = Sequence[tuple[ibis.Table, ibis.Table | None]]
"""Events and catalog of each source."""


@dataclass(frozen=True)
class Shop:
    """What every rule looks at."""

    events: ibis.Table
    """All columns of an event, null where they are missing or cannot be read; and `SAID` columns."""
    catalog: ibis.Table | None
    there: frozenset[str]
    """The columns that the events came with …"""
    described: frozenset[str]
    """… and those of the catalog that hold anything."""
    joined: JoinedIds
    """The same tables, every id in the one spelling that preparation gives it."""
    summary: Summary
    needs: Needs
    now: float
    """Seconds since 1970 (UTC)."""
    files: tuple[str, ...] = ()
    """What was read, in the order in which `ROW` numbers it."""
    filled: frozenset[str] = frozenset()
    """Columns that a configured step fills where the sources leave them empty."""

    @property
    def order(self) -> tuple[str, ...]:
        """The column that says in which order rows came; none if the sources do not tell."""
        return (ROW,) if ROW in self.there else ()

    def kinds(self, *names: str) -> int:
        """How many events are of one of these kinds."""
        counts = self.summary.histograms["kind"]
        return sum(counts.get(name, 0) for name in names)


def opened(
    tables: Tables,
    needs: Needs,
    now: float,
    files: tuple[str, ...] = (),
    canonical: Sequence[str] = (),
    filled: frozenset[str] = frozenset(),
) -> Shop:
    """The shop of the tables of one source or of several; they may have any columns of any types.

    `canonical` names the columns of ids that preparation will join by `canonical_ids`; `filled` are the columns that a
    configured step fills.
    """
    logs, catalogs = [events for events, _ in tables], [catalog for _, catalog in tables if catalog is not None]
    events = ibis.union(*(loosely(log, EVENTS) for log in logs)).cache()
    catalog = ibis.union(*(loosely(sold, CATALOG) for sold in catalogs)) if catalogs else None
    joined = join_ids({"events": events} | ({} if catalog is None else {"catalog": catalog}), canonical)
    return Shop(
        events=events,
        catalog=catalog,
        there=frozenset(name for log in logs for name in log.columns),
        described=frozenset(_filled(catalog) if catalog is not None else ()),
        joined=joined,
        summary=summary_of(joined.tables["events"], joined.tables.get("catalog")),
        needs=needs,
        now=now,
        files=files,
        filled=filled,
    )


def loosely(table: ibis.Table, columns: Mapping[str, dt.DataType]) -> ibis.Table:
    """Exactly these columns, with null for what cannot be read; the texts of that, and where each row came from."""
    own = {ROW: "int64", FILE: "string", LINE: "int64", WHY: "string", SCOPE: "string"}
    kept = {name: table[name].cast(kind) if name in table.columns else ibis.null(kind) for name, kind in own.items()}
    typed: dict[str, ibis.Value] = {}
    for name, kind in columns.items():
        if name not in table.columns:
            typed[name] = ibis.null(kind)
        elif kind(nullable=True).is_string():
            typed[name] = table[name].cast("string")
        elif kind(nullable=True).is_boolean():
            typed[name] = _truth(table[name])
        else:
            typed[name] = _time(table[name]) if name == "time" else _number(table[name])
        if not kind(nullable=True).is_string():
            unread = name in table.columns and table[name].notnull() & typed[name].isnull()
            text = ibis.null("string") if unread is False else ibis.ifelse(unread, table[name].cast("string"), None)
            typed[SAID + name] = text
    return table.select(**kept, **typed)


def trimmed(text: ibis.Value) -> ibis.Value:
    """The text without blanks around it. (Ibis' own `strip` takes the letters v and f too on Spark.)"""
    return text.re_replace(r"^[ \t\r\n]+|[ \t\r\n]+$", "")


def _filled(catalog: ibis.Table) -> list[str]:
    known = catalog.aggregate(**{name: catalog.count(where=catalog[name].notnull()) for name in CATALOG})
    return [name for name, count in arrow(known).to_pylist()[0].items() if count]


def _time(value: ibis.Value) -> ibis.Value:
    kind = value.type()
    if kind.is_timestamp() or kind.is_date():
        return value.cast("timestamp").epoch_seconds().cast("float64")
    if kind.is_string():
        moment = value.try_cast("timestamp").epoch_seconds().cast("float64")
        return ibis.coalesce(_finite(value.try_cast("float64")), moment)
    return _number(value)


def _truth(value: ibis.Value) -> ibis.Value:
    kind = value.type()
    if kind.is_boolean():
        return value
    return value.try_cast("boolean") if kind.is_string() or kind.is_numeric() else ibis.null("boolean")


def _number(value: ibis.Value) -> ibis.Value:
    kind = value.type()
    if not (kind.is_numeric() or kind.is_string()) or kind.is_boolean():
        return ibis.null("float64")
    return _finite(value.try_cast("float64") if kind.is_string() else value.cast("float64"))


def _finite(value: ibis.Value) -> ibis.Value:
    return ibis.ifelse(value.isnan() | value.isinf(), None, value)
