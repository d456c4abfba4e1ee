"""Runs in one SQLite file: any number of processes at once; the run of one that is gone counts as interrupted."""

import fcntl
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from math import isfinite
from pathlib import Path
from typing import Any
from uuid import uuid4

from endcap.core.errors import BadData, BadRequest
from endcap.core.secrets import redact, redact_settings
from endcap.evaluate.tracking.runs import INTERRUPTED, Begun, Metric, Record, Run

FORMAT = 1
"""Version of the tables; another one is refused with both numbers."""
PATIENCE = 10.0
"""Seconds to wait for another process that is writing."""
SCHEMA = """
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, job TEXT NOT NULL, shop TEXT NOT NULL,
  started REAL NOT NULL, ended REAL, state TEXT NOT NULL DEFAULT 'running', error TEXT NOT NULL DEFAULT '',
  settings TEXT NOT NULL, data TEXT NOT NULL DEFAULT '', subject TEXT NOT NULL DEFAULT '',
  alias TEXT NOT NULL DEFAULT '', headline TEXT NOT NULL DEFAULT '', artefacts TEXT NOT NULL DEFAULT '[]',
  inputs TEXT NOT NULL DEFAULT '{}', environment TEXT NOT NULL DEFAULT '{}', sent INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE metrics (
  run INTEGER NOT NULL REFERENCES runs, path TEXT NOT NULL, place INTEGER NOT NULL, task TEXT NOT NULL,
  "of" TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, value REAL NOT NULL, low REAL, high REAL,
  PRIMARY KEY (run, path)
) STRICT, WITHOUT ROWID;
"""


