"""The tables ``[[sources]]`` of a settings file, as text: what is sure plainly, what is not with what to check."""

import json
import re
from collections.abc import Mapping, Sequence

from endcap.data.sources import Csv, Json, Parquet, Sql
from endcap.data.sources.mapping import Mapped
from endcap.data.starting.guess import SURE, Given, Guessed, Match
from endcap.data.starting.looking import Seen

FIELDS: Mapping[str, frozenset[str]] = {
    use: frozenset(kind.model_fields)
    for use, kind in (("csv", Csv), ("json", Json), ("parquet", Parquet), ("sql", Sql))
}
"""The settings of each source; of others, those that all have."""
SPOKEN = {
    "time": "holds the moment of the event",
    "item_id": "holds the id of the item",
    "session_id": "tells one visit from another (or says who it was, or which order)",
}
MOST_NAMED = 12
"""So many columns are named as candidates."""


def source_text(table: Seen, guess: Guessed, given: Given, sold: tuple[Seen, Guessed] | None = None) -> str:
    """The settings of one source of events, with the catalog that is read as the events are."""
    lines = [*_notes(guess, *([sold[1]] if sold else [])), *_opening(table, given), f"events = {_placed(table)}"]
    checks, options = dict(guess.checks), dict(guess.options)
    if sold:
        lines.append(f"catalog = {toml(sold[0].place)}")
        options = {key: value for key, value in sold[1].options.items() if key not in options} | options
        checks = sold[1].checks | checks
    lines += _settings(options, checks, given)
    lines += columns_text("columns", guess.matches, guess.checks, guess.missing)
    lines += _tables(options, checks)
    if sold:
        lines += columns_text("catalog_columns", sold[1].matches, sold[1].checks)
    return "\n".join([*lines, ""])


def _placed(table: Seen) -> str:
    """The place of a table, or the query that reads it, over several lines."""
    return f"'''\n{table.query}\n'''" if table.query and "'''" not in table.query else toml(table.query or table.place)


def catalog_text(table: Seen, guess: Guessed, given: Given) -> str:
    """The settings of a source that gives items alone."""
    if "query" in guess.options:
        said = [f"{key} = {toml(value)}" for key, value in table.options.items() if key == "encoding"]
        files = guess.options.get("files", {"items": table.place})
        opening = ["[[sources]]", 'use = "sql"', f"files = {toml(files)}", *said]
        lines = [*_notes(guess), *opening, f'catalog = """{guess.options["query"]}"""']
        if "files" in guess.options:
            rest = {key: value for key, value in guess.options.items() if key not in ("query", "files")}
            lines += _settings(rest, guess.checks, given)
            lines += columns_text("catalog_columns", guess.matches, guess.checks, guess.missing)
        return "\n".join([*lines, ""])
    lines = [*_notes(guess), *_opening(table, given), f"catalog = {toml(table.place)}"]
    lines += _settings(guess.options, guess.checks, given)
    return "\n".join([*lines, *columns_text("catalog_columns", guess.matches, guess.checks, guess.missing), ""])


def columns_text(
    key: str, matches: Sequence[Match], checks: Mapping[str, str], missing: Mapping[str, Sequence[str]] | None = None
) -> list[str]:
    """Only what has another name than ours, or is not sure; what is missing as a comment that asks for it."""
    told = {match.ours: match.check or checks.get(f"{key}.{match.ours}", "") for match in matches}
    wanted = [match for match in matches if match.ours != match.theirs or match.then or told[match.ours]]
    lines = [
        f"{match.ours} = {toml([match.theirs, *match.then] if match.then else match.theirs)}"
        f"{check_text(told[match.ours], match.confidence)}"
        for match in wanted
    ]
    for ours, names in (missing or {}).items():
        named = f"{', '.join(names[:MOST_NAMED])}{', …' if len(names) > MOST_NAMED else ''}"
        lines.append(f'# {ours} = "…"  # check: which of: {_one_line(named)} {SPOKEN[ours]}?')
    return [f"[sources.{key}]", *lines] if lines else []


def with_given(text: str, given: Mapping[str, object]) -> str:
    """The settings of sources of a public format, with further settings for each that knows them and has none."""
    parts = re.split(r"(?m)^(?=\[\[sources\]\])", text)
    return "".join(_said_in(part, given) for part in parts)


def check_text(what: str | None, confidence: float = SURE) -> str:
    """The comment behind a setting that is not sure."""
    return f"  # check: {_one_line(what or 'guessed from few signs')}" if what or confidence < SURE else ""


def toml_key(name: str) -> str:
    """A key as TOML writes it."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml_key(str(key))} = {toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _said_in(part: str, given: Mapping[str, object]) -> str:
    use = re.search(r'(?m)^use = "(\w+)"\n', part)
    if not use:
        return part
    lines = [
        f"{key} = {toml(value)}\n"
        for key, value in given.items()
        if key in _fields(use[1]) and not re.search(rf"(?m)^{key} = ", part)
    ]
    return part[: use.end()] + "".join(lines) + part[use.end() :]


def _fields(use: str) -> frozenset[str]:
    return FIELDS.get(use, frozenset(Mapped.model_fields))


def _opening(table: Seen, given: Given) -> list[str]:
    """What says how the files are read: what was said, else what was seen."""
    said = {key: value for key, value in given.settings().items() if key in _fields(table.use) - {*Mapped.model_fields}}
    seen = {key: value for key, value in table.options.items() if key not in said}
    return [
        "[[sources]]",
        f"use = {toml(table.use)}",
        *(f"{key} = {toml(value)}{check_text(table.checks.get(key))}" for key, value in seen.items()),
        *(f"{key} = {toml(value)}" for key, value in said.items()),
    ]


def _settings(options: Mapping[str, object], checks: Mapping[str, str], given: Given) -> list[str]:
    said = {key: value for key, value in given.settings().items() if key in Mapped.model_fields}
    plain = {key: value for key, value in options.items() if key not in (*said, "kinds", "constants")}
    return [
        *(f"{key} = {toml(value)}{check_text(checks.get(key))}" for key, value in plain.items()),
        *(f"{key} = {toml(value)}" for key, value in said.items()),
    ]


def _tables(options: Mapping[str, object], checks: Mapping[str, str]) -> list[str]:
    lines = []
    for key in ("kinds", "constants"):
        values = options.get(key)
        if isinstance(values, dict) and values:
            lines.append(f"[sources.{key}]{check_text(checks.get(key))}")
            lines += [
                f"{toml_key(theirs)} = {toml(ours)}{check_text(checks.get(f'{key}.{theirs}'))}"
                for theirs, ours in values.items()
            ]
    return lines


def _notes(*guesses: Guessed) -> list[str]:
    return [f"# check: {guess.place}: {_one_line(note)}" for guess in guesses for note in guess.notes]


def _one_line(text: str) -> str:
    """A text that cannot end the comment that it stands in."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
