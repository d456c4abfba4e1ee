"""Session nearest neighbours: what visits like this one went on to.

Vector multiplication session kNN (V-SKNN): Ludewig and Jannach, Evaluation of session-based recommendation algorithms,
UMUAI 28 (2018). Decay by distance and by age as in STAN: Garg et al., Sequence and time aware neighborhood for
session-based recommendations, SIGIR 2019; rarity of shared items as in VSTAN: Ludewig et al., Empirical analysis of
session-based recommendation algorithms, UMUAI 31 (2021). Coming back to what was seen has weights of its own here: on
real visits it is one click in five.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from endcap.core.arrays import Array, Codes, Ragged, Scores, among, distinct, offsets_of
from endcap.core.candidates import Candidates
from endcap.core.dataset import DAY, Dataset
from endcap.core.part import Part
from endcap.core.query import Queries, Query
from endcap.core.tunable import Between, OneOf
from endcap.core.why import Why
from endcap.models.rows import TOUCHES, filled, laid


class SessionKNN(Part):
    """Finds the visits that share most with this one, and scores what stands near the shared items in them."""

    kinds: tuple[str, ...] = TOUCHES
    """Kinds of event that count."""
    neighbours: Annotated[PositiveInt, Between(20, 1000, log=True)] = 150
    """As many of the nearest visits are asked."""
    sample: Annotated[PositiveInt, Between(500, 10_000, log=True)] = 5000
    """Of the visits that have an item, at most so many of the latest are looked at."""
    recency: Annotated[PositiveFloat, Between(0.5, 20.0, log=True)] = 2.0
    """Steps back in this visit until a click counts 1/e."""
    distance: Annotated[PositiveFloat, Between(0.5, 20.0, log=True)] = 4.0
    """Steps from the shared item in the other visit until an item counts 1/e."""
    backwards: float = Field(default=0.6, ge=0.0, le=1.0)
    """What an item before the shared one counts, against one after it."""
    age: Annotated[PositiveFloat | None, OneOf((None, 7.0, 30.0, 90.0, 365.0))] = None
    """Days until a visit counts 1/e; without it, old visits count as new ones."""
    length: Annotated[NonNegativeFloat, Between(0.0, 1.0)] = 0.1
    """Long visits share much with all; their similarity is divided by their length to this power."""
    shared_rarity: Annotated[NonNegativeFloat, Between(0.0, 4.0)] = 2.0
    """A shared item counts by its inverse frequency (logarithm) to this power."""
    found_rarity: Annotated[NonNegativeFloat, Between(0.0, 4.0)] = 1.3
    """A found item, likewise."""
    own: Annotated[NonNegativeFloat, Between(0.0, 5.0)] = 1.5
    """What a shared item itself counts, as something to come back to."""
    again: Annotated[NonNegativeFloat, Between(0.0, 5.0)] = 1.5
    """What an item of this visit counts in the end, against a new one …"""
    again_last: Annotated[NonNegativeFloat, Between(0.0, 10.0)] = 3.0
    """… and the very last one."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "SessionKNNModel":
        """The visits, and for each item the latest visits that have it; raises `BadData` if there are none."""
        from endcap.models.kernels.sessions import latest, visits_with  # noqa: PLC0415 — compiled, for fitting only

        offsets, which = laid(data, "sessions", self.kinds)
        rows, n = filled(Ragged(offsets, data.events.item[which]), data, "sessions"), len(data.catalog)
        last, counts = _last(offsets, data.events.time[which]), np.zeros(n, np.int64)
        visits_with(rows.offsets, rows.values, counts)
        starts = offsets_of(np.minimum(counts, self.sample))
        lists, places = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.int32)
        latest(rows.offsets, rows.values, np.argsort(-last, kind="stable"), starts, lists, places)
        rarity = np.log((len(rows) + 1.0) / (counts + 1.0)) + 1e-9
        ages = np.zeros(len(rows)) if self.age is None else (data.now - last) / (self.age * DAY)
        lengths = np.maximum(rows.lengths, 1) ** self.length
        return SessionKNNModel(
            sessions=rows,
            lists=Ragged(starts, lists),
            places=places,
            shared=(rarity**self.shared_rarity).astype(np.float64),
            found=(rarity**self.found_rarity).astype(np.float64),
            weights=np.exp(-np.where(np.isfinite(ages), ages, 0.0)) / lengths,
            neighbours=self.neighbours,
            recency=self.recency,
            distance=self.distance,
            backwards=self.backwards,
            own=self.own,
            again=self.again,
            again_last=self.again_last,
        )


