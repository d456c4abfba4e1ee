"""The verdict: every finding, what follows from them, and who decided otherwise; it stays with the bundle."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from endcap.data.printing import row, words
from endcap.evaluate.gate.rules import INTEGRITY, RULES, Finding, refused

if TYPE_CHECKING:
    from rich.console import RenderableType

FORMAT = 1
"""Version of the JSON shape."""
Outcome = Literal["passed", "warned", "overridden", "refused"]
FIELDS = ("rule", "about", "found", "expected", "decided", "remedy")
"""What is told of a finding in JSON."""
COLOURS = {"passed": "green", "warned": "yellow", "overridden": "bold yellow", "refused": "bold red"}


@dataclass(frozen=True)
class Verdict:
    """What the gate says of one bundle, at one time."""

    bundle: str
    served: str | None
    """The bundle that was served then."""
    data: str
    """Fingerprint of the data that it was made from."""
    findings: tuple[Finding, ...]
    when: str
    by: str
    """Who asked for the release."""
    reason: str | None = None
    """Why it is to be released against what the rules say."""

    @property
    def outcome(self) -> Outcome:
        """Whether it may be released, and how; what concerns integrity cannot be overridden."""
        against = refused(self.findings)
        if any(finding.rule in INTEGRITY for finding in against) or (against and not self.reason):
            return "refused"
        if against:
            return "overridden"
        return "warned" if any(finding.decided == "warned" for finding in self.findings) else "passed"

    @property
    def broken(self) -> list[Finding]:
        """What it is refused for that nobody can override."""
        return [finding for finding in refused(self.findings) if finding.rule in INTEGRITY]

    @property
    def remedies(self) -> list[str]:
        """What to change so that it is not refused, each once."""
        against = self.broken or refused(self.findings)
        return list(dict.fromkeys(finding.remedy for finding in against if finding.remedy))

    @property
    def sentence(self) -> str:
        """All of it in a sentence."""
        counts = {name: sum(at.decided == name for at in self.findings) for name in ("refused", "warned", "passed")}
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        what = {"refused": "is not released", "overridden": "is released against the rules"}
        by = f", by {self.by}: {self.reason}" if self.outcome == "overridden" else ""
        return f"{self.bundle} {what.get(self.outcome, 'may be released')} ({told}){by}"

    def to_json(self) -> dict[str, Any]:
        """The verdict in plain values; the shape stays within one `format`.

        ::

            {"format": 1, "bundle", "served": name or null, "data",
             "outcome": "passed" | "warned" | "overridden" | "refused",
             "sentence", "when", "by", "reason": text or null,
             "remedies": [what to change so that it is not refused],
             "findings": [{"rule", "asks", "about", "found", "expected", "decided": "passed" | "warned" | "refused",
                           "remedy": what to change, or empty}]}
        """
        return {
            "format": FORMAT,
            "bundle": self.bundle,
            "served": self.served,
            "data": self.data,
            "outcome": self.outcome,
            "sentence": self.sentence,
            "when": self.when,
            "by": self.by,
            "reason": self.reason,
            "remedies": self.remedies,
            "findings": [
                {"asks": RULES[at.rule]} | {name: getattr(at, name) for name in FIELDS} for at in self.findings
            ],
        }

    def markdown(self) -> str:
        """The verdict as a page that people can read."""
        facts = [
            f"- served then: {self.served or 'nothing'}",
            f"- asked by {self.by}, {self.when}",
            f"- data: {self.data}",
        ]
        if self.reason:
            facts.append(f"- to be released all the same, because: {self.reason}")
        parts = [f"# {self.sentence}", "\n".join(facts)]
        if self.outcome == "refused" and self.remedies:
            parts += ["## What to change", *(_as_markdown(remedy) for remedy in self.remedies)]
        for decided in ("refused", "warned", "passed"):
            found = [finding for finding in self.findings if finding.decided == decided]
            if found:
                parts.append(f"## {decided.capitalize()}\n\n{_table(found)}")
        return "\n\n".join(parts) + "\n"


def terminal(verdict: Verdict) -> "RenderableType":
    """What refuses the bundle, as a table; one short line for each warning; what passed is counted by rule."""
    from rich.console import Group  # noqa: PLC0415 — a serving process has no use for it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    for name in ("", "rule", "about", "found", "expected"):
        table.add_column(name, overflow="fold")
    for at in refused(verdict.findings):
        table.add_row(Text("refused", COLOURS["refused"]), *row(at.rule, at.about, at.found, at.expected))
    warned = [
        Text.assemble(("warned", COLOURS["warned"]), words(f"  {at.rule}: {at.short}"))
        for at in verdict.findings
        if at.decided == "warned"
    ]
    fine = [at.rule for at in verdict.findings if at.decided == "passed"]
    counts = ", ".join(f"{rule} ×{fine.count(rule)}" for rule in dict.fromkeys(fine))
    passed = Text.assemble(("passed", COLOURS["passed"]), words(f": {counts}"))
    rows = [table] if table.row_count else []
    return Group(*rows, *warned, passed, words(verdict.sentence, COLOURS[verdict.outcome]))


def _as_markdown(remedy: str) -> str:
    """A remedy as an item of a list; lines of settings, which are indented in it, as code."""
    return "- " + "\n".join(f"    {line}" if line.startswith("  ") else line for line in _spaced(remedy.splitlines()))


def _spaced(lines: Sequence[str]) -> list[str]:
    """Lines with an empty one before the first that is indented, as Markdown wants it."""
    first = next((place for place, line in enumerate(lines) if line.startswith("  ")), None)
    return list(lines) if first is None else [*lines[:first], "", *lines[first:]]


def _table(findings: Sequence[Finding]) -> str:
    rows = ["| rule | about | found | expected |", "|---|---|---|---|"]
    for at in findings:
        cells = (f"{at.rule}: {RULES[at.rule]}", at.about, at.found, at.expected)
        rows.append(f"| {' | '.join(cell.replace('|', '∣') for cell in cells)} |")
    return "\n".join(rows)
