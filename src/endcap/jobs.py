"""What endcap does, one plain function per command; a scheduler imports the function, a person types the verb."""

import hashlib
import json
import os
import platform
import shutil
import sys
import time
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from endcap import __version__
from endcap.config import Config, Search, load, parse
from endcap.core.bundle import Bundle, Histories, Shelf
from endcap.core.dataset import Dataset
from endcap.core.errors import BadBundle, BadConfig, CannotServe
from endcap.core.part import Part
from endcap.core.progress import Nobody, Watch
from endcap.core.records import Request, Slate
from endcap.core.saving import facts_of, only_one, save, write_atomically
from endcap.core.saving import load as load_saved

if TYPE_CHECKING:
    from endcap.data.lint.findings import Health
    from endcap.data.profile.facts import Profile
    from endcap.evaluate.report import Report
    from endcap.evaluate.tasks import TaskMaker
    from endcap.serve.recommender import Recommender

CONFIG = Path("endcap.toml")
NOBODY = Nobody()
DEMO = "demo"
"""The shop that is shown if nobody asks for another."""


@dataclass(frozen=True)
class Prepared:
    """A dataset, what was dropped and changed on the way to it, and what came of the checks."""

    dataset: Dataset
    ledger: list[dict[str, Any]]
    checks: list[dict[str, Any]]


@dataclass(frozen=True)
class Serving:
    """Where a server listens, and what it serves."""

    address: str
    bundle: str


def init(
    data: Path | str | Sequence[Path | str], catalog: Path | None = None, config: Path = CONFIG, watch: Watch = NOBODY
) -> Path:
    """Looks at files, folders and databases, guesses what they mean, and writes settings that can be trained on.

    Raises `BadData` if they cannot be read or hold no events, and `BadConfig` if there are settings already.
    """
    from endcap.data.starting.writing import guess_for

    if config.exists():
        raise BadConfig(f"{config}: exists already; remove it first, or write to another file with --config")
    places = [data] if isinstance(data, Path | str) else data
    with watch.step("look at the data"):
        described = None if catalog is None else str(catalog)
        guess = guess_for([str(place) for place in places], described, config.resolve().parent)
    watch.show(guess)
    write_atomically(config, guess.text)
    return config


def prepare(config: Path = CONFIG, watch: Watch = NOBODY) -> Prepared:
    """The dataset of the configured sources, prepared and saved; what is unchanged is not prepared again."""
    settings = load(config)
    return _prepared(settings, watch)


def profile(config: Path = CONFIG, watch: Watch = NOBODY) -> "Profile":
    """What the prepared data looks like, and what changed since it was prepared from other data.

    Writes ``reports/profile.json`` and ``reports/profile.html`` into the workdir.
    """
    settings = load(config)
    return _profiled(settings, _prepared(settings, watch).dataset, watch)


def lint(config: Path = CONFIG, watch: Watch = NOBODY) -> "Health":
    """What is wrong with the sources as they come, and which models and slots of these settings it disables."""
    from endcap.data.engines import connect
    from endcap.data.lint.needs import needs_of
    from endcap.data.lint.reading import sources_linted

    settings = load(config)
    slots = {name: (*slot.retrievers, *slot.fallback) for name, slot in settings.settings.slots.items()}
    within = {name: search.within for name, search in settings.searches.items()}
    needs = needs_of(settings.recipes, slots, within)
    engine = connect(settings.settings.shop.engine)
    with watch.step("look at the sources as they come"):
        return sources_linted(settings.sources, engine, settings.folder, needs, time.time())


def train(config: Path = CONFIG, watch: Watch = NOBODY) -> Bundle:
    """Fits every model on everything there is, and puts the candidate bundle on the shelf."""
    settings = load(config)
    data = _prepared(settings, watch).dataset
    models = _fitted(settings, data, watch)
    bundle = Bundle(
        name=f"{settings.settings.shop.name}-{_hash(data.fingerprint, settings.text, __version__)[:12]}",
        catalog=data.catalog,
        histories=Histories(data.users, data.histories("purchase")),
        models=models,
        constants=data.fitted,
        facts={
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "data": data.fingerprint,
            "settings": settings.text,
            "versions": _versions(),
        },
    )
    with watch.step("save the bundle"):
        _shelf(settings).put(bundle)
    return bundle


