"""What is learned from a table: the same numbers in the engine, in memory, and after it was saved."""

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from endcap.core.constants import Constants
from endcap.core.errors import BadData
from endcap.data.fitted import Fillings, spelled_key
from endcap.data.ledger import Ledger
from endcap.data.steps import canonical_ids, fitted_fillings, fitted_normaliser, fitted_spellings
from endcap.testing import saved_and_loaded

PRICES = [1.0, 2.0, 4.0, -3.0, 1e6, None, math.nan, math.inf, 0.0]


@pytest.mark.parametrize("how", ["min-max", "z-score", "log", "robust"])
def test_table_and_array_give_the_very_same_numbers(catalog: Any, left: Any, how: Any) -> None:
    table = catalog(*({"price": price} for price in PRICES))
    fitted = saved_and_loaded(fitted_normaliser(table, ("price",), how))
    inside = [math.nan if value is None else value for value in left(fitted.applied(table), "price")]
    outside = fitted.array([math.nan if price is None else price for price in PRICES])
    assert np.array_equal(inside, outside, equal_nan=True)
    assert np.isnan(outside).tolist() == [price is None or not math.isfinite(price) for price in PRICES]


def test_a_price_that_is_shown_stays_one_where_its_normalised_form_has_a_name_of_its_own(
    catalog: Any, left: Any
) -> None:
    table = catalog({"price": 1.0}, {"price": 3.0})
    fitted = saved_and_loaded(fitted_normaliser(table, ("price",), "min-max", "_scaled"))
    assert left(fitted.applied(table), "price", "price_scaled") == [(1.0, 0.0), (3.0, 1.0)]
    assert list(Constants((fitted,)).applied({"price": np.array([2.0])})["price_scaled"]) == [0.5]


def test_steps_after_one_another_are_repeated_in_their_order(catalog: Any, left: Any) -> None:
    rows = [("Mugs", 1.0), ("MUGS ", 5.0), (None, None), ("mugs", None), ("Jugs", 80.0), (" ", math.nan), ("-", 9.0)]
    table = catalog(*({"category": category, "price": price} for category, price in rows))
    raw = {"category": [category for category, _ in rows], "price": np.array([p or math.nan for _, p in rows])}
    ledger = Ledger()
    ready = ledger.apply(ledger.apply(table, fitted_spellings), fitted_fillings, columns=("price", "category"))
    ready = ledger.apply(ready, fitted_normaliser, columns=("price",), how="log")
    constants = saved_and_loaded(Constants(tuple(fitted for _, fitted in ledger.fitted)))
    outside = constants.applied(raw)
    names = ("category", "price", "category_imputed", "price_imputed")
    assert [tuple(row) for row in zip(*(list(outside[name]) for name in names), strict=True)] == left(ready, *names)
    assert set(outside["category"]) == {"MUGS", "unknown", "Jugs"}
    assert set(constants.applied({"price": np.array([80.0])})) == {"price", "price_imputed"}


class Wrong(Fillings):
    """What an engine whose numbers are not those of memory would do."""

    def applied(self, table: Any) -> Any:
        return table.mutate(price=table.price + 2.0**-50)


def test_an_engine_that_serving_would_not_repeat_ends_the_run(catalog: Any) -> None:
    def fitted_wrongly(table: Any) -> Wrong:
        """Whatever."""
        return Wrong(None, {}, {}, {})

    with pytest.raises(
        BadData, match=r"fitted wrongly: column 'price' is 1\.0000000000000009 in the engine and 1\.0 in"
    ):
        Ledger().apply(catalog({"price": 1.0}), fitted_wrongly)


def test_constants_are_kept_by_the_table_that_they_are_of(events: Any) -> None:
    ledger, table = Ledger(), events({"price": 1.0})
    ledger.apply(table, fitted_normaliser, columns=("price",))
    ledger.apply(table.select("item_id", "price"), fitted_normaliser, columns=("price",))
    assert [table for table, _ in ledger.fitted] == ["events", "catalog"]


def test_the_constants_are_what_they_are_called(catalog: Any) -> None:
    table = catalog(*({"x": x} for x in (0.0, 1.0, 2.0, 3.0, 10.0, None)))
    constants = {how: fitted_normaliser(table, ("x",), how).columns["x"] for how in ("min-max", "z-score", "robust")}
    assert constants["min-max"] == (0.0, 10.0)
    assert constants["z-score"] == pytest.approx((3.2, np.std([0, 1, 2, 3, 10])), rel=1e-9)
    assert constants["robust"] == pytest.approx((2.0, 1.4826), rel=1e-12)
    logs = np.log1p([0, 1, 2, 3, 10])
    assert fitted_normaliser(table, ("x",), "log").columns["x"] == pytest.approx((logs.mean(), logs.std()), rel=1e-4)


