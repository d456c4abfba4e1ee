"""Families: items that are variants of one another."""

import ibis

from endcap.data.steps.common import needed

VARIANTS = (
    "black|white|grey|gray|silver|gold|golden|beige|brown|red|orange|yellow|green|blue|navy|turquoise|purple|violet|"
    "pink|cream|ivory|multicolour|multicolor|xxs|xs|s|m|l|xl|xxl|xxxl|small|medium|large|mini|jumbo|size|"
    r"\d+([.,]\d+)?( ?(mm|cm|m|in|inch|ml|cl|l|mg|g|kg|oz|lb|pcs|pc|pack|gb|tb))?"
)
"""Words that tell variants of one thing apart: colours, sizes and amounts."""


def families_by_pattern(
    catalog: ibis.Table, pattern: str = r"^(.+)[-_/.][^-_/.]+$", column: str = "item_id"
) -> ibis.Table:
    """Ids often tell variants: what the pattern catches in its first group is the family ("85123-A" and "85123-B").

    On a catalog; writes `family`. An item that does not match keeps the family it has, else is its own.
    """
    needed(catalog, [column], "families_by_pattern")
    found = catalog[column].cast("string").re_extract(pattern, 1)
    return _with_family(catalog, ibis.ifelse(found == "", ibis.null("string"), found))


def families_by_column(catalog: ibis.Table, column: str = "parent_id") -> ibis.Table:
    """Where the shop says which items are variants, a family is what shares that value.

    On a catalog; writes `family`. An item without a value keeps the family it has, else is its own.
    """
    needed(catalog, [column], "families_by_column")
    said = catalog[column].cast("string").strip()
    return _with_family(catalog, ibis.ifelse(said == "", ibis.null("string"), said))


def families_by_title(catalog: ibis.Table, variants: str = VARIANTS) -> ibis.Table:
    """Items whose titles differ only in colour, size or amount are variants of one another.

    On a catalog; writes `family`: the smallest id among them. `variants` is a regular expression of the words to look
    through; where nothing else is left of a title, the item keeps the family it has, else is its own.
    """
    needed(catalog, ["title"], "families_by_title")
    words = catalog.title.lower().re_replace(r"[^\p{L}\p{N}.,]+", " ")
    core = words.re_replace(rf"\b({variants})\b", " ").re_replace(r"[^\p{L}\p{N}]+", " ").strip()
    keyed = catalog.mutate(_core_=ibis.ifelse(core == "", ibis.null("string"), core))
    smallest = keyed.item_id.min().over(group_by="_core_")
    found = keyed.mutate(_found_=ibis.ifelse(keyed._core_.isnull(), ibis.null("string"), smallest))
    return _with_family(found, found._found_).drop("_core_", "_found_")


def _with_family(catalog: ibis.Table, found: ibis.Value) -> ibis.Table:
    kept = [catalog["family"]] if "family" in catalog.columns else []
    return catalog.mutate(family=ibis.coalesce(found, *kept, catalog["item_id"]))
