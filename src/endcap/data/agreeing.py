"""A check of every step that learns: what the engine makes of some rows is what serving will make of them."""

from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from endcap.core.constants import Constants, Values
from endcap.core.errors import BadData
from endcap.data.engines import arrow, uploaded
from endcap.data.fitted import Fitted

SAMPLE = 256
"""Rows that are looked at."""
PLACE = "_place_"


def agreeing(fitted: Fitted, table: ibis.Table, step: str) -> None:
    """Raises `BadData` naming column and value if engine and memory differ in a single bit on some rows of a table."""
    some = arrow(table.limit(SAMPLE))
    numbered = some.append_column(PLACE, pa.array(range(len(some)), pa.int64()))
    inside = in_memory(arrow(fitted.applied(uploaded(table.get_backend(), numbered)).order_by(PLACE)))
    outside = Constants((fitted,)).applied(in_memory(some))
    for name, ours in outside.items():
        for place, (here, there) in enumerate(zip(_listed(ours), _listed(inside.get(name, ())), strict=False)):
            if here != there and not (here != here and there != there):  # noqa: PLR0124 — NaN
                said = f"{there!r} in the engine and {here!r} in memory, in row {place} of what it was given"
                raise BadData(f"{step}: column {name!r} is {said}: serving would not repeat what was learned")


def _listed(values: Values) -> list[Any]:
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


def in_memory(table: pa.Table) -> dict[str, Values]:
    """The columns of numbers and texts that a step may have learned from, as serving has them."""
    found: dict[str, Values] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            found[name] = column.to_pylist()
        elif pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind):
            numbers = column.cast(pa.int8()) if pa.types.is_boolean(kind) else column
            found[name] = np.asarray(numbers.cast(pa.float64()).fill_null(float("nan")), np.float64)
    return found
