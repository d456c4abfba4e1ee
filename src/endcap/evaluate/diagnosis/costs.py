"""What a row costs: to fit, in memory, on disk, for one query and for many."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from endcap.core.query import Queries, Retriever
from endcap.evaluate.backtest import BackTest
from endcap.evaluate.metrics import CUT

ASKED = 30
"""So many queries at most are asked one by one …"""
SECONDS = 0.008
"""… and for no longer than this: a demo has twenty rows, and nobody waits for their latencies."""


@dataclass(frozen=True)
class Cost:
    """What one row costs; None where it was not measured."""

    name: str
    fit: float | None
    """Seconds, other models being fitted beside it; of a model that was loaded, what it took when it was fitted."""
    memory: int
    """Bytes of all arrays that it answers from."""
    disk: int | None
    """Bytes of the folder that it is saved in."""
    single: float | None
    """Median seconds for one query, asked alone."""
    batch: float | None
    """Seconds per query, where thousands are asked at once, lists of fifty."""


def array_bytes(value: Any, known: set[int] | None = None) -> int:
    """Bytes of the arrays in a value (dataclasses, mappings, lists); one that is found twice counts once."""
    known = set() if known is None else known
    if id(value) in known:
        return 0
    known.add(id(value))
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, Mapping):
        return sum(array_bytes(inner, known) for inner in value.values())
    if isinstance(value, tuple | list):
        return sum(array_bytes(inner, known) for inner in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return sum(array_bytes(getattr(value, field.name), known) for field in dataclasses.fields(value))
    return 0


def in_batches(tested: BackTest, name: str) -> float | None:
    """Mean seconds per query of a row over the tasks that it was judged on; None if there was none."""
    took = [score.seconds / 1000 for judged in tested.judged for score in judged.scores if score.name == name]
    return sum(took) / len(took) if took else None


def alone(retriever: Retriever, queries: Queries, k: int = CUT) -> float | None:
    """Median seconds of single calls, the first one, which warms up, left out; None without queries."""
    took: list[float] = []
    began = perf_counter()
    for row in range(min(ASKED + 1, len(queries))):
        query, start = queries[row], perf_counter()
        retriever(query, k)
        took.append(perf_counter() - start)
        if perf_counter() - began > SECONDS:
            break
    return median(took[1:] or took) if took else None
