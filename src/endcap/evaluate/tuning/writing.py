"""Settings put into the text of a configuration, in place: everything else stays as it was written."""

import json
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from endcap.core.errors import BadConfig

HEADER = re.compile(r"\s*\[")
ASSIGNED = re.compile(r"(\s*)([\"']?)([A-Za-z0-9_-]+)\2(\s*=\s*)(.*)")


def by_table(model: str, settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Sort settings by the model whose table they stand in: ``MEMBER.FIELD`` in that of the member."""
    tables: dict[str, dict[str, Any]] = {}
    for name, value in settings.items():
        member, _, field = name.rpartition(".")
        tables.setdefault(member or model, {})[field] = value
    return tables


def with_settings(text: str, model: str, settings: Mapping[str, Any]) -> str:
    """The text with these settings in the table ``[models.NAME]``; None takes a key away.

    A comment behind a value stays where it was, if it can; new keys come after the last one of the table. Raises
    `BadConfig` if the model is not written as a table of its own, one key to a line.
    """
    lines = text.splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if _header(line) == ["models", model]), None)
    if start is None:
        raise BadConfig(f"models.{model}: is no table of its own; expected a line [models.{model}]")
    end = next((at for at in range(start + 1, len(lines)) if _header(lines[at])), len(lines))
    table, missing = lines[start + 1 : end], dict(settings)
    for at, line in enumerate(table):
        found = ASSIGNED.match(line)
        if found and found[3] in missing:
            table[at] = _assigned(found, missing.pop(found[3]))
    last = max(
        (at + 1 for at, line in enumerate(table) if line.strip() and not line.lstrip().startswith("#")), default=0
    )
    new = [f"{name} = {_value(value)}\n" for name, value in missing.items() if value is not None]
    if new and last and not table[last - 1].endswith("\n"):
        table[last - 1] += "\n"
    written = "".join([*lines[: start + 1], *table[:last], *new, *table[last:], *lines[end:]])
    _check(text, written, model, settings)
    return written


def _header(line: str) -> list[str] | None:
    """The steps of a table's name, if the line begins a table."""
    if not HEADER.match(line):
        return None
    with suppress(tomllib.TOMLDecodeError):
        steps, inside = [], tomllib.loads(line)
        while inside:
            name, inside = next(iter(inside.items()))
            steps.append(name)
            inside = inside[0] if isinstance(inside, list) else inside
        return steps
    return None


def _assigned(found: re.Match[str], value: Any) -> str:
    """The line with another value; empty without one."""
    if value is None:
        return ""
    indent, quote, name, equals, rest = found.groups()
    old, comment = _parted(rest)
    new = _value(value)
    if comment:
        column = len(old) + len(comment) - len(comment.lstrip())
        new = f"{new}{' ' * max(column - len(new), 1)}{comment.lstrip()}"
    return f"{indent}{quote}{name}{quote}{equals}{new}\n"


def _parted(rest: str) -> tuple[str, str]:
    """The value, and the blanks and comment behind it."""
    for at in (*(found.start() for found in re.finditer("#", rest)), len(rest)):
        with suppress(tomllib.TOMLDecodeError):
            tomllib.loads(f"value = {rest[:at]}")
            old = rest[:at].rstrip()
            return old, rest[len(old) :].rstrip("\n") if at < len(rest) else ""
    return rest, ""


def _value(value: Any) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _check(text: str, written: str, model: str, settings: Mapping[str, Any]) -> None:
    """Raises `BadConfig` unless the two texts say the same but for these settings."""
    wanted = tomllib.loads(text)
    table = wanted["models"][model]
    for name, value in settings.items():
        table.pop(name, None)
        if value is not None:
            table[name] = list(value) if isinstance(value, tuple) else value
    try:
        same = tomllib.loads(written) == wanted
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        found = ", ".join(f"{name} = {_value(value)}" for name, value in settings.items())
        raise BadConfig(f"models.{model}: is not written one key to a line, so it is left as it is; found: {found}")
