"""The approximate index: as good as it says, with any filter, and never shorter than it must be."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import PrivateAttr

from endcap.core.errors import MissingExtra
from endcap.core.query import Query
from endcap.core.saving import save
from endcap.index import measuring, planning
from endcap.index.approximate import Approximate
from endcap.index.exact import Exact, ExactIndex, of_length_one
from endcap.index.filters import filters
from endcap.index.lists import Vectors, Visits
from endcap.index.nearest import index_of
from endcap.index.planning import Effort
from endcap.index.probing import ApproximateIndex
from endcap.testing import IndexContract, same, saved_and_loaded

pytest.importorskip("faiss")


@pytest.fixture
def visiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are visited, though looking at so few vectors would be quicker."""
    monkeypatch.setattr(planning, "LOOKED_AT", 1e3)


def world(n: int = 3000, size: int = 8) -> Vectors:
    """Vectors in a hundred clusters."""
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(100, size))
    return (centres[rng.integers(100, size=n)] + 0.5 * rng.normal(size=(n, size))).astype(np.float32)


class Once(Approximate):
    """Builds an index of the same vectors once, since finding out how far to look takes seconds."""

    exact_up_to: int = 0
    _kept: dict[tuple[bytes, float], ApproximateIndex | ExactIndex] = PrivateAttr(default_factory=dict)

    def build(self, vectors: Vectors) -> ApproximateIndex | ExactIndex:
        key = vectors.tobytes(), planning.LOOKED_AT
        if key not in self._kept:
            self._kept[key] = super().build(vectors)
        return self._kept[key]


ONCE = Once()


def approximate(vectors: Vectors) -> ApproximateIndex:
    index = ONCE.build(vectors)
    assert isinstance(index, ApproximateIndex)
    return index


class TestSmallContract(IndexContract):
    index = Approximate()


@pytest.mark.usefixtures("visiting")
class TestVisitingContract(IndexContract):
    index = ONCE

    def _vectors(self) -> Vectors:
        return world(2200)


class TestLookingContract(IndexContract):
    index = ONCE

    def _vectors(self) -> Vectors:
        return world(2200)


@pytest.mark.usefixtures("visiting")
@pytest.mark.parametrize("size", [8, 9])
def test_what_is_found_is_what_an_exact_index_finds_but_for_the_share_that_was_allowed_to_be_missed(size: int) -> None:
    vectors = world(size=size)
    index, exact = Once(recall=0.9).build(vectors), Exact().build(vectors)
    assert isinstance(index, ApproximateIndex)
    asked = vectors[:300] + vectors[300:600]
    near = of_length_one(vectors)[0] @ of_length_one(vectors[:1])[0][0]
    for allowed in (None, np.arange(len(vectors)) % 10 == 0, near >= np.sort(near)[-300], near <= np.sort(near)[300]):
        truth = exact.search(asked, 10, allowed)[0]
        codes, scores = index.search(asked, 10, allowed)
        found = np.array([np.isin(row, codes[place]).mean() for place, row in enumerate(truth)])
        assert found.mean() >= 0.9
        assert np.allclose(np.einsum("nkd,nd->nk", index.unit[codes], of_length_one(asked)[0]), scores, atol=1e-5)


@pytest.mark.usefixtures("visiting")
def test_many_at_once_find_what_one_by_one_would() -> None:
    vectors = world()
    index = approximate(vectors)
    codes, scores = index.search(vectors[:50], 10)
    for row in range(50):
        alone = index.nearest(vectors[row], 10)
        assert alone[0].tolist() == codes[row].tolist()
        assert np.allclose(alone[1], scores[row], atol=1e-6)


def test_what_was_measured_can_be_read_in_the_manifest(tmp_path: Path) -> None:
    index = approximate(world())
    assert set(index.measured) == {
        "the 10 nearest", "the 100 nearest",
        "one in 10, at random", "one in 10, of a kind", "one in 10, of some kinds",
        "one in 100, at random", "one in 100, of a kind", "one in 100, of some kinds",
    }  # fmt: skip
    assert min(index.measured.values()) >= 0.95
    save(index, tmp_path / "index", {})
    tree = json.loads((tmp_path / "index" / "manifest.json").read_text())["tree"]
    assert tree["fields"]["measured"]["map"]["the 10 nearest"]["plain"] == index.measured["the 10 nearest"]