def _last(offsets: NDArray[np.int64], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """When the last thing happened in each session; before all times, if nothing did."""
    last = np.full(len(offsets) - 1, -np.inf)
    there = np.flatnonzero(np.diff(offsets))
    last[there] = times[offsets[there + 1] - 1]
    return last


@dataclass(frozen=True)
class SessionKNNModel:
    """The visits, and for each item the visits that have it."""

    sessions: Ragged
    lists: Ragged
    places: Codes
    """For every entry of `lists`, where in that visit the item stands."""
    shared: NDArray[np.float64]
    """By item, what it counts when it is shared …"""
    found: NDArray[np.float64]
    """… and when it is found."""
    weights: NDArray[np.float64]
    """By visit: its age and length."""
    neighbours: int
    recency: float
    distance: float
    backwards: float
    own: float
    again: float
    again_last: float

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k items that the nearest visits hold near what they share with this one."""
        visit = query.seeds
        if not len(visit):
            return Candidates.none()
        near, similarity, place = self._nearest(visit)
        starts, lengths = self.sessions.offsets[near], self.sessions.lengths[near]
        where = np.arange(lengths.sum()) - np.repeat(offsets_of(lengths)[:-1], lengths)
        items = self.sessions.values[np.repeat(starts, lengths) + where]
        steps = where - np.repeat(place, lengths)
        weight = np.repeat(similarity, lengths) * np.exp(-(np.abs(steps) - 1.0) / self.distance)
        weight = np.where(steps == 0, np.repeat(similarity, lengths) * self.own, weight)
        weight = np.where(steps < 0, weight * self.backwards, weight) * self.found[items]
        codes, position = distinct(items)
        scores = np.bincount(position, weight, minlength=len(codes))
        scores = scores * np.where(codes == visit[-1], self.again_last, np.where(among(codes, visit), self.again, 1.0))
        held = scores > 0
        return Candidates(codes[held], scores[held].astype(np.float32)).top(k)

    def many(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
        """As single calls, compiled: ``codes[n, k]`` (-1: no more) and scores (NaN there)."""
        from endcap.models.kernels.sessions import answered  # noqa: PLC0415 — a serving process asks one by one

        visits = queries.seeds
        settings = (self.recency, self.distance, self.backwards, self.own, self.again, self.again_last)
        return answered(
            visits.offsets, visits.values, self.sessions.offsets, self.sessions.values,
            self.lists.offsets, self.lists.values, self.places, self.shared, self.found, self.weights,
            np.array(settings), self.neighbours, k,
        )  # fmt: skip

    def why(self, query: Query, item: int) -> Why:
        """By seed: the nearest visits that share it, as near as it alone brings them, times what they say of the item.

        The sum is the score, since a visit is near by the sum of what is shared.
        """
        visit = query.seeds
        if not len(visit):
            return Why.of(visit, np.empty(0))
        near, _, place = self._nearest(visit)
        says = np.array([self._says(row, at, item) for row, at in zip(near.tolist(), place.tolist(), strict=True)])
        says *= self.weights[near] * (
            self.again_last if item == visit[-1] else self.again if (visit == item).any() else 1.0
        )
        latest, counts = self._counted(visit)
        brings = [says[among(near, self.lists[seed])].sum() for seed in latest]
        return Why.of(np.array(latest, np.int32), counts * np.array(brings))

    def _says(self, row: int, place: int, item: int) -> float:
        """What one visit says of an item, at the place where it shares something, if it is as near as 1."""
        steps = np.flatnonzero(self.sessions[row] == item) - place
        weight = np.exp(-(np.abs(steps) - 1.0) / self.distance) * np.where(steps < 0, self.backwards, 1.0)
        return float(np.where(steps == 0, self.own, weight).sum() * self.found[item])

    def _counted(self, visit: Codes) -> tuple[list[int], Array]:
        """The different items of a visit, the latest first, and what each counts when it is shared."""
        latest = list(dict.fromkeys(visit[::-1].tolist()))
        steps = len(visit) - 1 - np.array([int(np.flatnonzero(visit == item)[-1]) for item in latest])
        return latest, np.exp(-steps / self.recency) * self.shared[latest]

    def _nearest(self, visit: Codes) -> tuple[Array, Array, Array]:
        """The nearest visits, how near, and the place in each of the latest item that it shares with this one."""
        latest, counts = self._counted(visit)
        rows = [self.lists[item] for item in latest]
        places = [self.places[self.lists.offsets[item] : self.lists.offsets[item + 1]] for item in latest]
        entries = np.concatenate(rows)
        near, position = distinct(entries)
        similarity = np.bincount(position, np.repeat(counts, [len(row) for row in rows]), minlength=len(near))
        similarity = similarity * self.weights[near]
        first = np.full(len(near), len(entries))
        np.minimum.at(first, position, np.arange(len(entries)))
        best = np.lexsort((near, -similarity))[: self.neighbours]
        return near[best], similarity[best], np.concatenate(places)[first[best]]
