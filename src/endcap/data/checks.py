"""Checks that stop a run: what is expected of a dataset before it may take the place of the last good one.

An expectation is any callable ``(summary, before, now)`` that gives a `Verdict`, or None where it cannot say (there is
no run before). The ones here are parts; a function of your own is named as ``module:name``.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat

from endcap.core.dataset import DAY
from endcap.core.errors import BadBundle, BadData
from endcap.core.part import Part
from endcap.core.saving import facts_of
from endcap.data.plausible import (
    FIRST_DAY,
    LAST_DAY,
    MAX_SPAN_YEARS,
    MIN_KNOWN_ITEMS,
    implausible_days,
    likely_cause,
    span_years,
)
from endcap.data.summary import Summary, jensen_shannon, population_stability

Severity = Literal["stop", "warn"]
"""Whether a failed check is only shown, or keeps the new dataset out."""
DISTANCES = {"psi": population_stability, "js": jensen_shannon}


@dataclass(frozen=True)
class Verdict:
    """What an expectation says of a summary."""

    passed: bool
    found: str
    expected: str


Expectation = Callable[[Summary, Summary | None, float], Verdict | None]
"""From the new summary, the one of the last good dataset (or None) and the present moment to a verdict."""


@dataclass(frozen=True)
class Check:
    """An expectation with the name it is configured under and what its failure does."""

    name: str
    severity: Severity
    expectation: Expectation
    remedy: str = ""
    """What to do if it fails. Only a check that every run has says it, and it is mentioned only if it fails."""


@dataclass(frozen=True)
class Result:
    """What came of one check; kept with the dataset."""

    check: str
    severity: Severity
    outcome: Literal["passed", "failed", "skipped"]
    found: str
    expected: str


def checked(summary: Summary, before: Summary | None, checks: Iterable[Check], now: float) -> list[Result]:
    """The result of every check, in their order; `before` is the summary of the last good dataset.

    Of checks that every run has, only those that failed are among them.

    Raises `BadData` naming the check if a function of somebody's gives something else than a verdict.
    """
    results = [(check, _result(check, summary, before, now)) for check in checks]
    return [result for check, result in results if result.outcome == "failed" or not check.remedy]


def require_passed(results: Iterable[Result], kept: str) -> None:
    """Raises `BadData` with what was found and expected if a check that stops has failed; `kept` says what stays."""
    failed = [result for result in results if result.outcome == "failed" and result.severity == "stop"]
    if failed:
        lines = (f"{result.check}: found {result.found}; expected {result.expected}" for result in failed)
        raise BadData("\n".join(("the new dataset fails its checks and is not used:", *lines, kept)))


def accepted(summary: Summary, folder: Path, checks: Iterable[Check], now: float) -> dict[str, Any]:
    """Facts to keep with a new dataset: its summary, and the results beside those of the dataset in the folder.

    Raises `BadData` if a check that stops has failed.
    """
    results = checked(summary, summary_in(folder), checks, now)
    require_passed(results, f"{folder}: what was prepared last stays as it is")
    return {"summary": summary.to_json(), "checks": [asdict(result) for result in results]}


def still_accepted(facts: Mapping[str, Any], checks: Iterable[Check], now: float) -> list[dict[str, Any]]:
    """The results of the checks on an unchanged dataset, which may have grown old.

    What was said beside the dataset before it stands. Raises `BadData` if a check that stops has failed.
    """
    said = {result["check"]: Result(**result) for result in facts["checks"]}
    results = checked(Summary.from_json(facts["summary"]), None, checks, now)
    require_passed(results, "the sources have not changed since the last run")
    latest = (said.get(new.check, new) if new.outcome == "skipped" else new for new in results)
    return [asdict(result) for result in latest]


def summary_in(folder: Path) -> Summary | None:
    """The summary of the dataset in a folder; None if there is none, or none that can be read."""
    with suppress(BadBundle, KeyError, TypeError):
        return Summary.from_json(facts_of(folder)["summary"])
    return None


def _result(check: Check, summary: Summary, before: Summary | None, now: float) -> Result:
    verdict: object = check.expectation(summary, before, now)
    if verdict is None:
        return Result(check.name, check.severity, "skipped", "nothing to compare with", "a dataset of an earlier run")
    if not isinstance(verdict, Verdict):
        raise BadData(f"checks.{check.name}: gave {verdict!r}; expected an endcap.data.checks.Verdict or None")
    expected = f"{verdict.expected}; {check.remedy}" if check.remedy else verdict.expected
    return Result(check.name, check.severity, "passed" if verdict.passed else "failed", verdict.found, expected)


class EnoughRows(Part):
    """Expects a number of events, on the whole or of one kind."""

    kind: str | None = None
    at_least: NonNegativeInt = 1

    def __call__(self, summary: Summary, before: Summary | None, now: float) -> Verdict:
        """Failed if there are fewer."""
        rows = summary.rows if self.kind is None else summary.histograms.get("kind", {}).get(self.kind, 0)
        what = f"events of kind {self.kind}" if self.kind else "events"
        return Verdict(rows >= self.at_least, f"{rows:,} {what}", f"at least {self.at_least:,}")


class EnoughPerDay(Part):
    """Expects events on every day from the first to the last."""

    at_least: NonNegativeInt = 1
    days: NonNegativeInt = 0
    """Only so many of the latest days are looked at; 0: all are. The last day, which may be unfinished, never is."""

    def __call__(self, summary: Summary, before: Summary | None, now: float) -> Verdict:
        """Failed if one day has fewer, naming the worst."""
        counts = _daily(summary)[:-1][-self.days :]
        expected = f"at least {self.at_least:,} on each of {len(counts):,} days"
        if not counts:
            return Verdict(summary.rows > 0, "less than one whole day", expected)
        low = [(rows, day) for day, rows in counts if rows < self.at_least]
        rows, day = min((rows, day) for day, rows in counts)
        return Verdict(not low, f"{rows:,} events on {day}, and {len(low)} days below", expected)


class SteadyVolume(Part):
    """Expects about as many events as in the last run."""

    falls: float = Field(default=0.3, ge=0, le=1)
    """At most by this share …"""
    grows: PositiveFloat = 1.0
    """… or by this."""

    def __call__(self, summary: Summary, before: Summary | None, now: float) -> Verdict | None:
        """Failed if the number changed by more; says nothing in the first run."""
        if before is None or not before.rows:
            return None
        change = summary.rows / before.rows - 1
        found = f"{summary.rows:,} events after {before.rows:,} ({change:+.1%})"
        return Verdict(-self.falls <= change <= self.grows, found, f"between {-self.falls:+.0%} and {self.grows:+.0%}")


class Fresh(Part):
    """Expects that the newest event is not old."""

    days: PositiveFloat = 2.0

    def __call__(self, summary: Summary, before: Summary | None, now: float) -> Verdict:
        """Failed if the newest event lies longer ago, or if there is none."""
        expected = f"an event of the last {self.days:g} days"
        if summary.last is None:
            return Verdict(False, "no event", expected)
        return Verdict(summary.last >= now - self.days * DAY, f"the newest from {_moment(summary.last)}", expected)


class Filled(Part):
    """Expects values in a column of the events."""

    column: str
    missing: float = Field(default=0.0, ge=0, le=1)
    """At most this share of the rows has none."""

    def __call__(self, summary: Summary, before: Summary | None, now: float) -> Verdict:
        """Failed if more rows have none, or if there is no such column."""
        expected = f"at most {self.missing:.2%} of {self.column} missing"
        if self.column not in summary.nulls:
            return Verdict(False, f"no column {self.column!r}; there are: {', '.join(summary.nulls)}", expected)
        share = summary.null_share(self.column)
        found = f"{summary.nulls[self.column]:,} of {summary.rows:,} missing ({share:.2%})"
        return Verdict(share <= self.missing, found, expected)


class KnownItems(Part):
    """Expects that events are about items of the catalog.

    A run without such a check has one all the same, that at least half of them are; ``at_least = 0`` accepts any.
    """

    at_least: float = Field(default=0.95, ge=0, le=1)

    def __call__(self, summary: Summary, before: Summary | None, now: float) -> Verdict:
        """Failed if a smaller share of the events that name an item names one of the catalog."""
        named = summary.rows - summary.nulls.get("item_id", 0)
        unknown = named if summary.strangers is None else summary.strangers
        share = 1 - unknown / named if named else 1.0  # where nothing is named, nothing is unknown
        found = f"{share:.2%} of {named:,} events"
        passed = share >= self.at_least
        if not passed and summary.unknown_items:
            found += f" ({unknown:,} are about items that are not in it; {summary.unknown_items})"
        return Verdict(passed, found, f"at least {self.at_least:.2%} about items of the catalog")


class PlausibleTimes(Part):
    """Expects that events lie between 1990 and 2037, and within 40 years.

    A run without such a check has this one all the same; ``at_most = 1`` with more `years` accepts any.
    """

    at_most: float = Field(default=0.0, ge=0, le=1)
    """Share of the events that may lie on days on which no shop's events lie."""
    years: PositiveFloat = MAX_SPAN_YEARS
    """Longest time between the oldest event and the newest."""

    def __call__(self, summary: Summary, before: Summary | None, now: float) -> Verdict:
        """Failed if more events lie elsewhere, naming how many and the likely cause."""
        days = summary.histograms.get("day", {})
        wrong = implausible_days(days)
        lost, span = sum(days[day] for day in wrong), span_years(summary.first, summary.last)
        expected = f"at most {self.at_most:.2%} of events before {FIRST_DAY.year} or after {LAST_DAY.year - 1}"
        expected += f", and at most {self.years:g} years between the oldest event and the newest"
        if lost > self.at_most * summary.rows:
            right = max((day for day in days if day not in wrong), default="")
            told = wrong[0] if len(wrong) == 1 else f"{wrong[0]} … {wrong[-1]}"
            found = f"{lost:,} of {summary.rows:,} events on implausible days ({told})"
            return Verdict(False, f"{found}; likely cause: {likely_cause(wrong, right)}", expected)
        first, last = (_moment(time) if time is not None else "none" for time in (summary.first, summary.last))
        return Verdict(span <= self.years, f"events from {first} to {last} ({span:.1f} years)", expected)


