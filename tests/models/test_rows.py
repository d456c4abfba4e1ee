"""What models learn from, sorted into rows in little memory, is what sorting everything gives."""

from dataclasses import replace

import numpy as np
import pytest

from endcap import Catalog, Dataset, Ragged, Vocabulary
from endcap.core.dataset import Events
from endcap.core.errors import BadData
from endcap.core.records import KINDS
from endcap.models.rows import TOUCHES, distinct_rows, grouped, places_of, rows_of, transposed


def shop(n: int = 400, users: int = 30, items: int = 12) -> Dataset:
    """Events of any kind and anybody, sessions of a user not in the order of their time."""
    rng = np.random.default_rng(0)
    session = np.sort(rng.integers(n // 5, size=n)).astype(np.int32)
    user = rng.integers(-1, users, size=n // 5).astype(np.int32)[session]
    time = rng.integers(5 * n, size=n // 5).astype(np.float64)[session] + np.arange(n) // 2
    kind = rng.integers(len(KINDS), size=n).astype(np.int8)
    item = rng.integers(items, size=n).astype(np.int32)
    events = Events(session, user, item, kind, time, np.ones(n, np.float32), np.full(n, np.nan), np.full(n, -1))
    return Dataset(
        events,
        Catalog(Vocabulary.of(map(str, range(items))), {}),
        Vocabulary.of(map(str, range(users))),
        6.0 * n,
        "rows",
    )


@pytest.mark.parametrize("kinds", [TOUCHES, ("purchase",), ("cart", "view")])
def test_places_are_those_of_each_row_by_time(kinds: tuple[str, ...]) -> None:
    data = shop()
    events, chosen = data.events, np.isin(data.events.kind, [KINDS.index(kind) for kind in kinds])
    for source, groups in (("sessions", events.session), ("histories", events.user)):
        found = places_of(data, source, kinds)
        for row, places in enumerate(found):
            expected = np.flatnonzero(chosen & (groups == row))
            assert places.tolist() == expected[np.argsort(events.time[expected], kind="stable")].tolist()
        assert len(found.values) == (chosen & (groups >= 0)).sum()
    assert len(places_of(data, "histories", kinds)) == len(data.users)


def test_histories_are_as_the_dataset_has_them() -> None:
    data = shop()
    found, expected = rows_of(data, "histories"), data.histories("purchase")
    assert np.array_equal(found.offsets, expected.offsets)
    assert np.array_equal(found.values, expected.values)


def test_sessions_of_everything_are_not_copied() -> None:
    data = shop()
    data = replace(data, events=replace(data.events, kind=np.full(len(data.events), KINDS.index("view"), np.int8)))
    assert np.shares_memory(rows_of(data, "sessions").values, data.events.item)
    with pytest.raises(BadData, match="nothing to learn from in histories; event kinds in the data: view"):
        rows_of(data, "histories")


def test_sessions_end_with_the_last_that_has_such_an_event() -> None:
    data = shop()
    last = data.events.session[np.flatnonzero(data.events.kind == KINDS.index("purchase"))[-1]]
    assert len(places_of(data, "sessions", ("purchase",))) == last + 1
    nothing = replace(data, events=data.events.take(np.zeros(len(data.events), bool)))
    assert len(places_of(nothing, "sessions", ("purchase",))) == 0


def test_a_kind_that_does_not_exist_is_named() -> None:
    with pytest.raises(BadData, match="no event kind is called bought; kinds: impression, view"):
        places_of(shop(), "sessions", ("bought",))


def test_rows_are_sorted_with_each_item_once_and_nothing_else_is_touched() -> None:
    rows = Ragged.of([[3, 1, 3], [], [2], [5, 5, 5, 0]])
    before = rows.values.copy()
    found = distinct_rows(rows)
    assert [row.tolist() for row in found] == [[1, 3], [], [2], [0, 5]]
    assert np.array_equal(rows.values, before)


def test_transposed_has_the_rows_of_each_item() -> None:
    found = transposed(Ragged.of([[3, 1], [], [1, 0]]), 5)
    assert [row.tolist() for row in found] == [[2], [0, 2], [], [0], []]


def test_what_is_in_no_group_is_left_out() -> None:
    found = grouped(np.array([2, -1, 0, 2], np.int32), 4)
    assert [row.tolist() for row in found] == [[2], [], [0, 3], []]
    assert found.values.dtype == np.int32
