"""Cells that hold several items, with a sign between or as a JSON list, become several rows."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import ibis

from endcap.core.errors import BadData
from endcap.data.columns import ROW, ROWS_PER_FILE, WHY
from endcap.data.sources.reading import Read, viewed
from endcap.data.sources.staging import named, quoted
from endcap.data.sources.texts import Note

MAX_ITEMS = 10_000
"""In one cell."""


def split_cells(found: Read, theirs: Mapping[str, str], separator: str, files: int, divided: Iterable[str]) -> Read:
    """One row for each item of a cell; `theirs` are the columns that stand for ours, `files` is how many there are.

    The rows of a line have the same line in files of the same name, whose numbers follow those of `files`. A price or
    quantity (one of ours that is `divided`) that is not divided as the items are is null, if there are several items.
    """
    item = theirs.get("item_id")
    if item is None:
        return found
    duck = found.table.get_backend()
    cells = list(dict.fromkeys(theirs[our] for our in divided if our in theirs and theirs[our] != item))
    mark = quoted(separator)

    def cut(name: str) -> str:
        # What stands at the ends is no separator; blanks around an item are not part of it.
        bare = f"trim({named(name)}::VARCHAR, {quoted(separator + ' ')})"
        return f"list_transform(string_split({bare}, {mark}), lambda x: trim(x))"

    parts = {name: f"_cut_{place}_" for place, name in enumerate([item, *cells])}
    lists = ", ".join(f"{cut(name)} AS {alias}" for name, alias in parts.items())
    many = f"len({parts[item]}) > 1"
    table = ibis.util.gen_name("split")
    values = [f"CASE WHEN {many} THEN {parts[item]}[_part_ + 1] ELSE {named(item)}::VARCHAR END AS {named(item)}"]
    values += [
        f"CASE WHEN NOT coalesce({many}, false) THEN {named(name)}::VARCHAR"
        f" WHEN len({parts[name]}) = len({parts[item]}) THEN {parts[name]}[_part_ + 1] END AS {named(name)}"
        for name in cells
    ]
    listed = f"SELECT *, {lists} FROM ({found.query})"
    count = f"greatest(coalesce(len({parts[item]}), 0), 1)"
    places = f"SELECT *, unnest(range({count})) AS _part_ FROM ({listed})"
    step = files * found.rows_per_line * ROWS_PER_FILE
    own = ", ".join(parts.values())
    lone = " OR ".join(
        f"({many} AND {named(name)} IS NOT NULL AND len({parts[name]}) <> len({parts[item]}))" for name in cells
    )
    duck.raw_sql(
        f"CREATE TEMP TABLE {table} AS SELECT * EXCLUDE ({own}) REPLACE ({', '.join(values)}, {ROW} + _part_ * {step}"
        f" AS {ROW}), coalesce({lone or 'false'}, false) AS _lone_ FROM ({places})"
    )
    counts = "max(_part_) + 1, count(*) FILTER (WHERE _part_ > 0), count(*) FILTER (WHERE _lone_)"
    ((most, more, lone_cells),) = duck.raw_sql(f"SELECT {counts} FROM {table}").fetchall()
    if (most or 1) > MAX_ITEMS:
        raise BadData(f"a cell of {item!r} holds {most:,} items between {separator!r}; is that their separator?")
    notes = [Note(f"cells of {item} divided into items", more, f"{separator!r} stands between the items of a cell")]
    if lone_cells:
        names = ", ".join(cells)
        why = f"of {names}, one value stands for several items; whose it is cannot be told, so these have none"
        notes.append(Note(f"values for several items of {item} left out", lone_cells, why))
    query = f"SELECT * EXCLUDE (_part_, _lone_) FROM {table}"
    return replace(
        found,
        table=viewed(duck, query),
        query=query,
        notes=(*found.notes, *notes),
        rows_per_line=found.rows_per_line * (most or 1),
    )


def unnest_cells(found: Read, column: str, fields: Iterable[str], files: int) -> Read:
    """One row for each entry of the JSON list in a cell of a column; `fields` are names such as ``column.sku``.

    The column itself becomes the entry, as text. An object alone is a list of one, a cell without entries makes a row
    without any, and lists as Python spells them (``['A', 'B']``) are read too. A cell of anything else is a problem.
    """
    if column not in found.table.columns:
        return found
    duck, cell = found.table.get_backend(), named(column)
    python = f"replace({cell}, {quoted(chr(39))}, {quoted(chr(34))})"
    for theirs, ours in (("None", "null"), ("True", "true"), ("False", "false")):
        python = f"replace({python}, '{theirs}', '{ours}')"
    valid = f"CASE WHEN json_valid({cell}) THEN {cell} WHEN json_valid({python}) THEN {python} END"
    entries = (
        "CASE json_type(_json_) WHEN 'ARRAY' THEN from_json(_json_, '[\"JSON\"]') WHEN 'OBJECT' THEN [_json_::JSON] END"
    )
    listed = f"SELECT *, {entries} AS _list_ FROM (SELECT *, {valid} AS _json_ FROM ({found.query}))"
    places = f"SELECT *, unnest(range(greatest(coalesce(len(_list_), 0), 1))) AS _part_ FROM ({listed})"
    wrong = quoted(f"{column} must be a JSON list, found ")
    why = f"CASE WHEN trim({cell}) <> '' AND _list_ IS NULL THEN {wrong} || {cell}[:80] END"
    names = list(dict.fromkeys(fields))
    values = [f"json_extract_string(_list_[_part_ + 1], {_path(name, column)}) AS {named(name)}" for name in names]
    known = [f"coalesce({WHY}, {why}) AS {WHY}"] if WHY in found.table.columns else []
    added = [*([] if known else [f"{why} AS {WHY}"]), *values]
    entry = f"json_extract_string(_list_[_part_ + 1], '$') AS {cell}"
    row = f"{ROW} + _part_ * {files * found.rows_per_line * ROWS_PER_FILE} AS {ROW}"
    table = ibis.util.gen_name("unnested")
    chosen = ", ".join([f"* EXCLUDE (_json_, _list_) REPLACE ({', '.join([row, entry, *known])})", *added])
    duck.raw_sql(f"CREATE TEMP TABLE {table} AS SELECT {chosen} FROM ({places})")
    ((most, more),) = duck.raw_sql(
        f"SELECT max(_part_) + 1, count(*) FILTER (WHERE _part_ > 0) FROM {table}"
    ).fetchall()
    if (most or 1) > MAX_ITEMS:
        raise BadData(f"a cell of {column!r} holds {most:,} entries; is that a list of items?")
    query = f"SELECT * EXCLUDE (_part_) FROM {table}"
    note = Note(f"JSON lists in {column} divided into items", more, "each entry of a list is a row")
    return replace(
        found,
        table=viewed(duck, query),
        query=query,
        columns=(*found.columns, *names) if found.columns else (),
        notes=(*found.notes, note),
        rows_per_line=found.rows_per_line * (most or 1),
    )


def _path(name: str, column: str) -> str:
    """Return the JSON path of a field in an entry, as SQL."""
    keys = name.removeprefix(f"{column}.").split(".")
    return quoted("$" + "".join(f'."{key}"' for key in keys))
