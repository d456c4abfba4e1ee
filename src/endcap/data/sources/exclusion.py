"""Rows of events that a source excludes on purpose; the ledger counts them."""

from dataclasses import replace

import ibis
from ibis import _

from endcap.data.columns import EVENTS, WHY
from endcap.data.sources.mapping import IGNORED, Mapped, their_columns
from endcap.data.sources.reading import Read, viewed
from endcap.data.sources.staging import named, quoted
from endcap.data.sources.texts import Note

ANY = "*"
"""Matches every value that is not empty, such as the time of a cancellation."""
SHOWN = 10
"""Maximum number of words or kinds that a note lists."""
WORD = "_excluded_"


def without_excluded(found: Read, mapping: Mapped, place: str) -> Read:
    """Return the rows without those that the setting `exclude` names; a note counts them by word.

    Where facts of an order stand in its first row alone (`fill_down`), they hold for all of its rows.
    """
    columns = [name for name in mapping.exclude if name in found.table.columns]
    if not columns:
        return found
    duck = found.table.get_backend()
    filled = mapping.fill_down if mapping.fill_down in found.table.columns else None
    words = ", ".join(_word(name, mapping.exclude[name], filled) for name in columns)
    marked = f"SELECT *, coalesce({words}, NULL) AS {WORD} FROM ({found.query})"
    counts = duck.raw_sql(
        f"SELECT {WORD}, count(*) FROM ({marked}) WHERE {WORD} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    if not counts:
        return found
    told = ", ".join(f"{word[:40]} {rows:,}" for word, rows in counts[:SHOWN])
    more = ", …" if len(counts) > SHOWN else ""
    step, dropped = f"rows of {place} that did not happen", sum(rows for _, rows in counts)
    note = Note(step, dropped, f"left out, as exclude says: {told}{more}", dropped=True)
    query = f"SELECT * EXCLUDE ({WORD}) FROM ({marked}) WHERE {WORD} IS NULL"
    return replace(found, table=viewed(duck, query), query=query, notes=(*found.notes, note))


def without_empty_lists(found: Read, mapping: Mapped) -> Read:
    """Return the rows without records whose list of items is empty.

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
    """Return the rows with a note that counts them for each ignored kind."""
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
    named = ", ".join(f"{row['kind']} {row['rows']:,}" for row in rows[:SHOWN])
    why = f"{total:,} rows are of kinds that the settings ignore: {named}{', …' if len(rows) > SHOWN else ''}"
    return replace(found, notes=(*found.notes, Note("ignored kinds", total, why, True)))


def _word(name: str, words: str | tuple[str, ...], filled: str | None) -> str:
    """Return SQL for the word that excludes a row; null for rows that are kept."""
    value = f"nullif(trim({named(name)}::VARCHAR), '')"
    if filled is not None and filled != name:
        whole = f"max({value}) OVER (PARTITION BY {named(filled)})"
        value = f"coalesce({value}, CASE WHEN {named(filled)} IS NOT NULL THEN {whole} END)"
    wanted = {word.strip().lower() for word in ((words,) if isinstance(words, str) else words)}
    if ANY in wanted:
        return f"CASE WHEN {value} IS NOT NULL THEN {quoted(name)} END"
    return f"CASE WHEN lower({value}) IN ({', '.join(map(quoted, sorted(wanted)))}) THEN lower({value}) END"
