"""How often the comparison tells apart rows that are alike: A/A, 1,000 times, with the interval of that rate.

Each time, four rows and a baseline are drawn that differ by chance alone: users with one to five queries each, some
users easier than others, and for every query the NDCG of a place that is drawn anew for each row. A false alarm is one
where any row is said to differ (`Difference.shown`: the test after Holm, and the interval). The test alone, without
correction and for one row, and the interval alone are counted too. The peer is the nominal 5 %; intervals are Wilson's.
"""

import sys
from math import sqrt
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from endcap.evaluate.compare import compared, resamples
from endcap.evaluate.metrics import Values
from measuring import conclude, options

NOMINAL = 0.05
ROWS = ("one", "two", "three", "four")
BASE = "base"


def row(ease: Values, rng: np.random.Generator) -> Values:
    """NDCG of one relevant item at a place drawn for each query, earlier where it is easy; 0 from place 11 on."""
    place = rng.geometric(ease)
    return np.where(place <= 10, 1 / np.log2(place + 1), 0.0)


def wilson(count: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a rate."""
    z, rate = 1.959964, count / n
    middle, half = rate + z * z / (2 * n), z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def main() -> None:
    chosen = options(__doc__ or "")
    times, users = (30, 40) if chosen.quick else (1000, 150)
    rng = np.random.default_rng(0)
    alarms = {"any of four rows, as shown": 0, "one row, its test alone": 0, "one row, its interval alone": 0}
    for _ in range(times):
        units = np.repeat(np.arange(users), rng.integers(1, 6, users))
        ease = rng.beta(1, 12, users)[units]
        values = {name: {"NDCG": row(ease, rng)} for name in (*ROWS, BASE)}
        found = compared(values, [BASE], resamples(units, rng))
        above = [found[name].above[BASE]["NDCG"] for name in ROWS]
        alarms["any of four rows, as shown"] += any(at.shown for at in above)
        alarms["one row, its test alone"] += above[0].p < NOMINAL
        alarms["one row, its interval alone"] += above[0].low > 0 or above[0].high < 0
    rates = {name: (count / times, *wilson(count, times)) for name, count in alarms.items()}
    for name, (rate, low, high) in rates.items():
        print(f"  {name:28} {rate:.3f}  (95 % interval {low:.3f} to {high:.3f}), nominal {NOMINAL}")
    rate, low, high = rates["any of four rows, as shown"]
    conclude(
        "false_alarms", max(rate, 1 / times), NOMINAL, round(NOMINAL / max(rate, 1 / times), 2), "rate", times=times,
        rates={name: [round(value, 4) for value in found] for name, found in rates.items()},
        within=rate <= NOMINAL or low <= NOMINAL,
    )  # fmt: skip


if __name__ == "__main__":
    main()
