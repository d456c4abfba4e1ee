"""The compiled steps are those that a few lines of NumPy take."""

from typing import Any

import numpy as np
import pytest

from endcap.models.kernels.skip_gram import trainer

SIZE, RATE = 23, 0.1  # a size that takes vectors of several lengths


def trained(negative: int, inputs: Any, outputs: Any) -> None:
    """One pass over a row of items 0 and 1, each against an item that is drawn twice."""
    table = np.full(3, negative, np.uint64)  # of whatever place comes, the alias is taken
    trainer(SIZE, 2)(
        np.array([0]), np.array([0, 2]), np.array([0, 1], np.int32), np.empty(0), np.empty((3, 0), np.int32), inputs,
        outputs, np.ones(3, np.float32), np.array([0, 3]), table, np.ones((3, 2), np.float32), 1, False, 0.0, False,
        RATE, RATE, 1,
    )  # fmt: skip


def expected(negative: int, inputs: Any, outputs: Any) -> None:
    """The same, step by step."""
    for centre, partner in ((0, 1), (1, 0)):
        targets = [(centre, 1.0, 1.0), *([(negative, 0.0, 2.0)] if negative != centre else [])]
        own, move = inputs[partner].copy(), np.zeros(SIZE, np.float32)
        for target, wanted, times in targets:
            step = RATE * times * (wanted - 1.0 / (1.0 + np.exp(-own @ outputs[target])))
            move += step * outputs[target]
            outputs[target] += step * own
        inputs[partner] += move


@pytest.mark.parametrize("negative", [2, 1])
def test_a_negative_that_comes_twice_counts_twice_and_the_centre_itself_never(negative: int) -> None:
    rng = np.random.default_rng(0)
    found = [rng.normal(size=(3, SIZE)).astype(np.float32) for _ in range(2)]
    wanted = [matrix.copy() for matrix in found]
    trained(negative, *found)
    expected(negative, *wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one == pytest.approx(other, abs=1e-4)
