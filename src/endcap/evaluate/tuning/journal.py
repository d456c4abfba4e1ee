"""The journal file of a study: locked by the system, which frees the lock of a process that was killed.

Optuna's own lock is a file: one that a killed process leaves behind keeps everybody waiting for half a minute.
"""

import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class JournalLock:
    """A lock on a file beside the journal, as Optuna takes it: one process at a time has it, until it ends."""

    journal: Path
    _held: list[int] = field(default_factory=list)

    def acquire(self) -> bool:
        """Waits for the lock; always True."""
        descriptor = os.open(self.journal.with_name(f"{self.journal.name}.held"), os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except BaseException:
            os.close(descriptor)
            raise
        self._held.append(descriptor)
        return True

    def release(self) -> None:
        """Gives the lock back."""
        os.close(self._held.pop())


def cut_torn_line(journal: Path) -> None:
    """Cut off a last line that a crash has torn, since the next one would be glued to it."""
    lock = JournalLock(journal)
    lock.acquire()
    try:
        with journal.open("rb+") as file:
            size = end = file.seek(0, os.SEEK_END)
            while end:
                start = max(end - 2**16, 0)
                file.seek(start)
                found = file.read(end - start).rfind(b"\n")
                if found >= 0:
                    end = start + found + 1
                    break
                end = start
            if end != size:
                file.truncate(end)
    finally:
        lock.release()
