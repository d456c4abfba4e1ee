"""A shop whose fashion changed: what sold before day 55 sells no more, and only a short memory notices."""

import os
import signal
from pathlib import Path

import numpy as np
from pydantic import PositiveFloat

from endcap.core.dataset import Dataset
from endcap.core.part import Part
from endcap.models.popular import PopularModel
from endcap.testing import START

SETTINGS = """\
[[sources]]
use = "csv"
events = "events.csv"

[models.popular]     # what everybody buys
use = "popular"
kinds = ["purchase"]

[models.short]
use = "popular"
half_life = 1.0

[models.together]
use = "co_occurrence"

[slots."home/popular"]
retrievers = ["popular"]
task = "anybody"

[evaluate]
baselines = ["short"]

[tune]
trials = 7
method = "grid"
"""
BROKEN = '[models.broken]\nuse = "tests.evaluate.tuning.worlds:Broken"\n'


def fashion(folder: Path, future: str = "new", settings: str = SETTINGS) -> Path:
    """Settings and events of the shop: five orders a day for a hundred days; the last twenty are the test window."""
    lines = ["time,session_id,kind,item_id,user_id,order_id,price"]
    for day in range(100):
        item = "old" if day < 55 else "new" if day < 80 else future
        for order in range(5):
            name = f"{day}-{order}"
            lines.append(f"{START + 86_400 * day + 60 * order},s{name},purchase,{item},u{name},o{name},1.0")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "events.csv").write_text("\n".join([*lines, ""]))
    (folder / "endcap.toml").write_text(settings)
    return folder / "endcap.toml"


class Broken(Part):
    """A recipe that cannot be fitted; where `DEADLY` is set, its process dies instead, when the rate is not 1."""

    rate: PositiveFloat = 1.0

    def fit(self, data: Dataset, rng: np.random.Generator) -> PopularModel:
        """Raises, or ends the process."""
        if not os.environ.get("DEADLY"):
            raise ValueError("it is broken")
        if self.rate != 1.0:
            os.kill(os.getpid(), signal.SIGKILL)
        return PopularModel(np.array([0], np.int32), np.ones(1, np.float32))
