"""Is it as good? Slots against those that are served and against baselines, and the bundle against its own recipes.

Recipes are compared by back-test: both fitted on the time before the cut, both asked the same questions of the time
after it. That says which recipe is better, and nothing of the bundle itself, which was fitted on everything. So the
bundle is asked some of these questions too. It has seen their answers, hence can only look better than its recipes did;
if it looks worse, it is not what those recipes give: damaged, misaligned, or fitted on something else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes
from endcap.core.catalog import Catalog
from endcap.core.query import Retriever
from endcap.evaluate.backtest import Entry
from endcap.evaluate.beyond import coverage
from endcap.evaluate.gate.comparing import GROSS_LEVEL, SERVED_LEVEL, Loss, Pair, losses
from endcap.evaluate.gate.evidence import Asked, Evidence, Scored
from endcap.evaluate.gate.recoding import back, codes_in, recoded
from endcap.evaluate.gate.rules import Finding, Judge
from endcap.evaluate.metrics import CUT, Values, matched, measured_at
from endcap.evaluate.ranking import ranked

MAIN = f"NDCG@{CUT}"
"""What segments are compared by, and the bundle with its recipes."""
COLLAPSE = 0.5
"""What a replay looks for: a bundle that loses so much of what it should keep."""
Slots = Mapping[str, tuple[Retriever, str]]
"""Slots as somebody fills them, each with its task."""
Again = Callable[[int], tuple[Slots, Slots]]
"""From the number of a turn to our slots and theirs, fitted with other random choices."""


def against_served(
    evidence: Evidence, served: Slots, judge: Judge, rng: np.random.Generator, again: Again | None = None
) -> Iterator[Finding]:
    """Each slot against that of the same name of the served recipes, fitted before the same cut.

    Two fits of one recipe differ by more than the queries tell. So what would be refused is looked at again, with both
    sides fitted anew (`again`, by the number of the turn), and is refused only if the same loss is shown every time.
    """
    sides = {
        slot: (asked.scored(row), evidence.judged(Entry(slot, "slot", retriever, (task,)), task), asked)
        for slot, (retriever, task) in served.items()
        if (asked := evidence.asked.get(task)) is not None and (row := asked.row(slot, "slot")) is not None
    }
    pairs = [pair for slot, side in sides.items() for pair in _pairs(slot, *side, judge)]
    found = list(judged(pairs, SERVED_LEVEL, judge, rng))
    suspects = [pair for pair, finding in zip(pairs, found, strict=True) if finding.decided == "refused"]
    cleared: dict[str, Finding] = {}
    for turn in range(1, judge.settings.seeds):
        if not suspects or again is None:
            break
        fresh = list(_refitted(suspects, again(turn), evidence, judge))
        for finding in judged(fresh, SERVED_LEVEL, judge, rng):
            if finding.decided != "refused":
                cleared[finding.about] = finding
        suspects = [pair for pair in suspects if pair.about not in cleared]
    for finding in found:
        again_found = cleared.get(finding.about)
        if again_found is None:
            yield finding
        else:
            told = f"{finding.found}; fitted anew: {again_found.found}: two fits may differ so"
            yield judge.find("served", finding.about, told, finding.expected, ok=None)
    for slot, (mine, before, asked) in sides.items():
        yield _coverage(slot, (mine.lists, before.lists), asked.task.allowed, "the served one shows", judge)


def _refitted(
    suspects: Sequence[Pair], fitted: tuple[Slots, Slots], evidence: Evidence, judge: Judge
) -> Iterator[Pair]:
    """The same comparisons of two slots that were fitted anew."""
    wanted = {pair.about for pair in suspects}
    for slot in fitted[0].keys() & fitted[1].keys():
        if any(about.startswith(f"{slot}, ") for about in wanted):
            task = fitted[0][slot][1]
            ours, theirs = (evidence.judged(Entry(slot, "slot", side[slot][0], (task,)), task) for side in fitted)
            yield from (at for at in _pairs(slot, ours, theirs, evidence.asked[task], judge) if at.about in wanted)


def _pairs(slot: str, ours: Scored, theirs: Scored, asked: Asked, judge: Judge) -> Iterator[Pair]:
    """What is to be compared of two fillings of a slot: metrics, and the main one in segments."""
    units, margin = asked.task.units, judge.settings.margin
    for metric in judge.settings.metrics:
        if metric in ours.values and metric in theirs.values:
            yield Pair("served", f"{slot}, {metric}", units, ours.values[metric], theirs.values[metric], margin)
    for part in asked.parts:
        if part.startswith(tuple(f"{group}: " for group in judge.settings.segments)):
            yield Pair("served", f"{slot}, {part}", units, ours.segments[part], theirs.segments[part], margin)


def against_itself(
    evidence: Evidence, slots: Slots, models: Mapping[str, Retriever], catalog: Catalog,
    judge: Judge, rng: np.random.Generator,
) -> Iterator[Finding]:  # fmt: skip
    """Slots and models of the bundle, which know its catalog, against their recipes; and slots against baselines."""
    replay = _Replay(evidence, catalog, judge)
    pairs: list[Pair] = []
    coverages = []
    for slot, (retriever, task) in slots.items():
        asked = evidence.asked.get(task)
        row = None if asked is None else asked.row(slot, "slot")
        if asked is None or row is None:
            continue
        lists, values = replay.of(retriever, asked)
        pairs.append(replay.kept(slot, asked, row, values))
        pairs += replay.above_baselines(slot, asked, row, values)
        coverages.append(
            _coverage(slot, (lists, asked.lists[row, : len(lists)]), asked.task.allowed, "its recipes show", judge)
        )
    for name, model in models.items():
        best = _best(evidence, name)
        if best is not None:
            pairs.append(replay.kept(name, *best, replay.of(model, best[0])[1]))
    yield from judged(pairs, GROSS_LEVEL, judge, rng)
    yield from coverages


def judged(pairs: Sequence[Pair], level: float, judge: Judge, rng: np.random.Generator) -> Iterator[Finding]:
    """A finding for every pair, all tested together."""
    for loss in losses(pairs, level, rng):
        notice = COLLAPSE if loss.pair.rule == "replay" else judge.settings.notice
        said = loss.verdict(level, notice)
        ok = {"worse": False, "cannot tell": None, "not worse": True}[said]
        expected = f"no loss above {loss.pair.margin:.0%}"
        if loss.pair.rule == "replay":
            expected = f"at least {judge.settings.keeps:.0%} of {loss.reached / judge.settings.keeps:.4f}"
        yield judge.find(loss.pair.rule, loss.pair.about, _told(loss, said, notice), expected, ok)


@dataclass(frozen=True)
class _Replay:
    """Some of the queries of a back-test, put to the bundle itself."""

    evidence: Evidence
    catalog: Catalog
    judge: Judge

    @cached_property
    def _codes(self) -> Codes:
        return codes_in(self.evidence.catalog, self.catalog)

    @cached_property
    def _then(self) -> Catalog:
        """The bundle's catalog with what was on sale at the cut: it is not to blame for what has gone since."""
        known, there = self.evidence.catalog, self._codes >= 0
        if "available" not in known or "available" not in self.catalog:
            return self.catalog
        available = np.array(self.catalog["available"])
        available[self._codes[there]] = known["available"][there]
        return self.catalog.with_columns({"available": available})

    def of(self, retriever: Retriever, asked: Asked) -> tuple[Codes, Values]:
        """Its lists ``[n, 10]`` for the first queries of a task, which are in random order, and the NDCG of each."""
        first = np.arange(min(self.judge.settings.replay, len(asked.task.queries)))
        task = asked.question(self.evidence.catalog).take(first)
        lists = ranked(retriever, recoded(task, self._then, self._codes), CUT)
        lists = back(lists, self._codes, len(self.catalog))
        return lists, measured_at(matched(lists, task.relevant), CUT)["NDCG"]

    def kept(self, name: str, asked: Asked, row: int, values: Values) -> Pair:
        """What the bundle reaches, beside the share that it must keep of what its recipes reached."""
        before = self.judge.settings.keeps * asked.main(row)[: len(values)]
        return Pair("replay", f"{name}, {asked.task.title}", asked.task.units[: len(values)], values, before, 0.0)

    def above_baselines(self, slot: str, asked: Asked, row: int, values: Values) -> Iterator[Pair]:
        """What the recipes of a slot reach, and then what the bundle does, beside every baseline."""
        n, margin, units = len(values), self.judge.settings.margin, asked.task.units
        for name in self.judge.settings.baselines or ():
            base = asked.row(name, "baseline")
            if base is not None:
                theirs = asked.main(base)
                yield Pair("baselines", f"{slot} against {name}", units, asked.main(row), theirs, margin)
                yield Pair("baselines", f"{slot} of the bundle against {name}", units[:n], values, theirs[:n], margin)


