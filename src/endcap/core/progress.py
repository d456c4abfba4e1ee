"""How long work says where it is. The command line draws it; everybody else is silent."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Steps = Callable[[str], AbstractContextManager[object]]
"""Given the name of a step, a context that lasts as long as the step."""


def silently(name: str) -> AbstractContextManager[object]:
    """Shows nothing, whatever the step is called."""
    return nullcontext(name)


class Watch(Protocol):
    """Somebody who looks on while a job runs."""

    def step(self, name: str) -> AbstractContextManager[object]:
        """A context that lasts as long as the step of that name."""

    def show(self, thing: object) -> None:
        """Something that people want to see now: a ledger, a report, an address."""


class Nobody:
    """Looks on and shows nothing."""

    def step(self, name: str) -> AbstractContextManager[object]:
        """A context that lasts as long as the step of that name."""
        return nullcontext(name)

    def show(self, thing: object) -> None:
        """Nothing."""
