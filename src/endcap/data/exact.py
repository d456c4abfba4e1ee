"""Numbers that are the same on every engine, bit by bit, and whatever order its threads work in.

A sum of floating-point numbers depends on the order in which they are added, an interpolated median on its formula,
and a logarithm on the library, in its last bit. Here sums are sums of whole numbers, a median is a value that was
there, and logarithms are rounded to a grid that is far coarser than their last bit.
"""

import math
from collections.abc import Sequence

import ibis

from endcap.data.fitted import LOG_GRAIN

GRAIN = 2.0**40
"""`total` cuts a unit into so many parts."""


def number(value: ibis.Value) -> ibis.Value:
    """The value as a float; null for one that is not finite."""
    value = value.cast("float64")
    # Not `isinf`, which Ibis compiles to false on Spark; and NaN is greater than infinity on both engines.
    return ibis.ifelse(value.abs() < exactly(math.inf), value, ibis.null("float64"))


def exactly(value: float) -> ibis.Value:
    """A constant with all its bits; written as a number, an engine takes it for a decimal and may lose the last."""
    return ibis.literal(repr(float(value)).replace("inf", "Infinity")).cast("float64")


def logarithm(value: ibis.Value) -> ibis.Value:
    """``ln(1 + |x|)`` with the sign of x, so that zero stays zero and a refund may be negative."""
    size = (((value.abs() + 1.0).ln() * LOG_GRAIN) + 0.5).floor().cast("float64") / LOG_GRAIN
    return ibis.ifelse(value < 0.0, -size, size)


def total(values: ibis.Value) -> ibis.Value:
    """The sum of numbers between -4 and 4, in grains (see `GRAIN`), as a whole number of any length."""
    return (values * GRAIN + 0.5).floor().cast("int64").cast("decimal(38, 0)").sum()


def medians(table: ibis.Table, column: str, by: Sequence[str] = ()) -> ibis.Table:
    """The median of a column in each group, in a column `median`; of two in the middle, the lower one."""
    known = table.select(*by, median=number(table[column]))
    known = known.filter(known.median.notnull())
    place = ibis.row_number().over(group_by=list(by), order_by=known.median)
    ranked = known.mutate(_place_=place, _all_=known.count().over(group_by=list(by)))
    return ranked.filter(ranked._place_ == (ranked._all_ - 1) // 2).select(*by, "median")
