"""A load from outside the server's process: closed loop to find what it can do, open loop to see how long it takes.

In the open loop every request has an intended time, kept whether or not earlier ones were answered; its latency counts
from that time, so that a server that stalls is not excused (no coordinated omission).
"""

import asyncio
import time
from collections import deque
from dataclasses import dataclass

import numpy as np
import uvloop


@dataclass(frozen=True)
class Load:
    """What came back."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failed: int


class _Connection(asyncio.Protocol):
    """Sends one request at a time and calls back when its answer is complete."""

    def __init__(self, pool: "_Pool") -> None:
        self._pool = pool
        self._buffer = b""
        self._intended = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def send(self, request: bytes, intended: float) -> None:
        self._intended, self._buffer = intended, b""
        self._transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        if len(body) >= length:
            self._pool.done(self, self._intended, head.startswith(b"HTTP/1.1 200"))


class _Pool:
    def __init__(self, requests: list[bytes], total: int) -> None:
        self.requests, self.total = requests, total
        self.free: deque[_Connection] = deque()
        self.waiting: deque[float] = deque()
        self.sent = 0
        self.failed = 0
        self.latencies: list[float] = []
        self.finished = asyncio.Event()
        self.closed_loop = False

    def dispatch(self, connection: _Connection, intended: float) -> None:
        connection.send(self.requests[self.sent % len(self.requests)], intended)
        self.sent += 1

    def done(self, connection: _Connection, intended: float, well: bool) -> None:
        now = time.perf_counter()
        self.latencies.append(now - intended)
        self.failed += not well
        if len(self.latencies) == self.total:
            self.finished.set()
        elif self.waiting:
            self.dispatch(connection, self.waiting.popleft())
        elif self.closed_loop and self.sent < self.total:
            self.dispatch(connection, now)
        else:
            self.free.append(connection)


def run(port: int, requests: list[bytes], *, seconds: float, rate: float | None, connections: int = 32) -> Load:
    """Puts the requests, in turn, on a local port: `rate` a second (open loop), or as fast as it can (None)."""
    return uvloop.run(_run(port, requests, seconds, rate, connections))


async def _run(port: int, requests: list[bytes], seconds: float, rate: float | None, connections: int) -> Load:
    total = int(seconds * rate) if rate else 10**9
    pool = _Pool(requests, total)
    loop = asyncio.get_running_loop()
    transports = []
    for _ in range(connections):
        transport, connection = await loop.create_connection(lambda: _Connection(pool), "127.0.0.1", port)
        transports.append(transport)
        pool.free.append(connection)
    start = time.perf_counter()
    if rate is None:
        pool.closed_loop = True
        while pool.free:
            pool.dispatch(pool.free.popleft(), time.perf_counter())
        await asyncio.sleep(seconds)
        pool.closed_loop = False
    else:
        await _open_loop(pool, start, rate)
        await asyncio.wait_for(pool.finished.wait(), 60)
    spent = time.perf_counter() - start
    for transport in transports:
        transport.close()
    p50, p99 = np.percentile(np.array(pool.latencies) * 1000, [50, 99]).round(3).tolist()
    return Load(len(pool.latencies) / spent, p50, p99, pool.failed)


async def _open_loop(pool: _Pool, start: float, rate: float) -> None:
    """Sends what is due, then sleeps a millisecond; a request that was sent late counts from when it was due."""
    number = 0
    while number < pool.total:
        due = min(pool.total, int((time.perf_counter() - start) * rate) + 1)
        for late in range(number, due):
            intended = start + late / rate
            if pool.free:
                pool.dispatch(pool.free.popleft(), intended)
            else:
                pool.waiting.append(intended)
        number = due
        await asyncio.sleep(0.001)
