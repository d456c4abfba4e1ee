"""The approximate index: as good as it says, with any filter, and never shorter than it must be."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import PrivateAttr

from endcap.core.errors import MissingExtra
from endcap.core.query import Query
from endcap.core.saving import save
from endcap.index import measuring, probing
from endcap.index.approximate import Approximate
from endcap.index.exact import Exact, ExactIndex, of_length_one
from endcap.index.lists import Vectors
from endcap.index.nearest import index_of
from endcap.index.planning import Effort, Landmarks
from endcap.index.probing import ApproximateIndex
from endcap.testing import IndexContract, same, saved_and_loaded

pytest.importorskip("faiss")


@pytest.fixture
def visiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are visited, though looking at so few vectors would be quicker."""
    monkeypatch.setattr(probing, "LOOKED_AT", 1e3)


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
        key = vectors.tobytes(), probing.LOOKED_AT
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


def test_only_lists_that_are_near_enough_are_visited() -> None:
    index = approximate(world())
    unit, lists = index.unit[:20], index.lists.of_items(len(index.unit))
    products = unit @ index.lists.centres.T
    for some in (unit[:1], unit):
        theirs = products[: len(some)]
        codes = index.lists.near(some, theirs, theirs.max(axis=1), 100)
        for row, nearest in zip(codes, theirs.argmax(axis=1), strict=True):
            assert set(lists[row[row >= 0]]) == {nearest}
        everywhere = index.lists.near(some, theirs, np.full(len(some), -np.inf, np.float32), 100)
        assert (everywhere >= 0).all()


def test_effort_grows_with_the_length_of_a_list() -> None:
    effort = Effort((10, 1000), (0.1, 0.3), (20, 40), (8.0, 4.0), 3)
    assert [round(effort.gap_for(k), 6) for k in (1, 10, 100, 1000, 10_000)] == [0.1, 0.1, 0.2, 0.3, 0.4]
    assert [effort.lists_for(k) for k in (1, 10, 100, 1000, 2000)] == [20, 20, 30, 40, 80]
    assert [effort.rescored_for(k) for k in (1, 10, 100, 1000, 2000)] == [8, 80, 600, 4000, 8000]


def visited(
    landmarks: Landmarks, centres: Vectors, wanted: tuple[int, int], allowed: NDArray[np.bool_], share: float
) -> int:
    """How many lists the first centre visits, if it is asked for."""
    products = centres[:1] @ centres.T
    return int(np.count_nonzero(products >= landmarks.least(centres[:1], products, wanted, allowed, share)))


def test_landmarks_say_how_far_what_is_allowed_lies() -> None:
    angles = np.linspace(0, np.pi, 8)
    centres = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    codes = np.repeat(np.arange(8, dtype=np.int32), 10)
    landmarks = Landmarks(np.arange(80, dtype=np.int32), centres[codes], codes)
    for list_allowed in range(8):
        allowed = codes == list_allowed
        assert visited(landmarks, centres, (5, 3), allowed, 1 / 8) == list_allowed + 1
    few = np.arange(80) < 4
    assert visited(landmarks, centres, (5, 3), few, few.mean()) == 8


def test_one_odd_landmark_does_not_say_how_far_to_go() -> None:
    centres = np.eye(8, dtype=np.float32) + np.linspace(0.1, 0, 8, dtype=np.float32)
    codes = np.repeat(np.arange(8, dtype=np.int32), 10)
    lists = codes.copy()
    lists[0] = 7  # as near as the others, in the list that is visited last
    landmarks, all_allowed = Landmarks(np.arange(80, dtype=np.int32), centres[codes], lists), np.ones(80, bool)
    assert visited(landmarks, centres, (0, 10), all_allowed, 1.0) == 1


@pytest.mark.usefixtures("visiting")
def test_lists_that_hold_too_few_are_made_up_for() -> None:
    vectors = world()
    index = approximate(vectors)
    hasty = replace(index, effort=Effort())
    sizes = np.bincount(index.lists.of_items(len(vectors)))
    k = int(sizes.max()) + 1
    assert (hasty.search(vectors[:5], k)[0] >= 0).all()
    assert len(hasty.nearest(vectors[0], k)[0]) == k
