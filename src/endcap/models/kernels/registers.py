"""Two things that numba has no words for: numbers in the processor's registers, and memory asked for in advance.

Compiled code calls both like functions; numba asks each for its signature and for what writes its instructions (LLVM).
"""

from typing import Any

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

FLOAT, BYTE, INT, LONG = ir.FloatType(), ir.IntType(8).as_pointer(), ir.IntType(32), ir.IntType(64)
TO_READ, TO_STAY, DATA = INT(0), INT(3), INT(1)
"""How memory is fetched."""
carray = numba.carray  # type: ignore[attr-defined]


@numba.njit(inline="always")
def registers(n: int) -> Any:
    """So many numbers (a constant) on the stack, as an array that is to be filled.

    Nothing else can overlap with them: LLVM keeps them in registers, as far as there are enough, wherever loops over
    them have a length that is known when compiling. Without this, each sum would be read and written at every step.
    """
    return carray(_on_stack(n), n)


def _stacked(typing: Any, n: Any) -> Any:
    if not isinstance(n, types.IntegerLiteral):
        return None

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        with builder.goto_entry_block():
            place = builder.alloca(ir.ArrayType(FLOAT, n.literal_value))
        place.align = 64
        return builder.bitcast(place, FLOAT.as_pointer())

    return types.CPointer(types.float32)(n), write  # type: ignore[no-untyped-call]


def _fetched(typing: Any, matrix: Any, row: Any, column: Any) -> Any:
    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        array = context.make_array(matrix)(context, builder, values[0])
        width = builder.extract_value(array.shape, 1)
        place = builder.gep(array.data, [builder.add(builder.mul(values[1], width), values[2])])
        kind = ir.FunctionType(ir.VoidType(), [BYTE, INT, INT, INT])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [BYTE], kind)
        builder.call(prefetch, [builder.bitcast(place, BYTE), TO_READ, TO_STAY, DATA])
        return context.get_dummy_value()

    return types.void(matrix, types.intp, types.intp), write


_on_stack: Any = intrinsic(prefer_literal=True)(_stacked)
fetch: Any = intrinsic(_fetched)
"""``fetch(matrix, row, column)`` has the 64 bytes there brought near, while others are worked on; C order only."""
