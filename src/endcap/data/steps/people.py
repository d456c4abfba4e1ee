"""Who acted: guests who turn out to be known, and visitors who are no people."""

import ibis
from ibis import _
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from endcap.core.dataset import DAY
from endcap.data.steps.common import in_order, needed

BY_HAND = ("view", "click", "cart", "uncart", "search")
"""Kinds that a person does one by one; the lines of an order, and the items of a list that was shown, come at once."""


def identity_merged(
    events: ibis.Table, by: tuple[str, ...] = ("session_id",), days: PositiveFloat = 30.0
) -> ibis.Table:
    """A guest who logs in later was that user all along.

    On events. What a guest did gets the next user who logs in under the same id, at most so many days later; `by` names
    the columns of ids that are tried, best first (``session_id``, and a cookie such as ``visitor_id``). What follows
    after somebody has logged out stays a guest's until the next login.
    """
    needed(events, by, "identity_merged")
    for column in by:
        # Counted from the end, a login and the guest's events before it have the same number.
        order = [value.desc() for value in in_order(events)]
        logins = events.user_id.count().over(group_by=column, order_by=order, rows=(None, 0))
        numbered = events.mutate(_login_=logins)
        inside = ibis.window(group_by=[numbered[column], numbered._login_])
        user = numbered.user_id.max().over(inside)
        login = ibis.ifelse(numbered.user_id.notnull(), numbered.time, ibis.null("float64")).max().over(inside)
        merged = numbered.mutate(_user_=user, _at_=login)
        close = merged[column].notnull() & (merged._at_ - merged.time <= days * DAY)
        found = ibis.ifelse(close, merged._user_, ibis.null("string"))
        events = merged.mutate(user_id=ibis.coalesce(merged.user_id, found)).drop("_login_", "_user_", "_at_")
    return events


def without_bots(
    events: ibis.Table,
    per_minute: PositiveInt = 60,
    per_session: PositiveInt = 1000,
    pauses: PositiveInt = 30,
    tolerance: NonNegativeFloat = 0.05,
    by: str = "session_id",
) -> ibis.Table:
    """Nobody looks at a page a second for a minute, or waits equally long again and again: that is a program.

    On events; drops everything that was done under an id (`by`) that did, of what people do one by one, more than
    `per_minute` within some minute or more than `per_session` in all, or that made at least so many `pauses` of which
    a third are, within `tolerance` seconds, as long as the one before. Where the id is empty, nothing is dropped.
    """
    needed(events, [by], "without_bots")
    acts = events.filter(_.kind.isin(BY_HAND), _[by].notnull())
    acts = acts.mutate(
        _pause_=acts.time - acts.time.lag().over(group_by=by, order_by=in_order(acts)),
        _span_=acts.time - acts.time.lag(per_minute).over(group_by=by, order_by=in_order(acts)),
    )
    seen = acts.group_by(by).agg(all=acts.count(), fastest=acts._span_.min())
    hasty = seen.filter((seen.all > per_session) | (seen.fastest < 60.0).fill_null(False)).select(by)
    waits = acts.filter(acts._pause_ > 0)
    change = (waits._pause_ - waits._pause_.lag().over(group_by=by, order_by=in_order(waits))).abs()
    waits = waits.mutate(_same_=(change <= tolerance).cast("int64"))
    even = waits.group_by(by).agg(all=waits.count(), same=waits._same_.sum())
    clockwork = even.filter((even.all >= pauses) & (even.same * 3 >= even.all)).select(by)
    return events.anti_join(hasty.union(clockwork).distinct(), by)
