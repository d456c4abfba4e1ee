"""What the numbers say, in words."""

from endcap.evaluate.backtest import MAIN, BackTest, Judged, Score
from endcap.evaluate.compare import Difference
from endcap.evaluate.enough import MIN_UNITS, has_width, is_enough, too_few
from endcap.evaluate.metrics import CUT
from endcap.evaluate.segments import Segment

HIT = f"HitRate@{CUT}"
SPACE = "\N{NO-BREAK SPACE}"
OUTCOMES = {
    "same": ("cannot be told from it", "cannot be told from it"),
    "less": ("finds less", "find less"),
    "few": ("was asked too few queries to say", "were asked too few queries to say"),
}
"""Phrases for slots that do not beat their best baseline, in the singular and the plural."""
SAME = (0.95, 1.05)
"""Ratios between these count as equal."""
NAMED = 3
"""At most so many baselines are named in a sentence."""


def best(judged: Judged, *, baseline: bool) -> Score | None:
    """The best of the baselines, or of everything else; None if there is none."""
    return next((score for score in judged.scores if (score.kind == "baseline") == baseline), None)


def verdict(judged: Judged) -> str:
    """Who does best on a task, how often it succeeds, and whether it is really better than the baselines."""
    winner, baseline = best(judged, baseline=False), best(judged, baseline=True)
    title = f"On “{judged.task.title}”"
    if not len(judged.task.queries):
        return f"{title} nothing could be asked, so nothing was judged."
    if not judged.enough:
        return f"{title}: {too_few(len(judged.task.queries), judged.units)}."
    if winner is None or baseline is None:
        missing = "no model or slot" if winner is None else "no baseline"
        return f"{title} {missing} was judged, so there is nothing to compare."
    hit = HIT if winner.headline == MAIN else f"Family{HIT}"
    found = judged.comparisons[winner.name].reached[hit].mean
    success = judged.task.success.format(share=f"{100 * found:.1f}{SPACE}%")
    metric = winner.headline
    above = judged.comparisons[winner.name].above[baseline.name][metric]
    parts = _parts(judged, winner.name, baseline.name)
    return (
        f"{title}, {winner.name} {success} in its first ten{_times(judged, found, hit)}. "
        f"{_difference(above, baseline.name, metric)}{parts}"
    )


def _times(judged: Judged, found: float, hit: str) -> str:
    """How many times as often as the best baselines that find anything at all, or that they find more."""
    rates = {
        score.name: judged.comparisons[score.name].reached[hit].mean
        for score in judged.scores
        if score.kind == "baseline"
    }
    named = [(name, rate) for name, rate in rates.items() if rate > 0][:NAMED]
    less = [f"{name} ({100 * rate:.1f}{SPACE}%)" for name, rate in named if found / rate <= SAME[0]]
    words = [f"{_often(found / rate)} as {name}" for name, rate in named if found / rate > SAME[0]]
    words += [f"less often than {' and '.join(less)}"] * bool(less)
    return f", {' and '.join(words)}" if words else ""


def _often(ratio: float) -> str:
    return "about as often" if SAME[0] < ratio < SAME[1] else f"{ratio:.1f} times as often"


def _difference(above: Difference, baseline: str, metric: str) -> str:
    span = f"{spanned(above)}, {chance(above.corrected)}"
    if above.shown and above.mean > 0:
        return f"It beats the best baseline, {baseline}: its {metric} is {above.mean:.4f} higher ({span})."
    if above.shown:
        return f"It loses to the best baseline, {baseline}: its {metric} is {-above.mean:.4f} lower ({span})."
    return (
        f"That it is better than the best baseline, {baseline}, is not shown: "
        f"the difference in {metric} is {above.mean:+.4f} ({span})."
    )


def _parts(judged: Judged, winner: str, baseline: str) -> str:
    """On which segments the winner is worse than the baseline, if that is shown for any."""
    above = judged.within[winner].above[baseline] if judged.within else {}
    lost = [part.spoken for part in told_parts(judged) if above[part.key].shown and above[part.key].mean < 0]
    return f" It loses on: {', '.join(lost)}." if lost else ""


