"""What a table holds and what its columns mean, told from their names and, more surely, from their values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from endcap.core.records import KINDS
from endcap.data.cells import separator_of
from endcap.data.columns import CATALOG, EVENTS, REQUIRED_EVENTS
from endcap.data.sources.availability import read_availability
from endcap.data.sources.parsing import EXCEL
from endcap.data.starting.catalog_formats import CatalogFormat, catalog_format
from endcap.data.starting.exclusions import find_excluded, is_status
from endcap.data.starting.guess import Guessed, Match
from endcap.data.starting.looking import Seen
from endcap.data.starting.names import (
    CATALOG_NAMES,
    COOKIE_NAMES,
    CURRENCIES,
    EVENT_NAMES,
    is_person,
    kind_of,
    likeness,
    plain,
)
from endcap.data.starting.offers import with_offers
from endcap.data.starting.values import (
    MOST,
    are_fractions,
    are_moments,
    examples_of,
    fits,
    holds_json,
    likely_formats,
    share_of,
    time_format,
)
from endcap.data.starting.visitors import add_people, add_visits

NUMBER = re.compile(r"^(\D{0,3}\s?)?([+-]?[\d.,]*\d)(\s?\D{0,3})?$")
COMMA = re.compile(r"\d,\d{1,2}\D*$")
NO_QUANTITY = re.compile(r"[+-]?0+([.,]0+)?")
MIN_CALLED = 0.6
"""Minimum similarity of a column name to the names of times where the values are no times."""
RECORD_NUMBERS = ("orderid", "ordernumber", "number", "incrementid", "id", "name", "reference", "no")
FEW = {"device": 50, "country": 250, "price_list": 50}
"""A column with more different values names single devices or places, not kinds of them."""


def guessed(table: Seen) -> Guessed:
    """What the table holds, and which of its columns stand for ours; of a table that is not used, why."""
    if table.problem or not table.columns:
        return Guessed(table.place, "unused", reason=f"cannot be read: {table.problem or 'it has no columns'}")
    events = event_matches(table)
    if set(REQUIRED_EVENTS) <= set(table.columns):
        return as_events(table, {name: _own(table, name) for name in EVENTS if name in table.columns}, own=True)
    acted = {"kind", "user_id", "session_id", "order_id"} & set(events)
    if ("time" in events or table.time_columns) and "item_id" in events and acted:
        return as_events(table, events)
    if catalog_format(table.columns):
        return as_catalog(table)
    catalog = _matches(table, CATALOG, CATALOG_NAMES)
    if "item_id" in catalog and set(catalog) & {"title", "category", "brand", "family", "image", "available"}:
        return as_catalog(table, catalog)
    return Guessed(table.place, "unused", reason=_why_unused(table, events, catalog))


def event_matches(table: Seen) -> dict[str, Match]:
    """For each of our columns of events the one of theirs that fits best."""
    found = _matches(table, EVENTS, EVENT_NAMES)
    if _counts_steps(table, found):
        del found["order_id"]
    return found


def _counts_steps(table: Seen, found: Mapping[str, Match]) -> bool:
    """Whether what is called an order counts the steps of a visit: most of its numbers stand in several visits."""
    who = found.get("session_id") or found.get("user_id")
    if "order_id" not in found or who is None:
        return False
    visits: dict[object, set[object]] = {}
    numbers, people = table.columns[found["order_id"].theirs], table.columns[who.theirs]
    for number, person in zip(numbers, people, strict=True):
        if number is not None and person is not None:
            visits.setdefault(number, set()).add(person)
    shared = sum(len(several) > 1 for several in visits.values())
    return all(str(number).isdigit() for number in visits) and shared > 0.5 * len(visits)


def _why_unused(table: Seen, events: Mapping[str, Match], catalog: Mapping[str, Match]) -> str:
    there = f"columns are: {', '.join(table.columns)}"
    if not table.rows:
        return f"holds no row below the names of its columns; {there}"
    if "item_id" not in events and "item_id" not in catalog:
        return f"no column looks like an item id; {there}"
    if "time" not in events:
        return f"no column looks like a moment of an event, and none like the title or category of an item; {there}"
    return f"no column says who did it, in which order, or what was done; {there}"


def as_catalog(table: Seen, found: Mapping[str, Match] | None = None) -> Guessed:
    """The table as a catalog, whatever it holds; what is needed and not found is among the missing."""
    known = catalog_format(table.columns)
    if known:
        return _of_known_catalog(table, known)
    found = with_offers(table, _matches(table, CATALOG, CATALOG_NAMES) if found is None else found)
    missing = {} if "item_id" in found else {"item_id": tuple(table.columns)}
    options: dict[str, object] = {}
    checks: dict[str, str] = {}
    options |= add_money(table, found, checks)
    currency = options.pop("currency", None)
    if currency:
        options["currency"] = currency
    ids = table.text[found["item_id"].theirs] if "item_id" in found else ()
    if len(set(ids)) < len(ids) and "price_list" not in found:
        options["one_per_item"] = True
        checks["one_per_item"] = "an item stands more than once; its last line counts"
    return Guessed(table.place, "catalog", tuple(found.values()), options, checks, notes=table.notes, missing=missing)


def _of_known_catalog(table: Seen, known: CatalogFormat) -> Guessed:
    matches = []
    for ours, theirs in known.catalog_columns.items():
        names = [name for name in ([theirs] if isinstance(theirs, str) else theirs) if name in table.columns]
        if names:
            matches.append(Match(ours, names[0], 1.0, examples_of(table.text[names[0]]), then=tuple(names[1:])))
    options: dict[str, object] = {"query": known.query_over(table.columns)} if known.query else {}
    return Guessed(table.place, "catalog", tuple(matches), options, notes=table.notes)


def _own(table: Seen, name: str) -> Match:
    return Match(name, name, 1.0, examples_of(table.text[name]))


def as_events(table: Seen, found: dict[str, Match], own: bool = False) -> Guessed:
    """The table as one of events; what is needed and not found is among the missing.

    With our own names, a value that we do not know is a mistake; with others, it is something else of theirs.
    """
    options: dict[str, object] = {}
    checks: dict[str, str] = {}
    add_time(table, found, options, checks)
    if "order_id" not in found and "item_id" in found and found["item_id"].theirs.startswith(f"{_entries(table)}."):
        number = _number_of_record(table)
        if number and number.theirs not in {match.theirs for match in found.values()}:
            found["order_id"] = number
    visits = "" if "session_id" in found else add_visits(table, found)
    if "kind" in found:
        kinds, unsure = _kinds(table.text[found["kind"].theirs])
        if own:
            kinds, unsure = {theirs: ours for theirs, ours in kinds.items() if theirs not in unsure}, []
        options["kinds"] = kinds
        checks |= {f"kinds.{theirs}": "is a kind that we do not know" for theirs in unsure}
    else:
        options["constants"] = {"kind": "purchase" if "order_id" in found else "view"}
        checks["constants"] = "no column says what happened"
    item = found.get("item_id")
    if item and (mark := table.packed.get(item.theirs) or separator_of(table.text[item.theirs])):
        options["items_separator"] = mark
        checks["items_separator"] = f"a cell such as {item.examples[0]!r} names several items; each is an event"
    options |= add_money(table, found, checks)
    notes = [*table.notes, *add_people(table, found)]
    add_excluded(table, found, options, checks)
    if visits == "visitor" and found["session_id"].theirs == found.get("user_id", found["session_id"]).theirs:
        session, user = found["session_id"], found.get("user_id", found["session_id"])
        found["session_id"] = replace(session, then=tuple(dict.fromkeys((*user.then, *session.then))))
    there = {*found, "kind", *(["time"] if "time_columns" in options else [])}
    missing = {name: candidates(table, name, found) for name in REQUIRED_EVENTS if name not in there}
    return Guessed(table.place, "events", tuple(found.values()), options, checks, "", tuple(notes), missing, visits)


def add_excluded(
    table: Seen, found: Mapping[str, Match], options: dict[str, object], checks: dict[str, str]
) -> list[str]:
    """Add the setting `exclude` for cancelled or refunded orders; returns the columns of statuses."""
    taken = [name for match in found.values() for name in (match.theirs, *match.then)]
    excluded = find_excluded(table, taken)
    if excluded:
        options["exclude"] = excluded.exclude
        checks["exclude"] = excluded.check
    return list(excluded.exclude) if excluded else []


def candidates(table: Seen, ours: str, found: Mapping[str, Match]) -> tuple[str, ...]:
    """The columns that may be meant by one of ours: those that are not taken, and hold such values if any does."""
    taken = {match.theirs for match in found.values()}
    free = [name for name in table.columns if name not in taken] or list(table.columns)
    if ours == "time":
        dated = [
            name
            for name in free
            if table.text[name]
            and (are_moments(table.columns[name]) or time_format(table.text[name], table.said_format))
        ]
        return tuple(dated or free)
    return tuple(free)


def named_time(table: Seen, found: Mapping[str, Match]) -> Match | None:
    """Return the column with the name of a time whose cells cannot be read as times, with an example cell."""
    taken = {match.theirs for match in found.values()}
    free = [name for name in table.columns if name not in taken and table.text[name]]
    called = {name: likeness(_bare(name, table), EVENT_NAMES["time"]) for name in free}
    name = max(free, key=lambda name: called[name], default=None)
    if name is None or called[name] < MIN_CALLED:
        return None
    forms, share = likely_formats(table.text[name])
    unread = [text for text in table.text[name] if not share or not fits(text, forms[0])]
    check = f"cells such as {unread[0]!r} cannot be read as a time: say time_format"
    if share:
        check += f"; {share:.0%} of the cells are written {forms[0]}"
    return Match("time", name, 0.5, examples_of(unread), check)


def add_time(table: Seen, found: dict[str, Match], options: dict[str, object], checks: dict[str, str]) -> None:
    """How the time is written; a column of dates is put together with the one of times of day beside it."""
    pair = next(iter(table.time_columns), None)
    if pair and ("time" not in found or found["time"].theirs in pair):
        found.pop("time", None)
        options["time_columns"] = list(pair)
        texts = [" ".join(map(str, parts)) for parts in zip(*(table.columns[name] for name in pair), strict=True)]
        form, check = time_format(texts, table.said_format) or (None, "")
        key = "time_columns"
    elif "time" in found:
        form, check = time_format(table.text[found["time"].theirs], table.said_format) or (None, "")
        if are_moments(table.columns[found["time"].theirs]):
            form, check = None, ""
        key = "columns.time"
    else:
        return
    if form:
        options["time_format"] = form
    if check:
        checks["time_format" if form else key] = check


def _kinds(values: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Their kinds in ours; those that nothing is known of are left out."""
    theirs = sorted(set(values))
    known = {value: kind_of(value) for value in theirs}
    mapped = {value: kind or "ignore" for value, kind in known.items() if kind != value or value not in KINDS}
    return mapped, [value for value, kind in known.items() if kind is None]