def _best(evidence: Evidence, model: str) -> tuple[Asked, int] | None:
    """The task on which a model did best, since there a loss shows soonest; None if it was not judged."""
    rows = [
        (asked, row)
        for asked in evidence.asked.values()
        for kind in ("model", "baseline")
        if (row := asked.row(model, kind)) is not None and len(asked.task.queries)
    ]
    return max(rows, key=lambda place: float(np.nan_to_num(place[0].main(place[1])).mean()), default=None)


def _coverage(slot: str, lists: tuple[Codes, Codes], allowed: NDArray[np.bool_], whose: str, judge: Judge) -> Finding:
    ours, theirs = (coverage(side, allowed) for side in lists)
    expected = f"at least {judge.settings.keeps_coverage:.0%} of the {theirs:.1%} that {whose}"
    return judge.find(
        "coverage", slot, f"{ours:.1%} of the items", expected, ours >= judge.settings.keeps_coverage * theirs
    )


def _told(loss: Loss, said: str, notice: float) -> str:
    if np.isnan(loss.p):
        return "nothing was asked" if not loss.queries else "the other reaches nothing"
    span = f"{loss.mean:+.1%} (95 % interval {loss.low:+.1%} to {loss.high:+.1%}; p = {loss.corrected:.3f})"
    if said == "cannot tell":
        needed = f"needs about {max(loss.needs(notice), loss.queries + 1):,}"
        return f"{span}: cannot tell a {notice:.0%} loss with {loss.queries:,} queries; {needed}"
    return f"{span} on {loss.queries:,} queries"
