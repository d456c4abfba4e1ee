"""Models, slots and baselines held against what happened after the cut."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

import numpy as np

from endcap.core.arrays import Codes
from endcap.core.errors import BadConfig
from endcap.core.progress import Steps, silently
from endcap.core.query import Queries, Retriever
from endcap.data.splits import Split
from endcap.evaluate.compare import Comparison, compared, resamples
from endcap.evaluate.lists import front, located
from endcap.evaluate.metrics import CURVE, CUT, Values, coverage, measured
from endcap.evaluate.tasks import LIMIT, TASKS, Task, taken

Kind = Literal["model", "slot", "baseline"]
DEPTH = max(CURVE)
"""How long the lists are."""
EXAMPLES = 4
"""Of so many queries the lists are kept, to be looked at."""
FIRST = 2
"""A first retrieval asks for so many times what is needed …"""
WIDER = 4
"""… and each further one for so many times more."""


@dataclass(frozen=True)
class Entry:
    """Something to be judged, and the tasks that it is judged on."""

    name: str
    kind: Kind
    retriever: Retriever
    tasks: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """How one entry did on one task."""

    name: str
    kind: Kind
    values: Mapping[str, Values]
    """By metric, one value per query."""
    coverage: float
    """Share of the items that may be ranked that stand in the first ten of any list."""
    empty: int
    """How many lists have nothing in them; they count as zero."""
    seconds: float
    """Time for 1000 queries."""
    sample: Codes
    """The first lists, cut at ten: ``[≤ EXAMPLES, 10]``."""


@dataclass(frozen=True)
class Judged:
    """A task, and how every entry did on it, the best first."""

    task: Task
    scores: tuple[Score, ...]
    comparisons: Mapping[str, Comparison]
    """By entry."""


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
) -> tuple[Entry, ...]:
    """Who is judged on what: each slot on its own task, models on theirs and on those of the slots, baselines on all.

    A model that has the name of a baseline is judged once, as the baseline.
    """
    every = tuple(dict.fromkeys([*model_tasks, *(task for _, task in slots.values())]))
    return (
        *(Entry(name, "model", model, every) for name, model in fitted.items() if name not in baselines),
        *(Entry(name, "slot", slot, (task,)) for name, (slot, task) in slots.items()),
        *(Entry(name, "baseline", model, every) for name, model in baselines.items()),
    )


def back_test(
    split: Split,
    judged: Sequence[Entry],
    rng: np.random.Generator,
    limit: int = LIMIT,
    step: Steps = silently,
) -> BackTest:
    """Every entry judged on its tasks, with lists of `DEPTH` and at most `limit` queries per task.

    Raises `BadConfig` for a task that does not exist and for two entries of one name.
    """
    names = list(dict.fromkeys(task for entry in judged for task in entry.tasks))
    _check(judged, names)
    results = []
    for name in names:
        with step(f"judge on {name}"):
            task = TASKS[name](split.train, split.test, rng, limit)
            results.append(judged_on(task, [entry for entry in judged if name in entry.tasks], rng))
    return BackTest(split, tuple(results))


def judged_on(task: Task, judged: Sequence[Entry], rng: np.random.Generator) -> Judged:
    """How the entries did on one task, compared with the baselines among them on the same resamples."""
    scores = [evaluated(entry, task) for entry in judged]
    comparisons = compared(
        {score.name: score.values for score in scores},
        [score.name for score in scores if score.kind == "baseline"],
        resamples(task.units, rng),
    )
    main = f"NDCG@{CUT}"
    scores.sort(key=lambda score: np.nan_to_num(comparisons[score.name].reached[main].mean), reverse=True)
    return Judged(task, tuple(scores), comparisons)


def evaluated(entry: Entry, task: Task, k: int = DEPTH) -> Score:
    """How one entry does on one task, with lists of k (at least `CUT`)."""
    start = perf_counter()
    codes = ranked(entry.retriever, task, k)
    seconds = perf_counter() - start
    return Score(
        name=entry.name,
        kind=entry.kind,
        values=measured(codes, task.relevant),
        coverage=coverage(codes[:, :CUT], task.allowed),
        empty=int((codes[:, 0] < 0).sum()),
        seconds=1000 * seconds / max(len(codes), 1),
        sample=codes[:EXAMPLES, :CUT].copy(),
    )


def ranked(retriever: Retriever, task: Task, k: int) -> Codes:
    """The first k items for each query that may be ranked and are not excluded: ``codes[n, k]``, -1 after the end.

    A list is short only if the retriever has no more to give: rows that come out short are asked again, for more. That
    is exact for every retriever whose longer lists begin with its shorter ones.
    """
    codes = np.full((len(task.queries), k), -1, np.int32)
    rows, width = np.arange(len(codes)), FIRST * k
    while len(rows):
        found = _retrieved(retriever, taken(task.queries, rows), width)
        fits = (found >= 0) & task.allowed[found] & (located(found, task.exclude.take(rows)) < 0)
        codes[rows] = front(found, fits, k)
        had_more = (found >= 0).sum(axis=1) >= width
        rows, width = rows[had_more & (codes[rows, -1] < 0)], width * WIDER
    return codes


def _retrieved(retriever: Retriever, queries: Queries, width: int) -> Codes:
    """At most so many items for each query, by ``many`` if the retriever has it: ``codes[n, ≤ width]``, -1: no more."""
    many = getattr(retriever, "many", None)
    if many is not None:
        batch: Codes = many(queries, width)[0]
        return batch
    codes = np.full((len(queries), width), -1, np.int32)
    for row, query in enumerate(queries):
        items = retriever(query, width).items[:width]
        codes[row, : len(items)] = items
    return codes


def _check(judged: Sequence[Entry], tasks: Sequence[str]) -> None:
    unknown = [name for name in tasks if name not in TASKS]
    if unknown:
        raise BadConfig(f"no task is called {unknown[0]!r}; there are: {', '.join(TASKS)}")
    names = Counter(entry.name for entry in judged)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise BadConfig(f"{names[twice[0]]} things to be judged are called {twice[0]!r}; each needs a name of its own")
