"""Rules, and what came of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from endcap.core.errors import BadConfig
from endcap.evaluate.gate.settings import GateSettings

Decided = Literal["passed", "warned", "refused"]

INTEGRITY = {
    "bytes": "every byte is the one that was written, and vectors belong to the catalog",
    "settings": "its settings can be read and its slots filled from its models",
    "numbers": "every number is one",
    "shapes": "histories fit the catalog",
    "answers": "every model answers for items of the catalog, with scores that are numbers, each item once",
    "slots": "every slot shows something",
}
"""Rules that nobody can override: who breaks them shows wrong lists, or none."""
RULES = INTEGRITY | {
    "served": "no slot is worse than the one that is served",
    "baselines": "no slot is worse than any baseline",
    "replay": "the bundle itself does what its recipes did in the back-test",
    "vectors": "items that had a vector have one, and none is out of all proportion",
    "scores": "scores tell items apart",
    "coverage": "the lists show as many different items as before",
    "reach": "enough of the catalog can be found at all",
    "golden": "questions whose answers are known are answered so",
    "size": "the bundle fits its space",
    "speed": "it is read and answers in time",
    "evidence": "there is something to judge by",
    "history": "it was not taken back before",
}
"""Every rule, and what it asks."""


@dataclass(frozen=True)
class Finding:
    """What came of one rule for one thing."""

    rule: str
    about: str
    """What of the bundle: a slot, a model, a file; empty: all of it."""
    found: str
    expected: str
    decided: Decided
    slot: str = ""
    """Of a slot that was compared with a baseline …"""
    other: str = ""
    """… the name of the baseline."""
    metric: str = ""
    """By what they were compared."""
    gain: float = 0.0
    """How far the slot lies above the baseline, as a share of what that reaches …"""
    reached: float = 0.0
    """… and what that reaches."""
    remedy: str = ""
    """What to change so that the bundle is not refused for it; empty where nothing is wrong."""

    brief: str = ""
    """Short text for a warning in the terminal; if empty, the terminal prints what was found and expected."""

    @property
    def short(self) -> str:
        """What was found in one short line, for a terminal."""
        about = f"{self.about}: " if self.about else ""
        return f"{about}{self.brief or f'{self.found}; expected {self.expected}'}"

    @property
    def line(self) -> str:
        """All of it on one line."""
        about = f" {self.about}:" if self.about else ""
        return f"{self.rule}:{about} found {self.found}; expected {self.expected}"


@dataclass(frozen=True)
class Judge:
    """Turns what was seen into findings, as the settings want it."""

    settings: GateSettings
    moving: frozenset[str] = frozenset()
    """Models and slots that look at the last days only, and so answer otherwise every week."""

    def __post_init__(self) -> None:
        for name in self.settings.warn:
            if name not in RULES or name in INTEGRITY:
                known = ", ".join(rule for rule in RULES if rule not in INTEGRITY)
                raise BadConfig(f"gate.warn: {name!r} is no rule that may only warn; there are: {known}")

    def find(self, rule: str, about: str, found: str, expected: str, ok: bool | None) -> Finding:
        """A finding; `ok` is None where nobody can tell."""
        decided: Decided = "passed" if ok else "refused"
        if (ok is None and self.settings.unsure == "warn") or (
            ok is not None and not ok and rule in self.settings.warn
        ):
            decided = "warned"
        return Finding(rule, about, found, expected, decided)

    def sound(self) -> list[Finding]:
        """What is to be said of a bundle with which nothing of `INTEGRITY` is wrong."""
        return [Finding(rule, "", "nothing to the contrary", asks, "passed") for rule, asks in INTEGRITY.items()]


def refused(findings: Iterable[Finding]) -> list[Finding]:
    """Those that keep a bundle from being released."""
    return [finding for finding in findings if finding.decided == "refused"]
