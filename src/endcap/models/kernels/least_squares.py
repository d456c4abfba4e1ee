"""Least squares for many rows that share a diagonal quadratic term, as alternating least squares needs it.

Each row solves ``(D + Σ y yᵀ) x = Σ y`` over its own factors y, with ``D = spread + shrink[row]`` on the diagonal.
Scaled by D^-1/2 this is ``(I + BᵀB) x' = Bᵀ 1``, which is well conditioned, and smaller than it looks: its answer lies
in the span of the rows of B, so that short rows are solved in as many dimensions as they have items.
"""

from typing import Any

import numpy as np
from numba import njit

Array = np.ndarray[Any, Any]


@njit(cache=True, nogil=True, fastmath=True)
def descended(
    first: int, last: int, offsets: Array, others: Array, factors: Array, spread: Array, shrink: Array, solved: Array,
    steps: int,
) -> None:  # fmt: skip
    """Improves ``solved[first:last]`` by so many steps of conjugate gradient from where each row stands."""
    size = factors.shape[1]
    longest = 0
    for row in range(first, last):
        longest = max(longest, offsets[row + 1] - offsets[row])
    block = np.empty((longest, size), np.float32)
    scale, x = np.empty(size, np.float32), np.empty(size, np.float32)
    left, along, image = np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.float32)
    one, nothing = np.float32(1.0), np.float32(0.0)
    for row in range(first, last):
        start, n = offsets[row], offsets[row + 1] - offsets[row]
        if n == 0:
            solved[row, :] = nothing
            continue
        for d in range(size):
            scale[d] = one / np.sqrt(spread[d] + shrink[row])
            x[d] = solved[row, d] / scale[d]
            left[d] = -x[d]
        for at in range(n):
            factor, here, dot = factors[others[start + at]], block[at], nothing
            for d in range(size):
                scaled = factor[d] * scale[d]
                here[d] = scaled
                dot += scaled * x[d]
            dot = one - dot
            for d in range(size):
                left[d] += dot * here[d]
        squared = nothing
        for d in range(size):
            along[d] = left[d]
            squared += left[d] * left[d]
        for _ in range(steps):
            if squared < np.float32(1e-14):
                break
            for d in range(size):
                image[d] = along[d]
            for at in range(n):
                here, dot = block[at], nothing
                for d in range(size):
                    dot += here[d] * along[d]
                for d in range(size):
                    image[d] += dot * here[d]
            curvature = nothing
            for d in range(size):
                curvature += along[d] * image[d]
            step, remaining = squared / curvature, nothing
            for d in range(size):
                x[d] += step * along[d]
                left[d] -= step * image[d]
                remaining += left[d] * left[d]
            turn = remaining / squared
            squared = remaining
            for d in range(size):
                along[d] = left[d] + turn * along[d]
        for d in range(size):
            solved[row, d] = x[d] * scale[d]


@njit(cache=True, nogil=True, fastmath=True)
def exactly(
    first: int, last: int, offsets: Array, others: Array, factors: Array, spread: Array, shrink: Array, solved: Array
) -> None:
    """Fills ``solved[first:last]`` with the answer itself, by Cholesky in the smaller of items and dimensions."""
    size = factors.shape[1]
    longest = 0
    for row in range(first, last):
        longest = max(longest, offsets[row + 1] - offsets[row])
    block = np.empty((longest, size), np.float32)
    scale = np.empty(size, np.float32)
    one, nothing = np.float32(1.0), np.float32(0.0)
    for row in range(first, last):
        start, n = offsets[row], offsets[row + 1] - offsets[row]
        if n == 0:
            solved[row, :] = nothing
            continue
        for d in range(size):
            scale[d] = one / np.sqrt(spread[d] + shrink[row])
        for at in range(n):
            factor, here = factors[others[start + at]], block[at]
            for d in range(size):
                here[d] = factor[d] * scale[d]
        rank = min(n, size)
        within, aim = np.zeros((rank, rank), np.float32), np.zeros(rank, np.float32)
        if n < size:
            _products(block[:n], within)
            aim[:] = one
        else:
            _squares(block[:n], within, aim)
        for d in range(rank):
            within[d, d] += one
        _solve(within, aim)
        if n < size:
            for d in range(size):
                solved[row, d] = nothing
            for at in range(n):
                here, weight = block[at], aim[at]
                for d in range(size):
                    solved[row, d] += weight * here[d]
            for d in range(size):
                solved[row, d] *= scale[d]
        else:
            for d in range(size):
                solved[row, d] = aim[d] * scale[d]


@njit(cache=True, nogil=True, fastmath=True)
def _products(block: Array, within: Array) -> None:
    """Fills the upper half of ``within[n, n]`` with ``B Bᵀ``."""
    for row in range(len(block)):
        one = block[row]
        for other in range(row, len(block)):
            two, dot = block[other], np.float32(0.0)
            for d in range(len(one)):
                dot += one[d] * two[d]
            within[row, other] = dot


@njit(cache=True, nogil=True, fastmath=True)
def _squares(block: Array, within: Array, total: Array) -> None:
    """Adds ``BᵀB`` to the upper half of ``within[size, size]`` and ``Bᵀ 1`` to `total`, four rows at a time."""
    size, n = block.shape[1], len(block)
    for at in range(0, n - 3, 4):
        a, b, c, d = block[at], block[at + 1], block[at + 2], block[at + 3]
        for row in range(size):
            w, x, y, z = a[row], b[row], c[row], d[row]
            here = within[row]
            total[row] += w + x + y + z
            for column in range(row, size):
                here[column] += w * a[column] + x * b[column] + y * c[column] + z * d[column]
    for at in range(n - n % 4, n):
        a = block[at]
        for row in range(size):
            w, here = a[row], within[row]
            total[row] += w
            for column in range(row, size):
                here[column] += w * a[column]


@njit(cache=True, nogil=True, fastmath=True)
def _solve(matrix: Array, aim: Array) -> None:
    """The answer of ``matrix @ x = aim`` in place of `aim`; uses the upper half of the matrix, and overwrites it."""
    n = len(aim)
    for column in range(n):
        here = matrix[column]
        root = np.float32(1.0) / np.sqrt(here[column])
        for at in range(column, n):
            here[at] *= root
        aim[column] *= root
        for after in range(column + 1, n):
            weight, there = here[after], matrix[after]
            for at in range(after, n):
                there[at] -= weight * here[at]
            aim[after] -= weight * aim[column]
    for column in range(n - 1, -1, -1):
        total, here = aim[column], matrix[column]
        for at in range(column + 1, n):
            total -= here[at] * aim[at]
        aim[column] = total / here[column]
