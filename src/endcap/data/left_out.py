"""What a step left out, told by its expression, so that what it left need not be written down once more."""

from typing import Any

import ibis
import ibis.expr.operations as ops

OTHERS = {"anti": "semi", "semi": "anti"}
"""A join that keeps rows, and the one that keeps all others."""


def left_out(given: ibis.Table, table: ibis.Table) -> ibis.Table | None:
    """The rows of a table that are not in what a step made of it; None if that cannot be told, or it did more.

    A step that does nothing but leave out rows once (by a filter, or a join that asks whether there is a match) leaves
    out those that the opposite filter or join keeps; columns that it worked with in between do not matter.
    """
    if set(given.columns) != set(table.columns):
        return None
    base, op, cut = table.op(), given.op(), None
    while op != base:
        if isinstance(op, ops.Filter | ops.JoinChain):
            if cut is not None:
                return None
            cut = op
        if not _passes_on(op, table.columns):
            return None
        op = op.first.parent if isinstance(op, ops.JoinChain) else op.parent
    return table.limit(0) if cut is None else _opposite(cut).select(table.columns)


def _passes_on(op: Any, columns: tuple[str, ...]) -> bool:
    """Whether rows go through an operation as they are, if they go through."""
    if isinstance(op, ops.JoinChain):
        once = len(op.rest) == 1 and op.rest[0].how in OTHERS
        return once and all(_is_field(op.values.get(name), name) for name in columns)
    if isinstance(op, ops.Project):
        return all(_is_field(op.values.get(name), name) for name in columns)
    return isinstance(op, ops.Filter | ops.DropColumns)


def _is_field(value: Any, name: str) -> bool:
    return isinstance(value, ops.Field) and value.name == name


def _opposite(cut: Any) -> ibis.Table:
    if isinstance(cut, ops.JoinChain):
        (link,) = cut.rest
        return cut.copy(rest=(link.copy(how=OTHERS[link.how]),)).to_expr()
    # What is not known to hold does not: a filter leaves it out.
    holds = ibis.and_(*(predicate.to_expr() for predicate in cut.predicates))
    return cut.parent.to_expr().filter(~holds.fill_null(False))
