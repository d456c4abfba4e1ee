"""What was guessed of a shop's data, and how sure it is."""

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
    more: tuple[str, ...] = ()
    """Further columns of theirs that stand for it, in the order in which a source names them."""

    @property
    def columns(self) -> str | tuple[str, ...]:
        """What the settings name: one column, or all of them."""
        return (self.theirs, *self.more) if self.more else self.theirs


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


@dataclass(frozen=True)
class Guess:
    """All that was guessed, and the settings file it makes."""

    format: str
    """Name of a public format, or ``own columns``."""
    tables: tuple[Guessed, ...]
    text: str
