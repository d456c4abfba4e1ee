"""Items in the same surroundings get vectors that lie close to each other."""

import numpy as np
import pytest

from endcap.index.exact import Exact
from endcap.index.nearest import Nearest
from endcap.models.prod2vec import Prod2Vec, mean_direction
from endcap.testing import RetrieverContract, ask, checkerboard, orders, same

SMALL = Prod2Vec(size=8, epochs=30, subsample=0.0, learning_rate=0.1)


class TestProd2VecContract(RetrieverContract):
    recipe = SMALL


@pytest.mark.parametrize("threads", [1, 2])
def test_even_items_lie_together(threads: int) -> None:
    world = checkerboard()
    fitted = SMALL.model_copy(update={"threads": threads}).fit(world, np.random.default_rng(1))
    model = Nearest(fitted, Exact().build(fitted.vectors))
    for item in (0, 1, 6, 13):
        near = model(ask(world.catalog, context=[f"i{item}"]), 5).items.tolist()
        assert len(near) == 5
        assert {code % 2 for code in near} == {item % 2}


def test_another_seed_gives_other_vectors() -> None:
    one, two = (SMALL.fit(checkerboard(), np.random.default_rng(seed)) for seed in (1, 2))
    assert not same(one, two)


def test_an_item_never_seen_has_no_vector_and_is_never_found() -> None:
    world = orders(*(["a", "b"] for _ in range(5)), items={"unseen": {}})
    model = SMALL.fit(world, np.random.default_rng(0))
    assert not model.vectors[0].any()
    nearest = Nearest(model, Exact().build(model.vectors))
    assert nearest(ask(world.catalog, context=["a"]), 9).items.tolist() == [2]
    assert len(nearest(ask(world.catalog, context=["unseen"]), 9)) == 0


def test_the_mean_direction_ignores_length() -> None:
    vectors = np.array([[10, 0], [0, 1], [0, 0]], np.float32)
    assert mean_direction(vectors[:2]).tolist() == [0.5, 0.5]
    assert mean_direction(vectors[:0]).tolist() == [0.0, 0.0]
