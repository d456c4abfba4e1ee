"""Factors that put what a visitor has before what they do not have."""

from typing import Any

import numpy as np
import pytest

from endcap.core.arrays import Ragged
from endcap.core.errors import BadData
from endcap.core.query import Queries
from endcap.index.exact import Exact
from endcap.index.nearest import Nearest
from endcap.models.pairwise import Pairwise, PairwiseModel
from endcap.testing import RetrieverContract, ask, bought, checkerboard, orders, same, shop

SMALL = Pairwise(size=8, negatives=16)


def small(**settings: Any) -> Pairwise:
    return SMALL.model_copy(update=settings)


def fitted(**settings: Any) -> PairwiseModel:
    return small(**settings).fit(checkerboard(), np.random.default_rng(1))


class TestPairwiseContract(RetrieverContract):
    recipe = SMALL


class TestBPRContract(RetrieverContract):
    recipe = small(loss="bpr")


@pytest.mark.parametrize(
    "settings", [{}, {"loss": "bpr"}, {"threads": 2}, {"exponent": 0.5}, {"negatives": 1}, {"source": "baskets"}]
)
def test_even_items_go_together(settings: dict[str, Any]) -> None:
    world, model = checkerboard(), fitted(**settings)
    for items in (["i0"], ["i1"], ["i6", "i8"], ["i3", "i13"]):
        found = model(ask(world.catalog, history=items), 5).items.tolist()
        assert len(found) == 5
        assert {code % 2 for code in found} == {int(items[0][1:]) % 2}


def test_every_visit_of_a_long_row_leaves_something_to_know_it_by() -> None:
    world = orders(*([f"{shelf}{item}" for item in range(40)] for shelf in "abababab"))
    model = SMALL.fit(world, np.random.default_rng(0))
    found = model(ask(world.catalog, history=["a3", "a5"]), 30)
    assert {name[0] for name in world.catalog.items.decode(found.items)} == {"a"}


def test_a_visitor_is_the_direction_of_the_sum_of_their_items() -> None:
    world, model = checkerboard(), fitted()
    query = ask(world.catalog, history=["i4"], session=["i2"], context=["i4"])
    whole = (model.vectors[[2, 4]] * model.weights[[2, 4], None]).sum(axis=0)
    expected = model.vectors @ whole / np.linalg.norm(whole) / 0.1 + model.biases
    found = model(query, 30)
    assert len(found) == 18
    assert np.allclose(found.scores, expected[found.items], rtol=1e-5)


def test_factors_rank_as_single_calls_do() -> None:
    world, model = checkerboard(), fitted()
    histories = [["i1", "i3"], ["i0"], []]
    asked = [ask(world.catalog, history=items) for items in histories]
    queries = Queries.of(world.catalog, np.zeros(3), history=Ragged.of([query.history for query in asked]))
    visitors, items, left_out = model.factors(queries)
    for row, query in enumerate(asked):
        found = model(query, 30)
        assert np.allclose((visitors[row] @ items.T)[found.items], found.scores, rtol=1e-5)
        assert left_out[row].tolist() == query.history.tolist()
    assert not visitors[2].any()


def test_an_index_of_cosines_finds_in_the_same_order() -> None:
    world, model = checkerboard(), fitted()
    query = ask(world.catalog, history=["i1", "i3"])
    near = Nearest(model, Exact().build(model.targets))
    assert near(query, 18).items.tolist() == model(query, 18).items.tolist()


def test_what_was_never_beside_anything_is_never_found() -> None:
    world = orders(*(["a", "b", "c"] for _ in range(5)), ["alone"], items={"unseen": {}})
    model = SMALL.fit(world, np.random.default_rng(0))
    assert set(world.catalog.items.decode(model(ask(world.catalog, history=["a"]), 9).items)) == {"b", "c"}
    assert len(model(ask(world.catalog, history=["unseen"]), 9)) == 0
    assert len(model(ask(world.catalog, history=["alone"]), 9)) == 0
    assert not model.targets[world.catalog.items.encode(["unseen", "alone"])].any()


def test_what_everybody_has_has_the_highest_bias() -> None:
    rng = np.random.default_rng(0)
    world = orders(*(["staple", *(f"i{item}" for item in rng.choice(30, 4, replace=False))] for _ in range(60)))
    model = SMALL.fit(world, np.random.default_rng(0))
    assert world.catalog.items.decode(np.argsort(-model.biases)[:1]) == ["staple"]


def test_another_seed_gives_other_vectors() -> None:
    one, two = (SMALL.fit(checkerboard(), np.random.default_rng(seed)) for seed in (1, 2))
    assert not same(one, two)


def test_nothing_is_learned_where_nothing_happened() -> None:
    viewed = shop(bought("a", "b"))
    with pytest.raises(BadData, match="nothing to learn from in sessions; event kinds in the data: purchase"):
        small(source="sessions", kinds=("view",)).fit(viewed, np.random.default_rng(0))
