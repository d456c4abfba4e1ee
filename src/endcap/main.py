"""The program `endcap`: ready for Ctrl-C before anything is imported, and gone without a traceback."""

import os
import sys
from typing import NoReturn

from endcap.core.stopping import Stopped, listen, stop_signal
from endcap.exits import end, end_now


def main() -> NoReturn:
    """Run the command that was typed, and end the process with its exit code."""
    try:
        listen(end_now)
        code = _run()
    except BaseException as error:
        code = end(error)
    if stop_signal() is not None:
        # Threads may be in the middle of long compiled loops, which nobody waits for any more.
        _flush()
        os._exit(code)
    sys.exit(code)


def _run() -> int:
    """The exit code of the command, with all that it printed on its way."""
    try:
        from endcap.cli import app  # noqa: PLC0415 — Ctrl-C may come while it is imported

        app()
    except SystemExit as asked:
        code = asked.code if isinstance(asked.code, int) else int(asked.code is not None)
    else:
        code = 0
    if stop_signal() is not None:
        raise Stopped  # libraries have words and exit codes of their own for that
    sys.stdout.flush()
    return code


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
