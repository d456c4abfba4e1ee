"""One sentence for each task. It claims only what `Difference.shown` shows."""

from collections.abc import Mapping

from endcap.evaluate.backtest import Judged
from endcap.evaluate.compare import Difference
from endcap.evaluate.enough import has_width, too_few
from endcap.evaluate.verdict import SPACE, best, told_parts


def summary(judged: Judged) -> str:
    """Which row does best, by how much more than the best baseline, and on which parts of the task it wins and loses.

    ``Prod2Vec beats Jaccard by 4.1 % NDCG@10, 95 % interval 2.9 to 5.3; loses on new items.`` Shares are those of what
    the baseline reaches. Of a slot that shows one item of each family, families are counted on both sides.
    """
    winner, baseline = best(judged, baseline=False), best(judged, baseline=True)
    if not len(judged.task.queries) or winner is None or baseline is None:
        return f"On {judged.task.title}: there was nothing to compare."
    if not judged.enough:
        return f"On {judged.task.title}: {too_few(len(judged.task.queries), judged.units)}."
    metric = winner.headline
    above = judged.comparisons[winner.name].above[baseline.name][metric]
    by = _by(above, judged.comparisons[baseline.name].reached[metric].mean, metric)
    parts = judged.within[winner.name].above[baseline.name] if judged.within else {}
    names = (f"On {judged.task.title}, {winner.name}", baseline.name)
    if not above.wins and not above.losses:
        return f"{names[0]} and {names[1]} do equally well on every query."
    if not above.shown:
        ahead, behind = _named(judged, parts, 1), _named(judged, parts, -1)
        apart = "; ".join([f"it wins on {ahead}"] * bool(ahead) + [f"loses on {behind}"] * bool(behind))
        return f"{names[0]} and {names[1]} cannot be told apart: {by}{f'; {apart}' if apart else ''}."
    side = 1 if above.mean > 0 else -1
    verb, other = ("beats", "loses on") if side > 0 else ("loses to", "wins on")
    against = _named(judged, parts, -side)
    return f"{names[0]} {verb} {names[1]} by {by}{f'; {other} {against}' if against else ''}."


def _by(above: Difference, base: float, metric: str) -> str:
    """How far two rows lie apart, in per cent of the second, or as it is where that reached nothing."""
    side = -1.0 if above.shown and above.mean < 0 else 1.0
    low, high = sorted((side * above.low, side * above.high))
    width = has_width(above)
    if base <= 0:
        span = f"95{SPACE}% interval {low:.4f} to {high:.4f}" if width else "the same for every user"
        return f"{side * above.mean:.4f} {metric}, {span}"
    share, least, most = (100 * value / base for value in (side * above.mean, low, high))
    span = f"95{SPACE}% interval {least:.1f} to {most:.1f}" if width else "the same for every user"
    return f"{share:.1f}{SPACE}% {metric}, {span}"


def _named(judged: Judged, parts: Mapping[str, Difference], side: int) -> str:
    """The parts on which the difference is shown and has this sign."""
    at = [(part, parts[part.key]) for part in told_parts(judged) if part.key in parts]
    return ", ".join(part.spoken for part, above in at if above.shown and side * above.mean > 0)