def told_parts(judged: Judged) -> list[Segment]:
    """The segments that enough users ask for to claim anything of them."""
    relevant, units = judged.task.relevant, judged.task.units
    return [part for part in judged.segments if is_enough(part.units(relevant, units))]


def spanned(above: Difference) -> str:
    """The interval of a difference in words; one without width says that every draw gave the same."""
    if not has_width(above):
        return "the same for every user"
    return f"95{SPACE}% interval {above.low:+.4f} to {above.high:+.4f}"


def headline(back_test: BackTest) -> str:
    """The result of a back-test in one sentence: how many slots find more than their best baseline.

    ``3 of 5 slots find more than their best baseline, 2 cannot be told from it``. Of a single slot, or where only
    models were judged: ``item/together finds the bought item in 18 % of 1,200 queries, 2.1 times as often as …``.
    """
    told = [judged for judged in back_test.judged if judged.enough and best(judged, baseline=False)]
    with_slots = [judged for judged in told if any(score.kind == "slot" for score in judged.scores)]
    if not told:
        asked = max((len(judged.task.queries) for judged in back_test.judged), default=0)
        return f"there is too little data to say how good anything is ({asked:,} queries at most; needs {MIN_UNITS})"
    if with_slots and len(outcomes := _outcomes(back_test)) > 1:
        return _counted(list(outcomes.values()))
    judged = (with_slots or told)[0]
    slots = [score for score in judged.scores if score.kind == "slot"]
    ours = (slots or [score for score in judged.scores if score.kind != "baseline"])[0]
    hit = HIT if ours.headline == MAIN else f"Family{HIT}"
    found = judged.comparisons[ours.name].reached[hit].mean
    said = f"{ours.name} finds what was wanted in {100 * found:.0f} % of {len(judged.task.queries):,} queries"
    return f"{said} ({judged.task.title}){_beside_baseline(judged, ours, found, hit)}"


def _outcomes(back_test: BackTest) -> dict[str, str]:
    """Return for each slot its outcome against the best baseline of its task: one of `OUTCOMES`."""
    found: dict[str, str] = {}
    for judged in back_test.judged:
        bar = best(judged, baseline=True)
        for score in judged.scores:
            if score.kind != "slot" or found.get(score.name, "few") != "few":
                continue
            if not judged.enough or bar is None:
                found[score.name] = "few"
                continue
            above = judged.comparisons[score.name].above[bar.name][score.headline]
            found[score.name] = "same" if not above.shown else "more" if above.mean > 0 else "less"
    return found


def _counted(outcomes: list[str]) -> str:
    """Return a sentence that counts the slots that do better than, as well as and worse than their baseline."""
    counts = {name: outcomes.count(name) for name in ("more", *OUTCOMES)}
    more, verb = counts["more"], "find more than their" if counts["more"] > 1 else "finds more than its"
    said = [f"{more or 'none'} of {len(outcomes)} slots {verb} best baseline"]
    said += [f"{counts[name]} {words[counts[name] > 1]}" for name, words in OUTCOMES.items() if counts[name]]
    return ", ".join(said)


def _beside_baseline(judged: Judged, ours: Score, found: float, hit: str) -> str:
    """How often that is, beside the best baseline; only what is shown is called more or less."""
    bar = best(judged, baseline=True)
    if bar is None:
        return ""
    above = judged.comparisons[ours.name].above[bar.name][ours.headline]
    base = judged.comparisons[bar.name].reached[hit].mean
    if not above.shown:
        return f", which cannot be told from the best baseline ({bar.name})"
    if above.mean > 0 and SAME[0] < found / max(base, 1e-12) < SAME[1]:
        return f", about as often as the best baseline ({bar.name}) and higher up in the list"
    ratio = f", {_often(found / base)} as the best baseline ({bar.name})" if base > 0 else f"; {bar.name} finds nothing"
    return ratio if above.mean > 0 else f"{ratio}: that baseline is better"


def chance(p: float) -> str:
    """A p in words: ``p = 0.012``, or ``p < 0.001``."""
    return f"p{SPACE}<{SPACE}0.001" if p < 0.001 else f"p{SPACE}={SPACE}{p:.3f}"
