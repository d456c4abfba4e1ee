"""How often a slot that is as good as its baselines is refused, and how often one that is worse, by three ways to test.

Six slots, each compared with nine baselines. As good: three of the nine are drawn like the slot, six find much less; or
all nine are like the slot; or all nine are like it and largely the same (half of their answers). Worse: one slot loses
14 % against one of its baselines. Ways: all pairs counted (Holm); only those that look worse, at half the level (what
the gate does); only the best baseline of each slot, as if nobody had chosen it by looking. The peer is the level.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from endcap.evaluate.gate.comparing import GROSS_LEVEL, Pair, losses
from endcap.evaluate.metrics import Values
from false_alarms import wilson
from measuring import conclude, options

SLOTS, BASELINES, QUERIES, MARGIN, NOTICE, LOST = 6, 9, 400, 0.02, 0.05, 0.14
World = Callable[[np.random.Generator], list[Pair]]


def row(ease: Values, rng: np.random.Generator) -> Values:
    """NDCG of one relevant item at a place drawn for each query; 0 from place 11 on."""
    place = rng.geometric(ease)
    return np.where(place <= 10, 1 / np.log2(place + 1), 0.0)


def slot(number: int, rng: np.random.Generator, alike: int, same: float = 0.0, lost: float = 0.0) -> list[Pair]:
    """A slot beside its baselines, of which so many are drawn like it, with that share of answers in common."""
    ease = rng.beta(1, 8, QUERIES)
    common = row(ease, rng)

    def like() -> Values:
        return np.where(rng.random(QUERIES) < same, common, row(ease, rng))

    ours = like() * (rng.random(QUERIES) >= lost)
    rows = [like() if place < alike else row(ease * 0.2 + 1e-3, rng) for place in range(BASELINES)]
    units = np.arange(QUERIES) + 1_000_000 * number
    return [Pair("baselines", f"{number} {place}", units, ours, theirs, MARGIN) for place, theirs in enumerate(rows)]


def world(rng: np.random.Generator, slots: int, alike: int, same: float = 0.0, lost: float = 0.0) -> list[Pair]:
    """All slots, of which the first may lose something."""
    return [pair for n in range(slots) for pair in slot(n, rng, alike, same, lost if n == 0 else 0.0)]


def best_only(pairs: Sequence[Pair]) -> list[Pair]:
    """Of each slot the pair with its best baseline."""
    return [
        max(pairs[start : start + BASELINES], key=lambda pair: pair.theirs.mean())
        for start in range(0, len(pairs), BASELINES)
    ]


def refused(pairs: Sequence[Pair], rng: np.random.Generator, *, worse_only: bool) -> bool:
    """Whether anything is refused."""
    found = losses(pairs, GROSS_LEVEL, rng, worse_only=worse_only)
    return any(loss.verdict(GROSS_LEVEL, NOTICE) == "worse" for loss in found)


def main() -> None:
    quick = options(__doc__ or "").quick
    rng, times, made = np.random.default_rng(0), 1 if quick else 200, partial(world, slots=2 if quick else SLOTS)
    worlds: dict[str, tuple[World, int]] = {
        "as good, 3 of 9 alike": (partial(made, alike=3), times),
        "as good, 9 of 9 alike": (partial(made, alike=9), times),
        "as good, 9 of 9 half the same": (partial(made, alike=9, same=0.5), times),
        "14 % lost, 1 of 9 alike": (partial(made, alike=1, lost=LOST, same=0.8), max(times // 4, 1)),
        "14 % lost, 3 of 9 alike": (partial(made, alike=3, lost=LOST, same=0.8), max(times // 4, 1)),
    }
    rates: dict[str, dict[str, float]] = {}
    for name, (make, n) in worlds.items():
        counts = {"all": 0, "worse only": 0, "best only": 0}
        for _ in range(n):
            pairs = make(rng)
            counts["all"] += refused(pairs, rng, worse_only=False)
            counts["worse only"] += refused(pairs, rng, worse_only=True)
            counts["best only"] += refused(best_only(pairs), rng, worse_only=False)
        rates[name] = {way: count / n for way, count in counts.items()}
        spans = {way: "{:.3f} to {:.3f}".format(*wilson(count, n)) for way, count in counts.items()}
        print(f"  {name:30}", *(f"{way} {rate:.3f} ({spans[way]}) " for way, rate in rates[name].items()), flush=True)
    alarm = max(rates[name]["worse only"] for name in rates if name.startswith("as good"))
    conclude(
        "gate_baselines", max(alarm, 1 / times), GROSS_LEVEL, round(GROSS_LEVEL / max(alarm, 1 / times), 2),
        "rate of false refusals", times=times, rates=rates,
    )  # fmt: skip


if __name__ == "__main__":
    main()
