"""What goes together, counted: on a list of baskets short enough to count by hand."""

from math import sqrt
from typing import Any

import numpy as np
import pytest

from endcap.core.errors import BadData
from endcap.models.co_occurrence import CoOccurrence
from endcap.testing import RetrieverContract, ask, checkerboard, orders

RNG = np.random.default_rng(0)
BASKETS = (["a", "b"], ["a", "b"], ["a", "c"], ["b"], ["a", "b", "c"])
"""a: 4 baskets, b: 4, c: 2; a and b: 3, a and c: 2, b and c: 1; five in all."""


class TestJaccardContract(RetrieverContract):
    recipe = CoOccurrence(similarity="jaccard", shrink=0.0)


class TestLiftContract(RetrieverContract):
    recipe = CoOccurrence(similarity="lift", source="histories", neighbours=5)


@pytest.mark.parametrize(
    ("similarity", "shrink", "expected"),
    [
        ("jaccard", 0.0, {"b": 3 / 5, "c": 2 / 4}),
        ("jaccard", 5.0, {"b": 3 / 10, "c": 2 / 9}),
        ("cosine", 0.0, {"b": 3 / 4, "c": 2 / sqrt(8)}),
        ("cosine", 10.0, {"b": 3 / 14, "c": 2 / (sqrt(8) + 10)}),
        ("lift", 0.0, {"b": 3 * 5 / 16, "c": 2 * 5 / 8}),
        ("lift", 2.0, {"b": 3 * 5 / 16 * 3 / 5, "c": 2 * 5 / 8 * 2 / 4}),
        ("conditional", 0.0, {"b": 3 / 4, "c": 2 / 4}),
        ("conditional", 4.0, {"b": 3 / 8, "c": 2 / 8}),
    ],
)
def test_each_similarity_by_hand(similarity: Any, shrink: float, expected: dict[str, float]) -> None:
    world = orders(*BASKETS)
    given = CoOccurrence(similarity=similarity, shrink=shrink).fit(world, RNG)(ask(world.catalog, context=["a"]), 9)
    scores = dict(zip(world.catalog.items.decode(given.items), given.scores.tolist(), strict=True))
    assert scores == pytest.approx(expected)
    assert list(scores) == sorted(expected, key=lambda item_id: -expected[item_id])


def test_several_seeds_add_up_and_each_says_its_part() -> None:
    world = orders(*BASKETS)
    model = CoOccurrence(similarity="conditional", shrink=0.0).fit(world, RNG)
    query = ask(world.catalog, context=["a", "b"])
    codes = world.catalog.items.encode(["c"])
    why = model.why(query, int(codes[0]))
    assert world.catalog.items.decode(why.seeds) == ["a", "b"]
    assert why.adds == pytest.approx([2 / 4, 1 / 4])
    given = model(query, 9)
    assert given.scores[given.items == codes[0]] == pytest.approx([3 / 4])


@pytest.mark.parametrize("seeds", [["i0"], ["i1", "i3"], [f"i{i}" for i in range(0, 10, 2)]])
def test_even_items_go_together(seeds: list[str]) -> None:
    world = checkerboard()
    model = CoOccurrence().fit(world, RNG)
    parity = int(seeds[0][1:]) % 2
    given = model(ask(world.catalog, context=seeds), 10)
    assert {code % 2 for code in given.items.tolist()} == {parity}
    assert not {f"i{code}" for code in given.items.tolist()} & set(seeds)


def test_only_the_best_neighbours_are_kept() -> None:
    world = orders(*BASKETS)
    model = CoOccurrence(similarity="conditional", neighbours=1).fit(world, RNG)
    assert world.catalog.items.decode(model(ask(world.catalog, context=["a"]), 9).items) == ["b"]


def test_nothing_is_learned_from_baskets_that_do_not_exist() -> None:
    world = orders(["a", "b"]).between(0.0, 1.0)
    with pytest.raises(BadData, match="nothing to learn from in baskets; event kinds in the data: none"):
        CoOccurrence().fit(world, RNG)
