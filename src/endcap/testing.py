"""Small worlds with known answers, and contracts that parts inherit as tests: for ours and for everybody's.

```python
class TestNewest(RetrieverContract):
    recipe = Newest()
```
"""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeVar

import numpy as np

from endcap.core.arrays import Array, Ragged, Scores, Strings
from endcap.core.candidates import Candidates
from endcap.core.catalog import Catalog, Column, Labels
from endcap.core.dataset import DAY, Dataset, Events
from endcap.core.query import Queries, Query, Retriever
from endcap.core.records import KINDS, Event
from endcap.core.saving import load, save
from endcap.core.vocabulary import Vocabulary
from endcap.data.describe import as_of

START = 1_700_000_000.0
"""When the first event of every small world happens: seconds since 1970 (UTC)."""
Facts = Mapping[str, str | None]
"""What a catalog says of one item: ``title``, ``image``, ``category``, ``family``."""
T = TypeVar("T")


def bought(*item_ids: str, order: str = "o0", user: str | None = None, day: float = 0.0) -> list[Event]:
    """One order: a purchase of each of the given items, `day` days after the world began."""
    time = START + day * DAY
    return [
        Event(kind="purchase", session_id=order, order_id=order, user_id=user, item_id=item_id, time=time, price=1.0)
        for item_id in item_ids
    ]


def orders(*baskets: Sequence[str], items: Mapping[str, Facts] | None = None) -> Dataset:
    """A shop that sold the given baskets, one a day; basket i was bought by user ``u<i>``."""
    events = [bought(*basket, order=f"o{i}", user=f"u{i}", day=i) for i, basket in enumerate(baskets)]
    return shop([event for basket in events for event in basket], items)


def shop(events: Iterable[Event], items: Mapping[str, Facts] | None = None) -> Dataset:
    """The dataset of a few events, read-only, seen from a second after the last one.

    Item codes follow `items` and then the order of first appearance, so that ``i0`` can be code 0.
    """
    events = [event for event in events if event.item_id is not None]
    facts: dict[str, Facts] = {**(items or {})}
    for event in events:
        facts.setdefault(str(event.item_id), {})
    codes, users = Vocabulary.of(facts), _named(event.user_id for event in events)
    sessions, placed = _named(event.session_id for event in events), _named(event.order_id for event in events)
    unsorted = Events(
        session=sessions.encode(event.session_id for event in events),
        user=users.encode(event.user_id or "" for event in events),
        item=codes.encode(str(event.item_id) for event in events),
        kind=np.array([KINDS.index(event.kind) for event in events], np.int8),
        time=np.array([event.time for event in events], np.float64),
        quantity=np.array([event.quantity for event in events], np.float32),
        price=np.array([np.nan if event.price is None else event.price for event in events], np.float32),
        order=placed.encode(event.order_id or "" for event in events),
    )
    order = np.lexsort((unsorted.kind, unsorted.item, unsorted.time, unsorted.session))
    columns: dict[str, Column] = {
        name: Strings.of(fact.get(name) or "" for fact in facts.values()) for name in ("title", "image")
    }
    columns |= {name: Labels.of(fact.get(name) for fact in facts.values()) for name in ("category", "family")}
    now = max((event.time for event in events), default=START) + 1.0
    return read_only(as_of(Dataset(unsorted.take(order), Catalog(codes, columns), users, now, "small")))


def checkerboard(n: int = 20) -> Dataset:
    """A shop of n items ``i0`` … and n orders: even items go together, odd items go together (as in implicit's tests).

    Order ``o<i>`` holds every item of its own parity but item i; the category of an item is its parity, a family has
    two items of one parity (``i0`` and ``i2``, ``i1`` and ``i3``, …).
    """
    items = {
        f"i{i}": {"title": f"Item {i}", "category": ("even", "odd")[i % 2], "family": f"f{i // 4 * 2 + i % 2}"}
        for i in range(n)
    }
    return orders(*([f"i{i}" for i in range(order % 2, n, 2) if i != order] for order in range(n)), items=items)


