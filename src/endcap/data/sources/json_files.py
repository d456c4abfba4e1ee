"""JSON as shops export it: lines, an array, an object that holds one, objects over many lines; orders with items.

Anything but lines is copied into lines first, and each of them keeps the line that its object begins with.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from endcap.core.errors import BadData
from endcap.data.columns import ROW, ROWS_PER_FILE, WHY
from endcap.data.sources.reading import Read, read_csv, viewed
from endcap.data.sources.staging import named, quoted
from endcap.data.sources.texts import Cut, Text, open_text

MAX_DEPTH = 4
"""Keys within keys that are searched for a list of records."""
MAX_OTHER_KEYS = 8
"""Keys beside the list of records in an object that is taken for its wrapper and not for a record."""
MAX_ITEMS_PER_LINE = 100_000
BLANK = " \t\n\r"


@dataclass(frozen=True)
class Shape:
    """Where the records of a JSON source lie."""

    encoding: str | None = None
    records: str | None = None
    """Path of the list of records, if a file is one object that holds it; without it, the longest list is taken."""
    unnest: tuple[str, ...] = ()
    """Paths of lists within a record, each entry of which is a row of its own."""


def read_json(duck: Any, files: list[Path], needed: Iterable[str], first: int, how: Shape) -> Read:
    """The needed keys of JSON objects as text; ``a.b`` is key b of the object under a. `first` numbers the first file.

    Of the lists that are unnested, each entry makes a row; a record whose list is empty makes one without an entry.
    """
    lines = read_json_texts(duck, files, first, how)
    source, holders = lines.query, {"": "json"}
    for level, path in enumerate(how.unnest):
        source = _unnested(source, holders, path, level)
        holders[path] = f"_entry_{level}_"
    keys = ", ".join(f"{_value(holders, name)} AS {named(name)}" for name in dict.fromkeys(needed))
    why = (
        "CASE WHEN NOT json_valid(json) OR json_type(json) <> 'OBJECT'"
        " THEN 'is not a JSON object, found ' || json[:80]"
        " WHEN contains(json, '\\u0000') THEN 'must not hold a NUL byte, found ' || json[:80] END"
    )
    blank = "trim(json) <> ''"
    if not how.unnest:
        query = f"SELECT {ROW}, {_either(lines, why)} AS {WHY}, {keys} FROM ({source}) WHERE {blank}"
        return Read(viewed(duck, query), query, lines.refused, lines.lost, notes=lines.notes)
    order = ", ".join(f"_at_{level}_" for level in range(len(how.unnest)))
    part = f"(row_number() OVER (PARTITION BY {ROW} ORDER BY {order}) - 1)"
    table = f"unnested_{os.urandom(6).hex()}"
    duck.raw_sql(
        f"CREATE TEMP TABLE {table} AS SELECT {ROW} + {part} * {len(files) * ROWS_PER_FILE} AS {ROW}, {part} AS _part_,"
        f" {_either(lines, why)} AS {WHY}, {keys} FROM ({source}) WHERE {blank}"
    )
    ((most,),) = duck.raw_sql(f"SELECT coalesce(max(_part_), 0) + 1 FROM {table}").fetchall()
    if most > MAX_ITEMS_PER_LINE:
        raise BadData(
            f"{files[0].name}: one record holds {most:,} entries of {how.unnest[-1]}; is that a list of items?"
        )
    query = f"SELECT * EXCLUDE (_part_) FROM {table}"
    return Read(viewed(duck, query), query, lines.refused, lines.lost, notes=lines.notes, rows_per_line=most)


def read_json_texts(duck: Any, files: list[Path], first: int, how: Shape) -> Read:
    """The records of JSON files, each as text in the column ``json``."""

    def opened(path: Path, cut: Cut, scratch: Path) -> Text:
        return open_json(path, cut, how.records, scratch)

    return read_csv(duck, files, ["json"], first, Cut("\x01", how.encoding, "", ("json",)), opened)


def _either(lines: Read, why: str) -> str:
    return f"coalesce({WHY}, {why})" if WHY in lines.table.columns else why


def _unnested(source: str, holders: dict[str, str], path: str, level: int) -> str:
    """The rows of a query, one for each entry of a list, with the entry and its place."""
    found = f"_list_{level}_"
    value = _extract(holders, path, "json_extract")
    text = _extract(holders, path, "json_extract_string")
    # A list may lie there as text; an object alone is a list of one.
    entries = (
        f"CASE json_type({value}) WHEN 'ARRAY' THEN from_json({value}, '[\"JSON\"]')"
        f" WHEN 'OBJECT' THEN [{value}]"
        f" WHEN 'VARCHAR' THEN CASE WHEN json_valid({text}) AND json_type({text}) = 'ARRAY'"
        f" THEN from_json({text}, '[\"JSON\"]') END END"
    )
    valid = f"CASE WHEN json_valid(json) THEN {entries} END"
    counted = f"SELECT *, {valid} AS {found} FROM ({source})"
    places = f"SELECT *, unnest(range(greatest(coalesce(len({found}), 0), 1))) AS _at_{level}_ FROM ({counted})"
    return f"SELECT * EXCLUDE ({found}), {found}[_at_{level}_ + 1] AS _entry_{level}_ FROM ({places})"


def _value(holders: dict[str, str], name: str) -> str:
    """A key of a record, or of an entry of one of its lists, as text."""
    value = _extract(holders, name, "json_extract_string")
    return f"CASE WHEN json_valid(json) THEN replace({value}, chr(0), '␀') END"


def _extract(holders: dict[str, str], name: str, function: str) -> str:
    holder = max((path for path in holders if not path or f"{name}.".startswith(f"{path}.")), key=len)
    rest = name[len(holder) :].lstrip(".")
    path = "$" + "".join(f'."{key}"' for key in rest.split(".") if key)
    return f"{function}({holders[holder]}, {quoted(path)})"


def open_json(path: Path, cut: Cut, records: str | None, scratch: Path) -> Text:
    """Make a JSON file ready to be read: each record on a line. Raises `BadData` naming the line that is no JSON."""
    file = open_text(path, replace(cut, any_length=True), scratch)
    with file.open() as lines:
        few = [line.strip() for line in islice((line for line in lines if line.strip()), 20)]
    if not few or (few[0][0] not in "[{") or (_is_record(few[0]) and len(few) > 1 and not records):
        return file
    if few[0][0] == "{" and any(map(_is_record, few[1:])) and not _is_record(few[0]) and not records:
        return file  # lines, of which the first is broken
    with file.open() as opened:
        text = opened.read()
    if few[0][0] == "{" and _is_record(few[0]) and len(few) == 1:
        whole = json.loads(few[0])
        if not (records or list_of_records(whole)):
            return file
    return _as_lines(file, text, records, scratch)


def _is_record(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def list_of_records(whole: dict[str, Any], depth: int = MAX_DEPTH) -> str | None:
    """Find the path of the longest list of objects in an object that holds little else; None if there is none."""
    if len(whole) > MAX_OTHER_KEYS or not depth:
        return None
    found: list[tuple[int, str]] = []
    for key, value in whole.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            found.append((len(value), key))
        elif isinstance(value, dict) and (inner := list_of_records(value, depth - 1)):
            entries: Any = value
            for part in inner.split("."):
                entries = entries[part]
            found.append((len(entries), f"{key}.{inner}"))
    return max(found)[1] if found else None


def _as_lines(file: Text, text: str, records: str | None, scratch: Path) -> Text:
    """A copy with a record on each line."""
    try:
        start = _skip_blanks(text, 0)
        if text[start] == "{":
            whole, end = json.JSONDecoder().raw_decode(text, start)
            path = records or list_of_records(whole) if not text[end:].strip() else None
            start = _start_of(text, start, path.split("."), file.name) if path else start
        target = scratch / f"{os.urandom(4).hex()}-{file.name.removesuffix('.gz')}"
        places, line, seen = [], 1, 0
        with target.open("w", encoding="utf-8", errors="replace", newline="") as copy:
            for begin, end in _entries(text, start):
                line += text.count("\n", seen, begin)
                seen = begin
                places.append(line)
                copy.write(text[begin:end].replace("\r", " ").replace("\n", " ") + "\n")
    except json.JSONDecodeError as error:
        line = file.skipped + error.lineno
        around = text[max(0, error.pos - 20) : error.pos + 30]
        raise BadData(
            f"{file.name}, line {line}: is not JSON: {error.msg}, found {around!r}; was the file cut off?"
        ) from error
    numbers = np.array(places, np.int64)
    return replace(file, path=target, gzipped=False, lines=len(places), places=numbers)


def _entries(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Begin and end of each entry of the list that begins there, or of each object that follows another."""
    decoder = json.JSONDecoder()
    listed = text[start] == "["
    at = _skip_blanks(text, start + 1 if listed else start)
    while at < len(text) and not (listed and text[at] == "]"):
        _, end = decoder.raw_decode(text, at)
        yield at, end
        at = _skip_blanks(text, end)
        if at < len(text) and text[at] == ",":
            at = _skip_blanks(text, at + 1)
        elif listed and (at >= len(text) or text[at] != "]"):
            raise json.JSONDecodeError("Expecting ',' or ']'", text, min(at, len(text)))
    if listed and at >= len(text):
        raise json.JSONDecodeError("Expecting ']'", text, len(text))


def _start_of(text: str, start: int, path: list[str], name: str) -> int:
    """Where the value under a path begins, in the object that begins at `start`."""
    decoder = json.JSONDecoder()
    at = _skip_blanks(text, start + 1)
    while text[at] != "}":
        key, end = decoder.raw_decode(text, at)
        at = _skip_blanks(text, _skip_blanks(text, end) + 1)  # behind the colon
        if key == path[0]:
            if len(path) > 1 and text[at] == "{":
                return _start_of(text, at, path[1:], name)
            if len(path) == 1 and text[at] == "[":
                return at
            break
        _, end = decoder.raw_decode(text, at)
        at = _skip_blanks(text, end)
        at = _skip_blanks(text, at + 1) if text[at] == "," else at
    raise BadData(f"{name}: holds no list under {'.'.join(path)!r}")


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in BLANK:
        at += 1
    return at
