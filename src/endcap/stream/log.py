"""The event log: segment files of one event a line, each line with its checksum."""

import os
import threading
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from endcap.core.errors import BadData
from endcap.core.records import Event
from endcap.core.saving import flush_folder

SEGMENT_BYTES = 64 * 2**20

_decoder = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder()


class SegmentLog:
    """Appends events durably and gives them back in the order they came; safe to use from several threads.

    A line is eight hex digits (CRC-32 of the rest), a space, and the event as JSON. An offset is the number of events
    before it. A torn last line, left by a crash, is cut off when the log is opened: it was never acknowledged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        segments = self._segments()
        self._path = segments[-1] if segments else folder / _name(0)
        self.torn_bytes = self._mend(self._path)
        """Bytes of a torn last line that were cut off when the log was opened."""
        self._end = _start(self._path) + sum(1 for _ in _lines(self._path))

    def append(self, events: Iterable[Event]) -> int:
        """Writes events to disk and gives the offset after them; when this returns, they survive a crash.

        Raises OSError if the disk does not take them; then none of them is in the log.
        """
        lines = [_encoder.encode(event) for event in events]
        block = b"".join(b"%08x %s\n" % (zlib.crc32(line), line) for line in lines)
        with self._lock:
            if self._path.exists() and self._path.stat().st_size > SEGMENT_BYTES:
                self._path = self._folder / _name(self._end)
            begins = not self._path.exists()
            size = 0 if begins else self._path.stat().st_size
            # Unbuffered: a buffer would be written after all when the file is closed, behind what was cut off.
            with self._path.open("ab", buffering=0) as file:
                try:
                    left = memoryview(block)
                    while left:
                        left = left[file.write(left) :]
                    os.fsync(file.fileno())
                    if begins:
                        flush_folder(self._folder)
                except OSError:
                    os.truncate(self._path, size)
                    raise
            self._end += len(lines)
            return self._end

    def read(self, after: int = 0) -> Iterator[tuple[int, Event]]:
        """Every event from an offset on, with the offset that follows it; raises `BadData` naming a damaged line."""
        for path in self._segments():
            offset = _start(path)
            for number, line in enumerate(_lines(path), 1):
                offset += 1
                if offset > after:
                    yield offset, _event(path, number, line)

    def _segments(self) -> list[Path]:
        return sorted(self._folder.glob("events-*.log"))

    def _mend(self, path: Path) -> int:
        """Cuts off a torn last line; how many bytes it had."""
        if not path.exists():
            return 0
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole != len(content):
            os.truncate(path, whole)
        return len(content) - whole


def _name(offset: int) -> str:
    return f"events-{offset:015d}.log"


def _start(path: Path) -> int:
    return int(path.stem.removeprefix("events-"))


def _lines(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as file:
            yield from file


def _event(path: Path, number: int, line: bytes) -> Event:
    checksum, _, content = line.rstrip(b"\n").partition(b" ")
    if checksum != b"%08x" % zlib.crc32(content):
        raise BadData(f"{path}, line {number}: damaged, its content does not match its checksum")
    return _decoder.decode(content)
