"""A small shop on disk, trained and released, whose candidate can be spoilt in many ways."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from endcap import jobs
from endcap.core.bundle import Bundle, Shelf

USERS, ORDERS, ITEMS = 40, 400, 30
SETTINGS = """\
[shop]
name = "small"

[[sources]]
use = "csv"
events = "events.csv"

[models.popular]
use = "popular"

[models.together]
use = "co_occurrence"

[models.similar]
use = "prod2vec"
size = 8
epochs = 20
subsample = 0.0
learning_rate = 0.1

[slots."item/together"]
retrievers = ["together"]
task = "item_basket"
fallback = ["popular"]

[slots."item/similar"]
retrievers = ["similar"]
fallback = ["popular"]
task = "item_basket"

[slots."home/popular"]
retrievers = ["popular"]
task = "anybody"

[evaluate]
baselines = ["popular"]
queries = 200

[gate]
baselines = ["popular"]  # the vectors, which can be spoilt in so many ways, are no match for counts
"""


class Small:
    """The shop, its shelf, and what can be done to its candidate."""

    def __init__(self, folder: Path) -> None:
        self.config, self.shelf = folder / "endcap.toml", Shelf(folder / "var" / "bundles")

    def name(self, pointer: str = "current") -> str:
        path = self.shelf.named(pointer)
        assert path is not None
        return path.name

    def candidate(self) -> Bundle:
        return Bundle.load(self.shelf.folder / self.name("candidate"))

    def put(self, name: str, **changed: Any) -> None:
        """Makes a bundle the candidate that differs from the present one in the given fields, or models."""
        bundle = self.candidate()
        fields = {key: changed.pop(key) for key in ("catalog", "histories", "facts") if key in changed}
        self.shelf.put(replace(bundle, name=name, models={**bundle.models, **changed}, **fields))

    def set(self, before: str, after: str) -> None:
        text = self.config.read_text()
        assert before in text
        self.config.write_text(text.replace(before, after, 1))

    def verdict(self, name: str) -> dict[str, Any]:
        verdict: dict[str, Any] = json.loads((self.shelf.folder / f"{name}.verdict.json").read_text())
        return verdict

    def found(self, name: str, rule: str) -> dict[str, str]:
        """By what they are about: how the findings of one rule were decided."""
        return {at["about"]: at["decided"] for at in self.verdict(name)["findings"] if at["rule"] == rule}


@pytest.fixture(scope="session")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty items in three groups of ten, of which each order has four or five, the first of a group most often."""
    folder = tmp_path_factory.mktemp("small-shop")
    rng = np.random.default_rng(0)
    lines = ["time,session_id,kind,item_id,user_id,price,order_id"]
    for order in range(ORDERS):
        group, weights = order % 3, 1 / np.arange(1, 11)
        for item in rng.choice(10, size=rng.integers(4, 6), replace=False, p=weights / weights.sum()):
            time, user = 1_700_000_000 + 3600 * order, order % USERS
            lines.append(f"{time},o{order},purchase,i{10 * group + item:02},u{user},1.5,o{order}")
    (folder / "events.csv").write_text("\n".join([*lines, ""]))
    (folder / "endcap.toml").write_text(SETTINGS)
    jobs.train(folder / "endcap.toml")
    jobs.release(folder / "endcap.toml")
    return folder


@pytest.fixture
def small(small_shop: Path, tmp_path: Path) -> Small:
    """A copy of that shop."""
    return Small(Path(shutil.copytree(small_shop, tmp_path / "shop")))
