"""How a command ends: one clear line for a person, and the exit code that shells expect. Never a traceback.

| what happened | exit code | what is printed |
|---|---|---|
| an error that a person can put right | 1 | what was found, what was expected, what to do |
| Ctrl-C (SIGINT), SIGTERM | 130, 143 | that it stopped, and that it can go on |
| whoever read the output has gone (``| head -1``) | 141 | nothing |
| anything else | 1 | what went wrong, and the file that has the traceback |
"""

import os
import sys
import tempfile
import time
import tomllib
import traceback
from contextlib import suppress
from pathlib import Path

from endcap.core.errors import EndcapError
from endcap.core.printable import printable
from endcap.core.secrets import redact
from endcap.core.stopping import Stopped, exit_code, stop_signal, stopped_sentence

FAILED, PIPE_CLOSED = 1, 141
SHOW_CURSOR = "\x1b[?25h\r\x1b[2K"
"""A spinner that is cut off leaves the cursor hidden and a line half written."""


def end(error: BaseException, config: Path | None = None) -> int:
    """Print what ended a command, if that is news, and return the exit code.

    Args:
        error: what was raised.
        config: the settings file, if it is known: the traceback of a fault is kept in the workdir that it names.
    """
    if stop_signal() is not None or isinstance(error, Stopped | KeyboardInterrupt):
        say(stopped_sentence())
        return exit_code()
    if isinstance(error, BrokenPipeError):
        close_output()
        return PIPE_CLOSED
    say_error(explanation(error, config))
    return FAILED


def end_now(code: int) -> None:
    """Say that the command stopped and end the process at once, whatever it is doing; for signal handlers."""
    with suppress(OSError):
        start = SHOW_CURSOR if os.isatty(2) else ""
        os.write(2, f"{start}{stopped_sentence()}\n".encode())
    os._exit(code)


def explanation(error: BaseException, config: Path | None = None) -> str:
    """Return what is printed of an error; the traceback of one that nobody foresaw goes to a file, which is named."""
    if isinstance(error, EndcapError):
        return redact(str(error))
    if isinstance(error, MemoryError):
        return "there is not enough memory for this: close other programs, or give it less data"
    if isinstance(error, OSError) and error.errno is not None:
        return redact(f"{error.filename or 'disk'}: {(error.strerror or str(error)).lower()}")
    said = redact(" ".join(f"{type(error).__name__}: {error}".split()))[:500]
    place = _write_traceback(error, _workdir(config))
    kept = f"the traceback is in {place}" if place else "the traceback could not be written anywhere"
    return (
        f"endcap stopped because of a fault that it has no words for: {said}. What was finished before is kept. "
        f"{kept}: please send it to whoever maintains endcap, or the part of yours that it names"
    )


def say(message: str) -> None:
    """Print a line for people, as plain text, on stderr; nothing if nobody listens any more."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{printable(message)}\n")
        sys.stderr.flush()


def say_error(message: str) -> None:
    """Print what is wrong, after ``error:``, which is red in a terminal."""
    red, plain = ("\x1b[1;31m", "\x1b[0m") if sys.stderr.isatty() and "NO_COLOR" not in os.environ else ("", "")
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{red}error:{plain} {printable(message)}\n")
        sys.stderr.flush()


def close_output() -> None:
    """Point stdout and stderr at nothing, so that flushing them at the end finds no closed pipe."""
    with suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
                continue
            os.dup2(nothing, stream.fileno())


def _workdir(config: Path | None) -> Path | None:
    """The workdir that a settings file names, if the file can be read at all."""
    if config is None:
        return None
    with suppress(OSError, ValueError, AttributeError):
        shop = tomllib.loads(config.read_text()).get("shop", {})
        return config.resolve().parent / str(shop.get("workdir", "var"))
    return None


def _write_traceback(error: BaseException, workdir: Path | None) -> Path | None:
    """Where the traceback was written: the workdir, or else the folder for temporary files; None if nowhere."""
    command = " ".join(["endcap", *sys.argv[1:]])
    text = redact(f"{command}\nPython {sys.version}\n\n{''.join(traceback.format_exception(error))}")
    name = f"{time.strftime('%Y-%m-%d-%H%M%S', time.gmtime())}-{os.getpid()}.txt"
    for folder in (workdir and workdir / "errors", Path(tempfile.gettempdir()) / "endcap-errors"):
        if folder is not None:
            with suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text, errors="backslashreplace")
                return folder / name
    return None
