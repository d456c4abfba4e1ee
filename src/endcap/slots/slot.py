"""A place on a page and how it is filled."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from endcap.core.arrays import among
from endcap.core.candidates import Candidates
from endcap.core.query import Query, Retriever, Stage
from endcap.slots.filters import not_excluded
from endcap.slots.fusion import reciprocal_rank
from endcap.slots.trace import PartKind, StageFailed, Trace

PRIMARY = "primary"


@dataclass(frozen=True)
class Filled:
    """What a slot found: candidates best first, the tier of each, and the record of how."""

    candidates: Candidates
    tiers: list[str]
    trace: Trace


@dataclass(frozen=True)
class Slot:
    """Retrievers, then stages; below them the ladder of fallbacks, each of which passes the same stages.

    Stages see all that was retrieved, before the cut to k, and retrieval widens until k items pass or nobody has more
    to give; so a filter never makes a list too short while suitable items exist.
    """

    name: str
    retrievers: Mapping[str, Retriever]
    stages: Mapping[str, Stage]
    fallbacks: Mapping[str, Retriever]
    k: int = 12
    width: int = 4
    """The first retrieval asks for so many times k; more, where the stages let little pass, saves a second one."""

    def __call__(self, query: Query, k: int) -> Candidates:
        """The best k items, as any retriever gives them."""
        return self.fill(query, k).candidates

    def fill(self, query: Query, k: int | None = None) -> Filled:
        """The best k items with their tiers and the trace; empty only if nothing suitable exists or a stage fails."""
        wanted, trace = k or self.k, Trace()
        chosen = self._tier(query, wanted, self.retrievers, Candidates.none(), trace)
        if len(chosen) >= wanted:
            return Filled(chosen, [PRIMARY] * len(chosen), trace)
        tiers = dict.fromkeys(chosen.items.tolist(), PRIMARY)
        for name, retriever in self.fallbacks.items():
            if len(chosen) >= wanted:
                break
            chosen = self._tier(query, wanted, {name: retriever}, chosen, trace)
            tiers = {item: tiers.get(item, name) for item in chosen.items.tolist()}
        return Filled(chosen, list(tiers.values()), trace)

    def _tier(
        self,
        query: Query,
        k: int,
        retrievers: Mapping[str, Retriever],
        above: Candidates,
        trace: Trace,
    ) -> Candidates:
        """What the tiers above chose, filled up to k with what these retrievers find and the stages let pass."""
        width = self.width * k
        kind: PartKind = "fallback" if retrievers is not self.retrievers else "retriever"
        while True:
            given = {name: trace.attempt(name, kind, retriever, query, width) for name, retriever in retrievers.items()}
            found = {name: sound for name, candidates in given.items() if len(sound := _sound(candidates))}
            if not found:
                return above
            pool = reciprocal_rank(found)
            pool = above.then(pool) if len(above) else pool
            try:
                passed = self._staged(query, pool, trace)
            except StageFailed:
                return above
            exhausted = all(len(candidates) < width for candidates in given.values())
            if len(passed) >= k or exhausted:
                return _below(above, passed, k)
            width = _wider(width, len(passed) - len(above), k)

    def _staged(self, query: Query, pool: Candidates, trace: Trace) -> Candidates:
        if len(query.exclude):
            pool = trace.attempt("not_excluded", "stage", not_excluded, query, pool)
        for name, stage in self.stages.items():
            if not len(pool):
                break
            pool = trace.attempt(name, "stage", stage, query, pool)
        return _sound(pool)


def _wider(width: int, passed: int, k: int) -> int:
    """How many to ask for next: what the share that passed suggests, and half as much again; at least twice as many.

    If nothing passed, nothing can be guessed, and asking in small steps is what costs most.
    """
    return max(2 * width, 3 * width * k // (2 * passed)) if passed else 100 * width


def _sound(candidates: Candidates) -> Candidates:
    """Without those whose score says nothing."""
    finite = np.isfinite(candidates.scores)
    return candidates if finite.all() else candidates.take(finite)


def _below(above: Candidates, passed: Candidates, k: int) -> Candidates:
    """The items of the tiers above in front, whatever a ranker thought of the new ones, and k in all."""
    if not len(above):
        return passed.take(slice(0, k))
    kept = among(passed.items, above.items)
    order = np.concatenate([np.flatnonzero(kept), np.flatnonzero(~kept)])
    return passed.take(order[:k])
