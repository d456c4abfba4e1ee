"""When a number may be shown: what rests on too few queries is said to rest on too few, and no percentage is given."""

from collections.abc import Mapping
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from endcap.evaluate.compare import Interval

MIN_UNITS = 50
"""Units (users, or orders of guests) that a number must rest on. With 50, a share of one half has a 95 % interval of 36
to 64 %: enough to tell 1 in 3 from 2 in 3, and little more. With fewer, bootstrap intervals also hold the true value
less often than they claim, and one lucky user moves a share by more than two points."""
NARROW = 5e-5
"""An interval that is narrower shows the same figure at both ends."""


def count_units(units: NDArray[Any]) -> int:
    """Return how many different units there are; queries of one user count once."""
    return len(np.unique(units))


def is_enough(units: int) -> bool:
    """Return whether a number that rests on so many units may be shown."""
    return units >= MIN_UNITS


def too_few(queries: int, units: int) -> str:
    """Return what stands in place of numbers: ``too few to say (49 users; needs 50)``."""
    few = _queries(queries) if units == queries else f"{units:,} user{'' if units == 1 else 's'}"
    return f"too few to say ({few}; needs {MIN_UNITS})"


def rests_on(queries: int, units: int) -> str:
    """Return what the numbers of a table rest on: ``1,200 queries of 900 users or guests``."""
    return f"{_queries(queries)} of {units:,} user{'' if units == 1 else 's'} or guest{'' if units == 1 else 's'}"


def has_width(at: Interval) -> bool:
    """Return whether an interval may be shown: it has two ends, and they differ in what is printed."""
    return not isnan(at.low) and not isnan(at.high) and at.high - at.low >= NARROW


def enough_in(values: Mapping[str, Any]) -> bool:
    """Return whether what was told in plain values (with ``units``) rests on enough of them."""
    return is_enough(int(values["units"]))


def _queries(count: int) -> str:
    return f"{count:,} quer{'y' if count == 1 else 'ies'}"