def add_money(table: Seen, found: Mapping[str, Match], checks: dict[str, str]) -> dict[str, object]:
    """What is to be said of prices and quantities; what is to be checked goes into `checks`."""
    options: dict[str, object] = {}
    if "price" in found:
        prices, theirs = table.text[found["price"].theirs], found["price"].theirs
        sign = table.decimals.get(theirs)
        if sign == "?":
            checks["columns.price"] = "prices can be read with a point or a comma before the decimals: say decimal"
        elif sign == "," or (sign is None and share_of(prices, lambda text: bool(COMMA.search(text))) > 0.3):
            options["decimal"] = ","
        sign = next((code for mark, code in CURRENCIES.items() if any(mark in text for text in prices)), None)
        if sign and "currency" not in found:
            options["currency"] = sign
            checks["currency"] = "told from the sign beside the prices"
    if "quantity" in found:
        quantities = table.text[found["quantity"].theirs]
        if any(text.startswith("-") for text in quantities):
            options["returns"] = True
        none = sum(bool(NO_QUANTITY.fullmatch(text)) for text in quantities)
        if none:
            options["zero_quantity"] = "ignore"
            checks["zero_quantity"] = (
                f"{none:,} of {len(quantities):,} lines looked at have quantity 0: cancelled lines, gifts or "
                'corrections of stock; they are left out here, "one" counts each as one piece'
            )
    return options


