"""How many recommendations one worker gives a second, and how long each takes, beside an empty route.

The peer is a route of the same framework and server that answers nothing, so the ratio says what is left of the web
server's own speed once it recommends. Requests: the five slots of the demo shop in equal parts, with random items,
carts, sessions and known users. Goal: 3,000 a second, p99 under 10 ms at 70 % of that.
"""

import contextlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from endcap import Request, jobs
from endcap.config import load as configured
from endcap.core.bundle import Bundle, Shelf
from load import Load, run
from measuring import alternated, conclude, options

GOAL = 3000.0
EMPTY = """
import sys
from starlette.applications import Starlette
from starlette.routing import Route
from endcap.serve.endpoints import Endpoint
from endcap.serve.app import Nothing
from endcap.serve.server import bound, run
app = Starlette(routes=[Route("/empty", Endpoint(Nothing, lambda asked: {}), methods=["GET"])])
listening = bound("127.0.0.1", 0)
print(f"http://127.0.0.1:{listening.getsockname()[1]}/", file=sys.stderr, flush=True)
run(app, listening)
"""


@contextlib.contextmanager
def process(*command: str) -> Iterator[tuple[int, int]]:
    """A server of our own, ended when done: its port and process id."""
    child = subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True)
    try:
        assert child.stderr is not None
        line = next((line for line in child.stderr if "http://127.0.0.1:" in line), "")
        found = re.search(r"http://127.0.0.1:(\d+)/", line)
        if not found:
            raise SystemExit(f"{' '.join(command)[:60]} did not start")
        yield int(found[1]), child.pid
    finally:
        child.terminate()
        child.wait(30)


def requests(bundle: Bundle, rng: np.random.Generator, n: int) -> list[bytes]:
    """Requests as bytes, the five slots in turn."""
    items, users = bundle.catalog.items.ids, bundle.histories.users.ids

    def item() -> str:
        return items[int(rng.integers(len(items)))]

    kinds = [
        lambda: Request(slot="item/substitutes", item=item()),
        lambda: Request(slot="item/together", item=item()),
        lambda: Request(slot="cart/together", cart=[item() for _ in range(int(rng.integers(1, 6)))]),
        lambda: Request(slot="home/for-you", user=users[int(rng.integers(len(users)))]),
        lambda: Request(slot="home/popular"),
    ]
    made = (kinds[number % len(kinds)]() for number in range(n))
    return [http("POST", "/v1/recommend", msgspec.json.encode(request)) for request in made]


def http(method: str, path: str, body: bytes = b"") -> bytes:
    """One HTTP request."""
    return b"%s %s HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n%s" % (
        method.encode(), path.encode(), len(body), body,
    )  # fmt: skip


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    return int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0]) / 1024


def main() -> None:
    chosen = options(__doc__ or "")
    seconds, rounds = (0.5, 1) if chosen.quick else (5.0, 5)
    with tempfile.TemporaryDirectory() as folder:
        config = chosen.demo / jobs.CONFIG if chosen.demo else jobs.demo(Path(folder), serving=False)
        shelf = Shelf(configured(config).workdir / "bundles")
        current = shelf.named("current")
        assert current is not None
        asked = requests(Bundle.load(current), np.random.default_rng(0), 5000)
        empty = [http("GET", "/empty")]
        serve = ("-m", "endcap", "serve", "--config", str(config), "--port", "0")
        with process(*serve) as (port, pid), process("-c", EMPTY) as (empty_port, _):
            run(port, asked, seconds=seconds, rate=None)  # every page touched once
            ours, peer = alternated(
                lambda: run(port, asked, seconds=seconds, rate=None).per_second,
                lambda: run(empty_port, empty, seconds=seconds, rate=None).per_second,
                rounds,
            )
            at_goal: list[Load] = [run(port, asked, seconds=seconds, rate=0.7 * GOAL) for _ in range(rounds)]
            memory = memory_mb(pid)
    slow = sorted(at_goal, key=lambda load: load.p99_ms)[len(at_goal) // 2]
    print(f"{ours:,.0f} recommendations a second, an empty route {peer:,.0f}; resident memory {memory:.0f} MB")
    print(f"at {0.7 * GOAL:,.0f} a second: p50 {slow.p50_ms} ms, p99 {slow.p99_ms} ms, {slow.failed} failed")
    conclude(
        "serving", round(ours), round(peer), round(ours / peer, 4), "recommendations per second, one worker",
        p50_ms=slow.p50_ms, p99_ms=slow.p99_ms, at_rate=0.7 * GOAL, failed=slow.failed, memory_mb=round(memory),
    )  # fmt: skip


if __name__ == "__main__":
    main()
