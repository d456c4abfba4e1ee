"""What a back-test leaves for the gate: its questions, and what everything that was judged made of each of them.

With the questions, more can be judged on exactly the same ones later: the recipes of the served bundle, and the bundle.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes
from endcap.core.bundle import vectors_of
from endcap.core.catalog import Catalog
from endcap.core.errors import BadBundle
from endcap.core.saving import facts_of, load, save
from endcap.core.vocabulary import Vocabulary
from endcap.evaluate.backtest import FAMILY_MAIN, MAIN, BackTest, Entry, Score, evaluated
from endcap.evaluate.facts import Facts
from endcap.evaluate.gate.recoding import codes_in, known_in
from endcap.evaluate.metrics import Values
from endcap.evaluate.segments import segments
from endcap.evaluate.tasks import Task

NO_CATALOG = Catalog(Vocabulary.of([]), {})


@dataclass(frozen=True)
class Scored:
    """How something did on the queries of a task."""

    values: Mapping[str, Values]
    """By metric, one value per query."""
    segments: Mapping[str, Values]
    """The main metric, by the key of a segment."""
    lists: Codes


@dataclass(frozen=True)
class Asked:
    """One task, and how each row did on each of its queries."""

    task: Task
    """Without its catalog, which all tasks share."""
    rows: tuple[str, ...]
    kinds: tuple[str, ...]
    """Of each row: model, slot or baseline."""
    metrics: tuple[str, ...]
    values: NDArray[np.float64]
    """``[rows, metrics, n]``; NaN where a query has none."""
    parts: tuple[str, ...]
    """Keys of segments."""
    within: NDArray[np.float64]
    """The main metric in each segment ``[rows, parts, n]``."""
    lists: Codes
    """``[rows, n, 10]``."""
    families: tuple[bool, ...]
    """Of each row: whether it shows one item of each family, so that it is the family that is right or wrong."""

    @classmethod
    def of(cls, task: Task, scores: Sequence[Score]) -> "Asked":
        """A task and the scores of everything that was judged on it; all have the same metrics and segments."""
        metrics = [name for name in scores[0].values if all(name in score.values for score in scores)]
        parts, n = list(scores[0].segments), len(task.queries)
        values = [[score.values[name] for name in metrics] for score in scores]
        within = [[score.segments[part] for part in parts] for score in scores]
        lean = replace(task, queries=replace(task.queries, catalog=NO_CATALOG), twin=None)
        return cls(
            task=lean,
            rows=tuple(score.name for score in scores),
            kinds=tuple(score.kind for score in scores),
            metrics=tuple(metrics),
            values=np.array(values, np.float64).reshape(len(scores), len(metrics), n),
            parts=tuple(parts),
            within=np.array(within, np.float64).reshape(len(scores), len(parts), n),
            lists=np.stack([score.lists for score in scores]),
            families=tuple(score.families for score in scores),
        )

    def row(self, name: str, kind: str) -> int | None:
        """The place of a row; None if there is none of that name and kind."""
        pairs = list(zip(self.rows, self.kinds, strict=True))
        return pairs.index((name, kind)) if (name, kind) in pairs else None

    def scored(self, row: int) -> "Scored":
        """How one row did."""
        values = dict(zip(self.metrics, self.values[row], strict=True))
        return Scored(values, dict(zip(self.parts, self.within[row], strict=True)), self.lists[row])

    def question(self, catalog: Catalog) -> Task:
        """The task as it was asked, or as it is asked of somebody who knows another catalog of the same items."""
        return replace(self.task, queries=replace(self.task.queries, catalog=catalog))

    def main(self, row: int, metric: str = MAIN) -> Values:
        """The metric that decides, or another, of one row ``[n]``."""
        values: Values = self.values[row, self.metrics.index(metric)]
        return values

    def headline(self, row: int) -> str:
        """The metric that decides of a row, told of families if it shows one item of each."""
        return FAMILY_MAIN if self.families[row] and FAMILY_MAIN in self.metrics else MAIN


@dataclass(frozen=True)
class Evidence:
    """A whole back-test, as the gate needs it."""

    catalog: Catalog
    """As it stood at the cut."""
    asked: Mapping[str, Asked]
    """By task."""
    embedded: Mapping[str, NDArray[np.bool_]]
    """By model that has vectors: which items have one that is not zero."""

    @classmethod
    def of(cls, tested: BackTest, models: Mapping[str, Any]) -> "Evidence":
        """The evidence of a back-test, with the models that were fitted for it."""
        asked = {judged.task.name: Asked.of(judged.task, judged.scores) for judged in tested.judged if judged.scores}
        vectors = {name: vectors_of(model) for name, model in models.items()}
        there = {name: np.any(found != 0, axis=1) for name, found in vectors.items() if found is not None}
        return cls(tested.split.train.catalog, asked, there)

    def judged(self, entry: Entry, task: str) -> "Scored":
        """How something else does on the very queries of a task, with the same segments."""
        question = self.asked[task].question(self.catalog)
        score = evaluated(entry, question, self._facts, segments(question, self._facts))
        return Scored(score.values, score.segments, score.lists)

    def embedded_in(self, catalog: Catalog) -> dict[str, NDArray[np.bool_]]:
        """By model that has vectors: which items of another catalog had one that was not zero."""
        codes = codes_in(self.catalog, catalog)
        return {name: known_in(there, codes, len(catalog)) for name, there in self.embedded.items()}

    @cached_property
    def _facts(self) -> Facts:
        return Facts.of(self.catalog)

    def save(self, folder: Path, key: str) -> None:
        """Writes it as a folder under the key of what it was made from."""
        save(self, folder, {"kind": "evidence", "key": key})

    @classmethod
    def load(cls, folder: Path, key: str) -> "Evidence | None":
        """What was saved under that key; None if it is something else, damaged, or not there."""
        try:
            facts = facts_of(folder)
            found = _copied(load(folder)) if (facts.get("kind"), facts.get("key")) == ("evidence", key) else None
        except (BadBundle, TypeError):  # of another version, with other fields
            return None
        return found if isinstance(found, cls) else None


def _copied(value: Any) -> Any:
    """The same, in memory that may be written: compiled functions would be compiled again for what is read-only."""
    if isinstance(value, np.ndarray):
        return np.array(value)
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{field.name: _copied(getattr(value, field.name)) for field in fields(value)})
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return value
