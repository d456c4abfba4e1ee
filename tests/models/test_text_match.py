"""Words that were typed, and the items that have them."""

from dataclasses import replace

import numpy as np
import pytest

from endcap.core.dataset import Dataset
from endcap.core.errors import BadData
from endcap.core.query import Query
from endcap.models.text_match import TextMatch, TextMatchModel
from endcap.testing import RetrieverContract, ask, orders

RNG = np.random.default_rng(0)
TITLES = {"a": "Red mug", "b": "Red red bag", "c": "Blue mug, large and heavy and round", "d": "Lamp"}


class TestTextMatchContract(RetrieverContract):
    recipe = TextMatch()


def shop() -> Dataset:
    items = {name: {"title": title, "category": "lighting" if name == "d" else None} for name, title in TITLES.items()}
    return orders(["a", "b", "c", "d"], items=items)


def typed(text: str) -> tuple[TextMatchModel, Query]:
    world = shop()
    return TextMatch().fit(world, RNG), replace(ask(world.catalog), text=text)


def found(text: str) -> list[int]:
    model, query = typed(text)
    items: list[int] = model(query, 10).items.tolist()
    return items


def test_items_with_the_words_are_found_and_the_rarer_word_counts_for_more() -> None:
    assert found("LAMP") == [3]
    assert found("red mug") == [0, 1, 2]  # both words; one of them twice; one of them in a long title
    assert found("lamp mug") == [3, 0, 2]


def test_words_of_the_category_count_too_and_asking_twice_says_nothing_new() -> None:
    assert found("Lighting!") == [3]
    model, query = typed("mug mug")
    once = model(replace(query, text="mug"), 10)
    assert model(query, 10).scores.tolist() == once.scores.tolist()


def test_without_a_text_or_a_known_word_nothing_is_found() -> None:
    assert found("") == found("???") == found("unheard of") == []


def test_scores_are_those_of_bm25() -> None:
    model, query = typed("red")
    scores = dict(zip(*(column.tolist() for column in (model(query, 2).items, model(query, 2).scores)), strict=True))
    rarity, mean = np.log1p((4 - 2 + 0.5) / (2 + 0.5)), (2 + 3 + 7 + 2) / 4
    for item, count, length in ((0, 1, 2), (1, 2, 3)):
        expected = rarity * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / mean))
        assert scores[item] == pytest.approx(expected, rel=1e-6)
        assert model.why(query, item).score == pytest.approx(expected, rel=1e-6)


def test_a_shop_without_words_cannot_be_searched() -> None:
    with pytest.raises(BadData, match="no item has a word in title or category or brand"):
        TextMatch().fit(orders(["a", "b"]), RNG)
