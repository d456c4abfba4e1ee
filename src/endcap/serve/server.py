"""The process: one socket, one application, a clean end."""

import contextlib
import ctypes
import gc
import socket
import sys

import structlog
import uvicorn
from starlette.types import ASGIApp

from endcap.core.errors import CannotServe


def bound(host: str, port: int) -> socket.socket:
    """A listening address; port 0 takes any that is free. Raises `CannotServe` if it is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        remedy = "stop what listens there, or choose another with --port"
        raise CannotServe(
            f"cannot listen on {host}, port {port}: {(error.strerror or '').lower()}; {remedy}"
        ) from error
    return listening


def run(app: ASGIApp, listening: socket.socket) -> None:
    """Serves until it is told to stop (SIGINT or SIGTERM), logging to stderr; requests under way are answered first."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    _keep_memory()
    # What was loaded stays until the end: the garbage collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=20)
    uvicorn.Server(config).run(sockets=[listening])


def _keep_memory() -> None:
    """Has the C library keep freed memory up to 64 MB instead of giving it back at once.

    A sum over a few hundred kilobytes of neighbours is freed and asked for again with every request; the page faults
    cost four times as much as the sum itself (380 µs against 80 on the demo shop). Elsewhere than on glibc nothing
    happens.
    """
    trim_threshold, mmap_threshold, kept = -1, -3, 64 * 2**20
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL("libc.so.6")
        library.mallopt(trim_threshold, kept)
        library.mallopt(mmap_threshold, kept)
