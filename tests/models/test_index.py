"""Vectors to neighbours."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from endcap.core.query import Query
from endcap.index import exact
from endcap.index.exact import Exact
from endcap.index.nearest import Nearest
from endcap.models.prod2vec import Prod2VecModel
from endcap.models.skip_gram import Vectors
from endcap.testing import IndexContract, ask, checkerboard


@dataclass(frozen=True)
class Alike:
    """Embeds every query as a vector of ones, and cannot say why."""

    vectors: Vectors

    def embed(self, query: Query) -> Vectors:
        return np.ones(4, np.float32)


class TestExactContract(IndexContract):
    index = Exact()


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 30))
def test_exact_is_sorting_by_cosine(seed: int, k: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    vectors, queries = (rng.normal(size=(rows, 4)).astype(np.float32) for rows in (n, 3))
    allowed = rng.random(n) < 0.5
    codes, scores = Exact().build(vectors).search(queries, k, allowed)
    for query, row, cosines in zip(queries, codes, scores, strict=True):
        every = vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
        expected = [code for code in np.argsort(-every) if allowed[code]][:k]
        assert row[row >= 0].tolist() == expected
        assert np.allclose(cosines[row >= 0], every[expected], atol=1e-5)


def test_blocks_change_nothing() -> None:
    vectors = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    whole = Exact().build(vectors).search(vectors, 7)
    before, exact.BLOCK = exact.BLOCK, 100
    try:
        blocks = Exact().build(vectors).search(vectors, 7)
    finally:
        exact.BLOCK = before
    assert np.array_equal(whole[0], blocks[0])
    assert np.allclose(whole[1], blocks[1])


def test_nearest_leaves_the_seeds_out_and_says_what_each_contributes() -> None:
    vectors = np.eye(20, 4, dtype=np.float32)
    vectors[10] = [1, 1, 0, 0]
    nearest = Nearest(Prod2VecModel(vectors, vectors), Exact().build(vectors))
    query = ask(checkerboard().catalog, context=["i0", "i1"])
    assert nearest(query, 3).items.tolist() == [10, 2, 3]
    assert nearest.why(query, 10).adds == pytest.approx([0.5, 0.5])
    assert nearest.why(query, 2).adds.tolist() == [0.0, 0.0]


def test_a_model_that_cannot_say_what_each_seed_adds_says_so() -> None:
    vectors = np.eye(20, 4, dtype=np.float32)
    nearest = Nearest(Alike(vectors), Exact().build(vectors))
    why = nearest.why(ask(checkerboard().catalog, context=["i0", "i1"]), 0)
    assert (len(why.seeds), why.score, why.because) == (0, 0.5, "near to this visitor (Alike)")
