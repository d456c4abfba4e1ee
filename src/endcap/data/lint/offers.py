"""Lint rules for what the shop offers: which items are on sale, and which rows of the catalog cannot be read."""

from collections.abc import Callable, Iterator

import ibis
from ibis import _

from endcap.data.columns import LOG, PARTIAL, SCOPE, TWICE, WHY
from endcap.data.describe import ON_SALE_DAYS
from endcap.data.engines import arrow, rows
from endcap.data.lint.findings import Finding, Severity
from endcap.data.lint.shop import Shop
from endcap.data.lint.suspects import Rule, Suspects
from endcap.data.sources.mapping import Mapped

FEW_ON_SALE = 0.05
"""Below this share of items on sale, the column of availability may be the wrong one."""

MAX_BAD = float(Mapped.model_fields["max_bad"].default)
"""Share of the rows that a source may refuse before `prepare` stops, unless its settings say otherwise."""


def availability_inferred(shop: Shop) -> Iterator[Finding]:
    """Where the shop gives neither a catalog nor stock, what is on sale is inferred from what was sold or seen."""
    slots = shop.needs.with_stage("available")
    if not slots or "available" in shop.described or _is_listed(shop):
        return
    did = "sold" if shop.kinds("purchase") else "seen"
    yield Finding(
        "availability_inferred", "note",
        f"neither a catalog nor a stock column says what is on sale, so an item counts as on sale if it was {did} in "
        f"the last {ON_SALE_DAYS:.0f} days of the data", "slots", len(slots), len(shop.needs.slots),
        'add the shop\'s list of items to the source (catalog = "FILE"), with its stock or status column',
        harms=slots,
    )  # fmt: skip


def nothing_on_sale(shop: Shop) -> Iterator[Finding]:
    """Report a catalog with no item, or very few items, on sale: slots show only items that are on sale."""
    slots = shop.needs.with_stage("available")
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
    """Rows of the catalog that go into the quarantine; `prepare` stops if there are too many."""
    if shop.catalog is None or not _has_reasons(shop.catalog):
        return None
    wrong = _[WHY].notnull() & ~_[WHY].startswith(TWICE)  # of those `items_listed_twice` says it
    counts = shop.catalog.aggregate(bad=shop.catalog.count(where=wrong), rows=shop.catalog.count())
    bad, of = arrow(counts).to_pylist()[0].values()
    many = bad > MAX_BAD * of
    says = "cannot be read and go into the quarantine" + ("; `endcap prepare` stops at so many" if many else "")
    repair = "mend in the export what `why` says, or the setting that it names (decimal, catalog_columns)"
    return Suspects("error" if many else "warning", wrong, says, repair, shown=(WHY, "item_id", "title"))


SHOP_RULES: tuple[Callable[[Shop], Iterator[Finding]], ...] = (availability_inferred, nothing_on_sale)
RULES: tuple[Rule, ...] = (refused_items,)


def _has_reasons(catalog: ibis.Table) -> bool:
    return bool(rows(catalog.filter(catalog[WHY].notnull()).limit(1)))


def _is_listed(shop: Shop) -> bool:
    """Return whether a source has a catalog of the shop, not one that is read from the events."""
    if shop.catalog is None:
        return False
    return bool(rows(shop.catalog.filter(~shop.catalog[SCOPE].identical_to(LOG)).limit(1)))