def test_the_same_vectors_give_the_same_index() -> None:
    vectors = world()
    first, second = approximate(vectors), Approximate(exact_up_to=0).build(vectors)
    assert isinstance(second, ApproximateIndex)
    assert same(first, second)
    assert (first.effort, first.measured) == (second.effort, second.measured)
    assert saved_and_loaded(first).effort == first.effort


def test_recall_is_measured_on_what_is_asked() -> None:
    vectors = world()
    rng = np.random.default_rng(0)
    asked = np.vstack([vectors[:50], np.zeros((5, 8), np.float32)])
    index = Approximate(exact_up_to=0).build_for(vectors, asked)
    assert isinstance(index, ApproximateIndex)
    trial = measuring.Trial.of(index, asked, rng)
    assert len(trial.asked) == 50
    assert np.isin(np.arange(50), trial.truth[:, 0]).all()


def test_without_queries_the_harder_of_two_guesses_is_taken() -> None:
    index = approximate(world())
    trial = measuring.Trial.of(index, None, np.random.default_rng(0))
    for guess in measuring._guessed(index, np.random.default_rng(1)):
        assert trial.depth() >= 0.8 * measuring.Trial.of(index, guess, np.random.default_rng(2)).depth()


def test_recall_is_kept_for_queries_far_from_all_items() -> None:
    vectors = world(20_000, 16)
    index, rng = approximate(vectors), np.random.default_rng(1)
    asked = of_length_one(vectors[:500])[0] + of_length_one(rng.normal(size=(500, 16)).astype(np.float32))[0]
    truth, found = Exact().build(vectors).search(asked, 10)[0], index.search(asked, 10)[0]
    assert np.mean([np.isin(near, row).mean() for near, row in zip(truth, found, strict=True)]) >= 0.95


def test_an_index_is_told_what_is_asked_where_items_are_found_by_other_vectors() -> None:
    inputs, outputs = world()[:, :7], world()[::-1]
    told: list[Vectors] = []

    class Settings:
        def build(self, vectors: Vectors) -> ExactIndex:
            return Exact().build(vectors)

        def build_for(self, vectors: Vectors, asked: Vectors) -> ExactIndex:
            told.extend([vectors, asked])
            return Exact().build(vectors)

    class Alike:
        vectors = inputs

        def embed(self, query: Query) -> Vectors:
            found: Vectors = self.vectors[query.seeds[0]]
            return found

    class Apart(Alike):
        targets = outputs

    assert isinstance(index_of(Alike(), Settings()), ExactIndex)
    assert not told
    index_of(Apart(), Settings())
    assert told[0] is outputs
    assert np.array_equal(told[1][:, :7], inputs)
    assert not told[1][:, 7].any()
    assert isinstance(index_of(Apart(), Exact()), ExactIndex)


def test_what_no_effort_reaches_is_looked_for_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "LENGTHS", {10: (1,)})
    noise = np.random.default_rng(0).normal(size=(3000, 16)).astype(np.float32)
    assert isinstance(Approximate(exact_up_to=0, recall=0.99).build(noise), ExactIndex)


def test_few_vectors_need_nothing_installed_and_many_say_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    assert isinstance(Approximate().build(world()), ExactIndex)
    with pytest.raises(MissingExtra, match=r"faiss is not installed: pip install 'endcap\[ann\]'"):
        Approximate(exact_up_to=0).build(world())


