"""The settings file: sources as they were guessed, and models for what the data holds. There always is one."""

import os
import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import Any

import ibis

from endcap.core.errors import BadData, EndcapError
from endcap.core.part import build
from endcap.data.ledger import Ledger
from endcap.data.plausible import FIRST_DAY, LAST_DAY, epoch
from endcap.data.prepare import united
from endcap.data.starting.facts import Facts, facts_of_tables
from endcap.data.starting.format_text import draft_of_format
from endcap.data.starting.formats import recognised
from endcap.data.starting.guess import Draft, Given, Guess, Guessed
from endcap.data.starting.guessing import as_catalog, as_events, event_matches, guessed, named_time
from endcap.data.starting.joins import item_id, join_catalogs, joined_text
from endcap.data.starting.looking import Seen, seen
from endcap.data.starting.models_and_slots import models_and_slots
from endcap.data.starting.order_layouts import in_long_form, items_told
from endcap.data.starting.source_text import FIELDS, catalog_text, source_text, toml

TEMPLATE = Template("""\
# Every table below is a thing you can change; `use` names a part, the other keys are its settings.
$found
[shop]
name = "shop"
$currency
$sources
$prepare
$parts""")
DATABASES = ("duckdb", "postgres", "ibis")
SAME_ITEMS = 0.5
"""Share of the items of a catalog that another lists too, from which on it is a second catalog of the same shop."""
MAX_MISDATED = 0.05
"""Up to this share of events with a time that no shop has, they are left out; with more, the times were read wrong."""
Pair = tuple[Seen, Guessed]


def guess_for(data: Sequence[str], catalog: str | None, folder: Path, given: Given = Given()) -> Guess:  # noqa: B008
    """What the data is, and the text of a settings file in `folder` that reads it and learns from what it holds.

    Everything is read once. There is a text even if no table of events is found or something cannot be read: then the
    guess says what to fill in or correct. Raises `BadData` for files that are not there, and `BadConfig` for
    what `given` says and cannot be.
    """
    build(
        "csv",
        {"events": ".", **{key: said for key, said in given.settings().items() if key in FIELDS["csv"]}},
        "source",
    )
    duck = ibis.duckdb.connect()
    tables = seen(duck, data, folder, given.settings())
    named = seen(duck, [catalog], folder, given.settings()) if catalog is not None else []
    known = recognised([table for table in (*tables, *named) if not table.problem], folder)
    if known:
        name, draft = known[0].name, draft_of_format(*known, [*tables, *named], given)
    else:
        pairs = [_guessed(table, given) for table in tables] + [(table, as_catalog(table)) for table in named]
        name, draft = "own columns", _drafted(pairs, {table.place for table in named}, given, folder)
    return _complete(name, draft, folder)


def _guessed(table: Seen, given: Given) -> Pair:
    """Return a table with its guess; orders with several items in a row become one row per item."""
    beyond = set(given.settings()) & {"skip", "header", "delimiter"}
    long = None if table.problem or beyond else in_long_form(table)
    guess = guessed(long) if long else None
    return (long, guess) if long and guess and guess.role == "events" else (table, guessed(table))


def _drafted(pairs: Sequence[Pair], named: set[str], given: Given, folder: Path) -> Draft:
    """The settings of tables in a shop's own columns; `named` are the places of what is said to be a catalog."""
    pairs, problem = _without_empty_catalogs(pairs, named)
    events = [(table, guess) for table, guess in pairs if guess.role == "events"]
    joined = None if events else joined_text(pairs, given)
    if joined:
        used = joined[1]
        pairs = [(table, used.get(table.place, guess)) for table, guess in pairs]
        events = [(table, guess) for table, guess in pairs if guess.role == "events"]
    elif not events:
        pairs, problem = _best_guess(pairs, problem)
        events = [(table, guess) for table, guess in pairs if guess.role == "events"]
    pairs = _with_one_catalog(pairs)
    catalogs = [pair for pair in pairs if pair[1].role == "catalog"]
    written = []
    if joined:
        written.append(joined[0])
    for table, guess in [] if joined else events:
        sold = next((pair for pair in catalogs if _read_alike(table, guess, pair)), None)
        if sold:
            catalogs.remove(sold)
        written.append(source_text(table, guess, given, sold))
    written += [catalog_text(table, guess, given) for table, guess in catalogs]
    unused = [f"# unused: {guess.place}: {guess.reason}" for _, guess in pairs if guess.role == "unused"]
    options = [guess.options for _, guess in pairs if guess.role in ("events", "catalog")]
    currency = next((str(known["currency"]) for known in options if "currency" in known), "")
    sources = "\n".join([*written, *(" ".join(line.split()) for line in unused)])
    tables = tuple(guess for _, guess in pairs)
    return Draft(sources, tables, _steps([guess for _, guess in events]), currency, problem)


