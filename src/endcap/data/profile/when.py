"""When things happen: over the whole time, and within the week."""

from dataclasses import dataclass

import numpy as np

from endcap.core.records import KINDS
from endcap.data.profile.counting import Counts
from endcap.data.profile.shapes import date_of, share

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LONGEST_BY_DAY = 120
"""Days; what lasts longer is shown by week."""


@dataclass(frozen=True)
class When:
    """Events over time by kind, and by weekday and hour (UTC)."""

    step: str
    """``day`` or ``week`` (from Monday)."""
    starts: tuple[str, ...]
    """First day of each step."""
    whole: tuple[bool, ...]
    """Whether the data covers the whole step; the first and the last often begin or end in its middle."""
    by_kind: dict[str, tuple[int, ...]]
    """Only kinds that occur."""
    hours: tuple[tuple[int, ...], ...]
    """From Monday, from midnight."""
    silent_days: int
    """Days between the first and the last without any event."""
    silent_weekdays: tuple[str, ...]
    """Weekdays on which next to nothing (less than a hundredth of an even share) ever happens."""
    peak: float
    """The busiest whole step as a multiple of the median one."""
    peak_at: str


def when(counts: Counts) -> When:
    """How events lie in time."""
    days, first = counts.days, counts.first_day
    step = "day" if len(days) <= LONGEST_BY_DAY else "week"
    monday = first - (first + 3) % 7
    start, width = (first, 1) if step == "day" else (monday, 7)
    place = (np.arange(len(days)) + first - start) // width
    table = np.zeros((int(place[-1]) + 1, len(KINDS)), np.int64)
    np.add.at(table, place, days)
    whole = np.bincount(place) == width
    whole[[0, -1]] &= step == "week"
    total = table.sum(axis=1)
    judged = total[whole] if whole.any() else total
    busiest = int(np.where(whole | ~whole.any(), total, 0).argmax())
    return When(
        step=step,
        starts=tuple(date_of(start + width * row) for row in range(len(table))),
        whole=tuple(whole.tolist()),
        by_kind={kind: tuple(table[:, code].tolist()) for code, kind in enumerate(KINDS) if table[:, code].any()},
        hours=tuple(tuple(row) for row in counts.hours.tolist()),
        silent_days=int((days.sum(axis=1) == 0).sum()),
        silent_weekdays=_silent(counts, len(days)),
        peak=share(total[busiest], float(np.median(judged))),
        peak_at=date_of(start + width * busiest),
    )


def _silent(counts: Counts, n_days: int) -> tuple[str, ...]:
    by_weekday = counts.hours.sum(axis=1)
    if n_days < 21:
        return ()
    return tuple(DAYS[day] for day in np.flatnonzero(by_weekday < by_weekday.sum() / 700))
