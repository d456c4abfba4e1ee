"""What the linter says: findings with examples and repairs, and a health score whose arithmetic anybody can redo."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
COSTS: Mapping[Severity, tuple[float, float]] = {"error": (15.0, 35.0), "warning": (3.0, 7.0), "note": (0.0, 0.0)}
"""What a finding takes off the score: at once, and times the share of the rows that it concerns."""
ARITHMETIC = (
    "100, less 15 + 35 × (share of the rows concerned) for each error, 3 + 7 × share for each warning; never below 0"
)
FORMAT = 1
"""Version of the machine-readable form; fields may be added within one version, never changed or removed."""


@dataclass(frozen=True)
class Example:
    """One of the rows that a finding is about."""

    file: str | None
    line: int | None
    values: Mapping[str, str | None]
    """What the row holds, by column."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or worth knowing."""

    rule: str
    severity: Severity
    says: str
    """What was found, in a sentence."""
    unit: str
    """What is counted: events, sessions, orders, slates, items, models …"""
    rows: int
    of: int
    """Among how many: those that the rule looks at."""
    repair: str
    """What can be done, naming the preparation step or the setting if there is one."""
    examples: tuple[Example, ...] = ()
    disables: tuple[str, ...] = ()
    """Models and slots of the settings that cannot work, such as ``slots.item/together``."""
    harms: tuple[str, ...] = ()
    """Models and slots that work worse."""

    @property
    def share(self) -> float:
        """How many of those looked at, between 0 and 1."""
        return min(self.rows / self.of, 1.0) if self.of else 1.0

    @property
    def cost(self) -> float:
        """What it takes off the score."""
        once, by_share = COSTS[self.severity]
        return once + by_share * self.share

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON values, with share and cost."""
        return {**asdict(self), "share": round(self.share, 6), "cost": round(self.cost, 2)}


@dataclass(frozen=True)
class Health:
    """All findings, those that cost most first."""

    findings: tuple[Finding, ...]
    events: int
    items: int
    """Rows of the catalog."""
    repaired: tuple[Finding, ...] = ()
    """What a preparation step of the settings repairs; it takes nothing off the score."""

    @classmethod
    def of(cls, findings: Sequence[Finding], events: int, items: int, repaired: Sequence[Finding] = ()) -> "Health":
        """The findings in the order in which they should be read."""
        return cls(_in_order(findings), events, items, _in_order(repaired))

    @property
    def arithmetic(self) -> str:
        """How the score comes about, in a sentence."""
        return ARITHMETIC

    @property
    def score(self) -> int:
        """0 (hopeless) to 100 (nothing found); see `ARITHMETIC`."""
        return round(max(0.0, 100.0 - sum(finding.cost for finding in self.findings)))

    def count(self, severity: Severity) -> int:
        """How many findings there are of a severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def failed(self, *, strict: bool = False) -> bool:
        """Whether there is an error; `strict`: or a warning."""
        return bool(self.count("error") or (strict and self.count("warning")))

    def to_json(self) -> dict[str, Any]:
        """Score, counts and findings as plain JSON values; `FORMAT` says of which shape."""
        return {
            "format": FORMAT,
            "score": self.score,
            "arithmetic": ARITHMETIC,
            "events": self.events,
            "items": self.items,
            "counts": {severity: self.count(severity) for severity in SEVERITIES},
            "findings": [finding.to_json() for finding in self.findings],
            "repaired": [finding.to_json() for finding in self.repaired],
        }


def _in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), -f.cost, -f.share, f.rule, f.says)))
