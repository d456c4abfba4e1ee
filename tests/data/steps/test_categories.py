"""Categories for a catalog that has none."""

import pyarrow as pa

from endcap.data.categories import categories_from_titles


def test_a_category_is_the_word_that_many_titles_end_with() -> None:
    titles = [*(f"{colour} MUG" for colour in ("RED", "BIG", "OLD", "TEA", "FUN", "ODD", "TIN")), "SET OF 3 MUGS PINK"]
    table = pa.table({"title": [*titles, "LONELY LAMP", None]})
    assert categories_from_titles(table)["category"].to_pylist() == ["mug"] * 8 + [None, None]
