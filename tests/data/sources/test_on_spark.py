"""DuckDB reads text whatever engine prepares; on Spark the rows that it hands over are the same, refused ones too."""

import json
from pathlib import Path
from typing import Any

from endcap.data.columns import ROW
from endcap.data.engines import arrow, connect
from endcap.data.ledger import Ledger
from endcap.data.sources import Csv, Json

LINES = [
    "time,session_id,kind,item_id,user_id,price,query",
    "1700000000.25,s1,view,täß 🛒,u1,2.5,",
    '2023-11-14T22:13:20.5Z,s1,search,,,," of\ntwo ""lines"", \\ and a tab\t"',
    "1700000002,s2,purchase,b,,£3,",
    "soon,s2,view,b,,,",
    "1700000003,s2,view",
]
OBJECTS: list[dict[str, Any]] = [
    {"time": 1700000000.25, "session_id": "s1", "kind": "view", "item_id": "täß 🛒", "user_id": 7, "price": 2.5},
    {"time": "2023-11-14T22:13:20Z", "session_id": "s1", "kind": "search", "query": 'a "b" \\ \n c'},
    {"time": 1700000002, "session_id": "s2", "kind": "looked", "item_id": "b"},
]
ITEMS = ["item_id,title,price", 'b,"B, thing",', "täß 🛒,x,1.5", ",nameless,"]


def rows_of(source: Csv | Json, spec: Any, folder: Path, kept: Path) -> list[list[str]]:
    """Events, catalog and quarantine, as an engine gives them."""
    ledger = Ledger(folder=kept)
    events, catalog = source.tables(spec, folder, ledger)
    assert catalog is not None
    tables = [events.order_by(ROW), catalog.order_by("item_id"), *(table.order_by(ROW) for table in ledger.rejected)]
    rows = [[as_number(row) for row in arrow(table).to_pylist()] for table in tables]
    return [list(map(str, table)) for table in rows] + [list(map(str, ledger.entries))]


def as_number(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its time as a number: as text, the engines write it with other digits."""
    return row | ({"time": float(row["time"])} if row.get("time") else {})


def test_csv_and_json_lines_are_handed_over_as_they_were_read(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("\n".join(LINES))
    (tmp_path / "items.csv").write_text("\n".join(ITEMS))
    (tmp_path / "events.jsonl").write_text("\n".join([*map(json.dumps, OBJECTS), "nothing"]))
    (tmp_path / "items.jsonl").write_text('{"item_id": "b", "title": "B, \\"thing\\""}\n')
    for source in (
        Csv(events="events.csv", catalog="items.csv", max_bad=1.0),
        Json(events="events.jsonl", catalog="items.jsonl", max_bad=1.0),
    ):
        found = []
        for name, engine in (("duckdb", connect()), ("spark", spark)):
            kept = tmp_path / f"{type(source).__name__}-{name}"
            kept.mkdir()
            found.append(rows_of(source, engine, tmp_path, kept))
        assert found[0] == found[1]
        assert len(found[0][0]) == (3 if isinstance(source, Csv) else 2)
