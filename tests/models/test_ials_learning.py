"""How factors are learned: each solver against plain NumPy, the loss that falls, and shares that change nothing."""

import numpy as np
import pytest
from numpy.typing import NDArray

from endcap.core.arrays import Ragged
from endcap.models.alternating import (
    ITEMS,
    VISITORS,
    Factors,
    Held,
    Loss,
    Plan,
    held,
    in_parts,
    learning,
    shares,
    solve,
)
from endcap.models.ials import IALS
from endcap.models.kernels.descent import descender
from endcap.models.rows import transposed
from endcap.models.shards import alone
from endcap.testing import orders

LOSS = Loss(unobserved=0.05, l2=0.01, power=1.0)
SOLVERS = [IALS(solver="cg"), IALS(solver="cholesky"), IALS(solver="blocks", block=3), IALS(solver="blocks", block=8)]
NAMES = [f"{recipe.solver} {recipe.block}" for recipe in SOLVERS]


def visits(n: int, seed: int = 0) -> Ragged:
    """What visitors touched: of 40 items, mostly of a quarter of their own, some few and some many, one nothing."""
    rng = np.random.default_rng(seed)
    rows = []
    for visitor in range(n):
        taste = np.where(np.arange(40) % 4 == visitor % 4, 8.0, 1.0)
        rows.append(np.sort(rng.choice(40, rng.integers(0, 25) * (visitor > 0), replace=False, p=taste / taste.sum())))
    return Ragged.of(rows)


def world(size: int, n: int = 30) -> tuple[Ragged, Held]:
    """Rows, and the factors that they are solved from."""
    rng = np.random.default_rng(size)
    factors = rng.normal(size=(40, size)).astype(np.float32)
    return visits(n), Held(factors, rng.uniform(0.5, 2.0, size).astype(np.float32), 40)


def least_squares(rows: Ragged, others: Held, start: Factors, block: int) -> NDArray[np.float64]:
    """The same as the compiled code, plainly: block after block, the best answer while the rest is held fast."""
    answers, shrink = start.astype(np.float64), LOSS.shrink(rows.lengths, others.n)
    for row, own in enumerate(rows):
        mine = others.factors[own].astype(np.float64)
        whole = mine.T @ mine + np.diag(others.spread + shrink[row])
        for first in range(0, start.shape[1], block):
            part = np.arange(first, min(first + block, start.shape[1]))
            rest = np.setdiff1d(np.arange(start.shape[1]), part)
            aim = mine[:, part].sum(axis=0) - whole[np.ix_(part, rest)] @ answers[row, rest]
            answers[row, part] = np.linalg.solve(whole[np.ix_(part, part)], aim) if len(own) else 0.0
    return answers


def epochs(recipe: IALS, rows: Ragged, n: int) -> list[float]:
    """The loss after each epoch."""
    plan = recipe.model_copy(update={"epochs": n, "l2": 0.01, "unobserved": 0.05, "threads": 1}).plan()
    items = np.random.default_rng(0).normal(0.0, 0.1, (40, 8)).astype(np.float32)
    (share,) = shares(rows, transposed(rows, 40), items, plan, 1)
    return [plan.loss.total(rows, *share.factors) for _ in learning(alone(share), plan)]


@pytest.mark.parametrize(("size", "block"), [(5, 5), (20, 20), (21, 64), (20, 7), (40, 16)])
def test_blocks_are_solved_exactly(size: int, block: int) -> None:
    rows, others = world(size)
    answers = np.random.default_rng(0).normal(size=(len(rows), size)).astype(np.float32)
    answers[rows.lengths == 0] = 0.0
    expected = least_squares(rows, others, answers, min(block, size))
    solve(rows, others, LOSS, answers, block, 2)
    assert np.allclose(answers, expected, atol=2e-5)


@pytest.mark.parametrize("size", [8, 65])
def test_conjugate_gradient_ends_in_the_exact_answer(size: int) -> None:
    rows, others = world(size)
    answers = np.random.default_rng(0).normal(size=(len(rows), size)).astype(np.float32)
    expected = least_squares(rows, others, answers, size)
    shrink = LOSS.shrink(rows.lengths, others.n)
    settings = (rows.offsets, rows.values, others.factors, others.spread, shrink, answers, 40)
    descender(size)(0, len(rows), *settings, np.empty((25, size), np.float32))
    assert np.allclose(answers, expected, atol=1e-4)  # started at about 1, in float32, whose sums go by the processor


