"""Where profiles lie, and which earlier one the next is compared with."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from endcap.core.dataset import Dataset
from endcap.core.saving import write_atomically
from endcap.data.profile.facts import FORMAT, Profile, profile_of
from endcap.data.profile.page import html

LATEST, PREVIOUS, PAGE = "profile.json", "profile-previous.json", "profile.html"


def written(data: Dataset, shop: str, folder: Path, echarts: str) -> Profile:
    """The profile of a dataset, written as ``profile.json`` and ``profile.html`` into a folder.

    The profile of other data that was there is kept as ``profile-previous.json``, and is what this one is compared
    with; profiling the same data again compares with the same one.
    """
    latest, previous = _read(folder / LATEST), _read(folder / PREVIOUS)
    if latest is not None and latest["fingerprint"] != data.fingerprint:
        previous = latest
        write_atomically(folder / PREVIOUS, json.dumps(previous, indent=1))
    profile = profile_of(data, shop, previous)
    write_atomically(folder / LATEST, json.dumps(profile.to_json(), indent=1, allow_nan=False))
    write_atomically(folder / PAGE, html(profile, echarts))
    return profile


def _read(path: Path) -> Mapping[str, Any] | None:
    """A profile that was written; none if there is none, or it is damaged or of another format."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.get("format") == FORMAT else None
