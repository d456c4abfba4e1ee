"""Ibis on Spark with three of its corners rounded off; imported only where Spark is asked for.

Ibis 12 brings results and tables in memory over pandas, which makes NaN of null and text of neither, and it strips the
letters v and f from texts, for which Spark takes the escapes that it writes. Here everything passes in Arrow.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import ibis.expr.operations as ops
import pyarrow as pa
from ibis.backends.pyspark import Backend
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

STRIPPING = (ops.Strip, ops.LStrip, ops.RStrip)


class Compiler(PySparkCompiler):  # type: ignore[misc]
    """Writes Spark's SQL."""

    # Those named here would be put in the place of the methods below.
    SIMPLE_OPS: ClassVar = {op: name for op, name in PySparkCompiler.SIMPLE_OPS.items() if op not in STRIPPING}

    def visit_Strip(self, op: Any, *, arg: Any) -> Any:  # noqa: N802 — Ibis finds it by this name
        """Without blanks on both sides."""
        return self.f.regexp_replace(arg, r"^\s+|\s+$", "")

    def visit_LStrip(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        """Without blanks in front."""
        return self.f.regexp_replace(arg, r"^\s+", "")

    def visit_RStrip(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        """Without blanks behind."""
        return self.f.regexp_replace(arg, r"\s+$", "")


class Spark(Backend):  # type: ignore[misc]
    """A Spark session as an engine."""

    compiler = Compiler()

    def to_pyarrow(self, expr: Any, /, *, params: Any = None, limit: Any = None, **options: Any) -> Any:
        """The value of an expression in Arrow."""
        table = expr.as_table()
        self._run_pre_execute_hooks(table)
        query = self._session.sql(self.compile(table, params=params, limit=limit))
        with _leaving_sockets_open():
            return expr.__pyarrow_result__(query.toArrow().cast(table.schema().to_pyarrow()))

    def adopted(self, name: str, table: pa.Table) -> Any:
        """An Arrow table as a table of that name."""
        with _leaving_sockets_open():
            self._session.createDataFrame(table).createOrReplaceTempView(name)
        return self.table(name)

    def _register_in_memory_table(self, op: Any) -> None:
        self.adopted(op.name, op.data.to_pyarrow(op.schema))


@contextmanager
def _leaving_sockets_open() -> Iterator[None]:
    """PySpark leaves the sockets that its results come through to the garbage collector, which then warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
