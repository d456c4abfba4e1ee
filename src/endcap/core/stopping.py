"""Being told to stop (Ctrl-C, SIGTERM): what was received, and an exception that nothing on the way takes for a fault.

A library that is interrupted may raise an error of its own (DuckDB: `RuntimeError`) in place of ours, or swallow it.
So what was received is kept: who catches errors asks `stop_signal`, and long work calls `raise_if_told_to_stop`.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRACE_SECONDS = 3.0
"""Work that has not ended so long after the signal (compiled loops cannot look) is ended by the watching thread."""
STOPPED = "stopped; what was finished is kept: run the same command again to go on where it was"

_received: list[int] = []
_sentences: list[str] = []


class Stopped(BaseException):
    """The process was told to stop; no `Exception`, so that no handler of errors takes it for one."""


def stop_signal() -> int | None:
    """Return the number of the signal that told this process to stop; None if there was none."""
    return _received[0] if _received else None


def raise_if_told_to_stop() -> None:
    """Raise `Stopped` if this process was told to stop and something on the way has swallowed that."""
    if _received:
        raise Stopped


def say_when_stopped(sentence: str) -> None:
    """Set the message for a command that the user stops, in place of `STOPPED`."""
    _sentences.append(sentence)


def stopped_sentence() -> str:
    """Return the message for a stopped command: what is finished, and how to go on."""
    return _sentences[-1] if _sentences else STOPPED


def exit_code() -> int:
    """Return 130 after SIGINT and 143 after SIGTERM, as shells expect it."""
    return 128 + (stop_signal() or signal.SIGINT)


def listen(ended: Callable[[int], None]) -> None:
    """Have SIGINT and SIGTERM raise `Stopped` in the main thread.

    Whatever does not end within `GRACE_SECONDS`, and every second signal, ends the process at once through `ended`,
    which is given the exit code. Must be called in the main thread, once, by the program (never by a library).
    """

    def handle(number: int, _: FrameType | None) -> None:
        again = bool(_received)
        _received.append(number)
        if again:
            ended(exit_code())
        raise Stopped

    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` and shells' background jobs wish it so
            signal.signal(number, handle)
    # What is swallowed in a destructor or a thread on the way out is no news to anybody.
    sys.unraisablehook = _unless_stopped(sys.unraisablehook)
    threading.excepthook = _unless_stopped(threading.excepthook)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_end_in_time, args=(reading, ended), daemon=True, name="stopping").start()


def _unless_stopped(hook: Callable[[Any], object]) -> Callable[[Any], object]:
    return lambda raised: None if _received else hook(raised)


def _end_in_time(reading: int, ended: Callable[[int], None]) -> None:
    """Waits for a signal that ends the process; the system writes its number, whatever the main thread is doing."""
    while True:
        (number,) = os.read(reading, 1)
        if number in SIGNALS:
            time.sleep(GRACE_SECONDS)
            ended(128 + number)
