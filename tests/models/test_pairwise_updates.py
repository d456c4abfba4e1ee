"""Learning goes on from what happens, and ends near where learning everything anew ends."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from endcap.core.arrays import Codes, Ragged
from endcap.core.dataset import DAY, Dataset
from endcap.core.query import Queries
from endcap.models.pairwise import Pairwise, PairwiseModel
from endcap.models.rows import distinct_rows
from endcap.testing import ask, bought, same, shop

SMALL = Pairwise(size=8, negatives=16)
ITEMS = 60


def ring(users: int, seed: int) -> list[Codes]:
    """What users bought of items that lie on a ring: ten each, mostly near to where a user's taste lies."""
    rng = np.random.default_rng(seed)
    taste = rng.uniform(0, ITEMS, users)
    far = np.abs((np.arange(ITEMS) - taste[:, None] + ITEMS / 2) % ITEMS - ITEMS / 2)
    odds = np.exp(-0.5 * (far / 4) ** 2) + 0.005
    return [rng.choice(ITEMS, 10, replace=False, p=row / row.sum()).astype(np.int32) for row in odds]


def sold(chosen: list[Codes], seed: int = 1) -> Dataset:
    """The first eight items of each user, one purchase a day, in any order."""
    pairs = [(user, item) for user, items in enumerate(chosen) for item in items[:8]]
    order = np.random.default_rng(seed).permutation(len(pairs))
    days = [(day, *pairs[place]) for day, place in enumerate(order.tolist())]
    events = [
        event for day, user, item in days for event in bought(f"i{item}", order=f"o{day}", user=f"u{user}", day=day)
    ]
    return shop(events, {f"i{item}": {} for item in range(ITEMS)})


def lists(model: PairwiseModel, world: Dataset) -> Codes:
    """The ten best items for each user."""
    rows = distinct_rows(world.histories("purchase"))
    visitors, items, out = model.factors(Queries.of(world.catalog, np.full(len(rows), world.now), history=rows))
    scores = visitors @ items.T
    scores[out.rows, out.values] = -np.inf
    return np.argsort(-scores, axis=1)[:, :10].astype(np.int32)


def shared(ours: Codes, theirs: Codes) -> float:
    """Of ten items, how many two lists have in common, on average."""
    return float(np.mean([len(set(one) & set(two)) for one, two in zip(ours.tolist(), theirs.tolist(), strict=True)]))


def ndcg(found: Codes, wanted: Ragged) -> float:
    hits = np.array([np.isin(row, items) for row, items in zip(found, wanted, strict=True)])
    gains: NDArray[np.float64] = 1 / np.log2(np.arange(2, 12))
    return float((hits @ gains).mean() / gains[:2].sum())


@pytest.mark.parametrize("loss", ["softmax", "bpr"])
def test_a_hundred_small_updates_end_near_one_full_fit(loss: str) -> None:
    chosen = ring(150, 0)
    world, recipe = sold(chosen), SMALL.model_copy(update={"loss": loss})
    edges = np.linspace(world.now - 600 * DAY, world.now, 101).tolist()
    early = model = recipe.fit(world.between(-np.inf, edges[0]), np.random.default_rng(3))
    for since, until in pairwise(edges):
        model = model.updated(world.between(-np.inf, until), since)
    full, other = (recipe.fit(world, np.random.default_rng(seed)) for seed in (4, 5))
    first, grown, anew, again = (lists(one, world) for one in (early, model, full, other))
    # Stated distance: of ten items, lists share with those of a fit at most 0.4 less than lists of two fits do …
    assert shared(grown, anew) > shared(again, anew) - 0.4
    # … where those of a model that learned nothing since share an item less.
    assert shared(grown, anew) > shared(first, anew) + 0.5
    # They find what users bought besides as well as those of a fit, to 0.05 of NDCG.
    wanted = Ragged.of([chosen[int(name[1:])][8:] for name in world.users.decode(np.arange(len(world.users)))])
    assert ndcg(grown, wanted) > (ndcg(anew, wanted) + ndcg(again, wanted)) / 2 - 0.05


def test_the_same_update_gives_the_same_model() -> None:
    world = sold(ring(40, 2))
    since = world.now - 30 * DAY
    model = SMALL.fit(world.between(-np.inf, since), np.random.default_rng(0))
    once, twice = model.updated(world, since), model.updated(world, since)
    assert same(once, twice)
    assert once.past.updates == 1
    assert not same(once, model)


def test_an_update_without_news_changes_nothing() -> None:
    world = sold(ring(40, 3))
    model = SMALL.fit(world, np.random.default_rng(0))
    again = model.updated(world, world.now + 1)
    assert np.allclose(again.targets, model.targets, atol=1e-6)
    assert np.allclose(again.weights, model.weights, atol=1e-6)


def test_a_new_item_is_found_by_those_who_like_what_its_buyers_like() -> None:
    before = [
        event
        for day in range(20)
        for event in bought(*"ab" if day % 2 else "cd", order=f"o{day}", user=f"u{day}", day=day)
    ]
    news = [
        event for day in range(20, 24) for event in bought("a", "b", "new", order=f"o{day}", user=f"u{day}", day=day)
    ]
    old, whole = shop(before), shop([*before, *news])
    model = SMALL.fit(old, np.random.default_rng(0))
    since = whole.now - 4.5 * DAY
    assert len(model.weights) == 4
    grown = model.updated(whole, since)
    assert len(grown.weights) == 5
    best = grown(ask(whole.catalog, history=["a"]), 2).items
    assert set(whole.catalog.items.decode(best)) == {"b", "new"}
    last = grown(ask(whole.catalog, history=["c"]), 1).items
    assert whole.catalog.items.decode(last) == ["d"]


def test_replay_asks_again_for_what_was_known() -> None:
    world = sold(ring(60, 4))
    since = world.now - 100 * DAY
    early = SMALL.fit(world.between(-np.inf, since), np.random.default_rng(3))
    never, often = (
        replace(early, settings={**early.settings, "replay": replay}).updated(world, since) for replay in (0.0, 3.0)
    )
    assert never.pace[:, 0].sum() < often.pace[:, 0].sum()
