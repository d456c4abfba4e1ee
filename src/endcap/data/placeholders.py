"""Ids that stand for no id, such as ``NONE`` or customer ``0``: the one list, shared by `prepare` and `lint`.

Every source takes them out as it reads: an event of user ``(not set)`` is a guest's, and a row of item ``undefined`` is
what a row with an empty item is.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import ibis
from ibis import _

PLACEHOLDERS = (
    "none", "null", "nil", "nan", "n/a", "n.a.", "na", "undefined", "unknown", "not set", "not provided",
    "not available", "(none)", "(null)", "(not set)", "(not provided)", "(unknown)", "(blank)", "(empty)", "(other)",
    "<null>", "[null]", "\\n", "#n/a", "#value!", "#ref!", "#null!", "-", "--", "---", "?", "guest", "anonymous",
    "anon", "gast", "anonym", "invite", "invité", "invitado", "ospite", "test", "testuser", "test user",
    "unbekannt", "inconnu", "desconocido", "00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000",
)  # fmt: skip
"""Texts that are no id of an item, a user, a session, an order or a slate; in small letters, but any case counts."""
NUMBERS = ("0", "0.0", "-1", "-1.0")
"""Numbers that may stand for no id; they do where no ordinary id looks like them, or none is nearly as frequent."""
ID_COLUMNS = ("item_id", "user_id", "session_id", "order_id", "slate_id")
SMALL, BELOW = r"^\d{1,2}(\.0+)?$", r"^-\d"
"""Ids that look like 0, and like -1."""
FREQUENT = 5.0
"""A number stands for no id if it is so many times as frequent as the most frequent other id …"""
FREQUENT_ITEM = 20.0
"""… and for no item if it is so many times as frequent, since bestsellers are."""
MIN_ROWS = 10
"""A number in fewer rows is not judged by how frequent it is."""
SHOWN = 10
"""Maximum number of words per column that a message lists."""
MEANS: Mapping[str, str] = {
    "item_id": "such rows name no item: they go into the quarantine",
    "user_id": "such rows are a guest's",
    "session_id": "such rows name no session: they go into the quarantine",
    "order_id": "such rows name no order",
    "slate_id": "such rows name no slate",
}


@dataclass(frozen=True)
class Placeholder:
    """A text in a column of ids that stands for no id, and in how many rows it was found."""

    place: str
    """The file or table."""
    ours: str
    """Our column."""
    theirs: str
    """The shop's column."""
    word: str
    """As it is written there."""
    rows: int
    of: int
    """Rows that were read."""


def tell_placeholders(found: Sequence[Placeholder]) -> str:
    """Return what was found in one column and what it means, in a sentence: ``user_id: 9 of 20 rows … NONE 7, - 2``."""
    first, rows = found[0], sum(one.rows for one in found)
    where = f"{first.ours} (column {first.theirs!r})" if first.ours != first.theirs else first.ours
    words = ", ".join(f"{one.word} {one.rows:,}" for one in found[:SHOWN])
    more = ", …" if len(found) > SHOWN else ""
    verb = "stands" if rows == 1 else "stand"
    return (
        f"{where}: {rows:,} of {first.of:,} rows of {first.place} {verb} for no id ({words}{more}): {MEANS[first.ours]}"
    )


def spellings(words: Sequence[str]) -> tuple[str, ...]:
    """Each word in the ways in which people and programs write it: NONE, None, none."""
    ways = (way for word in words for way in (word, word.lower(), word.upper(), word.capitalize(), word.title()))
    return tuple(dict.fromkeys((*ways, *(["NaN"] if "nan" in words else []))))


def words_of(added: Sequence[str], kept: Sequence[str]) -> tuple[str, ...]:
    """The usual placeholders with those a shop adds, and without those that are ids of that shop (``*``: all)."""
    usual = () if "*" in kept else PLACEHOLDERS
    return tuple(word for word in dict.fromkeys((*usual, *added)) if word.lower() not in {one.lower() for one in kept})


