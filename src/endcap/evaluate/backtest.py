"""Models, slots and baselines held against what happened after the cut."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes
from endcap.core.errors import BadConfig
from endcap.core.progress import Steps, silently
from endcap.core.query import Retriever
from endcap.data.splits import Split
from endcap.evaluate.beyond import beyond, coverage, gini, user_coverage
from endcap.evaluate.compare import Comparison, compared, resamples
from endcap.evaluate.enough import count_units, is_enough
from endcap.evaluate.facts import Facts
from endcap.evaluate.families import families, family_values
from endcap.evaluate.metrics import CURVE, CUT, Matches, Values, at_cuts, auc, matched, measured_at
from endcap.evaluate.ranking import ranked
from endcap.evaluate.segments import Segment, segments
from endcap.evaluate.tasks import LIMIT, TASKS, Task, TaskMaker, alive_when_asked
from endcap.evaluate.truth import CONFUSION, confusion

Kind = Literal["model", "slot", "baseline"]
DEPTH = max(CURVE)
"""How long the lists are."""
MAIN = f"NDCG@{CUT}"
"""The metric that decides, and that segments are compared by."""
FAMILY_MAIN = f"Family{MAIN}"
"""The same of families, as `endcap.evaluate.families` tells it."""


@dataclass(frozen=True)
class Entry:
    """Something to be judged, and the tasks that it is judged on."""

    name: str
    kind: Kind
    retriever: Retriever
    tasks: tuple[str, ...]
    families: bool = False
    """Whether its lists show one item of each family, so that it is the family that is right or wrong."""


@dataclass(frozen=True)
class Score:
    """How one entry did on one task."""

    name: str
    kind: Kind
    values: Mapping[str, Values]
    """By metric, one value per query."""
    segments: Mapping[str, Values]
    """By the key of a segment, the main metric of each query."""
    coverage: float
    """Share of the items that may be ranked that stand in the first ten of any list."""
    user_coverage: float
    """Share of the queries whose list has anything in it."""
    gini: float
    """How unequally the items that may be ranked share the first ten places; 0: equally."""
    empty: int
    """How many lists have nothing in them; they count as zero."""
    seconds: float
    """Time for 1000 queries."""
    lists: Codes
    """Every list, cut at ten: ``[n, 10]``."""
    families: bool = False
    """Whether families are what it shows."""

    @property
    def headline(self) -> str:
        """The metric that sentences tell of it, at the level that it shows."""
        return FAMILY_MAIN if self.families and FAMILY_MAIN in self.values else MAIN


@dataclass(frozen=True)
class Judged:
    """A task, and how every entry did on it, the best first."""

    task: Task
    scores: tuple[Score, ...]
    comparisons: Mapping[str, Comparison]
    """By entry."""
    segments: tuple[Segment, ...]
    within: Mapping[str, Comparison]
    """By entry: the main metric in each segment, by its key."""
    twin: "Judged | None" = None
    """The same question with what the visitor had before allowed instead of kept out, or the other way round."""

    @property
    def units(self) -> int:
        """How many users, or orders of guests, the queries are from."""
        return count_units(self.task.units)

    @property
    def enough(self) -> bool:
        """Whether there are enough of them for a number to be shown."""
        return is_enough(self.units)


@dataclass(frozen=True)
class BackTest:
    """Every task that something was judged on, the main one first, and the split that it was made from."""

    split: Split
    judged: tuple[Judged, ...]


def entries(
    fitted: Mapping[str, Retriever],
    slots: Mapping[str, tuple[Retriever, str]],
    baselines: Mapping[str, Retriever],
    model_tasks: Sequence[str] = ("basket",),
    by_family: Container[str] = (),
) -> tuple[Entry, ...]:
    """Who is judged on what: each slot on its own task, models on theirs and on those of the slots, baselines on all.

    The slots of `by_family` show one item of each family. A model that has the name of a baseline is judged once, as
    the baseline.
    """
    every = tuple(dict.fromkeys([*model_tasks, *(task for _, task in slots.values())]))
    return (
        *(Entry(name, "model", model, every) for name, model in fitted.items() if name not in baselines),
        *(Entry(name, "slot", slot, (task,), name in by_family) for name, (slot, task) in slots.items()),
        *(Entry(name, "baseline", model, every) for name, model in baselines.items()),
    )


def back_test(
    split: Split,
    judged: Sequence[Entry],
    rng: np.random.Generator,
    limit: int = LIMIT,
    step: Steps = silently,
    tasks: Mapping[str, TaskMaker] = TASKS,
) -> BackTest:
    """Every entry judged on its tasks, with lists of `DEPTH` and at most `limit` queries per task.

    Raises `BadConfig` for a task that does not exist and for two entries of one name.
    """
    names = list(dict.fromkeys(task for entry in judged for task in entry.tasks))
    _check(judged, names, tasks)
    results = []
    for name in names:
        with step(f"judge on {name}"):
            task = alive_when_asked(tasks[name](split.train, split.test, rng, limit), split.train, split.test)
            results.append(judged_on(task, [entry for entry in judged if name in entry.tasks], rng))
    return BackTest(split, tuple(results))


def judged_on(task: Task, entered: Sequence[Entry], rng: np.random.Generator) -> Judged:
    """How the entries did on one task and its twin, compared with the baselines among them on the same resamples."""
    facts = Facts.of(task.queries.catalog)
    parts = segments(task, facts)
    scores = [evaluated(entry, task, facts, parts) for entry in entered]
    baselines, drawn = [score.name for score in scores if score.kind == "baseline"], resamples(task.units, rng)
    comparisons = compared({score.name: score.values for score in scores}, baselines, drawn)
    within = compared({score.name: score.segments for score in scores}, baselines, drawn) if parts else {}
    scores.sort(key=lambda score: np.nan_to_num(comparisons[score.name].reached[MAIN].mean), reverse=True)
    twin = None if task.twin is None else judged_on(task.twin, entered, rng.spawn(1)[0])
    return Judged(task, tuple(scores), comparisons, parts, within, twin)


def evaluated(
    entry: Entry, task: Task, facts: Facts | None = None, parts: Sequence[Segment] = (), k: int = DEPTH
) -> Score:
    """How one entry does on one task, and on parts of it, with lists of k (at least `CUT`)."""
    facts = Facts.of(task.queries.catalog) if facts is None else facts
    start = perf_counter()
    codes = ranked(entry.retriever, task, k)
    seconds = perf_counter() - start
    matches, lists = matched(codes, task.relevant), codes[:, :CUT].copy()
    return Score(
        name=entry.name,
        kind=entry.kind,
        values=_values(codes, matches, task, facts),
        segments={part.key: measured_at(part.of(matches), CUT)["NDCG"] for part in parts},
        coverage=coverage(lists, task.allowed),
        user_coverage=user_coverage(lists),
        gini=gini(lists, task.allowed),
        empty=int((codes[:, 0] < 0).sum()),
        seconds=1000 * seconds / max(len(codes), 1),
        lists=lists,
        families=entry.families,
    )


def _values(codes: Codes, matches: Matches, task: Task, facts: Facts) -> dict[str, Values]:
    """Every metric of each query: of what was found, of what that is worth, and of the list beyond it."""
    values = at_cuts(matches, codes.shape[1]) | {"AUC": auc(matches, (codes >= 0).sum(axis=1), _rankable(task))}
    for name, worth in (("Revenue", facts.price), ("Margin", facts.margin)):
        if not np.isnan(worth).all():
            at_cut = measured_at(matches.worth(worth), CUT)
            values |= {f"{name}Recall@{CUT}": at_cut["GainRecall"], f"{name}NDCG@{CUT}": at_cut["NDCG"]}
    stands = families(task.queries.catalog)
    if stands is not None:
        values |= family_values(codes, task.relevant, stands)
    looks = beyond(codes[:, :CUT], task.queries.seeds, task.relevant, facts)
    values |= {f"{name}@{CUT}": column for name, column in looks.items()}
    return values | ({} if task.confusable is None else {CONFUSION: confusion(codes, task.confusable)})


def _rankable(task: Task) -> NDArray[np.int64]:
    """How many items a list could hold, query by query."""
    inside = task.exclude.keep(task.allowed[task.exclude.values])
    n = int(task.allowed.sum())
    if task.closed is None:
        return n - inside.lengths
    gone, day, span = task.closed.items, task.closed.day, len(task.allowed)
    twice = np.isin(day[inside.rows] * span + inside.values, gone.rows * span + gone.values)
    return np.asarray(n - inside.keep(~twice).lengths - gone.lengths[day])


def _check(judged: Sequence[Entry], wanted: Sequence[str], tasks: Mapping[str, TaskMaker]) -> None:
    unknown = [name for name in wanted if name not in tasks]
    if unknown:
        raise BadConfig(f"no task is called {unknown[0]!r}; there are: {', '.join(tasks)}")
    names = Counter(entry.name for entry in judged)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise BadConfig(f"{names[twice[0]]} things to be judged are called {twice[0]!r}; each needs a name of its own")
