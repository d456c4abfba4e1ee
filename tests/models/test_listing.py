"""The best of everything, for many queries at once, as sorting everything finds them."""

from dataclasses import dataclass

import numpy as np
import pytest

from endcap.core.arrays import Codes, Ragged, Scores
from endcap.core.candidates import Candidates
from endcap.core.catalog import Catalog
from endcap.core.query import Queries, Query
from endcap.core.vocabulary import Vocabulary
from endcap.models.listing import Vectors, highest, listed


def sorted_out(products: Vectors, k: int, left_out: Ragged) -> Codes:
    """The same, by sorting everything: not what is left out, and no product of zero."""
    codes = np.full((len(products), k), -1, np.int32)
    for row, line in enumerate(products):
        order = np.lexsort((np.arange(len(line)), -line))
        order = order[(line[order] != 0) & ~np.isin(order, left_out[row])][:k]
        codes[row, : len(order)] = order
    return codes


def barred(n: int, n_items: int, most: int, seed: int = 0) -> Ragged:
    """Items that each list leaves out, in no order, some twice."""
    rng = np.random.default_rng(seed)
    return Ragged.of([rng.integers(n_items, size=rng.integers(0, most + 1)) for _ in range(n)])


@pytest.mark.parametrize(
    ("n", "n_items", "size", "k"), [(1, 1, 1, 1), (7, 5, 3, 9), (130, 999, 5, 20), (65, 32, 64, 4), (9, 700, 17, 300)]
)
def test_the_highest_are_those_that_sorting_everything_finds(n: int, n_items: int, size: int, k: int) -> None:
    rng = np.random.default_rng(n)
    # Whole numbers: products are exact, and many of them are equal, or zero.
    queries, items = (rng.integers(-2, 3, size=(rows, size)).astype(np.float32) for rows in (n, n_items))
    queries[n // 2], items[n_items // 2] = 0, 0
    left_out, products = barred(n, n_items, n_items // 2), queries @ items.T
    for threads in (1, 3):
        codes, scores = highest(queries, items, k, left_out, threads)
        assert np.array_equal(codes, sorted_out(products, k, left_out))
        assert np.array_equal(np.isnan(scores), codes < 0)
        there = codes >= 0
        assert np.array_equal(scores[there], np.take_along_axis(products, np.maximum(codes, 0), axis=1)[there])


def test_items_of_very_different_lengths_are_found_without_looking_at_all() -> None:
    rng = np.random.default_rng(0)
    queries, items = (rng.normal(size=(rows, 8)).astype(np.float32) for rows in (50, 3000))
    items *= 0.99 ** np.arange(3000)[:, None].astype(np.float32)
    left_out = barred(50, 100, 20)
    codes, _ = highest(queries, items, 10, left_out)
    assert np.array_equal(codes, sorted_out(queries @ items.T, 10, left_out))


def test_no_queries_and_no_items_give_empty_lists() -> None:
    nobody, nothing = np.empty((0, 4), np.float32), np.empty((0, 4), np.float32)
    assert highest(nobody, np.ones((3, 4), np.float32), 2, Ragged.empty(0))[0].shape == (0, 2)
    assert (highest(np.ones((3, 4), np.float32), nothing, 2, Ragged.empty(3))[0] == -1).all()


@dataclass(frozen=True)
class Alone:
    """Scores items by their distance from the last of the history, which it leaves out."""

    vectors: Vectors

    def __call__(self, query: Query, k: int) -> Candidates:
        """One at a time."""
        scores: Scores = self.vectors @ self.vectors[query.history[-1]]
        scores[query.history] = np.nan
        return Candidates.all(scores).top(k)


class WithFactors(Alone):
    """The same by vectors."""

    def factors(self, queries: Queries) -> tuple[Vectors, Vectors, Ragged] | None:
        """Of queries, items, and what is left out."""
        return self.vectors[[query.history[-1] for query in queries]], self.vectors, queries.history


class WithMany(Alone):
    """The same at once."""

    def many(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
        """Items and scores."""
        vectors, items, left_out = self.vectors[[query.history[-1] for query in queries]], self.vectors, queries.history
        return highest(vectors, items, k, left_out)


class NotThisTime(Alone):
    """Has vectors, but not for these queries."""

    def factors(self, queries: Queries) -> None:
        """None."""


@pytest.mark.parametrize("kind", [Alone, WithFactors, WithMany, NotThisTime])
def test_lists_are_the_same_whatever_a_model_can(kind: type[Alone]) -> None:
    rng = np.random.default_rng(0)
    model = kind(rng.normal(size=(40, 4)).astype(np.float32))
    catalog = Catalog(Vocabulary.of([str(item) for item in range(40)]), {})
    histories = Ragged.of([rng.permutation(40)[: 1 + at] for at in range(6)])
    queries = Queries.of(catalog, np.zeros(6), history=histories)
    codes, scores = listed(model, queries, 36)
    for row, query in enumerate(queries):
        found = model(query, 36)
        assert codes[row, : len(found)].tolist() == found.items.tolist()
        assert np.allclose(scores[row, : len(found)], found.scores, atol=1e-6)
        assert (codes[row, len(found) :] == -1).all()
