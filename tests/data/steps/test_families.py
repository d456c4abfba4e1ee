"""Items that are variants of one another."""

from typing import Any

import pytest

from endcap.data.steps import families_by_column, families_by_pattern, families_by_title


def test_by_a_pattern_of_the_id(catalog: Any, left: Any) -> None:
    table = catalog({"item_id": "85123A"}, {"item_id": "85123B"}, {"item_id": "POST"})
    assert left(families_by_pattern(table, pattern=r"^(\d{5})[A-Z]$"), "family") == ["85123", "85123", "POST"]
    hyphens = catalog({"item_id": "mug-red"}, {"item_id": "tea-mug-red"}, {"item_id": "mug"})
    assert left(families_by_pattern(hyphens), "family") == ["mug", "tea-mug", "mug"]


def test_by_a_column_and_what_has_none_keeps_its_own(catalog: Any, left: Any) -> None:
    table = catalog(
        {"parent_id": "p", "family": None}, {"parent_id": " ", "family": "f"}, {"parent_id": None, "family": None}
    )
    assert left(families_by_column(table), "family") == ["p", "f", "i2"]


@pytest.mark.parametrize(
    ("titles", "families"),
    [
        (["Mug, red", "MUG BLUE 0.5 l", "Jug red"], ["i0", "i0", "i2"]),
        (["T-Shirt XL", "t-shirt (small)", "Shirt"], ["i0", "i0", "i2"]),
        (["Red", "Blue", None], ["i0", "i1", "i2"]),
        (["Reduction of goldfish", "Tion of fish"], ["i0", "i1"]),
    ],
)
def test_by_titles_that_differ_only_in_colour_size_or_amount(
    catalog: Any, left: Any, titles: list[str | None], families: list[str]
) -> None:
    assert left(families_by_title(catalog(*({"title": title} for title in titles))), "family") == families
