"""Two engines, one result; and clear words when one cannot be started."""

from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from endcap.core.errors import BadConfig, BadData, MissingExtra
from endcap.core.saving import facts_of
from endcap.data.engines import arrow, batches, connect, failing_clearly, kept, moved, reopened, rows, stored, uploaded
from endcap.data.online_retail import OnlineRetail, bundled
from endcap.data.prepare import Plan, prepared
from endcap.testing import same

NAN = float("nan")
TABLE = pa.table({"text": ["a", None, "ü"], "number": [1.5, NAN, None], "whole": pa.array([1, None, 3], pa.int32())})


@pytest.mark.parametrize("spec", ["sparc", "duckdb://plenty", "pyspark://", "", "duckdb:memory"])
def test_an_engine_that_does_not_exist_is_refused_with_those_that_do(spec: str) -> None:
    with pytest.raises(BadConfig, match=rf"no engine is called '{spec}'; there are: duckdb, .*pyspark://local\[2\]"):
        connect(spec)


def test_without_java_spark_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingExtra, match="pyspark needs Java 17 or later: there is none in JAVA_HOME or on the PATH"):
        connect("pyspark")


def test_duckdb_takes_no_more_memory_than_it_is_given(tmp_path: Path) -> None:
    settings = "SELECT current_setting('memory_limit'), current_setting('temp_directory'), current_setting('TimeZone')"
    found = connect("duckdb://2GB", tmp_path).raw_sql(settings).fetchone()
    assert found == ("1.8 GiB", str(tmp_path), "UTC")


def test_arrow_comes_back_as_it_went_in(engine: Any) -> None:
    back = arrow(uploaded(engine, TABLE))
    assert str(back.to_pylist()) == str(TABLE.to_pylist())
    assert back.schema.types == TABLE.schema.types


def test_what_is_kept_can_be_read_by_every_engine_in_its_order(engine: Any, tmp_path: Path) -> None:
    table = uploaded(engine, TABLE).order_by(ibis.desc("whole"))
    path = tmp_path / "table.parquet"
    assert rows(kept(table, path)) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["table.parquet"]
    assert arrow(reopened(connect(), path).filter(ibis._.text == "a"))["number"].to_pylist() == [1.5]
    for streamed in (stored(path), batches(table)):
        assert [text for batch in streamed for text in batch["text"].to_pylist()] == ["ü", "a", None]


def test_a_table_moves_to_another_engine(engine: Any) -> None:
    table = uploaded(connect(), TABLE)
    assert moved(table, engine).get_backend() is engine
    assert str(arrow(moved(table, engine)).to_pylist()) == str(TABLE.to_pylist())


def test_strip_takes_blanks_and_nothing_else(engine: Any) -> None:
    table = uploaded(engine, pa.table({"text": [" \t\n\r\x0b\x0cfive leaf vv\x0c ", "f", "", None]}))
    both, left, right = (table.text.strip(), table.text.lstrip(), table.text.rstrip())
    assert arrow(table.select(both=both))["both"].to_pylist() == ["five leaf vv", "f", "", None]
    assert arrow(table.select(both=left.rstrip()))["both"].to_pylist() == ["five leaf vv", "f", "", None]
    assert arrow(table.select(both=right.lstrip()))["both"].to_pylist() == ["five leaf vv", "f", "", None]


def test_what_an_engine_says_is_one_line(engine: Any, tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"^preparation stopped: .*nothing") as caught, failing_clearly():
        rows(engine.read_parquet(str(tmp_path / "nothing.parquet")))
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("spark")
def test_online_retail_is_the_same_dataset_on_spark(tmp_path: Path) -> None:
    """Its first two weeks: the steps are the same, and a year takes Spark minutes."""
    first_weeks = pc.field("InvoiceDate") < datetime(2010, 12, 15)
    pq.write_table(pq.read_table(bundled(), filters=first_weeks), tmp_path / "orders.parquet")
    plan = Plan([OnlineRetail(orders="orders.parquet")], tmp_path)
    folders = {spec: tmp_path / spec[:4] for spec in ("duckdb", "pyspark://local[2]")}
    ours, theirs = (prepared(plan, spec, folder, "retail") for spec, folder in folders.items())
    assert same(ours, theirs)
    assert ours.now == theirs.now
    ledgers = [facts_of(folder / "dataset")["ledger"] for folder in folders.values()]
    assert ledgers[0] == ledgers[1]
