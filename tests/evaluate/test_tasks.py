from dataclasses import replace

import numpy as np
import pytest
from tests.evaluate.worlds import CUT, GUEST, Order, Step, catalog_of, split_of, visits_split

from endcap.core.arrays import Ragged
from endcap.core.catalog import Labels
from endcap.core.dataset import DAY
from endcap.core.records import Event, Kind
from endcap.data.splits import Split, split_at
from endcap.evaluate.facts import Facts
from endcap.evaluate.segments import segments
from endcap.evaluate.tasks import (
    TASKS,
    Task,
    alive_when_asked,
    anybody,
    basket,
    item_basket,
    next_basket,
    next_item,
    next_purchases,
    search,
    similar,
    switched,
)
from endcap.testing import START
from endcap.testing import shop as shop_of

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


@pytest.mark.parametrize(("kind", "verb"), [("view", "looks at"), ("cart", "puts into a cart"), ("purchase", "buys")])
def test_where_nobody_buys_anybody_wants_what_is_put_into_carts_or_looked_at(kind: Kind, verb: str) -> None:
    seen = [Event(time=START + n, session_id=f"s{n}", kind=k, item_id=item)
            for n, (k, item) in enumerate([("view", "a"), (kind, "b"), ("view", "a"), (kind, "b")])]  # fmt: skip
    data = shop_of(seen)
    split = split_at(data, START + 2)
    task = anybody(split.train, split.test, rng())
    assert task.title == f"what anybody {verb} next"
    wanted = {"a", "b"} if kind == "view" else {"b"}
    assert {data.catalog.items.ids[code] for code in task.relevant.values.tolist()} == wanted


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


def twin_of(task: Task) -> Task:
    assert task.twin is not None
    return task.twin


def test_what_was_bought_before_counts_where_repeats_are_allowed() -> None:
    split = split_of([(0, 2, [1]), (1, 3, [2])], [(0, 110, [1, 2]), (1, 111, [2])], catalog_of(3))
    task = next_purchases(split.train, split.test, rng())
    assert (task.repeats, sets(task.relevant), sets(task.exclude)) == ("kept out", [{2}], [{1}])
    twin = twin_of(task)
    assert (twin.repeats, sorted(map(sorted, sets(twin.relevant)))) == ("allowed", [[1, 2], [2]])
    assert sets(twin.exclude) == [set(), set()]
    assert twin.description.count("be it new or not") == 1


def test_the_next_basket_is_the_first_order_after_the_cut_with_all_that_it_holds() -> None:
    before: list[Order] = [(0, 1, [0, 1]), (1, 2, [3])]
    after: list[Order] = [(0, 120, [2]), (0, 110, [1, 2, 4]), (1, 130, [3]), (2, 111, [0]), (GUEST, 112, [0])]
    split = split_of(before, after, catalog_of(5, gone=[4]))
    task = next_basket(split.train, split.test, rng())
    asked = {
        tuple(history.tolist()): wanted
        for history, wanted in zip(task.queries.history, sets(task.relevant), strict=True)
    }
    assert asked == {(0, 1): {1, 2}, (3,): {3}}
    assert sorted(task.queries.now / DAY) == [110, 130]
    assert task.left_out["users without a history"] == 1
    twin = twin_of(task)
    assert (sets(twin.relevant), sets(twin.exclude)) == ([{2}], [{0, 1}])


VISIT: list[Step] = [(0, GUEST, 110 + place / 100, "view", item) for place, item in enumerate([0, 0, 1, 0, 2])]
SOLD: list[Step] = [(7, GUEST, 90, "purchase", item) for item in range(5)]


def test_a_visit_is_told_up_to_a_moment_and_the_next_item_is_to_be_found() -> None:
    split = visits_split(SOLD, [*VISIT, (1, GUEST, 111, "view", 3)], catalog_of(5))
    asked = {}
    for seed in range(30):
        task = twin_of(next_item(split.train, split.test, rng(seed)))
        told, now = task.queries.session[0].tolist(), round(float(task.queries.now[0]) / DAY, 2)
        asked[tuple(told)] = (task.relevant[0].tolist(), task.exclude[0].tolist(), now)
        assert list(task.left_out.values()) == [1, 0]
    # Looking at the same item again is no step; item 0 comes back after item 1.
    assert asked == {(0,): ([1], [0], 110.0), (0, 1): ([0], [1], 110.02), (0, 1, 0): ([2], [0], 110.03)}


