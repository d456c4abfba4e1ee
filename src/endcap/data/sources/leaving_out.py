"""Rows of events that a source leaves out on purpose, each counted in the ledger."""

from dataclasses import replace

import ibis
from ibis import _

from endcap.data.columns import EVENTS, WHY
from endcap.data.sources.mapping import IGNORED, Mapped, their_columns
from endcap.data.sources.reading import Read
from endcap.data.sources.texts import Note

NAMED = 10
"""So many ignored kinds are named."""


def without_empty_lists(found: Read, mapping: Mapped) -> Read:
    """What was read, without records whose list of items is empty: an order of nothing is no event.

    These are rows in which each column that comes from an entry of the list is empty, the item among them.
    """
    paths = getattr(mapping, "unnest", None) or ()
    theirs = their_columns(found.table, EVENTS, mapping.columns)
    for path in (paths,) if isinstance(paths, str) else paths:
        entries = [name for name in theirs.values() if name.startswith(f"{path}.")]
        if theirs.get("item_id") not in entries:
            continue
        nothing = ibis.and_(*(found.table[name].isnull() for name in entries))
        if WHY in found.table.columns:
            nothing = nothing & found.table[WHY].isnull()
        rows = int(found.table.count(where=nothing).to_pyarrow().as_py())
        if not rows:
            continue
        records = "1 record has" if rows == 1 else f"{rows:,} records have"
        note = Note(
            f"records without {path}", rows, f"{records} no entry in {path}: left out, since nothing was sold", True
        )
        return replace(found, table=found.table.filter(~nothing), notes=(*found.notes, note))
    return found


def with_ignored_kinds(found: Read, mapping: Mapped) -> Read:
    """What was read, with a note of how many rows are of each kind that the settings ignore."""
    words = [theirs for theirs, ours in mapping.kinds.items() if ours == IGNORED]
    column = their_columns(found.table, EVENTS, mapping.columns).get("kind")
    if not words or column is None or "kind" in mapping.constants:
        return found
    kinds = found.table.select(kind=found.table[column].cast("string"))
    counted = kinds.filter(_.kind.isin(words)).group_by("kind").agg(rows=_.count())
    rows = counted.order_by([ibis.desc("rows"), "kind"]).to_pyarrow().to_pylist()
    if not rows:
        return found
    total = sum(row["rows"] for row in rows)
    named = ", ".join(f"{row['kind']} {row['rows']:,}" for row in rows[:NAMED])
    why = f"{total:,} rows are of kinds that the settings ignore: {named}{', …' if len(rows) > NAMED else ''}"
    return replace(found, notes=(*found.notes, Note("ignored kinds", total, why, True)))
