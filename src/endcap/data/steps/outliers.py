"""Numbers that cannot be meant, and items that nobody chose."""

import ibis
from pydantic import PositiveFloat, PositiveInt

from endcap.data.exact import medians, number
from endcap.data.steps.common import needed

NORMAL = 1.4826
"""The median distance from the median, times this, is the standard deviation where numbers are distributed normally."""
LEAST = 0.5
"""The median distance is taken to be at least so many medians."""


def without_outliers(
    events: ibis.Table,
    columns: tuple[str, ...] = ("quantity", "price"),
    z: PositiveFloat = 20.0,
    fewest: PositiveInt = 10,
    kinds: tuple[str, ...] = ("purchase",),
    both: tuple[str, ...] = ("price",),
) -> ibis.Table:
    """A quantity or a price far from what is usual for the item is a slip of the keyboard, not a sale.

    On events of the given kinds. Far means more than `z` robust standard deviations (of the median distance from the
    median, which one wild number cannot move) above the item's median; in the columns of `both`, as many times too
    little is as strange as too much. The distance is taken to be at least half the median, since most items are bought
    one at a time; items with less than `fewest` numbers are let be.
    """
    needed(events, columns, "without_outliers")
    for column in columns:
        value = ibis.ifelse(events.kind.isin(list(kinds)), number(events[column]), ibis.null("float64"))
        valued = events.mutate(_value_=value)
        middle = medians(valued, "_value_", ["item_id"]).rename(_item_="item_id", _middle_="median")
        joined = valued.left_join(middle, valued.item_id == middle._item_)
        far = joined.mutate(_far_=(joined._value_ - joined._middle_).abs()).drop("_item_")
        spread = medians(far, "_far_", ["item_id"]).rename(_item_="item_id", _spread_="median")
        joined = far.left_join(spread, far.item_id == spread._item_)
        joined = joined.mutate(_sold_=joined._value_.count().over(group_by="item_id"))
        high = joined._middle_ + z * NORMAL * ibis.greatest(joined._spread_, LEAST * joined._middle_)
        wild = joined._value_ > high
        if column in both:
            wild |= joined._value_ * high < joined._middle_ * joined._middle_
        events = joined.filter(~(wild & (joined._sold_ >= fewest)).fill_null(False)).select(*events.columns)
    return events


def without_items(events: ibis.Table, items: tuple[str, ...] = ()) -> ibis.Table:
    """A bag, a fee or a gift that is in nearly every order is nobody's choice, and would fill every list.

    On events; drops those of the given item ids, as the sources write them. The items stay in the catalog.
    """
    needed(events, ["item_id"], "without_items")
    return events.filter(~events.item_id.isin(list(items)).fill_null(False)) if items else events