def test_going_back_is_no_next_item_where_repeats_are_kept_out() -> None:
    split = visits_split(SOLD, VISIT, catalog_of(5))
    found = [next_item(split.train, split.test, rng(seed)) for seed in range(30)]
    wanted = {
        (tuple(row.tolist()), *right)
        for task in found
        for row, right in zip(task.queries.session, sets(task.relevant), strict=True)
    }
    assert wanted == {((0,), 1), ((0, 1, 0), 2)}
    assert all(
        set(row.tolist()) == out
        for task in found
        for row, out in zip(task.queries.session, sets(task.exclude), strict=True)
    )


def test_what_is_looked_at_beside_an_item_is_of_its_category_and_no_variant_of_it() -> None:
    catalog = catalog_of(6, ["mug", "mug", "mug", "bag", "bag", "mug"], gone=[5])
    catalog = catalog.with_columns({"family": Labels.of(["a", "a", "b", "c", "d", "e"])})
    seen: list[Step] = [(0, 1, 110 + item / 100, "view", item) for item in (0, 1, 2, 3, 5)]
    split = visits_split(SOLD, seen, catalog)
    asked: dict[int, list[int]] = {}
    for seed in range(30):
        task = similar(split.train, split.test, rng(seed))
        asked |= {int(task.queries.context[row][0]): task.relevant[row].tolist() for row in range(len(task.queries))}
    assert asked == {0: [2], 1: [2], 2: [0, 1], 5: [0, 1, 2]}
    assert "categories of which a visit looked at one item" in task.left_out


def test_a_search_wants_what_is_chosen_soon_after_it_and_before_the_next() -> None:
    minute = 1 / 1440
    steps: list[Step] = [
        (0, 1, 110, "view", 4),
        (0, 1, 110 + minute, "search", "red mug"),
        (0, 1, 110 + 2 * minute, "view", 3),
        (0, 1, 110 + 3 * minute, "click", 0),
        (0, 1, 110 + 4 * minute, "search", "bag"),
        (0, 1, 110 + 5 * minute, "purchase", 1),
        (0, 1, 110 + 40 * minute, "click", 2),
        (1, GUEST, 111, "search", "nothing of the kind"),
        (1, GUEST, 110.5, "view", 1),
        (2, GUEST, 112, "click", 1),
    ]
    split = visits_split([*SOLD, (8, 1, 95, "purchase", 1)], steps, catalog_of(5))
    task = search(split.train, split.test, rng())
    asked = dict(zip(task.queries.text, sets(task.relevant), strict=True))
    assert asked == {"red mug": {0}, "bag": {1}}
    assert [query.text for query in task.queries] == list(task.queries.text)
    told = {query.text: (query.session.tolist(), query.history.tolist()) for query in task.queries}
    assert told == {"red mug": ([4], [1]), "bag": ([4, 3, 0], [1])}
    assert task.left_out["searches after which nothing was chosen"] == 1
    assert (list(twin_of(task).queries.text), sets(twin_of(task).relevant)) == (["red mug"], [{0}])


def test_in_a_log_without_clicks_a_view_answers_a_search() -> None:
    steps: list[Step] = [(0, GUEST, 110, "search", "mug"), (0, GUEST, 110.001, "view", 2)]
    split = visits_split(SOLD, steps, catalog_of(5))
    assert sets(search(split.train, split.test, rng()).relevant) == [{2}]


def test_a_log_without_searches_asks_for_none() -> None:
    split = visits_split(SOLD, VISIT, catalog_of(5))
    assert len(search(split.train, split.test, rng()).queries) == 0


