"""Nothing disappears: what is left out of the catalog lies in the quarantine, with the reason, as events do."""

from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from endcap import jobs
from endcap.data.ledger import Ledger, reason
from endcap.data.steps import without_repeats

SETTINGS = """
[[sources]]
use = "csv"
events = "events.csv"
catalog = "catalog.csv"
max_bad = 1.0

[[sources]]
use = "csv"
events = "events.csv"
catalog = "more.csv"

[prepare]
catalog = [{step}]

[models.popular]
use = "popular"
"""
CATALOG = """item_id,title,price
mug,Mug,4.5
mug,Mug again,4.5
,Nameless,1
lamp,Lamp,-3
Lamp,Lamp,3
vase,Vase,dear
jug,Jug,7
"""
MORE = "item_id,title\nmug,Another mug\njar,Jar\n"


def prepared(folder: Path, step: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Ids and titles of the catalog, and what the quarantine says of items."""
    (folder / "events.csv").write_text("time,session_id,kind,item_id\n1700000000,s,view,mug\n")
    (folder / "catalog.csv").write_text(CATALOG)
    (folder / "more.csv").write_text(MORE)
    (folder / "endcap.toml").write_text(SETTINGS.replace("{step}", step))
    shop = jobs.prepare(folder / "endcap.toml").dataset.catalog
    rejected = pq.read_table(folder / "var" / "dataset" / "quarantine.parquet").to_pylist()
    said = [(row["file"], row["line"], row["item_id"], row["title"], row["why"]) for row in rejected]
    return [f"{item}: {title}" for item, title in zip(shop.items.ids, shop.text("title"), strict=True)], said


def test_rows_that_describe_no_item_are_kept_aside_with_file_line_and_reason(tmp_path: Path) -> None:
    items, said = prepared(tmp_path, "")
    assert items == ["Lamp: Lamp", "jar: Jar", "jug: Jug", "mug: Mug"]
    assert said == [
        ("catalog.csv", 3, "mug", "Mug again", "each item_id must stand once, found 'mug'"),
        ("catalog.csv", 4, None, "Nameless", "item_id must not be empty"),
        ("catalog.csv", 5, "lamp", "Lamp", "price must lie between 0 and 1,000,000,000, found '-3.0'"),
        ("catalog.csv", 7, "vase", "Vase", "price must be a number, found 'dear'"),
        ("more.csv", 2, "mug", "Another mug", "another source has described the item before this one"),
    ]


def test_items_that_a_step_makes_one_are_kept_aside_too(tmp_path: Path) -> None:
    (tmp_path / "shop_steps.py").write_text(
        'def small(catalog):\n    """Ids in small letters."""\n'
        "    return catalog.mutate(item_id=(catalog.item_id == 'jug').ifelse('mug', catalog.item_id))\n"
    )
    import sys

    sys.path.insert(0, str(tmp_path))
    try:
        items, said = prepared(tmp_path, '"shop_steps:small"')
    finally:
        sys.path.remove(str(tmp_path))
    assert items == ["Lamp: Lamp", "jar: Jar", "mug: Mug"]
    assert ("catalog.csv", 8, "mug", "Jug") in [row[:4] for row in said]


def test_the_ledger_says_what_was_dropped_and_changed_and_why() -> None:
    def louder(table: ibis.Table) -> ibis.Table:
        """Quiet items
        are not heard."""
        return table.mutate(item_id=table.item_id.upper())

    ledger = Ledger()
    rows = pa.table({"time": [1.0, 1.0, 2.0], "item_id": ["a", "a", "B"]})
    table = ledger.opened("events.csv", ibis.memtable(rows))
    table = ledger.change(ledger.apply(table, without_repeats), louder, "item_id")
    assert [(line.step, line.dropped, line.changed, line.left) for line in ledger.entries] == [
        ("read events.csv", 0, 0, 3),
        ("without repeats", 1, 0, 2),
        ("louder", 0, 1, 2),
    ]
    assert reason(louder) == ledger.entries[-1].why == "Quiet items are not heard."
    assert "_before_" not in table.columns