def find_placeholders(
    table: ibis.Table, columns: Mapping[str, str], place: str, added: Sequence[str] = (), kept: Sequence[str] = ()
) -> list[Placeholder]:
    """The placeholders in a table; `columns` gives for each column of ids in it (theirs) the one of ours.

    Args: added: words that are placeholders too. kept: words that are none (``*``: none of the usual ones is).
    One scan for all columns, and one more for each column in which something is found.
    """
    columns = {theirs: ours for theirs, ours in columns.items() if theirs in table.columns}
    words = spellings(words_of(added, kept))
    numbers = tuple(number for number in NUMBERS if number not in (*kept, *added) and "*" not in kept)
    if not columns or not (*words, *numbers):
        return []
    texts = {theirs: _text(table[theirs]) for theirs in columns}
    # One pattern for all words: to compare a text with a hundred words one by one takes DuckDB six times as long.
    pattern = f"(?i)^({'|'.join(sorted({re.escape(word.lower()) for word in (*words, *numbers)}))})$"
    wanted = {f"n{number}": table.count(where=text.re_search(pattern)) for number, text in enumerate(texts.values())}
    counted = table.aggregate(rows=table.count(), **wanted).to_pyarrow().to_pylist()[0]
    found: list[Placeholder] = []
    for number, (theirs, ours) in enumerate(columns.items()):
        if counted[f"n{number}"]:
            rows = _judged(table.select(id=texts[theirs]), words, numbers, ours)
            found += [Placeholder(place, ours, theirs, word, n, counted["rows"]) for word, n in rows]
    return found


def blank_placeholders(table: ibis.Table, found: Iterable[Placeholder]) -> ibis.Table:
    """The table with null in place of what stands for no id."""
    words: dict[str, list[str]] = {}
    for one in found:
        words.setdefault(one.theirs, []).append(one.word)
    blank = {
        theirs: ibis.ifelse(_text(table[theirs]).isin(these), ibis.null(table[theirs].type()), table[theirs])
        for theirs, these in words.items()
    }
    return table.mutate(**blank) if blank else table


def _text(value: ibis.Value) -> ibis.Value:
    return value if value.type().is_string() else value.cast("string")


def _judged(ids: ibis.Table, words: Sequence[str], numbers: Sequence[str], ours: str) -> list[tuple[str, int]]:
    """The words that stand for no id in a column, and how many rows each has."""
    counted = ids.filter(_.id.notnull()).group_by("id").agg(n=_.count())
    few = counted.filter(_.id.isin((*words, *numbers))).order_by([ibis.desc("n"), "id"]).to_pyarrow().to_pylist()
    sure = [(row["id"], row["n"]) for row in few if row["id"] in words]
    unsure = [(row["id"], row["n"]) for row in few if row["id"] not in words]
    if unsure:
        others = counted.filter(~_.id.isin((*words, *numbers)))
        facts = others.aggregate(
            ids=_.count(),
            most=_.n.max(),
            small=others.count(where=_.id.re_search(SMALL)),
            below=others.count(where=_.id.re_search(BELOW)),
        )
        known = facts.to_pyarrow().to_pylist()[0]
        sure += [(word, n) for word, n in unsure if stands_out(word, n, known, ours)]
    return sure


def stands_out(word: str, rows: int, others: Mapping[str, int], ours: str) -> bool:
    """Whether a number is no ordinary id: no other id looks like it, or none is nearly as frequent.

    Args: others: how many different other ids there are (``ids``), the rows of the most frequent (``most``), and how
    many look like 0 (``small``) and like -1 (``below``). ours: the column.
    """
    alike = others["below"] if word.startswith("-") else others["small"]
    if others["ids"] > 1 and not alike:
        return True
    times = FREQUENT_ITEM if ours == "item_id" else FREQUENT
    return others["ids"] > 1 and rows >= MIN_ROWS and rows > times * others["most"]
