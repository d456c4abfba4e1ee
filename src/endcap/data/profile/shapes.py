"""What several facts are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from endcap.core.arrays import Array
from endcap.core.dataset import DAY


@dataclass(frozen=True)
class Bars:
    """Counts by label, in the order of the labels."""

    labels: tuple[str, ...]
    counts: tuple[int, ...]
    median: float | None
    """Of the values themselves; none if there are none."""


SIZES = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 100, 200, 500)
"""Where the steps of a histogram of sizes begin."""


def sizes(values: Array) -> Bars:
    """A histogram of whole numbers from one on, in widening steps up to the largest that occurs."""
    starts = [start for start in SIZES if start <= values.max(initial=1)]
    ends = [start - 1 for start in starts[1:]]
    labels = [f"{start}" if start == end else f"{start}–{end}" for start, end in zip(starts, ends, strict=False)]
    return bars(values, starts, [*labels, f"{starts[-1]}" if values.max(initial=1) == starts[-1] else f"{starts[-1]}+"])


def bars(values: Array, starts: Sequence[float], labels: Sequence[str]) -> Bars:
    """How many values lie in each step; a step reaches from its start to the next, the last one without end."""
    counts = np.bincount(np.searchsorted(starts, values, side="right"), minlength=len(starts) + 1)[1:]
    return Bars(tuple(labels), tuple(counts.tolist()), float(np.median(values)) if len(values) else None)


def share(part: float, whole: float) -> float:
    """Part of a whole, from 0 to 1; of nothing it is 0."""
    return round(float(part) / float(whole), 6) if whole else 0.0


def percent(part: float, places: int = 0) -> str:
    """A share as people read it; only nothing is “0 %”, and only all is “100 %”."""
    shown = f"{100 * part:.{places}f}"
    least = 10.0**-places
    if part > 0 and float(shown) == 0:
        return f"under {least:g}\N{NO-BREAK SPACE}%"
    if part < 1 and float(shown) == 100:
        return f"over {100 - least:g}\N{NO-BREAK SPACE}%"
    return f"{shown}\N{NO-BREAK SPACE}%"


def date(seconds: float) -> str:
    """A moment as a day (UTC)."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def date_of(day: int) -> str:
    """A number of days since 1970 as a day."""
    return date(day * DAY)
