"""The encoding of a file is told from its bytes."""

from pathlib import Path
from typing import Any

import ibis
import pytest

from endcap.core.errors import BadData
from endcap.data.columns import ROW, ROWS_PER_FILE
from endcap.data.ledger import Ledger
from endcap.data.sources import Csv
from endcap.data.sources.decoding import guess_encoding

TEXTS = {
    "cp1252": (
        "p1,Käse,Gebäck",
        "Crème brûlée,Pâté",
        "niño;señora",
        "Smørrebrød,Ål,Æble",
        "12,50 €",
        "“Quoted” – it’s",
    ),
    "iso-8859-15": ("12,50 €;Käse",),
    "cp1250": ("Łódka;żółty;pięć", "Příliš žluťoučký kůň", "tűzőgép;kék fűző", "židle;stůl"),
    "cp1251": ("Чайник;Кружка", "чашка синяя"),
    "cp1253": ("Καφές;τσάι",),
    "cp1254": ("Çikolata;şeker;ığne", "gümüş kaşık"),
    "mac-roman": ("Käse;Gebäck;Brötchen", "Crème brûlée,Pâté"),
    "cp850": ("Käse;Gebäck;Brötchen", "niño"),
    "koi8-r": ("чашка синяя",),
    "cp932": ("コーヒー,マグカップ", "赤い椅子", "お茶碗（大）"),
    "gb18030": ("红色椅子,茶杯",),
    "big5": ("紅色椅子,茶杯",),
    "cp949": ("빨간 의자,찻잔",),
}


@pytest.mark.parametrize(("encoding", "text"), [(name, text) for name, texts in TEXTS.items() for text in texts])
def test_few_words_tell_the_encoding(encoding: str, text: str) -> None:
    found = guess_encoding([text.encode(encoding)])
    assert text.encode(encoding).decode(found.encoding) == text
    assert found.words[0] in text


def catalog(folder: Path, content: bytes, **settings: Any) -> tuple[dict[str, tuple[str, int]], Ledger]:
    """The title of each item of a catalog alone, with its line, and the ledger."""
    (folder / "items.csv").write_bytes(content)
    ledger = Ledger()
    source = Csv(catalog="items.csv", max_bad=1.0, **settings)
    events, items = source.tables(ibis.duckdb.connect(), folder, ledger)
    assert events.count().to_pyarrow().as_py() == 0
    assert items is not None
    rows = items.to_pyarrow().to_pylist()
    return {row["item_id"]: (row["title"], row[ROW] % ROWS_PER_FILE) for row in rows}, ledger


def test_a_guess_is_said_with_words_to_check(tmp_path: Path) -> None:
    items, ledger = catalog(tmp_path, "item_id,title\np1,50 €\np2,Käse\np3,Brot\n".encode("cp1252"))
    assert items == {"p1": ("50 €", 2), "p2": ("Käse", 3), "p3": ("Brot", 4)}
    (entry,) = [entry for entry in ledger.entries if "cp1252" in entry.step]
    assert (entry.step, entry.changed) == ("items.csv read as cp1252", 2)
    assert "2 of 4 lines hold letters beyond ASCII, such as 'Käse'; if these words are wrong" in entry.why


def test_lines_of_another_encoding_in_a_file_of_utf_8(tmp_path: Path) -> None:
    content = "item_id,title\np1,Käse\np2,Öl\n".encode() + "p3,Würze\n".encode("cp1252") + "p4,Brötchen\n".encode()
    items, ledger = catalog(tmp_path, content)
    assert {item: title for item, (title, _) in items.items()} == {
        "p1": "Käse", "p2": "Öl", "p3": "Würze", "p4": "Brötchen",
    }  # fmt: skip
    (entry,) = [entry for entry in ledger.entries if "cp1252" in entry.step]
    assert "lines 4" in entry.why


def test_what_is_said_to_be_utf_8_is_not_guessed(tmp_path: Path) -> None:
    items, ledger = catalog(tmp_path, b"item_id,title\np1,K\xe4se\np2,Brot\n", encoding="utf-8")
    assert list(items) == ["p2"]
    assert "is not UTF-8 text; say encoding" in ledger.rejected[0].to_pyarrow()["why"][0].as_py()


def test_a_source_needs_events_or_a_catalog(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="csv: expected files under events, catalog, or both"):
        Csv().tables(ibis.duckdb.connect(), tmp_path, Ledger())


def test_an_encoding_that_a_catalog_is_not_in_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"items.csv, at or after line 1: is not ascii|items.csv.*is not utf-16"):
        catalog(tmp_path, b"item_id,title\np1,K\xe4se\n", encoding="utf-16")