def test_every_query_of_a_visit_knows_its_device_and_segments_tell_them_apart() -> None:
    minute = 1 / 1440
    turns: list[tuple[str, int | str]] = [
        ("view", 0), ("search", "mug"), ("click", 1), ("purchase", 2), ("purchase", 3),
    ]  # fmt: skip
    steps: list[Step] = [
        (visit, GUEST, 110 + visit + turn * minute, kind, item)
        for visit in range(3)
        for turn, (kind, item) in enumerate(turns)
    ]
    before: list[Step] = [(n, GUEST, 90 + n, "purchase", item) for n in range(5) for item in range(4)]
    split = visits_split(before, steps, catalog_of(4))
    assert next_item(split.train, split.test, rng()).device is None
    test = replace(split.test, devices=Labels.of(["phone", None, "desktop"]))
    for make in (next_item, similar, search, basket, item_basket):
        task = make(split.train, test, rng())
        visits = ((task.queries.now / DAY).astype(int) - 110).tolist()
        assert task.device is not None
        assert [task.device.name(row) for row in range(3)] == [("phone", None, "desktop")[visit] for visit in visits]
        parts = {part.name: part for part in segments(task, Facts.of(split.train.catalog)) if part.group == "device"}
        assert set(parts) == {"phone", "desktop", "other or unknown"}
        assert {name: visits[int(np.argmax(part.mask))] for name, part in parts.items()} == {
            "phone": 0, "other or unknown": 1, "desktop": 2,
        }  # fmt: skip
        assert all(part.asked(task.relevant) == 1 for part in parts.values())


def test_the_next_basket_knows_the_device_of_its_order() -> None:
    split = split_of([(0, 90, [0]), (1, 91, [1])], [(1, 111, [0]), (0, 110, [1])], catalog_of(2))
    test = replace(split.test, devices=Labels.of(["phone", "desktop"]))
    task = next_basket(split.train, test, rng())
    assert task.device is not None
    assert {int(user): task.device.name(row) for row, user in enumerate(task.units)} == {1: "phone", 0: "desktop"}


def test_what_has_gone_by_the_day_of_a_query_may_not_be_listed_and_is_not_wanted() -> None:
    # Item 0 was last sold on day 20, which is 90 days before day 110; item 2 on day 99, and item 1 again on day 105.
    before: list[Order] = [*[(0, day, [0, 1, 2]) for day in range(16, 21)], (0, 99, [2])]
    after: list[Order] = [(1, 105, [0, 1, 2]), (2, 111, [1, 2]), (2, 196, [0, 1])]
    split = split_of(before, after, catalog_of(3))
    task = item_basket(split.train, split.test, rng())
    asked = alive_when_asked(task, split.train, split.test)
    closed = {}
    assert asked.closed is not None
    for row in range(len(asked.queries)):
        closed[float(asked.queries.now[row]) / DAY] = set(asked.closed.items[asked.closed.day[row]].tolist())
    assert closed[105.0] == set()
    assert closed[111.0] == set()  # item 0 was sold again on day 105
    assert closed.get(196.0, {0}) == {0}
    assert all(
        not closed[float(now) / DAY] & wanted
        for now, wanted in zip(asked.queries.now, sets(asked.relevant), strict=True)
    )


def test_what_is_asked_at_the_cut_needs_no_second_look_at_what_is_alive() -> None:
    split = split_of([(0, 1, [0]), (0, 99, [1])], [(0, 110, [2])], catalog_of(3))
    task = next_purchases(split.train, split.test, rng())
    assert alive_when_asked(task, split.train, split.test).closed is None


@pytest.fixture
def shop() -> Split:
    chance = rng(5)
    steps: list[Step] = []
    for session in range(200):
        user, picked = int(chance.integers(-1, 8)), chance.choice(30, size=int(chance.integers(2, 6)), replace=False)
        for place, item in enumerate(picked.tolist()):
            steps.append((session, user, session + place / 1e4, "view", item))
            steps.append((session, user, session + 0.1, "purchase", item))
        steps.append((session, user, session + 0.00005, "search", f"word {picked[1]}"))
    before, after = ([step for step in steps if (step[2] < 100) == early] for early in (True, False))
    return visits_split(before, after, catalog_of(30, [f"c{code % 4}" for code in range(30)]), n_users=8)


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("twin", [False, True])
def test_no_task_tells_what_it_asks_for(shop: Split, name: str, twin: bool) -> None:
    task = TASKS[name](shop.train, shop.test, rng(), 2000)
    if twin:
        if task.twin is None:
            return
        assert task.twin.repeats != task.repeats
        task = task.twin
    assert len(task.queries) > 0
    for query, excluded, wanted in zip(task.queries, task.exclude, task.relevant, strict=True):
        told = [query.context] if task.repeats == "allowed" else [query.context, query.session]
        told += [query.history] if task.repeats == "kept out" and name != "next_item" else []
        assert len(wanted)
        assert len(set(wanted.tolist())) == len(wanted)
        assert not set(wanted.tolist()) & {*np.concatenate(told).tolist(), *excluded.tolist()}
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
