"""How much an event counts."""

from typing import Any

import numpy as np
import pytest

from endcap.core.dataset import baskets_of
from endcap.core.errors import BadData
from endcap.data.prepare import dataset_of
from endcap.data.steps import kind_weighted, time_weighted
from endcap.testing import same, saved_and_loaded

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


def test_the_dataset_carries_the_weight_of_each_event_and_of_each_line_of_a_basket(events: Any) -> None:
    line = {"kind": "purchase", "order_id": "o", "session_id": "s"}
    table = events(
        {"time": 0.0}, {"time": 60 * DAY, "item_id": "b", **line}, {"time": 30 * DAY, "item_id": "b", **line},
        {"time": 60 * DAY, **line},
    )  # fmt: skip
    weighed = kind_weighted(time_weighted(table), {"view": 1.0, "purchase": 8.0})
    data = saved_and_loaded(dataset_of(weighed, table.select("item_id").distinct(), ""))
    assert data.events.weight.dtype == np.float32
    assert list(zip(data.events.kind, data.events.weight, strict=True)) == [(1, 0.25), (5, 4.0), (5, 8.0), (5, 8.0)]
    assert data.baskets.weight.tolist() == [8.0, 8.0]
    bought = data.of_kinds("purchase")
    assert bought.weight.tolist() == [4.0, 8.0, 8.0]
    assert same(baskets_of(bought), data.baskets)
    assert data.between(0.0, 31 * DAY).events.weight.tolist() == [0.25, 4.0]


@pytest.mark.parametrize("events", ["duckdb"], indirect=True)
def test_events_that_nobody_weighed_have_no_weight(events: Any) -> None:
    table = events({"kind": "purchase", "order_id": "o"})
    data = dataset_of(table, table.select("item_id"), "")
    assert (data.events.weight, data.baskets.weight) == (None, None)
