"""Cold start is told apart by every task: new items and new visitors, or that nobody was either."""

from dataclasses import replace

import numpy as np

from endcap.core.arrays import Ragged
from endcap.core.catalog import Catalog
from endcap.core.query import Queries
from endcap.core.vocabulary import Vocabulary
from endcap.evaluate.facts import Facts
from endcap.evaluate.segments import AGE, VISITOR, segments
from endcap.evaluate.tasks import Task

CATALOG = Catalog(
    Vocabulary.of(["old", "older", "new", "unseen"]), {"age_days": np.array([100.0, 200.0, 3.0, np.nan], np.float32)}
)
TASK = Task(
    name="small",
    title="",
    description="",
    success="",
    queries=Queries.of(CATALOG, np.zeros(4)),
    relevant=Ragged.of([[0], [1], [2], [3]]),
    units=np.arange(4),
    allowed=np.ones(4, bool),
    exclude=Ragged.empty(4),
    possible=4,
    left_out={},
    newcomers=np.array([False, False, True, False]),
)


def asked(task: Task) -> dict[str, dict[str, int]]:
    """By group, how many queries each part has."""
    found: dict[str, dict[str, int]] = {}
    for part in segments(task, Facts.of(CATALOG)):
        found.setdefault(part.group, {})[part.name] = part.asked(task.relevant)
    return found


def test_new_items_and_new_visitors_are_parts_of_every_task() -> None:
    parts = asked(TASK)
    assert parts[AGE] == {"known items": 2, "new items": 2}
    assert parts["knowledge of the wanted item"] == {"seen in training": 3, "never seen in training": 1}
    assert parts[VISITOR] == {"known visitors": 3, "new visitors": 1}


def test_that_nobody_wanted_anything_new_and_nobody_was_new_is_told() -> None:
    parts = asked(TASK.take(np.array([0, 1])))
    assert parts[AGE] == {"known items": 2}
    assert parts[VISITOR] == {"known visitors": 2}
    assert "knowledge of the wanted item" not in parts


def test_where_nobody_asks_who_the_visitor_is_nothing_is_said_of_it() -> None:
    assert VISITOR not in asked(replace(TASK, newcomers=None))
