"""Events that were delivered or counted more than once."""

import ibis
from pydantic import PositiveFloat

from endcap.data.columns import ROW
from endcap.data.steps.common import in_order, told


def without_repeats(events: ibis.Table) -> ibis.Table:
    """The same line delivered twice is one event.

    On events or a catalog; of rows that agree in every column, the first is kept.
    """
    if ROW not in events.columns:
        return events.distinct()
    again = ibis.row_number().over(group_by=told(events), order_by=events[ROW])
    return events.mutate(_again_=again).filter(ibis._._again_ == 0).drop("_again_")


def without_echoes(events: ibis.Table, seconds: PositiveFloat = 2.0) -> ibis.Table:
    """The same event again within seconds is a double click or a page that was sent twice.

    On events. Echoes agree with an event before them in all but the time; a burst of them, each soon after the one
    before, counts once.
    """
    same = [name for name in told(events) if name != "time"]
    before = events.time.lag().over(group_by=same, order_by=in_order(events))
    pause = events.time - before
    return events.mutate(_pause_=pause).filter(lambda t: t._pause_.isnull() | (t._pause_ > seconds)).drop("_pause_")


def first_of_each_item(catalog: ibis.Table) -> ibis.Table:
    """An item is described once; of several descriptions, the first is kept.

    On a catalog: after ids were made canonical, or several catalogs united.
    """
    ties = [ROW] if ROW in catalog.columns else sorted(told(catalog))
    place = ibis.row_number().over(group_by="item_id", order_by=[catalog[name] for name in ties])
    return catalog.mutate(_place_=place).filter(ibis._._place_ == 0).drop("_place_")
