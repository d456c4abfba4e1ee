"""Exact least squares for the rows of alternating least squares, all dimensions at once or one block after another.

Each row minimises ``|D^½ x|² + Σ (1 - y·x)²`` over its own factors y, ``D = spread + shrink[row]`` being a diagonal. In
units in which D is one, the dimensions of a block, with columns B and what the others leave to be explained, r, have
the answer ``(I + BᵀB)⁻¹ Bᵀ r``, which is also ``Bᵀ (I + B Bᵀ)⁻¹ r``: whichever matrix is smaller is inverted, so that
a row of few items costs little. Since D is diagonal, blocks meet in r alone. Rendle, Krichene, Zhang and Koren, iALS++:
speeding up matrix factorization with subspace optimization, 2021.

The matrices are built and factored (Cholesky) in tiles of 4 by 16 numbers, which stay in registers until they are done.
"""

from typing import Any

import numpy as np
from numba import njit

from endcap.models.kernels.registers import registers

Array = np.ndarray[Any, Any]
ONE, NOTHING = np.float32(1.0), np.float32(0.0)
LANES = 16
Corner = tuple[Any, Any, Any, Any, Any, Any, Any, Any, Any, Any]
"""Of the triangle of four rows and columns: one over its diagonal, and what stands above that, row by row."""
AS_IT_IS = (ONE, ONE, ONE, ONE, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)


@njit(cache=True, nogil=True, fastmath=True)
def in_blocks(
    first: int, last: int, offsets: Array, others: Array, factors: Array, spread: Array, shrink: Array, solved: Array,
    block: int,
) -> None:  # fmt: skip
    """Improves ``solved[first:last]``, so many dimensions at a time; in one block, that is the answer itself."""
    size, longest = factors.shape[1], _longest(first, last, offsets)
    several = block < size
    block = min(block, size)
    by_item, by_dimension = _room(longest, block), _room(block, min(longest, block))
    upper, inverse = _room(_padded(block), block), np.empty(_padded(block), np.float32)
    left, aim = np.zeros(_padded(longest), np.float32), np.zeros(_padded(block), np.float32)
    scale = np.empty(size, np.float32)
    for row in range(first, last):
        own, n = others[offsets[row] : offsets[row + 1]], offsets[row + 1] - offsets[row]
        for d in range(size):
            scale[d] = ONE / np.sqrt(spread[d] + shrink[row])
        _missed(own, factors, solved[row], several and n > 0, left)
        for start in range(0, size, block):
            x, by = solved[row, start : start + block], scale[start : start + block]
            for d in range(len(x)):
                x[d] = x[d] / by[d] if several else NOTHING
            if n < len(x) - len(x) // 4:
                _across(own, factors, start, by, by_dimension)
                if several:
                    _add_sums(by_dimension, len(x), n, x, ONE, left)
                for at in range(_fours(n)):
                    aim[at] = left[at]
                _factor(by_dimension, len(x), n, upper, inverse)
                _solve(upper, n, inverse, aim)
                for d in range(len(x)):
                    x[d] = NOTHING
                _add_products(by_dimension, len(x), n, aim, ONE, x)
                if several:
                    _add_sums(by_dimension, len(x), n, x, -ONE, left)
            else:
                _along(own, factors, start, by, by_item)
                if several:
                    _add_products(by_item, n, len(x), x, ONE, left)
                for d in range(_padded(len(x))):
                    aim[d] = NOTHING
                _add_sums(by_item, n, len(x), left, ONE, aim)
                _factor(by_item, n, len(x), upper, inverse)
                _solve(upper, len(x), inverse, aim)
                for d in range(len(x)):
                    x[d] = aim[d]
                if several:
                    _add_products(by_item, n, len(x), x, -ONE, left)
            for d in range(len(x)):
                x[d] *= by[d]


@njit(cache=True, nogil=True)
def _longest(first: int, last: int, offsets: Array) -> int:
    longest = 0
    for row in range(first, last):
        longest = max(longest, offsets[row + 1] - offsets[row])
    return longest


@njit(cache=True, nogil=True)
def _padded(n: int) -> int:
    return (n + LANES - 1) // LANES * LANES


@njit(cache=True, nogil=True)
def _fours(n: int) -> int:
    return (n + 3) // 4 * 4


