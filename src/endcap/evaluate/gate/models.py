"""What can be seen of any model: the arrays in it, its vectors, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from endcap.core.arrays import Array, Codes, Scores
from endcap.core.catalog import Catalog
from endcap.core.query import Query, Retriever

SEEDS = 200
"""So many items are asked for …"""
DEPTH = 50
"""… with lists of this length."""
TIED = 1e-6
"""Scores that differ by less than this share of the highest do not tell items apart."""


def arrays_of(value: Any, place: str) -> list[tuple[str, Array]]:
    """Every array in a model, with its place: ``similar.model.vectors``."""
    if isinstance(value, np.ndarray):
        return [(place, value)]
    inside: Mapping[Any, Any] = getattr(value, "__dict__", {})
    if isinstance(value, Mapping):
        inside = value
    elif isinstance(value, tuple | list):
        inside = dict(enumerate(value))
    return [found for key, item in inside.items() for found in arrays_of(item, f"{place}.{key}")]


@dataclass(frozen=True)
class Answers:
    """What a model gave when it was asked for single items, spread over the catalog, and for nobody in particular."""

    lists: list[tuple[Codes, Scores]]
    failure: str
    """What it raised, or gave that is no list of items; empty if all went well."""

    @property
    def items(self) -> Codes:
        """Every different item that it found."""
        return np.unique(np.concatenate([codes for codes, _ in self.lists])) if self.lists else np.empty(0, np.int32)

    @property
    def tied(self) -> bool:
        """Whether it found several items at a time, and never scored any two of a list differently."""
        several = [scores for codes, scores in self.lists if len(codes) > 1]
        return bool(several) and all(np.ptp(scores) <= TIED * np.abs(scores).max() for scores in several)


def answers(model: Retriever, catalog: Catalog, now: float) -> Answers:
    """What a model answers for the first item, the last, and others between; and to somebody who is not known."""
    n = len(catalog)
    lists: list[tuple[Codes, Scores]] = []
    seeds = np.unique(np.linspace(0, n - 1, min(n, SEEDS)).astype(np.int32)) if n else np.empty(0, np.int32)
    asked = [Query(now, catalog), *(Query(now, catalog, context=seeds[row : row + 1]) for row in range(len(seeds)))]
    for query in asked:
        about = f"asked for item {query.context[0]}" if len(query.context) else "asked for nobody"
        try:
            found = model(query, DEPTH)
            codes, scores = np.asarray(found.items), np.asarray(found.scores)
        except Exception as error:  # a model of another run may fail in any way
            return Answers(lists, f"{about}, it raises {type(error).__name__}: {error}")
        problem = _problem(codes, scores, n)
        if problem:
            return Answers(lists, f"{about}, it gives {problem}")
        lists.append((codes, scores))
    return Answers(lists, "")


def _problem(codes: Array, scores: Array, n: int) -> str:
    if len(codes) != len(scores):
        return f"{len(codes)} items with {len(scores)} scores"
    outside = codes[(codes < 0) | (codes >= n)]
    if len(outside):
        return f"item {outside[0]}; the catalog has {n}"
    if len(np.unique(codes)) < len(codes):
        return "an item twice"
    return "" if not np.isnan(scores).any() else "a score that is no number"
