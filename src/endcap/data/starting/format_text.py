"""The settings of tables in a public format, as text."""

import re
from collections.abc import Iterable, Mapping, Sequence

from endcap.data.starting.exclusions import find_excluded
from endcap.data.starting.formats import Format
from endcap.data.starting.guess import Draft, Given, Guessed, Match
from endcap.data.starting.guessing import guessed
from endcap.data.starting.looking import Seen
from endcap.data.starting.source_text import catalog_text, check_text, source_text, toml, with_given
from endcap.data.starting.values import time_format


def _beside_format(table: Seen, name: str, given: Given) -> tuple[Guessed, str]:
    """Return what a table beside those of a known format holds, and its source; no text if it is not used."""
    guess = guessed(table)
    if guess.role == "catalog":
        return guess, catalog_text(table, guess, given)
    if guess.role == "events":
        return guess, source_text(table, guess, given)
    why = guess.reason if table.problem else f"is no part of the format {name} that is used, and {guess.reason}"
    return Guessed(table.place, "unused", reason=why), ""


def _without_echo(part: str) -> str:
    """Return the settings of a source without a catalog that is read from the events."""
    events, catalog = (re.search(rf"(?m)^{key} = (.*)\n", part) for key in ("events", "catalog"))
    if not events or not catalog or events[1] != catalog[1]:
        return part
    return re.sub(r"(?m)^(catalog|one_per_item|catalog_columns) = .*\n", "", part)


def _without_absent(text: str, tables: Iterable[Seen]) -> str:
    """Return the settings of a source without optional columns that the export does not have."""
    there = {name for table in tables for name in table.columns}

    def kept(line: re.Match[str]) -> str:
        return re.sub(r', \w+ = "([^"]+)"', lambda one: one[0] if one[1] in there else "", line[0])

    return re.sub(r"(?m)^(?:catalog_)?columns = \{.*\}$", kept, text)


def draft_of_format(known: Format, found: Mapping[str, Seen], tables: Sequence[Seen], given: Given) -> Draft:
    """The settings of tables in a public format; `tables` are all that were seen, `found` those of the format."""
    parts = known.sources.split("---\n")
    kept = [part for part in parts if all(name in found for name in re.findall(r"\{(?:use:)?(\w+)\}", part))]
    columns = [set(table.columns) for table in found.values()]
    beside = [_beside_format(table, known.name, given) for table in tables if set(table.columns) not in columns]
    listed = any(guess.role == "catalog" for guess, _ in beside)
    placed = [(_without_echo(_placed(part, found)) if listed else _placed(part, found), part) for part in kept]
    sources = _without_absent("\n".join(_read_as_seen(text, part, found) for text, part in placed), found.values())
    notes = "".join(f"# check: {check}\n" for check in known.checks)
    used = [Guessed(table.place, name, _named_in(table, sources)) for name, table in found.items()]
    text = "\n".join([*filter(None, (text for _, text in beside)), notes + with_given(sources, given.settings())])
    return Draft(text, (*used, *(guess for guess, _ in beside)), known.steps, known.currency)


def _read_as_seen(text: str, part: str, found: Mapping[str, Seen]) -> str:
    """The settings of a source of a format, with those without which its files cannot be read."""
    options: dict[str, object] = {}
    for name in re.findall(r"\{(?:use:)?(\w+)\}", part):
        options |= dict(found[name].options) if name in found else {}
    return with_given(text, options)


def _placed(part: str, found: Mapping[str, Seen]) -> str:
    """The settings of a source with the places of its tables."""
    for name, table in found.items():
        part = part.replace(f"{{use:{name}}}", table.use).replace(f'"{{{name}}}"', toml(table.place))

    def written(match: re.Match[str]) -> str:
        values = found[match[1]]
        form = time_format(values.text[match[2]])
        return f"time_format = {toml(form[0])}\n" if form and form[0] else ""

    def excluded(match: re.Match[str]) -> str:
        known = find_excluded(found[match[1]], ())
        return f"exclude = {toml(known.exclude)}{check_text(known.check)}\n" if known else ""

    part = re.sub(r"\{exclude:(\w+)\}\n", excluded, part)
    return re.sub(r"\{time_format:(\w+)\.(\w+)\}\n", written, part)


def _named_in(table: Seen, sources: str) -> tuple[Match, ...]:
    """The columns of a table that the settings name, with what they stand for."""
    found = {}
    for ours, theirs in re.findall(r'(\w+) = (?:\[)?"([^"]+)"', sources):
        if theirs in table.columns and ours not in found:
            found[ours] = Match(ours, theirs, 1.0, tuple(value[:30] for value in dict.fromkeys(table.text[theirs]))[:3])
    return tuple(found.values())