def evaluate(config: Path = CONFIG, watch: Watch = NOBODY) -> "Report":
    """Fits every model on the time before the cut and judges models and slots on the time after it.

    Writes ``reports/evaluation.json`` and ``reports/evaluation.html`` into the workdir.
    """
    from endcap.data.splits import time_split
    from endcap.evaluate.backtest import back_test, entries
    from endcap.evaluate.report import Report, html

    settings = load(config)
    shop, how = settings.settings.shop, settings.settings.evaluate
    prepared = _prepared(settings, watch)
    split = time_split(prepared.dataset, how.test_share, how.gap_days)
    models = _fitted(settings, split.train, watch)
    tasks = {name: slot.task for name, slot in settings.settings.slots.items()}
    judged = entries(
        models,
        {name: (slot, task) for name, slot in settings.slots(models).items() if (task := tasks[name])},
        {name: models[name] for name in how.baselines},
        how.model_tasks,
    )
    rng = np.random.default_rng(settings.settings.seed)
    tested = back_test(split, judged, rng, how.queries, watch.step, _tasks(settings, split.train))
    fingerprint = prepared.dataset.fingerprint
    report = Report(shop.name, tested, prepared.ledger, settings.text, _versions(), fingerprint)
    with watch.step("write the report"):
        folder = settings.workdir / "reports"
        write_atomically(folder / "evaluation.json", json.dumps(report.to_json(), indent=1))
        write_atomically(folder / "evaluation.html", html(report, _charts()))
    return report


def release(config: Path = CONFIG, watch: Watch = NOBODY) -> Bundle:
    """Checks the candidate bundle, byte by byte and by filling every slot, and makes it the one that is served.

    Raises `BadBundle` if there is none or it is not sound; then what is served stays what it is.
    """
    settings = load(config)
    shelf = _shelf(settings)
    path = shelf.named("candidate")
    if path is None:
        raise BadBundle(f"{shelf.folder}: there is no candidate to release; `endcap train` makes one")
    with watch.step("check the bundle"):
        bundle = Bundle.load(path)
        _sound(bundle)
    shelf.point("current", bundle.name)
    return bundle


def serve(config: Path = CONFIG, host: str | None = None, port: int | None = None, watch: Watch = NOBODY) -> None:
    """Serves the released bundle until told to stop; raises `CannotServe` if none is released or the port is taken."""
    from endcap.serve.app import ShopFacts, application
    from endcap.serve.server import bound, run
    from endcap.stream.log import SegmentLog

    settings = load(config, serving=True)
    wanted = settings.settings.serve
    listening = bound(wanted.host if host is None else host, wanted.port if port is None else port)
    with listening:
        answering = _recommender(settings)
        log = SegmentLog(settings.workdir / "events")
        answering.recent.apply(event for _, event in log.read())
        shop = settings.settings.shop
        app = application(answering, log, ShopFacts(shop.name, shop.currency, shop.attribution))
        name = listening.getsockname()
        watch.show(Serving(f"http://{name[0]}:{name[1]}/", answering.bundle.name))
        run(app, listening)


def recommend(request: Request, config: Path = CONFIG) -> Slate:
    """The slate that the released bundle gives for a request, without a server."""
    return _recommender(load(config, serving=True)).answer(request, time.time())


def explain(request: Request, config: Path = CONFIG) -> Slate:
    """As `recommend`, with the trace and the seeds behind each item."""
    from msgspec.structs import replace

    return recommend(replace(request, explain=True), config)


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


def _prepared(config: Config, watch: Watch) -> Prepared:
    from endcap.data.checks import Check, accepted, still_accepted
    from endcap.data.prepare import Clean, Plan, prepared, saved
    from endcap.data.summary import summary_of

    shop, workdir = config.settings.shop, config.workdir
    plan = Plan(config.sources, config.folder, config.steps["events"], config.steps["catalog"])
    checks, now = [Check(*told) for told in config.checks], time.time()

    def accept(clean: Clean) -> dict[str, Any]:
        return accepted(summary_of(clean.events, clean.catalog), workdir / "dataset", checks, now)

    with only_one(workdir):
        fingerprint = plan.fingerprint(workdir / ".hashes.json", now)
        # What is damaged is made again, so that running the same command once more is always a remedy.
        there = saved(workdir / "dataset", fingerprint)
        if there:
            with watch.step("load the dataset (its sources are unchanged)"):
                return Prepared(there[0], there[1]["ledger"], still_accepted(there[1], checks, now))
        with watch.step("prepare the data"):
            dataset = prepared(plan, shop.engine, workdir, fingerprint, accept)
        facts = facts_of(workdir / "dataset")
    _profiled(config, dataset, watch)
    return Prepared(dataset, facts["ledger"], facts["checks"])


def _profiled(config: Config, data: Dataset, watch: Watch) -> "Profile":
    from endcap.data.profile.keeping import written

    with watch.step("profile the data"):
        return written(data, config.settings.shop.name, config.workdir / "reports", _charts())


def _charts() -> str:
    """The script that draws the plots of a page."""
    folder = files("endcap.serve") / "storefront" / "static" / "vendor" / "echarts"
    return (folder / "echarts.min.js").read_text("utf-8")


