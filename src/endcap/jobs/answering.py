"""What the released bundle answers: `serve`, `recommend`, `explain`."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from endcap.config import Config, load, parse
from endcap.core.bundle import Bundle
from endcap.core.errors import CannotServe
from endcap.core.progress import Watch
from endcap.core.records import Request, Slate
from endcap.jobs.common import CONFIG, NOBODY, shelf_of
from endcap.jobs.tracking import Warned

if TYPE_CHECKING:
    from endcap.serve.recommender import Recommender


@dataclass(frozen=True)
class Serving:
    """Where a server listens, and what it serves."""

    address: str
    bundle: str


def serve(config: Path = CONFIG, host: str | None = None, port: int | None = None, watch: Watch = NOBODY) -> None:
    """Serves the released bundle until told to stop; raises `CannotServe` if none is released or the port is taken."""
    from endcap.serve.app import ShopFacts, application
    from endcap.serve.server import bound, run
    from endcap.stream.log import SegmentLog

    settings = load(config, serving=True)
    wanted = settings.settings.serve
    listening = bound(wanted.host if host is None else host, wanted.port if port is None else port)
    with listening:
        answering = recommender_of(settings)
        log = SegmentLog(settings.workdir / "events")
        if log.torn_bytes:
            cut = (
                f"the last line was torn by a crash ({log.torn_bytes} bytes) and is cut off; no acknowledged event was"
            )
            watch.show(Warned(f"{settings.workdir / 'events'}: {cut}"))
        answering.remember(event for _, event in log.read())
        shop = settings.settings.shop
        app = application(answering, log, ShopFacts(shop.name, shop.currency, shop.attribution))
        name = listening.getsockname()
        watch.show(Serving(f"http://{name[0]}:{name[1]}/", answering.bundle.name))
        run(app, listening)


def recommend(request: Request, config: Path = CONFIG) -> Slate:
    """The slate that the released bundle gives for a request, without a server."""
    return recommender_of(load(config, serving=True)).answer(request, time.time())


def explain(request: Request, config: Path = CONFIG) -> Slate:
    """As `recommend`, with the trace and the seeds behind each item."""
    from msgspec.structs import replace

    return recommend(replace(request, explain=True), config)


def recommender_of(config: Config) -> "Recommender":
    """What answers requests from the released bundle; raises `CannotServe` if none is released."""
    from endcap.serve.recommender import Recommender
    from endcap.stream.recent import Recent

    path = shelf_of(config).named("current")
    if path is None:
        raise CannotServe(f"{config.workdir}: no bundle is released; run `endcap train` and `endcap release`")
    bundle = Bundle.load(path)
    released_with = parse(bundle.facts["settings"], path / CONFIG)
    return Recommender(bundle, released_with.slots(bundle.models), Recent(), config.settings.shop.currency)
