"""Rules over what the catalog says of the items: whether they are on sale, and rows that cannot be read."""

from collections.abc import Iterator

import ibis
from ibis import _

from endcap.data.columns import PARTIAL, SCOPE, TWICE, WHY
from endcap.data.engines import arrow, rows
from endcap.data.lint.findings import Finding, Severity
from endcap.data.lint.shop import Shop
from endcap.data.lint.suspects import Rule, Suspects
from endcap.data.sources.mapping import Mapped

FEW_ON_SALE = 0.05
"""Where less than this share of the items is on sale, the column may say something else than it is taken to say."""

MAX_BAD = float(Mapped.model_fields["max_bad"].default)
"""Share of the rows that a source may refuse before `prepare` stops, unless its settings say otherwise."""


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


def refused_items(shop: Shop) -> Suspects | None:
    """Rows of the catalog that preparation keeps aside; where they are many, it stops at them."""
    if shop.catalog is None or not _has_reasons(shop.catalog):
        return None
    wrong = _[WHY].notnull() & ~_[WHY].startswith(TWICE)  # of those `items_listed_twice` says it
    counts = shop.catalog.aggregate(bad=shop.catalog.count(where=wrong), rows=shop.catalog.count())
    bad, of = arrow(counts).to_pylist()[0].values()
    many = bad > MAX_BAD * of
    says = "cannot be read and go into the quarantine" + ("; `endcap prepare` stops at so many" if many else "")
    repair = "mend in the export what `why` says, or the setting that it names (decimal, catalog_columns)"
    return Suspects("error" if many else "warning", wrong, says, repair, shown=(WHY, "item_id", "title"))


RULES: tuple[Rule, ...] = (refused_items,)


def _has_reasons(catalog: ibis.Table) -> bool:
    return bool(rows(catalog.filter(catalog[WHY].notnull()).limit(1)))
