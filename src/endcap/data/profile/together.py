"""Which of the most popular items are bought, or seen, together more often than chance would have it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Ragged
from endcap.core.dataset import Dataset
from endcap.data.profile.counting import Counts
from endcap.data.profile.goods import grouped

TOP = 200
"""So many of the most popular items are looked at."""
EDGES = 40
"""So many of their pairs are given."""
ROWS = 200_000
"""Of more baskets, every m-th is looked at."""
BLOCK = 20_000
LEAST = 5
"""A pair that was together less often says nothing."""


@dataclass(frozen=True)
class Node:
    """An item of the graph."""

    item: str
    title: str
    category: str
    baskets: int
    """Baskets (or sessions) with it."""


@dataclass(frozen=True)
class Edge:
    """Two items (places in the nodes) that are together more often than chance would have it."""

    a: int
    b: int
    together: int
    """Baskets (or sessions) with both."""
    lift: float
    """How many times as often as if they were independent."""


@dataclass(frozen=True)
class Together:
    """The strongest ties among the most popular items."""

    unit: str
    """``orders``, or ``sessions`` where nothing is ordered together."""
    units: int
    """How many were looked at."""
    least: int
    """Pairs were asked to be together at least so often."""
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    """The highest lift first."""


def together(data: Dataset, counts: Counts) -> Together:
    """The graph of items that go together."""
    baskets, unit = data.baskets.items, "orders"
    if int((baskets.lengths > 1).sum()) < LEAST:
        baskets, unit = data.sessions, "sessions"
    rows = np.flatnonzero(baskets.lengths > 0)
    rows = rows[:: max(len(rows) // ROWS, 1)]
    popular = counts.per_item("purchase") if unit == "orders" else counts.per_item()
    top = np.lexsort((np.arange(len(popular)), -popular))[:TOP]
    top = top[popular[top] > 0]
    table = _together(baskets, rows, top, len(data.catalog))
    alone = np.diag(table)
    a, b = np.triu_indices(len(top), 1)
    both = table[a, b]
    least = max(LEAST, round(0.1 * float(np.median(alone)))) if len(alone) else LEAST
    lift = both * len(rows) / np.maximum(alone[a] * alone[b], 1)
    best = np.lexsort((b, a, -lift))
    best = best[(both[best] >= least) & (lift[best] > 1)][:EDGES]
    used, place = np.unique(np.concatenate([a[best], b[best]]), return_inverse=True)
    edges = zip(
        place[: len(best)].tolist(), place[len(best) :].tolist(), both[best].tolist(), lift[best].tolist(), strict=True
    )
    return Together(
        unit=unit,
        units=len(rows),
        least=least,
        nodes=_nodes(data, top[used], alone[used]),
        edges=tuple(Edge(one, other, int(count), round(times, 2)) for one, other, count, times in edges),
    )


def _together(baskets: Ragged, rows: NDArray[np.intp], top: NDArray[np.intp], n_items: int) -> NDArray[np.int64]:
    """In how many rows two items are together, shape ``[len(top), len(top)]``; with itself: in how many it is."""
    place = np.full(n_items, -1)
    place[top] = np.arange(len(top))
    counts = np.zeros((len(top), len(top)), np.int64)
    for start in range(0, len(rows), BLOCK):
        some = rows[start : start + BLOCK]
        lengths = baskets.offsets[some + 1] - baskets.offsets[some]
        row = np.repeat(np.arange(len(some)), lengths)
        within = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        column = place[baskets.values[np.repeat(baskets.offsets[some], lengths) + within]]
        held = np.zeros((len(some), len(top)), np.float32)
        held[row[column >= 0], column[column >= 0]] = 1
        counts += (held.T @ held).astype(np.int64)
    return counts


def _nodes(data: Dataset, items: NDArray[np.intp], baskets: NDArray[np.int64]) -> tuple[Node, ...]:
    group, names = grouped(data.catalog)
    return tuple(
        Node(data.catalog.items.ids[item], title_of(data, item), names[group[item]], int(count))
        for item, count in zip(items.tolist(), baskets.tolist(), strict=True)
    )


def title_of(data: Dataset, item: int) -> str:
    """What people call an item: its title, or its id."""
    title = data.catalog.text("title")[item] if "title" in data.catalog else ""
    return title or data.catalog.items.ids[item]