@njit(cache=True, nogil=True)
def _room(length: int, width: int) -> Any:
    """A matrix of whole tiles; one to spare, since rows a power of two apart would share few places in the cache."""
    return np.zeros((length, _padded(width) // LANES + 1, LANES), np.float32)


@njit(cache=True, nogil=True)
def _flat(tiles: Array) -> Any:
    return tiles.reshape(len(tiles), tiles.shape[1] * LANES)


@njit(cache=True, nogil=True, fastmath=True)
def _missed(own: Array, factors: Array, x: Array, known: bool, left: Array) -> None:
    """Fills `left` with what a row's vector does not explain of each of its items."""
    for at in range(len(own)):
        factor, missed = factors[own[at]], ONE
        if known:
            for d in range(len(x)):
                missed -= factor[d] * x[d]
        left[at] = missed
    for at in range(len(own), _padded(len(own))):
        left[at] = NOTHING


@njit(cache=True, nogil=True, fastmath=True)
def _along(own: Array, factors: Array, start: int, by: Array, tiles: Array) -> None:
    """Fills ``tiles[item, dimension]`` with scaled factors from a dimension on."""
    matrix = _flat(tiles)
    for at in range(len(own)):
        factor, here = factors[own[at], start : start + len(by)], matrix[at]
        for d in range(len(by)):
            here[d] = factor[d] * by[d]
        for d in range(len(by), _padded(len(by))):
            here[d] = NOTHING


@njit(cache=True, nogil=True, fastmath=True)
def _across(own: Array, factors: Array, start: int, by: Array, tiles: Array) -> None:
    """Fills ``tiles[dimension, item]`` with scaled factors from a dimension on."""
    matrix, n = _flat(tiles), len(own)
    for at in range(n):
        factor = factors[own[at], start : start + len(by)]
        for d in range(len(by)):
            matrix[d, at] = factor[d] * by[d]
    for at in range(n, _fours(n)):
        for d in range(len(by)):
            matrix[d, at] = NOTHING


@njit(cache=True, nogil=True, fastmath=True)
def _add_products(tiles: Array, length: int, width: int, vector: Array, sign: Any, total: Array) -> None:
    """Adds the product of ``matrix[length, width]`` and a vector to `total`, or takes it off."""
    matrix = _flat(tiles)
    for at in range(length):
        here, dot = matrix[at], NOTHING
        for column in range(width):
            dot += here[column] * vector[column]
        total[at] += sign * dot


@njit(cache=True, nogil=True, fastmath=True)
def _add_sums(tiles: Array, length: int, width: int, weights: Array, sign: Any, total: Array) -> None:
    """Adds the sum of the rows of ``matrix[length, width]``, weighted, to `total`, or takes it off."""
    matrix, whole = _flat(tiles), total[: _padded(width)]
    for at in range(0, length - 3, 4):
        a, b, c, d = matrix[at], matrix[at + 1], matrix[at + 2], matrix[at + 3]
        w, x, y, z = sign * weights[at], sign * weights[at + 1], sign * weights[at + 2], sign * weights[at + 3]
        for column in range(len(whole)):
            whole[column] += w * a[column] + x * b[column] + y * c[column] + z * d[column]
    for at in range(length - length % 4, length):
        a, w = matrix[at], sign * weights[at]
        for column in range(len(whole)):
            whole[column] += w * a[column]


@njit(cache=True, nogil=True, fastmath=True)
def _factor(tiles: Array, length: int, rank: int, upper: Array, inverse: Array) -> None:
    """Fills in U of ``UᵀU = I + MᵀM``, M being ``matrix[length, rank]``, and one over its diagonal.

    Rows after `rank`, up to a number that four divides, are those of the identity.
    """
    for row in range(0, rank, 4):
        own, first = row // LANES, row % LANES
        _tile(tiles, length, upper, row, own, AS_IT_IS)
        for at in range(4):
            upper[row + at, own, first + at] += ONE
        corner = _corner(upper[row : row + 4, own, first : first + 4], inverse[row : row + 4])
        _divided(corner, upper, row, own)
        for column in range(own + 1, _padded(rank) // LANES):
            _tile(tiles, length, upper, row, column, corner)


@njit(cache=True, nogil=True, fastmath=True)
def _tile(tiles: Array, length: int, upper: Array, row: int, column: int, corner: Corner) -> None:
    """Fills in four rows of U, at one column of tiles: products of M, less those of the rows of U before, divided."""
    own, first = row // LANES, row % LANES
    a, b, c, d = registers(LANES), registers(LANES), registers(LANES), registers(LANES)
    for lane in range(LANES):
        a[lane] = b[lane] = c[lane] = d[lane] = NOTHING
    for at in range(row):
        w, x = upper[at, own, first], upper[at, own, first + 1]
        y, z = upper[at, own, first + 2], upper[at, own, first + 3]
        for lane in range(LANES):
            value = upper[at, column, lane]
            a[lane] -= w * value
            b[lane] -= x * value
            c[lane] -= y * value
            d[lane] -= z * value
    for at in range(length):
        w, x = tiles[at, own, first], tiles[at, own, first + 1]
        y, z = tiles[at, own, first + 2], tiles[at, own, first + 3]
        for lane in range(LANES):
            value = tiles[at, column, lane]
            a[lane] += w * value
            b[lane] += x * value
            c[lane] += y * value
            d[lane] += z * value
    _put(a, b, c, d, corner, upper, row, column)


@njit(cache=True, nogil=True, fastmath=True)
def _divided(corner: Corner, upper: Array, row: int, column: int) -> None:
    """Divides four rows, as they are, by the triangle."""
    a, b, c, d = registers(LANES), registers(LANES), registers(LANES), registers(LANES)
    for lane in range(LANES):
        a[lane], b[lane] = upper[row, column, lane], upper[row + 1, column, lane]
        c[lane], d[lane] = upper[row + 2, column, lane], upper[row + 3, column, lane]
    _put(a, b, c, d, corner, upper, row, column)


@njit(inline="always")
def _put(a: Array, b: Array, c: Array, d: Array, corner: Corner, upper: Array, row: int, column: int) -> None:
    """Writes four rows, divided by the triangle."""
    one, two, three, four, ab, ac, ad, bc, bd, cd = corner
    for lane in range(LANES):
        a[lane] *= one
        b[lane] = (b[lane] - ab * a[lane]) * two
        c[lane] = (c[lane] - ac * a[lane] - bc * b[lane]) * three
        d[lane] = (d[lane] - ad * a[lane] - bd * b[lane] - cd * c[lane]) * four
    for lane in range(LANES):
        upper[row, column, lane], upper[row + 1, column, lane] = a[lane], b[lane]
        upper[row + 2, column, lane], upper[row + 3, column, lane] = c[lane], d[lane]


@njit(cache=True, nogil=True, fastmath=True)
def _corner(square: Array, inverse: Array) -> Corner:
    """The triangle of a square of four rows and columns, of which the upper half is looked at."""
    one = ONE / np.sqrt(square[0, 0])
    ab, ac, ad = square[0, 1] * one, square[0, 2] * one, square[0, 3] * one
    two = ONE / np.sqrt(square[1, 1] - ab * ab)
    bc, bd = (square[1, 2] - ab * ac) * two, (square[1, 3] - ab * ad) * two
    three = ONE / np.sqrt(square[2, 2] - ac * ac - bc * bc)
    cd = (square[2, 3] - ac * ad - bc * bd) * three
    four = ONE / np.sqrt(square[3, 3] - ad * ad - bd * bd - cd * cd)
    inverse[0], inverse[1], inverse[2], inverse[3] = one, two, three, four
    return one, two, three, four, ab, ac, ad, bc, bd, cd


@njit(cache=True, nogil=True, fastmath=True)
def _solve(upper: Array, rank: int, inverse: Array, aim: Array) -> None:
    """The answer of ``UᵀU x = aim`` in place of `aim`, four rows at a time; it goes on after `rank` with zeros."""
    matrix, n = _flat(upper), _fours(rank)
    for row in range(0, n, 4):
        a, b, c, d = matrix[row, row:n], matrix[row + 1, row:n], matrix[row + 2, row:n], matrix[row + 3, row:n]
        rest, by = aim[row:n], inverse[row : row + 4]
        w = rest[0] * by[0]
        x = (rest[1] - w * a[1]) * by[1]
        y = (rest[2] - w * a[2] - x * b[2]) * by[2]
        z = (rest[3] - w * a[3] - x * b[3] - y * c[3]) * by[3]
        for at in range(4, len(rest)):
            rest[at] -= w * a[at] + x * b[at] + y * c[at] + z * d[at]
        rest[0], rest[1], rest[2], rest[3] = w, x, y, z
    for row in range(n - 4, -1, -4):
        a, b, c, d = matrix[row, row:n], matrix[row + 1, row:n], matrix[row + 2, row:n], matrix[row + 3, row:n]
        rest, by = aim[row:n], inverse[row : row + 4]
        w, x, y, z = rest[0], rest[1], rest[2], rest[3]
        for at in range(4, len(rest)):
            value = rest[at]
            w -= value * a[at]
            x -= value * b[at]
            y -= value * c[at]
            z -= value * d[at]
        z *= by[3]
        y = (y - z * c[3]) * by[2]
        x = (x - y * b[2] - z * b[3]) * by[1]
        rest[0] = (w - x * a[1] - y * a[2] - z * a[3]) * by[0]
        rest[1], rest[2], rest[3] = x, y, z
