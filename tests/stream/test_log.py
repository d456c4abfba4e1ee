"""What was acknowledged is there, whatever breaks."""

import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from endcap.core.errors import BadData
from endcap.stream import log as log_module
from endcap.stream.log import SegmentLog
from endcap.testing import some_events

EVENTS = some_events()


def stored(folder: Path) -> list[object]:
    """Every event in a log, by whoever opens it next."""
    return [event for _, event in SegmentLog(folder).read()]


def test_events_come_back_in_order_with_their_offsets(tmp_path: Path) -> None:
    log = SegmentLog(tmp_path)
    assert log.append(EVENTS[:10]) == 10
    assert log.append(EVENTS[10:]) == len(EVENTS)
    assert list(log.read()) == list(enumerate(EVENTS, 1))
    assert list(log.read(after=28)) == list(enumerate(EVENTS, 1))[28:]
    assert list(log.read(after=999)) == []


def test_a_log_goes_on_where_it_was(tmp_path: Path) -> None:
    SegmentLog(tmp_path).append(EVENTS[:3])
    assert SegmentLog(tmp_path).append(EVENTS[3:4]) == 4
    assert stored(tmp_path) == EVENTS[:4]


def test_segments_follow_one_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "SEGMENT_BYTES", 300)
    log = SegmentLog(tmp_path)
    for event in EVENTS:
        log.append([event])
    assert len(list(tmp_path.iterdir())) > 2
    assert stored(tmp_path) == EVENTS
    assert [event for _, event in log.read(after=17)] == EVENTS[17:]
    assert SegmentLog(tmp_path).append(EVENTS[:1]) == len(EVENTS) + 1


@pytest.mark.parametrize("torn", [b"1", b"0123abcd {", b'0123abcd {"kind":"view"'])
def test_a_torn_last_line_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    SegmentLog(tmp_path).append(EVENTS[:2])
    (path,) = tmp_path.iterdir()
    with path.open("ab") as file:
        file.write(torn)
    log = SegmentLog(tmp_path)
    assert log.append(EVENTS[2:3]) == 3
    assert stored(tmp_path) == EVENTS[:3]


def test_every_damaged_line_is_found_and_named(tmp_path: Path) -> None:
    SegmentLog(tmp_path).append(EVENTS[:3])
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    second = whole.index(b"\n") + 1
    for place in range(second, whole.index(b"\n", second)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(BadData, match=rf"{path.name}, line 2: damaged"):
            stored(tmp_path)


def test_threads_may_append_at_the_same_time(tmp_path: Path) -> None:
    log = SegmentLog(tmp_path)
    threads = [threading.Thread(target=lambda: [log.append([event]) for event in EVENTS]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = [event for _, event in log.read()]
    assert len(events) == 8 * len(EVENTS)
    assert all(events.count(event) == 8 * EVENTS.count(event) for event in EVENTS)


def test_what_the_disk_did_not_take_is_not_in_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    log = SegmentLog(tmp_path)
    log.append(EVENTS[:2])
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            log.append(EVENTS[2:])
    assert stored(tmp_path) == EVENTS[:2]
    assert log.append(EVENTS[2:3]) == 3
    assert stored(tmp_path) == EVENTS[:3]


FULL_DISK = textwrap.dedent(
    """
    import resource, sys
    from pathlib import Path
    from endcap.stream.log import SegmentLog
    from endcap.testing import some_events

    events, log, stored = some_events(), SegmentLog(Path(sys.argv[1])), 0
    for size in (1, 3, 2, 30, 1, 5, 30, 2, 1, 1, 1, 1, 1):
        try:
            log.append(events[:size])
        except OSError as error:
            assert error.errno == 27, error
        else:
            stored += size
    print(stored)
    """
)


@pytest.mark.parametrize("limit", [150, 1000, 2000, 2100, 2200, 5000])
def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path, limit: int) -> None:
    def bounded() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-B", "-c", FULL_DISK, str(tmp_path)]
    run = subprocess.run(command, preexec_fn=bounded, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert len(stored(tmp_path)) == int(run.stdout)
    assert int(run.stdout) < 79
