"""The records that cross the edge, each defined once: the same fields in HTTP, in the event log and in Python."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Kind = Literal["impression", "view", "click", "cart", "uncart", "purchase", "return", "search"]
KINDS: tuple[Kind, ...] = ("impression", "view", "click", "cart", "uncart", "purchase", "return", "search")
"""Every kind of event; its place in this tuple is its code in a `Dataset`."""


class Event(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that happened in the shop."""

    kind: Kind
    session_id: Id
    item_id: Id | None = None
    """Absent only for a search."""
    time: float = 0.0
    """Seconds since 1970 (UTC); the server writes its own clock here."""
    user_id: Id | None = None
    slate_id: Id | None = None
    """The slate that the item was shown in."""
    position: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    """Place in that slate, counted from 1."""
    quantity: Annotated[float, Meta(gt=0, le=1_000_000)] = 1.0
    price: Annotated[float, Meta(ge=0, le=1e9)] | None = None
    """Price of one piece, in the currency of the shop."""
    order_id: Id | None = None
    query: Annotated[str, Meta(max_length=500)] | None = None
    """What was typed, for a search."""
    device: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    """What it was done with, in the words of the shop, such as ``phone``."""
    country: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    """Where the visitor is, or where the order goes, in the words of the shop, such as ``DE``."""


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a page asks: one slate for one slot."""

    slot: Annotated[str, Meta(min_length=1, max_length=100)]
    item: Id | None = None
    """The item that the page shows."""
    cart: Annotated[list[Id], Meta(max_length=500)] = field(default_factory=list)
    session: Id | None = None
    user: Id | None = None
    country: Annotated[str, Meta(max_length=100)] | None = None
    """Where the visitor is, in the words of the events."""
    k: Annotated[int, Meta(ge=1, le=200)] | None = None
    """How many items; the slot's own number if absent."""
    exclude: Annotated[list[Id], Meta(max_length=1000)] = field(default_factory=list)
    attributes: Annotated[dict[Id, Annotated[str, Meta(max_length=500)] | float | None], Meta(max_length=50)] = field(
        default_factory=dict
    )
    """What the page says of the item that it shows, in words and units of the catalog's files; for one that is new."""
    explain: bool = False
    """Also give the trace, and the seeds behind each item."""


class Because(Struct, frozen=True, gc=False):
    """One thing that an item was recommended for, and its share in the score."""

    item_id: str | None
    """A seed; null for what no seed accounts for, such as popularity."""
    title: str
    """Of the seed, or what it is that no seed accounts for."""
    share: float


class SlateItem(Struct, frozen=True, gc=False):
    """One recommended item, and why it is there."""

    item_id: str
    title: str
    price: float | None
    """What the shop lists; null where it lists none."""
    currency: str | None
    """Of the price: what the catalog says of the item, else that of the shop; null if neither says it."""
    category: str | None
    family: str | None
    image: str | None
    score: float
    tier: str
    """The tier that found it: ``primary`` or the name of a fallback."""
    retrievers: dict[str, float]
    """Score by each retriever that found it."""
    because: list[Because] = field(default_factory=list)
    """With `explain`: what speaks for it, strongest first."""


class Step(Struct, frozen=True, gc=False):
    """One line of a trace: a part that ran."""

    step: str
    kind: Literal["retriever", "stage", "fallback"]
    items: int
    """How many candidates it gave."""
    microseconds: float
    error: str | None = None


class Slate(Struct, frozen=True, kw_only=True):
    """What one slot shows one visitor, and all that is needed to learn from it."""

    slate_id: str
    slot: str
    variant: str
    bundle: str
    tier: str
    """The tier that its first item came from; ``none`` if it is empty."""
    reason: str | None
    """Why it is not, or not wholly, what was asked for; null when nothing is to be said."""
    items: list[SlateItem]
    trace: list[Step] | None = None
