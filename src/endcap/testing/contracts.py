"""What everybody may expect of a retriever, a stage, a fold and an index: tests to inherit."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from endcap.core.arrays import Ragged, Scores
from endcap.core.candidates import Candidates
from endcap.core.catalog import Labels
from endcap.core.dataset import Dataset
from endcap.core.query import Queries, Query, Retriever
from endcap.core.records import Event
from endcap.testing.values import read_only, same, saved_and_loaded
from endcap.testing.worlds import ask, checkerboard, orders, some_events


class RetrieverContract:
    """What everybody may expect of a retrieval recipe, checked on the `checkerboard`. Inherit it and set `recipe`."""

    recipe: Any

    def test_same_seed_same_answers(self) -> None:
        """Randomness comes from the generator that is passed, and from nowhere else."""
        world = checkerboard()
        assert same(self._fitted(world), self._fitted(world))

    def test_never_more_than_k_and_always_the_best(self) -> None:
        """A shorter list is the beginning of a longer one."""
        model = self._fitted(checkerboard())
        for query in self._queries():
            longest = model(query, 1000)
            for k in (1, 2, 5, 13):
                assert same(model(query, k).items, longest.items[:k])

    def test_best_first_and_ties_go_to_the_smaller_code(self) -> None:
        """The same input gives the same list on every machine; NaN never gets into one."""
        model = self._fitted(checkerboard())
        for query in self._queries():
            given = model(query, 1000)
            assert np.isfinite(given.scores).all()
            for (better, score), (item, lower) in pairwise(zip(given.items, given.scores, strict=True)):
                assert score > lower or (score == lower and better < item)

    def test_items_exist_and_come_once(self) -> None:
        """Every code is in the catalog."""
        model = self._fitted(checkerboard())
        for query in self._queries():
            items = model(query, 1000).items.tolist()
            assert len(set(items)) == len(items)
            assert set(items) <= set(range(len(query.catalog)))

    def test_saved_and_loaded_it_answers_the_same(self) -> None:
        """What fit returns is a frozen dataclass of arrays, and arrays are all it needs."""
        model = self._fitted(checkerboard())
        loaded = saved_and_loaded(model)
        for query in self._queries():
            assert same(loaded(query, 10), model(query, 10))

    def test_why_adds_up_to_the_score(self) -> None:
        """What each seed adds, and what no seed accounts for (in words), is the score; the seeds are the visitor's own.

        A model that cannot say it says nothing here.
        """
        model = self._fitted(checkerboard())
        why = getattr(model, "why", None)
        if why is None:
            return
        for query in (*self._queries(), ask(checkerboard().catalog, session=["i2", "i5", "i2", "i4"])):
            touched = {*query.context.tolist(), *query.session.tolist(), *query.history.tolist()}
            given = model(query, 10)
            for item, score in zip(given.items.tolist(), given.scores.tolist(), strict=True):
                reasons = why(query, item)
                assert len(set(reasons.seeds.tolist())) == len(reasons.seeds) == len(reasons.adds)
                assert set(reasons.seeds.tolist()) <= touched
                assert np.isclose(reasons.score, score, rtol=1e-4, atol=1e-6)
                assert reasons.because or not reasons.rest

    def test_many_agrees_with_single_calls(self) -> None:
        """Batches are for speed only; a model without them says nothing here."""
        model = self._fitted(checkerboard())
        many = getattr(model, "many", None)
        if many is None:
            return
        asked = self._queries()
        context, history = (Ragged.of([getattr(query, name) for query in asked]) for name in ("context", "history"))
        now = np.array([query.now for query in asked])
        queries = Queries.of(asked[0].catalog, now, context=context, history=history)
        codes, scores = many(queries.knowing(country=Labels.of([query.country or None for query in asked])), 5)
        for row, query in enumerate(asked):
            found, alone = codes[row][codes[row] >= 0], model(query, 10)
            near = scores[row][: len(found)]
            assert len(set(found.tolist())) == len(found) == min(len(alone), 5)
            assert np.allclose(near, alone.scores[: len(found)], rtol=1e-5, atol=1e-6)
            # Items whose scores differ by no more than rounding may change places.
            by_item = dict(zip(alone.items.tolist(), alone.scores.tolist(), strict=True))
            assert np.allclose(near, [by_item[item] for item in found.tolist()], rtol=1e-5, atol=1e-6)

    def test_one_item_and_one_user_are_enough(self) -> None:
        """The smallest shop there is fits and answers."""
        world = orders(["i0"], items={"i0": {"category": "c", "family": "f"}})
        model = self._fitted(world)
        assert set(model(ask(world.catalog, context=["i0"]), 10).items.tolist()) <= {0}

    def _fitted(self, world: Dataset) -> Retriever:
        from endcap.index.exact import Exact  # noqa: PLC0415 — only for models that embed
        from endcap.index.nearest import Nearest, targets_of  # noqa: PLC0415

        model = read_only(self.recipe.fit(world, np.random.default_rng(7)))
        return model if callable(model) else read_only(Nearest(model, Exact().build(targets_of(model))))

    def _queries(self) -> list[Query]:
        catalog = checkerboard().catalog
        return [
            ask(catalog, context=["i0"]),
            ask(catalog, context=["i1", "i3", "i5"]),
            ask(catalog, history=["i2", "i4"]),
            ask(catalog),
        ]


class StageContract(ABC):
    """What everybody may expect of a stage. Inherit it and write `stage` as the call of yours."""

    @abstractmethod
    def stage(self, query: Query, candidates: Candidates) -> Candidates:
        """The stage itself."""

    def test_nothing_in_nothing_out(self) -> None:
        """No candidates are no reason to fail, whatever the query knows."""
        for query in self._queries():
            assert len(self.stage(query, Candidates.none())) == 0

    def test_items_come_once_with_all_their_columns(self) -> None:
        """Each candidate has a score and an entry in every feature column."""
        for query in self._queries():
            given = self.stage(query, self._candidates(query))
            assert len(set(given.items.tolist())) == len(given.items) == len(given.scores)
            assert {len(values) for values in given.features.values()} <= {len(given)}

    def test_same_question_same_answer(self) -> None:
        """A stage remembers nothing."""
        for query in self._queries():
            candidates = self._candidates(query)
            assert same(self.stage(query, candidates), self.stage(query, candidates))

    def _queries(self) -> list[Query]:
        catalog = checkerboard().catalog
        return [
            ask(catalog),
            ask(catalog, context=["i0"]),
            ask(catalog, cart=["i2", "i3"], history=["i4"], exclude=["i6"]),
        ]

    def _candidates(self, query: Query) -> Candidates:
        scores = np.linspace(1, 0, len(query.catalog), dtype=np.float32)
        return read_only(Candidates.all(scores).with_feature("own", scores))


class FilterContract(StageContract, ABC):
    """A filter only takes away: what is left keeps its order, scores and features."""

    def test_what_is_left_is_as_it_was(self) -> None:
        """The answer is the input at some positions."""
        for query in self._queries():
            candidates = self._candidates(query)
            given = self.stage(query, candidates)
            assert same(given, candidates.take(np.isin(candidates.items, given.items)))


class Fold(Protocol):
    """State that events are applied to."""

    def apply(self, events: Iterable[Event]) -> None:
        """Takes in events, in order."""


class FoldContract(ABC):
    """What everybody may expect of a fold. Inherit it, give an empty one, and say what one knows."""

    @abstractmethod
    def fold(self) -> Any:
        """A new one that has seen nothing."""

    @abstractmethod
    def state(self, fold: Any) -> object:
        """All that can be asked of it, as something that can be compared."""

    def test_two_halves_equal_the_whole(self) -> None:
        """Wherever the events are cut."""
        events = some_events()
        whole = self.fold()
        whole.apply(events)
        for cut in range(len(events) + 1):
            parts = self.fold()
            parts.apply(events[:cut])
            parts.apply(events[cut:])
            assert self.state(parts) == self.state(whole)

    def test_events_change_it(self) -> None:
        """A fold that learns nothing is none."""
        fold = self.fold()
        fold.apply(some_events())
        assert self.state(fold) != self.state(self.fold())


class IndexContract:
    """What everybody may expect of an index. Inherit it and set `index`."""

    index: Any

    def test_lists_are_as_long_as_they_can_be(self) -> None:
        """However few items are allowed, all of them are found, and no other; the rest is -1 and NaN."""
        vectors = self._vectors()
        built = self.index.build(vectors)
        for few in (0, 1, 5, len(vectors)):
            allowed = np.zeros(len(vectors), bool)
            allowed[:few] = True
            codes, scores = built.search(vectors[:3], 10, allowed)
            wanted = min(few, 10)
            assert codes.shape == scores.shape == (3, 10)
            assert ((codes >= 0).sum(axis=1) == wanted).all()
            assert (codes < few).all()
            assert np.isnan(scores[codes < 0]).all()

    def test_a_filter_may_keep_any_share(self) -> None:
        """Nothing else is found, and the best first; alone as among others."""
        vectors, rng = self._vectors(), np.random.default_rng(5)
        built = self.index.build(vectors)
        for share in (0.02, 0.1, 0.5, 0.95):
            allowed = rng.random(len(vectors)) < share
            for row, scores in zip(*built.search(vectors[:5], 10, allowed), strict=True):
                assert (row >= 0).sum() == min(int(allowed.sum()), 10)
                assert allowed[row[row >= 0]].all()
                assert (np.diff(scores[row >= 0]) <= 0).all()
            codes, scores = built.nearest(vectors[0], 10, allowed)
            assert len(codes) == len(scores) == min(int(allowed.sum()), 10)
            assert allowed[codes].all()

    def test_a_vector_is_nearest_to_itself(self) -> None:
        """Each is found first, best first after it."""
        vectors = self._vectors()
        codes, scores = self.index.build(vectors).search(vectors, 5)
        assert codes[:, 0].tolist() == list(range(len(vectors)))
        assert (np.diff(scores, axis=1) <= 0).all()

    def test_zero_vectors_are_never_found(self) -> None:
        """Nothing is known of them; and nothing is near a query of zeros."""
        vectors = self._vectors()
        vectors[4] = 0
        codes, _ = self.index.build(vectors).search(vectors, len(vectors))
        assert 4 not in codes
        assert (codes[4] == -1).all()

    def test_saved_and_loaded_it_finds_the_same(self) -> None:
        """An index is arrays too."""
        vectors = self._vectors()
        built = self.index.build(vectors)
        assert same(saved_and_loaded(built).search(vectors, 5), built.search(vectors, 5))

    def _vectors(self) -> Scores:
        return np.random.default_rng(3).normal(size=(50, 8)).astype(np.float32)