def _matches(table: Seen, ours: Mapping[str, object], names: Mapping[str, str]) -> dict[str, Match]:
    """For each of our columns the one of theirs that fits best; no column stands for two of ours."""
    scored = [
        (_score(our, theirs, table, names[our]), our, theirs)
        for our in ours
        for theirs in table.columns
        if our in names
    ]
    found: dict[str, Match] = {}
    taken: set[str] = set()
    for score, our, theirs in sorted(scored, key=lambda entry: -entry[0]):
        if score >= 0.4 and our not in found and theirs not in taken:
            check = "" if score >= 0.8 else "guessed from few signs"
            found[our] = Match(our, theirs, round(score, 2), examples_of(table.text[theirs]), check)
            taken.add(theirs)
    return {our: found[our] for our in ours if our in found}


def _score(our: str, theirs: str, table: Seen, names: str) -> float:
    """From 0 to 1; what the values say outweighs what the name says."""
    like, values, raw = likeness(_bare(theirs, table), names), table.text[theirs], table.columns[theirs]
    score = like
    if not values or any(isinstance(value, dict | list) for value in raw):
        score = 0.0
    elif our == "time":
        told = 0.5 if are_moments(raw) or not values[0].isdigit() else 0.4
        form = time_format(values, table.said_format)
        score = max(like, told) if are_moments(raw) or form else 0.0
        if form and form[0] == EXCEL and not like:  # whole numbers of five digits are ids, too
            score = 0.0
    elif our == "kind":
        words = set(values)
        known = sum(kind_of(word) is not None for word in words) / len(words)
        score = max(like * known, 0.85 * known) if len(words) <= 50 and not is_status(theirs, values) else 0.0
    elif our in ("price", "quantity", "position"):
        score = like if share_of(values, lambda text: bool(NUMBER.match(text))) >= MOST else 0.0
    elif our == "currency":
        codes = share_of(values, lambda text: bool(re.fullmatch(r"[A-Z]{3}", text)))
        score = max(like, 0.3) if codes >= MOST else 0.0
    elif our in FEW:
        score = like if len(set(values)) <= FEW[our] and not is_person(theirs) else 0.0
    elif our == "available":
        score = like if share_of(values, lambda text: read_availability(text) is not None) >= MOST else 0.0
    elif our == "user_id":
        score = _as_person(theirs, table, like)
    elif our.endswith("_id") and (are_moments(raw) or are_fractions(values) or share_of(values, holds_json) > 0.5):
        score = 0.0
    elif our == "item_id" and theirs == _entries(table):
        score = max(score, 0.7)
    return score


