import numpy as np
import pytest
from tests.evaluate.worlds import CUT, GUEST, Order, catalog_of, split_of

from endcap.core.arrays import Ragged
from endcap.data.splits import Split
from endcap.evaluate.tasks import TASKS, anybody, basket, item_basket, next_purchases, switched

COMMON = [0, 1, 2]
"""Items that five training baskets have; item 3 is in one, item 4 in none."""
BEFORE: list[Order] = [(GUEST, day, COMMON) for day in range(5)]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def sets(rows: Ragged) -> list[set[int]]:
    return [set(row.tolist()) for row in rows]


def test_a_basket_hides_one_item_and_shows_the_rest() -> None:
    split = split_of([*BEFORE, (0, 6, [3])], [(1, 110, [0, 1, 2, 3, 4])], catalog_of(5))
    task = basket(split.train, split.test, rng())
    (hidden,), (cart,) = sets(task.relevant), sets(task.queries.context)
    assert len(hidden) == 1
    assert hidden | cart == set(COMMON)
    assert sets(task.exclude) == [cart]
    assert task.allowed.tolist() == [True, True, True, False, False]


def test_every_item_of_a_basket_can_be_the_hidden_one() -> None:
    split = split_of(BEFORE, [(GUEST, 110 + day, COMMON) for day in range(40)], catalog_of(3))
    hidden = basket(split.train, split.test, rng()).relevant.values
    assert set(hidden.tolist()) == set(COMMON)


def test_baskets_too_small_to_hide_something_are_counted_not_asked() -> None:
    split = split_of(BEFORE, [(1, 110, [0, 3]), (1, 111, [4]), (1, 112, [0, 2])], catalog_of(5))
    task = basket(split.train, split.test, rng())
    assert (len(task.queries), task.possible) == (1, 1)
    assert list(task.left_out.values()) == [2]


def test_one_item_of_a_basket_asks_for_all_others() -> None:
    split = split_of(BEFORE, [(1, 110, [0, 1, 2, 4])], catalog_of(5))
    task = item_basket(split.train, split.test, rng())
    (wanted,), (shown,) = sets(task.relevant), sets(task.queries.context)
    assert (len(shown), wanted | shown) == (1, set(COMMON))
    assert not wanted & shown


def test_baskets_of_one_user_are_one_unit_and_those_of_guests_are_each_their_own() -> None:
    split = split_of(
        BEFORE, [(1, 110, COMMON), (1, 111, COMMON), (GUEST, 112, COMMON), (GUEST, 113, COMMON)], catalog_of(3)
    )
    units = basket(split.train, split.test, rng()).units
    assert sorted(np.unique(units, return_counts=True)[1].tolist()) == [1, 1, 2]


def test_next_purchases_are_new_on_sale_and_by_somebody_we_know() -> None:
    before: list[Order] = [(0, 2, [1]), (0, 1, [0]), (1, 3, [2])]
    after: list[Order] = [(0, 110, [1, 2, 3, 4]), (1, 111, [2]), (2, 112, [0]), (GUEST, 113, [0])]
    split = split_of(before, after, catalog_of(5, gone=[4]))
    task = next_purchases(split.train, split.test, rng())
    assert [row.tolist() for row in task.queries.history] == [[0, 1]]
    assert sets(task.relevant) == [{2, 3}]
    assert sets(task.exclude) == [{0, 1}]
    assert list(task.left_out.values()) == [1, 1]
    assert "1 later users had no such history" in task.description


def test_a_history_is_cut_at_the_fifty_latest_but_all_that_was_bought_is_excluded() -> None:
    split = split_of([(0, day, [day]) for day in range(60)], [(0, 110, [5, 60])], catalog_of(61))
    task = next_purchases(split.train, split.test, rng())
    assert task.queries.history[0].tolist() == list(range(10, 60))
    assert sets(task.relevant) == [{60}]
    assert sets(task.exclude) == [set(range(60))]