def test_only_what_lies_in_visited_lists_is_found() -> None:
    index = approximate(world())
    unit, lists = index.unit[:20], index.lists.of_items(len(index.unit))
    products = unit @ index.lists.centres.T
    for some in (unit[:1], unit):
        theirs = products[: len(some)]
        codes, scores = index.lists.near(some, Visits.where(theirs, theirs == theirs.max(axis=1, keepdims=True)), 100)
        for row, nearest in enumerate(theirs.argmax(axis=1)):
            found, seen = codes[row][codes[row] >= 0], scores[row][codes[row] >= 0]
            assert set(lists[found]) == {nearest}
            assert (np.diff(seen) <= 0).all()
            assert np.allclose(seen, index.unit[found] @ some[row], atol=0.2)
        everywhere = Visits.where(theirs, np.ones(theirs.shape, bool))
        assert (index.lists.near(some, everywhere, 100)[0] >= 0).all()
        nowhere = Visits.where(theirs, np.zeros(theirs.shape, bool))
        assert (index.lists.near(some, nowhere, 100)[0] == -1).all()


def test_a_list_promises_what_its_best_item_rarely_surpasses() -> None:
    index = approximate(world())
    lists, products = index.lists.of_items(len(index.unit)), index.unit[::10] @ index.unit.T
    promised = index.unit[::10] @ index.lists.centres.T + index.lists.spread
    best = np.stack([products[:, lists == number].max(axis=1) for number in range(len(index.lists))], axis=1)
    assert np.mean(best > promised) < 0.1
    assert np.mean(best > promised - 0.5) > 0.3
    few, many = (index.lists.spreads(np.full(len(index.lists), n)) for n in (1, 100))
    assert (few <= many).all()
    assert few.mean() < 0.8 * many.mean()


def test_visits_are_those_of_one_query_or_of_many() -> None:
    products = np.array([[0.1, 0.9, 0.5], [0.7, 0.2, 0.3]], np.float32)
    many = Visits.where(products, products >= 0.4)
    assert many.lists.tolist() == [[1, 2], [0, -1]]
    assert many.counts.tolist() == [2, 1]
    assert many.rows(np.array([1])).lists.tolist() == [[0, -1]]
    assert many.renumbered(np.array([7, 8, 9])).lists.tolist() == [[8, 9], [7, -1]]
    one = Visits.where(products[:1], products[:1] > 0)
    assert one.lists.tolist() == [[1, 2, 0]]
    assert np.allclose(one.products, [[0.9, 0.5, 0.1]])


def test_a_filter_is_learned_once_and_again_where_it_was_changed() -> None:
    index = approximate(world())
    known = index.known.copy()
    known[5] = False
    of = filters(known, index.lists)
    allowed = np.zeros(len(known), bool)
    allowed[[3, 5, 8]] = True
    first = of(allowed)
    assert first.codes.tolist() == [3, 8]
    assert of(allowed.copy()) is first
    held, spreads = first.held
    assert held.tolist() == sorted({*index.lists.of_items(len(known))[[3, 8]].tolist()})
    assert (spreads > 0).all()
    allowed[8] = False
    assert of(allowed).codes.tolist() == [3]
    with pytest.raises(ValueError, match="a filter has one entry per item: 3000 are expected, not 2999"):
        of(allowed[:-1])


def test_effort_grows_with_the_length_of_a_list() -> None:
    effort = Effort((10, 1000), (0.1, 0.3), (20, 40), (8.0, 4.0), 0.1)
    assert [round(effort.gap_for(k), 6) for k in (1, 10, 100, 1000, 10_000)] == [0.1, 0.1, 0.2, 0.3, 0.4]
    assert [effort.lists_for(k) for k in (1, 10, 100, 1000, 2000)] == [20, 20, 30, 40, 80]
    assert [effort.rescored_for(k) for k in (1, 10, 100, 1000, 2000)] == [8, 80, 600, 4000, 8000]


@pytest.mark.usefixtures("visiting")
def test_lists_that_hold_too_few_are_made_up_for() -> None:
    vectors = world()
    index = approximate(vectors)
    hasty = replace(index, effort=Effort())
    sizes = np.bincount(index.lists.of_items(len(vectors)))
    k = int(sizes.max()) + 1
    assert (hasty.search(vectors[:5], k)[0] >= 0).all()
    assert len(hasty.nearest(vectors[0], k)[0]) == k
