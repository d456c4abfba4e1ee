"""Sessions and baskets, where a shop's own are missing or too long."""

import ibis
from pydantic import PositiveFloat

from endcap.core.dataset import DAY
from endcap.data.steps.common import in_order, needed, visitor


def sessionized(
    events: ibis.Table,
    minutes: PositiveFloat = 30.0,
    midnight: bool = False,
    utc_offset: float = 0.0,
    by: str = "user_id",
) -> ibis.Table:
    """After half an hour without an event, a visit is over.

    On events; writes `session_id` anew for each visitor: the column `by`, and where it is empty the session id that
    came. With `midnight`, a new day (of the clock that is `utc_offset` hours ahead of UTC) begins a new session too.
    """
    needed(events, [by], "sessionized")
    known = events.mutate(_visitor_=visitor(events, by))
    order = in_order(known)
    day = ((known.time + 3600.0 * utc_offset) / DAY).floor().cast("int64")
    pause = known.time - known.time.lag().over(group_by="_visitor_", order_by=order)
    fresh = pause.fill_null(0.0) > 60.0 * minutes
    if midnight:
        fresh |= (day != day.lag().over(group_by="_visitor_", order_by=order)).fill_null(False)
    marked = known.mutate(_fresh_=fresh.cast("int64"))
    number = marked._fresh_.sum().over(group_by="_visitor_", order_by=in_order(marked), rows=(None, 0))
    counted = marked.mutate(_number_=number.cast("int64"))
    named = counted.mutate(session_id=counted._visitor_ + "#" + counted._number_.cast("string"))
    return named.drop("_visitor_", "_fresh_", "_number_")


def basketed(events: ibis.Table) -> ibis.Table:
    """Purchases without an order number that were made in one session are one order.

    On events; gives them an `order_id` made of the session id.
    """
    nameless = (events.kind == "purchase") & events.order_id.isnull()
    return events.mutate(order_id=ibis.ifelse(nameless, "session:" + events.session_id, events.order_id))
