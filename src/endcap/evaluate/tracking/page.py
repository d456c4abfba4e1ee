"""Runs on one page that needs no network, and as lines for a terminal."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from endcap.data.pages import rendered
from endcap.data.printing import row, words
from endcap.evaluate.enough import is_enough, too_few
from endcap.evaluate.tracking.differences import Compared, differences, facts_of
from endcap.evaluate.tracking.runs import Metric, Run, date

if TYPE_CHECKING:
    from rich.console import RenderableType

COLOURS = {"done": "green", "running": "blue", "failed": "bold red", "interrupted": "bold yellow"}
WHOLE = {"", "job", "when (UTC)", "seconds", "value", "interval", "data"}
"""Columns that are never broken into lines."""
SHORT = 10
"""So many characters of a fingerprint tell it from the others."""


def trends(runs: Sequence[Run]) -> dict[str, Any]:
    """Every metric over the runs, oldest first.

    ::

        {"runs": [{"id", "job", "started", "seconds", "state", "data", "subject", "changed": [place or name]}],
         "main": name of the metric to show first,
         "tasks": [{"name", "metrics": [name], "of": [{"name", "kind", "metrics": {name: [[run, value, low, high]]}}]}],
         "jobs": {job: [[run, seconds]]}}

    `changed` says what is another than in the run of that job before: settings, data, versions. An interval of a
    metric without one is null. Of metrics at several cuts, those at the cut of the headlines are in it.
    """
    runs = sorted(runs, key=lambda run: run.id)
    headlines = Counter(run.headline.name for run in runs if run.headline and run.headline.task)
    main = headlines.most_common(1)[0][0] if headlines else ""
    names = dict.fromkeys(metric.task for run in runs for metric in run.metrics if metric.task)
    ended = [run for run in runs if run.seconds is not None]
    return {
        "runs": list(_lines(runs)),
        "main": main,
        "tasks": [_task(name, main.partition("@")[2], runs) for name in names],
        "jobs": {job: [[run.id, run.seconds] for run in ended if run.job == job] for job in {r.job: 0 for r in ended}},
    }


def html(shop: str, found: Mapping[str, Any], echarts: str) -> str:
    """The trends as one page, complete in itself; `echarts` is the text of the minified ECharts script."""
    templates = files("endcap.evaluate.tracking") / "templates"
    return rendered("runs.html.j2", templates, echarts, shop=shop, found=found, short=SHORT)


def listed(runs: Sequence[Run]) -> "RenderableType":
    """Runs as a table, as they come."""
    table = _table("", "job", "when (UTC)", "seconds", "data", "headline", "state")
    for run in runs:
        table.add_row(*row(
            run.id, run.job, date(run.started), "" if run.seconds is None else f"{run.seconds:.1f}",
            run.data[:SHORT], _headline(run), words(run.state, COLOURS[run.state]),
        ))  # fmt: skip
    return table if runs else words("nothing was run yet")


def shown(run: Run) -> "RenderableType":
    """All that is kept of a run, with the metrics of its headline's name."""
    from rich.console import Group  # noqa: PLC0415 — a serving process has no use for it
    from rich.text import Text  # noqa: PLC0415

    about = _table("", "")
    about.show_header = False
    there, commit = run.environment, run.environment.get("git", {})
    rows = {
        "state": run.state + (f": {run.error}" if run.error else ""),
        "when": date(run.started) + ("" if run.seconds is None else f" UTC, {run.seconds:.1f} seconds"),
        "took": f"{there['cpu_seconds']} CPU seconds, at most {there['peak_mb']:,} MB" if there else "",
        "where": f"Python {there['python']}, {there['platform']}, {there['cores']} cores" if there else "",
        "commit": commit.get("commit", "") + (" and changes" if commit.get("changed") else ""),
        "subject": " is the ".join(filter(None, (run.subject, run.alias))),
        "data": run.data,
        **{f"read {path}": f"md5 {digest}" for path, digest in run.inputs.items()},
        **{f"left {name}": str(path) for name, path in run.artefacts.items()},
    }  # fmt: skip
    for name, text in rows.items():
        if text:
            about.add_row(words(name), words(text, fold=True))
    main = run.headline.name if run.headline else ""
    metrics = _table("", "metric", "value", "interval")
    few = too_small(run)
    for metric in run.metrics:
        if (not metric.task or metric.name == main) and metric.task not in few:
            ends = [_number(end) for end in (metric.low, metric.high) if end is not None]
            metrics.add_row(*row(metric.path.rpartition("/")[0], metric.name, _number(metric.value), " – ".join(ends)))
    title = Text.assemble(words(f"{run.job} {run.id}", "bold"), words(f" of {run.shop}"))
    unsaid = [words(f"{task}: {too_few(*sizes)}") for task, sizes in few.items()]
    return Group(title, about, "", metrics, *unsaid, _more(run.metrics, metrics.row_count))