def test_a_column_that_says_nothing_becomes_zero_and_one_without_values_stays_empty(catalog: Any, left: Any) -> None:
    table = catalog({"x": 7.0, "y": None}, {"x": 7.0, "y": None})
    for how in ("min-max", "z-score", "log", "robust"):
        fitted = fitted_normaliser(table, ("x", "y"), how)
        assert left(fitted.applied(table), "x", "y") == [(0.0, None)] * 2
    with pytest.raises(BadData, match="no column is called None; there are: x, y"):
        fitted.array([1.0])
    with pytest.raises(BadData, match="there is no column 'z'; there are: item_id, x, y"):
        fitted_normaliser(table, ("z",))


def test_spellings_become_the_most_frequent_one(catalog: Any, left: Any) -> None:
    brands = [
        "Product A",
        "product a ",
        "PRODUCT-A",
        "Product A",
        "Men's",
        "mens",
        "D & G",
        "d and g",
        "-",
        None,
        "Ünï",
    ]
    table = catalog(*({"brand": brand} for brand in brands))
    fitted = saved_and_loaded(fitted_spellings(table, ("brand",)))
    wanted = [*["Product A"] * 4, *["Men's"] * 2, *["D & G"] * 2, None, None, "Ünï"]
    assert left(fitted.applied(table), "brand") == wanted
    assert fitted.text(brands, "brand") == wanted
    assert fitted.text(["pRODUCT/a", " New "], "brand") == ["Product A", "New"]
    assert fitted.merged["brand"] == {
        "PRODUCT-A": "Product A",
        "product a": "Product A",
        "mens": "Men's",
        "d and g": "D & G",
    }
    assert spelled_key("  A_b’c & D! ") == "a bc and d"


def test_of_ids_that_differ_in_case_blanks_and_punctuation_the_first_of_a_catalog_stands(
    catalog: Any, left: Any
) -> None:
    table = catalog(*({"item_id": item} for item in ("Product A", "product a ", "PRODUCT-A", "#", "Cafe", "Café")))
    assert left(canonical_ids(table), "item_id") == [*["Product A"] * 3, "#", "Cafe", "Café"]


def test_what_is_missing_is_filled_and_recorded(catalog: Any, left: Any) -> None:
    rows = [
        ("a", 1.0, "x"),
        ("a", 3.0, None),
        ("a", None, " "),
        ("b", math.nan, "y"),
        (None, None, "z"),
        ("b", 9.0, "z"),
    ]
    table = catalog(*({"category": category, "price": price, "brand": brand} for category, price, brand in rows))
    fitted = saved_and_loaded(fitted_fillings(table, ("price", "brand")))
    filled = fitted.applied(table)
    prices = [1.0, 3.0, 1.0, 9.0, 3.0, 9.0]
    assert left(filled, "price", "price_imputed") == list(zip(prices, [0, 0, 1, 1, 1, 0], strict=True))
    assert left(filled, "brand", "brand_imputed") == [
        ("x", False), ("unknown", True), ("unknown", True), ("y", False), ("z", False), ("z", False),
    ]  # fmt: skip
    categories, given, _ = zip(*rows, strict=True)
    assert (
        fitted.array([math.nan if price is None else price for price in given], "price", categories).tolist() == prices
    )


def test_numbers_that_nobody_knows_stay_missing(catalog: Any, left: Any) -> None:
    table = catalog({"price": None, "category": "a"})
    fitted = fitted_fillings(table)
    assert left(fitted.applied(table), "price", "price_imputed") == [(None, False)]
    assert np.isnan(fitted.array([math.nan], "price", ["a"])).all()
    whole = fitted_fillings(catalog({"price": 4.0}, {"price": None}), by=None)
    assert left(whole.applied(catalog({"price": None})), "price") == [4.0]


def test_a_serving_process_has_the_constants_without_a_data_library() -> None:
    code = (
        "import sys; from endcap.data.fitted import Normaliser;"
        "print(Normaliser('log', {'x': (1.0, 2.0)}).array([0.0]));"
        "print(sorted({'ibis', 'duckdb', 'pyarrow', 'pandas'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split("\n")[:2] == ["[-0.5]", "[]"]
