"""Session nearest neighbours for many visits at once; see `endcap.models.session_knn` for what is computed."""

from typing import Any

import numpy as np
from numba import njit, prange

Array = np.ndarray[Any, Any]
CHUNK = 256
"""Visits answered with one set of work arrays."""


@njit(cache=True, nogil=True, parallel=True)
def answered(
    visit_offsets: Array,
    visit_items: Array,
    session_offsets: Array,
    session_items: Array,
    list_offsets: Array,
    list_sessions: Array,
    list_places: Array,
    shared: Array,
    found: Array,
    weights: Array,
    settings: Array,
    neighbours: int,
    k: int,
) -> tuple[Array, Array]:
    """Codes and scores ``[n, k]``, best first; -1 and NaN after the end. Settings as in `SessionKNNModel.many`."""
    recency, distance, backwards, own, again, again_last = settings
    n, n_sessions, n_items = len(visit_offsets) - 1, len(session_offsets) - 1, len(shared)
    codes = np.full((n, k), -1, np.int32)
    scores = np.full((n, k), np.nan, np.float32)
    for chunk in prange((n + CHUNK - 1) // CHUNK):
        similarity = np.zeros(n_sessions)
        place = np.zeros(n_sessions, np.int32)
        touched = np.empty(n_sessions, np.int32)
        total = np.zeros(n_items)
        items = np.empty(n_items, np.int32)
        for visit in range(chunk * CHUNK, min(n, (chunk + 1) * CHUNK)):
            begin, end = visit_offsets[visit], visit_offsets[visit + 1]
            visits, values = _nearest(
                visit_items[begin:end], list_offsets, list_sessions, list_places, shared, weights, recency, neighbours,
                similarity, place, touched,
            )  # fmt: skip
            seen = 0
            for at in range(len(visits)):
                session = visits[at]
                start = session_offsets[session]
                for entry in range(start, session_offsets[session + 1]):
                    item, step = session_items[entry], entry - start - place[session]
                    if step == 0:
                        weight = values[at] * own
                    else:
                        weight = values[at] * np.exp(-(abs(step) - 1.0) / distance)
                        if step < 0:
                            weight *= backwards
                    weight *= found[item]
                    if weight <= 0.0:
                        continue
                    if total[item] == 0.0:
                        items[seen] = item
                        seen += 1
                    total[item] += weight
            for at in range(begin, end):
                item = visit_items[at]
                if not _comes_later(visit_items, at, end, item):
                    total[item] *= again_last if at == end - 1 else again
            found_items = np.sort(items[:seen])
            found_items = found_items[total[found_items] > 0.0]
            ranked = total[found_items].astype(np.float32)
            best = np.argsort(-ranked, kind="mergesort")[:k]
            codes[visit, : len(best)] = found_items[best]
            scores[visit, : len(best)] = ranked[best]
            total[items[:seen]] = 0.0
    return codes, scores


@njit(cache=True, nogil=True)
def _nearest(
    visit: Array,
    list_offsets: Array,
    list_sessions: Array,
    list_places: Array,
    shared: Array,
    weights: Array,
    recency: float,
    neighbours: int,
    similarity: Array,
    place: Array,
    touched: Array,
) -> tuple[Array, Array]:
    """The nearest sessions and how near; `place` holds where each has the latest item that it shares."""
    near, length = 0, len(visit)
    for at in range(length - 1, -1, -1):
        item = visit[at]
        if _comes_later(visit, at, length, item):
            continue
        weight = np.exp(-(length - 1 - at) / recency) * shared[item]
        for entry in range(list_offsets[item], list_offsets[item + 1]):
            session = list_sessions[entry]
            if similarity[session] == 0.0:
                touched[near] = session
                place[session] = list_places[entry]
                near += 1
            similarity[session] += weight
    chosen = np.sort(touched[:near])
    values = np.empty(near)
    for at in range(near):
        values[at] = similarity[chosen[at]] * weights[chosen[at]]
    similarity[chosen] = 0.0
    order = np.argsort(-values, kind="mergesort")[:neighbours]
    return chosen[order], values[order]


@njit(cache=True, inline="always")
def _comes_later(items: Array, at: int, end: int, item: int) -> bool:
    """Whether the item stands again between a place and the end."""
    for other in range(at + 1, end):  # noqa: SIM110 — compiled: a generator would be slower
        if items[other] == item:
            return True
    return False


@njit(cache=True, nogil=True)
def visits_with(offsets: Array, items: Array, counts: Array) -> None:
    """Fills in how many sessions have each item ``[n_items]``."""
    met = np.full(len(counts), -1, np.int64)
    for session in range(len(offsets) - 1):
        for at in range(offsets[session], offsets[session + 1]):
            if met[items[at]] != session:
                met[items[at]] = session
                counts[items[at]] += 1


@njit(cache=True, nogil=True)
def latest(offsets: Array, items: Array, order: Array, starts: Array, sessions: Array, places: Array) -> None:
    """Fills in the first sessions of `order` that have each item, and its last place in each, while there is room.

    Those of an item begin where `starts` says ``[n_items + 1]``.
    """
    met, nexts = np.full(len(starts) - 1, -1, np.int64), starts[:-1].copy()
    for session in order:
        for at in range(offsets[session + 1] - 1, offsets[session] - 1, -1):
            item = items[at]
            if met[item] == session:
                continue
            met[item] = session
            if nexts[item] < starts[item + 1]:
                sessions[nexts[item]], places[nexts[item]] = session, at - offsets[session]
                nexts[item] += 1
