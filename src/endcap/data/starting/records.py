"""A look at JSON: the keys of some thousand records, flat, and the list in each of them whose entries are items."""

import ast
import json
from collections.abc import Iterable, Mapping
from typing import Any

from endcap.data.starting.names import EVENT_NAMES, likeness

ITEM_LISTS = (
    "line_items", "lineitems", "items", "order_items", "products", "lines", "order_lines", "orderlines", "positions",
    "articles", "cart_items", "basket", "contents", "details", "entries", "artikel", "positionen", "produits",
    "productos",
)  # fmt: skip
"""What lists of items are called in orders, the likeliest first."""
MIN_SHARE = 0.5
"""Share of the records that hold the list."""
MAX_DISTINCT = 0.7
"""Share of the texts in lists that may differ from all others, if they are ids."""
MAX_DEPTH = 4
MAX_COLUMNS = 500


def flat(record: Mapping[str, Any], prefix: str = "", depth: int = MAX_DEPTH) -> dict[str, Any]:
    """The values of a record by their paths; objects and lists stand under their own path too."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        if not key or "." in key or '"' in key:
            continue
        found[f"{prefix}{key}"] = value
        if isinstance(value, dict) and depth > 1:
            found |= flat(value, f"{prefix}{key}.", depth - 1)
    return found


def entries_of(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, also of one that lies there as text; none of anything else."""
    if isinstance(value, str) and value.startswith("[{"):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def list_in(cell: Any) -> Any:
    """The list that lies in a cell as JSON, or as Python spells it; anything else as it is."""
    if not isinstance(cell, str) or not cell.strip().startswith("["):
        return cell
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return found if isinstance(found, list) else cell
    return cell


def find_values(records: list[dict[str, Any]]) -> str | None:
    """Find the column of lists of texts or numbers that recur, as ids of items do; None if there is none."""
    for name in records[0] if records else ():
        lists = [record[name] for record in records if isinstance(record[name], list)]
        values = [value for entries in lists for value in entries if isinstance(value, str | int)]
        recur = len({*values}) <= MAX_DISTINCT * len(values)
        if len(lists) >= MIN_SHARE * len(records) and values and (recur or _like_items(name)):
            return name
    return None


def find_items(records: list[dict[str, Any]]) -> str | None:
    """Find the path of the list of items in records of orders; None if there is none."""
    paths: dict[str, int] = {}
    examples: dict[str, dict[str, Any]] = {}
    for record in records:
        for path, value in record.items():
            if entries := entries_of(value):
                paths[path] = paths.get(path, 0) + 1
                examples.setdefault(path, {}).update(entries[0])
    scores = {
        path: (_like_items(path), _like_item(examples[path]), count)
        for path, count in paths.items()
        if count >= MIN_SHARE * len(records) and _like_item(examples[path]) > 0
    }
    return max(scores, key=lambda path: scores[path]) if scores else None


def _like_items(path: str) -> int:
    name = path.rpartition(".")[2].lower()
    return len(ITEM_LISTS) - ITEM_LISTS.index(name) if name in ITEM_LISTS else 0


def _like_item(entry: Mapping[str, Any]) -> float:
    keys = [*flat(entry)]
    return max((likeness(key, EVENT_NAMES["item_id"]) for key in keys), default=0.0)


def rows_of(records: Iterable[dict[str, Any]], unnest: str | None) -> list[dict[str, Any]]:
    """One flat row for each record, or for each entry of the list that is unnested."""
    rows = []
    for record in records:
        held = record.get(unnest) if unnest else None
        entries = entries_of(held)
        if unnest and isinstance(held, list) and not entries:  # of texts or numbers
            rows += [record | {unnest: value} for value in held] or [record | {unnest: None}]
            continue
        rows += [record | flat(entry, f"{unnest}.") for entry in entries] or [record]
    return rows


def columns_of(rows: list[dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """The rows by columns."""
    names: dict[str, None] = {}
    for row in rows:
        names |= dict.fromkeys(row)
    return {name: tuple(row.get(name) for row in rows) for name in list(names)[:MAX_COLUMNS]}
