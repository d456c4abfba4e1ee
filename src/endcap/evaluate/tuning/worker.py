"""Who takes tries, and whether who took one is still there; several of them on one machine."""

import multiprocessing
import os
import signal
import socket
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from typing import Any

from endcap.core.errors import EndcapError
from endcap.core.processes import Process, has_ended, process_of, start_time

LOST = 3600.0
"""A try on another machine is taken for lost after so many seconds …"""
LONG = 10.0
"""… and so many times the longest that has ended."""


SECONDS = 0.2
"""How often it is looked at what the workers of this machine have done."""


@dataclass(frozen=True)
class Worker:
    """A process that takes tries from a store."""

    clock: Callable[[], float]
    """Seconds since 1970."""
    number: int = 0
    """Among those that were started together, from 1; 0: alone."""
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)

    @property
    def entropy(self) -> list[int]:
        """Tells it from every other, so that two do not draw the same."""
        return [self.number, zlib.crc32(self.host.encode()), self.pid]

    @property
    def process(self) -> Process:
        """The process that it is."""
        return Process(self.host, self.pid, start_time(self.pid) if self.host == socket.gethostname() else "")

    def told(self) -> dict[str, Any]:
        """What the store keeps of it with a try."""
        return {**self.process.to_json(), "since": self.clock()}

    def holds(self, holder: Mapping[str, Any] | None, pid: int) -> bool:
        """Whether what the store kept names that process of this machine."""
        return holder is not None and (holder["host"], holder["pid"]) == (self.host, pid)

    def outlives(self, holder: Mapping[str, Any], longest: float) -> bool:
        """Whether the process that the store names is no more, or (elsewhere) was not heard of for too long."""
        if self.holds(holder, self.pid) or has_ended(process_of(holder)):
            return True
        return bool(self.clock() - holder["since"] > max(LOST, LONG * longest))


def in_processes(
    target: Callable[..., None],
    arguments: tuple[Any, ...],
    n: int,
    died: Callable[[int, str], bool],
    look: Callable[[], None],
) -> None:
    """Runs the target in n processes, with the arguments and a number from 1, and looks until all have ended.

    One that fails is replaced as long as `died`, told its number and why, says that it was at work; otherwise
    `EndcapError` is raised, since the next one would fail too. None outlives this call.
    """
    context = multiprocessing.get_context("spawn")

    def started(number: int) -> Any:
        process = context.Process(target=target, args=(*arguments, number), daemon=True)
        with deaf_children():
            process.start()
        return process

    running = {number: started(number) for number in range(1, n + 1)}
    try:
        while running:
            for number, process in list(running.items()):
                process.join(SECONDS / len(running))
                if process.exitcode is None:
                    continue
                del running[number]
                if process.exitcode:
                    reason = f"its process ended with {process.exitcode}"
                    if not died(process.pid, reason):
                        raise EndcapError(f"worker {number} tried nothing: {reason}")
                    running[number] = started(number)
            look()
    finally:
        for process in running.values():
            process.terminate()
            process.join()


@contextmanager
def deaf_children() -> Iterator[None]:
    """A context in which processes are started that Ctrl-C does not reach: whoever started them ends them.

    Without it, every child of a terminal gets the signal too and prints a traceback of its own.
    """
    resource_tracker.ensure_running()  # starting it within the context would let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def unless_left_alone() -> None:
    """Raises KeyboardInterrupt in a process that `in_processes` has started, once the one that started it is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        raise KeyboardInterrupt
