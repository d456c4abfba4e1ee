"""Events that were delivered or counted more than once."""

from typing import Any

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
    window, alike = _among_alike(suspects, told(events), [suspects[ROW]])
    again = suspects.mutate(_again_=alike & suspects[ROW].lag().over(window).notnull()).filter(ibis._._again_)
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
    window, alike = _among_alike(events, same, in_order(events))
    pause = ibis.ifelse(alike, events.time - events.time.lag().over(window), ibis.null("float64"))
    return events.mutate(_pause_=pause).filter(lambda t: t._pause_.isnull() | (t._pause_ > seconds)).drop("_pause_")


def _among_alike(table: ibis.Table, names: list[str], order: list[ibis.Value]) -> tuple[Any, ibis.Value]:
    """A window in which rows that agree in these columns follow each other in this order; whether the one before does.

    Not every engine groups a window by fractions (BigQuery does not), and to round them would take two that differ for
    one. So rows are grouped by all else and ordered by the fractions first, which puts those that agree side by side.
    """
    fractions = [table[name] for name in names if table[name].type().is_floating()]
    others = [table[name] for name in names if not table[name].type().is_floating()]
    window = ibis.window(group_by=others, order_by=[*fractions, *order])
    return window, ibis.and_(*(value.identical_to(value.lag().over(window)) for value in fractions))


def first_of_each_item(catalog: ibis.Table) -> ibis.Table:
    """An item is described once; of several descriptions, the first is kept.

    On a catalog: after ids were made canonical, or several catalogs united.
    """
    ties = [ROW] if ROW in catalog.columns else sorted(told(catalog))
    place = ibis.row_number().over(group_by="item_id", order_by=[catalog[name] for name in ties])
    return catalog.mutate(_place_=place).filter(ibis._._place_ == 0).drop("_place_")
