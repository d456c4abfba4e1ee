"""Counted in memory, by DuckDB or by Spark: it comes to the same."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.core.records import Event
from endcap.data.engines import uploaded
from endcap.data.pairs import counted_pairs
from endcap.models.co_occurrence import CoOccurrence
from endcap.testing import START, same, shop

RNG = np.random.default_rng(0)
FIELDS = ("time", "session_id", "kind", "item_id", "user_id", "order_id")


def happened() -> list[Event]:
    """Visits of some visitors, some of whom buy; a few events come at the same second."""
    rng = np.random.default_rng(2)
    return [
        Event(
            kind="purchase" if visit % 3 == 0 else ("view", "cart")[place % 2], session_id=f"s{visit}",
            user_id=f"u{visit % 5}", order_id=f"o{visit}" if visit % 3 == 0 else None, item_id=f"i{item}",
            time=START + visit * DAY / 3 + 30 * (place // 2),
        )
        for visit in range(40)
        for place, item in enumerate(rng.integers(12, size=5))
    ]  # fmt: skip


def world(engine: Any) -> tuple[Dataset, Any]:
    """The same events as a dataset and as a table of the engine."""
    events = happened()
    rows = pa.table({name: [getattr(event, name) for event in events] for name in FIELDS})
    return shop(events), uploaded(engine, rows)


@pytest.mark.parametrize("source", ["baskets", "sessions", "histories"])
def test_counts_of_rows_that_count_the_same_are_equal(engine: Any, source: Any) -> None:
    data, table = world(engine)
    recipe = CoOccurrence(source=source, similarity="lift", updates=True)
    counts = counted_pairs(table, data.catalog.items, recipe, data.now)
    assert same(recipe.of_counts(counts, data.now), recipe.fit(data, RNG))


def test_with_all_tricks_they_are_equal_but_for_rounding(engine: Any) -> None:
    data, table = world(engine)
    tricks: dict[str, Any] = {"half_life": 4.0, "length_power": 0.5, "idf": True}
    for source in ("baskets", "sessions", "histories"):
        if source != "baskets":
            tricks |= {"distance": 2.0, "backwards": 0.5, "kind_weights": {"view": 0.25, "cart": 0.0}}
        tricks["dwell"] = 45.0 if source == "sessions" else None
        recipe = CoOccurrence(source=source, updates=True, **tricks)
        kept = recipe.fit(data, RNG).kept
        assert kept is not None
        counts = counted_pairs(table, data.catalog.items, recipe, data.now)
        assert same(counts.others, kept.counts.others)
        assert np.allclose(counts.together, kept.counts.together, rtol=1e-9, atol=0)
        assert np.allclose(counts.alone, kept.counts.alone, rtol=1e-9, atol=0)
        assert counts.total == pytest.approx(kept.counts.total)


def test_nothing_to_count_is_refused(engine: Any) -> None:
    data, table = world(engine)
    with pytest.raises(BadData, match="there is nothing to count in baskets"):
        counted_pairs(table, data.catalog.items, CoOccurrence(), START)
