"""From events to counts of pairs, and from these to neighbours, on all cores; what is computed is in the kernel."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Ragged, Scores, offsets_of
from endcap.core.pairs import Counting, PairCounts
from endcap.models.lines import Lines
from endcap.models.similarities import Measured, measure_of

if TYPE_CHECKING:
    from endcap.models.kernels.counting import Have, Rows, Worth

PARTS = 8
"""Of the items, per thread: enough that no thread waits long for the last one."""


@dataclass(frozen=True)
class Together:
    """Different items by row, the rows of each item, and what is needed to count their pairs."""

    rows: "Rows"
    have: "Have"
    worth: "Worth"
    reach: NDArray[np.int64]
    """How many places each item meets in its rows ``[n_items]``: it has at most so many neighbours."""

    @property
    def alone(self) -> NDArray[np.float64]:
        """What each item counts in all the rows that have it ``[n_items]``."""
        from endcap.models.kernels.counting import alone  # noqa: PLC0415 — compiled code is for fitting only

        if self.worth.same:
            return np.diff(self.have.offsets).astype(np.float64)
        counts: NDArray[np.float64] = alone(self.rows.starts, self.rows.items, self.worth.items, len(self.reach))
        return counts

    @property
    def total(self) -> float:
        """What all rows that have an item count."""
        filled = np.diff(self.rows.starts) > 1
        return float(filled.sum() if self.worth.same else self.worth.items[self.rows.starts[:-1][filled]].sum())

    @property
    def counters(self) -> Array:
        """Zeros to count with ``[n_items]``: whole numbers, if all pairs count the same."""
        return np.zeros(len(self.reach), np.int32 if self.worth.same else np.float64)


def together(lines: Lines, how: Counting, n_items: int) -> Together:
    """The rows of different items, and what each row and each item in it counts."""
    from endcap.models.kernels.counting import Have, Rows, first_touches, placed  # noqa: PLC0415

    weights = np.empty(0) if lines.weights is None else lines.weights
    starts, items, weights = first_touches(lines.items.offsets, lines.items.values, weights, n_items)
    worth = _worth(lines, how, starts, weights, n_items)
    *have, reach = placed(starts, items, not worth.same, n_items)
    return Together(Rows(starts, items), Have(*have), worth, reach)


def _worth(
    lines: Lines, how: Counting, starts: NDArray[np.int64], weights: NDArray[np.float64], n_items: int
) -> "Worth":
    from endcap.models.kernels.counting import Worth  # noqa: PLC0415 — compiled code is for fitting only

    alike = lines.weights is None and lines.rows is None and not how.length_power and not how.idf
    if alike and how.distance is None and how.backwards == 1.0:
        return Worth(True, np.empty(0), np.empty(0))
    lengths = np.maximum(np.diff(starts) - 1, 1)
    rows = np.ones(len(lengths)) if lines.rows is None else lines.rows.copy()
    if how.length_power:
        rows *= lengths**-how.length_power
    if how.idf:
        rows *= np.log(np.maximum(n_items / lengths, 1.0)) ** 2
    worth = weights if len(weights) else np.ones(starts[-1])
    worth[starts[:-1]] = rows
    return Worth(False, worth, _near(how, int(lengths.max(initial=1))))


def _near(how: Counting, longest: int) -> NDArray[np.float64]:
    """What a pair counts by the steps from one item to the other ``[2 longest - 1]``."""
    steps = np.arange(1 - longest, longest)
    near = np.ones(len(steps)) if how.distance is None else np.exp(-(np.abs(steps) - 1.0) / how.distance)
    return np.where(steps < 0, near * how.backwards, near)


def nearest(rows: Together, how: Measured, keep: int) -> tuple[Ragged, Scores]:
    """The best neighbours of every item, best first, and their scores."""
    from endcap.models.kernels.counting import neighbours_of  # noqa: PLC0415 — compiled code is for fitting only

    measure = measure_of(how, rows.alone, rows.total)
    return _collected(
        lambda first, last, *out: neighbours_of(
            first, last, rows.rows, rows.have, rows.worth, measure, rows.counters, *out
        ),
        rows.reach, keep,
    )  # fmt: skip


def nearest_of(counts: PairCounts, how: Measured, keep: int) -> tuple[Ragged, Scores]:
    """As `nearest`, from pairs that are counted already."""
    from endcap.models.kernels.counting import neighbours_among  # noqa: PLC0415 — compiled code is for fitting only

    measure = measure_of(how, counts.alone, counts.total)
    pairs = counts.others.offsets, counts.others.values, counts.together
    return _collected(
        lambda first, last, *out: neighbours_among(first, last, *pairs, measure, *out), counts.others.lengths, keep
    )


def counted(rows: Together) -> PairCounts:
    """All pairs of the rows: once to know how many there are, and once to keep them."""
    from endcap.models.kernels.counting import pairs_of  # noqa: PLC0415 — compiled code is for fitting only

    lengths = np.zeros(len(rows.reach), np.int64)
    starts, others, counts = np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0)

    def part(first: int, last: int) -> None:
        pairs_of(first, last, rows.rows, rows.have, rows.worth, rows.counters, starts, lengths, others, counts)

    in_parts(part, rows.reach)
    starts = offsets_of(lengths)
    others, counts = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.float64)
    in_parts(part, rows.reach)
    return PairCounts(Ragged(starts, others), counts, rows.alone, rows.total)


def added(counts: PairCounts, more: PairCounts, scale: float = 1.0) -> PairCounts:
    """The counts of both, the first of which are scaled; `more` may know items that come after those of the first."""
    from endcap.models.kernels.counting import merged  # noqa: PLC0415 — compiled code is for fitting only

    offsets, others, together = merged(
        counts.others.offsets, counts.others.values, counts.together,
        more.others.offsets, more.others.values, more.together, scale,
    )  # fmt: skip
    alone = more.alone.copy()
    alone[: len(counts.alone)] += scale * counts.alone
    return PairCounts(Ragged(offsets, others), together, alone, scale * counts.total + more.total)


def _collected(job: Callable[..., None], most: NDArray[np.int64], keep: int) -> tuple[Ragged, Scores]:
    """Runs a job that writes, for each item, at most so many items and scores; and closes the gaps."""
    starts = offsets_of(np.minimum(most, keep))
    lengths = np.zeros(len(most), np.int64)
    items, scores = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.float32)
    in_parts(lambda first, last: job(first, last, starts, lengths, items, scores), most)
    room = np.diff(starts)
    if (lengths < room).any():
        inside = np.arange(starts[-1]) - np.repeat(starts[:-1], room) < np.repeat(lengths, room)
        items, scores = items[inside], scores[inside]
    return Ragged(offsets_of(lengths), items), scores


def in_parts(job: Callable[[int, int], None], work: NDArray[np.int64]) -> None:
    """Runs a compiled job on ranges of items that are about as much work each."""
    threads = os.cpu_count() or 1
    done = offsets_of(work + 1)
    wanted = np.linspace(0, done[-1], PARTS * threads + 1)
    edges = np.unique(np.append(np.searchsorted(done, wanted[:-1]), len(work))).tolist()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(job, edges[:-1], edges[1:]))
