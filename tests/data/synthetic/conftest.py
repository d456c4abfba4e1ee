"""Synthetic shops as SQL tables: one as they come, one without anything that blurs what is planted."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from endcap.data.synthetic import Shop, generate

Ask = Callable[[str], list[tuple]]  # type: ignore[type-arg]
"""The rows of a query over the tables events, catalog, sessions, items, needs, links, stock_outs and positions."""


def asking(folder: Path) -> Ask:
    """See `Ask`."""
    engine = duckdb.connect()
    tables = {"events": "events/*", "sessions": "truth/sessions/*", "catalog": "catalog"}
    tables |= {name: f"truth/{name}" for name in ("items", "needs", "links", "stock_outs", "positions")}
    for name, path in tables.items():
        engine.execute(f"create view {name} as select * from '{folder}/{path}.parquet'")

    def ask(query: str) -> list[tuple]:  # type: ignore[type-arg]
        return engine.sql(query).fetchall()

    return ask


@pytest.fixture(scope="session")
def usual() -> Shop:
    """A shop with everything in it."""
    return Shop(seed=1, events=200_000, items=2_000, days=60, change_day=30, bots=0.01)


@pytest.fixture(scope="session")
def plain() -> Shop:
    """A shop where nothing is sold out, new, or bought at random, and all visits serve one need."""
    return Shop(
        seed=2, events=400_000, items=2_000, stock_outs=0.0, cold=0.0, second_need=0.0, impulse=0.0, loyalty=0.0,
        bots=0.0, uplift=0.3, change_day=40,
    )  # fmt: skip


@pytest.fixture(scope="session")
def ask_usual(usual: Shop, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return asking(generate(usual, tmp_path_factory.mktemp("usual"), workers=2).folder)


@pytest.fixture(scope="session")
def ask_plain(plain: Shop, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return asking(generate(plain, tmp_path_factory.mktemp("plain"), workers=2).folder)


@pytest.fixture(scope="session")
def season() -> Shop:
    """A shop that is open for a year."""
    return Shop(seed=3, events=100_000, items=1_000, days=365)


@pytest.fixture(scope="session")
def ask_season(season: Shop, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return asking(generate(season, tmp_path_factory.mktemp("season")).folder)
