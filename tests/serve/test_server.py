"""A real process: what it acknowledged survives it."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import httpx


def test_events_survive_a_restart_and_change_the_slate(
    released: Path, tmp_path: Path, server: Callable[[Path], AbstractContextManager[str]]
) -> None:
    config = Path(shutil.copytree(released, tmp_path / "shop")) / "endcap.toml"
    view = {"kind": "view", "session_id": "s", "item_id": "i07"}
    asked = {"slot": "home/for-you", "session": "s"}
    with server(config) as address:
        assert httpx.get(f"{address}/ready").json()["status"] == "ready"
        assert httpx.post(f"{address}/v1/recommend", json=asked).json()["tier"] == "popular"
        assert httpx.post(f"{address}/v1/events", json={"events": [view]}).status_code == 202
    with server(config) as address:
        assert httpx.post(f"{address}/v1/recommend", json=asked).json()["tier"] == "primary"
        assert "<html" in httpx.get(address).text
