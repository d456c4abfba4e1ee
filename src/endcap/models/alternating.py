"""How iALS learns: the factors of visitors and items in turn, each from those of the other side, in shares.

A share is some of the visitors and some of the items, with all that they touched and who touched them. To improve its
visitors it needs the factors of all items, and of the pairs that did not happen only ``FᵀF``: so shares can lie in
different processes, or on different machines, and those two are all that crosses (Mehta et al., ALX: large scale
matrix factorization on TPUs, 2021). Nothing is averaged: many shares find what one does, but for the order of sums.

All factors are turned together before each half of an epoch, so that those held fast have no correlations. That changes
no product, and makes the term of all pairs a diagonal: a row then costs what its items cost.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Ragged
from endcap.models.shards import Ask

Factors = NDArray[np.float32]
Solver = Literal["cg", "cholesky", "blocks"]
VISITORS, ITEMS = 0, 1
TURNED = 4096
"""So many factors are turned at a time."""


@dataclass(frozen=True)
class Loss:
    """What the factors minimise, beside the squares over what happened."""

    unobserved: float
    l2: float
    power: float

    def shrink(self, lengths: Array, others: int) -> NDArray[np.float32]:
        """What is added to the diagonal of rows of so many items out of `others`; a little even if `l2` is nothing."""
        shrunk: NDArray[np.float64] = self.l2 * (lengths + self.unobserved * others) ** self.power
        return np.maximum(shrunk, 1e-6).astype(np.float32)

    def total(self, rows: Ragged, visitors: Factors, items: Factors) -> float:
        """The loss of factors, given the (different) items of each visitor."""
        missed = 0.0
        for start in range(0, len(rows), TURNED):
            part = slice(rows.offsets[start], rows.offsets[min(start + TURNED, len(rows))])
            whose = np.repeat(np.arange(start, min(start + TURNED, len(rows))), rows.lengths[start : start + TURNED])
            missed += float(((1 - np.einsum("nd,nd->n", visitors[whose], items[rows.values[part]])) ** 2).sum())
        held = self.shrink(rows.lengths, len(items)) @ np.square(visitors).sum(axis=1)
        held += self.shrink(np.bincount(rows.values, minlength=len(items)), len(rows)) @ np.square(items).sum(axis=1)
        return missed + self.unobserved * float(((visitors.T @ visitors) * (items.T @ items)).sum()) + float(held)


@dataclass(frozen=True)
class Held:
    """The factors of one side, in axes in which they have no correlations; see `axes`."""

    factors: Factors
    spread: NDArray[np.float32]
    n: int
    """How many there are in all, if only those are given that somebody needs."""

    @classmethod
    def of(cls, factors: Factors, spread: NDArray[np.float32]) -> "Held":
        """All there are."""
        return cls(np.ascontiguousarray(factors), spread, len(factors))


@dataclass(frozen=True)
class Plan:
    """How it is learned; see the fields of `IALS`."""

    loss: Loss
    epochs: int
    solver: Solver
    steps: int
    block: int
    threads: int


@dataclass(frozen=True)
class Share:
    """Some visitors and some items: the rows of each, and their factors, which are changed in place."""

    plan: Plan
    rows: tuple[Ragged, Ragged]
    """Of its visitors the items, of its items the visitors, among all there are."""
    factors: tuple[Factors, Factors]

    def give(self, side: int) -> Factors:
        """Its factors of visitors or items."""
        return self.factors[side]

    def products(self, side: int) -> Factors:
        """``FᵀF`` of its factors of visitors or items."""
        found: Factors = self.factors[side].T @ self.factors[side]
        return found

    def turn(self, side: int, turn: Factors) -> None:
        """Its factors of visitors or items in other axes."""
        factors = self.factors[side]

        def part(start: int) -> None:
            factors[start : start + TURNED] = factors[start : start + TURNED] @ turn

        with ThreadPoolExecutor(self.plan.threads) as pool:
            list(pool.map(part, range(0, len(factors), TURNED)))

    def improve(self, side: int, held: Held) -> None:
        """Its factors of visitors or items for the better, from all of the other side's."""
        plan, rows, own = self.plan, self.rows[side], self.factors[side]
        if plan.solver == "cg":
            descend(rows, held, plan, own)
        else:
            block = plan.block if plan.solver == "blocks" else own.shape[1]
            solve(rows, held, plan.loss, own, block, plan.threads)


