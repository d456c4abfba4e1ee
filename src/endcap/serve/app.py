"""The HTTP application: every operation in one table, from which both the routes and the OpenAPI page are made."""

import base64
import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from endcap.core.records import Event, Id, Request, Slate
from endcap.serve.browse import Item, Page, Shelves
from endcap.serve.endpoints import Endpoint, Refused
from endcap.serve.messages import Accepted, Events, Failure, Problem, ShopInfo, SlotInfo, Status
from endcap.serve.openapi import described
from endcap.serve.recommender import Recommender
from endcap.stream.log import SegmentLog

PAGES = Path(str(files("endcap.serve") / "storefront"))
SHELLS = ("/", "/item/{item_id:path}", "/cart", "/search")
"""Addresses of the storefront; the page itself decides what to show."""
INLINE = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)
"""The one script that stands inside a page: where the browser finds the modules."""


class Nothing(Struct, frozen=True):
    """No parameters."""


class ItemAsked(Struct, frozen=True):
    """One item."""

    item_id: Id


class Search(Struct, frozen=True):
    """What to look for."""

    query: Annotated[str, Meta(max_length=200)] = ""
    category: Annotated[str, Meta(max_length=200)] = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 24
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked over HTTP."""

    method: str
    path: str
    answer: Callable[[Any], object | Awaitable[object]]
    asked: type
    given: type
    status: int = 200

    @property
    def summary(self) -> str:
        """What it does, for people."""
        return (self.answer.__doc__ or "").strip()


@dataclass(frozen=True)
class ShopFacts:
    """What the settings say of the shop."""

    name: str
    currency: str
    attribution: str


class Service:
    """What the operations do, over one recommender and one event log."""

    def __init__(self, recommender: Recommender, log: SegmentLog, shop: ShopFacts, clock: Callable[[], float]) -> None:
        self._recommender = recommender
        self._log = log
        self._shop = shop
        self._clock = clock
        self._shelves = Shelves(recommender.bundle.catalog, shop.currency)

    def recommend(self, request: Request) -> Slate:
        """The slate of one slot for one visitor. Unknown ids are answered by the fallback ladder, with the reason."""
        return self._recommender.answer(request, self._clock())

    async def events(self, sent: Events) -> Accepted:
        """Takes in what happened; when this answers, the events are on disk and change the next slate."""
        now = self._clock()
        events = [_stamped(event, place, now) for place, event in enumerate(sent.events)]
        try:
            await run_in_threadpool(self._log.append, events)
        except OSError as error:
            raise Refused(503, "cannot_store", f"the events could not be stored: {error.strerror}") from error
        self._recommender.remember(events)
        return Accepted(len(events))

    def item(self, asked: ItemAsked) -> Item:
        """One item of the catalog, with the other items of its family."""
        item = self._shelves.item(asked.item_id)
        if item is None:
            raise Refused(404, "unknown_item", f"no item is called {asked.item_id!r}", "item_id")
        return item

    def items(self, asked: Search) -> Page:
        """Items by words of their title and by category, the most bought first."""
        return self._shelves.search(asked.query, asked.category, asked.offset, asked.limit)

    def shop(self, asked: Nothing) -> ShopInfo:
        """What a storefront must know: name, currency, slots, categories, and the bundle that is served."""
        slots = [SlotInfo(name, slot.k) for name, slot in self._recommender.slots.items()]
        bundle, shop = self._recommender.bundle.name, self._shop
        return ShopInfo(shop.name, shop.currency, shop.attribution, bundle, slots, self._shelves.categories())

    def health(self, asked: Nothing) -> Status:
        """Whether the process lives."""
        return Status("ok", self._recommender.bundle.name)

    def ready(self, asked: Nothing) -> Status:
        """Whether it may be sent requests; it is not even bound to its port before that."""
        return Status("ready", self._recommender.bundle.name)

    def operations(self) -> list[Operation]:
        """Everything that can be asked."""
        return [
            Operation("POST", "/v1/recommend", self.recommend, Request, Slate),
            Operation("POST", "/v1/events", self.events, Events, Accepted, 202),
            Operation("GET", "/v1/items/{item_id}", self.item, ItemAsked, Item),
            Operation("GET", "/v1/items", self.items, Search, Page),
            Operation("GET", "/v1/shop", self.shop, Nothing, ShopInfo),
            Operation("GET", "/health", self.health, Nothing, Status),
            Operation("GET", "/ready", self.ready, Nothing, Status),
        ]


def application(
    recommender: Recommender, log: SegmentLog, shop: ShopFacts, clock: Callable[[], float] = time.time
) -> Starlette:
    """The ASGI application over a recommender and an event log; `clock` gives seconds since 1970."""
    operations = Service(recommender, log, shop, clock).operations()
    schema = msgspec.json.encode(described(operations))

    async def openapi(request: HttpRequest) -> Response:
        return Response(schema, media_type="application/json")

    routes: list[BaseRoute] = [
        # An id may hold a slash.
        Route(op.path.replace("}", ":path}"), Endpoint(op.asked, op.answer, op.status), methods=[op.method])
        for op in operations
    ]
    routes += [Route("/openapi.json", openapi), Route("/docs", _page("docs.html"))]
    routes += [Route(path, _page("shop.html")) for path in SHELLS]
    routes += [Mount("/static", StaticFiles(directory=PAGES / "static"))]
    return Starlette(routes=routes, exception_handlers={HTTPException: _refusal})


def _page(name: str) -> Callable[[HttpRequest], Awaitable[Response]]:
    content = (PAGES / name).read_text("utf-8")
    headers = _headers(content)

    async def page(request: HttpRequest) -> Response:
        return HTMLResponse(content, headers=headers)

    return page


def _headers(content: str) -> dict[str, str]:
    """What a page may load: our own scripts and styles, pictures of any address, and its import map by its hash."""
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in INLINE.findall(content)]
    scripts = " ".join(["'self'", *(f"'sha256-{found}'" for found in hashes)])
    return {
        "Content-Security-Policy": f"default-src 'none'; script-src {scripts}; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data: https:; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    }


async def _refusal(request: HttpRequest, error: Exception) -> Response:
    """What the framework itself refuses (no such path, wrong method), in the one shape of errors."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "internal error"
    code = {404: "not_found", 405: "method_not_allowed"}.get(status, "refused")
    message = f"{request.method} {request.url.path}: {detail.lower()}; /openapi.json lists what there is"
    body = msgspec.json.encode(Failure(Problem(code, message)))
    headers = error.headers if isinstance(error, HTTPException) else None
    return Response(body, status, headers=dict(headers or {}), media_type="application/json")


def _stamped(event: Event, place: int, now: float) -> Event:
    """The event at the server's time, which alone rules; raises `Refused` if it names no item though it must."""
    if event.item_id is None and event.kind != "search":
        raise Refused(422, "invalid_request", f"a {event.kind} needs an item_id", f"events[{place}].item_id")
    return msgspec.structs.replace(event, time=now)
