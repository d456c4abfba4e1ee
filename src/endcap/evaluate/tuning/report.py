"""What a search found: as JSON, in the terminal, and as one page that needs no network."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from endcap.core.part import needs
from endcap.core.tunable import Between, Choice
from endcap.data.pages import rendered
from endcap.data.printing import row, words
from endcap.evaluate.compare import Difference, Interval
from endcap.evaluate.enough import is_enough, too_few
from endcap.evaluate.tuning.judging import TUNED, UNTUNED, Judgement
from endcap.evaluate.tuning.space import Space, ends, near_end, plain
from endcap.evaluate.tuning.trials import Trial
from endcap.evaluate.verdict import SPACE, chance, spanned

if TYPE_CHECKING:
    from optuna.study import Study
    from rich.console import RenderableType

FORMAT = 1
"""Version of the JSON shape."""
NO_TEST: Mapping[str, Any] = {"p": None, "wins": None, "losses": None, "shown": False}
SHOWN = 10
"""How many tries a terminal shows."""


@dataclass(frozen=True)
class Windows:
    """When what was learned from, chosen by and judged on happened: seconds since 1970 (UTC)."""

    start: float
    validation: float
    test: float
    end: float


@dataclass(frozen=True)
class Tuned:
    """A search, its winner, and how the winner was judged."""

    shop: str
    model: str
    part: str
    """The recipe's class."""
    task: str
    """The title of the task."""
    metric: str
    method: str
    resource: str | None
    space: Space
    untuned: Mapping[str, Any]
    """The settings that were there."""
    trials: Sequence[Trial]
    winner: Trial
    """The best on the validation window."""
    importance: Mapping[str, float]
    """By field, its share in what made tries differ; empty where that cannot be said."""
    judgement: Judgement | None
    """None while tries are under way elsewhere."""
    looks: int
    """How many winners of this study have been judged on the test side."""
    windows: Windows
    facts: Mapping[str, str]
    """Data, versions, store: where the numbers come from."""

    @property
    def changes(self) -> dict[str, Any]:
        """What the winner sets otherwise than it was."""
        changed = ((name, value) for name, value in self.winner.settings.items() if name in self.untuned)
        return {name: value for name, value in changed if plain(value) != plain(self.untuned[name])}

    @property
    def edges(self) -> list[str]:
        """The fields whose range, on its scale, has the winner within a fiftieth of an end."""
        ranges = {name: choice for name, choice in self.space.items() if isinstance(choice, Between)}
        return [name for name, choice in ranges.items() if near_end(choice, self.winner.settings[name])]

    def to_json(self) -> dict[str, Any]:
        """The search in plain values; the shape stays within one `format`.

        ::

            {"format": 1, "shop", "model", "part", "task", "metric", "method", "resource", "verdict", "looks",
             "space": {field: {"low", "high", "log"} | {"values": [value]}},
             "untuned": {field: value}, "winner": trial, "changes": {field: value},
             "edges": [field] with the winner at the end of its range,
             "trials": [trial], the best first, "importance": {field: share},
             "judgement": null | {"queries", "units", "enough", "rows": [{"name", "reached": interval,
                                  "tuned_above": interval | null, "p", "wins", "losses", "shown"}]},
             "windows": {"start", "validation", "test", "end": date}, "facts": {name: text}}

        A trial is ``{"number", "state": "finished" | "stopped" | "failed" | "running", "settings", "value", "seconds",
        "rungs": [value], "error"}``; an interval is ``[mean, low, high]``.
        """
        return {
            "format": FORMAT,
            **{name: getattr(self, name) for name in ("shop", "model", "part", "task", "metric", "method", "resource")},
            "verdict": verdict(self),
            "looks": self.looks,
            "space": {name: _choice(choice) for name, choice in self.space.items()},
            "untuned": {name: self.untuned[name] for name in self.space},
            "winner": _trial(self.winner),
            "changes": self.changes,
            "edges": self.edges,
            "trials": [_trial(trial) for trial in ranked(self.trials)],
            "importance": dict(self.importance),
            "judgement": None if self.judgement is None else _judgement(self.judgement),
            "windows": {name: _date(moment) for name, moment in vars(self.windows).items()},
            "facts": dict(self.facts),
        }


def importances(study: "Study", found: Sequence[Trial]) -> dict[str, float]:
    """By field its share in what sets the better tries apart, the greatest first; empty if none can be told.

    Watanabe et al., PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary subspaces, IJCAI 2023.
    """
    optuna = needs("optuna", extra="tune")
    if len({trial.value for trial in found if trial.state == "finished"}) < 2:
        return {}
    inside = optuna.create_study(direction="maximize")  # settings that stood outside the space have no place in it
    inside.add_trials([trial for trial in study.get_trials(deepcopy=False) if trial.params])
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Target and region quantiles select the same")
        try:
            shares = optuna.importance.get_param_importances(inside)
        except UserWarning:  # the better ones are all there are
            return {}
    return {name: float(share) for name, share in shares.items()}