def too_small(run: Run) -> dict[str, tuple[int, int]]:
    """Queries and units of each task of a run that was asked too little for its numbers to be shown."""
    sizes = {(metric.task, metric.name): int(metric.value) for metric in run.metrics if metric.task and not metric.of}
    units = {task: n for (task, name), n in sizes.items() if name == "units" and not is_enough(n)}
    return {task: (sizes.get((task, "queries"), n), n) for task, n in units.items()}


def side_by_side(found: Compared, name: str | None = None) -> "RenderableType":
    """What differs between runs, and the metrics of a name: of the first headline, if none is given."""
    from rich.console import Group  # noqa: PLC0415

    heads = [f"{run.job} {run.id}" for run in found.runs]
    parts: list[RenderableType] = []
    for title, rows in (("made of", found.facts), ("settings", found.settings)):
        table = _table(title, *heads)
        for place, texts in rows.items():
            table.add_row(words(place), *(words("–" if text is None else text, fold=True) for text in texts))
        parts += [table if rows else f"{title}: the same", ""]
    headline = next((run.headline.name for run in found.runs if run.headline), "")
    table = _table("metric", heads[0], *(part for head in heads[1:] for part in (head, "difference")))
    chosen = found.named(name or headline)
    for path, metrics in chosen.items():
        values = ["–" if metric is None else _number(metric.value) for metric in metrics]
        above = ["–" if gap is None else f"{gap:+.4g}" for gap in differences(metrics)]
        beside = (part for both in zip(values[1:], above[1:], strict=True) for part in both)
        table.add_row(words(path), values[0], *beside)
    left = len(found.metrics) - len(chosen)
    return Group(*parts, table, f"{left:,} other metrics: --metric NAME shows one, --json all" if left else "")


def _lines(runs: Sequence[Run]) -> Iterator[dict[str, Any]]:
    settings: dict[str, dict[str, str]] = {}
    facts: dict[str, dict[str, str]] = {}
    for run in runs:
        params, before = run.params, settings.get(run.job, run.params)
        made_of, known = facts_of(run), facts.setdefault(run.job, {})  # a run that did not end has few facts
        changed = {place for place in params.keys() | before if params.get(place) != before.get(place)}
        changed |= {name for name, text in made_of.items() if known.get(name, text) != text}
        settings[run.job] = params
        known |= made_of
        yield {
            "id": run.id, "job": run.job, "started": date(run.started), "seconds": run.seconds, "state": run.state,
            "data": run.data, "subject": run.subject, "headline": _headline(run), "error": run.error,
            "changed": sorted(changed),
        }  # fmt: skip


def _task(name: str, cut: str, runs: Sequence[Run]) -> dict[str, Any]:
    """The metrics on one task, at a cut or at none: of everything that was judged on it, over the runs."""
    of: dict[str, dict[str, Any]] = {}
    for run in runs:
        for metric in run.metrics if name not in too_small(run) else ():
            if metric.of and metric.task == name and metric.name.partition("@")[2] in {"", cut}:
                about = of.setdefault(metric.of, {"name": metric.of, "kind": metric.kind, "metrics": {}})
                point = [run.id, metric.value, metric.low, metric.high]
                about["metrics"].setdefault(metric.name, []).append(point)
    return {"name": name, "metrics": list(dict.fromkeys(m for about in of.values() for m in about["metrics"])),
            "of": list(of.values())}  # fmt: skip


def _headline(run: Run) -> str:
    if run.headline is None:
        return run.subject
    of = f" ({run.headline.of} on {run.headline.task})" if run.headline.task else ""
    return f"{run.headline.name} {_number(run.headline.value)}{of}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) > 1 else f"{value:.4f}"


def _more(metrics: Sequence[Metric], shown_: int) -> str:
    left = len(metrics) - shown_
    return f"{left:,} more metrics: --json" if left else ""


def _table(*heads: str) -> Any:
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, padding=(0, 2, 0, 0))
    for head in heads:
        right = head in {"seconds", "value", "difference"}
        table.add_column(head, justify="right" if right else "left", overflow="fold", no_wrap=head in WHOLE)
    return table
