"""A typed function as an ASGI endpoint: JSON in, JSON out, one shape for everything that goes wrong."""

import re
import secrets
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Generic, TypeVar
from urllib.parse import parse_qsl

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

from endcap.core.errors import BadRequest
from endcap.serve.messages import Failure, Problem

LARGEST_BODY = 2**20
"""Bytes; a larger body is refused before it is read to its end."""

log = structlog.get_logger("endcap.serve")
_encoder = msgspec.json.Encoder()
Asked = TypeVar("Asked")


class Refused(Exception):
    """An answer that is not the one hoped for, with its HTTP status."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status, self.problem = status, Problem(code, message, field)


class Endpoint(Generic[Asked]):
    """Decodes the body (POST) or the path and query string (GET) into `asked`, answers, and encodes.

    Every failure becomes a `Failure`: 422 for what does not fit the type, 400 for what is not JSON, 413 for what is too
    large, 500 with a reference into the server's log for what nobody foresaw.
    """

    def __init__(
        self, asked: type[Asked], answer: Callable[[Asked], object | Awaitable[object]], status: int = 200
    ) -> None:
        self._decoder = msgspec.json.Decoder(asked)
        self._asked = asked
        self._answer = answer
        self._status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        try:
            given = self._answer(await self._decoded(scope, receive))
            body = _encoder.encode(await given if isawaitable(given) else given)
            await respond(send, self._status, body)
        except Exception as error:  # the edge: whatever happens inside, a client gets the one shape
            status, problem = understood(error, scope)
            await respond(send, status, _encoder.encode(Failure(problem)))

    async def _decoded(self, scope: Scope, receive: Receive) -> Asked:
        if scope["method"] in ("GET", "HEAD"):
            strings = dict(parse_qsl(scope["query_string"].decode("latin-1"))) | scope["path_params"]
            return msgspec.convert(strings, self._asked, strict=False)
        return self._decoder.decode(await _body(receive))


async def respond(send: Send, status: int, body: bytes) -> None:
    """Sends a JSON answer."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if status == 503:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def understood(error: Exception, scope: Scope) -> tuple[int, Problem]:
    """The HTTP status and the problem behind an exception; what nobody foresaw is logged and given a reference."""
    match error:
        case Refused():
            return error.status, error.problem
        case BadRequest():
            field, _, message = str(error).partition(": ")
            return 422, Problem("invalid_request", message, field)
        case msgspec.ValidationError():
            message, _, place = str(error).partition(" - at `$")
            named = re.search(r"field `([^`]+)`", message)
            steps = [place.strip("`."), named[1] if named else ""]
            return 422, Problem("invalid_request", message, ".".join(filter(None, steps)) or None)
        case msgspec.DecodeError() | UnicodeDecodeError() | RecursionError():
            return 400, Problem("not_json", f"the body is not JSON: {error}")
    reference = secrets.token_hex(6)
    log.error("request failed", path=scope["path"], reference=reference, exc_info=error)
    return 500, Problem("internal_error", f"something failed here; the log has it under {reference}")


async def _body(receive: Receive) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > LARGEST_BODY:
            raise Refused(413, "too_large", f"the body is larger than {LARGEST_BODY:,} bytes")
        parts.append(part)
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)
