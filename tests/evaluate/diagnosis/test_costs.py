"""What a row costs."""

from dataclasses import dataclass

import numpy as np
from tests.evaluate.worlds import Fixed, task_of

from endcap.core.arrays import Array
from endcap.evaluate.diagnosis.costs import ASKED, alone, array_bytes


@dataclass(frozen=True)
class Model:
    one: Array
    both: dict[str, Array]
    name: str = "not an array"


def test_an_array_that_is_held_twice_is_counted_once() -> None:
    small, large = np.zeros(10, np.float32), np.zeros((4, 5), np.int64)
    assert array_bytes(Model(small, {"small": small, "large": large})) == 40 + 160
    assert array_bytes((small, [small.copy()])) == 80
    assert array_bytes(lambda: small) == 0


def test_a_few_queries_are_asked_one_by_one() -> None:
    retriever = Fixed({row: [1] for row in range(9)}, [])
    took = alone(retriever, task_of([[1]] * 500, 9).queries)
    assert took is not None
    assert took > 0
    assert 2 <= len(retriever.asked) <= ASKED + 1


def test_without_a_query_nothing_is_measured() -> None:
    assert alone(Fixed({}, []), task_of([], 9).queries) is None
