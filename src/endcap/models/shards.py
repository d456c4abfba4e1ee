"""Processes that each hold a part of what is learned from, and do what they are told, all at the same time.

What several machines would do, on one: nothing is shared, and what crosses is what is sent.
"""

from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

Ask = Callable[..., list[Any]]
"""Called with the name of a method and its arguments, gives the answer of every part."""


def alone(part: object) -> Ask:
    """As `Shards` of a single part, in this process, where nothing is copied."""
    return lambda method, *arguments: [getattr(part, method)(*arguments)]


class Shards:
    """Gives each part to a process of its own; called, it calls a method of all of them, and gives their answers."""

    def __init__(self, parts: Sequence[object]) -> None:
        context = get_context("spawn")
        self.connections, self.processes = [], []
        for part in parts:
            own, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, part), daemon=True)
            process.start()
            theirs.close()
            self.connections.append(own)
            self.processes.append(process)

    def __enter__(self) -> "Shards":
        return self

    def __call__(self, method: str, *arguments: Any) -> list[Any]:
        """The answers, in the order of the parts; raises `EOFError` if a process died."""
        message = ForkingPickler.dumps((method, arguments))
        for connection in self.connections:
            connection.send_bytes(message)
        return [connection.recv() for connection in self.connections]

    def __exit__(self, *error: object) -> None:
        for connection, process in zip(self.connections, self.processes, strict=True):
            connection.close()
            process.join()


def _serve(connection: Connection, part: object) -> None:
    """What the process of a part does: what it is asked to, until nobody is there to ask."""
    while True:
        try:
            method, arguments = connection.recv()
        except EOFError:
            return
        connection.send(getattr(part, method)(*arguments))
