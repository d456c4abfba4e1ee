"""A dataset in some hundred numbers, counted on the engine: what a run is compared with the last one by."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import ibis
import numpy as np
from ibis import _

from endcap.core.dataset import DAY
from endcap.data.columns import EVENTS
from endcap.data.engines import arrow, rows
from endcap.data.plausible import MIN_KNOWN_ITEMS
from endcap.data.strangers import explain_unknown_items

IDS = ("session_id", "user_id", "item_id", "order_id")
MOST_LABELS = 1000
"""Of kinds, categories and currencies, the most frequent are kept; the others are counted together …"""
OTHERS = "(others)"
"""… under this name."""
BINS_PER_E = 4
"""Prices and quantities are counted in bins of equal ratio: bin b begins at exp(b / 4)."""
LATEST = 1e11
"""Times after it are no seconds since 1970; they are counted in no histogram …"""
HIGHEST = 1e18
"""… and neither are prices and quantities of zero and less, or after this."""

Histogram = Mapping[str, int]
"""Rows by label, hour (``0`` … ``23``, UTC), day (``2024-02-29``) or number of a bin."""


@dataclass(frozen=True)
class Summary:
    """Counts of an event table and its catalog; plain numbers, so that it is kept as JSON."""

    rows: int
    first: float | None
    """Time of the oldest event, seconds since 1970 (UTC); null if there is none."""
    last: float | None
    items: int
    """Rows of the catalog; 0 without one."""
    strangers: int | None
    """Events whose item is not in the catalog; null without a catalog."""
    distinct: Mapping[str, int] = field(default_factory=dict)
    """Different values of each id column."""
    nulls: Mapping[str, int] = field(default_factory=dict)
    """Rows without a value, by column."""
    unknown_items: str = ""
    """If most events name items that are not in the catalog: examples of both sides, and the likely cause."""
    histograms: Mapping[str, Histogram] = field(default_factory=dict)
    """Rows by ``kind``, ``category``, ``currency``, ``day``, ``hour``, ``price`` and ``quantity``."""

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Summary":
        """What `to_json` gave."""
        return cls(**values)

    def null_share(self, column: str) -> float:
        """Share of the rows without a value in a column; 1 for a column that is not there."""
        return self.nulls.get(column, self.rows) / self.rows if self.rows else 1.0


def summary_of(events: ibis.Table, catalog: ibis.Table | None = None) -> Summary:
    """The summary of two tables in our columns (any of them may be missing), counted in a handful of scans."""
    columns = [name for name in EVENTS if name in events.columns]
    wanted: dict[str, Any] = {"rows": events.count()}
    wanted |= {f"null_{name}": events.count(where=events[name].isnull()) for name in columns}
    wanted |= {f"distinct_{name}": events[name].nunique() for name in IDS if name in columns}
    if "time" in columns:
        moments = ibis.ifelse(events.time.isnan() | events.time.isinf(), None, events.time)
        wanted |= {"first": moments.min(), "last": moments.max()}
    counts = arrow(events.aggregate(**wanted)).to_pylist()[0]
    unknown = None if catalog is None else strangers(events, catalog)
    lost = None if unknown is None else rows(unknown)
    most = (1 - MIN_KNOWN_ITEMS) * (counts["rows"] - counts.get("null_item_id", 0))
    said = explain_unknown_items(unknown, catalog) if unknown is not None and lost and lost > most else ""
    return Summary(
        rows=counts["rows"],
        first=counts.get("first"),
        last=counts.get("last"),
        items=0 if catalog is None else rows(catalog),
        strangers=lost,
        unknown_items=said,
        distinct={name: counts[f"distinct_{name}"] for name in IDS if name in columns},
        nulls={name: counts[f"null_{name}"] for name in columns},
        histograms=_histograms(events, catalog),
    )


def strangers(events: ibis.Table, catalog: ibis.Table) -> ibis.Table:
    """The events that name an item which is not in the catalog."""
    named = events.filter(events.item_id.notnull())
    return named.anti_join(catalog.filter(catalog.item_id.notnull()).select("item_id").distinct(), "item_id")


def lower_edge(bin_: str) -> float:
    """Where a bin of prices or quantities begins; it ends where the next one does."""
    return math.exp(int(bin_) / BINS_PER_E)


def population_stability(now: Histogram, before: Histogram) -> float:
    """How far two distributions are apart: the population stability index, 0 (equal) to about 18.

    The sum of (p - q) · ln(p / q) over all labels, where a share is at least 1/10,000. A common reading: below 0.1
    nothing has changed, above 0.25 much has.
    """
    p, q = (np.maximum(shares, 1e-4) for shares in _shares(now, before))
    return float(((p - q) * np.log(p / q)).sum())


def jensen_shannon(now: Histogram, before: Histogram) -> float:
    """How far two distributions are apart: the Jensen–Shannon divergence in bits, 0 (equal) to 1 (disjoint)."""
    p, q = _shares(now, before)
    middle = (p + q) / 2

    def information(shares: np.ndarray[Any, Any]) -> float:
        some = shares > 0
        return float((shares[some] * np.log2(shares[some] / middle[some])).sum())

    return (information(p) + information(q)) / 2


def _histograms(events: ibis.Table, catalog: ibis.Table | None) -> dict[str, Histogram]:
    found: dict[str, Histogram] = {}
    found |= {name: _labels(events, name) for name in ("kind", "currency") if name in events.columns}
    if catalog is not None and "category" in catalog.columns:
        described = catalog.filter(catalog.item_id.notnull()).group_by("item_id").agg(category=catalog.category.min())
        found["category"] = _labels(events.select("item_id").inner_join(described, "item_id"), "category")
    if "time" in events.columns:
        hours = _bins(events.filter(events.time >= 0, events.time < LATEST), (_.time / 3600).floor())
        found["day"] = _regrouped(hours, lambda hour: _day(hour // 24))
        found["hour"] = _regrouped(hours, lambda hour: str(hour % 24))
    for name in ("price", "quantity"):
        if name in events.columns:
            sound = events.filter(events[name] > 0, events[name] < HIGHEST)
            found[name] = _regrouped(_bins(sound, (_[name].ln() * BINS_PER_E).floor()), str)
    return found


def _labels(table: ibis.Table, column: str) -> Histogram:
    known = table.filter(table[column].notnull())
    counted = known.group_by(label=known[column]).agg(rows=_.count())
    top = arrow(counted.order_by([ibis.desc("rows"), "label"]).limit(MOST_LABELS)).to_pylist()
    found = {str(row["label"]): int(row["rows"]) for row in top}
    rest = rows(known) - sum(found.values())
    return found | ({OTHERS: rest} if rest else {})


def _bins(table: ibis.Table, number: ibis.Deferred) -> dict[int, int]:
    counted = table.group_by(number=number).agg(rows=_.count()).order_by("number")
    return {int(row["number"]): int(row["rows"]) for row in arrow(counted).to_pylist()}


def _regrouped(counts: Mapping[int, int], named: Any) -> Histogram:
    found: dict[str, int] = {}
    for number, count in counts.items():
        found[named(number)] = found.get(named(number), 0) + count
    return found


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * DAY, UTC).date().isoformat()


def _shares(now: Histogram, before: Histogram) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    labels = sorted({*now, *before})
    counts = [np.array([side.get(label, 0) for label in labels], np.float64) for side in (now, before)]
    p, q = (side / max(side.sum(), 1.0) for side in counts)
    return p, q
