"""Making a bundle the one that is served: `release`."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from endcap.config import load, parse
from endcap.core.bundle import Bundle
from endcap.core.errors import BadBundle
from endcap.core.progress import Watch
from endcap.core.records import Request
from endcap.jobs.common import CONFIG, NOBODY, shelf_of


def release(config: Path = CONFIG, watch: Watch = NOBODY) -> Bundle:
    """Checks the candidate bundle, byte by byte and by filling every slot, and makes it the one that is served.

    Raises `BadBundle` if there is none or it is not sound; then what is served stays what it is.
    """
    settings = load(config)
    shelf = shelf_of(settings)
    path = shelf.named("candidate")
    if path is None:
        raise BadBundle(f"{shelf.folder}: there is no candidate to release; `endcap train` makes one")
    with watch.step("check the bundle"):
        bundle = Bundle.load(path)
        sound(bundle)
    shelf.point("current", bundle.name)
    return bundle


def sound(bundle: Bundle) -> None:
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
