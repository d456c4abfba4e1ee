"""Rules over items: those of the events beside those of the catalog."""

import ibis
from ibis import _

from endcap.data.aliases import join_spellings
from endcap.data.columns import LOG, SCOPE
from endcap.data.ledger import Ledger
from endcap.data.lint.findings import Severity
from endcap.data.lint.shop import Shop, trimmed
from endcap.data.lint.suspects import Rule, Suspects
from endcap.data.plausible import MIN_KNOWN_ITEMS

ITEM = ("item_id", "events", "listed")
SWING = 100.0
"""The highest price of one item is less than so many times the lowest."""


GARBLED = (
    "[\u00c2\u00c3][\u0080-\u00bf\u0152\u0153\u0160\u0161\u017d\u017e\u2013-\u203a\u20ac\u2122]|\ufffd|[\u0080-\u009f]"
)
"""UTF-8 that was read as Windows-1252 or Latin 1, what stands for a letter that could not be read, and C1 controls."""


def items(shop: Shop) -> ibis.Table:
    """One row per item: how often it stands in catalog and events, its prices, and items spelt almost like it."""
    catalog = shop.joined.tables.get("catalog")
    events = shop.joined.tables["events"].filter(_.item_id.notnull())
    priced = (events.price > 0) & (events.kind == "purchase")
    touched = events.group_by("item_id").agg(
        events=_.count(),
        low=events.price.min(where=priced),
        high=events.price.max(where=priced),
        listed=ibis.literal(0, "int64"),
        stated=ibis.literal(0, "int64"),
    )
    if catalog is None:
        both = touched
    else:
        sold = (
            catalog.filter(_.item_id.notnull())
            .group_by("item_id")
            .agg(
                events=ibis.literal(0, "int64"),
                low=ibis.null("float64"),
                high=ibis.null("float64"),
                listed=_.count(),
                stated=_.count(where=~_[SCOPE].identical_to(LOG)),
            )
        )
        both = (
            touched.union(sold)
            .group_by("item_id")
            .agg(
                events=_.events.sum(),
                low=_.low.max(),
                high=_.high.max(),
                listed=_.listed.sum(),
                stated=_.stated.sum(),
            )
        )
    return _beside_alike(both.cache())


def _beside_alike(items: ibis.Table) -> ibis.Table:
    """Items with what is known of those that `canonical_ids` would take for the same, and of the same number.

    `spellings` and `catalog_spellings` count the former, those that a catalog lists which is no echo of the events;
    `unpadded` is the id without its leading zeros where that is a number, `unpadded_listed` whether the catalog has
    one such.
    """
    alike = join_spellings({"items": items.select("item_id")}, {"item_id": "canonical"}, Ledger()).aliases
    known = alike["item_id"] if alike else ibis.memtable({"spelling": [""], "id": [""]})
    keyed = items.left_join(known, items.item_id == known.spelling)
    keyed = keyed.mutate(
        plain=ibis.coalesce(keyed.id, keyed.item_id),
        unpadded=ibis.ifelse(keyed.item_id.re_search("^[0-9]+$"), keyed.item_id.re_replace("^0+", ""), None),
        told=(keyed.stated > 0).cast("int64"),
    )
    return keyed.mutate(
        spellings=keyed.count().over(group_by="plain"),
        catalog_spellings=keyed.told.sum().over(group_by="plain"),
        unpadded_listed=keyed.told.max().over(group_by="unpadded"),
    ).drop("spelling", "id", "told")


def unknown_items(shop: Shop) -> Suspects | None:
    """Items of events that are not in the catalog: nothing can be said of them, and no page shows them."""
    if shop.catalog is None:
        return None
    named = shop.summary.rows - shop.summary.nulls.get("item_id", 0)
    lost = (shop.summary.strangers or 0) / max(named, 1)
    severity: Severity = "error" if lost > 1 - MIN_KNOWN_ITEMS else "warning"
    repair = "deliver the whole catalog, with items that are no longer sold; check that both files use the same ids"
    says = f"of events are not in the catalog ({shop.summary.strangers or 0:,} events, {lost:.1%})"
    if severity == "error":
        says += f"; {shop.summary.unknown_items}"
        repair += '; `endcap prepare` stops at so many, unless [[checks]] use = "known_items", at_least = 0 accepts it'
    return Suspects(
        severity, _.listed == 0, says, repair, _.events > 0, shown=ITEM, harms=("category", "family", "brand"),
        fixable=_.catalog_spellings > 0,
        fix='"canonical_ids" in [prepare] events takes {count} of them for items of the catalog in another spelling',
    )  # fmt: skip