def _fitted(config: Config, data: Dataset, watch: Watch) -> dict[str, Any]:
    """Every model, fitted on the data; what was fitted on the same data with the same settings is loaded.

    Each recipe has a random generator of its own, so that no model depends on which others there are.
    """

    def fit(recipe: Part) -> Any:
        settings = f"{type(recipe).__module__}:{type(recipe).__name__}{recipe.model_dump_json()}"
        known = _hash(_code_of(recipe), data.fingerprint, settings, config.settings.seed)
        folder = config.workdir / "models" / f"{type(recipe).__name__.lower()}-{known[:16]}"
        with suppress(BadBundle):
            return load_saved(folder)
        rng = np.random.default_rng([config.settings.seed, zlib.crc32(settings.encode())])
        save(recipe.fit(data, rng), folder, {"kind": "model"})  # type: ignore[attr-defined]
        return load_saved(folder)

    # The slowest first: with two cores, it runs beside all the others. Equal recipes are fitted once.
    recipes = sorted(set(config.recipes.values()), key=lambda recipe: -float(getattr(recipe, "epochs", 0)))
    with watch.step(f"fit {', '.join(config.recipes)}"), ThreadPoolExecutor(os.cpu_count()) as pool:
        models = dict(zip(recipes, pool.map(fit, recipes), strict=True))
    return {name: _retriever(models[recipe], config.searches[name]) for name, recipe in config.recipes.items()}


def _tasks(config: Config, train: Dataset) -> "Mapping[str, TaskMaker]":
    """What can be judged: every task, and those that a source which knows the truth adds to them."""
    from endcap.evaluate.tasks import TASKS
    from endcap.evaluate.truth import truth_tasks

    known = [source for source in config.sources if hasattr(source, "truth")]
    return dict(TASKS) | (truth_tasks(known[0].truth(config.folder, train.catalog.items)) if known else {})


def _retriever(model: Any, search: Search) -> Any:
    """The model itself if it retrieves; else its vectors in an index."""
    from endcap.index.nearest import Nearest

    if callable(model):
        return model
    return Nearest(model, search.index.build(model.vectors), search.within)


def _recommender(config: Config) -> "Recommender":
    from endcap.serve.recommender import Recommender
    from endcap.stream.recent import Recent

    path = _shelf(config).named("current")
    if path is None:
        raise CannotServe(f"{config.workdir}: no bundle is released; run `endcap train` and `endcap release`")
    bundle = Bundle.load(path)
    released_with = parse(bundle.facts["settings"], path / CONFIG)
    return Recommender(bundle, released_with.slots(bundle.models), Recent())


def _sound(bundle: Bundle) -> None:
    """Raises `BadBundle` if a number in it is no number, or a slot has nothing to show."""
    from endcap.serve.recommender import Recommender
    from endcap.stream.recent import Recent

    for name, model in bundle.models.items():
        for place, array in _arrays(model, name):
            # One number per item may be NaN ("cannot say"); in a vector it would spoil every distance.
            bad = np.isinf if array.ndim == 1 else lambda numbers: ~np.isfinite(numbers)
            if array.dtype.kind == "f" and bad(array).any():
                raise BadBundle(f"{bundle.name}: {place} holds a number that is not finite; it is not released")
    slots = parse(bundle.facts["settings"], CONFIG).slots(bundle.models)
    answering = Recommender(bundle, slots, Recent())
    bestseller = bundle.catalog.items.ids[int(np.argmax(bundle.catalog["bought"]))]
    for name in slots:
        new, looking = (answering.answer(Request(slot=name, item=item), time.time()) for item in (None, bestseller))
        if not new.items and not looking.items:
            raise BadBundle(
                f"{bundle.name}: slot {name!r} shows nothing, neither to a new visitor ({new.reason}) "
                f"nor beside item {bestseller!r}; not released"
            )


def _arrays(value: Any, place: str) -> list[tuple[str, np.ndarray[Any, Any]]]:
    if isinstance(value, np.ndarray):
        return [(place, value)]
    inside: Mapping[Any, Any] = getattr(value, "__dict__", {})
    if isinstance(value, Mapping):
        inside = value
    elif isinstance(value, tuple | list):
        inside = dict(enumerate(value))
    return [found for key, item in inside.items() for found in _arrays(item, f"{place}.{key}")]


def _shelf(config: Config) -> Shelf:
    return Shelf(config.workdir / "bundles")


def _hash(*things: object) -> str:
    return hashlib.sha256("\0".join(map(str, things)).encode()).hexdigest()


def _code_of(part: Part) -> str:
    """A name for what a part does: the version of endcap and a hash of the module that the part is written in."""
    module = sys.modules[type(part).__module__]
    written = Path(module.__file__).read_bytes() if module.__file__ else b""
    return f"{__version__}:{type(part).__name__}:{hashlib.sha256(written).hexdigest()}"


def _versions() -> dict[str, str]:
    packages = ("numpy", "numba", "duckdb", "ibis-framework")
    return {"endcap": __version__, "python": platform.python_version()} | {name: version(name) for name in packages}
