"""Sources that join two tables: orders with their lines, and items with their stock."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from endcap.data.sources.staging import named
from endcap.data.starting.guess import Given, Guessed, Match
from endcap.data.starting.guessing import add_excluded, add_money, add_time, event_matches
from endcap.data.starting.looking import Seen
from endcap.data.starting.names import likeness
from endcap.data.starting.source_text import check_text, toml

FILES = ("csv", "json", "parquet")
OF_LINES = ("item_id", "quantity", "price", "currency")
OF_ORDERS = ("time", "user_id", "device", "country")
SHARED = 0.5
"""Share of the order numbers of the lines that the other table must have, of those that were looked at."""
OF_ITEMS = ("available", "price", "currency", "title", "category", "brand", "family")
"""Columns that `join_catalogs` takes from the second file."""
ORDER_NAMES = "orderid ordernumber id name number incrementid entityid"
Matches = Mapping[str, Match]


def joined_text(pairs: Sequence[tuple[Seen, Guessed]], given: Given) -> tuple[str, dict[str, Guessed]] | None:
    """The source that joins orders and their lines, and what each of the two tables is; None if there are no two."""
    tables = [
        table for table, _ in pairs if table.use in FILES and table.columns and set(table.options) <= {"encoding"}
    ]
    for lines in tables:
        items = event_matches(lines)
        if "item_id" not in items or "order_id" not in items:
            continue
        for orders in tables:
            heads = event_matches(orders)
            key = _key(lines.text[items["order_id"].theirs], orders) if orders is not lines else None
            if key and "time" in heads:
                return _written((lines, items), (orders, heads), key, given)
    return None


def join_catalogs(items: tuple[Seen, Guessed], more: tuple[Seen, Guessed]) -> tuple[Guessed, Guessed] | None:
    """Return a catalog that also says what a second file does (such as stock), and what that file is.

    Returns None if the second says nothing that the first does not, or the two cannot be joined: both must be plain
    files, and where the second has several rows of an item (such as one for each warehouse), only numbers of pieces
    can be added up.
    """
    (table, guess), (other, extra) = items, more
    known = {match.ours: match for match in guess.matches}
    added = {match.ours: match for match in extra.matches if match.ours in OF_ITEMS and match.ours not in known}
    plain = all(one.use in FILES and set(one.options) <= {"encoding"} and one.columns for one in (table, other))
    if not added or not plain or "query" in guess.options:
        return None
    key = item_id(extra).theirs
    ids = other.text[key]
    fields = {ours: f"any_value({named(match.theirs)})" for ours, match in added.items()}
    if len(set(ids)) < len(ids):
        counts = set(added) == {"available"} and _are_counts(other.text[added["available"].theirs])
        if not counts or added["available"].then:
            return None
        fields["available"] = f"sum(TRY_CAST({named(added['available'].theirs)} AS DOUBLE))"
    elif any(match.then for match in added.values()):
        return None
    selected = ", ".join(f"{field} AS {ours}" for ours, field in fields.items())
    query = (
        f"SELECT i.*, {', '.join(f's.{ours}' for ours in fields)} FROM items AS i LEFT JOIN "
        f"(SELECT {named(key)} AS joined_id, {selected} FROM more GROUP BY 1) AS s "
        f"ON i.{named(item_id(guess).theirs)} = s.joined_id"
    )
    options = guess.options | {"query": query, "files": {"items": table.place, "more": other.place}}
    matches = (*guess.matches, *(replace(match, theirs=ours) for ours, match in added.items()))
    used = Guessed(other.place, "more of the catalog", (item_id(extra), *added.values()))
    return replace(guess, matches=matches, options=options), used


def item_id(guess: Guessed) -> Match:
    """Return the column of ids of a table of items."""
    return next(match for match in guess.matches if match.ours == "item_id")


def _are_counts(values: Sequence[str]) -> bool:
    return all(re.fullmatch(r"[+-]?\d+(\.\d+)?", value) for value in values)


def _key(numbers: Sequence[str], orders: Seen) -> str | None:
    """The column of the orders that holds their numbers; they are different in every row."""
    wanted = set(numbers)
    fitting = [
        name
        for name, values in orders.text.items()
        if likeness(name, ORDER_NAMES)
        and len(set(values)) == len(values)
        and len(wanted & set(values)) >= SHARED * len(wanted)
    ]
    return max(fitting, key=lambda name: likeness(name, ORDER_NAMES), default=None)


def _written(
    lines: tuple[Seen, Matches], orders: tuple[Seen, Matches], key: str, given: Given
) -> tuple[str, dict[str, Guessed]]:
    items, heads = lines[1], orders[1]
    of_lines = {name: items[name] for name in OF_LINES if name in items}
    of_orders = {name: heads[name] for name in OF_ORDERS if name in heads and heads[name].theirs != key}
    order = items["order_id"]
    options: dict[str, object] = {}
    checks: dict[str, str] = {}
    add_time(orders[0], dict(heads), options, checks)
    options |= add_money(lines[0], items, checks)
    statuses = add_excluded(orders[0], heads, options, checks)
    options |= {name: value for name, value in given.settings().items() if name not in ("skip", "header", "delimiter")}
    fields = [
        *(f"l.{named(match.theirs)} AS {name}" for name, match in of_lines.items()),
        *(f"o.{named(match.theirs)} AS {name}" for name, match in of_orders.items()),
        *(f"l.{named(order.theirs)} AS {name}" for name in ("order_id", "session_id")),
        *(f"o.{named(name)} AS {named(name)}" for name in statuses),
    ]
    selected = ", ".join(fields)
    joined = f"FROM lines AS l JOIN orders AS o ON l.{named(order.theirs)} = o.{named(key)}"
    text = [
        "# The lines of an order lie in one file, its moment and its customer in another: they are joined here.",
        "[[sources]]",
        'use = "sql"',
        f"files = {toml({'lines': lines[0].place, 'orders': orders[0].place})}",
        f"events = {toml(f'SELECT {selected} {joined}')}",
        *(f"{name} = {toml(value)}{check_text(checks.get(name))}" for name, value in options.items()),
        "[sources.constants]",
        'kind = "purchase"',
        "",
    ]
    kind: dict[str, object] = {"constants": {"kind": "purchase"}}
    used = {
        lines[0].place: Guessed(lines[0].place, "events", (*of_lines.values(), order), options | kind, checks),
        orders[0].place: Guessed(orders[0].place, "orders", tuple(of_orders.values())),
    }
    return "\n".join(text), used
