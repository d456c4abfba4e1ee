"""Conjugate gradient for the rows of alternating least squares, each from where it stands.

Each row minimises ``|D^½ x|² + Σ (1 - y·x)²`` over its own factors y, ``D = spread + shrink[row]`` being a diagonal. In
units in which D is one this is ``|x|² + |1 - B x|²``: well conditioned, and nothing but B is ever looked at.
Hestenes and Stiefel, Methods of conjugate gradients for solving linear systems, 1952.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import njit

from endcap.models.kernels.registers import fetch, registers

Array = np.ndarray[Any, Any]
ONE, NOTHING = np.float32(1.0), np.float32(0.0)
AHEAD = 16
"""So many factors are on their way from memory while one is worked on."""
SHORT = 64
"""Loops over fewer dimensions are slower, not faster, if their length is known: the compiler then writes them out."""
SMALL = np.float32(1e-14)


@cache
def descender(size: int) -> Callable[..., None]:
    """The compiled `descended` for factors of that size: all that it works on, but B, then stays in registers."""

    @njit(cache=True, nogil=True, fastmath=True)
    def descended(
        first: int, last: int, offsets: Array, others: Array, factors: Array, spread: Array, shrink: Array,
        solved: Array, steps: int, block: Array,
    ) -> None:  # fmt: skip
        """Improves ``solved[first:last]`` by so many steps; `block` is room for the factors of the longest row."""
        length = size if size >= SHORT else factors.shape[1]
        scale, x, left = registers(size), registers(size), registers(size)
        along, image = registers(size), registers(size)
        for row in range(first, last):
            own, place = others[offsets[row] : offsets[row + 1]], solved[row]
            for d in range(length):
                scale[d] = ONE / np.sqrt(spread[d] + shrink[row])
                x[d] = place[d] / scale[d] if len(own) else NOTHING
            _gathered(own, factors, scale, x, block, left, length)
            squared = NOTHING
            for d in range(length):
                along[d] = left[d]
                squared += left[d] * left[d]
            for step in range(steps):
                if squared < SMALL:
                    break
                far = squared / _curvature(block, len(own), along, image, length, step < steps - 1)
                remaining = NOTHING
                for d in range(length):
                    x[d] += far * along[d]
                    left[d] -= far * image[d]
                    remaining += left[d] * left[d]
                turn, squared = remaining / squared, remaining
                for d in range(length):
                    along[d] = left[d] + turn * along[d]
            for d in range(length):
                place[d] = x[d] * scale[d]

    compiled: Callable[..., None] = descended
    return compiled


@njit(inline="always")
def _gathered(own: Array, factors: Array, scale: Array, x: Array, block: Array, left: Array, length: int) -> None:
    """Fills B with the scaled factors of a row, and `left` with what is not explained: ``Bᵀ(1 - B x) - x``."""
    for at in range(min(AHEAD, len(own))):
        for d in range(0, length, 16):
            fetch(factors, own[at], d)
    for d in range(length):
        left[d] = -x[d]
    for at in range(len(own)):
        for d in range(0, length, 16):
            fetch(factors, own[min(at + AHEAD, len(own) - 1)], d)
        factor, here, missed = factors[own[at]], block[at], ONE
        for d in range(length):
            scaled = factor[d] * scale[d]
            here[d] = scaled
            missed -= scaled * x[d]
        for d in range(length):
            left[d] += missed * here[d]


@njit(inline="always")
def _curvature(block: Array, n: int, along: Array, image: Array, length: int, wanted: bool) -> Any:
    """The curvature ``a·(I + BᵀB) a`` along a; and, where it is wanted, the image ``(I + BᵀB) a``."""
    curvature = NOTHING
    for d in range(length):
        image[d] = along[d]
        curvature += along[d] * along[d]
    for at in range(n):
        here, dot = block[at], NOTHING
        for d in range(length):
            dot += here[d] * along[d]
        curvature += dot * dot
        if wanted:
            for d in range(length):
                image[d] += dot * here[d]
    return curvature
