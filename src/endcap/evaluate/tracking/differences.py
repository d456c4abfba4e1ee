"""What sets runs apart: the settings that differ, and every number side by side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from endcap.evaluate.tracking.runs import Metric, Run, date

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Compared:
    """Runs side by side, in the order in which they were asked for; None where a run has nothing."""

    runs: tuple[Run, ...]
    facts: Mapping[str, Row]
    """What they were made of (data, input files, versions), as far as it differs."""
    settings: Mapping[str, Row]
    """The settings that differ, by their place in the file."""
    metrics: Mapping[str, tuple[Metric | None, ...]]
    """Every number that one of them has, by its path."""

    def named(self, name: str) -> dict[str, tuple[Metric | None, ...]]:
        """The metrics of one name, of whatever they are."""
        return {path: row for path, row in self.metrics.items() if path.rpartition("/")[2] == name}

    def to_json(self) -> dict[str, Any]:
        """The comparison in plain values; a difference is to the first run.

        ::

            {"runs": [{"id", "job", "started", "state", "seconds", "data", "subject"}], "facts": {name: [text or null]},
             "settings": {place: [text or null]},
             "metrics": {path: {"values": [number or null], "differences": [number or null]}}}
        """
        return {
            "runs": [
                {"id": run.id, "job": run.job, "started": date(run.started), "state": run.state,
                 "seconds": run.seconds, "data": run.data, "subject": run.subject}
                for run in self.runs
            ],
            "facts": {name: list(row) for name, row in self.facts.items()},
            "settings": {place: list(row) for place, row in self.settings.items()},
            "metrics": {
                path: {"values": [m and m.value for m in row], "differences": differences(row)}
                for path, row in self.metrics.items()
            },
        }  # fmt: skip


def compared(runs: Sequence[Run]) -> Compared:
    """The runs side by side."""
    by_path = [{metric.path: metric for metric in run.metrics} for run in runs]
    paths = dict.fromkeys(path for metrics in by_path for path in metrics)
    return Compared(
        runs=tuple(runs),
        facts=_differing(runs, facts_of),
        settings=_differing(runs, lambda run: run.params),
        metrics={path: tuple(metrics.get(path) for metrics in by_path) for path in paths},
    )


def facts_of(run: Run) -> dict[str, str]:
    """What a run was made of, besides its settings."""
    there = run.environment
    plain = {"data": run.data, "python": str(there.get("python", "")), "git": there.get("git", {}).get("commit", "")}
    inputs = {f"input {path}": digest for path, digest in run.inputs.items()}
    return {name: text for name, text in plain.items() if text} | inputs | dict(there.get("versions", {}))


def differences(row: Sequence[Metric | None]) -> list[float | None]:
    """How far each value is above the first one; None where one of the two is not known, and for the first itself."""
    first = row[0]
    return [None, *(None if first is None or metric is None else metric.value - first.value for metric in row[1:])]


def _differing(runs: Sequence[Run], told: Callable[[Run], Mapping[str, str]]) -> dict[str, Row]:
    each = [told(run) for run in runs]
    rows = {name: tuple(texts.get(name) for texts in each) for texts in each for name in texts}
    return {name: row for name, row in sorted(rows.items()) if len(set(row)) > 1}
