"""What was guessed of a shop's data, and how sure it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SURE = 0.8
"""A guess below it is marked in the settings file, with what to check."""


@dataclass(frozen=True)
class Match:
    """One column of theirs that stands for one of ours."""

    ours: str
    theirs: str
    confidence: float
    examples: tuple[str, ...] = ()
    check: str = ""
    """What a person should look at; empty if nothing."""
    then: tuple[str, ...] = ()
    """Further columns of theirs: each counts where those before it are empty; of `available`, all must say yes."""


@dataclass(frozen=True)
class Guessed:
    """One table: what it holds, and what its columns stand for."""

    place: str
    role: str
    """``events``, ``catalog``, the name of a table of a known format, or ``unused``."""
    matches: tuple[Match, ...] = ()
    options: dict[str, object] = field(default_factory=dict)
    """Further settings of the source."""
    checks: dict[str, str] = field(default_factory=dict)
    """Setting = what to check about it."""
    reason: str = ""
    """Why it is not used, in a sentence; empty if it is."""
    notes: tuple[str, ...] = ()
    """What a person should know about it, a sentence each."""
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of our columns that are needed, those for which none was found, each with the columns that may be meant."""
    visits: str = ""
    """What stands for a visit where no column does: ``visitor`` or ``order``."""


@dataclass(frozen=True)
class Guess:
    """All that was guessed, and the settings file it makes."""

    format: str
    """Name of a public format, or ``own columns``."""
    tables: tuple[Guessed, ...]
    text: str
    problem: str = ""
    """Why nothing can be trained with these settings yet, and what to fill in or correct; empty if all was read."""


@dataclass(frozen=True)
class Draft:
    """The settings of the sources, and what goes with them into a settings file."""

    sources: str
    tables: tuple[Guessed, ...]
    steps: tuple[str, ...]
    """Preparation of events, as it stands in the settings."""
    currency: str
    problem: str = ""


@dataclass(frozen=True)
class Given:
    """What a person said of the files, where looking at them does not tell; these are settings of the sources."""

    skip: int | None = None
    """Lines before the one with the names of the columns."""
    header: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    timezone: str | None = None
    time_format: str | None = None
    max_bad: float | None = None

    def settings(self) -> dict[str, object]:
        """Settings of a source, by name; only what was said."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            name: list(value) if name == "header" else value for name, value in values.items() if value or value == 0
        }