def shares(rows: Ragged, have: Ragged, items: Factors, plan: Plan, n: int) -> list[Share]:
    """As many shares, of about as many events each; `items` to start from, visitors start at zero."""
    visitors = np.zeros((len(rows), items.shape[1]), np.float32)
    cuts = (pairwise(_edges(side.offsets, n)) for side in (rows, have))
    return [
        Share(plan, (_part(rows, *some), _part(have, *others)), (visitors[slice(*some)], items[slice(*others)]))
        for some, others in zip(*cuts, strict=True)
    ]


def learning(ask: Ask, plan: Plan) -> Iterator[None]:
    """Improves the factors of all shares by an epoch, whenever it is asked for the next."""
    for _ in range(plan.epochs):
        for side, other in ((ITEMS, VISITORS), (VISITORS, ITEMS)):
            ask("improve", other, held(ask, side, plan, both=plan.solver != "cholesky"))
        yield


def held(ask: Ask, side: int, plan: Plan, *, both: bool = True) -> Held:
    """The factors of one side, after they were turned so that they have no correlations.

    Those of the other side are turned with them, if both are to go on being what they were to each other.
    """
    turn, spread = axes(np.sum(ask("products", side), axis=0), plan.loss.unobserved)
    for each in (VISITORS, ITEMS) if both else (side,):
        ask("turn", each, turn)
    return Held.of(joined(ask("give", side)), spread)


def joined(parts: list[Factors]) -> Factors:
    """The factors of all shares as one; of one share, without a copy."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def axes(products: Factors, unobserved: float) -> tuple[Factors, NDArray[np.float32]]:
    """Axes ``[size, size]`` in which ``unobserved · FᵀF`` is diagonal, and that diagonal, from ``FᵀF``."""
    spread, turn = np.linalg.eigh(unobserved * products.astype(np.float64))
    return np.ascontiguousarray(turn, np.float32), np.maximum(spread, 0.0).astype(np.float32)


def descend(rows: Ragged, held: Held, plan: Plan, own: Factors) -> None:
    """Improves the factors of rows by conjugate gradient, each from where it stands."""
    from endcap.models.kernels.descent import descender  # noqa: PLC0415 — for fitting only

    size, lengths = own.shape[1], rows.lengths
    kernel, shrink = descender(size), plan.loss.shrink(lengths, held.n)
    settings = (rows.offsets, rows.values, held.factors, held.spread, shrink, own, plan.steps)

    def part(first: int, last: int) -> None:
        kernel(first, last, *settings, np.empty((lengths[first:last].max(initial=0), size), np.float32))

    in_parts(part, rows.offsets, plan.threads)


def solve(rows: Ragged, held: Held, loss: Loss, own: Factors, block: int, threads: int) -> None:
    """Solves for one block of dimensions of each row after another; for the answer itself, if there is but one."""
    from endcap.models.kernels.least_squares import in_blocks  # noqa: PLC0415 — a serving process asks one by one

    settings = (rows.offsets, rows.values, held.factors, held.spread, loss.shrink(rows.lengths, held.n), own, block)
    in_parts(lambda first, last: in_blocks(first, last, *settings), rows.offsets, threads)


def in_parts(job: Callable[[int, int], None], offsets: NDArray[np.int64], threads: int) -> None:
    """Runs a compiled job on parts of the rows that have about as many values each."""
    edges = np.unique(_edges(offsets, 4 * threads if threads > 1 else 1)).tolist()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(job, edges[:-1], edges[1:]))


def cores() -> int:
    """How many threads there are to use, if nothing is said."""
    return os.cpu_count() or 1


def _edges(offsets: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Where n parts of about as many values begin, and the last ends."""
    return np.append(np.searchsorted(offsets, np.linspace(0, offsets[-1], n + 1)[:-1]), len(offsets) - 1)


def _part(rows: Ragged, first: int, last: int) -> Ragged:
    """Some rows, without copying their values."""
    offsets = rows.offsets[first : last + 1]
    return Ragged(offsets - offsets[0], rows.values[offsets[0] : offsets[-1]])
