"""What the HTTP interface says beyond the records of `endcap.core.records`."""

from typing import Annotated

from msgspec import Meta, Struct

from endcap.core.records import Event
from endcap.serve.browse import Category


class Problem(Struct, frozen=True):
    """What is wrong with a request, and where."""

    code: str
    message: str
    field: str | None = None


class Failure(Struct, frozen=True):
    """The one shape of every error."""

    error: Problem


class Events(Struct, frozen=True, forbid_unknown_fields=True):
    """Things that happened, oldest first."""

    events: Annotated[list[Event], Meta(min_length=1, max_length=1000)]


class Accepted(Struct, frozen=True):
    """How many events are safely on disk."""

    accepted: int


class Status(Struct, frozen=True):
    """Whether the service is well, and what it serves."""

    status: str
    bundle: str


class SlotInfo(Struct, frozen=True):
    """A slot that can be asked for."""

    name: str
    k: int
    """How many items it gives unless asked for another number."""


class ShopInfo(Struct, frozen=True):
    """What a storefront must know of the shop."""

    name: str
    currency: str
    attribution: str
    bundle: str
    slots: list[SlotInfo]
    categories: list[Category]
