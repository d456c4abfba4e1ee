"""What people buy in the visitor's country: on counts that are known."""

from dataclasses import replace

import numpy as np
import pytest

from endcap.core.catalog import Labels
from endcap.core.dataset import Dataset
from endcap.core.errors import BadData
from endcap.core.query import Query, Retriever
from endcap.models.popular_near import PopularNear, PopularNearModel
from endcap.testing import RetrieverContract, ask, orders, saved_and_loaded

RNG = np.random.default_rng(0)


class TestPopularNearContract(RetrieverContract):
    recipe = PopularNear()

    def _fitted(self, world: Dataset) -> Retriever:
        told = Labels.of(["PT", "PE"] * (len(world.sessions) // 2) + ["PT"] * (len(world.sessions) % 2))
        return super()._fitted(replace(world, countries=told))

    def _queries(self) -> list[Query]:
        return [replace(query, country=country) for query in super()._queries() for country in ("PT", "")]


def world() -> Dataset:
    """Four orders from Portugal, two from Peru, one from nobody knows where."""
    baskets = [["tile"], ["tile", "cork"], ["tile"], ["tea"], ["poncho"], ["poncho", "tile"], ["tea"]]
    told = ["PT", "PT", "PT", "PT", "PE", "PE", None]
    return replace(orders(*baskets), countries=Labels.of(told))


def asked(country: str) -> Query:
    """A request from there."""
    return replace(ask(world().catalog), country=country)


def named(model: PopularNearModel, country: str, k: int = 9) -> list[str]:
    """The items of a list."""
    return world().catalog.items.decode(model(asked(country), k).items)


def test_a_country_has_its_own_list_and_behind_it_the_shops() -> None:
    model = PopularNear(trust=1e-3).fit(world(), RNG)
    assert named(model, "PE") == ["poncho", "tile", "tea", "cork"]
    assert named(model, "PT") == ["tile", "tea", "cork", "poncho"]
    assert named(saved_and_loaded(model), "PE", 2) == ["poncho", "tile"]


def test_shares_by_hand() -> None:
    given = PopularNear(trust=3.0).fit(world(), RNG)(asked("PE"), 9)
    # Nine were sold: four tiles, two ponchos, two teas and a cork. Of Peru's three, two were ponchos.
    assert dict(zip(world().catalog.items.decode(given.items), given.scores.tolist(), strict=True)) == pytest.approx(
        {"poncho": (2 + 3 * 2 / 9) / 6, "tile": (1 + 3 * 4 / 9) / 6, "tea": 3 * 2 / 9 / 6, "cork": 3 * 1 / 9 / 6}
    )


def test_a_shorter_list_begins_a_longer_one_and_says_why() -> None:
    model = PopularNear(trust=5.0).fit(world(), RNG)
    every = model(asked("PT"), 9)
    for k in range(5):
        assert model(asked("PT"), k).items.tolist() == every.items[:k].tolist()
    for item, score in zip(every.items.tolist(), every.scores, strict=True):
        reason = model.why(asked("PT"), item)
        assert reason.score == pytest.approx(score)
        assert reason.because == "popular in PT"


def test_a_country_that_is_not_known_has_no_list() -> None:
    model = PopularNear().fit(world(), RNG)
    assert named(model, "") == named(model, "XX") == []
    with pytest.raises(BadData, match="no event says its country"):
        PopularNear().fit(orders(["a"]), RNG)
