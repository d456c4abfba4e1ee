"""The dense middle of a log."""

from typing import Any

import pytest

from endcap.core.errors import BadData
from endcap.data.steps import k_core


def test_what_is_left_holds_in_what_is_left(events: Any, left: Any) -> None:
    pairs = [
        tuple(pair) for pair in ("1a", "1b", "2a", "2b", "3b", "3c", "4c", "1a")
    ]  # 4 has one item, then c one user, then 3
    table = events(*({"user_id": user, "item_id": item} for user, item in pairs), {"user_id": "1", "item_id": None},
                   {"user_id": "4", "item_id": None})  # fmt: skip
    assert left(k_core(table, users=2, items=2), "_row_") == [0, 1, 2, 3, 7, 8]
    with pytest.raises(BadData, match="k_core: 2 rounds were not enough; the last one took 1 of"):
        k_core(table, users=2, items=2, rounds=2)
    assert left(k_core(table, users=9, items=9), "_row_") == []
