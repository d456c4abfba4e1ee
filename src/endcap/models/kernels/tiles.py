"""Products of a few queries with a few items, written with the processor's own vectors (LLVM's vector types).

Numba has scalars only, and leaves it to LLVM to make vectors of loops over them; for products of many with many, it
orders the loads so that sums fall out of the registers. Here each step is written as it is meant, for any processor:
LLVM splits what is wider than its registers. Twice as fast as the loops, and faster than OpenBLAS (decision 26).
"""

from typing import Any

import llvmlite.binding as llvm  # type: ignore[import-untyped]
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

ROWS, LANES = 6, 32 if llvm.get_host_cpu_features().get("avx512f") else 16
"""So many queries and items at a time: their sums fill the registers of the processor, but for two or three."""
FLOAT, INT, LONG = ir.FloatType(), ir.IntType(32), ir.IntType(64)
VECTOR = ir.VectorType(FLOAT, LANES)
FAST = ("fast",)
"""Products are added in any order, and in one step with the multiplication where the processor can."""


def _matched(typing: Any, packed: Any, group: Any, panels: Any, panel: Any, floors: Any, found: Any, hits: Any) -> Any:
    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        def array(at: int) -> Any:
            return context.make_array(signature.args[at])(context, builder, values[at])

        size, group, panel = builder.extract_value(array(0).shape, 1), values[1], values[3]
        queries = _moved(builder, array(0).data, builder.mul(group, size), ROWS)
        items = _moved(builder, array(2).data, builder.mul(panel, size), LANES)
        sums = _multiplied(builder, queries, items, size)
        limits = _moved(builder, array(4).data, group, ROWS)
        reached = [
            builder.fcmp_ordered(">=", value, _spread(builder, _number(builder, limits, row)))
            for row, value in enumerate(sums)
        ]
        masks = [builder.zext(builder.bitcast(bits, ir.IntType(LANES)), LONG) for bits in reached]
        some = masks[0]
        for mask in masks[1:]:
            some = builder.or_(some, mask)
        some = builder.icmp_unsigned("!=", some, LONG(0))
        with builder.if_then(some):
            for row, (value, mask) in enumerate(zip(sums, masks, strict=True)):
                place = builder.gep(array(5).data, [LONG(row * LANES)])
                builder.store(value, builder.bitcast(place, VECTOR.as_pointer())).align = 4
                builder.store(mask, builder.gep(array(6).data, [LONG(row)]))
        return some

    return types.boolean(packed, types.intp, panels, types.intp, floors, found, hits), write


def _multiplied(builder: Any, queries: Any, items: Any, size: Any) -> list[Any]:
    """A vector of products for each query: a loop over the dimensions, whose sums never leave the registers."""
    before, loop, after = builder.block, builder.append_basic_block(), builder.append_basic_block()
    builder.branch(loop)
    builder.position_at_end(loop)
    step, sums = builder.phi(LONG), [builder.phi(VECTOR) for _ in range(ROWS)]
    step.add_incoming(LONG(0), before)
    there = _moved(builder, items, step, LANES)
    line = builder.load(builder.bitcast(there, VECTOR.as_pointer()), align=4)
    for row, value in enumerate(sums):
        value.add_incoming(ir.Constant(VECTOR, [0.0] * LANES), before)
        number = _number(builder, _moved(builder, queries, step, ROWS), row)
        product = builder.fmul(_spread(builder, number), line, flags=FAST)
        value.add_incoming(builder.fadd(value, product, flags=FAST), loop)
    step.add_incoming(builder.add(step, LONG(1)), loop)
    builder.cbranch(builder.icmp_signed("<", step.incomings[1][0], size), loop, after)
    builder.position_at_end(after)
    return [value.incomings[1][0] for value in sums]


def _moved(builder: Any, start: Any, by: Any, width: int) -> Any:
    return builder.gep(start, [builder.mul(by, LONG(width))])


def _number(builder: Any, start: Any, at: int) -> Any:
    return builder.load(builder.gep(start, [LONG(at)]))


def _spread(builder: Any, number: Any) -> Any:
    """The number in all lanes."""
    unknown = ir.Constant(VECTOR, ir.Undefined)
    one = builder.insert_element(unknown, number, INT(0))
    return builder.shuffle_vector(one, unknown, ir.Constant(ir.VectorType(INT, LANES), [0] * LANES))


def _lowest(typing: Any, mask: Any) -> Any:
    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.IntType(1)(1))

    return types.int64(types.int64), write


matched: Any = intrinsic(_matched)
"""``matched(packed, group, panels, panel, floors, found, hits)`` says whether any product reaches its query's floor.

Of ``packed[groups, size, ROWS]`` queries and ``panels[n, size, LANES]`` items (at least one dimension), with
``floors[groups, ROWS]``. If any does, all products are in ``found[ROWS, LANES]``, and ``hits[ROWS]`` (int64) has a bit
for each that does. All in C order, numbers float32.
"""
lowest: Any = intrinsic(_lowest)
"""``lowest(mask)`` is the place of the lowest bit that is set; of none, anything."""
