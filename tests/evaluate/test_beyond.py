import math

import numpy as np
import pytest
from tests.evaluate.test_metrics import lists

from endcap.core.arrays import Ragged, Strings
from endcap.core.catalog import Catalog, Labels
from endcap.core.errors import BadData
from endcap.core.vocabulary import Vocabulary
from endcap.evaluate.beyond import (
    BEYOND,
    beyond,
    coverage,
    gini,
    label_diversity,
    miscalibration,
    novelty,
    price_match,
    serendipity,
    user_coverage,
    vector_diversity,
)
from endcap.evaluate.facts import Facts, thirds


def test_coverage_is_the_share_of_what_may_be_ranked() -> None:
    allowed = np.array([True, True, True, True, False])
    assert coverage(lists([0, 1], [1, 4], []), allowed) == 0.5
    assert coverage(lists([], width=1), allowed) == 0.0
    with pytest.raises(BadData, match="item 9, but there are only 5"):
        coverage(lists([9]), allowed)


def test_user_coverage_is_the_share_of_lists_that_hold_anything() -> None:
    assert user_coverage(lists([0], [], [1, 2])) == pytest.approx(2 / 3)
    assert user_coverage(lists(width=3)) == 0.0


def test_gini_is_nothing_when_all_are_shown_as_often_and_nearly_one_when_one_is() -> None:
    allowed = np.ones(4, bool)
    assert gini(lists([0, 1], [2, 3]), allowed) == pytest.approx(0.0)
    assert gini(lists([0], [0]), allowed) == pytest.approx(0.75)
    assert gini(lists([0, 1], [0, 2], [0, 3], [0, 1]), allowed) == pytest.approx(
        sum(abs(a - b) for a in (4, 2, 1, 1) for b in (4, 2, 1, 1)) / (2 * 4 * 8)
    )
    assert gini(lists([], width=2), allowed) == 0.0


def test_what_is_bought_half_as_often_is_one_bit_newer() -> None:
    bought = np.array([8.0, 4.0, 4.0, 0.0])
    found = novelty(lists([0], [1], [0, 1], [3], []), bought)
    assert found[:4].tolist() == [1.0, 2.0, 1.5, 4.0]
    assert math.isnan(found[4])


def test_a_bestseller_is_no_lucky_find() -> None:
    bought = np.array([9.0, 8.0, 1.0, 1.0])
    found = serendipity(lists([0, 2], [2, 3], [0, 1]), Ragged.of([[0, 2], [2, 3], []]), bought)
    assert found[:2].tolist() == [0.5, 1.0]
    assert math.isnan(found[2])


def test_a_list_of_one_category_has_no_variety() -> None:
    labels = np.array([0, 0, 1, 2, -1], np.int32)
    found = label_diversity(lists([0, 1], [0, 2, 3], [0, 1, 2], [0, 4]), labels)
    assert found[:3].tolist() == pytest.approx([0.0, 1.0, 2 / 3])
    assert math.isnan(found[3])


def test_vectors_at_right_angles_differ_wholly_and_equal_ones_not_at_all() -> None:
    vectors = np.array([[1, 0], [3, 0], [0, 2], [-1, 0], [0, 0]], np.float32)
    found = vector_diversity(lists([0, 1], [0, 2], [0, 1, 2], [0, 3], [0, 4]), vectors)
    assert found[:4].tolist() == pytest.approx([0.0, 1.0, 2 / 3, 2.0])
    assert math.isnan(found[4])


def test_a_list_in_the_proportions_of_the_visitor_is_calibrated() -> None:
    category = np.array([0, 0, 1, 1, -1], np.int32)
    seeds = Ragged.of([[0, 2], [0, 1], [0, 1], [4], [0]])
    found = miscalibration(lists([1, 3], [0], [2, 3], [0], [4]), seeds, category)
    assert found[:2].tolist() == pytest.approx([0.0, 0.0])
    # All of the visitor's is of a category that the list lacks: log2(1 / alpha).
    assert found[2] == pytest.approx(math.log2(100))
    assert np.isnan(found[3:]).all()


def test_prices_match_when_they_are_of_the_bands_that_the_visitor_knows() -> None:
    band = np.array([0, 0, 1, 2, -1], np.int32)
    found = price_match(lists([1, 2, 3], [2, 4], [0], [4]), Ragged.of([[0, 2], [2], [4], [0]]), band)
    assert found[:2].tolist() == pytest.approx([2 / 3, 1.0])
    assert np.isnan(found[2:]).all()


def test_thirds_are_thirds_of_all_purchases() -> None:
    assert thirds(np.array([1.0, 30.0, 0.0, 10.0, 9.0, 10.0])).tolist() == [2, 0, 2, 1, 2, 2]
    assert thirds(np.zeros(2)).tolist() == [2, 2]


def test_a_catalog_that_knows_nothing_leaves_nothing_but_what_lists_say() -> None:
    nothing = Facts.of(Catalog(Vocabulary.of("abc"), {}))
    found = beyond(lists([0, 1]), Ragged.of([[2]]), Ragged.of([[0]]), nothing)
    assert set(found) == set(BEYOND)
    unknown = {name for name, values in found.items() if math.isnan(values[0])}
    assert unknown == {"CategoryDiversity", "TitleDiversity", "Miscalibration", "PriceMatch"}


def test_facts_are_those_of_the_catalog() -> None:
    catalog = Catalog(
        Vocabulary.of("abcd"),
        {
            "title": Strings.of(["Red mug", "red MUG", "blue bag", ""]),
            "category": Labels.of(["mug", "mug", "mug", None]),
            "price": np.array([1.0, 2.0, 3.0, 4.0]),
            "bought": np.array([6, 3, 1, 0], np.float32),
            "age_days": np.array([400.0, 3.0, np.nan, 40.0], np.float32),
        },
    )
    facts = Facts.of(catalog)
    assert facts.band.tolist() == [0, 1, 2, -1]
    assert facts.new.tolist() == [False, True, True, False]
    assert (facts.words[0] @ facts.words[1], facts.words[0] @ facts.words[2]) == pytest.approx((1.0, 0.0))
    assert not facts.words[3].any()
    assert np.isnan(facts.margin).all()