REMEDIES: Mapping[type, str] = {
    KnownItems: 'write [[checks]] use = "known_items", at_least = 0 into the settings to accept it',
    PlausibleTimes: 'correct time_format, or leave such events out with "within_dates" in [prepare] events; '
    '[[checks]] use = "plausible_times", at_most = 1, years = 1000 accepts them',
}
"""The checks that every run has, and what can be done if one of them stops it."""


def default_checks(configured: Iterable[Check]) -> list[Check]:
    """The checks that every run has and these settings do not say otherwise of."""
    known: set[type] = {type(check.expectation) for check in configured}
    wanted: dict[type, Expectation] = {
        KnownItems: KnownItems(at_least=MIN_KNOWN_ITEMS), PlausibleTimes: PlausibleTimes()
    }  # fmt: skip
    return [Check(_setting(kind), "stop", part, REMEDIES[kind]) for kind, part in wanted.items() if kind not in known]


class SteadyDistribution(Part):
    """Expects that values are distributed as in the last run."""

    column: Literal["kind", "category", "currency", "price", "quantity", "hour"]
    distance: Literal["psi", "js"] = "psi"
    """Population stability index, or Jensen–Shannon divergence in bits."""
    at_most: NonNegativeFloat = 0.25

    def __call__(self, summary: Summary, before: Summary | None, now: float) -> Verdict | None:
        """Failed if the distance is larger, naming what changed most; says nothing in the first run."""
        then = (before.histograms.get(self.column) if before else None) or {}
        if not then:
            return None
        new = summary.histograms.get(self.column, {})
        apart = DISTANCES[self.distance](new, then)
        moved = {label: _share(new, label) - _share(then, label) for label in sorted({*new, *then})}
        most = max(moved, key=lambda label: abs(moved[label]))
        named = most if self.column not in ("price", "quantity") else f"bin {most}"
        change = f"{named}, from {_share(then, most):.1%} to {_share(new, most):.1%}"
        found = f"{self.distance} {apart:.3f}; most changed: {change}"
        return Verdict(apart <= self.at_most, found, f"at most {self.at_most:g} for {self.column}")


def _daily(summary: Summary) -> list[tuple[str, int]]:
    """Every day from the first to the last with its rows, days without any included."""
    counts = summary.histograms.get("day", {})
    if not counts:
        return []
    first, last = (datetime.fromisoformat(day).toordinal() for day in (min(counts), max(counts)))
    days = (datetime.fromordinal(number).date().isoformat() for number in range(first, last + 1))
    return [(day, counts.get(day, 0)) for day in days]


def _share(histogram: object, label: str) -> float:
    counts: dict[str, int] = dict(histogram)  # type: ignore[call-overload]
    return counts.get(label, 0) / max(sum(counts.values()), 1)


def _setting(kind: type) -> str:
    """The name of a check as settings have it."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).lstrip("_")


def _moment(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M")
