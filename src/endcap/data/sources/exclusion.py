"""Rows that say that they did not happen, such as cancelled orders: left out before anything else, and counted."""

from dataclasses import replace

from endcap.data.sources.mapping import Mapped
from endcap.data.sources.reading import Read, viewed
from endcap.data.sources.staging import named, quoted
from endcap.data.sources.texts import Note

ANY = "*"
"""Stands for whatever is not empty, such as the moment of a cancellation."""
SHOWN = 10
"""So many words are named."""
WORD = "_excluded_"


def without_excluded(found: Read, mapping: Mapped, place: str) -> Read:
    """What was read, without the rows that `exclude` names; a note says how many there were of each word.

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


def _word(name: str, words: str | tuple[str, ...], filled: str | None) -> str:
    """The word for which a row is left out, in SQL: null for the others."""
    value = f"nullif(trim({named(name)}::VARCHAR), '')"
    if filled is not None and filled != name:
        whole = f"max({value}) OVER (PARTITION BY {named(filled)})"
        value = f"coalesce({value}, CASE WHEN {named(filled)} IS NOT NULL THEN {whole} END)"
    wanted = {word.strip().lower() for word in ((words,) if isinstance(words, str) else words)}
    if ANY in wanted:
        return f"CASE WHEN {value} IS NOT NULL THEN {quoted(name)} END"
    return f"CASE WHEN lower({value}) IN ({', '.join(map(quoted, sorted(wanted)))}) THEN lower({value}) END"
