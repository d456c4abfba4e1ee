"""What the numbers say, in words."""

from endcap.evaluate.backtest import Judged, Score
from endcap.evaluate.compare import Interval
from endcap.evaluate.metrics import CUT

MAIN = f"NDCG@{CUT}"
"""The metric that decides."""
HIT = f"HitRate@{CUT}"
SPACE = "\N{NO-BREAK SPACE}"


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
    found = judged.comparisons[winner.name].reached[HIT].mean
    success = judged.task.success.format(share=f"{100 * found:.1f}{SPACE}%")
    return f"{title}, {winner.name} {success} in its first ten{_times(judged, found)}. " + _difference(
        judged.comparisons[winner.name].above[baseline.name][MAIN], baseline.name
    )


def _times(judged: Judged, found: float) -> str:
    """How many times as often as each baseline that finds anything at all."""
    rates = {
        score.name: judged.comparisons[score.name].reached[HIT].mean
        for score in judged.scores
        if score.kind == "baseline"
    }
    words = [f"{_often(found / rate)} as {name}" for name, rate in rates.items() if rate > 0]
    return f", {' and '.join(words)}" if words else ""


def _often(ratio: float) -> str:
    return "about as often" if 0.95 < ratio < 1.05 else f"{ratio:.1f} times as often"


def _difference(above: Interval, baseline: str) -> str:
    span = f"95{SPACE}% interval {above.low:+.4f} to {above.high:+.4f}"
    if above.low > 0:
        return f"It beats the best baseline, {baseline}: its {MAIN} is {above.mean:.4f} higher ({span})."
    if above.high < 0:
        return f"It loses to the best baseline, {baseline}: its {MAIN} is {-above.mean:.4f} lower ({span})."
    return (
        f"That it is better than the best baseline, {baseline}, is not shown: "
        f"the difference in {MAIN} is {above.mean:+.4f} ({span})."
    )
