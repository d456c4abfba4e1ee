"""What catalogs say of an offer: whether it can be bought, its price of today, its currency and its price list."""

from pathlib import Path
from typing import Any

import ibis
import pytest

from endcap.core.errors import BadData
from endcap.data.columns import COMPLETE, LOG, PARTIAL, ROW, SCOPE
from endcap.data.ledger import Ledger
from endcap.data.lint.needs import Needs
from endcap.data.lint.reading import sources_linted
from endcap.data.sources import Csv
from endcap.data.sources.availability import NO, YES, availability, read_availability, squash

EVENTS = "time,session_id,kind,item_id,price\n1,s,view,a,5\n2,s,purchase,a,7\n3,s,purchase,a,0\n"
SAID = {
    True: """true|TRUE|yes|Y|t|1|1.0|12|12+|>50|1,5|ja|oui|Sí|si|tak|in_stock|In Stock|InStock|in-stock|12 in stock|
        5 Stück|https://schema.org/InStock|http://schema.org/LimitedAvailability|limited availability|preorder|
        pre-order|backorder|available_for_order|active|
        Lieferbar|sofort lieferbar|verfügbar|verfuegbar|auf Lager|en stock|publish|
        disponible|disponibile|op voorraad|leverbaar|dostępny|w magazynie|onbackorder""",
    False: """false|no|N|f|0|0.0|0,00|-3|3-|nein|non|nie|out_of_stock|Out of stock|sold out|SoldOut|discontinued|draft|
        archived|https://schema.org/OutOfStock|https://schema.org/Discontinued|ausverkauft|nicht lieferbar|vergriffen|
        Auslaufartikel|épuisé|rupture de stock|indisponible|agotado|sin stock|descatalogado|esaurito|uitverkocht|brak|
        non disponibile|niet leverbaar|niedostępny|wyprzedany|wyłączony|0 Stück""",
    None: "soon|2-3 weeks|red|ask us|-|n/a",
}
"""What is said, and ways of saying it."""


def values() -> list[tuple[str, bool | None]]:
    """Each way of saying it, and what it says."""
    return [(word.strip(), says) for says, words in SAID.items() for word in words.split("|")]


def read(folder: Path, text: str, **settings: Any) -> tuple[list[dict[str, Any]], Ledger]:
    """The rows of a catalog, by item."""
    (folder / "items.csv").write_text(text)
    (folder / "events.csv").write_text(EVENTS)
    ledger = Ledger()
    source = Csv(**{"events": "events.csv", "catalog": "items.csv"} | settings)
    _, items = source.tables(ibis.duckdb.connect(), folder, ledger)
    assert items is not None
    return sorted(items.drop(ROW).to_pyarrow().to_pylist(), key=lambda row: str(row["item_id"])), ledger


def test_stock_is_understood_however_it_is_said() -> None:
    told = values()
    assert [read_availability(word) for word, _ in told] == [says for _, says in told]
    table = ibis.duckdb.connect().create_table(
        "said", ibis.memtable({"place": range(len(told)), "word": [word for word, _ in told]})
    )
    found = table.select("place", says=availability(table.word)).order_by("place").to_pyarrow()["says"].to_pylist()
    assert found == [says for _, says in told], "DuckDB reads it otherwise than Python"


def test_words_are_yes_or_no_and_spelt_as_they_are_looked_up() -> None:
    assert not YES & NO
    assert {squash(word) for word in YES | NO} == YES | NO


def test_numbers_and_booleans_need_no_words() -> None:
    table = ibis.memtable({"count": [2.5, 0.0, -1.0, float("nan"), None], "flag": [True, False, None, True, False]})
    shown = table.select(count=availability(table["count"]), flag=availability(table.flag)).to_pyarrow()
    assert shown["count"].to_pylist() == [True, False, False, None, None]
    assert shown["flag"].to_pylist() == [True, False, None, True, False]