def _bare(name: str, table: Seen) -> str:
    """The name of a column without the path of the list that its rows are entries of."""
    return name.removeprefix(f"{_entries(table)}.")


def _entries(table: Seen) -> str:
    """The path of the innermost list whose entries are the rows; empty if rows are whole records."""
    unnest = table.options.get("unnest", "")
    return unnest if isinstance(unnest, str) else ".".join(map(str, unnest)) if isinstance(unnest, list | tuple) else ""


def _number_of_record(table: Seen) -> Match | None:
    """Where rows are entries of a list in each record (the lines of an order), the column that numbers the records."""
    entries = _entries(table)
    if not entries:
        return None
    named = [name for name in table.columns if "." not in name and plain(name) in RECORD_NUMBERS and table.text[name]]
    named.sort(key=lambda name: RECORD_NUMBERS.index(plain(name)))
    return Match("order_id", named[0], 0.85, examples_of(table.text[named[0]])) if named else None


def _as_person(theirs: str, table: Seen, like: float) -> float:
    """How likely a column holds the ids of people: called like it, and not a number of its own for every row."""
    values = table.text[theirs]
    if are_moments(table.columns[theirs]) or are_fractions(values) or (like <= 0.6 and not is_person(theirs)):
        return 0.0
    single = len(values) >= 20 and len(set(values)) == len(values)
    return 0.0 if single and plain(theirs) in COOKIE_NAMES.split() else max(like, 0.6)