class Store:
    """The runs of a workdir: ``runs.sqlite``, and in ``runs/NUMBER/`` the files that each left.

    The state of a process: it holds a lock for each run that it started, which the system takes back when it ends.
    """

    def __init__(self, workdir: Path, keep: int = 20) -> None:
        self.path, self.folder, self.keep = workdir / "runs.sqlite", workdir / "runs", keep
        self._held: dict[int, tuple[Path, int]] = {}

    def start(self, begun: Begun) -> int:
        """The number of a run that begins now."""
        self._made()
        uid = uuid4().hex
        lock = self.folder / f".{uid}"
        held = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
        fcntl.flock(held, fcntl.LOCK_EX)  # before the row is there: whoever sees the row finds the lock taken
        with self._open() as database:
            row = database.execute(
                "INSERT INTO runs (uid, job, shop, started, settings) VALUES (?, ?, ?, ?, ?)",
                (uid, begun.job, begun.shop, begun.started, redact_settings(begun.settings)),
            )
            run = int(row.lastrowid or 0)
        self._held[run] = lock, held
        self._without_old_files(run)
        return run

    def record(self, run: int, found: Record) -> None:
        """Keeps what a run has to tell; a number that is not finite is left out."""
        names, inputs = [*self._kept(run, found.artefacts)], dict(found.inputs)
        told = {
            "data": found.data, "subject": found.subject, "headline": found.headline, "alias": found.alias,
            "artefacts": json.dumps(names) if names else "", "inputs": json.dumps(inputs) if inputs else "",
        }  # fmt: skip
        told = {name: value for name, value in told.items() if value}
        rows = [
            (run, of.path, place, of.task, of.of, of.name, of.kind, of.value, of.low, of.high)
            for place, of in enumerate(found.metrics)
            if isfinite(of.value)
        ]
        with self._open() as database:
            if told:
                places = ", ".join(f"{name} = ?" for name in told)
                database.execute(f"UPDATE runs SET {places} WHERE id = ?", (*told.values(), run))
            database.executemany("INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def finish(self, run: int, ended: float, environment: Mapping[str, Any], error: str | None = None) -> None:
        """Ends a run: as failed if there is an error, as interrupted if that is `INTERRUPTED`."""
        state, said = ("done", "") if error is None else ("failed", redact(error))
        if error == INTERRUPTED:
            state = "interrupted"
        with self._open() as database:
            database.execute(
                "UPDATE runs SET ended = ?, state = ?, error = ?, environment = ? WHERE id = ?",
                (ended, state, said, json.dumps(dict(environment)), run),
            )
        if run in self._held:
            lock, held = self._held.pop(run)
            lock.unlink(missing_ok=True)
            os.close(held)

    def runs(self, limit: int | None = None, *, whole: bool = False) -> tuple[Run, ...]:
        """The newest runs, newest first; of its metrics each has its headline alone, or, with `whole`, all."""
        if not self.path.exists():
            return ()
        with self._open() as database:
            self._reap(database)
            found = database.execute("SELECT * FROM runs ORDER BY id DESC LIMIT ?", (-1 if limit is None else limit,))
            which = ("",) if whole else ("AND path = ?", "headline")
            return tuple(
                self._run(row, self._metrics(database, row, which[0], *(row[name] for name in which[1:])))
                for row in found.fetchall()
            )

    def run(self, number: int) -> Run:
        """A run with all of its metrics; raises `BadRequest` if there is none of that number."""
        if self.path.exists():
            with self._open() as database:
                self._reap(database)
                row = database.execute("SELECT * FROM runs WHERE id = ?", (number,)).fetchone()
                if row:
                    return self._run(row, self._metrics(database, row))
                (newest,) = database.execute("SELECT max(id) FROM runs").fetchone()
                if newest:
                    raise BadRequest(f"{self.path}: there is no run {number}; there are: 1 to {newest}")
        raise BadRequest(f"{self.path}: there is no run {number}; nothing was run yet")

    def unsent(self) -> tuple[Run, ...]:
        """The runs that have ended and that no server has all of, oldest first."""
        with self._open() as database:
            self._reap(database)
            found = database.execute("SELECT * FROM runs WHERE state <> 'running' AND NOT sent ORDER BY id").fetchall()
            return tuple(self._run(row, self._metrics(database, row)) for row in found)

    def was_sent(self, run: int) -> None:
        """Says that a server has all of a run."""
        with self._open() as database:
            database.execute("UPDATE runs SET sent = 1 WHERE id = ?", (run,))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction, which happens as a whole or not at all."""
        try:
            with closing(sqlite3.connect(self.path, timeout=PATIENCE)) as database:
                database.row_factory = sqlite3.Row
                database.execute("PRAGMA synchronous = NORMAL")
                (version,) = database.execute("PRAGMA user_version").fetchone()
                if version != FORMAT:
                    raise BadData(f"{self.path}: format {version}, this endcap reads format {FORMAT}")
                with database:
                    yield database
        except sqlite3.Error as error:
            raise BadData(f"{self.path}: runs cannot be read or written: {error}") from error

    def _made(self) -> None:
        """The file, complete from its first moment: made beside its place, and given its name if nobody was faster."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            return
        beside = self.path.with_name(f".{self.path.name}.{uuid4().hex}.part")
        with closing(sqlite3.connect(beside)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(f"{SCHEMA} PRAGMA user_version = {FORMAT};")
        try:
            os.link(beside, self.path)
        except OSError:  # somebody was faster, or this disk has no links
            if not self.path.exists():
                beside.rename(self.path)
        beside.unlink(missing_ok=True)

    def _reap(self, database: sqlite3.Connection) -> None:
        """Marks the runs whose process is gone, and those that an older version called dead."""
        database.execute("UPDATE runs SET state = 'interrupted' WHERE state = 'dead'")
        for row in database.execute("SELECT id, uid FROM runs WHERE state = 'running'").fetchall():
            if _free(self.folder / f".{row['uid']}"):
                database.execute(
                    "UPDATE runs SET state = 'interrupted' WHERE id = ? AND state = 'running'", (row["id"],)
                )

    def _kept(self, run: int, files: Mapping[str, Path]) -> Iterator[str]:
        """The names of the files, each kept under it in the run's folder; without a copy where the disk can do that."""
        for name, file in files.items():
            place = self.folder / str(run) / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            try:
                os.link(file, place)
            except OSError:
                shutil.copyfile(file, place)
            yield name

    def _without_old_files(self, newest: int) -> None:
        """The files of old runs take room and are rarely asked for; their numbers stay."""
        for folder in self.folder.iterdir():
            if folder.name.isdecimal() and int(folder.name) <= newest - self.keep:
                shutil.rmtree(folder, ignore_errors=True)

    def _metrics(
        self, database: sqlite3.Connection, row: sqlite3.Row, which: str = "", *values: str
    ) -> tuple[Metric, ...]:
        found = database.execute(f"SELECT * FROM metrics WHERE run = ? {which} ORDER BY place", (row["id"], *values))
        return tuple(Metric(m["name"], m["value"], m["of"], m["task"], m["low"], m["high"], m["kind"]) for m in found)

    def _run(self, row: sqlite3.Row, metrics: tuple[Metric, ...]) -> Run:
        headline = next((metric for metric in metrics if metric.path == row["headline"]), None)
        places = {name: self.folder / str(row["id"]) / name for name in json.loads(row["artefacts"])}
        told = {key: row[key] for key in row.keys() if key in _PLAIN}  # noqa: SIM118 — a row gives values, not keys
        return Run(
            **told,
            headline=headline,
            metrics=metrics,
            artefacts={name: path for name, path in places.items() if path.exists()},
            inputs=json.loads(row["inputs"]),
            environment=json.loads(row["environment"]),
            sent=bool(row["sent"]),
        )


_PLAIN = {
    "id", "uid", "job", "shop", "started", "ended", "state", "error", "settings", "data", "subject", "alias",
}  # fmt: skip


def _free(lock: Path) -> bool:
    """Whether nobody holds a lock; one that is free is taken away."""
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        lock.unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)