def test_one_step_of_conjugate_gradient_is_the_steepest_descent_as_far_as_it_goes_down() -> None:
    rows, others = world(8)
    start = np.random.default_rng(0).normal(size=(len(rows), 8)).astype(np.float32)
    answers, shrink = start.copy(), LOSS.shrink(rows.lengths, others.n)
    settings = (rows.offsets, rows.values, others.factors, others.spread, shrink, answers, 1)
    descender(8)(0, len(rows), *settings, np.empty((25, 8), np.float32))
    for row in range(1, len(rows)):
        scale = 1 / np.sqrt(others.spread + shrink[row])
        block, x = others.factors[rows[row]] * scale, start[row] / scale
        down = block.sum(axis=0) - block.T @ (block @ x) - x
        far = down @ down / (down @ down + ((block @ down) ** 2).sum())
        assert np.allclose(answers[row], (x + far * down) * scale, atol=1e-5)


@pytest.mark.parametrize("recipe", SOLVERS, ids=NAMES)
def test_the_loss_falls_with_every_epoch(recipe: IALS) -> None:
    losses = epochs(recipe, visits(60), 12)
    assert (np.diff(losses) < 1e-5 * losses[0]).all()
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("recipe", SOLVERS, ids=NAMES)
def test_every_solver_ends_at_the_same_loss(recipe: IALS) -> None:
    rows = visits(60)
    assert epochs(recipe, rows, 100)[-1] == pytest.approx(epochs(IALS(solver="cholesky"), rows, 100)[-1], rel=2e-3)


def test_one_block_of_all_dimensions_is_the_exact_answer() -> None:
    rows = visits(60)
    exact, block = (epochs(recipe, rows, 3) for recipe in (IALS(solver="cholesky"), IALS(solver="blocks", block=8)))
    assert block == pytest.approx(exact, rel=1e-5)


def test_the_loss_counts_what_happened_all_pairs_and_lengths() -> None:
    rows, rng = visits(9), np.random.default_rng(0)
    visitors, items = (rng.normal(size=(n, 3)).astype(np.float32) for n in (9, 40))
    products, had = visitors @ items.T, np.zeros((9, 40), bool)
    had[rows.rows, rows.values] = True
    expected = ((1 - products[had]) ** 2).sum() + 0.05 * (products**2).sum()
    expected += (LOSS.shrink(had.sum(axis=1), 40) * (visitors**2).sum(axis=1)).sum()
    expected += (LOSS.shrink(had.sum(axis=0), 9) * (items**2).sum(axis=1)).sum()
    assert LOSS.total(rows, visitors, items) == pytest.approx(expected, rel=1e-5)


def test_turning_changes_no_product() -> None:
    rows, rng = visits(9), np.random.default_rng(0)
    plan = Plan(LOSS, 1, "cg", 3, 8, 1)
    (share,) = shares(rows, transposed(rows, 40), rng.normal(size=(40, 4)).astype(np.float32), plan, 1)
    share.factors[VISITORS][:] = rng.normal(size=(9, 4))
    before = share.factors[VISITORS] @ share.factors[ITEMS].T
    others = held(alone(share), ITEMS, plan)
    assert np.allclose(share.factors[VISITORS] @ share.factors[ITEMS].T, before, atol=1e-5)
    assert np.allclose(0.05 * others.factors.T @ others.factors, np.diag(others.spread), atol=1e-5)


def test_shares_have_every_row_once_and_only_their_own_data() -> None:
    rows = visits(30)
    parts = shares(rows, transposed(rows, 40), np.zeros((40, 4), np.float32), IALS().plan(), 3)
    for side, whole in ((VISITORS, rows), (ITEMS, transposed(rows, 40))):
        assert [row.tolist() for part in parts for row in part.rows[side]] == [row.tolist() for row in whole]
        assert max(len(part.rows[side].values) for part in parts) < len(whole.values) / 2
        assert [len(part.rows[side]) for part in parts] == [len(part.factors[side]) for part in parts]


def test_two_shards_find_what_one_does() -> None:
    baskets = [[f"{item}" for item in row] for row in visits(60) if len(row)]
    shop = orders(*baskets, items={f"{item}": {} for item in range(40)})
    one, two = (
        IALS(size=4, epochs=4, threads=1, shards=shards).fit(shop, np.random.default_rng(0)) for shards in (1, 2)
    )
    queries = visits(20, seed=1)
    single, shared = (model.folded(queries) @ model.vectors.T for model in (one, two))
    assert np.allclose(single, shared, atol=1e-4)
    assert np.allclose(one.spread, two.spread, atol=1e-4)


def test_parts_cover_every_row_once() -> None:
    seen: list[int] = []
    offsets = np.array([0, 50, 51, 52, 53, 53, 60], np.int64)
    in_parts(lambda first, last: seen.extend(range(first, last)), offsets, 3)
    assert sorted(seen) == list(range(6))
