"""Every job in a row, on a shop that comes with endcap: `demo`."""

import shutil
from importlib.resources import files
from pathlib import Path

from endcap.core.errors import BadConfig
from endcap.core.progress import Watch
from endcap.jobs.answering import serve
from endcap.jobs.common import CONFIG, NOBODY
from endcap.jobs.judging import evaluate
from endcap.jobs.preparing import prepare
from endcap.jobs.releasing import release
from endcap.jobs.training import train

DEMO = "demo"
"""The shop that is shown if nobody asks for another."""


def demo(
    workdir: Path = Path("endcap-demo"),
    port: int | None = None,
    serving: bool = True,
    watch: Watch = NOBODY,
    shop: str = DEMO,
) -> Path:
    """The whole way on the data that comes with endcap, or on a made-up shop: prepare, train, evaluate, release, serve.

    Everything lands in the workdir; an ``endcap.toml`` that is there is kept, so that it can be changed and run again.
    """
    config = write_demo(workdir, shop)
    watch.show(prepare(config, watch))
    watch.show(train(config, watch))
    watch.show(evaluate(config, watch))
    watch.show(release(config, watch))
    if serving:
        serve(config, port=port, watch=watch)
    return config


def write_demo(workdir: Path, shop: str = DEMO) -> Path:
    """The settings file of a demo shop in a folder; one that is there already is kept.

    Raises `BadConfig` if no shop of that name comes with endcap.
    """
    shops = {Path(str(path)).stem: Path(str(path)) for path in (files("endcap.data") / "shops").iterdir()}
    known = sorted(name for name, path in shops.items() if path.suffix == ".toml")
    if shop not in known:
        raise BadConfig(f"no shop is called {shop!r}; there are: {', '.join(known)}")
    workdir.mkdir(parents=True, exist_ok=True)
    config = workdir / CONFIG
    if not config.exists():
        shutil.copyfile(shops[shop], config)
    return config
