"""What was found, as plain values for JSON; the shape stands in `endcap.evaluate.report.Report.to_json`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isnan
from typing import Any

from endcap.core.dataset import Dataset
from endcap.data.splits import Split
from endcap.evaluate.backtest import MAIN, Judged, Score
from endcap.evaluate.compare import Comparison, Difference, Interval
from endcap.evaluate.enough import is_enough
from endcap.evaluate.metrics import CUT
from endcap.evaluate.protocols import Pooled, Protocol
from endcap.evaluate.segments import Segment
from endcap.evaluate.truth import CONFUSION
from endcap.evaluate.verdict import best, verdict

HELD = (
    *(f"{name}@{CUT}" for name in ("NDCG", "Recall", "HitRate", "MRR", "MAP", "Precision")),
    *(f"{worth}NDCG@{CUT}" for worth in ("Revenue", "Margin", "Family")),
    CONFUSION,
)
"""The metrics for which rows are held against baselines in the file; all of them against all would be megabytes."""


def interval(at: Interval) -> list[float] | None:
    """``[mean, low, high]``; None if nothing could be counted."""
    return None if isnan(at.mean) else [round(value, 6) for value in (at.mean, at.low, at.high)]


def intervals(at: Mapping[str, Interval]) -> dict[str, list[float] | None]:
    """An interval for each metric."""
    return {metric: interval(one) for metric, one in at.items()}


def test(difference: Difference) -> dict[str, float | int] | None:
    """``{"p", "corrected", "wins", "losses"}``; None if nothing could be counted."""
    if isnan(difference.p):
        return None
    counts = {"wins": difference.wins, "losses": difference.losses}
    return {"p": round(difference.p, 6), "corrected": round(difference.corrected, 6)} | counts


def compared(comparison: Comparison, *, briefly: bool = False) -> dict[str, Any]:
    """``{"metrics", "above", "tests"}``, the last two by baseline and for the metrics of `HELD` only.

    Briefly: only these metrics, and only the main one against baselines.
    """
    kept = (MAIN,) if briefly else HELD
    held = {
        base: {metric: at for metric, at in above.items() if metric in kept} for base, above in comparison.above.items()
    }
    reached = {metric: at for metric, at in comparison.reached.items() if metric in HELD or not briefly}
    return {
        "metrics": intervals(reached),
        "above": {base: intervals(above) for base, above in held.items()},
        "tests": {base: {metric: test(at) for metric, at in above.items()} for base, above in held.items()},
    }


def row(score: Score, comparison: Comparison, *, briefly: bool = False) -> dict[str, Any]:
    """One thing that was judged on one task; briefly, as `compared` says it."""
    return {
        "name": score.name,
        "kind": score.kind,
        **compared(comparison, briefly=briefly),
        "coverage": score.coverage,
        "user_coverage": score.user_coverage,
        "gini": score.gini,
        "empty": score.empty,
        "seconds_per_1000": round(score.seconds, 4),
    }


def segment(judged: Judged, part: Segment) -> dict[str, Any]:
    """Everything that was judged, on one part of a task, held against the best baseline of the whole task."""
    bar, rows = best(judged, baseline=True), []
    for score in judged.scores:
        within = judged.within[score.name]
        above = {bar.name: within.above[bar.name][part.key]} if bar and bar.name in within.above else {}
        rows.append({
            "name": score.name,
            "reached": interval(within.reached[part.key]),
            "above": {base: interval(at) for base, at in above.items()},
            "tests": {base: test(at) for base, at in above.items()},
        })  # fmt: skip
    units = part.units(judged.task.relevant, judged.task.units)
    return {
        "group": part.group, "name": part.name, "queries": part.asked(judged.task.relevant), "units": units,
        "enough": is_enough(units), "rows": rows,
    }  # fmt: skip


def asked(judged: Judged, *, briefly: bool = False) -> dict[str, Any]:
    """What a task asked, how much of it, and what came of it; without examples. Briefly, as `compared` says it."""
    task = judged.task
    return {
        "name": task.name,
        "title": task.title,
        "description": task.description,
        "verdict": verdict(judged),
        "queries": len(task.queries),
        "possible": task.possible,
        "units": judged.units,
        "enough": judged.enough,
        "rankable": int(task.allowed.sum()),
        "left_out": dict(task.left_out),
        "repeats": task.repeats,
        "rows": [row(score, judged.comparisons[score.name], briefly=briefly) for score in judged.scores],
    }


def seen(judged: Judged) -> dict[str, Any]:
    """``{"repeats", "twin"}``: what becomes of items that a visitor had before, and how it goes the other way."""
    return {"repeats": judged.task.repeats, "twin": None if judged.twin is None else asked(judged.twin, briefly=True)}


def protocol(protocol: Protocol) -> dict[str, Any]:
    """A way to judge, each of its splits, and what they say together."""
    return {
        "name": protocol.name,
        "title": protocol.title,
        "description": protocol.description,
        "sittings": [
            {
                "name": sitting.name,
                "split": split(sitting.back_test.split),
                "tasks": [
                    asked(judged, briefly=True)
                    | seen(judged)
                    | {"segments": [segment(judged, part) for part in judged.segments]}
                    for judged in sitting.back_test.judged
                ],
            }
            for sitting in protocol.sittings
        ],
        "pooled": [_pooled(pooled) for pooled in protocol.pooled],
    }


def split(split: Split) -> dict[str, Any]:
    """When it was cut, and how much lies on either side."""
    return {"cut": date(split.cut), "train": sizes(split.train), "test": sizes(split.test)}


def sizes(data: Dataset) -> dict[str, Any]:
    """How much there is, and from when to when; without dates if there is nothing."""
    events = data.events
    first, last = (date(float(at(events.time))) if len(events) else None for at in (min, max))
    return {
        "events": len(events),
        "orders": len(data.baskets),
        "users": len(set(events.user[events.user >= 0].tolist())),
        "items": len(set(events.item.tolist())),
        "from": first,
        "to": last,
    }


def date(seconds: float) -> str:
    """A moment, for people."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _pooled(pooled: Pooled) -> dict[str, Any]:
    return {
        "name": pooled.name,
        "title": pooled.title,
        "queries": pooled.queries,
        "units": pooled.units,
        "enough": is_enough(pooled.units),
        "windows": pooled.windows,
        "rows": [
            {
                "name": name,
                "kind": pooled.kinds[name],
                **compared(comparison, briefly=True),
                "windows": [None if isnan(mean) else round(mean, 6) for mean in pooled.by_window[name]],
                "over_windows": interval(pooled.over_windows[name]),
                "above_over_windows": {base: interval(at) for base, at in pooled.above_over_windows[name].items()},
            }
            for name, comparison in pooled.comparisons.items()
        ],
    }