def ranked(found: Sequence[Trial]) -> list[Trial]:
    """Those that finished, the best first; then those that were stopped, that run, that failed."""
    order = ("finished", "stopped", "running", "failed")
    return sorted(found, key=lambda trial: (order.index(trial.state), -(trial.value or 0.0), trial.number))


def verdict(tuned: Tuned) -> str:
    """What came of it, in words."""
    judgement = tuned.judgement
    running = sum(trial.state == "running" for trial in tuned.trials)
    if judgement is None:
        return f"{running} tries are under way elsewhere; the winner is judged when the last of them has ended."
    if not tuned.changes:
        return (
            f"Of {len(tuned.trials)} tries none was better on the validation window than the settings that are there."
        )
    if not is_enough(judgement.units):
        return (
            f"Whether the best of {len(tuned.trials)} tries is better on the test window than the settings that are "
            f"there: {too_few(judgement.queries, judgement.units)}. Leave the settings as they are."
        )
    above, metric = judgement.above[UNTUNED], tuned.metric
    reached = f"Tuned, {tuned.model} reaches {metric} {judgement.reached[TUNED].mean:.4f} on the test window"
    if not above.shown:
        return f"{reached}. That this is better than untuned is not shown: the difference is {_span(above)}."
    share = abs(above.mean) / max(judgement.reached[UNTUNED].mean, 1e-12)
    direction = "above" if above.mean > 0 else "below"
    return f"{reached}, {share:.1%} {direction} the settings that were there: {_span(above)}.{_beside(judgement)}"


def html(tuned: Tuned, echarts: str) -> str:
    """The search as one page, complete in itself; `echarts` is the text of the minified ECharts script."""
    templates = files("endcap.evaluate.tuning") / "templates"
    return rendered("tuning.html.j2", templates, echarts, tuned=tuned.to_json(), shown=SHOWN)


def terminal(tuned: Tuned) -> "RenderableType":
    """The best tries as a table, what the winner changes, and the verdict."""
    from rich.console import Group  # noqa: PLC0415 — a serving process has no use for it
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=words(f"{tuned.model} on {tuned.task}"), title_justify="left", box=None, pad_edge=False)
    for column in ("try", f"{tuned.metric}, validation", *tuned.space):
        table.add_column(column, justify="right")
    for place, trial in enumerate([trial for trial in ranked(tuned.trials) if trial.value is not None][:SHOWN]):
        numbers = [said(trial.settings.get(name)) for name in tuned.space]
        mark = "" if trial.state == "finished" else " (stopped)"
        table.add_row(*row(trial.number, f"{trial.value:.4f}{mark}", *numbers), style="bold" if place == 0 else "")
    told = tuned.judgement is None or is_enough(tuned.judgement.units)
    changes = ", ".join(f"{name} = {said(value)}" for name, value in tuned.changes.items()) or "nothing"
    if tuned.edges:
        changes += f"; at the end of the range of {', '.join(tuned.edges)}: a wider one may hold better"
    failed = [trial for trial in tuned.trials if trial.state == "failed"]
    parts: list[RenderableType] = [
        table,
        words(verdict(tuned), "italic"),
        *([words(f"to change: {changes}")] if told else []),
    ]
    if failed:
        said_first = f"{len(failed)} of {len(tuned.trials)} tries failed; the first: {failed[0].error}"
        parts.append(words(said_first, "yellow"))
    return Group(*parts)


def said(value: Any) -> str:
    """A setting as people write it."""
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _beside(judgement: Judgement) -> str:
    others = [(name, above) for name, above in judgement.above.items() if name != UNTUNED]
    ahead = [name for name, above in others if above.shown and above.mean > 0]
    behind = [name for name, above in others if above.shown and above.mean < 0]
    unclear = [name for name, above in others if not above.shown]
    sides = [(ahead, "It beats"), (behind, "It loses to"), (unclear, "It is not shown to differ from")]
    return "".join(f" {verb} {', '.join(names)}." for names, verb in sides if names)


def _span(above: Difference) -> str:
    return f"{above.mean:+.4f} ({spanned(above).replace(SPACE, ' ')}, {chance(above.p)})"


def _choice(choice: Choice) -> dict[str, Any]:
    if isinstance(choice, Between):
        return {"low": choice.low, "high": choice.high, "log": choice.log}
    return {"values": list(ends(choice))}


def _trial(trial: Trial) -> dict[str, Any]:
    return {**vars(trial), "settings": dict(trial.settings), "rungs": list(trial.rungs)}


def _judgement(judgement: Judgement) -> dict[str, Any]:
    rows = []
    for name, at in judgement.reached.items():
        above = judgement.above.get(name)
        test = {"p": above.p, "wins": above.wins, "losses": above.losses, "shown": above.shown} if above else NO_TEST
        rows.append({"name": name, "reached": _interval(at), "tuned_above": above and _interval(above), **test})
    enough = is_enough(judgement.units)
    return {
        "queries": judgement.queries,
        "units": judgement.units,
        "enough": enough,
        "rows": sorted(rows, key=lambda row: -row["reached"][0]),
    }


def _interval(at: Interval) -> list[float]:
    return [round(value, 6) for value in (at.mean, at.low, at.high)]


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
