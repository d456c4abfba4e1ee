"""Events that were delivered or counted more than once."""

import ibis
from pydantic import PositiveFloat

from endcap.data.columns import REQUIRED_EVENTS, ROW
from endcap.data.steps.common import in_order, told


def without_repeats(events: ibis.Table) -> ibis.Table:
    """The same line delivered twice is one event.

    On events or a catalog; of rows that agree in every column, the first is kept.
    """
    if ROW not in events.columns:
        return events.distinct()
    # To sort all rows by all columns takes several times as long as to look which hashes come twice, and which of those
    # few rows do agree.
    hashed = events.mutate(_hash_=_hash(events))
    crowded = hashed.group_by("_hash_").agg(_rows_=ibis._.count()).filter(ibis._._rows_ > 1)
    suspects = hashed.semi_join(crowded, "_hash_")
    place = ibis.row_number().over(group_by=told(events), order_by=ROW)
    again = suspects.mutate(_again_=place).filter(ibis._._again_ > 0)
    return events.anti_join(again.select(ROW), ROW)


def _hash(table: ibis.Table) -> ibis.Value:
    """A number that agrees for rows that agree, and hardly for others: of what events must have, else of all there is.

    Of a fraction, only what is before the point counts: -0.0 equals 0.0.
    """
    names = [name for name in REQUIRED_EVENTS if name in table.columns] or told(table)
    values = {name: table[name] for name in names}
    whole = {name: value.try_cast("int64") for name, value in values.items() if value.type().is_floating()}
    return ibis.struct(values | whole).hash()


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
