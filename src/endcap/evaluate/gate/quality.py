"""Is it as good? Slots against those that are served and against baselines, and the bundle against its own recipes.

Recipes are compared by back-test: both fitted on the time before the cut, both asked the same questions of the time
after it. That says which recipe is better, and nothing of the bundle itself, which was fitted on everything. So the
bundle is asked some of these questions too. It has seen their answers, hence can only look better than its recipes did;
if it looks worse, it is not what those recipes give: damaged, misaligned, or fitted on something else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes
from endcap.core.catalog import Catalog
from endcap.core.query import Retriever
from endcap.evaluate.backtest import MAIN, Entry
from endcap.evaluate.beyond import coverage
from endcap.evaluate.families import families, family_values
from endcap.evaluate.gate.comparing import GROSS_LEVEL, SERVED_LEVEL, Loss, Pair, losses
from endcap.evaluate.gate.evidence import Asked, Evidence, Scored
from endcap.evaluate.gate.recoding import back, codes_in, recoded
from endcap.evaluate.gate.rules import Finding, Judge
from endcap.evaluate.metrics import CUT, Values, matched, measured_at
from endcap.evaluate.ranking import ranked

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
            brief = "it looked worse, but not when it was fitted anew; nothing to do"
            yield replace(judge.find("served", finding.about, told, finding.expected, ok=None), brief=brief)
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
    """Slots and models of the bundle, which know its catalog, against their recipes; and slots against baselines.

    What the judge calls `moving` answers otherwise every week, as what is new or of the last days: the bundle's answers
    are not those of the time of the queries, so only the recipes are compared.
    """
    replay = _Replay(evidence, catalog, judge)
    pairs: list[Pair] = []
    coverages = []
    for slot, (retriever, task) in slots.items():
        asked = evidence.asked.get(task)
        row = None if asked is None else asked.row(slot, "slot")
        if asked is None or row is None:
            continue
        pairs += replay.recipes_above_baselines(slot, asked, row)
        if slot in judge.moving:
            continue
        lists, values = replay.of(retriever, asked)
        pairs.append(replay.kept(slot, asked, row, values))
        pairs += replay.above_baselines(slot, asked, row, lists)
        coverages.append(
            _coverage(slot, (lists, asked.lists[row, : len(lists)]), asked.task.allowed, "its recipes show", judge)
        )
    for name, model in models.items():
        best = None if name in judge.moving else _best(evidence, name)
        if best is not None:
            pairs.append(replay.kept(name, *best, replay.of(model, best[0])[1]))
    yield from _closest(judged(pairs, GROSS_LEVEL, judge, rng, worse_only=True))
    yield from coverages
    for name in sorted(judge.moving & {*slots, *models}):
        found = "looks at the last days only, and so answers otherwise every week; only its recipe was compared"
        yield judge.find("replay", name, found, "the same answers, where time does not matter", ok=True)


def _closest(found: Iterable[Finding]) -> Iterator[Finding]:
    """Of a slot and all baselines that it is not refused for, only the one that comes closest to it."""
    slots: dict[str, list[Finding]] = {}
    for at in found:
        if at.rule == "baselines":
            slots.setdefault(at.about.removesuffix(f" against {at.other}"), []).append(at)
        else:
            yield at
    for compared in slots.values():
        refusing = [at for at in compared if at.decided == "refused"]
        if refusing:
            yield from refusing
            continue
        unsure = [at for at in compared if at.decided == "warned"]
        closest = min(unsure or compared, key=lambda at: np.nan_to_num(at.gain, nan=np.inf))
        at_all = not np.isnan(closest.gain)
        others = f"; of {len(compared)} baselines this one comes closest" if len(compared) > 1 and at_all else ""
        yield replace(closest, found=closest.found + others)


def judged(
    pairs: Sequence[Pair], level: float, judge: Judge, rng: np.random.Generator, *, worse_only: bool = False
) -> Iterator[Finding]:
    """A finding for every pair, all tested together, as `endcap.evaluate.gate.comparing.losses` does."""
    for loss in losses(pairs, level, rng, worse_only=worse_only):
        notice = COLLAPSE if loss.pair.rule == "replay" else judge.settings.notice
        said = loss.verdict(level, notice)
        ok = {"worse": False, "cannot tell": None, "not worse": True}[said]
        expected = f"no loss above {loss.pair.margin:.0%}"
        if loss.pair.rule == "replay":
            expected = f"at least {judge.settings.keeps:.0%} of {loss.reached / judge.settings.keeps:.4f}"
        found = judge.find(loss.pair.rule, loss.pair.about, _told(loss, said, notice), expected, ok)
        compared = {name: getattr(loss.pair, name) for name in ("slot", "other", "metric")}
        yield replace(found, **compared, gain=loss.mean, reached=loss.reached, brief=_brief(loss, said, notice))


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

    def recipes_above_baselines(self, slot: str, asked: Asked, row: int) -> Iterator[Pair]:
        """What the recipes of a slot reach beside every baseline, by the metric that the report tells of the slot."""
        metric, units = asked.headline(row), asked.task.units
        ours = asked.main(row, metric)
        for name, base in self._baselines(asked):
            about, theirs = f"{slot} against {name}", asked.main(base, metric)
            yield Pair("baselines", about, units, ours, theirs, self.judge.settings.margin, slot, name, metric)

    def above_baselines(self, slot: str, asked: Asked, row: int, lists: Codes) -> Iterator[Pair]:
        """What the lists of the bundle reach beside every baseline."""
        n, metric = len(lists), asked.headline(row)
        ours, units = self._reached(lists, asked, metric), asked.task.units[:n]
        for name, base in self._baselines(asked):
            about, theirs = f"{slot} as it will be served against {name}", asked.main(base, metric)[:n]
            yield Pair("baselines", about, units, ours, theirs, self.judge.settings.margin, slot, name, metric)

    def _baselines(self, asked: Asked) -> Iterator[tuple[str, int]]:
        """The names and rows of the baselines that slots are compared with: all, or those that the settings name."""
        named = self.judge.settings.baselines
        for row, (name, kind) in enumerate(zip(asked.rows, asked.kinds, strict=True)):
            if kind == "baseline" and (named is None or name in named):
                yield name, row

    def _reached(self, lists: Codes, asked: Asked, metric: str) -> Values:
        relevant = asked.task.relevant.take(np.arange(len(lists)))
        stands = families(self.evidence.catalog)
        if metric != MAIN and stands is not None:
            return family_values(lists, relevant, stands)[metric]
        return measured_at(matched(lists, relevant), CUT)["NDCG"]


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


def _brief(loss: Loss, said: str, notice: float) -> str:
    """The same in a few words, where nobody can tell."""
    if said != "cannot tell" or np.isnan(loss.p):
        return ""
    needed = max(loss.needs(notice), loss.queries + 1)
    return f"too few queries ({loss.queries:,} of about {needed:,}) to tell a {notice:.0%} loss; nothing to do"