def _read_alike(table: Seen, guess: Guessed, sold: Pair) -> bool:
    """Whether one source can read events and catalog: the same settings hold for both."""
    if "query" in sold[1].options:
        return False
    ours = {**table.options, "decimal": guess.options.get("decimal")}
    theirs = {**sold[0].options, "decimal": sold[1].options.get("decimal", guess.options.get("decimal"))}
    return sold[0].use == table.use and ours == theirs


def _without_empty_catalogs(pairs: Sequence[Pair], named: set[str]) -> tuple[list[Pair], str]:
    """What was said to be a catalog and is none is not used, and that is a problem."""
    kept: list[Pair] = []
    problems = []
    for table, guess in pairs:
        if table.place in named:
            why = table.problem and f"cannot be read: {table.problem.removesuffix('; export it again')}"
            why = why or (f"has no row below its first line ({', '.join(table.columns)})" if not table.rows else "")
            if not why and guess.missing:
                why = f"has no column that looks like an item id; columns are: {', '.join(table.columns)}"
            if why:
                problems.append(
                    f"{table.place}, given as the catalog, {why}; export it again, or say how it is read (--skip, "
                    "--encoding, --delimiter, --header), or leave --catalog out: items are then those of the events"
                )
                kept.append((table, Guessed(table.place, "unused", reason=why)))
                continue
        kept.append((table, guess))
    return kept, "\n".join(problems)


def _with_one_catalog(pairs: Sequence[Pair]) -> list[Pair]:
    """Use the catalog with most columns of those that list the same items, and join what the others add."""
    catalogs = sorted((pair for pair in pairs if pair[1].role == "catalog"), key=lambda pair: -len(pair[1].matches))
    ids = {table.place: set(table.text[item_id(guess).theirs]) for table, guess in catalogs}
    told = {table.place: guess for table, guess in catalogs}
    for place, (table, guess) in enumerate(catalogs):
        for other, _ in catalogs[:place]:
            few = min(len(ids[table.place]), len(ids[other.place]))
            first = told[other.place]
            if first.role == "catalog" and len(ids[table.place] & ids[other.place]) >= SAME_ITEMS * max(few, 1):
                joined = join_catalogs((other, first), (table, guess))
                why = f"is a second catalog with the same items as {other.place}, which says more of them"
                told[other.place], told[table.place] = joined or (first, Guessed(table.place, "unused", reason=why))
                break
    return [(table, told.get(table.place, guess)) for table, guess in pairs]


def _best_guess(pairs: Sequence[Pair], problem: str) -> tuple[list[Pair], str]:
    """The table that is most like one of events taken for it, and what is to be filled in."""
    looked = "; ".join(f"{table.place}: {', '.join(table.columns) or table.problem}" for table, _ in pairs)
    there = [(table, event_matches(table), guess) for table, guess in pairs if table.columns]
    readable = [(table, known) for table, known, guess in there if guess.role == "unused" or "order_id" in known]
    readable = readable or [(table, known) for table, known, _ in there]
    if not readable:
        told = f"no table of events found: {looked}; export the events again, or say how the files are read"
        return list(pairs), "\n".join(filter(None, (problem, told)))
    best, found = max(
        readable, key=lambda pair: (len({"time", "item_id", "order_id", "kind"} & set(pair[1])), pair[0].rows)
    )
    time = None if "time" in found or best.time_columns else named_time(best, found)
    guess = as_events(best, found | {"time": time} if time else found)
    missing = ", ".join(guess.missing) or "a visitor, an order or a kind of event"
    if time and not guess.missing:
        what = "orders" if "order_id" in found else "events"
        told = (
            f"{best.place} holds {what}, but no column could be read as a time. Is it {time.theirs} "
            f"({time.examples[0]!r})? The settings say so: say beside it how it is written, such as "
            f'time_format = "%d.%m.%Y %H:%M", or give it with --time-format'
        )
    else:
        told = (
            f"no table of events found: expected columns for time, item and visitor, order or kind; {looked}; the "
            f"settings take {best.place} for it: fill in {missing} (marked with `check`), or add the file that holds "
            "the events"
        )
    told = "\n".join(filter(None, (told, items_told(best) if "item_id" in guess.missing else "")))
    return [(table, guess if table is best else known) for table, known in pairs], "\n".join(
        filter(None, (problem, told))
    )


