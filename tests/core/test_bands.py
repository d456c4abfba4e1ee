"""What an item costs: as models take it, and beside others of its category."""

import numpy as np

from endcap.core.bands import price_bands, price_levels
from endcap.core.catalog import TYPICAL_PRICE, Catalog
from endcap.core.vocabulary import Vocabulary

ITEMS = Vocabulary.of("abcd")


def test_what_was_paid_lately_comes_before_what_is_listed() -> None:
    listed, paid = np.array([9.9, 5.0, np.nan, np.nan]), np.array([4.0, np.nan, 2.0, np.nan])
    both = Catalog(ITEMS, {"price": listed, TYPICAL_PRICE: paid})
    assert np.array_equal(price_levels(both), [4.0, 5.0, 2.0, np.nan], equal_nan=True)
    assert np.isnan(price_levels(Catalog(ITEMS, {}))).all()


def test_bands_are_thirds_of_a_category() -> None:
    codes = np.array([0, 0, 0, 1], np.int32)
    assert price_bands(np.array([1.0, 2.0, 3.0, np.nan]), codes).tolist() == [0, 1, 2, -1]
