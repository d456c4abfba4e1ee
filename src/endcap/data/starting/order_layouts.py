"""Orders with several items in one row: a query turns each item into a row."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from endcap.data.sources.staging import named, quoted
from endcap.data.starting.looking import Seen
from endcap.data.starting.names import EVENT_NAMES, likeness, plain
from endcap.data.starting.values import holds_json, share_of, time_format

NUMBERED = re.compile(r"(.*?)(\d{1,2})(\D*)")
QUANTITIES = re.compile("(qty|quantity|menge|anzahl|cantidad|quantite|quantita|aantal|quantidade|ilosc)$")
"""Endings of column names for quantities, such as ``sku_1_qty``."""
EXACT = 0.7
"""Minimum similarity of a column name to a known name; partial matches score lower."""
SEPARATORS = (",", ";", "|", "\n", "+")
AMOUNTS = (
    (r"^(.+?)\s+[x×*]\s*(\d{1,4})$", 1, 2), (r"^(\d{1,4})\s*[x×*]\s*(.+)$", 2, 1),
    (r"^(.+?)\s*\((\d{1,4})\)$", 1, 2), (r"^(.*[^\d\s:].*?):\s*(\d{1,4})$", 1, 2),
)  # fmt: skip
"""Patterns for an item with a quantity: the regular expression, and its groups for the item and for the quantity."""
MOST = 0.9
HALF = 0.5
MAX_DISTINCT = 0.7
"""Maximum share of distinct items; in a list of orders, items repeat."""
FILES = ("csv", "parquet", "json")
ROLES = ("item_id", "quantity", "price")


@dataclass(frozen=True)
class OrderLayout:
    """How a table stores several items in one row, and the query that makes one row per item."""

    says: str
    """A sentence that names the columns of the items, without the name of the file."""
    query: str
    """SQL over a table ``orders`` that returns one row per item."""
    columns: Mapping[str, tuple[Any, ...]]
    """The columns that the query returns, for the rows that were sampled."""


def find_layout(table: Seen) -> OrderLayout | None:
    """Find numbered columns of items, or cells that list items with quantities; None if there are none."""
    return _of_numbered(table) or _of_amounts(table)


def in_long_form(table: Seen) -> Seen | None:
    """Return the table with one row per item, read by a query; None if no row holds several items.

    A query reads a file from its first line on: what needs other settings than an encoding is left as it is.
    """
    layout = find_layout(table)
    if layout is None or table.use not in FILES or not set(table.options) <= {"encoding"}:
        return None
    options = {"files": {"orders": table.place}, **table.options}
    notes = (*table.notes, f"{layout.says}: the query makes a row of each")
    rows = round(table.rows * len(layout.columns["item_id"]) / max(len(next(iter(table.columns.values()))), 1))
    return replace(
        table, use="sql", query=layout.query, options=options, notes=notes, columns=layout.columns, rows=rows,
        packed={}, decimals={name: sign for name, sign in table.decimals.items() if name in layout.columns},
    )  # fmt: skip


def items_told(table: Seen) -> str:
    """Say how the table stores its items and which setting reads them; empty if that is unknown."""
    layout = find_layout(table)
    if layout:
        return (
            f"{table.place}: {layout.says}. A query reads them, of a file that begins with the names of its columns: "
            f'use = "sql", files = {{ orders = "…" }}, and as events:\n{layout.query}'
        )
    nested = [name for name, values in table.text.items() if share_of(values, holds_json) > HALF]
    if not nested:
        return ""
    cell = table.text[nested[0]][0][:60]
    return (
        f"{table.place}: {nested[0]} holds JSON, such as {cell!r}. Lists of items are read: in a CSV or JSON file say "
        f'unnest = "{nested[0]}", and item_id = "{nested[0]}.sku", with the key of the id in place of sku; what is no '
        "list of items must be exported as one"
    )


def _of_numbered(table: Seen) -> OrderLayout | None:
    groups: dict[tuple[str, str], dict[int, str]] = {}
    for name in table.columns:
        match = NUMBERED.fullmatch(name)
        if match:
            groups.setdefault((match[1], match[3]), {})[int(match[2])] = name
    found: dict[str, dict[int, str]] = {}
    for (before, behind), names in groups.items():
        role = _role(before, behind)
        if (
            role
            and len(names) > 1
            and len(names) > len(found.get(role, ()))
            and any(map(table.text.get, names.values()))
        ):
            found[role] = names
    items = found.get("item_id")
    if items is None or _has_items(table, items.values()):
        return None
    parts = []
    for number, item in sorted(items.items()):
        chosen = {"item_id": item} | {role: found[role][number] for role in ROLES[1:] if number in found.get(role, ())}
        parts.append(chosen)
    used = {name for names in found.values() for name in names.values()}
    rest, left = _rest(table, used)
    selects = [
        f"SELECT * EXCLUDE ({', '.join(map(named, left))}), "
        + ", ".join(f"{named(chosen[role]) if role in chosen else 'NULL'} AS {role}" for role in ROLES if role in found)
        + f" FROM orders WHERE trim({named(chosen['item_id'])}::VARCHAR) <> ''"
        for chosen in parts
    ]
    rows = [
        {**{name: table.columns[name][row] for name in rest}, **{
            role: table.columns[chosen[role]][row] if role in chosen else None for role in ROLES if role in found
        }}
        for row in range(len(next(iter(table.columns.values()))))
        for chosen in parts
        if str(table.columns[chosen["item_id"]][row] or "").strip()
    ]  # fmt: skip
    says = f"{', '.join(name for _, name in sorted(items.items()))} name an item each"
    return OrderLayout(says, "\nUNION ALL\n".join(selects), _by_column(rows))


def _role(before: str, behind: str) -> str | None:
    """What a group of numbered columns stands for: ids of items, their quantities or prices; None for others."""
    words = [plain(word) for word in re.split(r"[\W_]+", f"{before} {behind}") if word]
    whole, last = "".join(words), words[-1] if words else ""
    if QUANTITIES.search(whole):
        return "quantity"
    return next(
        (role for role in ("price", "item_id") for word in (whole, last) if likeness(word, EVENT_NAMES[role]) >= EXACT),
        None,
    )


def _of_amounts(table: Seen) -> OrderLayout | None:
    for name, values in table.text.items():
        if len(values) < 3 or not any(letter.isdigit() for letter in values[0]) or time_format(values):
            continue
        for mark in SEPARATORS:
            several = share_of(values, lambda text, mark=mark: mark in text)  # type: ignore[misc]
            if not several:
                continue
            form = next((form for form in AMOUNTS if _told(values, mark, form)), None)
            if form and not _has_items(table, [name]):
                return _cut(table, name, mark, form)
    return None


def _told(values: Sequence[str], mark: str, form: tuple[str, int, int]) -> bool:
    """Return whether most parts of the cells are an item with a quantity, and items repeat."""
    parts = [part.strip() for text in values[:1000] for part in text.split(mark) if part.strip()]
    items = [match[form[1]] for part in parts if (match := re.match(form[0], part))]
    return len(items) >= MOST * len(parts) and len(set(items)) <= MAX_DISTINCT * len(parts)


def _cut(table: Seen, name: str, mark: str, form: tuple[str, int, int]) -> OrderLayout:
    pattern, item, amount = form
    rest, left = _rest(table, {name})
    query = (
        f"SELECT * EXCLUDE ({', '.join(map(named, [*left, '_part_']))}), "
        f"coalesce(nullif(regexp_extract(_part_, {quoted(pattern)}, {item}), ''), _part_) AS item_id, "
        f"nullif(regexp_extract(_part_, {quoted(pattern)}, {amount}), '') AS quantity\n"
        f"FROM (SELECT *, trim(unnest(string_split({named(name)}, {quoted(mark)}))) AS _part_ FROM orders)\n"
        "WHERE _part_ <> ''"
    )
    rows = []
    for row, cell in enumerate(table.columns[name]):
        for part in str(cell or "").split(mark):
            match = re.match(pattern, part.strip())
            known = {"item_id": match[item], "quantity": match[amount]} if match else {"item_id": part.strip()}
            if part.strip():
                rows.append({**{other: table.columns[other][row] for other in rest}, "quantity": None, **known})
    cell = table.text[name][0][:40]
    return OrderLayout(f"a cell of {name} such as {cell!r} names items with their amounts", query, _by_column(rows))


def _rest(table: Seen, used: set[str]) -> tuple[list[str], list[str]]:
    """Return the columns to keep and those to drop: columns of items, and prices and quantities of the whole order."""
    whole = {
        name
        for name in table.columns
        for role in ROLES
        if likeness(name, EVENT_NAMES[role]) >= EXACT and name not in used
    }
    left = [name for name in table.columns if name in used | whole]
    return [name for name in table.columns if name not in left], left


def _has_items(table: Seen, but: Any) -> bool:
    """Whether another column is called like ids of items."""
    others = [name for name in table.columns if name not in set(but) and table.text[name]]
    return any(likeness(name, EVENT_NAMES["item_id"]) >= EXACT for name in others)


def _by_column(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(row[name] for row in rows) for name in (rows[0] if rows else ("item_id",))}