def _steps(events: Sequence[Guessed]) -> tuple[str, ...]:
    """Sessions where only a visitor is known, baskets where no order is."""
    steps = []
    if any(guess.visits == "visitor" for guess in events):
        steps.append('{ use = "sessionized", minutes = 30 }')
    views = {"kind": "view"}  # of a log of views alone no baskets are made
    bought = [guess for guess in events if guess.options.get("constants") != views]
    if any("order_id" not in {match.ours for match in guess.matches} for guess in bought):
        steps.append('"basketed"')
    return tuple(steps)


def _complete(name: str, draft: Draft, folder: Path) -> Guess:
    """The whole text, after everything has been read once as it says; what cannot be read is told with it."""
    problem, steps, checks = draft.problem, draft.steps, []
    try:
        facts, misdated, currency = _read(draft, folder)
        draft = replace(draft, currency=draft.currency or currency)
        parts = models_and_slots(facts)
        if 0 < misdated <= MAX_MISDATED * sum(facts.kinds.values()):
            steps = ('"within_dates"', *steps)
            checks.append(
                f"# check: {misdated:,} events lie before {FIRST_DAY.year} or after {LAST_DAY.year - 1}, where no "
                "shop's do; within_dates leaves them out\n"
            )
    except EndcapError as error:
        facts, problem = _assumed(draft.tables), problem or str(error)
        parts = models_and_slots(facts)
    text = TEMPLATE.substitute(
        found=f"# The data was taken for: {name}. What should be looked at is marked with `check`.\n",
        currency=f'currency = "{draft.currency}"\n' if re.fullmatch("[A-Z]{3}", draft.currency) else "",
        sources=draft.sources,
        prepare="".join(checks) + _prepare(steps, facts.common),
        parts=parts,
    )
    return Guess(name, draft.tables, text, problem)


def _read(draft: Draft, folder: Path) -> tuple[Facts, int, str]:
    """Return the facts of the sources, the number of events with an implausible time, and the currency.

    The currency is empty where there are none or several.
    """
    engine, ledger = ibis.duckdb.connect(), Ledger()
    tables = _without_secrets(tomllib.loads(draft.sources)).get("sources", [])
    parts = [build(table.pop("use"), table, "source") for table in tables]
    if not parts:
        raise BadData("nothing that was given can be read as a table")
    events, catalog = united([part.tables(engine, folder, ledger) for part in parts])
    wrong = events.filter((events.time < epoch(FIRST_DAY)) | (events.time >= epoch(LAST_DAY)))
    known = [table.select("currency") for table in (events, catalog) if "currency" in table.columns]
    spoken = ibis.union(*known).distinct().limit(3).to_pyarrow()["currency"].to_pylist() if known else []
    there = [currency for currency in spoken if currency]
    currency = str(there[0]) if len(there) == 1 else ""
    return facts_of_tables(events, catalog, draft.steps), int(wrong.count().to_pyarrow().as_py()), currency


def _assumed(tables: Sequence[Guessed]) -> Facts:
    """What the data holds, told from the columns alone, where it cannot be read yet."""
    events = [guess for guess in tables if guess.role == "events"]
    kinds: set[str] = set()
    for guess in events:
        for key in ("kinds", "constants"):
            values = guess.options.get(key)
            kinds |= set(map(str, values.values())) if isinstance(values, dict) else set()
    kinds = (kinds - {"ignore"}) or {"purchase"}
    ordered = "purchase" in kinds
    return Facts(dict.fromkeys(sorted(kinds), 1), items=2, visits=1, orders=int(ordered), baskets=int(ordered))


def _prepare(steps: Sequence[str], common: Sequence[str]) -> str:
    """The table of preparation; items that are in every other order are left out, and the file says so."""
    if not common:
        return f"[prepare]\nevents = [{', '.join(steps)}]\n" if steps else ""
    without = f'{{ use = "without_items", items = {toml(list(common))} }}'
    told = " and ".join(common)
    return (
        f"# check: {told}: in every third order or more. A bag, a fee, a gift? It is left out here,\n"
        "# or it would fill every list; if customers choose it, delete the step without_items.\n"
        f"[prepare]\nevents = [{', '.join([*steps, without])}]\n"
    )


def _without_secrets(value: dict[str, Any]) -> dict[str, Any]:
    """Settings with every ``$NAME`` read from the environment, as `endcap.config` does."""
    for table in value.get("sources", ()):
        for key, text in table.items():
            if isinstance(text, str) and re.fullmatch(r"\$[A-Z][A-Z0-9_]*", text):
                table[key] = os.environ.get(text[1:], "")
    return value
