"""Spellings of one id become one: before any step, in events and catalog together, and every one stays understood.

An id is the shop's own: the spelling that is kept is one that the shop writes, and the others are kept as its aliases.
The engine counts and joins; what a spelling has in common with others (its key) is found in Python, once for each
spelling that may have any, so that it is the same on every engine and where requests are answered.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from endcap.core.arrays import Strings
from endcap.core.spelling import KEYS, Rule, is_worn
from endcap.core.vocabulary import Aliases
from endcap.data.columns import LOG, ROW, SCOPE
from endcap.data.engines import Engine, arrow, batches, reopened, rows, uploaded
from endcap.data.ledger import Ledger

IDS = ("item_id", "user_id", "session_id", "order_id")
"""Columns of ids in which blanks around an id and the form of its Unicode letters never matter."""
NUMBERED = ("item_id", "user_id")
"""Columns of ids that requests name, so that ``1000`` and ``1000.0`` have to be looked at."""
SHOWN = 3
"""As many examples stand in the ledger."""
WHY: Mapping[Rule, str] = {
    "exact": "blanks around an id, and how its Unicode letters are composed, are no part of it",
    "decimal": "an id such as 1000.0 was a number with gaps in somebody's table, and is the 1000 of the other table",
    "canonical": "ids that differ only in case, blanks and punctuation are one",
}
"""Why spellings are joined, for people."""
KEYED = pa.schema([("spelling", pa.string()), ("key", pa.string()), ("worn", pa.int8())])

Tables = Mapping[str, ibis.Table]
"""``events``, ``catalog``, or both: tables in our columns."""


@dataclass(frozen=True)
class JoinedIds:
    """Tables in which every id has one spelling, and which others it had."""

    tables: Tables
    rules: Mapping[str, Rule]
    """By column: how far spellings differ that mean one id."""
    aliases: Mapping[str, ibis.Table]
    """By column: every other ``spelling`` that was seen, and the ``id`` it means; only where there are any."""


def join_ids(tables: Tables, canonical: Sequence[str] = (), ledger: Ledger | None = None) -> JoinedIds:
    """Give every id in events and catalog one spelling: the one that the shop prefers.

    That is the spelling of the catalog (of several there, that of the first row), else the most frequent one in the
    events, else the first by letters; a spelling with blanks around it or with decimals only where there is no other.
    `canonical` names the columns in which case, blanks and punctuation do not matter either. Every column that is
    joined is a line of the ledger.
    """
    marks = _marks(tables)
    rules: dict[str, Rule] = dict.fromkeys(marks, "exact")
    rules |= {name: "decimal" for name in NUMBERED if name in marks and _are_decimals(tables, name, marks[name])}
    rules |= dict.fromkeys(canonical, "canonical")
    differing = {
        name: rule for name, rule in rules.items() if rule != "exact" or any(mark.odd for mark in marks[name].values())
    }
    joined = join_spellings(tables, differing, Ledger() if ledger is None else ledger)
    return replace(joined, rules=rules)


def join_spellings(tables: Tables, rules: Mapping[str, Rule], ledger: Ledger) -> JoinedIds:
    """Join the spellings of each column by its rule; see `join_ids`."""
    joined, found = dict(tables), dict[str, ibis.Table]()
    for column, rule in rules.items():
        aliases = _aliases(joined, column, rule, ledger)
        if aliases is None:
            continue
        found[column] = aliases
        there = {name: table for name, table in joined.items() if column in table.columns}
        changed = [rows(table.semi_join(aliases, table[column] == aliases.spelling)) for table in there.values()]
        joined |= {name: _respelled(table, column, aliases) for name, table in there.items()}
        ledger.note(
            f"one spelling of each {column}", sum(map(rows, there.values())), sum(changed), _said(aliases, rule)
        )
    kept = {name: table if table is tables[name] else ledger.keep(table) for name, table in joined.items()}
    return JoinedIds(kept, rules, found)


def aliases_of(ids: ibis.Table, column: str, code: str, rule: Rule, seen: ibis.Table | None) -> Aliases:
    """The aliases of a vocabulary: a table of ids and codes, and the `seen` spellings of its column (see `JoinedIds`).

    Beside them stand the keys of ids that are not their own key, so that a spelling that was never seen is understood.
    """
    pulled = ids.filter(_may_have_key(ids[column], rule)).select(column, code)
    parts = [
        pa.table({"spelling": [KEYS[rule](text) for text in batch[column].to_pylist()], "code": batch[code]})
        for batch in batches(pulled)
        if batch.num_rows
    ]
    if seen is not None:
        known = ids.select(id=ids[column], code=ids[code])
        parts.append(arrow(seen.join(known, "id").select("spelling", "code")))
    if not parts:
        return Aliases.of(rule)
    return _ordered(pa.concat_tables([part.cast(_CODED) for part in parts]), ids, column, rule)


_CODED = pa.schema([("spelling", pa.string()), ("code", pa.int32())])


def _ordered(spelled: pa.Table, ids: ibis.Table, column: str, rule: Rule) -> Aliases:
    """Aliases ordered by their bytes, each once, and none that is an id itself."""
    spelled = spelled.filter(pc.not_equal(spelled["spelling"], "")).group_by("spelling").aggregate([("code", "min")])
    there = uploaded(ids.get_backend(), spelled.select(["spelling"]))
    own = arrow(there.semi_join(ids, there.spelling == ids[column]))["spelling"]
    spelled = spelled.filter(pc.invert(pc.is_in(spelled["spelling"], own.combine_chunks())))
    spelled = spelled.sort_by("spelling")
    texts = spelled["spelling"].cast(pa.large_string()).combine_chunks()
    texts = texts if isinstance(texts, pa.Array) else pa.concat_arrays(texts.chunks)
    if not len(texts):
        return Aliases.of(rule)
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    return Aliases(rule, Strings(offsets - offsets[0], data), spelled["code_min"].to_numpy().astype(np.int32))


def _aliases(tables: Tables, column: str, rule: Rule, ledger: Ledger) -> ibis.Table | None:
    """Every spelling that is not preferred, and the one that is; None if there is none."""
    counted = ledger.keep(_counted(tables, column))
    keyed = _keyed(counted, rule, ledger.folder and ledger.folder / f"spellings-{column}.parquet")
    if keyed is None:
        return None
    members = keyed.join(counted, "spelling")
    if rule != "canonical":  # an id that is its own key was not looked at one by one
        own = counted.anti_join(keyed, "spelling")
        own = own.semi_join(keyed, [("spelling", "key")])
        own = own.mutate(key=own.spelling, worn=ibis.literal(0, "int8"))
        members = members.union(own.select(*members.columns))
    order = [members.worn, members.unlisted, members.place, ibis.desc("events"), members.spelling]
    preferred = members.mutate(id=members.spelling.first().over(group_by="key", order_by=order))
    aliases = ledger.keep(preferred.filter(preferred.spelling != preferred.id).select("spelling", "id"))
    return aliases if rows(aliases) else None


def _counted(tables: Tables, column: str) -> ibis.Table:
    """Every spelling in a column: how often events have it, whether and where first the catalog does.

    A catalog that is an echo of the events is no second word of the shop.
    """
    parts = []
    for name, table in tables.items():
        if column not in table.columns:
            continue
        named = table.filter(table[column].notnull())
        if name != "catalog":
            parts.append(_spellings(named, column, events=named.count()))
        elif SCOPE in named.columns:
            echo = named[SCOPE].identical_to(LOG)
            parts += [_spellings(named.filter(echo), column), _spellings(named.filter(~echo), column, unlisted=0)]
        else:
            parts.append(_spellings(named, column, unlisted=0))
    both = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return both.group_by("spelling").agg(unlisted=both.unlisted.min(), place=both.place.max(), events=both.events.sum())


def _spellings(named: ibis.Table, column: str, events: ibis.Value | None = None, unlisted: int = 1) -> ibis.Table:
    listed = not unlisted and ROW in named.columns
    place = named[ROW].min().cast("int64") if listed else ibis.literal(0, "int64")
    counted = named.group_by(spelling=named[column].cast("string")).agg(
        place=place, events=ibis.literal(0, "int64") if events is None else events
    )
    return counted.mutate(unlisted=ibis.literal(unlisted, "int8"))


def _keyed(counted: ibis.Table, rule: Rule, path: Path | None) -> ibis.Table | None:
    """The spellings that may mean the same as another, each with its key; None if there is none."""
    engine = counted.get_backend()
    pulled = counted.filter(_may_have_key(counted.spelling, rule)).select("spelling")
    parts = (part for batch in batches(pulled) for part in _keys(batch, rule))
    return _stored(engine, parts, path)


def _keys(batch: pa.RecordBatch, rule: Rule) -> Iterator[pa.RecordBatch]:
    texts = batch["spelling"].to_pylist()
    keys = [KEYS[rule](text) for text in texts]
    kept = [
        (text, key, int(is_worn(text, rule)))
        for text, key in zip(texts, keys, strict=True)
        if key and (rule == "canonical" or key != text)
    ]
    if kept:
        yield pa.RecordBatch.from_arrays(
            [pa.array(values, kind) for values, kind in zip(zip(*kept, strict=True), KEYED.types, strict=True)],
            schema=KEYED,
        )


def _stored(engine: Engine, parts: Iterator[pa.RecordBatch], path: Path | None) -> ibis.Table | None:
    """Rows that pass through Python as a table of the engine, by way of a file if a path is given; None for no rows."""
    first = next(parts, None)
    if first is None:
        return None
    if path is None:
        return uploaded(engine, pa.Table.from_batches([first, *parts]))
    with pq.ParquetWriter(path, KEYED) as writer:
        writer.write_batch(first)
        for part in parts:
            writer.write_batch(part)
    return reopened(engine, path)


def _respelled(table: ibis.Table, column: str, aliases: ibis.Table) -> ibis.Table:
    """The table with the preferred spelling in a column."""
    known = aliases.select(_spelling_=aliases.spelling, _id_=aliases.id)
    joined = table.left_join(known, table[column] == known._spelling_)
    return joined.mutate(**{column: ibis.coalesce(joined._id_, joined[column])}).select(*table.columns)


def _said(aliases: ibis.Table, rule: Rule) -> str:
    """What is said of the spellings of a column: how many, why, and some of them."""
    count = rows(aliases)
    some = arrow(aliases.order_by("spelling").limit(SHOWN)).to_pylist()
    examples = ", ".join(f"{row['spelling']!r} is {row['id']!r}" for row in some)
    more = ", …" if count > SHOWN else ""
    return f"{WHY[rule]} ({count:,} other spelling{'' if count == 1 else 's'}: {examples}{more})"


@dataclass(frozen=True)
class _Marks:
    """How many ids in a column of a table are no plain ASCII, and how many are numbers with decimals."""

    odd: int
    decimal: int


def _marks(tables: Tables) -> dict[str, dict[str, _Marks]]:
    """The marks of each column of ids in each table that has it; one scan of each table."""
    found: dict[str, dict[str, _Marks]] = {}
    for name, table in tables.items():
        there = [column for column in IDS if column in table.columns]
        wanted = {}
        for column in there:
            text = table[column]
            wanted[f"odd_{column}"] = table.count(where=_may_have_key(text, "exact").fill_null(False))
            decimal = _is_decimal(text).fill_null(False) if column in NUMBERED else ibis.literal(False)
            wanted[f"decimal_{column}"] = table.count(where=decimal)
        counts = arrow(table.aggregate(**wanted)).to_pylist()[0] if wanted else {}
        for column in there:
            found.setdefault(column, {})[name] = _Marks(counts[f"odd_{column}"], counts[f"decimal_{column}"])
    return found


def _are_decimals(tables: Tables, column: str, marks: Mapping[str, _Marks]) -> bool:
    """Whether ``1000.0`` is ``1000`` in a column of ids, which must take no two ids of one table for one.

    So it is where all whole numbers of the column have decimals, or where one table has only such numbers and the other
    has some of them without.
    """
    if not any(mark.decimal for mark in marks.values()):
        return False
    whole = {name: rows(tables[name].filter(tables[name][column].re_search("^[0-9]+$"))) for name in marks}
    if not any(whole.values()):
        return True
    for name, other in (("events", "catalog"), ("catalog", "events")):
        if name in marks and marks[name].decimal and not whole[name] and whole.get(other):
            table = tables[other]
            twice, same = (
                rows(table.semi_join(numbers, table[column] == numbers.number).limit(1))
                for numbers in (_numbers(table, column), _numbers(tables[name], column))
            )
            return bool(same and not twice)
    return False


def _numbers(table: ibis.Table, column: str) -> ibis.Table:
    """The numbers of the ids with decimals in a column."""
    decimal = table.filter(_is_decimal(table[column]))
    return decimal.select(number=decimal[column].re_replace(r"\.0+$", "")).distinct()


def _may_have_key(text: ibis.Value, rule: Rule) -> ibis.Value:
    """Whether a spelling may have another key than itself; by canonical rule, any may mean the same as another."""
    if rule == "canonical":
        return text.notnull()
    # Only what is not ASCII has more bytes than letters. Each of these looks costs a tenth of a regular expression.
    odd = (_bits(text) != text.length().cast("int64") * 8) | (text < "!")
    odd = ibis.or_(odd, *(text.endswith(blank) for blank in " \t\n\r\v\f"))
    return odd | _is_decimal(text) if rule == "decimal" else odd


def _is_decimal(text: ibis.Value) -> ibis.Value:
    return ibis.ifelse(text.contains(".0"), text.re_search(r"^[0-9]+\.0+$"), False)


@ibis.udf.scalar.builtin(name="bit_length")  # type: ignore[untyped-decorator]
def _bits(text: str) -> dt.int64:
    """The length of a text in UTF-8, in bits."""
