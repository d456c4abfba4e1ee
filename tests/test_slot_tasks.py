"""A model is tuned for what its slot shows: repeats count where the stages of the slot let them pass."""

from pathlib import Path

import numpy as np
import pytest

from endcap import Query
from endcap.config import Config, parse
from endcap.core.candidates import Candidates
from endcap.core.dataset import DAY, Dataset
from endcap.core.records import Event
from endcap.data.splits import time_split
from endcap.evaluate.tasks import TASKS, Task
from endcap.jobs.slot_tasks import as_shown, task_of_model
from endcap.slots.filters import available, not_bought
from endcap.testing import START, shop

MODELS = """
[[sources]]
use = "csv"
events = "events.csv"

[models.popular]
use = "popular"

[models.together]
use = "co_occurrence"

[models.both]
use = "blend"
models = ["together"]
"""


def regulars() -> Dataset:
    """Three users who buy tea every other day, and between them the same things, one user after the other."""
    return shop(
        Event(
            kind="purchase", session_id=f"{user}{day}", order_id=f"{user}{day}", user_id=user, time=START + day * DAY,
            item_id="tea" if day % 2 else f"thing{day + 2 * turn}",
        )
        for turn, user in enumerate(("ann", "bob", "eve"))
        for day in range(20)
    )  # fmt: skip


def no_history(query: Query, candidates: Candidates) -> Candidates:
    """A stage of one's own with the same effect."""
    return candidates.take(~np.isin(candidates.items, query.history))


def made(config: Config, model: str, wished: str | None = None) -> Task:
    split = time_split(regulars(), 0.3)
    return task_of_model(config, model, wished, split.train)(split.train, split.test, np.random.default_rng(0), 100)


def configured(slots: str) -> Config:
    return parse(MODELS + slots, Path("endcap.toml"))


@pytest.mark.parametrize(
    ("stages", "repeats"),
    [
        ({"available": available}, "allowed"),
        ({"not_bought": not_bought}, "kept out"),
        ({"own": no_history}, "kept out"),
    ],
)
@pytest.mark.parametrize("task", ["next_purchases", "next_basket"])
def test_repeats_count_where_the_stages_let_them_pass(task: str, stages: dict[str, object], repeats: str) -> None:
    split = time_split(regulars(), 0.3)
    asked = as_shown(TASKS[task], stages)(split.train, split.test, np.random.default_rng(0), 100)  # type: ignore[arg-type]
    assert asked.repeats == repeats
    assert asked.twin is None
    assert f"repeats {repeats}" in asked.title


def test_the_slot_that_shows_a_model_decides_itself_or_in_a_blend() -> None:
    config = configured(
        '[slots."home/again"]\nretrievers = ["both"]\ntask = "next_purchases"\n'
        '[slots."home/new"]\nretrievers = ["popular"]\nstages = ["not_bought"]\ntask = "next_purchases"\n'
    )
    for model, repeats in (("both", "allowed"), ("together", "allowed"), ("popular", "kept out")):
        assert made(config, model).repeats == repeats


def test_a_task_that_no_slot_has_is_asked_as_it_is() -> None:
    config = configured('[slots."home/popular"]\nretrievers = ["popular"]\ntask = "anybody"\n')
    assert made(config, "together").name == "basket"
    assert made(config, "popular").name == "anybody"
    asked = made(config, "popular", "next_purchases")
    assert asked.repeats == "kept out"
