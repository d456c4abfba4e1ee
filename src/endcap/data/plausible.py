"""What no shop's data looks like: the one list of limits that `init`, `lint` and the checks of `prepare` share."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

import ibis

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2038, 1, 1)
"""An event before or after was not read right: no web shop is older, and programs that fail give 1970 and 2038."""
BILLION_DAY = date(2001, 9, 9)
"""The day on which 1,000,000,000 seconds had passed: what rounded or truncated numbers are read as."""
NEIGHBOURHOOD = timedelta(days=7)
"""If nothing happened so shortly before and after `BILLION_DAY`, what happened on it was not read right."""
MAX_SPAN_YEARS = 40
MIN_KNOWN_ITEMS = 0.5
"""Share of the events that name an item of the catalog: with fewer, events and catalog do not belong together."""
MIN_USER_ORDERS, MAX_USER_SHARE, MAX_USER_TIMES = 10, 0.05, 10.0
"""A user with so many orders at least, more than such a share of all, and so many times those of the user in the
middle, is not one person."""
YEAR_DAYS = 365.25


def epoch(day: date) -> float:
    """The first moment of a day (UTC) in seconds since 1970."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def implausible_days(days: Mapping[str, int]) -> tuple[str, ...]:
    """Of the days of a log (``2024-02-29``, with their rows), those that no shop's events lie on, in order."""
    outside = {day for day in days if not FIRST_DAY <= date.fromisoformat(day) < LAST_DAY}
    around = {date.fromisoformat(day) for day in days} - {BILLION_DAY}
    billion = BILLION_DAY.isoformat()
    if billion in days and around and not any(abs(day - BILLION_DAY) <= NEIGHBOURHOOD for day in around):
        outside.add(billion)
    return tuple(sorted(outside))


def implausible(time: ibis.Value, days: Iterable[str]) -> ibis.Value:
    """Whether a moment (seconds since 1970) lies on one of the days that `implausible_days` gave, or outside them."""
    wrong = (time < epoch(FIRST_DAY)) | (time >= epoch(LAST_DAY))
    if BILLION_DAY.isoformat() in days:
        start = epoch(BILLION_DAY)
        wrong |= (time >= start) & (time < start + 86_400.0)
    return wrong


def likely_cause(days: Iterable[str], latest: str) -> str:
    """What most often puts events on such days; `latest` is the last plausible day of the log, empty if none is."""
    early = [day for day in days if day < FIRST_DAY.isoformat()]
    if early and latest:
        scaled = [epoch(date.fromisoformat(day)) * 1000.0 for day in (early[0], early[-1])]
        least, most = epoch(FIRST_DAY), epoch(LAST_DAY)
        if early[0] < "1971" and least <= scaled[-1] + 86_400_000.0 and scaled[-1] < most:
            return "one part of the times is in seconds, the other in milliseconds"
    if early:
        return "times in another unit than time_format says, or a clock that was never set"
    return (
        "a date that stands for none (such as 9999-12-31, or the largest number), or another unit than time_format says"
    )


def span_years(first: float | None, last: float | None) -> float:
    """Years between two moments (seconds since 1970); 0 where there is none."""
    return 0.0 if first is None or last is None else (last - first) / (YEAR_DAYS * 86_400.0)
