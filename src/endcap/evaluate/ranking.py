"""Retrievers asked for the lists that are judged: in batches, which bound the memory, and again for what is short."""

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes, Ragged
from endcap.core.query import Queries, Retriever
from endcap.evaluate.lists import between, blocks, front, nearest
from endcap.evaluate.tasks.task import Task

Mask = NDArray[np.bool_]
FIRST = 2
"""A first retrieval asks for so many times what is needed …"""
WIDER = 4
"""… and each further one for so many times more."""
BATCH = 4096
"""So many queries are asked at a time …"""
CELLS = 2**22
"""… and of long lists only as many as hold so many items together (16 MB)."""


def ranked(retriever: Retriever, task: Task, k: int) -> Codes:
    """The first k items for each query that may be ranked and are not excluded: ``codes[n, k]``, -1 after the end.

    A list is short only if the retriever has no more to give. Queries are asked in batches, which bound the memory.
    """
    codes = np.full((len(task.queries), k), -1, np.int32)
    for start, end in blocks(len(codes), BATCH):
        queries, exclude = task.queries.take(np.arange(start, end)), between(task.exclude, start, end)
        closed = _closed(task, start, end)
        factors = getattr(retriever, "factors", lambda _: None)(queries)
        if factors is None:
            codes[start:end] = _asked(retriever, queries, task.allowed, (exclude, closed), k)
        else:
            vectors, items, left_out = factors
            codes[start:end] = nearest(vectors, items, k, task.allowed, (exclude, closed, left_out))
    return codes


def _closed(task: Task, start: int, end: int) -> Ragged:
    """What had gone from the shop by the day of each of some queries."""
    if task.closed is None:
        return Ragged.empty(end - start)
    return task.closed.items.take(task.closed.day[start:end])


def _asked(retriever: Retriever, queries: Queries, allowed: Mask, exclude: tuple[Ragged, Ragged], k: int) -> Codes:
    """The first k that fit of each list: rows that come out short are asked again, for more.

    That is exact for every retriever whose longer lists begin with its shorter ones. The longer the lists, the fewer
    are held at a time.
    """
    codes = np.full((len(queries), k), -1, np.int32)
    rows, width = np.arange(len(codes)), min(FIRST * k, len(allowed))
    while len(rows):
        short = [rows[:0]]
        for first, last in blocks(len(rows), max(1, CELLS // max(width, 1))):
            some = rows[first:last]
            everybody = len(some) == len(codes)
            found = _retrieved(retriever, queries if everybody else queries.take(some), width)
            out = exclude if everybody else [one.take(some) for one in exclude]
            codes[some] = front(found, allowed, out[0], k, out[1])
            had_more = (found >= 0).sum(axis=1) >= width
            short.append(some[had_more & (codes[some, -1] < 0)])
        done = width >= len(allowed)
        rows, width = rows[:0] if done else np.concatenate(short), min(width * WIDER, len(allowed))
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
