"""Queries shown in full: what was given, what was wanted, and what the best row and the best baseline showed."""

from collections.abc import Iterable
from math import isnan
from typing import Any

import numpy as np

from endcap.core.arrays import Array
from endcap.core.catalog import Catalog, Labels
from endcap.evaluate.backtest import MAIN, Judged
from endcap.evaluate.verdict import best

SHOWN = 5
"""How many items of a list an example shows."""
EXAMPLES = 4
"""How many queries are shown that nobody chose …"""
EXTREMES = 2
"""… and how many on either side on which two rows differ most."""


def extremes(judged: Judged) -> list[int]:
    """The queries on which the best row is ahead of the best baseline by most, and those on which it lies behind."""
    winner, baseline = best(judged, baseline=False), best(judged, baseline=True)
    if winner is None or baseline is None:
        return []
    difference = np.nan_to_num(winner.values[MAIN] - baseline.values[MAIN])
    order = np.argsort(-difference, kind="stable")
    ahead, behind = order[:EXTREMES], order[::-1][:EXTREMES]
    return [*ahead[difference[ahead] > 0].tolist(), *behind[difference[behind] < 0].tolist()]


def examples(judged: Judged, catalog: Catalog, rows: Iterable[int]) -> list[dict[str, Any]]:
    """The given queries, and what the best row and the best baseline gave for each."""
    chosen = [score for score in (best(judged, baseline=False), best(judged, baseline=True)) if score is not None]
    task, found = judged.task, []
    for row in rows if chosen else ():
        query, wanted = task.queries[row], task.relevant[row]
        given = query.seeds if len(query.context) else query.seeds[::-1]
        lists = [(score.name, score.lists[row, :SHOWN]) for score in chosen]
        found.append({
            "given": _items(given[:SHOWN], catalog),
            "more": max(len(given) - SHOWN, 0),
            "wanted": _items(wanted[:SHOWN], catalog),
            "wanted_more": max(len(wanted) - SHOWN, 0),
            "lists": [{"name": name, "items": _judged(items, wanted, catalog)} for name, items in lists],
        })  # fmt: skip
    return found


def _judged(items: Array, wanted: Array, catalog: Catalog) -> list[dict[str, Any]]:
    items = items[items >= 0]
    return [item | {"right": code in wanted} for item, code in zip(_items(items, catalog), items, strict=True)]


def _items(codes: Array, catalog: Catalog) -> list[dict[str, Any]]:
    """What a tile shows of each item."""
    titles = catalog.text("title") if "title" in catalog else catalog.items.ids
    labels = catalog.columns.get("category")
    prices = catalog["price"] if "price" in catalog else np.full(len(catalog), np.nan)
    return [
        {
            "item_id": catalog.items.ids[code],
            "title": titles[code] or catalog.items.ids[code],
            "category": labels.name(code) if isinstance(labels, Labels) else None,
            "price": None if isnan(prices[code]) else round(float(prices[code]), 2),
        }
        for code in codes.tolist()
    ]
