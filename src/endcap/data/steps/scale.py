"""Columns brought to a common scale."""

import math
from typing import Any

import ibis
from ibis import _

from endcap.data.engines import arrow
from endcap.data.exact import GRAIN, exactly, logarithm, medians, number, total
from endcap.data.fitted import How, Normaliser
from endcap.data.steps.common import needed
from endcap.data.steps.outliers import NORMAL


def fitted_normaliser(
    table: ibis.Table, columns: tuple[str, ...], how: How = "z-score", suffix: str = ""
) -> Normaliser:
    """Numbers of different size are brought to one scale, with constants that serving uses too.

    On a catalog or on events. ``min-max``: from 0 to 1; ``z-score``: mean 0, standard deviation 1; ``log``: the z-score
    of the logarithm; ``robust``: by the median and the median distance from it, which outliers do not move. With a
    `suffix`, the column stays, and its normalised form lies beside it: a price that is shown must stay a price.
    """
    needed(table, columns, "fitted_normaliser")
    constants = {}
    for column in columns:
        value = number(table[column])
        numbers = table.select(x=logarithm(value) if how == "log" else value).filter(_.x.notnull())
        centre, scale = {"min-max": _range, "robust": _robust}.get(how, _standard)(numbers)
        constants[column] = (centre, scale if scale > 0 else 1.0)
    return Normaliser(how, constants, suffix)


def _range(numbers: ibis.Table) -> tuple[float, float]:
    found = _row(numbers.agg(low=numbers.x.min(), high=numbers.x.max()))
    return (found["low"], found["high"] - found["low"]) if found["low"] is not None else (0.0, 1.0)


def _robust(numbers: ibis.Table) -> tuple[float, float]:
    found = arrow(medians(numbers, "x"))["median"].to_pylist()
    if not found:
        return 0.0, 1.0
    away = arrow(medians(numbers.mutate(x=(numbers.x - exactly(found[0])).abs()), "x"))["median"][0].as_py()
    return found[0], NORMAL * away


def _standard(numbers: ibis.Table) -> tuple[float, float]:
    """Mean and standard deviation, from whole-number sums of the values as parts of the greatest."""
    found = _row(numbers.agg(rows=numbers.count(), greatest=numbers.x.abs().max()))
    n, greatest = found["rows"], found["greatest"]
    if not greatest:
        return 0.0, 1.0
    mean = greatest * (int(_row(numbers.agg(sum=total(numbers.x / exactly(greatest))))["sum"]) / n / GRAIN)
    part = (numbers.x - exactly(mean)) / exactly(2.0 * greatest)
    square = int(_row(numbers.agg(sum=total(part * part)))["sum"]) / n / GRAIN
    return mean, 2.0 * greatest * math.sqrt(square)


def _row(table: ibis.Table) -> dict[str, Any]:
    found: dict[str, Any] = arrow(table).to_pylist()[0]
    return found
