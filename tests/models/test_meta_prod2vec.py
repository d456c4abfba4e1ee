"""What the catalog says of an item makes up for what nobody has done with it yet."""

import numpy as np
import pytest

from endcap.core.catalog import Labels
from endcap.core.dataset import Dataset
from endcap.core.query import Query
from endcap.index.exact import Exact
from endcap.index.nearest import Nearest, targets_of
from endcap.models.prod2vec import Prod2Vec, Prod2VecModel
from endcap.models.side_information import PRICE_BAND, SideInformation
from endcap.testing import RetrieverContract, ask, checkerboard, orders

SMALL = Prod2Vec(size=8, epochs=30, subsample=0.0, learning_rate=0.1, metadata=("category",))


class TestMetaProd2VecContract(RetrieverContract):
    recipe = SMALL


def shelves(*new: str) -> Dataset:
    """Four mugs are bought with one another and four pens too; the new items are mugs that nobody bought."""
    items = {f"mug{i}": {"category": "mugs"} for i in range(4)} | {f"pen{i}": {"category": "pens"} for i in range(4)}
    items |= {item: {"category": "mugs"} for item in new}
    pairs = [(f"{kind}{i}", f"{kind}{j}") for kind in ("mug", "pen") for i in range(4) for j in range(i)]
    return orders(*(pair for _ in range(6) for pair in pairs), items=items)


def found(model: Prod2VecModel, asked: Query, k: int) -> list[str]:
    nearest = Nearest(model, Exact().build(targets_of(model)))
    return asked.catalog.items.decode(nearest(asked, k).items)


def test_a_new_item_lies_where_its_category_does() -> None:
    world = shelves("new")
    model = SMALL.fit(world, np.random.default_rng(0))
    assert {item[:3] for item in found(model, ask(world.catalog, context=["new"]), 4)} == {"mug"}
    assert "new" in found(model, ask(world.catalog, context=["mug1"]), 4)
    assert "new" not in found(model, ask(world.catalog, context=["pen1"]), 4)


def test_each_direction_that_is_weighed_moves_what_it_should_and_no_other() -> None:
    """Which vectors of labels change, if only one direction counts."""
    moved = {}
    for direction in ("item_to_label", "label_to_item", "label_to_label", "label_to_own"):
        off = dict.fromkeys(("item_to_label", "label_to_item", "label_to_label", "label_to_own"), 0.0)
        recipe = SMALL.model_copy(update={**off, direction: 1.0, "epochs": 2})
        labels = recipe.fit(shelves(), np.random.default_rng(0)).labels["category"]
        unmoved = SMALL.model_copy(update={**off, "epochs": 2}).fit(shelves(), np.random.default_rng(0))
        asked = not np.array_equal(labels.vectors, unmoved.labels["category"].vectors)
        moved[direction] = (asked, bool(labels.outputs.any()))
    assert moved == {
        "item_to_label": (False, True),
        "label_to_item": (True, False),
        "label_to_label": (True, True),
        "label_to_own": (True, False),
    }


def test_the_vector_of_an_item_is_blended_by_how_often_it_was_met() -> None:
    rows = np.array([[4, -1], [4, 5], [-1, -1], [-1, 5]], np.int32)
    names = Labels.of(["a"]).names
    side = SideInformation(("one", "two"), (names, names), rows)
    vectors = np.array([[8, 0], [8, 0], [8, 0], [8, 0], [0, 4], [0, 8]], np.float32)
    blended = side.composed(vectors, np.array([3.0, 1.0, 2.0, 0.0]), confidence=1.0)
    assert blended.tolist() == [[6, 1], [4, 3], [8, 0], [0, 8]]


def test_several_columns_are_numbered_one_after_the_other_and_price_bands_are_one() -> None:
    catalog = shelves().catalog.with_columns(
        {
            "typical_price": np.array([1.0, 2, 3, np.nan, 4, 4, 4, 4]),
            "brand": Labels.of(["x", None, "y", "x", "y", "y", "x", "x"]),
        }
    )
    side = SideInformation.of(catalog, ("brand", PRICE_BAND))
    assert side.rows[:, 0].tolist() == [8, -1, 9, 8, 9, 9, 8, 8]
    assert side.rows[:, 1].tolist() == [10, 11, 12, -1, 13, 13, 13, 13]
    assert len(side) == 2 + 6
    assert [counts.tolist() for counts in side.counts(np.arange(1.0, 9.0))] == [[20, 14], [1, 2, 3, 26, 0, 0]]


def test_why_of_a_label_match_adds_up() -> None:
    world = checkerboard()
    model = SMALL.model_copy(update={"match": "in-out", "length_power": 1.0}).fit(world, np.random.default_rng(0))
    nearest, asked = Nearest(model, Exact().build(targets_of(model))), ask(world.catalog, context=["i0", "i2"])
    best = nearest(asked, 1)
    assert nearest.why(asked, int(best.items[0])).score == pytest.approx(float(best.scores[0]), rel=1e-4)
