"""Only what happened within the days that a shop can have."""

from datetime import date

import ibis

from endcap.data.plausible import FIRST_DAY, LAST_DAY, epoch


def within_dates(events: ibis.Table, first: date = FIRST_DAY, last: date = LAST_DAY) -> ibis.Table:
    """An event of 1970 or 2038 has a wrong time, and would be learned from as the oldest or the newest.

    On events; drops those before the day `first` and those on or after the day `last` (UTC).
    """
    return events.filter(events.time >= epoch(first), events.time < epoch(last))
