"""What was bought and given back."""

import ibis
from ibis import _

from endcap.data.columns import ROW
from endcap.data.steps.common import in_order

PIECE = 1000.0
"""Quantities are counted in thousandths, in whole numbers, so that what is left over is exactly nothing."""


def without_cancelled_purchases(events: ibis.Table) -> ibis.Table:
    """A purchase that the same user gave back whole (same item, same quantity, later) says nothing of taste.

    Each return takes back the latest such purchase before it; both are dropped. Returns of something else, or of a
    part, and a second return of a purchase that is gone already, stay as events of kind ``return``.
    """
    keyed = events.mutate(_place_=ibis.row_number().over(order_by=_ordered(events)))
    bought = keyed.filter(_.kind == "purchase", _.user_id.notnull())
    back = keyed.filter(_.kind == "return", _.user_id.notnull())
    same = ["user_id", "item_id", "quantity"]
    pairs = back.select(*same, back_row=back._place_, back_time=back.time).join(
        bought.select(*same, bought_row=bought._place_, bought_time=bought.time), same
    )
    pairs = pairs.filter(pairs.bought_time <= pairs.back_time)
    latest = pairs.group_by("back_row").agg(bought_row=pairs.bought_row.max())
    once = latest.group_by("bought_row").agg(back_row=latest.back_row.min())
    gone = once.select(_place_=once.bought_row).union(once.select(_place_=once.back_row))
    return keyed.anti_join(gone, "_place_").drop("_place_")


def returns_netted(events: ibis.Table) -> ibis.Table:
    """What was given back, whole or in part, was not kept: only the pieces that stayed with a buyer are purchases.

    On events. A return takes back the latest pieces of the item that the same user (a guest: the same order, else the
    same session) bought before it. Purchases of which nothing stayed are dropped, and so are returns that found their
    pieces; a return of more than was bought stays with the rest as its quantity.
    """
    trade = events.filter(_.kind.isin(["purchase", "return"]), _.quantity > 0)
    other = events.filter(~(_.kind.isin(["purchase", "return"]) & (_.quantity > 0).fill_null(False)).fill_null(False))
    owner = ibis.coalesce("u:" + trade.user_id, "o:" + trade.order_id, "s:" + trade.session_id)
    pieces = (trade.quantity * PIECE + 0.5).floor().cast("int64")
    moved = trade.mutate(
        _owner_=owner, _pieces_=pieces, _back_=(trade.kind == "return").cast("int64"), _order_=_place(trade)
    )
    moved = moved.mutate(_moved_=ibis.ifelse(moved._back_ == 1, -moved._pieces_, moved._pieces_))
    # The pieces of one buyer are a stack: a purchase lays some on top, a return takes some off. `_height_` is how high
    # it would stand if it could go below the floor, `_floor_` how far below it has been.
    until = {"group_by": ["_owner_", "item_id"], "order_by": moved._order_, "rows": (None, 0)}
    moved = moved.mutate(_height_=moved._moved_.sum().over(**until).cast("int64"))
    until["order_by"] = moved._order_
    moved = moved.mutate(_floor_=ibis.least(moved._height_.min().over(**until), 0))
    moved = moved.mutate(_level_=moved._height_ - moved._floor_)
    later = {"group_by": ["_owner_", "item_id"], "order_by": moved._order_, "rows": (1, None)}
    before = {"group_by": ["_owner_", "item_id"], "order_by": moved._order_}
    lowest = ibis.least(moved._level_, moved._level_.min().over(**later).fill_null(moved._level_))
    stayed = lowest - (moved._level_ - moved._pieces_)
    unfound = moved._floor_.lag().over(**before).fill_null(0) - moved._floor_
    left = ibis.greatest(ibis.ifelse(moved._back_ == 1, unfound, stayed), 0)
    netted = moved.mutate(_left_=left).filter(_._left_ > 0)
    whole = netted._left_ == netted._pieces_
    netted = netted.mutate(
        quantity=ibis.ifelse(whole, netted.quantity, netted._left_.cast("float64") / PIECE),
    )
    return other.union(netted.select(*events.columns))


def _place(trade: ibis.Table) -> ibis.Value:
    """Purchases before returns of the same moment, since nothing is given back before it is bought."""
    time, *ties = in_order(trade)
    return ibis.row_number().over(order_by=[time, (trade.kind == "return").cast("int64"), *ties])


def _ordered(events: ibis.Table) -> list[ibis.Value]:
    if ROW in events.columns:
        return in_order(events)
    return [events[name] for name in ("time", "session_id", "item_id", "kind", "quantity")]
