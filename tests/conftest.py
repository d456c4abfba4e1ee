"""What several tests share: small shops in memory and on disk, a real server, a real browser."""

import asyncio
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import hypothesis
import numpy as np
import pytest
from starlette.types import ASGIApp

from endcap import jobs
from endcap.core.bundle import Bundle, Histories
from endcap.core.dataset import Dataset
from endcap.core.habits import pasts_of
from endcap.core.query import Stage
from endcap.index.exact import Exact
from endcap.index.nearest import Nearest
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.popular import Popular, PopularIn
from endcap.models.prod2vec import Prod2Vec
from endcap.serve.recommender import Recommender
from endcap.slots.filters import available, not_in_cart, one_per_family
from endcap.slots.slot import Slot
from endcap.stream.recent import Recent

pytest.register_assert_rewrite("endcap.testing")
# A shell starts what runs in its background with Ctrl-C ignored, and so would be all that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# How fast a machine draws examples says nothing of what is tested.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")

from endcap.testing import START, checkerboard  # noqa: E402 — after its asserts are told to explain themselves

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ENDCAP = [sys.executable, "-m", "endcap"]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless --no-sandbox --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)

Server = Callable[[Path], AbstractContextManager[str]]
"""Serves a configuration as a process of its own, for as long as the context lasts; gives its address."""


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process remembers the secrets that it has read, to keep them out of what it prints; tests share a process."""
    monkeypatch.setattr("endcap.core.secrets._known", {})


@pytest.fixture(scope="session")
def world() -> Dataset:
    """Twenty items: even ones go together, odd ones go together."""
    return checkerboard()


@pytest.fixture(scope="session")
def bundle(world: Dataset) -> Bundle:
    """Models fitted on that world."""
    rng = np.random.default_rng(0)
    vectors = Prod2Vec(size=8, epochs=30, subsample=0.0, learning_rate=0.1).fit(world, rng)
    models = {
        "together": CoOccurrence().fit(world, rng),
        "similar": Nearest(vectors, Exact().build(vectors.vectors)),
        "popular": Popular().fit(world, rng),
        "popular_in": PopularIn().fit(world, rng),
    }
    return Bundle("small-1", world.catalog, Histories(world.users, pasts_of(world)), models, {})


@pytest.fixture
def recommender(bundle: Bundle) -> Recommender:
    """Two slots over those models, and visitors of whom nothing is known yet."""
    stages: dict[str, Stage] = {"available": available, "not_in_cart": not_in_cart, "one_per_family": one_per_family}
    models = bundle.models
    slots = {
        "item/together": Slot(
            "item/together",
            {name: models[name] for name in ("together", "similar")},
            stages,
            {name: models[name] for name in ("popular_in", "popular")},
            k=4,
        ),
        "home/popular": Slot("home/popular", {"popular": models["popular"]}, stages, {}, k=4),
    }
    return Recommender(bundle, slots, Recent())


def asked(app: ASGIApp, method: str, path: str, **options: Any) -> httpx.Response:
    """The answer of an ASGI application, without a socket."""

    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.request(method, path, **options)

    # A thread of its own: while a browser is open, Playwright's event loop runs in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, once()).result()


@pytest.fixture(scope="session")
def http() -> Callable[..., httpx.Response]:
    """See `asked`."""
    return asked


@pytest.fixture(scope="session")
def csv_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``events.csv`` and ``catalog.csv`` of the same world."""
    folder = tmp_path_factory.mktemp("csv-shop")
    lines = [
        f"{START + 3600 * order},o{order},purchase,i{item:02},u{order % 7},1.5,o{order}"
        for order in range(40)
        for item in range(order % 2, 20, 2)
        if item != order
    ]
    (folder / "events.csv").write_text("\n".join(["time,session_id,kind,item_id,user_id,price,order_id", *lines, ""]))
    items = [f"i{item:02},Item {item},{('even', 'odd')[item % 2]},f{item}" for item in range(20)]
    (folder / "catalog.csv").write_text("\n".join(["item_id,title,category,family", *items, ""]))
    return folder


@pytest.fixture(scope="session")
def released(csv_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with that shop trained and released; for reading only."""
    folder = tmp_path_factory.mktemp("released")
    shutil.copytree(csv_shop, folder, dirs_exist_ok=True)
    config = jobs.init(folder / "events.csv", folder / "catalog.csv", folder / "endcap.toml")
    jobs.train(config)
    jobs.release(config)
    return folder


@contextmanager
def serving(config: Path) -> Iterator[str]:
    """See `Server`."""
    command = [*ENDCAP, "serve", "--port", "0", "--config", str(config)]
    environment = {**os.environ, "COLUMNS": "200", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stderr is not None
            said = ""
            for line in process.stderr:
                said += line
                address = re.search(r"The shop is open at (http://[^\s/]+)", said)
                if address:
                    break
            else:
                pytest.fail(f"the server ended before it served:\n{said}")
            yield address[1]
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def server() -> Server:
    """Starts servers."""
    return serving


@pytest.fixture(scope="session")
def demo_workdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``endcap demo --no-serve`` makes of the real data: once, and a copy for each process that runs tests."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "first-demo"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            command = [*ENDCAP, "demo", "--no-serve", "--workdir", str(folder)]
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            if run.returncode:
                shutil.rmtree(folder, ignore_errors=True)
                pytest.fail(run.stderr)
    return shutil.copytree(folder, own / "demo")


@pytest.fixture(scope="session")
def shop_url(demo_workdir: Path) -> Iterator[str]:
    """Address of the demo shop, served by a process of its own."""
    with serving(demo_workdir / jobs.CONFIG) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Headless Chromium; without it the tests that need it are skipped, except in CI."""
    if not CHROMIUM.exists():
        missing = f"{CHROMIUM} is missing; `make system-packages` installs it"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield chromium
        chromium.close()
