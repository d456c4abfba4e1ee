"""Processes by name, so that what one of them left unfinished is told from what it is still working on."""

import os
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PROC = Path("/proc")
ENDED_STATES = "ZX"
"""A zombie has ended, though nobody has asked how; its number is still taken."""


@dataclass(frozen=True)
class Process:
    """One process, told from every other of any machine, also from a later one that was given the same number."""

    host: str
    pid: int
    started: str = ""
    """When it started, as the system counts; empty where the system does not say."""

    @property
    def token(self) -> str:
        """A name for it that can be part of the name of a file: ``host-123``."""
        return f"{re.sub(r'[^A-Za-z0-9_]', '_', self.host)}-{self.pid}"

    def to_json(self) -> dict[str, Any]:
        """In plain values, from which `process_of` makes it again."""
        return asdict(self)


def this_process() -> Process:
    """Return the process that calls this."""
    pid = os.getpid()
    return Process(socket.gethostname(), pid, start_time(pid))


def process_of(told: Mapping[str, Any]) -> Process:
    """Return the process that was told in plain values; further values beside it are left aside."""
    return Process(str(told["host"]), int(told["pid"]), str(told.get("started", "")))


def has_ended(process: Process) -> bool | None:
    """Return whether a process is gone; None for one of another machine, of which nothing can be said."""
    if process.host != socket.gethostname():
        return None
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    now = start_time(process.pid)
    return (now == "" and PROC.exists()) or bool(process.started and now and now != process.started)


def start_time(pid: int) -> str:
    """Return the boot and the tick at which a process started; empty if it has ended, or the system does not say."""
    with suppress(OSError, IndexError):
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        if fields[0] not in ENDED_STATES:
            boot = (PROC / "sys" / "kernel" / "random" / "boot_id").read_text().strip()
            return f"{boot}:{fields[19]}"
    return ""
