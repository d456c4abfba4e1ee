"""How often the gate refuses what is as good, and how often it finds what is worse, with how many queries.

As good: two rows drawn alike, three slots, each as a whole and in three segments (A/A), a thousand times; and real
models, Prod2Vec fitted twice with different seeds on a small shop. Worse: 5 % lost in the tail only, once with all
else equal (a twentieth of the tail is not known any more), once with another seed on top (both rows drawn anew); and
labels shuffled. The peer is the nominal 5 %; intervals are Wilson's.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from endcap.data.splits import time_split
from endcap.evaluate.backtest import BackTest, Entry, judged_on
from endcap.evaluate.gate.comparing import GROSS_LEVEL, SERVED_LEVEL, Pair, losses
from endcap.evaluate.gate.evidence import Evidence
from endcap.evaluate.gate.quality import Slots, against_served
from endcap.evaluate.gate.rules import Judge
from endcap.evaluate.gate.settings import GateSettings
from endcap.evaluate.metrics import Values
from endcap.evaluate.tasks import basket
from endcap.index.exact import Exact
from endcap.index.nearest import Nearest
from endcap.models.prod2vec import Prod2Vec
from endcap.testing import orders
from false_alarms import wilson
from measuring import conclude, options

NOMINAL = SERVED_LEVEL + GROSS_LEVEL
MARGIN, NOTICE, SLOTS, THIRDS, FEW = 0.02, 0.05, 3, 3, 300
TAIL = THIRDS - 1
Rows = Callable[[int, np.random.Generator], tuple[Values, Values, Values]]
"""From a number of queries to our values, theirs, and the third that each query wants an item of."""


def drawn(n: int, rng: np.random.Generator) -> tuple[Values, Values]:
    """How easy each query is, and the NDCG of a row that finds one item at a place drawn for it."""
    ease = rng.beta(1, 8, n)
    return ease, found(ease, rng)


def found(ease: Values, rng: np.random.Generator) -> Values:
    place = rng.geometric(ease)
    return np.where(place <= 10, 1 / np.log2(place + 1), 0.0)


def alike(n: int, rng: np.random.Generator) -> tuple[Values, Values, Values]:
    ease, theirs = drawn(n, rng)
    return found(ease, rng), theirs, rng.integers(THIRDS, size=n).astype(np.float64)


def forgotten(n: int, rng: np.random.Generator) -> tuple[Values, Values, Values]:
    third = rng.integers(THIRDS, size=n).astype(np.float64)
    _, theirs = drawn(n, rng)
    return np.where((third == TAIL) & (rng.random(n) < NOTICE), 0.0, theirs), theirs, third


def reseeded(n: int, rng: np.random.Generator) -> tuple[Values, Values, Values]:
    ours, theirs, third = alike(n, rng)
    return np.where((third == TAIL) & (rng.random(n) < NOTICE), 0.0, ours), theirs, third


def shuffled(n: int, rng: np.random.Generator) -> tuple[Values, Values, Values]:
    _, theirs, third = alike(n, rng)
    return np.where(rng.random(n) < 0.02, theirs, 0.0), theirs, third


def parts(ours: Values, theirs: Values, third: Values, slot: int) -> list[Pair]:
    """A slot as a whole and its thirds, over the same queries."""
    masks = {"whole": np.ones(len(ours), bool)} | {f"third {place}": third == place for place in range(THIRDS)}
    units = np.arange(len(ours)) + slot * 10_000_000
    return [
        Pair("served", f"{slot} {name}", units, np.where(at, ours, np.nan), np.where(at, theirs, np.nan), MARGIN)
        for name, at in masks.items()
    ]


def refusals(rows: Rows, n: int, rng: np.random.Generator) -> set[str]:
    """What is refused of three slots, of which the first has the given rows, and the others rows that are alike."""
    pairs = parts(*rows(n, rng), 0) + [pair for slot in range(1, SLOTS) for pair in parts(*alike(FEW, rng), slot)]
    return {
        loss.pair.about for loss in losses(pairs, SERVED_LEVEL, rng) if loss.verdict(SERVED_LEVEL, NOTICE) == "worse"
    }


def real(rng: np.random.Generator, times: int) -> tuple[int, int, list[float]]:
    """How often one seed of Prod2Vec is refused against another, at once and at last, and how far they lie apart."""
    weights = 1 / np.arange(1, 21)
    baskets = [
        [f"i{20 * (order % 3) + item}" for item in rng.choice(20, size=4, replace=False, p=weights / weights.sum())]
        for order in range(800)
    ]
    split = time_split(orders(*baskets), 0.5)
    task = basket(split.train, split.test, rng, 400)
    recipe = Prod2Vec(size=8, epochs=10, subsample=0.0, learning_rate=0.1)

    def fitted(_: int = 0) -> Slots:
        model = recipe.fit(split.train, rng)
        return {"slot": (Nearest(model, Exact().build(model.vectors)), "basket")}

    at_once = at_last = 0
    apart = []
    for _ in range(times):
        entry = Entry("slot", "slot", fitted()["slot"][0], ("basket",))
        evidence = Evidence.of(BackTest(split, (judged_on(task, [entry], rng),)), {})
        turns: list[int] = []

        def again(turn: int, turns: list[int] = turns) -> tuple[Slots, Slots]:
            turns.append(turn)
            return fitted(), fitted()

        told = list(against_served(evidence, fitted(), Judge(GateSettings()), rng, again))
        at_once += bool(turns)
        at_last += any(at.decided == "refused" for at in told if at.rule == "served")
        apart.append(abs(float(told[0].found.split("%")[0]) / 100))
    return at_once, at_last, apart


def main() -> None:
    quick = options(__doc__ or "").quick
    rng = np.random.default_rng(0)
    times = 20 if quick else 1000
    alarms = sum(bool(refusals(alike, FEW, rng)) for _ in range(times))
    rate, (low, high) = alarms / times, wilson(alarms, times)
    print(f"  A/A, drawn:  {rate:.3f} refused (95 % interval {low:.3f} to {high:.3f}) of {times}; at most {NOMINAL}")
    worlds, each = (1, 2) if quick else (20, 10)
    counts = [real(rng, each) for _ in range(worlds)]
    once, last = sum(count for count, _, _ in counts), sum(count for _, count, _ in counts)
    apart = [value for *_, values in counts for value in values]
    share, span = last / (worlds * each), wilson(last, worlds * each)
    print(
        f"  A/A, fitted: {share:.3f} refused (95 % interval {span[0]:.3f} to {span[1]:.3f}) of {worlds * each}; {once} "
        f"looked so at once, since two seeds lie {np.mean(apart):.1%} apart"
    )
    power: dict[str, dict[int, float]] = {}
    sizes = (300, 1000) if quick else (300, 1000, 3000, 9000)
    for name, rows in {"5 % of the tail forgotten": forgotten, "the same, another seed": reseeded}.items():
        repeats = 3 if quick else 40
        power[name] = {
            n: float(np.mean([f"0 third {TAIL}" in refusals(rows, n, rng) for _ in range(repeats)])) for n in sizes
        }
    power["labels shuffled"] = {
        n: float(np.mean(["0 whole" in refusals(shuffled, n, rng) for _ in range(3 if quick else 100)]))
        for n in (50, 100, 200)
    }
    for name, shown in power.items():
        asked = {n: n // (THIRDS if "tail" in name or "seed" in name else 1) for n in shown}
        print(f"  {name:26}" + "".join(f"  {asked[n]:,} queries: {share:.0%}" for n, share in shown.items()))
    conclude(
        "gate", max(rate, 1 / times), NOMINAL, round(NOMINAL / max(rate, 1 / times), 2), "rate of false refusals",
        times=times, interval=[round(low, 4), round(high, 4)], fitted=round(share, 4), of=worlds * each,
        power={name: {str(n): round(float(value), 3) for n, value in shown.items()} for name, shown in power.items()},
    )  # fmt: skip


if __name__ == "__main__":
    main()
