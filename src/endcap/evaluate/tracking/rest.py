"""Requests to a server until a deadline; whoever asks learns who did not answer, and never a password."""

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from endcap.core.errors import NotSent


class Declined(NotSent):
    """The server answered, and said no."""

    def __init__(self, said: str, code: str) -> None:
        super().__init__(said)
        self.code = code
        """The server's own name for the reason."""


@dataclass(frozen=True)
class Server:
    """An HTTP server that speaks JSON; user and password may stand in its address, or a bearer token beside it."""

    address: str
    token: str = ""
    until: float = float("inf")
    """When to give up, on the monotonic clock."""

    @property
    def name(self) -> str:
        """The address without user and password."""
        parts = urlsplit(self.address)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """What the server says to a question."""
        return self._asked("GET", f"{path}?{urlencode(query)}")

    def post(self, path: str, **content: Any) -> dict[str, Any]:
        """What the server says when it is told something."""
        body = json.dumps(content).encode()
        return self._asked("POST", path, body, {"Content-Type": "application/json"})

    def put(self, path: str, body: bytes) -> None:
        """Gives the server a file."""
        self._asked("PUT", path, body, {"Content-Type": "application/octet-stream"})

    def _asked(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        left = self.until - time.monotonic()
        if left <= 0:
            raise NotSent(f"{self.name}: did not take everything in time")
        asked = urllib.request.Request(
            f"{self.name}/{path}", body, {**(headers or {}), **self._authorization()}, method=method
        )
        try:
            with urllib.request.urlopen(asked, timeout=left if isfinite(left) else None) as answer:
                content: dict[str, Any] = json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            code, said = _reason(error)
            raise Declined(f"{self.name}: refused {path.partition('?')[0]}: {said}", code) from error
        except (OSError, ValueError) as error:
            raise NotSent(f"{self.name}: does not answer: {getattr(error, 'reason', error)}") from error
        return content

    def _authorization(self) -> dict[str, str]:
        parts = urlsplit(self.address)
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        if parts.username is None:
            return {}
        both = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return {"Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}


def _reason(error: urllib.error.HTTPError) -> tuple[str, str]:
    """The server's name for the reason, and what it says about it."""
    try:
        said = json.load(error)
        return str(said["error_code"]), str(said.get("message", ""))[:300]
    except (ValueError, LookupError, TypeError, OSError):
        return str(error.code), f"{error.code} {error.reason}"
