"""What goes wrong on the way from a shop to its files, at known rates.

All rates are multiples of the setting `dirt`; each faulty row is named in ``truth/dirt`` with what is wrong with it.
"""

from dataclasses import replace

import numpy as np

from endcap.core.arrays import Array
from endcap.data.synthetic.journeys import PURCHASE, Rows, stacked
from endcap.data.synthetic.world import DAY, Floats

RATES = {
    "repeated": 1.0,  # delivered twice, exactly
    "again within seconds": 0.5,  # the same event, sent again by a nervous finger
    "late": 1.0,  # stands at the end of its file, with its own time
    "clock ahead": 0.2,  # the clock of the device ran days ahead
    "no price": 0.5,
    "price below zero": 0.1,
    "quantity below one": 0.1,
}
"""How often each fault happens, for each 1 of `dirt`; those of price and quantity to purchases only."""
FAULTS = tuple(RATES)


def soiled(clean: Rows, price: Floats, dirt: float, rng: np.random.Generator) -> tuple[Rows, Floats, Array]:
    """Rows and prices with faults planted, and for each row its fault: a place in `FAULTS`, or -1."""
    if not dirt:
        return clean, price, np.full(len(clean), -1)
    chance = dirt * np.array(list(RATES.values()))
    fault = np.searchsorted(np.cumsum(chance), rng.random(len(clean)), side="right")
    of_purchases = fault >= FAULTS.index("no price")
    fault = np.where((fault >= len(FAULTS)) | (of_purchases & (clean.kind != PURCHASE)), -1, fault)
    at = {name: fault == place for place, name in enumerate(FAULTS)}
    shifted = clean.time + np.where(at["clock ahead"], rng.uniform(2.0, 20.0, len(clean)) * DAY, 0.0)
    quantity = np.where(at["quantity below one"], -clean.quantity, clean.quantity)
    price = np.where(at["no price"], np.nan, np.where(at["price below zero"], -price, price))
    faulty = replace(clean, time=shifted, quantity=quantity)
    # The delivery that is one too many bears the fault, not the first one.
    extra = np.flatnonzero(at["repeated"] | at["again within seconds"])
    twice = faulty.take(extra)
    seconds = np.where(fault[extra] == FAULTS.index("repeated"), 0.0, rng.uniform(0.2, 2.0, len(extra)))
    whole = stacked([faulty, replace(twice, time=twice.time + seconds)])
    marks = np.concatenate([np.where(fault >= 0, fault, -1), fault[extra]])
    marks[extra] = -1
    order = np.lexsort((np.arange(len(whole)), whole.time, marks == FAULTS.index("late")))
    return whole.take(order), np.concatenate([price, price[extra]])[order], marks[order]


def misspelt(labels: list[str], dirt: float, rng: np.random.Generator) -> list[str]:
    """Labels of which some differ in case or blanks from the others of their kind."""
    chosen, how = rng.random(len(labels)) < 5 * dirt, rng.integers(3, size=len(labels))
    changes = (str.upper, str.lower, lambda label: f" {label} ")
    return [
        changes[way](label) if wrong else label
        for label, wrong, way in zip(labels, chosen.tolist(), how.tolist(), strict=True)
    ]
