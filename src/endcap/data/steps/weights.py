"""How much an event counts: a column `weight`, which every weighing step multiplies."""

from collections.abc import Mapping

import ibis
from pydantic import NonNegativeFloat, PositiveFloat

from endcap.core.dataset import DAY
from endcap.core.errors import BadData
from endcap.core.records import KINDS

GRAIN = 2.0**-24
"""Weights are rounded to this: what two engines' powers differ by in the last bit is then the same number."""
KIND_WEIGHTS: Mapping[str, float] = {
    "impression": 0.0, "view": 1.0, "click": 1.0, "cart": 3.0,
    "uncart": 0.0, "purchase": 10.0, "return": 0.0, "search": 0.0,
}  # fmt: skip
"""A purchase says ten times what a view says; being shown says nothing."""


def time_weighted(events: ibis.Table, half_life: PositiveFloat = 30.0, now: float | None = None) -> ibis.Table:
    """What happened long ago says less of what is wanted now.

    On events; halves the `weight` every `half_life` days before `now` (seconds since 1970; the last event if none is
    given). After 24 half-lives, an event weighs nothing.
    """
    latest = events.time.max().over() if now is None else ibis.literal(float(now))
    dated = events.mutate(_age_=(latest - events.time) / (half_life * DAY))
    weight = ibis.literal(0.5) ** ibis.greatest(ibis.least(dated._age_, 64.0), 0.0)
    return _weighed(dated, weight).drop("_age_")


def kind_weighted(events: ibis.Table, weights: Mapping[str, NonNegativeFloat] = KIND_WEIGHTS) -> ibis.Table:
    """A purchase says more of what is wanted than a look.

    On events; multiplies the `weight` by that of the kind. A kind that is not named weighs nothing; raises `BadData`
    for one that does not exist.
    """
    unknown = sorted(set(weights) - set(KINDS))
    if unknown:
        raise BadData(f"kind_weighted: no event kind is called {', '.join(unknown)}; kinds: {', '.join(KINDS)}")
    cases = [(events.kind == kind, float(weight)) for kind, weight in weights.items()]
    return _weighed(events, ibis.cases(*cases, else_=0.0))


def _weighed(events: ibis.Table, weight: ibis.Value) -> ibis.Table:
    before = events["weight"].fill_null(1.0) if "weight" in events.columns else ibis.literal(1.0)
    return events.mutate(weight=((before * weight) / GRAIN + 0.5).floor().cast("float64") * GRAIN)
