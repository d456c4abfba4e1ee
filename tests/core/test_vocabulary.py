"""Ids and their spellings: which are one, which are two, and what comes out."""

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from endcap.core import saving
from endcap.core.arrays import Strings
from endcap.core.errors import BadBundle
from endcap.core.saving import load, save
from endcap.core.spelling import KEYS, Rule, canonical_key, decimal_key, exact_key, is_worn
from endcap.core.vocabulary import Aliases, Vocabulary

DECOMPOSED, COMPOSED = "Cafe\u0301", "Café"


@pytest.mark.parametrize("padded", [" A1", "A1\t", "\u00a0A1\u00a0", "\u200bA1\ufeff", "A1 \u2060 ", "A1\u3000"])
def test_blanks_around_an_id_are_no_part_of_it(padded: str) -> None:
    assert exact_key(padded) == "A1"
    assert is_worn(padded, "exact")
    assert not is_worn("A1", "exact")


def test_composed_and_decomposed_letters_are_one_and_nothing_else_is() -> None:
    assert exact_key(DECOMPOSED) == exact_key(COMPOSED) == COMPOSED
    different = ["Cafe", COMPOSED, "café", "A 1", "A1", "1000", "1000.0", "00123", "123"]
    assert [exact_key(text) for text in different] == different


def test_a_number_with_decimals_is_the_number_and_keeps_its_zeros() -> None:
    given = ["1000.0", " 1000.00 ", "00123.0", "12.5", "V1.0", "1.000.0"]
    assert [decimal_key(text) for text in given] == ["1000", "1000", "00123", "12.5", "V1.0", "1.000.0"]
    assert [is_worn(text, "decimal") for text in ("1000.0", "12.5", "1000")] == [True, False, False]
    assert not is_worn("1000.0", "exact")


@pytest.mark.parametrize(
    "spellings",
    [
        ("Product A", "product a ", "PRODUCT-A", "product_a", "ProductA"),
        ("AB-12", "ab12", "AB 12", "AB/12", "AB\u00a012"),
        ("1-11", "1 11", "1.11"),
        ("1000", "1000.0", " 1000.00"),
        (COMPOSED, DECOMPOSED, "CAFÉ", "cafe\u0301 "),
        ("ΟΔΟΣ", "οδος", "Οδοσ"),
    ],
)
def test_case_blanks_and_punctuation_do_not_matter_to_the_canonical_key(spellings: tuple[str, ...]) -> None:
    assert len({canonical_key(text) for text in spellings}) == 1


def test_what_is_two_stays_two() -> None:
    different = [COMPOSED, "Cafe", "straße", "strasse", "1-11", "11-1", "111", "00123", "123", "8", "8+", "#", "-", "क",
                 "कि", "🍞", "🍵"]  # fmt: skip
    assert all(canonical_key(one) != canonical_key(other) for one, other in combinations(different, 2))


@given(st.text(st.sampled_from("aAéE\u0301 -_./1290\u00a0\u200bßςΣ#+İǅK"), max_size=7), st.sampled_from([*KEYS]))
def test_a_key_is_its_own_key(text: str, rule: Rule) -> None:
    key = KEYS[rule]
    assert key(key(text)) == key(text)


def test_every_spelling_has_the_code_and_the_code_has_the_id() -> None:
    ids = Vocabulary(Strings.of(["Bread", "Tea"]), Aliases.of("canonical", {"BREAD": 0, "bread": 0, "tea": 1}))
    assert ids.encode(["Bread", "BREAD", "b.r.e.a.d", " tea", "milk"]).tolist() == [0, 0, 0, 1, -1]
    assert ids.encode_known(["milk", "TEA", "Bread"]).tolist() == [1, 0]
    assert ("tEa" in ids, "milk" in ids) == (True, False)
    assert ids.decode(ids.encode(["BREAD", "tea"])) == ["Bread", "Tea"]
    assert [ids.fold(text) for text in ("BREAD", " Green Milk")] == ["Bread", "greenmilk"]


def test_without_aliases_only_the_id_itself_is_known() -> None:
    ids = Vocabulary.of(["Bread"])
    assert ids.encode(["Bread", "Bread ", "bread"]).tolist() == [0, -1, -1]
    assert ids.fold(" Bread") == " Bread"


def test_a_decomposed_id_is_found_by_its_composed_form() -> None:
    ids = Vocabulary(Strings.of([DECOMPOSED]), Aliases.of("exact", {COMPOSED: 0}))
    assert ids.encode([DECOMPOSED, COMPOSED, f" {COMPOSED}", "Cafe"]).tolist() == [0, 0, 0, -1]
    assert ids.decode(np.zeros(1, np.int32)) == [DECOMPOSED]


@pytest.mark.parametrize("spellings", [{}, {"b": 1, "a": 0}])
def test_aliases_are_saved_with_the_ids(tmp_path: Path, spellings: dict[str, int]) -> None:
    save(Vocabulary(Strings.of(["A", "B"]), Aliases.of("canonical", spellings)), tmp_path / "ids", {})
    ids: Vocabulary = load(tmp_path / "ids")
    assert ids.aliases is not None
    assert (ids.aliases.rule, [*ids.aliases.spellings]) == ("canonical", sorted(spellings))
    assert ids.code("B") == 1


def test_new_ids_are_appended_and_spellings_stay_understood() -> None:
    ids = Vocabulary(Strings.of(["A"]), Aliases.of("canonical", {"a": 0})).extended(["a", "B"])
    assert ([*ids.ids], ids.code("a"), ids.code("B")) == (["A", "B"], 0, 1)


def rewritten(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """A folder of ids as another version would have saved it: the fields in its manifest changed."""
    path = folder / saving.MANIFEST
    manifest = json.loads(path.read_bytes())
    del manifest["checksum"]
    change(manifest["tree"]["fields"])
    manifest["checksum"] = saving._digest(saving._canonical(manifest))
    path.write_bytes(saving._canonical(manifest))


def test_ids_that_were_saved_without_aliases_are_still_read(tmp_path: Path) -> None:
    save(Vocabulary.of(["A"]), tmp_path / "ids", {})
    rewritten(tmp_path / "ids", lambda fields: fields.pop("aliases"))
    assert load(tmp_path / "ids").encode(["A", "A "]).tolist() == [0, -1]


def test_ids_of_a_version_that_says_more_of_them_are_refused_by_name(tmp_path: Path) -> None:
    save(Vocabulary.of(["A"]), tmp_path / "ids", {})
    rewritten(tmp_path / "ids", lambda fields: fields.update(accents={"plain": 1}))
    with pytest.raises(BadBundle, match=r"Vocabulary with accents, .*, which here has ids, aliases: another version"):
        load(tmp_path / "ids")
