"""Where events and catalogs come from: files, databases, and whatever Ibis speaks; each in anybody's columns."""

from endcap.data.sources.databases import Duckdb, Ibis, Postgres
from endcap.data.sources.excel import Excel
from endcap.data.sources.exports import Csv, Json, Parquet
from endcap.data.sources.files import opened
from endcap.data.sources.joined import Sql

__all__ = ["Csv", "Duckdb", "Excel", "Ibis", "Json", "Parquet", "Postgres", "Sql", "opened"]
