import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from endcap.core.arrays import Ragged
from endcap.evaluate.lists import front, located

rows = st.lists(st.lists(st.integers(0, 9), unique=True, max_size=5), min_size=1, max_size=5)


@settings(deadline=None)
@given(rows, st.data())
def test_every_code_is_located_in_its_own_row(rows: list[list[int]], data: st.DataObject) -> None:
    shape = st.lists(st.integers(-1, 9), min_size=4, max_size=4)
    codes = np.array([data.draw(shape) for _ in rows], np.int32)
    ragged = Ragged.of(rows)
    place = located(codes, ragged)
    for row, wanted in enumerate(rows):
        for column, code in enumerate(codes[row].tolist()):
            at = place[row, column]
            assert (at >= 0) == (code in wanted)
            assert at < 0 or (ragged.values[at] == code and ragged.rows[at] == row)


def test_the_first_k_that_are_kept_move_to_the_front() -> None:
    codes = np.array([[5, 6, 7, 8], [5, 6, 7, 8], [5, 6, -1, -1]], np.int32)
    kept = np.array([[0, 1, 1, 1], [0, 0, 0, 0], [1, 1, 0, 0]], bool)
    assert front(codes, kept, 2).tolist() == [[6, 7], [-1, -1], [5, 6]]
    assert front(codes, kept, 5)[0].tolist() == [6, 7, 8, -1, -1]
