"""The process: one socket, one application, a clean end."""

import socket

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
    """Serves until it is told to stop (SIGINT or SIGTERM); requests under way are answered first."""
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=20)
    uvicorn.Server(config).run(sockets=[listening])