def misspelt_items(shop: Shop) -> Suspects:
    """Items that differ from another only in case, blanks or punctuation may be one, in two spellings."""
    repair = (
        '"canonical_ids" in [prepare] events makes one item of them, in events and catalog; it keeps the spelling of '
        "the catalog, else the most frequent one, and all others stay understood"
    )
    wrong = (_.spellings > 1) & (_.catalog_spellings < 2)
    return Suspects("warning", wrong, "are spelled almost like another", repair, shown=ITEM, sort_by=("plain",))


def items_listed_alike(shop: Shop) -> Suspects | None:
    """Items that the catalog lists by themselves are several, however much their ids resemble each other."""
    if shop.catalog is None:
        return None
    repair = (
        'nothing is to be done if these are different items, but then do not use "canonical_ids", which would join '
        "them; if they are one, list it once"
    )
    wrong, says = _.catalog_spellings > 1, "are listed in the catalog beside one that is spelled almost alike"
    return Suspects("note", wrong, says, repair, shown=ITEM, sort_by=("plain",))


def lost_zeros(shop: Shop) -> Suspects | None:
    """A spreadsheet takes 00123 for a number and writes 123, which is another id."""
    if shop.catalog is None:
        return None
    repair = (
        "export ids as text; in Excel, read the file by Data > From Text with the column as Text, never by opening it"
    )
    says = "of the events differ only in leading zeros from one of the catalog: ids lost their leading zeros"
    wrong = (_.listed == 0) & (_.unpadded_listed > 0) & _.unpadded.notnull()
    return Suspects("warning", wrong, says, repair, _.events > 0, shown=ITEM)


def never_seen_items(shop: Shop) -> Suspects | None:
    """Items of the catalog that no event names: nothing is known of them but what the catalog says."""
    if shop.catalog is None:
        return None
    repair = "nothing is wrong with new items; if it is most of them, check that both files use the same ids"
    return Suspects("note", _.events == 0, "of the catalog are in no event", repair, _.listed > 0, shown=ITEM)


def items_listed_twice(shop: Shop) -> Suspects | None:
    """An item stands in the catalog once; of repeats only the first counts."""
    if shop.catalog is None:
        return None
    repair = 'leave one line per item, or use "first_of_each_item" in [prepare] catalog; variants share a family'
    return Suspects("warning", _.listed > 1, "stand in the catalog more than once", repair, _.listed > 0, shown=ITEM)


def swinging_prices(shop: Shop) -> Suspects:
    """One item at very different prices: a unit that is now a piece and now a pack, or cents and pounds mixed."""
    repair = (
        'check the unit of the price (piece, line, cents); "without_outliers" in [prepare] events takes extremes out'
    )
    looked, shown = _.high.notnull(), ("item_id", "low", "high")
    says = f"were sold at prices that differ by more than {SWING:g} times"
    return Suspects("warning", _.high > SWING * _.low, says, repair, looked, shown=shown)


def garbled_texts(shop: Shop) -> Suspects:
    """Texts in which letters became signs (Ã¤ for ä) were written in one encoding and read in another."""
    repair = (
        'say encoding = "utf-8" (or "cp1252") in the source; if one file holds both, export it again, since a file '
        "of two encodings cannot be read right"
    )
    texts = [_[name] for name in ("item_id", "title", "category", "brand")]
    wrong = ibis.or_(*(text.cast("string").re_search(GARBLED) for text in texts))
    return Suspects(
        "warning", wrong, "hold letters of another encoding", repair, shown=("item_id", "title", "category")
    )


def untitled(shop: Shop) -> Suspects:
    """An item without a title cannot be shown."""
    if "title" not in shop.described:  # nobody has said anything of titles: then there is nothing to correct
        repair = "deliver a list of items with item_id and title; until then pages show ids"
        return Suspects("note", _blank(_.title), "have no title, since no column holds one", repair, shown=())
    repair = "map the name of the item to title"
    return Suspects("warning", _blank(_.title), "have no title", repair, shown=("item_id",))


def uncategorised(shop: Shop) -> Suspects | None:
    """An item without a category is neither compared with its like nor found among them."""
    if "category" not in shop.described:
        return None
    repair = 'deliver the category, or use "imputed" in [prepare] catalog, which fills gaps with "unknown"'
    return Suspects(
        "warning", _blank(_.category), "have no category", repair, shown=("item_id", "title"), harms=("category",)
    )


ITEM_RULES: tuple[Rule, ...] = (
    unknown_items, misspelt_items, items_listed_alike, lost_zeros, never_seen_items, items_listed_twice,
    swinging_prices,
)  # fmt: skip
CATALOG_RULES: tuple[Rule, ...] = (garbled_texts, untitled, uncategorised)


def _blank(value: ibis.Deferred) -> ibis.Deferred:
    return value.isnull() | (trimmed(value) == "")
