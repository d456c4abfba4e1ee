"""Where tables live while they are prepared: DuckDB in this process, or Spark. One expression, one result.

Steps are Ibis expressions and never ask which engine they run on. What differs (how an engine is started, how Arrow
tables go in and come out without a detour over pandas, which would turn NaN into null) is here and nowhere else.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from endcap.core.errors import BadConfig, BadData, MissingExtra
from endcap.core.part import needs

Engine = Any
"""An Ibis backend: what `connect` gives."""
ENGINES = ("duckdb", "duckdb://MEMORY, such as duckdb://8GB", "pyspark", "pyspark://MASTER, such as pyspark://local[2]")
BATCH = 1 << 18
"""Rows that pass through Python at a time."""
GIGABYTE = 1 << 30
PARQUET = {"compression": "lz4", "row_group_size": 122_880, "dictionary_size_limit": 500}
"""How DuckDB writes what is kept for a while. To try a dictionary on columns of ids takes a third of all the time."""
SPARK = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.ansi.enabled": "false",  # as in DuckDB, what cannot be computed is null and not the end of the run
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def connect(spec: str = "duckdb", scratch: Path | None = None) -> Engine:
    """The engine that a specification names, its clock in UTC; what does not fit into its memory goes to `scratch`.

    Raises `BadConfig` for a specification that names none, `MissingExtra` if Spark or Java is not installed.
    """
    name, _, rest = spec.partition("://")
    if name == "duckdb" and re.fullmatch(r"(\d+(\.\d+)?[KMGT]B)?", rest):
        return _duckdb(rest or f"{_memory() >> 20}MiB", scratch or Path(tempfile.gettempdir(), f"endcap-{os.getpid()}"))
    if name == "pyspark" and (rest or spec == name):
        return _spark(rest or "local[*]", scratch)
    raise BadConfig(f"no engine is called {spec!r}; there are: {', '.join(ENGINES)}")


def kept(table: ibis.Table, path: Path) -> ibis.Table:
    """The table, computed once and kept as Parquet at a path that does not exist yet: a file, or on Spark a folder.

    It is complete or it is not there.
    """
    engine = table.get_backend()
    beside = path.with_name(f".{path.name}.part")
    discard(beside)
    if _is_spark(engine):
        engine.to_parquet(table, beside, mode="overwrite")
    else:
        engine.to_parquet(table, beside, **PARQUET)
    beside.rename(path)
    return reopened(engine, path)


def reopened(engine: Engine, path: Path) -> ibis.Table:
    """A table that was `kept`, in an engine that need not be the one that kept it."""
    return engine.read_parquet(str(path) if path.is_file() or _is_spark(engine) else str(path / "*.parquet"))


def batches(table: ibis.Table) -> Iterator[pa.RecordBatch]:
    """The rows in Arrow, some hundred thousand at a time, in the order of the table."""
    engine, schema = table.get_backend(), table.schema().to_pyarrow()
    if not _is_spark(engine):
        engine._run_pre_execute_hooks(table)  # as Ibis does; its own batches call what DuckDB 1.5 warns of
        for batch in engine.raw_sql(engine.compile(table)).to_arrow_reader(BATCH):
            yield batch.cast(schema)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        engine.to_parquet(table, path)
        for batch in stored(path):
            yield batch.cast(schema)


def stored(path: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a table that was `kept`, in Arrow and in their order, without asking an engine."""
    for part in [path] if path.is_file() else sorted(path.glob("part-*.parquet")):  # numbered in the order of the rows
        with pq.ParquetFile(part) as file:
            yield from file.iter_batches(BATCH)


def arrow(table: ibis.Table) -> pa.Table:
    """All rows in Arrow; for tables that fit into memory."""
    return table.to_pyarrow()


def uploaded(engine: Engine, table: pa.Table) -> ibis.Table:
    """An Arrow table in the engine."""
    name = ibis.util.gen_name("uploaded")
    return engine.adopted(name, table) if _is_spark(engine) else engine.create_table(name, table, temp=True)


def moved(table: ibis.Table, engine: Engine) -> ibis.Table:
    """The table in an engine, by way of Arrow if it is in another one."""
    return table if table.get_backend() is engine else uploaded(engine, arrow(table))


def rows(table: ibis.Table) -> int:
    """How many rows a table has."""
    return int(arrow(table.aggregate(rows=table.count()))["rows"][0].as_py())


@contextmanager
def failing_clearly() -> Iterator[None]:
    """What an engine or the disk says, in one line and as `BadData`, instead of a stack trace."""
    spark = sys.modules.get("pyspark.errors")
    known = (duckdb.Error, OSError, spark.PySparkException) if spark else (duckdb.Error, OSError)
    try:
        yield
    except known as error:
        raise BadData(f"preparation stopped: {' '.join(str(error).split())[:500]}") from error


def close(engine: Engine) -> None:
    """Gives back the memory of an engine. Spark stays, since the whole process shares one."""
    if not _is_spark(engine):
        engine.disconnect()


def discard(path: Path) -> None:
    """Removes a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _is_spark(engine: Engine) -> bool:
    return bool(engine.name == "pyspark")


def _memory() -> int:
    """Bytes for DuckDB: what it needs to sort well on every core, never more than half of the machine's."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(machine // 2, (os.cpu_count() or 1) * 3 * GIGABYTE // 2)


def _duckdb(memory: str, scratch: Path) -> Engine:
    engine = ibis.duckdb.connect(memory_limit=memory, temp_directory=str(scratch))
    engine.raw_sql("SET enable_progress_bar = false")
    return engine


def _spark(master: str, scratch: Path | None) -> Engine:
    needs("pyspark", extra="spark")
    from pyspark.errors import PySparkRuntimeError  # noqa: PLC0415 — an extra
    from pyspark.sql import SparkSession  # noqa: PLC0415

    from endcap.data.spark import Spark  # noqa: PLC0415

    java = Path(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else shutil.which("java")
    if not java or not Path(java).exists():
        raise MissingExtra("pyspark needs Java 17 or later: there is none in JAVA_HOME or on the PATH")
    cores = os.cpu_count() or 1
    options = {**SPARK, "spark.sql.shuffle.partitions": str(2 * cores)}
    if master.startswith("local"):
        options["spark.driver.memory"] = f"{max(_memory() >> 20, 1024)}m"
        options["spark.local.dir"] = str(scratch or tempfile.gettempdir())
    builder = SparkSession.builder.master(master).appName("endcap")
    for key, value in options.items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except PySparkRuntimeError as error:
        raise MissingExtra(f"Spark does not start (it needs Java 17 or later): {error}") from error
    session.sparkContext.setLogLevel("ERROR")
    ibis.pyspark  # noqa: B018 — Ibis registers the options of an engine when it is first named
    return Spark().connect(session)
