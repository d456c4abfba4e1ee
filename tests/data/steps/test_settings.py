"""Steps as ``[prepare]`` names them: found, checked, and wrong ones named with their line."""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from endcap.config import parse
from endcap.core.errors import BadConfig
from endcap.data import steps

SETTINGS = """\
[[sources]]
use = "csv"
events = "events.csv"

[prepare]
events = ["without_repeats", { use = "sessionized", minutes = 20 }]
catalog = [{ use = "normalised", columns = ["price"], how = "robust" }]

[models.popular]
use = "popular"
"""
HERE = Path("endcap.toml")


def test_steps_are_functions_with_options_that_fit() -> None:
    found = parse(SETTINGS, HERE).steps
    assert [(step.name, step.function, dict(step.options)) for step in (*found["events"], *found["catalog"])] == [
        ("without_repeats", steps.without_repeats, {}),
        ("sessionized", steps.sessionized, {"minutes": 20.0}),
        ("normalised", steps.fitted_normaliser, {"columns": ("price",), "how": "robust"}),
    ]


def test_a_step_can_be_called_with_a_table(events: Any, left: Any) -> None:
    step = parse(SETTINGS, HERE).steps["events"][1]
    assert left(step(events({"time": 0.0}, {"time": 1300.0})), "session_id") == ["s:s#0", "s:s#1"]


@pytest.mark.parametrize(
    ("before", "after", "line", "said"),
    [
        (
            "minutes",
            "minute",
            6,
            r"events\.1\.minute: unknown key; 'sessionized' knows: minutes, midnight, utc_offset, by",
        ),
        ("minutes = 20", "minutes = 'x'", 6, r"events\.1\.minutes: found 'x': .*valid number"),
        ("minutes = 20", "minutes = -1", 6, r"events\.1\.minutes: found -1: .*greater than 0"),
        (
            '"sessionized"',
            '"sessionised"',
            6,
            r"events\.1\.use: no step is called 'sessionised' \(did you mean 'sessionized'\?\); there are: ",
        ),
        ('"sessionized"', '"popular"', 6, r"events\.1\.use: 'popular' is not a step: a step is a function"),
        ('use = "sessionized"', 'use = "available"', 6, r"events\.1\.use: 'available' is not a step: it takes a Query"),
        ('use = "sessionized", ', "", 6, r"events\.1\.use: this key is needed: the name of a step"),
        ('columns = ["price"], ', "", 7, r"catalog\.0\.columns: this key is needed"),
        ('["price"]', "[3]", 7, r"catalog\.0\.columns.0: found 3: .*string"),
        ('"robust"', '"best"', 7, r"catalog\.0\.how: found 'best': .*'min-max', 'z-score', 'log' or 'robust'"),
        ("catalog =", "items =", 7, r"prepare\.items: unknown key; known: events, catalog"),
    ],
)
def test_each_mistake_is_named_with_its_line(before: str, after: str, line: int, said: str) -> None:
    assert before in SETTINGS
    with pytest.raises(BadConfig, match=rf"endcap\.toml, line {line}: .*{said}"):
        parse(SETTINGS.replace(before, after), HERE).steps["events"]


def test_every_step_has_a_name_in_settings_and_a_reason() -> None:
    named = {
        point.value.partition(":")[2] for point in entry_points(group="endcap.parts") if "data.steps" in point.value
    }
    assert named == set(steps.__all__)
    for name in steps.__all__:
        assert (getattr(steps, name).__doc__ or "").split("\n\n")[0].endswith(".")
