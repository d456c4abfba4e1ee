"""The report of a back-test: as JSON, in the terminal, and as one page that needs no network."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from endcap.core.arrays import Array
from endcap.core.catalog import Catalog
from endcap.core.dataset import Dataset
from endcap.data.pages import rendered
from endcap.evaluate.backtest import MAIN, BackTest, Judged, Score
from endcap.evaluate.beyond import BEYOND
from endcap.evaluate.compare import Comparison, Difference, Interval
from endcap.evaluate.metrics import CUT
from endcap.evaluate.segments import Segment
from endcap.evaluate.tasks import Task
from endcap.evaluate.truth import CONFUSION
from endcap.evaluate.verdict import best, verdict

if TYPE_CHECKING:
    from rich.console import RenderableType

FORMAT = 1
"""Version of the JSON shape."""
SHOWN = 5
"""How many items of a list an example shows."""
EXAMPLES = 4
"""How many queries are shown that nobody chose …"""
EXTREMES = 2
"""… and how many on either side on which two rows differ most."""
COLUMNS = ("NDCG", "Recall", "HitRate", "MRR", "MAP", "Precision")
"""What the first table of the page has room for; the file has all."""


@dataclass(frozen=True)
class Report:
    """A back-test and what it came from."""

    shop: str
    back_test: BackTest
    ledger: Sequence[Mapping[str, object]]
    """What preparation did: ``{"step", "dropped", "changed", "left", "why"}`` per step."""
    settings: str
    """The configuration, as TOML."""
    versions: Mapping[str, str]
    """Of everything that could change a number."""
    fingerprint: str
    """Names the data, steps and settings."""

    def to_json(self) -> dict[str, Any]:
        """The report in plain values; the shape stays within one `format`.

        ::

            {"format": 1, "shop", "verdict", "fingerprint", "settings", "versions": {name: version},
             "split": {"cut": date, "train": sizes, "test": sizes},
             "tasks": [{"name", "title", "description", "verdict", "queries", "possible", "units", "rankable",
                        "left_out": {reason: count},
                        "rows": [{"name", "kind": "model" | "slot" | "baseline", "metrics": {"NDCG@10": interval, …},
                                  "above": {baseline: {"NDCG@10": interval, …}},
                                  "tests": {baseline: {"NDCG@10": test, …}},
                                  "coverage", "user_coverage", "gini", "empty", "seconds_per_1000"}],   the best first
                        "segments": [{"group", "name", "queries", "rows": [{"name", "reached": interval,
                                      "above": {baseline: interval}, "tests": {baseline: test}}]}],
                        "examples": [{"given": [title], "more", "wanted": [title], "wanted_more",
                                      "lists": [{"name", "items": [{"title", "right"}]}]}],
                        "extremes": examples on which the best row and the best baseline differ most}],
             "preparation": [{"step", "dropped", "changed", "left", "why"}]}

        Sizes are ``{"events", "orders", "users", "items", "from", "to"}``; an interval is ``[mean, low, high]``,
        or null if nothing could be counted; a test is ``{"p", "corrected", "wins", "losses"}``: of a paired
        randomisation test, the same after Holm, and on how many queries the row did better and worse than the baseline.
        """
        tasks = [_task(judged, self.back_test.split.train.catalog) for judged in self.back_test.judged]
        split = self.back_test.split
        return {
            "format": FORMAT,
            "shop": self.shop,
            "verdict": tasks[0]["verdict"] if tasks else "Nothing was judged.",
            "fingerprint": self.fingerprint,
            "split": {"cut": _date(split.cut), "train": _sizes(split.train), "test": _sizes(split.test)},
            "tasks": tasks,
            "preparation": [dict(line) for line in self.ledger],
            "settings": self.settings,
            "versions": dict(self.versions),
        }


def html(report: Report, echarts: str) -> str:
    """The report as one page, complete in itself; `echarts` is the text of the minified ECharts script."""
    templates = files("endcap.evaluate") / "templates"
    columns = [f"{name}@{CUT}" for name in COLUMNS]
    other = {f"{name}@{CUT}": says for name, says in BEYOND.items()}
    return rendered(
        "report.html.j2", templates, echarts, report=report.to_json(), columns=columns, other=other, main=MAIN
    )


def terminal(report: Report) -> "RenderableType":
    """The report as tables for a terminal, one per task, each with its verdict."""
    from rich.console import Group  # noqa: PLC0415 — a serving process has no use for it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    parts: list[RenderableType] = []
    for judged in report.back_test.judged:
        table = Table(title=judged.task.title.capitalize(), title_justify="left", box=None, pad_edge=False)
        table.add_column("")
        for column in ("kind", MAIN, "95 % interval", *_shares(judged.task), "coverage", "empty"):
            table.add_column(column, justify="left" if column == "kind" else "right")
        for place, score in enumerate(judged.scores):
            reached = judged.comparisons[score.name].reached
            table.add_row(*_cells(score, reached, _shares(judged.task)), style="bold" if place == 0 else "")
        parts += [table, Text(verdict(judged), style="italic"), Text()]
    return Group(*parts)


def _shares(task: Task) -> list[str]:
    """The metrics that a terminal has room for: where the truth is known, how much of a list is right, and confused."""
    return [f"Recall@{CUT}", f"HitRate@{CUT}"] if task.confusable is None else [f"Precision@{CUT}", CONFUSION]


def _cells(score: Score, reached: Mapping[str, Interval], shares: Sequence[str]) -> list[str]:
    main = reached[MAIN]
    return [
        score.name, score.kind, f"{main.mean:.4f}", f"{main.low:.4f} – {main.high:.4f}",
        *(f"{reached[share].mean:.4f}" for share in shares),
        f"{score.coverage:.1%}", f"{score.empty:,}",
    ]  # fmt: skip


def _task(judged: Judged, catalog: Catalog) -> dict[str, Any]:
    task = judged.task
    return {
        "name": task.name,
        "title": task.title,
        "description": task.description,
        "verdict": verdict(judged),
        "queries": len(task.queries),
        "possible": task.possible,
        "units": len(set(task.units.tolist())),
        "rankable": int(task.allowed.sum()),
        "left_out": dict(task.left_out),
        "rows": [_row(score, judged.comparisons[score.name]) for score in judged.scores],
        "segments": [_segment(judged, part) for part in judged.segments],
        "examples": _examples(judged, catalog, range(min(EXAMPLES, len(task.queries)))),
        "extremes": _examples(judged, catalog, _extremes(judged)),
    }


def _row(score: Score, comparison: Comparison) -> dict[str, Any]:
    return {
        "name": score.name,
        "kind": score.kind,
        "metrics": _intervals(comparison.reached),
        "above": {baseline: _intervals(above) for baseline, above in comparison.above.items()},
        "tests": {
            baseline: {metric: _test(difference) for metric, difference in above.items()}
            for baseline, above in comparison.above.items()
        },
        "coverage": score.coverage,
        "user_coverage": score.user_coverage,
        "gini": score.gini,
        "empty": score.empty,
        "seconds_per_1000": round(score.seconds, 4),
    }


def _segment(judged: Judged, part: Segment) -> dict[str, Any]:
    return {
        "group": part.group,
        "name": part.name,
        "queries": part.asked(judged.task.relevant),
        "rows": [
            {
                "name": score.name,
                "reached": _interval(judged.within[score.name].reached[part.key]),
                "above": {base: _interval(at[part.key]) for base, at in judged.within[score.name].above.items()},
                "tests": {base: _test(at[part.key]) for base, at in judged.within[score.name].above.items()},
            }
            for score in judged.scores
        ],
    }


def _test(difference: Difference) -> dict[str, float | int] | None:
    if isnan(difference.p):
        return None
    counts = {"wins": difference.wins, "losses": difference.losses}
    return {"p": round(difference.p, 6), "corrected": round(difference.corrected, 6)} | counts


def _intervals(intervals: Mapping[str, Interval]) -> dict[str, list[float] | None]:
    return {metric: _interval(at) for metric, at in intervals.items()}


def _interval(at: Interval) -> list[float] | None:
    return None if isnan(at.mean) else [round(value, 6) for value in (at.mean, at.low, at.high)]


def _extremes(judged: Judged) -> list[int]:
    """The queries on which the best row is ahead of the best baseline by most, and those on which it lies behind."""
    winner, baseline = best(judged, baseline=False), best(judged, baseline=True)
    if winner is None or baseline is None:
        return []
    difference = np.nan_to_num(winner.values[MAIN] - baseline.values[MAIN])
    order = np.argsort(-difference, kind="stable")
    ahead, behind = order[:EXTREMES], order[::-1][:EXTREMES]
    return [*ahead[difference[ahead] > 0].tolist(), *behind[difference[behind] < 0].tolist()]


def _examples(judged: Judged, catalog: Catalog, rows: Iterable[int]) -> list[dict[str, Any]]:
    """The given queries, and what the best row and the best baseline gave for each."""
    chosen = [score for score in (best(judged, baseline=False), best(judged, baseline=True)) if score is not None]
    task, examples = judged.task, []
    for row in rows if chosen else ():
        query, wanted = task.queries[row], task.relevant[row]
        given = query.seeds if len(query.context) else query.seeds[::-1]
        lists = [(score.name, score.lists[row, :SHOWN]) for score in chosen]
        examples.append({
            "given": _titles(given[:SHOWN], catalog),
            "more": max(len(given) - SHOWN, 0),
            "wanted": _titles(wanted[:SHOWN], catalog),
            "wanted_more": max(len(wanted) - SHOWN, 0),
            "lists": [{"name": name, "items": _named(items, wanted, catalog)} for name, items in lists],
        })  # fmt: skip
    return examples


def _named(items: Array, wanted: Array, catalog: Catalog) -> list[dict[str, Any]]:
    items = items[items >= 0]
    right = [item in wanted for item in items]
    return [{"title": title, "right": ok} for title, ok in zip(_titles(items, catalog), right, strict=True)]


def _titles(items: Array, catalog: Catalog) -> list[str]:
    names = catalog.text("title") if "title" in catalog else catalog.items.ids
    return [names[item] for item in items.tolist()]


def _sizes(data: Dataset) -> dict[str, Any]:
    events = data.events
    return {
        "events": len(events),
        "orders": len(data.baskets),
        "users": len(set(events.user[events.user >= 0].tolist())),
        "items": len(set(events.item.tolist())),
        "from": _date(float(events.time.min())),
        "to": _date(float(events.time.max())),
    }


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
