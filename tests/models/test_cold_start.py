"""Items without events get vectors from their content, and those with many keep their own."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from endcap.core.arrays import Ragged
from endcap.core.catalog import Labels
from endcap.core.dataset import Dataset
from endcap.core.errors import BadConfig
from endcap.core.part import Part
from endcap.core.query import Queries
from endcap.index.exact import Exact
from endcap.index.nearest import Nearest, targets_of
from endcap.models.aligning import Previous
from endcap.models.cold_start import ColdStart
from endcap.models.content.filling import Filled, Filler
from endcap.models.content.recipe import Content
from endcap.models.content.ridge import map_of
from endcap.models.content.trying import CAUTIONS, CONFIDENCES, Trial, evenly, places_of, thinned
from endcap.models.ials import IALS
from endcap.models.pairwise import Pairwise
from endcap.models.popular import Popular
from endcap.models.prod2vec import Prod2Vec, Prod2VecModel
from endcap.testing import RetrieverContract, ask, orders, same

SMALL = Prod2Vec(size=8, epochs=30, subsample=0.0, learning_rate=0.1)
FACTORS = IALS(source="baskets", size=4, unobserved=0.1)
LABELS = Content(text=(), attributes=("category",))


def filled(model: Part, **settings: Any) -> ColdStart:
    return ColdStart(model=model, content=LABELS, **settings)


class TestColdStartContract(RetrieverContract):
    recipe = filled(SMALL)


class TestColdStartOfFactorsContract(RetrieverContract):
    recipe = filled(FACTORS, confidence=1.0, caution=0.2)


KINDS = {f"{kind}{i}": kind for kind in ("mug", "pen") for i in range(6)} | {"new mug": "mug", "new pen": "pen"}


def kinds_shop() -> Dataset:
    """Everybody buys two mugs or two pens; one of each kind is new."""
    pairs = [(f"{kind}{i}", f"{kind}{j}") for kind in ("mug", "pen") for i in range(6) for j in range(i)]
    items = {item: {"category": kind} for item, kind in KINDS.items()}
    return orders(*(pair for _ in range(6) for pair in pairs), items=items)


@pytest.mark.parametrize("model", [SMALL, SMALL.model_copy(update={"match": "in-out", "length_power": 0.5}), FACTORS])
def test_a_new_item_asks_and_is_found_among_its_kind(model: Part) -> None:
    world = kinds_shop()
    fitted = filled(model, confidence=3.0, caution=0.0).fit(world, np.random.default_rng(0))
    retriever = fitted if callable(fitted) else Nearest(fitted, Exact().build(targets_of(fitted)))
    code = world.catalog.items.code
    for kind in ("mug", "pen"):
        found = retriever(ask(world.catalog, context=[f"{kind}0"]), 6).items.tolist()
        assert code(f"new {kind}") in found
        asked = retriever(ask(world.catalog, context=[f"new {kind}"]), 6).items.tolist()
        assert {KINDS[world.catalog.items.ids[item]] for item in asked} == {kind}


def test_what_is_known_well_keeps_its_vector_and_what_is_rare_takes_of_its_kind() -> None:
    vectors = np.array([[4, 0], [4, 0], [0, 2], [0, 0], [0, 0]], np.float32)
    model = Prod2VecModel(vectors, vectors)
    world = orders(["a"], items={name: {"category": kind} for name, kind in zip("abcde", "xxxx-", strict=True)})
    labels = Labels.of(["x", "x", "x", "x", None])
    world = replace(world, catalog=world.catalog.with_columns({"category": labels}))
    features = LABELS.features(world, np.random.default_rng(0))
    met = np.array([90, 30, 3, 0, 7], np.float32)
    filler = Filler.of(model, features, met, np.random.default_rng(0))
    assert filler.kept(10.0).tolist() == pytest.approx([0.9, 0.75, 3 / 13, 0.0, 0.0])
    assert np.linalg.norm(filler.predicted[0][:4], axis=1) == pytest.approx([4.0] * 4)
    assert not filler.predicted[0][4].any()
    composed = filler.filled(10.0, 0.0).model.vectors
    assert composed[0] == pytest.approx(0.9 * vectors[0] + 0.1 * filler.predicted[0][0])
    assert composed[3] == pytest.approx(filler.predicted[0][3])
    assert not composed[4].any()


def test_lists_are_ordered_by_cosine_plus_level() -> None:
    rng = np.random.default_rng(0)
    vectors, levels = rng.normal(size=(14, 3)).astype(np.float32), -rng.random(14).astype(np.float32)
    world = kinds_shop()
    features = LABELS.features(world, rng)
    told = map_of(features, vectors, np.ones(14, np.float32), rng)
    model = Filled(Prod2VecModel(vectors, vectors), np.ones(14, np.float32), levels, features.reader, told)
    unit = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    nearest = Nearest(model, Exact().build(targets_of(model)))
    for seeds in (["mug0"], ["mug0", "pen3"]):
        query = ask(world.catalog, context=seeds)
        asked = unit[query.seeds].sum(axis=0)
        wanted = np.argsort(-(unit @ asked / np.linalg.norm(asked) + levels))
        assert nearest(query, 20).items.tolist() == [item for item in wanted.tolist() if item not in query.seeds]


def test_predicted_items_ask_with_less_weight_than_known_ones() -> None:
    world = kinds_shop()
    fitted = filled(SMALL, confidence=1.0, caution=0.0).fit(world, np.random.default_rng(0))
    mixed = fitted.embed_each(ask(world.catalog, context=["new mug", "pen0"]))
    lengths = np.linalg.norm(mixed[:, :-2], axis=1)
    assert 0.3 < lengths[0] < 0.99 < lengths[1] <= 1.0


def test_an_item_that_is_not_in_the_catalog_asks_by_what_the_page_says() -> None:
    world = kinds_shop()
    fitted = filled(SMALL, confidence=1.0, caution=0.0).fit(world, np.random.default_rng(0))
    for kind in ("mug", "pen"):
        query = replace(ask(world.catalog), attributes={"category": kind})
        codes, _ = Exact().build(targets_of(fitted)).nearest(fitted.embed(query), 7)
        assert {KINDS[name] for name in world.catalog.items.decode(codes)} == {kind}
    assert not fitted.embed(replace(ask(world.catalog), attributes={"category": "hat"})).any()


def test_a_refit_stays_in_the_axes_of_the_last_one() -> None:
    world, recipe = kinds_shop(), filled(SMALL, confidence=1.0, caution=0.0)
    last = recipe.fit(world, np.random.default_rng(1))
    codes = np.arange(len(world.catalog), dtype=np.int32)
    apart = recipe.fit(world, np.random.default_rng(2))
    aligned = recipe.fit_after(world, np.random.default_rng(2), Previous(last, codes))

    def cosine(model: Filled) -> float:
        lengths = np.linalg.norm(model.vectors, axis=1) * np.linalg.norm(last.vectors, axis=1)
        return float((np.sum(model.vectors * last.vectors, axis=1) / lengths).mean())

    assert cosine(apart) < 0.7
    assert cosine(aligned) > 0.9


def test_the_map_finds_what_was_planted() -> None:
    rng = np.random.default_rng(0)
    colors, sizes = rng.integers(6, size=400), rng.integers(5, size=400)
    names = [f"i{item}" for item in range(400)]
    world = orders(["i0", "i1"], items={name: {} for name in names})
    labels = {"color": Labels.of(map(str, colors)), "scale": Labels.of(map(str, sizes))}
    world = replace(world, catalog=world.catalog.with_columns({**labels}))
    features = Content(text=(), attributes=("color", "scale")).features(world, rng, learning=False)
    planted = rng.normal(size=(6, 3))[colors] + rng.normal(size=(5, 3))[sizes] + 7.0
    vectors = planted.astype(np.float32)
    weights = (np.arange(400) < 300).astype(np.float32)
    found = map_of(features, np.where(weights[:, None] > 0, vectors, 99.0).astype(np.float32), weights, rng)
    said = features.times(found.matrix) + found.mean
    left = ((said - vectors)[300:] ** 2).sum() / ((vectors - vectors.mean(axis=0))[300:] ** 2).sum()
    assert left < 0.02
    assert found.agreement > 0.99


def test_items_are_made_new_and_rare() -> None:
    world = orders(*(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] for _ in range(9)), *(["k"] for _ in range(5)))
    thin = thinned(world, 0.2, np.random.default_rng(0))
    counts = np.bincount(thin.events.item, minlength=11)
    assert counts[10] == 5  # too rare to be made rarer
    assert sorted(counts[:10].tolist())[:2] == [0, 0]
    assert all(1 <= count <= 5 for count in sorted(counts[:10].tolist())[2:4])
    assert sorted(counts[:10].tolist())[4:] == [9] * 6


def test_long_baskets_are_not_most_of_what_is_asked() -> None:
    lengths = np.repeat([1, 99], [200, 20_000])
    drawn = evenly(lengths, 200, np.random.default_rng(0))
    assert 60 < (lengths[drawn] == 1).sum() < 140


@dataclass(frozen=True)
class Told(Filler):
    """Fills in nothing, and says what was asked of it."""

    def filled(self, confidence: float, caution: float) -> Any:
        return confidence, caution


@dataclass(frozen=True)
class TrialOf(Trial):
    """New and rare items gain by confidence and lose by caution; known ones the other way round."""

    def reached(self, model: Any) -> NDArray[np.float64]:
        if not isinstance(model, tuple):
            return np.array([0.0, 0.0, 0.5])
        confidence, caution = model
        return np.array([0.5 - caution, confidence / 100, 0.5 + 0.2 * min(caution, 0.3) - confidence / 1000])


def test_the_most_for_new_items_that_costs_known_ones_nothing() -> None:
    world = kinds_shop()
    features = LABELS.features(world, np.random.default_rng(0))
    told = map_of(features, np.ones((14, 2), np.float32), np.ones(14, np.float32), np.random.default_rng(0))
    filler = Told(SMALL, features, told, np.ones(14, np.float32))
    trial = TrialOf(filler, Queries.of(world.catalog, np.zeros(0)), np.zeros(0, np.int32), 10)
    assert trial.best(CONFIDENCES, CAUTIONS, 0.0)[1] == 0.05
    assert trial.best(CONFIDENCES, CAUTIONS, 0.2)[1] < 0.0
    assert trial.best((30.0,), CAUTIONS, 0.0) == (30.0, 0.15)


def test_places_are_those_of_lists() -> None:
    vectors = np.array([[1, 0], [0.9, 0.1], [0.5, 0.5], [0, 1], [0, 0]], np.float32)
    world = orders(["a", "b", "c", "d", "e"])
    queries = Queries.of(world.catalog, np.zeros(3), context=Ragged.of([[0], [0], [0]]))
    places = places_of(Prod2VecModel(vectors, vectors), queries, np.array([1, 3, 4], np.int32))
    assert places.tolist() == [1.0, 3.0, np.inf]


def test_learned_from_the_past_it_finds_new_items_too() -> None:
    world = kinds_shop()
    fitted = filled(SMALL, hidden=0.2, allowance=0.5).fit(world, np.random.default_rng(0))
    assert fitted.vectors[world.catalog.items.code("new mug")].any()
    again = filled(SMALL, hidden=0.2, allowance=0.5).fit(world, np.random.default_rng(0))
    assert same(fitted, again)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (Popular(), "PopularModel has no vectors of items"),
        (Pairwise(source="baskets", size=4), "PairwiseModel keeps .* of each item"),
    ],
)
def test_a_model_that_cannot_be_filled_in_is_named(model: Part, says: str) -> None:
    with pytest.raises(BadConfig, match=says):
        filled(model, source="baskets", confidence=1.0, caution=0.0).fit(kinds_shop(), np.random.default_rng(0))


def test_its_model_may_be_a_table() -> None:
    table: Any = {"use": "prod2vec", "size": 8}
    described: Any = {"attributes": ["category"]}
    recipe = ColdStart(model=table, content=described)
    assert recipe.model == Prod2Vec(size=8)
    assert recipe.content == Content(attributes=("category",))
