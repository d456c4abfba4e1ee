"""How much an event counts."""

from typing import Any

import pytest

from endcap.core.errors import BadData
from endcap.data.steps import kind_weighted, time_weighted

DAY = 86_400.0


def test_what_happened_a_half_life_ago_counts_half(events: Any, left: Any) -> None:
    table = events({"time": 0.0}, {"time": 30 * DAY}, {"time": 60 * DAY})
    assert left(time_weighted(table), "weight") == [0.25, 0.5, 1.0]
    assert left(time_weighted(table, half_life=60.0, now=120 * DAY), "weight") == [0.25, pytest.approx(0.5**1.5), 0.5]
    assert left(time_weighted(table, half_life=1.0), "weight")[0] == 0.0
    assert left(time_weighted(table, now=0.0), "weight") == [1.0, 1.0, 1.0]


def test_weights_of_kind_and_time_are_multiplied(events: Any, left: Any) -> None:
    table = events({"time": 0.0, "kind": "purchase"}, {"time": 30 * DAY, "kind": "cart"}, {"kind": "view", "time": 0.0})
    weighed = kind_weighted(time_weighted(table), weights={"purchase": 10.0, "cart": 3.0})
    assert left(weighed, "weight") == [5.0, 3.0, 0.0]
    with pytest.raises(BadData, match="no event kind is called look; kinds: impression, view"):
        kind_weighted(table, weights={"look": 1.0})
