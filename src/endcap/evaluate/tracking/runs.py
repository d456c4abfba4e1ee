"""What is kept of a run, and the protocol of whoever keeps it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

State = Literal["running", "done", "failed", "interrupted"]
"""Interrupted: it was told to stop, or its process is gone without having ended it."""


INTERRUPTED = "told to stop"
"""The error of a run that somebody stopped."""


@dataclass(frozen=True)
class Metric:
    """A number that a run found; of a model, slot or baseline on a task, or of the run as a whole."""

    name: str
    value: float
    of: str = ""
    task: str = ""
    low: float | None = None
    """Where its interval begins, if it has one …"""
    high: float | None = None
    """… and where it ends."""
    kind: str = ""
    """What it is of: model, slot or baseline."""

    @property
    def path(self) -> str:
        """``task/of/name``, without what is empty: its name among all numbers of the run."""
        return "/".join(part for part in (self.task, self.of, self.name) if part)


@dataclass(frozen=True)
class Begun:
    """What is known of a run when it begins."""

    job: str
    shop: str
    started: float
    """Seconds since 1970."""
    settings: str
    """The configuration, as TOML."""


@dataclass(frozen=True)
class Record:
    """What a run has to tell; all of it may be left out."""

    data: str = ""
    """Fingerprint of the prepared dataset."""
    subject: str = ""
    """Name of what was made: a bundle."""
    metrics: tuple[Metric, ...] = ()
    headline: str = ""
    """Path of the metric that says most."""
    artefacts: Mapping[str, Path] = field(default_factory=dict)
    """Files by the name that they shall have; they must be replaced, not rewritten, if they ever change."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """What was read, each with the hash that DVC gives it."""
    alias: str = ""
    """The pointer that names the subject now: ``candidate`` or ``current``."""


@dataclass(frozen=True)
class Run:
    """All that is kept of a run."""

    id: int
    """Counts from 1 within a workdir."""
    uid: str
    """The same run's name anywhere."""
    job: str
    shop: str
    started: float
    ended: float | None
    state: State
    error: str
    settings: str
    data: str
    subject: str
    alias: str
    headline: Metric | None
    metrics: tuple[Metric, ...]
    """Empty in a list of runs."""
    artefacts: Mapping[str, Path]
    inputs: Mapping[str, str]
    environment: Mapping[str, Any]
    sent: bool
    """Whether a server has all of it."""

    @property
    def seconds(self) -> float | None:
        """How long it took; None as long as that is not known."""
        return None if self.ended is None else self.ended - self.started

    @cached_property
    def params(self) -> dict[str, str]:
        """The settings, each by its dotted place in the file."""
        return flattened(tomllib.loads(self.settings))

    def to_json(self) -> dict[str, Any]:
        """The run in plain values.

        ::

            {"id", "uid", "job", "shop", "started": date, "ended": date or null, "seconds", "state", "error", "data",
             "subject", "alias", "headline": metric or null,
             "metrics": [{"task", "of", "kind", "name", "value", "low", "high"}],
             "params": {place: value}, "artefacts": {name: path}, "inputs": {path: hash}, "environment", "sent"}
        """
        return {
            "id": self.id,
            "uid": self.uid,
            "job": self.job,
            "shop": self.shop,
            "started": date(self.started),
            "ended": None if self.ended is None else date(self.ended),
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "state": self.state,
            "error": self.error,
            "data": self.data,
            "subject": self.subject,
            "alias": self.alias,
            "headline": None if self.headline is None else vars(self.headline),
            "metrics": [vars(metric) for metric in self.metrics],
            "params": self.params,
            "artefacts": {name: str(path) for name, path in self.artefacts.items()},
            "inputs": dict(self.inputs),
            "environment": dict(self.environment),
            "sent": self.sent,
        }


class Tracker(Protocol):
    """Whoever keeps runs."""

    def start(self, begun: Begun) -> int:
        """The number of a run that begins now; it counts as running until it is finished or this process ends."""

    def record(self, run: int, found: Record) -> None:
        """Keeps what a run has to tell; what is not empty replaces what was told before."""

    def finish(self, run: int, ended: float, environment: Mapping[str, Any], error: str | None = None) -> None:
        """Ends a run: as failed if there is an error, as interrupted if that is `INTERRUPTED`."""


def date(seconds: float) -> str:
    """A moment in UTC, such as ``2026-01-31 23:59:59``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def flattened(value: Any, place: str = "") -> dict[str, str]:
    """Settings by dotted place; a list of plain values is one setting, a list of tables is counted from 0."""
    if isinstance(value, dict):
        inside = {f"{place}.{key}" if place else key: item for key, item in value.items()}
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        inside = {f"{place}.{number}": item for number, item in enumerate(value)}
    else:
        plain = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        return {place: plain}
    return {key: text for name, item in inside.items() for key, text in flattened(item, name).items()}
