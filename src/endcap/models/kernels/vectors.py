"""Rows of matrices as vectors of the processor: what compiled loops over short arrays do not become by themselves.

One row of a matrix meets several of another, all of a length that is known when compiling. Written in instructions of
LLVM, which cuts vectors to the width that a processor has; so every number is read once and written once, and nothing
is checked for overlaps, since all is read before anything is written. Compiled code calls these like functions; numba
asks each for its signature and for what writes its instructions. Matrices and lists are contiguous, of float32 and of
int32; `size` and `count` are constants.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

FLOAT, INT, LONG = ir.FloatType(), ir.IntType(32), ir.IntType(64)
LANES = 16
"""Floats in a vector, at most; where a processor has shorter ones, LLVM takes several."""
LOOSE = ("fast",)
"""Adds in any order, and multiplies and adds in one step."""
TO_WRITE, TO_STAY, DATA = INT(1), INT(3), INT(1)
"""How memory is fetched in advance."""


def _compiled(describe: Callable[..., Any]) -> Any:
    """What compiled code calls, from what gives its signature, and what writes its instructions, for given types."""
    return intrinsic(prefer_literal=True)(describe)


@_compiled
def products(
    typing: Any, size: Any, count: Any, ones: Any, one: Any, many: Any, first: Any, others: Any, start: Any, found: Any
) -> Any:
    """Writes dot products of ``ones[one]`` to ``found[:count]``.

    With ``many[first]``, and then with ``many[others[start]]`` and so on.
    """

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        code = Code(context, builder, size.literal_value)
        own = code.read(code.row(ones, *values[2:4]))
        place = code.start(found, values[8])
        for at, row in enumerate(code.rows(count.literal_value, many, others, *values[4:8])):
            both = [builder.fmul(x, y, flags=LOOSE) for x, y in zip(own, code.read(row), strict=True)]
            builder.store(code.sum(both), builder.gep(place, [LONG(at)]))
        return context.get_dummy_value()

    whole = types.int64
    return types.void(size, count, ones, whole, many, whole, others, whole, found), write


@_compiled
def exchanged(
    typing: Any, size: Any, count: Any, ones: Any, one: Any, many: Any, first: Any, others: Any, start: Any, steps: Any
) -> Any:
    """Adds to each of the rows that `products` takes ``ones[one]`` times its step, and to that them times theirs.

    All as they were before. Of a row that comes several times, what the first of them became is kept.
    """

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        code = Code(context, builder, size.literal_value)
        place, home = code.start(steps, values[8]), code.row(ones, *values[2:4])
        own, changed = code.read(home), []
        moved = own
        for at, row in enumerate(code.rows(count.literal_value, many, others, *values[4:8])):
            step, theirs = builder.load(builder.gep(place, [LONG(at)])), code.read(row)
            changed.append((row, code.plus(theirs, step, own)))
            moved = code.plus(moved, step, theirs)
        for row, vectors in reversed(changed):
            code.write(vectors, row)
        code.write(moved, home)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(size, count, ones, whole, many, whole, others, whole, steps), write


@_compiled
def fetched(typing: Any, size: Any, many: Any, one: Any) -> Any:
    """Has the row ``many[one]`` brought near, while others are worked on."""

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        code, line = Code(context, builder, size.literal_value), ir.IntType(8).as_pointer()
        row = code.row(many, *values[1:])
        kind = ir.FunctionType(ir.VoidType(), [line, INT, INT, INT])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [line], kind)
        for at in range(0, code.size, LANES):
            place = builder.bitcast(builder.gep(row, [LONG(at)]), line)
            builder.call(fetch, [place, TO_WRITE, TO_STAY, DATA])
        return context.get_dummy_value()

    return types.void(size, many, types.int64), write


@dataclass(frozen=True)
class Code:
    """Writes instructions about rows of one size; a row is a pointer to its first number."""

    context: Any
    builder: Any
    size: int

    def start(self, kind: Any, array: Any) -> Any:
        """Where an array begins."""
        return self.context.make_array(kind)(self.context, self.builder, array).data

    def row(self, kind: Any, matrix: Any, number: Any) -> Any:
        """The row of that number."""
        return self.builder.gep(self.start(kind, matrix), [self.builder.mul(number, LONG(self.size))])

    def rows(self, count: int, kind: Any, listed: Any, *values: Any) -> list[Any]:
        """So many rows of a matrix: the first, and those that are listed from a place on."""
        matrix, first, numbers, start = values
        place = self.builder.gep(self.start(listed, numbers), [start])
        found = [self.builder.load(self.builder.gep(place, [LONG(at)])) for at in range(count - 1)]
        return [self.row(kind, matrix, number) for number in (first, *(self.builder.sext(n, LONG) for n in found))]

    def read(self, row: Any) -> list[Any]:
        """The numbers of a row, in vectors of `LANES`, the rest in shorter ones, the longest first."""
        vectors, at = [], 0
        while at < self.size:
            lanes = min(LANES, 1 << (self.size - at).bit_length() - 1)
            place = self.builder.bitcast(self.builder.gep(row, [LONG(at)]), ir.VectorType(FLOAT, lanes).as_pointer())
            vectors.append(self.builder.load(place, align=4))
            at += lanes
        return vectors

    def write(self, vectors: list[Any], row: Any) -> None:
        """Puts vectors, as they were read, into a row."""
        at = 0
        for vector in vectors:
            place = self.builder.bitcast(self.builder.gep(row, [LONG(at)]), vector.type.as_pointer())
            self.builder.store(vector, place, align=4)
            at += vector.type.count

    def plus(self, vectors: list[Any], step: Any, others: list[Any]) -> list[Any]:
        """Vectors, to which others were added, times a number."""
        found = []
        for one, other in zip(vectors, others, strict=True):
            nothing = ir.Constant(one.type, ir.Undefined)
            alike = self._picked(self.builder.insert_element(nothing, step, INT(0)), [0] * one.type.count)
            found.append(self.builder.fadd(one, self.builder.fmul(alike, other, flags=LOOSE), flags=LOOSE))
        return found

    def sum(self, vectors: list[Any]) -> Any:
        """The sum of all numbers in vectors, the longest of which come first."""
        total = vectors[0]
        for vector in vectors[1:]:
            total = self.builder.fadd(self._folded(total, vector.type.count), vector, flags=LOOSE)
        return self.builder.extract_element(self._folded(total, 1), INT(0))

    def _folded(self, vector: Any, lanes: int) -> Any:
        """Adds the second half of a vector to the first, until it is so short."""
        while vector.type.count > lanes:
            half = vector.type.count // 2
            halves = self._picked(vector, range(half)), self._picked(vector, range(half, 2 * half))
            vector = self.builder.fadd(*halves, flags=LOOSE)
        return vector

    def _picked(self, vector: Any, lanes: Any) -> Any:
        which = ir.Constant(ir.VectorType(INT, len(lanes)), list(lanes))
        return self.builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), which)