def ask(
    catalog: Catalog,
    context: Sequence[str] = (),
    session: Sequence[str] = (),
    history: Sequence[str] = (),
    cart: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> Query:
    """A query by item ids, a year after the world began; raises KeyError for an id that the catalog does not have."""
    given = (context, session, history, cart, exclude)
    unknown = [item_id for ids in given for item_id in ids if item_id not in catalog.items]
    if unknown:
        raise KeyError(f"not in the catalog: {', '.join(unknown)}")
    encode = catalog.items.encode
    asked = Query(
        START + 365 * DAY, catalog, encode(context), encode(session), encode(history), encode(cart), encode(exclude)
    )
    return read_only(asked)


def found(*scored: tuple[int, float]) -> Candidates:
    """Candidates from pairs of code and score, as they are given."""
    return read_only(
        Candidates(np.array([code for code, _ in scored], np.int32), np.array([s for _, s in scored], np.float32))
    )


def read_only(value: T) -> T:
    """The same value, every array in it read-only, so that a part that writes into what it was given fails."""
    for array in _arrays(value):
        array.setflags(write=False)
    return value


def saved_and_loaded(value: Any) -> Any:
    """What serving will have of a value: written to a folder, checked, and mapped into memory."""
    with TemporaryDirectory() as folder:
        save(value, Path(folder) / "saved", {})
        return load(Path(folder) / "saved")


def same(left: Any, right: Any) -> bool:
    """Whether two values have the same shape and, bit by bit, the same arrays."""
    ours, theirs = _arrays(left), _arrays(right)
    equal = (
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") and a.dtype == b.dtype
        for a, b in zip(ours, theirs, strict=False)
    )
    return len(ours) == len(theirs) and all(equal)


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

    def test_many_agrees_with_single_calls(self) -> None:
        """Batches are for speed only; a model without them says nothing here."""
        model = self._fitted(checkerboard())
        many = getattr(model, "many", None)
        if many is None:
            return
        asked = self._queries()
        context, history = (Ragged.of([getattr(query, name) for query in asked]) for name in ("context", "history"))
        now = np.array([query.now for query in asked])
        codes, scores = many(Queries.of(asked[0].catalog, now, context=context, history=history), 5)
        for row, query in enumerate(asked):
            alone = model(query, 5)
            assert codes[row][codes[row] >= 0].tolist() == alone.items.tolist()
            assert np.allclose(scores[row][codes[row] >= 0], alone.scores, rtol=1e-5, atol=1e-6)

    def test_one_item_and_one_user_are_enough(self) -> None:
        """The smallest shop there is fits and answers."""
        world = orders(["i0"], items={"i0": {"category": "c", "family": "f"}})
        model = self._fitted(world)
        assert set(model(ask(world.catalog, context=["i0"]), 10).items.tolist()) <= {0}

    def _fitted(self, world: Dataset) -> Retriever:
        from endcap.index.exact import Exact  # noqa: PLC0415 — only for models that embed
        from endcap.index.nearest import Nearest  # noqa: PLC0415

        model = read_only(self.recipe.fit(world, np.random.default_rng(7)))
        return model if callable(model) else read_only(Nearest(model, Exact().build(model.vectors)))

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


def some_events(n: int = 30) -> list[Event]:
    """Events of every kind, by a few visitors, in order of time."""
    return [
        Event(
            kind=KINDS[i % len(KINDS)],
            session_id=f"s{i % 3}",
            user_id=None if i % 4 == 0 else f"u{i % 2}",
            item_id=None if KINDS[i % len(KINDS)] == "search" else f"i{i * i % 7}",
            time=START + i,
            query="mug" if KINDS[i % len(KINDS)] == "search" else None,
        )
        for i in range(n)
    ]


def _named(ids: Iterable[str | None]) -> Vocabulary:
    return Vocabulary.of(item_id for item_id in ids if item_id is not None)


def _arrays(value: Any) -> list[Array]:
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, Mapping):
        return [array for key in sorted(value) for array in _arrays(value[key])]
    if isinstance(value, tuple | list):
        return [array for item in value for array in _arrays(item)]
    if dataclasses.is_dataclass(value):
        fields = (getattr(value, field.name) for field in dataclasses.fields(value))
        return [array for field in fields for array in _arrays(field)]
    return []


__all__ = [
    "START",
    "FilterContract",
    "FoldContract",
    "IndexContract",
    "RetrieverContract",
    "StageContract",
    "ask",
    "bought",
    "checkerboard",
    "found",
    "orders",
    "read_only",
    "same",
    "saved_and_loaded",
    "shop",
    "some_events",
]
