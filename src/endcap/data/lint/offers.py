"""Rules over what the catalog says of the items: whether they are on sale, and rows that cannot be read."""

from collections.abc import Iterator

from endcap.data.columns import PARTIAL, SCOPE
from endcap.data.engines import arrow
from endcap.data.lint.findings import Finding, Severity
from endcap.data.lint.shop import Shop

FEW_ON_SALE = 0.05
"""Where less than this share of the items is on sale, the column may say something else than it is taken to say."""


def nothing_on_sale(shop: Shop) -> Iterator[Finding]:
    """Slots show only what is on sale: where that is nothing, or nearly nothing, they stay empty."""
    slots = tuple(
        f"slots.{slot}"
        for slot, stages in shop.needs.stages.items()
        if any(name.partition(" #")[0] == "available" for name in stages)
    )
    if shop.catalog is None or "available" not in shop.described or (shop.needs.slots and not slots):
        return
    items = shop.catalog.filter(shop.catalog.item_id.notnull())
    sold = items.available.fill_null(True)
    counts = items.aggregate(
        of=items.item_id.nunique(),
        on_sale=items.item_id.nunique(where=sold),
        partial=items.count(where=items[SCOPE].identical_to(PARTIAL)),
    )
    of, on_sale, partial = arrow(counts).to_pylist()[0].values()
    if not of or on_sale >= FEW_ON_SALE * of:
        return
    nothing = not on_sale and not partial
    severity: Severity = "error" if nothing else "warning"
    verb = "is" if on_sale == 1 else "are"
    yield Finding(
        "nothing_on_sale" if nothing else "few_on_sale",
        severity,
        f"{on_sale:,} of {of:,} items {verb} on sale, as the catalog says, and slots show only what is on sale",
        "items",
        of - on_sale,
        of,
        "look at the column that says it (`available` under catalog_columns): it must say yes, true or a number of "
        "pieces above 0 of what can be bought; name another column, or export it again",
        disables=slots if nothing else (),
        harms=() if nothing else slots,
    )
