"""Only what happened within the days that a shop can have."""

from datetime import date

import ibis

from endcap.data.plausible import FIRST_DAY, LAST_DAY, epoch


def within_dates(events: ibis.Table, first: date = FIRST_DAY, last: date = LAST_DAY) -> ibis.Table:
    """Events outside the days that a shop can have (1990 to 2037, or as set) have a wrong time and are left out.

    On events; drops those before the day `first` and those on or after the day `last` (UTC).
    """
    return events.filter(events.time >= epoch(first), events.time < epoch(last))
