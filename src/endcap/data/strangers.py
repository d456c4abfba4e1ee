"""Items of events that the catalog does not list: examples of both sides, and the likely cause."""

import re
from collections.abc import Callable, Sequence

import ibis

from endcap.data.engines import arrow

LOOKED_AT = 1000
"""Items of the events that are compared …"""
LISTED = 100_000
"""… with at most so many of the catalog."""
ENOUGH = 0.5
"""Share of them that must be found once they are spelled otherwise."""
ROUNDED = r"^\d(?:\.\d+)?[eE]\+?\d+$"
"""A long number as a spreadsheet writes it: ``4.00638E+12``."""
LONG_NUMBER = r"^\d{12,}$"
"""A number of at least twelve digits, which a spreadsheet shows in that form."""
REWRITES: tuple[tuple[str, Callable[[str], str]], ...] = (
    (
        "ids end in '.0' on one side: a column of numbers with gaps was exported",
        lambda text: re.sub(r"\.0+$", "", text),
    ),
    ("ids lost their leading zeros on one side, as spreadsheets do", lambda text: text.lstrip("0")),
    ("ids differ in case, blanks or punctuation", lambda text: re.sub(r"[\W_]+", "", text).casefold()),
    ("ids have a prefix or a suffix on one side", lambda text: max(re.findall(r"\d+", text), key=len, default="")),
)


def explain_unknown_items(unknown: ibis.Table, catalog: ibis.Table) -> str:
    """Why events name items that the catalog does not list, in a sentence, with three examples of each side.

    Args: unknown: the events whose item is not in the catalog. catalog: what is listed.
    """
    strangers, listed = _ids(unknown, LOOKED_AT), _ids(catalog.filter(catalog.item_id.notnull()), LISTED)
    if not strangers:
        return ""
    if not listed:
        return f"not listed: {', '.join(strangers[:3])}; the catalog lists no item at all"
    sides = f"not listed: {', '.join(strangers[:3])}; listed: {', '.join(listed[:3])}"
    return f"{sides}; likely cause: {_cause(strangers, listed)}"


def _cause(strangers: Sequence[str], listed: Sequence[str]) -> str:
    for (side, ids), other in ((("events", strangers), listed), (("catalog", listed), strangers)):
        if sum(bool(re.search(ROUNDED, text)) for text in ids) >= ENOUGH * len(ids) and _are_long(other):
            return f"the ids of the {side} lost their last digits in a spreadsheet: export them again, as text"
    for cause, rewrite in REWRITES:
        known = {rewrite(text) for text in listed} - {""}
        if sum(rewrite(text) in known for text in strangers) >= ENOUGH * len(strangers):
            return cause
    return "a column that is not the id of the item, or the catalog of another shop"


def _are_long(ids: Sequence[str]) -> bool:
    """Whether most of some ids are numbers so long that a spreadsheet rounds them."""
    return sum(bool(re.search(LONG_NUMBER, text)) for text in ids) >= ENOUGH * len(ids)


def _ids(table: ibis.Table, most: int) -> list[str]:
    found = arrow(table.select("item_id").distinct().order_by("item_id").limit(most))["item_id"].to_pylist()
    return [str(text)[:40] for text in found]
