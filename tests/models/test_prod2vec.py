"""Items in the same surroundings get vectors that lie close to each other."""

from typing import Any

import numpy as np
import pytest

from endcap.core.dataset import Dataset
from endcap.core.errors import BadData
from endcap.index.exact import Exact
from endcap.index.nearest import Nearest, targets_of
from endcap.models.prod2vec import Prod2Vec, Prod2VecModel
from endcap.models.skip_gram import Choices
from endcap.testing import RetrieverContract, ask, bought, checkerboard, orders, same, shop

SMALL = Prod2Vec(size=8, epochs=30, subsample=0.0, learning_rate=0.1)


def small(**settings: Any) -> Prod2Vec:
    return SMALL.model_copy(update=settings)


def nearest(model: Prod2VecModel) -> Nearest:
    return Nearest(model, Exact().build(targets_of(model)))


class TestProd2VecContract(RetrieverContract):
    recipe = SMALL


class TestInOutContract(RetrieverContract):
    recipe = small(match="in-out", length_power=1.0)


class TestSumContract(RetrieverContract):
    recipe = small(match="sum", recency=0.5, metadata=("category", "family"), reduced_to=5)


@pytest.mark.parametrize("settings", [{}, {"threads": 2}, {"shrinking": True}, {"shards": 2, "epochs": 60}])
def test_even_items_lie_together(settings: dict[str, Any]) -> None:
    world = checkerboard()
    model = nearest(small(**settings).fit(world, np.random.default_rng(1)))
    for item in (0, 1, 6, 13):
        near = model(ask(world.catalog, context=[f"i{item}"]), 5).items.tolist()
        assert len(near) == 5
        assert {code % 2 for code in near} == {item % 2}


def test_another_seed_gives_other_vectors() -> None:
    one, two = (SMALL.fit(checkerboard(), np.random.default_rng(seed)) for seed in (1, 2))
    assert not same(one, two)


def test_an_item_never_seen_has_no_vector_and_is_never_found() -> None:
    world = orders(*(["a", "b"] for _ in range(5)), items={"unseen": {}})
    for recipe in (SMALL, small(match="in-out", length_power=0.5)):
        model = recipe.fit(world, np.random.default_rng(0))
        assert not model.vectors[0].any()
        assert nearest(model)(ask(world.catalog, context=["a"]), 9).items.tolist() == [2]
        assert len(nearest(model)(ask(world.catalog, context=["unseen"]), 9)) == 0


def cups_and_saucers() -> Dataset:
    """Everybody buys one of two cups with one of two saucers: cups are substitutes, a cup and a saucer complements."""
    pairs = [(f"cup{cup}", f"saucer{saucer}") for cup in (0, 1) for saucer in (0, 1)]
    others = [(f"pen{pen}", f"ink{ink}") for pen in (0, 1) for ink in (0, 1)]
    return orders(*(pair for _ in range(20) for pair in (*pairs, *others)))


def test_in_in_finds_substitutes_and_in_out_complements() -> None:
    world = cups_and_saucers()
    code = world.catalog.items.code
    for match, wanted in (("in-in", {"cup1"}), ("in-out", {"saucer0", "saucer1"})):
        model = small(match=match, negatives=2).fit(world, np.random.default_rng(3))
        found = nearest(model)(ask(world.catalog, context=["cup0"]), len(wanted))
        assert set(found.items.tolist()) == {code(item) for item in wanted}


def test_with_full_length_the_order_is_that_of_products() -> None:
    rng = np.random.default_rng(0)
    vectors, outputs = (rng.normal(size=(20, 4)).astype(np.float32) for _ in range(2))
    asked = ask(checkerboard().catalog, context=["i3"])
    products = outputs @ vectors[3]
    model = nearest(Prod2VecModel(vectors, outputs, match="in-out", length_power=1.0))
    expected = [code for code in np.argsort(-products).tolist() if code != 3]
    assert model(asked, 19).items.tolist() == expected
    cosine = nearest(Prod2VecModel(vectors, outputs, match="in-out"))
    assert cosine(asked, 19).items.tolist() != expected


def test_a_window_in_minutes_leaves_out_who_came_much_later() -> None:
    early, late = (
        [event for visit in range(40) for event in bought(*items, order=f"o{visit}", day=visit + later / 24)]
        for items, later in ((["a", "b"], 0), (["c", "d"], 1))
    )
    world = shop([*early, *late])
    rng = np.random.default_rng
    all_of_it, near = (
        small(source="sessions", minutes=minutes, negatives=2, match="in-out").fit(world, rng(2))
        for minutes in (90, 30)
    )
    a, b, c, _ = (world.catalog.items.code(item) for item in "abcd")
    assert all_of_it.vectors[a] @ all_of_it.outputs[c] > -1.0
    assert near.vectors[a] @ near.outputs[c] < -1.0 < near.vectors[a] @ near.outputs[b]


def test_what_is_frequent_is_thinned() -> None:
    kept = Prod2Vec(subsample=0.1)._keep(np.array([1.0, 9.0, 90.0]))
    assert kept.tolist() == pytest.approx([1.0, 1.0, (3.0 + 1.0) / 9.0])


def test_negatives_are_drawn_by_the_power_of_their_counts() -> None:
    counts = [np.array([0.0, 1.0, 16.0, 81.0]), np.array([2.0, 0.0])]
    for exponent, expected in ((0.25, [0, 1, 2, 3]), (-0.5, [0, 1, 1 / 4, 1 / 9])):
        choices = Choices.of(counts, exponent)
        assert choices.starts.tolist() == [0, 4, 6]
        drawn = np.zeros(6)
        kept, alias = (choices.table >> np.uint64(32)) / 2.0**32, choices.table & np.uint64(2**32 - 1)
        np.add.at(drawn, np.arange(6), kept)
        np.add.at(drawn, alias, 1 - kept)
        assert drawn[:4] / drawn[:4].sum() == pytest.approx(np.array(expected) / np.sum(expected), abs=1e-6)
        assert drawn[4:] == pytest.approx([2.0, 0.0])


def test_later_items_of_a_session_count_more_and_those_of_a_cart_the_same() -> None:
    vectors = np.eye(20, dtype=np.float32) * 3
    model = Prod2VecModel(vectors, vectors, recency=0.5)
    catalog = checkerboard().catalog
    assert model.embed(ask(catalog, session=["i0", "i1", "i2"]))[:4].tolist() == [0.25, 0.5, 1.0, 0.0]
    assert model.embed(ask(catalog, context=["i0", "i1"]))[:3].tolist() == [1.0, 1.0, 0.0]
    assert model.embed(ask(catalog)).tolist() == [0.0] * 20


def test_the_mean_ignores_length() -> None:
    vectors = np.zeros((20, 2), np.float32)
    vectors[:2] = [[10, 0], [0, 1]]
    direction = Prod2VecModel(vectors, vectors).embed(ask(checkerboard().catalog, context=["i0", "i1"]))
    assert direction[0] == direction[1]


def test_too_many_axes_to_keep_are_refused() -> None:
    with pytest.raises(ValueError, match="9 axes out of 8"):
        small(reduced_to=9, epochs=1).fit(checkerboard(), np.random.default_rng(0))


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(BadData, match="no column 'brand'; there are: title"):
        small(metadata=("brand",)).fit(checkerboard(), np.random.default_rng(0))
