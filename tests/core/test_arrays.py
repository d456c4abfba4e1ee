"""The two containers, and the map between ids and codes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from endcap.core.arrays import Ragged, Strings
from endcap.core.vocabulary import Vocabulary

ROWS = st.lists(st.lists(st.integers(0, 1000), max_size=5), max_size=8)
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=10), max_size=10)


@given(ROWS)
def test_ragged_gives_back_its_rows(rows: list[list[int]]) -> None:
    ragged = Ragged.of(rows)
    assert [row.tolist() for row in ragged] == rows
    assert ragged.lengths.tolist() == [len(row) for row in rows]
    assert ragged.rows.tolist() == [number for number, row in enumerate(rows) for _ in row]


@given(ROWS, st.data())
def test_ragged_take_and_keep(rows: list[list[int]], data: st.DataObject) -> None:
    ragged = Ragged.of(rows)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))), bool)
    chosen = [row for row, kept in zip(rows, mask, strict=True) if kept]
    assert [row.tolist() for row in ragged.take(mask)] == chosen
    assert [row.tolist() for row in ragged.take(np.flatnonzero(mask))] == chosen
    assert [row.tolist() for row in ragged.keep(ragged.values % 2 == 0)] == [[v for v in r if v % 2 == 0] for r in rows]


def test_ragged_grouped_leaves_out_negative_groups_and_keeps_order() -> None:
    grouped = Ragged.grouped(np.array([1, -1, 0, 1]), np.array([5, 6, 7, 4], np.int32), 3)
    assert [row.tolist() for row in grouped] == [[7], [5, 4], []]


@given(TEXTS)
def test_strings_are_a_sequence_of_text(texts: list[str]) -> None:
    strings = Strings.of(texts)
    assert list(strings) == texts
    assert len(strings) == len(texts)
    assert strings[:2] == texts[:2]


@given(TEXTS, TEXTS)
def test_codes_never_move_when_ids_are_added(before: list[str], after: list[str]) -> None:
    old = Vocabulary.of(before)
    new = old.extended(after)
    assert new.encode(before).tolist() == old.encode(before).tolist()
    assert new.decode(new.encode([*before, *after])) == [*before, *after]


def test_unknown_ids_have_no_code() -> None:
    vocabulary = Vocabulary.of(["a", "b", "a"])
    assert vocabulary.encode(["b", "x"]).tolist() == [1, -1]
    assert vocabulary.encode_known(["b", "x"]).tolist() == [1]
    assert vocabulary.code("x") == -1
    assert "x" not in vocabulary