def test_several_columns_must_all_say_yes_where_they_say_anything(tmp_path: Path) -> None:
    catalog = (
        "item_id,status,qty,discontinued\na,active,3,no\nb,active,0,no\nc,draft,3,no\nd,,3,\ne,,,\nf,active,1,yes\n"
    )
    names = {"available": ("status", "qty", "not discontinued")}
    rows, _ = read(tmp_path, catalog, catalog_columns=names)
    assert [row["available"] for row in rows] == [True, False, False, True, None, False]


def test_a_word_that_is_neither_yes_nor_no_is_not_known_and_named(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"catalog_columns": {"available": "stock"}}
    rows, ledger = read(tmp_path, "item_id,stock\na,blue\nb,yes\nc,blue\nd,red\n", **settings)
    assert [row["available"] for row in rows] == [None, True, None, None]
    (note,) = [entry for entry in ledger.entries if entry.step == "availability in items.csv"]
    assert note.changed == 3
    assert note.why == (
        "3 items say 'blue' (2) or 'red' (1) under stock: that is neither yes nor no, so they are shown; if they are "
        "not on sale, mend the export"
    )
    health = sources_linted(
        [Csv(events="events.csv", catalog="items.csv", **settings)], ibis.duckdb.connect(), tmp_path, Needs({}, {}), 9.0
    )
    assert "'blue'" in next(finding.says for finding in health.findings if finding.rule == "unclear_availability")


@pytest.mark.parametrize(
    ("settings", "scope"),
    [
        ({}, COMPLETE),
        ({"catalog_scope": "partial"}, PARTIAL),
        ({"catalog": "events.csv", "one_per_item": True}, LOG),
        ({"one_per_item": True}, COMPLETE),
    ],
)
def test_a_catalog_that_is_read_from_the_log_says_nothing_of_the_shop(
    settings: dict[str, Any], scope: str, tmp_path: Path
) -> None:
    rows, _ = read(tmp_path, "item_id,price\na,5\n", **settings)
    assert [row[SCOPE] for row in rows] == [scope]


def test_of_a_log_the_last_price_counts_unless_it_was_for_nothing(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, "", catalog="events.csv", one_per_item=True)
    assert [row["price"] for row in rows] == [7.0]


def test_a_price_says_its_currency_and_a_sale_price_comes_first(tmp_path: Path) -> None:
    catalog = "item_id,price,sale_price\na,19.90 EUR,\nb,19.90 EUR,9.90 EUR\nc,£5.00,0.00\nd,7,\n"
    names = {"price": ("sale_price", "price")}
    rows, _ = read(tmp_path, catalog, catalog_columns=names, currency="CHF")
    assert [(row["price"], row["currency"]) for row in rows] == [
        (19.9, "EUR"), (9.9, "EUR"), (5.0, "GBP"), (7.0, "CHF")
    ]  # fmt: skip


LISTS = "item_id,title,price,price_list\na,Ape,5,retail\na,Ape,4,trade\nb,Bee,3,trade\nc,Cat,2,\n"


def test_one_price_list_counts_and_the_others_are_not_lost(tmp_path: Path) -> None:
    rows, ledger = read(tmp_path, LISTS)
    assert [(row["price"], row["price_list"]) for row in rows] == [(5.0, "retail"), (3.0, "trade"), (2.0, None)]
    (entry,) = [entry for entry in ledger.entries if entry.step == "one price list of items.csv"]
    assert (entry.dropped, entry.left) == (1, 3)
    assert ledger.write_quarantine(tmp_path / "quarantine.parquet") == 1
    rows, _ = read(tmp_path, LISTS, price_list="retail")
    assert [(row["title"], row["price"]) for row in rows] == [("Ape", 5.0), ("Bee", None), ("Cat", 2.0)]


def test_a_price_list_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"items.csv: no row has the price list 'VIP'; there are: 'retail', 'trade'"):
        read(tmp_path, LISTS, price_list="VIP")
    with pytest.raises(BadData, match="no column says it"):
        read(tmp_path, "item_id\na\n", price_list="VIP")
