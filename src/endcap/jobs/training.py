"""From a dataset to models and a bundle: `train`."""

import hashlib
import os
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from endcap import __version__
from endcap.config import Config, Search, load
from endcap.core.bundle import Bundle, Histories
from endcap.core.dataset import Dataset
from endcap.core.errors import BadBundle
from endcap.core.habits import pasts_of
from endcap.core.part import Part
from endcap.core.progress import Watch
from endcap.core.saving import facts_of, save
from endcap.core.saving import load as load_saved
from endcap.jobs.common import CONFIG, NOBODY, hash_of, shelf_of, versions
from endcap.jobs.preparing import prepared_with, well_fed
from endcap.jobs.tracking import tracked, trained_told

if TYPE_CHECKING:
    from endcap.models.aligning import Previous


@tracked(trained_told)
def train(config: Path = CONFIG, watch: Watch = NOBODY) -> Bundle:
    """Fits every model on everything there is, and puts the candidate bundle on the shelf."""
    settings = load(config)
    data = prepared_with(settings, watch).dataset
    models = fitted(settings, data, watch, served_before(settings, data))
    bundle = Bundle(
        name=f"{settings.settings.shop.name}-{hash_of(data.fingerprint, settings.text, __version__)[:12]}",
        catalog=data.catalog,
        histories=Histories(data.users, pasts_of(data)),
        models=models,
        constants=data.fitted,
        facts={
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "data": data.fingerprint,
            "settings": settings.public_text,
            "versions": versions(),
        },
    )
    with watch.step("save the bundle"):
        shelf_of(settings).put(bundle)
    return bundle


def served_before(config: Config, data: Dataset) -> Bundle | None:
    """The bundle that is served, if it was made from other data; None if there is none, or none that is whole."""
    current = shelf_of(config).named("current")
    with suppress(BadBundle):
        if current is not None and facts_of(current).get("data") != data.fingerprint:
            return Bundle.load(current)
    return None


def fitted(config: Config, data: Dataset, watch: Watch, before: Bundle | None = None) -> dict[str, Any]:
    """Every model, fitted on the data; what was fitted on the same data with the same settings is loaded.

    Each recipe has a random generator of its own, so that no model depends on which others there are; a recipe that can
    follow an earlier model (`fit_after`) is given the one of its name in the bundle `before`. Raises `BadData` naming
    every model for which there is nothing to learn from.
    """
    well_fed(config, data, watch)
    # The slowest first: with two cores, it runs beside all the others. Equal recipes are fitted once.
    recipes = sorted(set(config.recipes.values()), key=lambda recipe: -float(getattr(recipe, "epochs", 0)))
    with watch.step(f"fit {', '.join(config.recipes)}"), _pool() as pool:
        models = dict(zip(recipes, pool.map(lambda recipe: kept(config, recipe, data, before), recipes), strict=True))
    return {name: retriever_of(models[recipe], config.searches[name]) for name, recipe in config.recipes.items()}


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """As many threads as there are cores; who is interrupted does not wait for what they are doing."""
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield pool
    except BaseException as error:
        pool.shutdown(wait=isinstance(error, Exception), cancel_futures=True)
        raise
    pool.shutdown()


def kept(config: Config, recipe: Part, data: Dataset, before: Bundle | None = None) -> Any:
    """One model, fitted on the data, or loaded if it was before; its folder says how many ``seconds`` the fit took."""
    previous = _previous(config, recipe, data, before)
    folder = folder_of(config, recipe, data, before.name if before is not None and previous is not None else "")
    with suppress(BadBundle):
        return load_saved(folder)
    rng, start = np.random.default_rng([config.settings.seed, zlib.crc32(_said(recipe).encode())]), perf_counter()
    follows = previous is not None
    model = recipe.fit_after(data, rng, previous) if follows else recipe.fit(data, rng)  # type: ignore[attr-defined]
    save(model, folder, {"kind": "model", "seconds": round(perf_counter() - start, 4)})
    return load_saved(folder)


def _previous(config: Config, recipe: Part, data: Dataset, before: Bundle | None) -> "Previous | None":
    """What a recipe is to follow: the model in the bundle that has its name and kind; None if it follows none."""
    from endcap.models.aligning import Previous

    if before is None or not hasattr(recipe, "fit_after"):
        return None
    names = [name for name, known in config.recipes.items() if known == recipe and name in before.models]
    models = [getattr(before.models[name], "model", before.models[name]) for name in names]
    codes = before.catalog.items.encode(data.catalog.items.ids)
    return Previous(models[0], codes) if models and hasattr(models[0], "vectors") else None


def folder_of(config: Config, recipe: Part, data: Dataset, after: str = "") -> Path:
    """Where the model of a recipe, fitted on the data (`after` the bundle of that name), lies or will lie."""
    known = hash_of(_code_of(recipe), data.fingerprint, _said(recipe), config.settings.seed, *filter(None, [after]))
    return config.workdir / "models" / f"{type(recipe).__name__.lower()}-{known[:16]}"


def retriever_of(model: Any, search: Search) -> Any:
    """The model itself if it retrieves; else its vectors in an index."""
    from endcap.index.nearest import Nearest, index_of

    return model if callable(model) else Nearest(model, index_of(model, search.index), search.within)


def _said(recipe: Part) -> str:
    """What a recipe says of itself: its name and all settings."""
    return f"{type(recipe).__module__}:{type(recipe).__name__}{recipe.model_dump_json()}"


def _code_of(part: Part) -> str:
    """A name for what a part does: the version of endcap and a hash of what the part is written in.

    That is its module, or, of our own, the whole package with its kernels.
    """
    module = sys.modules[type(part).__module__]
    here = Path(module.__file__) if module.__file__ else None
    sources = sorted(here.parent.rglob("*.py")) if here and module.__name__.startswith("endcap.models.") else [here]
    written = hashlib.sha256()
    for source in filter(None, sources):
        written.update(source.read_bytes())
    return f"{__version__}:{type(part).__name__}:{written.hexdigest()}"
