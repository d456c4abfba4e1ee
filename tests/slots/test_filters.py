"""Stages that only take away."""

import numpy as np
import pytest

from endcap.core.candidates import Candidates
from endcap.core.query import Query, Stage
from endcap.slots import filters
from endcap.slots.filters import MaxPer
from endcap.slots.fusion import reciprocal_rank
from endcap.testing import FilterContract, ask, checkerboard, found

CATALOG = checkerboard(8).catalog
EVERYTHING = found(*((code, 8.0 - code) for code in range(8)))


class TestAvailable(FilterContract):
    def stage(self, query: Query, candidates: Candidates) -> Candidates:
        return filters.available(query, candidates)


class TestNotInCart(FilterContract):
    def stage(self, query: Query, candidates: Candidates) -> Candidates:
        return filters.not_in_cart(query, candidates)


class TestNotBought(FilterContract):
    def stage(self, query: Query, candidates: Candidates) -> Candidates:
        return filters.not_bought(query, candidates)


class TestSameCategory(FilterContract):
    def stage(self, query: Query, candidates: Candidates) -> Candidates:
        return filters.same_category(query, candidates)


class TestOtherFamilies(FilterContract):
    def stage(self, query: Query, candidates: Candidates) -> Candidates:
        return filters.other_families(query, candidates)


class TestOnePerFamily(FilterContract):
    def stage(self, query: Query, candidates: Candidates) -> Candidates:
        return filters.one_per_family(query, candidates)


class TestTwoPerCategory(FilterContract):
    def stage(self, query: Query, candidates: Candidates) -> Candidates:
        return MaxPer(by="category", n=2)(query, candidates)


@pytest.mark.parametrize(
    ("stage", "query", "left"),
    [
        (filters.not_in_cart, ask(CATALOG, context=["i0"], cart=["i1", "i2"]), [3, 4, 5, 6, 7]),
        (filters.not_excluded, ask(CATALOG, exclude=["i7", "i0"]), [1, 2, 3, 4, 5, 6]),
        (filters.not_bought, ask(CATALOG, history=["i3"]), [0, 1, 2, 4, 5, 6, 7]),
        (filters.same_category, ask(CATALOG, context=["i1"]), [1, 3, 5, 7]),
        (filters.same_category, ask(CATALOG), [0, 1, 2, 3, 4, 5, 6, 7]),
        (filters.other_families, ask(CATALOG, context=["i0"]), [1, 3, 4, 5, 6, 7]),
        (filters.one_per_family, ask(CATALOG), [0, 1, 4, 5]),
        (MaxPer(by="category", n=1), ask(CATALOG), [0, 1]),
        (MaxPer(by="category", n=3), ask(CATALOG), [0, 1, 2, 3, 4, 5]),
    ],
)
def test_what_is_left(stage: Stage, query: Query, left: list[int]) -> None:
    assert stage(query, EVERYTHING).items.tolist() == left


@pytest.mark.parametrize("n", [1, 2])
def test_items_without_a_label_are_not_one_family(n: int) -> None:
    catalog = checkerboard(4).catalog
    labels = catalog.labels("family")
    unlabelled = catalog.with_columns({"family": type(labels)(np.full(4, -1, np.int32), labels.names)})
    assert len(MaxPer(by="family", n=n)(ask(unlabelled), found((0, 4), (1, 3), (2, 2), (3, 1)))) == 4


def test_fusion_by_hand() -> None:
    fused = reciprocal_rank({"near": found((5, 0.9), (1, 0.8)), "often": found((1, 30.0), (2, 20.0))})
    assert fused.items.tolist() == [1, 5, 2]
    assert fused.scores == pytest.approx([1 / 62 + 1 / 61, 1 / 61, 1 / 62])
    assert fused.feature("near")[:2].tolist() == pytest.approx([0.8, 0.9])
    assert fused.feature("often")[[0, 2]].tolist() == [30.0, 20.0]
    assert np.isnan([fused.feature("near")[2], fused.feature("often")[1]]).all()


def test_fusion_of_one_keeps_its_order_and_ties_go_to_the_smaller_code() -> None:
    assert reciprocal_rank({"only": found((5, 0.9), (1, 0.8))}).items.tolist() == [5, 1]
    assert reciprocal_rank({"a": found((9, 1.0)), "b": found((3, 1.0))}).items.tolist() == [3, 9]
