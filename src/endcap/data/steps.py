"""Preparation steps in our event columns: functions from table to table, named after what they return."""

import ibis
from ibis import _


def without_repeats(events: ibis.Table) -> ibis.Table:
    """The same line delivered twice is one event."""
    return events.distinct()


def without_cancelled_purchases(events: ibis.Table) -> ibis.Table:
    """A purchase that the same user gave back whole (same item, same quantity, later) says nothing of taste.

    Each return takes back the latest such purchase before it; both are dropped. Returns of something else, or of a
    part, and a second return of a purchase that is gone already, stay as events of kind ``return``.
    """
    keyed = events.mutate(row=ibis.row_number().over(order_by=[_.time, _.session_id, _.item_id, _.kind, _.quantity]))
    bought = keyed.filter(_.kind == "purchase", _.user_id.notnull())
    back = keyed.filter(_.kind == "return", _.user_id.notnull())
    same = ["user_id", "item_id", "quantity"]
    pairs = back.select(*same, back_row=back.row, back_time=back.time).join(
        bought.select(*same, bought_row=bought.row, bought_time=bought.time), same
    )
    pairs = pairs.filter(pairs.bought_time <= pairs.back_time)
    latest = pairs.group_by("back_row").agg(bought_row=pairs.bought_row.max())
    once = latest.group_by("bought_row").agg(back_row=latest.back_row.min())
    gone = once.select(row=once.bought_row).union(once.select(row=once.back_row))
    return keyed.anti_join(gone, "row").drop("row")
