"""What steps share: the order of events, who acted, and words for a column that is not there."""

from collections.abc import Sequence

import ibis

from endcap.core.errors import BadData
from endcap.data.columns import ROW


def in_order(events: ibis.Table) -> list[ibis.Value]:
    """What puts events into one order on every engine: the time, then the row number, else whatever there is."""
    ties = [ROW] if ROW in events.columns else sorted({*told(events)} - {"time"})
    return [events[name] for name in ("time", *ties)]


def told(table: ibis.Table) -> list[str]:
    """The columns that say what happened or what an item is; others, of ours, say where a row came from."""
    return [name for name in table.columns if not (name.startswith("_") and name.endswith("_"))]


def visitor(events: ibis.Table, by: str = "user_id") -> ibis.Value:
    """Who acted, as far as a column can tell; where it is empty, the session. The two kinds of id are kept apart."""
    return ibis.coalesce("u:" + events[by], "s:" + events["session_id"])


def needed(table: ibis.Table, names: Sequence[str], step: str) -> None:
    """Raises `BadData` if the table lacks a column that a step was told to use."""
    missing = [name for name in names if name not in table.columns]
    if missing:
        there = ", ".join(told(table))
        raise BadData(f"{step}: there is no column {', '.join(map(repr, missing))}; there are: {there}")
