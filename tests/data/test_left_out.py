"""What a step left out is told from its expression, or not at all."""

from typing import Any

import ibis
import pyarrow as pa
import pytest
from ibis import _

from endcap.data.columns import ROW
from endcap.data.engines import arrow, uploaded
from endcap.data.left_out import left_out

TABLE = pa.table({ROW: [0, 1, 2, 3], "item_id": ["a", "b", "b", None], "price": [1.0, None, 3.0, 4.0]})


@pytest.fixture
def table(engine: Any) -> ibis.Table:
    """Four rows."""
    return uploaded(engine, TABLE)


def numbers(table: ibis.Table) -> list[int]:
    """Of the rows, sorted."""
    found: list[int] = sorted(arrow(table)[ROW].to_pylist())
    return found


def test_of_what_only_drops_rows_the_others_are_told(table: ibis.Table) -> None:
    place = ibis.row_number().over(group_by="item_id", order_by=ROW)
    steps = {
        "all is well": (table, []),
        "a filter, where nothing is known it does not hold": (table.filter(_.price > 1), [0, 1]),
        "two conditions": (table.filter(_.price > 1, _.price < 4), [0, 1, 3]),
        "a window": (table.mutate(place=place).filter(_.place == 0).drop("place"), [2]),
        "without": (table.anti_join(table.filter(_.price > 3), ROW), [3]),
        "only": (table.mutate(twice=_.price * 2).semi_join(table.filter(_.price > 3), ROW).drop("twice"), [0, 1, 2]),
    }
    for name, (given, expected) in steps.items():
        gone = left_out(given, table)
        assert gone is not None, name
        assert gone.columns == table.columns, name
        assert numbers(gone) == expected, name
        assert numbers(given.union(gone)) == [0, 1, 2, 3], name


def test_of_what_does_more_nothing_is_told() -> None:
    table = ibis.memtable(TABLE)
    again = table.filter(_.price > 1)
    for given in (
        table.mutate(price=_.price * 2).filter(_.price > 1),
        table.filter(_.price > 1).mutate(price=_.price * 2),
        table.mutate(more=_.price),
        table.drop("price"),
        again.filter(_.price < 4),
        table.union(table),
        table.distinct(),
        table.limit(1),
        table.inner_join(again.select(ROW), ROW),
        ibis.memtable(TABLE.slice(1)),
    ):
        assert left_out(given, table) is None
