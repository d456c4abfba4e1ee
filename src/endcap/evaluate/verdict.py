"""What the numbers say, in words."""

from endcap.evaluate.backtest import MAIN, Judged, Score
from endcap.evaluate.compare import Difference
from endcap.evaluate.metrics import CUT

HIT = f"HitRate@{CUT}"
SPACE = "\N{NO-BREAK SPACE}"
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
    """How many times as often as the best baselines that find anything at all."""
    rates = {
        score.name: judged.comparisons[score.name].reached[hit].mean
        for score in judged.scores
        if score.kind == "baseline"
    }
    words = [f"{_often(found / rate)} as {name}" for name, rate in rates.items() if rate > 0][:NAMED]
    return f", {' and '.join(words)}" if words else ""


def _often(ratio: float) -> str:
    return "about as often" if 0.95 < ratio < 1.05 else f"{ratio:.1f} times as often"


def _difference(above: Difference, baseline: str, metric: str) -> str:
    span = f"95{SPACE}% interval {above.low:+.4f} to {above.high:+.4f}, {chance(above.corrected)}"
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
    lost = [part.name for part in judged.segments if above[part.key].shown and above[part.key].mean < 0]
    return f" It loses on: {', '.join(lost)}." if lost else ""


def chance(p: float) -> str:
    """A p in words: ``p = 0.012``, or ``p < 0.001``."""
    return f"p{SPACE}<{SPACE}0.001" if p < 0.001 else f"p{SPACE}={SPACE}{p:.3f}"