def test_anybody_collects_what_each_visitor_bought_and_tells_nothing() -> None:
    after: list[Order] = [(0, 110, [1, 2]), (0, 111, [2, 3]), (GUEST, 112, [0]), (GUEST, 113, [0, 4])]
    split = split_of([(0, 1, [1])], after, catalog_of(5, gone=[4]))
    task = anybody(split.train, split.test, rng())
    assert sorted(map(sorted, sets(task.relevant))) == [[0], [0], [1, 2, 3]]
    assert not len(task.queries.seeds.values)
    assert len(set(task.units.tolist())) == 3


def test_a_switch_stays_in_the_category_and_leaves_the_old_item_behind() -> None:
    categories = ["mug", "mug", "mug", "bag", "bag", None]
    before: list[Order] = [(0, 1, [0]), (0, 2, [1]), (0, 3, [3]), (1, 1, [0]), (2, 1, [5])]
    after: list[Order] = [(0, 110, [0, 2, 3, 4]), (1, 111, [0, 1]), (2, 112, [2])]
    split = split_of(before, after, catalog_of(6, categories))
    task = switched(split.train, split.test, rng())
    # User 0 had mugs 0 and 1, then bought mug 2 (mug 0 is not new), and bag 3 again; user 1 stayed with mug 0.
    assert [row.tolist() for row in task.queries.context] == [[1]]
    assert sets(task.relevant) == [{2}]
    assert list(task.left_out.values()) == [2]


def test_a_limit_draws_from_all_and_says_how_many_there_were() -> None:
    split = split_of(BEFORE, [(user, 110, COMMON) for user in range(30)], catalog_of(3), n_users=30)
    task = basket(split.train, split.test, rng(), limit=7)
    assert (len(task.queries), len(task.relevant), len(task.exclude), task.possible) == (7, 7, 7, 30)
    assert len(set(task.units.tolist())) == 7
    assert set(task.units.tolist()) != set(range(7))


@pytest.fixture
def shop() -> Split:
    chance = rng(5)
    orders: list[Order] = [
        (int(chance.integers(-1, 8)), day, chance.choice(30, size=int(chance.integers(1, 6)), replace=False).tolist())
        for day in range(200)
    ]
    before, after = [order for order in orders if order[1] < 100], [order for order in orders if order[1] >= 100]
    return split_of(before, after, catalog_of(30, [f"c{code % 4}" for code in range(30)]), n_users=8)


@pytest.mark.parametrize("name", TASKS)
def test_no_task_tells_what_it_asks_for(shop: Split, name: str) -> None:
    task = TASKS[name](shop.train, shop.test, rng(), 2000)
    assert len(task.queries) > 0
    told = [np.concatenate([query.context, query.session, query.history]) for query in task.queries]
    for seen, excluded, wanted in zip(told, task.exclude, task.relevant, strict=True):
        assert len(wanted)
        assert len(set(wanted.tolist())) == len(wanted)
        assert not set(wanted.tolist()) & {*seen.tolist(), *excluded.tolist()}
        assert task.allowed[wanted].all()
    assert task.queries.catalog is shop.train.catalog


@pytest.mark.parametrize("name", ["next_purchases", "anybody", "switched"])
def test_what_is_asked_at_the_cut_was_known_at_the_cut(shop: Split, name: str) -> None:
    task = TASKS[name](shop.train, shop.test, rng(), 2000)
    assert set(task.queries.now.tolist()) == {CUT}
    bought = sets(shop.train.histories("purchase"))
    if name != "anybody":
        for unit, query in zip(task.units, task.queries, strict=True):
            assert {*query.seeds.tolist()} <= bought[unit]


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_the_same_for_the_same_randomness(shop: Split, name: str) -> None:
    one, two = (TASKS[name](shop.train, shop.test, rng(3), 5) for _ in range(2))
    assert sets(one.relevant) == sets(two.relevant)
    assert sets(one.queries.seeds) == sets(two.queries.seeds)


@pytest.mark.parametrize("name", TASKS)
def test_a_shop_of_strangers_who_buy_nothing_we_know_asks_nothing(name: str) -> None:
    split = split_of([(0, 1, [0])], [(1, 110, [1])], catalog_of(2, gone=[1]))
    assert len(TASKS[name](split.train, split.test, rng(), 2000).queries) == 0
