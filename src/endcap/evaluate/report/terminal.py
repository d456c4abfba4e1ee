"""A report as tables for a terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from endcap.data.printing import row, words
from endcap.evaluate.backtest import MAIN, Judged, Score
from endcap.evaluate.compare import Interval
from endcap.evaluate.diagnosis.costs import Cost
from endcap.evaluate.diagnosis.residuals import Residual
from endcap.evaluate.diagnosis.told import Diagnosis, misses
from endcap.evaluate.enough import has_width, is_enough, rests_on, too_few
from endcap.evaluate.metrics import CUT
from endcap.evaluate.report.content import Report
from endcap.evaluate.tasks import Task
from endcap.evaluate.truth import CONFUSION
from endcap.evaluate.verdict import best, verdict

if TYPE_CHECKING:
    from rich.console import RenderableType


def terminal(report: Report) -> "RenderableType":
    """One table per task that enough was asked of, with its verdict and where its best row misses; then what rows cost.

    Tasks that could not be asked, or of too few, are one line each kind. The last line is the result, and where the
    page lies.
    """
    from rich.console import Group  # noqa: PLC0415 — a serving process has no use for it

    parts: list[RenderableType] = []
    for judged, found in zip(report.back_test.judged, report.residuals, strict=True):
        if judged.enough:
            parts += [_table(judged), words(verdict(judged), "italic")]
            parts += [words(f"misses most: {said}", "dim") for said in _worst(judged, found)]
            parts.append(words(""))
    parts += [words(said) for said in _unsaid(report.back_test.judged)]
    costs = [_costs(report.costs), words("")] if report.costs else []
    return Group(*parts, *costs, words(report.last_line))


def _unsaid(judged: Sequence[Judged]) -> list[str]:
    """The tasks of which nothing can be said: those that were asked too little, and those that were not asked."""
    few = [one for one in judged if len(one.task.queries) and not one.enough]
    none = [one.task.title for one in judged if not len(one.task.queries)]
    said = [f"{one.task.title.capitalize()}: {too_few(len(one.task.queries), one.units)}" for one in few]
    if none:
        said.append(f"Could not be asked, since nothing in the latest weeks allows it: {'; '.join(none)}")
    return [*said, ""] if said else []


def diagnosed(found: Diagnosis) -> "RenderableType":
    """The learning curves of a model as tables, and what they say."""
    from rich.console import Group  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    if not is_enough(found.units):
        return words(f"{found.model} on {found.task}: {too_few(found.queries, found.units)}")
    parts: list[RenderableType] = []
    for curve in found.curves:
        title = f"{found.model} over {curve.over}: {rests_on(found.queries, found.units)}"
        table = Table(title=words(title), title_justify="left", box=None, pad_edge=False)
        for column in (curve.over, "events", f"{MAIN} on what was seen", f"{MAIN} later", "95 % interval", "step"):
            table.add_column(column, justify="right")
        for point in curve.points:
            further = "" if point.further is None else f"{point.further.mean:+.4f}{'' if point.further.shown else ' ?'}"
            table.add_row(
                f"{point.at:.1%}" if curve.over == "sessions" else f"{point.at:.0f}", f"{point.learned_from:,}",
                f"{point.seen.mean:.4f}", f"{point.unseen.mean:.4f}",
                _span(point.unseen), further,
                style="bold" if point.at == curve.planned else "",
            )  # fmt: skip
        parts += [table, words("")]
    return Group(*parts, words(found.verdict.sentence, "italic"), words(f"({found.verdict.rule})", "dim"))


def bytes_said(count: int | None) -> str:
    """So many bytes, for people; a dash if nobody knows."""
    if count is None:
        return "–"
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000  # type: ignore[assignment]
    return f"{count:.1f} GB"


def _table(judged: Judged) -> "RenderableType":
    """A row for whoever answered anything, baselines dimmed; those who never did are named below."""
    from rich.console import Group  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    silent = [score.name for score in judged.scores if score.empty == len(judged.task.queries)]
    empties = any(0 < score.empty < len(judged.task.queries) for score in judged.scores)
    title = f"{judged.task.title.capitalize()}: {rests_on(len(judged.task.queries), judged.units)}"
    table = Table(title=words(title), title_justify="left", box=None, pad_edge=False)
    table.add_column("", overflow="fold")
    for column in (MAIN, "95 % interval", *_shares(judged.task), "coverage", *(["empty"] if empties else [])):
        table.add_column(column, justify="right", no_wrap=True)
    for place, score in enumerate(judged.scores):
        if score.name not in silent:
            cells = _cells(score, judged.comparisons[score.name].reached, _shares(judged.task))
            style = "bold" if place == 0 else "dim" if score.kind == "baseline" else ""
            table.add_row(*row(*cells[: len(table.columns)]), style=style)
    return Group(table, words(f"no answer from: {', '.join(silent)}", "dim")) if silent else table


def _worst(judged: Judged, found: Mapping[str, tuple[Residual, ...]]) -> list[str]:
    winner = best(judged, baseline=False)
    if winner is None or winner.name not in found:
        return []
    said: list[str] = misses(found[winner.name])["worst"]
    return [f"{winner.name}, {sentence}" for sentence in said[:2]]


def _shares(task: Task) -> list[str]:
    """The metrics that a terminal has room for: where the truth is known, how much of a list is right, and confused."""
    return [f"HitRate@{CUT}"] if task.confusable is None else [f"Precision@{CUT}", CONFUSION]


def _cells(score: Score, reached: Mapping[str, Interval], shares: Sequence[str]) -> list[str]:
    main = reached[MAIN]
    return [
        score.name, f"{main.mean:.4f}", _span(main),
        *(f"{reached[share].mean:.4f}" for share in shares),
        f"{score.coverage:.1%}", f"{score.empty:,}",
    ]  # fmt: skip


def _span(at: Interval) -> str:
    """The ends of an interval; a dash for one without width, which would claim what nobody can know."""
    return f"{at.low:.4f} – {at.high:.4f}" if has_width(at) else "–"


def _costs(costs: Sequence[Cost]) -> "RenderableType":
    from rich.table import Table  # noqa: PLC0415

    table = Table(title="Costs", title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    for column in ("fit", "in memory", "on disk", "one query", "of many"):
        table.add_column(column, justify="right")
    for cost in costs:
        table.add_row(
            words(cost.name),
            "–" if cost.fit is None else f"{cost.fit:.2f} s",
            bytes_said(cost.memory),
            bytes_said(cost.disk),
            *("–" if took is None else f"{1000 * took:.3f} ms" for took in (cost.single, cost.batch)),
        )
    return table
