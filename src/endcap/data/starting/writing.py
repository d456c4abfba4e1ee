"""The settings file: sources as they were guessed, and models for what the data holds."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

import ibis

from endcap.core.errors import BadData
from endcap.core.part import build
from endcap.data.ledger import Ledger
from endcap.data.prepare import united
from endcap.data.starting.facts import facts_of_tables
from endcap.data.starting.formats import Format, recognised
from endcap.data.starting.guess import SURE, Guess, Guessed, Match
from endcap.data.starting.guessing import guessed, time_format
from endcap.data.starting.looking import Seen, seen
from endcap.data.starting.models_and_slots import models_and_slots

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


def guess_for(data: Sequence[str], catalog: str | None, folder: Path) -> Guess:
    """What the data is, and the text of a settings file in `folder` that reads it and learns from what it holds.

    Everything is read once. Raises `BadData` naming file, line and field if it cannot be, or if no events are found.
    """
    tables = seen(ibis.duckdb.connect(), [*data, *([catalog] if catalog else [])], folder)
    known = recognised(tables, folder)
    if known:
        return _of_format(*known, tables, folder)
    guesses = [guessed(table) for table in tables]
    if catalog is not None:
        guesses[-1] = Guessed(guesses[-1].place, "catalog", guesses[-1].matches)
    pairs = list(zip(tables, guesses, strict=True))
    sources = _sources(pairs)
    lacking = [guess.options for _, guess in pairs if guess.role == "events"]
    steps = _steps(pairs)
    currency = next((str(options["currency"]) for options in lacking if "currency" in options), "")
    return Guess("own columns", tuple(guesses), _checked(sources, steps, currency, folder, "own columns"))


def _of_format(known: Format, found: Mapping[str, Seen], tables: Sequence[Seen], folder: Path) -> Guess:
    parts = known.sources.split("---\n")
    kept = [part for part in parts if all(name in found for name in re.findall(r"\{(?:use:)?(\w+)\}", part))]
    sources = "\n".join(_placed(part, found) for part in kept)
    notes = "".join(f"# check: {check}\n" for check in known.checks)
    text = _checked(notes + sources, known.steps, known.currency, folder, known.name)
    used = [Guessed(table.place, name, _named_in(table, sources)) for name, table in found.items()]
    columns = [set(table.columns) for table in found.values()]
    rows = (*used, *(Guessed(table.place, "unused") for table in tables if set(table.columns) not in columns))
    return Guess(known.name, rows, text)


def _placed(part: str, found: Mapping[str, Seen]) -> str:
    """The settings of a source with the places of its tables."""
    for name, table in found.items():
        part = part.replace(f"{{use:{name}}}", table.use).replace(f'"{{{name}}}"', _toml(table.place))

    def written(match: re.Match[str]) -> str:
        values = found[match[1]]
        form = time_format(values.text[match[2]])
        return f"time_format = {_toml(form[0])}\n" if form and form[0] else ""

    return re.sub(r"\{time_format:(\w+)\.(\w+)\}\n", written, part)


def _named_in(table: Seen, sources: str) -> tuple[Match, ...]:
    """The columns of a table that the settings name, with what they stand for."""
    found = {}
    for ours, theirs in re.findall(r'(\w+) = (?:\[)?"([^"]+)"', sources):
        if theirs in table.columns and ours not in found:
            found[ours] = Match(ours, theirs, 1.0, tuple(value[:30] for value in dict.fromkeys(table.text[theirs]))[:3])
    return tuple(found.values())


def _sources(pairs: Sequence[tuple[Seen, Guessed]]) -> str:
    """One source for each table of events; the catalog goes with the first of its kind."""
    events = [(table, guess) for table, guess in pairs if guess.role == "events"]
    if not events:
        looked = "; ".join(f"{table.place}: {', '.join(table.columns)}" for table, _ in pairs)
        raise BadData(f"no table of events found: expected columns for time, item and visitor, order or kind; {looked}")
    catalogs = [(table, guess) for table, guess in pairs if guess.role == "catalog"]
    written = []
    for table, guess in events:
        sold = next((pair for pair in catalogs if pair[0].use == table.use and pair[0].options == table.options), None)
        if sold:
            catalogs.remove(sold)
        written.append(_source(table, guess, sold))
    written += [_catalog_alone(table, guess) for table, guess in catalogs]
    return "\n".join(written)


def _source(table: Seen, guess: Guessed, sold: tuple[Seen, Guessed] | None) -> str:
    lines = ["[[sources]]", f"use = {_toml(table.use)}"]
    lines += [f"{key} = {_toml(value)}" for key, value in table.options.items()]
    lines.append(f"events = {_toml(table.place)}")
    if sold:
        lines.append(f"catalog = {_toml(sold[0].place)}")
        if len(set(sold[0].text[_theirs(sold[1], "item_id")])) < len(sold[0].text[_theirs(sold[1], "item_id")]):
            lines.append("one_per_item = true  # check: an item stands more than once; its last line counts")
    plain = {key: value for key, value in guess.options.items() if not isinstance(value, dict)}
    lines += [f"{key} = {_toml(value)}{_check(guess.checks.get(key))}" for key, value in plain.items()]
    lines += _table("columns", guess.matches, guess.checks)
    for key in ("kinds", "constants"):
        values = guess.options.get(key)
        if isinstance(values, dict) and values:
            lines.append(f"[sources.{key}]{_check(guess.checks.get(key))}")
            lines += [
                f"{_key(theirs)} = {_toml(ours)}{_check(guess.checks.get(f'{key}.{theirs}'))}"
                for theirs, ours in values.items()
            ]
    if sold:
        lines += _table("catalog_columns", sold[1].matches, sold[1].checks)
    return "\n".join([*lines, ""])


def _catalog_alone(table: Seen, guess: Guessed) -> str:
    """A catalog that lies in another format than the events."""
    if table.use in DATABASES:
        raise BadData(f"{table.place}: a catalog in a database needs events in the same database")
    lines = [
        "[[sources]]",
        'use = "sql"',
        f"files = {{ items = {_toml(table.place)} }}",
        'catalog = "SELECT * FROM items"',
    ]
    return "\n".join([*lines, *_table("catalog_columns", guess.matches, guess.checks), ""])


def _theirs(guess: Guessed, ours: str) -> str:
    return next(match.theirs for match in guess.matches if match.ours == ours)


def _table(key: str, matches: Sequence[Match], checks: Mapping[str, str]) -> list[str]:
    """Only what has another name than ours, or is not sure."""
    told = {match.ours: match.check or checks.get(f"{key}.{match.ours}", "") for match in matches}
    wanted = [match for match in matches if match.ours != match.theirs or told[match.ours]]
    if not wanted:
        return []
    return [f"[sources.{key}]"] + [
        f"{match.ours} = {_toml(match.theirs)}{_check(told[match.ours], match.confidence)}" for match in wanted
    ]


def _check(what: str | None, confidence: float = SURE) -> str:
    return f"  # check: {what}" if what or confidence < SURE else ""


def _steps(pairs: Sequence[tuple[Seen, Guessed]]) -> tuple[str, ...]:
    """Sessions where only a visitor is known, baskets where no order is."""
    events = [guess for _, guess in pairs if guess.role == "events"]
    steps = []
    names = [{match.ours: match.theirs for match in guess.matches} for guess in events]
    if any(name.get("session_id") == name.get("user_id") is not None for name in names):
        steps.append('{ use = "sessionized", minutes = 30 }')
    if any("order_id" not in name for name in names):
        steps.append('"basketed"')
    return tuple(steps)


def _checked(sources: str, steps: Sequence[str], currency: str, folder: Path, known: str) -> str:
    """The whole text, after everything has been read once as it says."""
    engine, ledger = ibis.duckdb.connect(), Ledger()
    parts = [build(table.pop("use"), table, "source") for table in _without_secrets(tomllib.loads(sources))["sources"]]
    facts = facts_of_tables(*united([part.tables(engine, folder, ledger) for part in parts]), steps)
    return TEMPLATE.substitute(
        found=f"# The data was taken for: {known}. What should be looked at is marked with `check`.\n",
        currency=f'currency = "{currency}"\n' if re.fullmatch("[A-Z]{3}", currency) else "",
        sources=sources,
        prepare=_prepare(steps, facts.common),
        parts=models_and_slots(facts),
    )


def _prepare(steps: Sequence[str], common: Sequence[str]) -> str:
    """The table of preparation; items that are in every other order are left out, and the file says so."""
    if not common:
        return f"[prepare]\nevents = [{', '.join(steps)}]\n" if steps else ""
    without = f'{{ use = "without_items", items = {_toml(list(common))} }}'
    told = " and ".join(common)
    return (
        f"# check: {told}: in every third order or more. A bag, a fee, a gift? It is left out here,\n"
        "# or it would fill every list; if customers choose it, delete the step without_items.\n"
        f"[prepare]\nevents = [{', '.join([*steps, without])}]\n"
    )


def _without_secrets(value: dict[str, Any]) -> dict[str, Any]:
    """Settings with every ``$NAME`` read from the environment, as `endcap.config` does."""
    import os  # noqa: PLC0415 — for this alone

    for table in value["sources"]:
        for key, text in table.items():
            if isinstance(text, str) and re.fullmatch(r"\$[A-Z][A-Z0-9_]*", text):
                table[key] = os.environ.get(text[1:], "")
    return value


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(key))} = {_toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
