"""What is about to run out: on rhythms that are known."""

from collections.abc import Iterable
from math import exp, log

import numpy as np
import pytest

from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.core.habits import Bought, Habits
from endcap.core.query import Query
from endcap.core.records import Event
from endcap.models.buy_again import BuyAgain, BuyAgainModel
from endcap.testing import START, RetrieverContract, ask, bought, orders, shop

RNG = np.random.default_rng(0)
SURE = BuyAgain(trust=1e-6, ahead=3.0)


class TestBuyAgainContract(RetrieverContract):
    recipe = BuyAgain()


def bought_on(*bought: tuple[str, str, Iterable[int]], labels: dict[str, str] | None = None) -> Dataset:
    """Purchases: user, item, days."""
    events = [
        Event(kind="purchase", session_id=f"{user}{day}", order_id=f"{user}{day}", user_id=user, item_id=item,
              time=START + day * DAY)
        for user, item, days in bought
        for day in days
    ]  # fmt: skip
    return shop(events, {item: {"category": label} for item, label in (labels or {}).items()})


def due(model: BuyAgainModel, *purchases: tuple[int, float], now: float) -> dict[int, float]:
    """Of purchases (item, day) by one visitor the chance of each item on a later day."""
    known: dict[int, Bought] = {}
    for item, day in purchases:
        known[item] = known[item].again(day * DAY) if item in known else Bought(day * DAY, day * DAY)
    catalog = orders([f"i{code}" for code in range(len(model.middle))]).catalog
    query = Query(now * DAY, catalog, history=np.array([*known], np.int32), habits=Habits.of([*known.values()]))
    return dict(zip(known, model.due(query).tolist(), strict=True))


def test_waits_and_the_share_who_come_again_by_hand() -> None:
    world = bought_on(("u", "milk", range(0, 41, 10)), ("v", "milk", [0]), ("w", "milk", [39]))
    model = SURE.fit(world, RNG)
    assert exp(model.middle[0]) == pytest.approx(10.0, rel=1e-3)
    # Four waits of ten days; v has not come back in forty; the last of u and that of w are too young to tell.
    assert model.again[0] == pytest.approx(4 / 5, rel=1e-3)


def test_the_chance_is_high_when_the_wait_is_over_and_falls_behind_it() -> None:
    model = BuyAgainModel(np.array([log(10.0)]), np.array([0.1]), np.array([0.5]), 3.0, 1.0)
    chances = [due(model, (0, 0.0), now=day)[0] for day in (1.0, 8.5, 30.0)]
    assert chances[0] == pytest.approx(0.0, abs=1e-6)
    assert chances[1] > 0.3
    assert chances[2] == pytest.approx(0.0, abs=1e-6)
    # Everybody who comes again has a wait near ten days: all of them come between day 5 and day 20.
    wide = BuyAgainModel(model.middle, model.spread, model.again, 15.0, 1.0)
    assert due(wide, (0, 0.0), now=5.0)[0] == pytest.approx(0.5, abs=1e-6)


def test_who_waited_longer_is_less_likely_one_who_comes_again() -> None:
    model = BuyAgainModel(np.array([log(10.0)]), np.array([0.5]), np.array([0.5]), 1e6, 1.0)
    # At the median half of those who come again have: p (1 - F) / (1 - p F) = 0.25 / 0.75.
    assert due(model, (0, 0.0), now=10.0)[0] == pytest.approx(1 / 3, rel=1e-6)


def test_a_visitors_own_rhythm_counts() -> None:
    model = BuyAgainModel(np.array([log(10.0)]), np.array([0.1]), np.array([1.0]), 2.0, own=1e-9)
    every_thirty = [(0, 0.0), (0, 30.0), (0, 60.0)]
    assert due(model, *every_thirty, now=69.5)[0] < 0.01
    assert due(model, *every_thirty, now=89.5)[0] > 0.4
    between = BuyAgainModel(model.middle, model.spread, model.again, 2.0, own=2.0)
    # Two waits of thirty days against ten that count as two: the geometric mean is 17.3.
    assert due(between, *every_thirty, now=60 + 16.5)[0] > 0.4


def test_items_that_few_bought_go_the_way_of_their_label() -> None:
    world = bought_on(
        ("u", "milk", range(0, 61, 5)), ("v", "pan", [0]), ("w", "cream", [58]),
        labels={"milk": "dairy", "cream": "dairy", "pan": "kitchen"},
    )  # fmt: skip
    model = BuyAgain(by="category", trust=1.0).fit(world, RNG)
    milk, cream, pan = (world.catalog.items.code(item) for item in ("milk", "cream", "pan"))
    assert exp(model.middle[cream]) == pytest.approx(exp(model.middle[milk]))
    assert model.again[cream] > 0.9
    assert model.again[pan] < 0.6


def test_twice_in_one_hour_is_no_wait() -> None:
    world = shop([*bought("a", order="o1", user="u"), *bought("a", order="o2", user="u", day=0.04)])
    assert exp(SURE.fit(world, RNG).middle[0]) == pytest.approx(30.0)


def test_without_times_the_item_that_comes_again_soonest_is_first() -> None:
    world = bought_on(("u", "milk", range(0, 61, 5)), ("u", "soap", range(0, 61, 30)))
    given = BuyAgain(ahead=4.0, trust=1e-6).fit(world, RNG)(ask(world.catalog, history=["soap", "milk"]), 9)
    assert world.catalog.items.decode(given.items) == ["milk", "soap"]
    assert given.scores == pytest.approx([4 / 5, 4 / 30], rel=1e-3)


def test_guests_buy_nothing_again() -> None:
    with pytest.raises(BadData, match="no purchase has a user"):
        BuyAgain().fit(shop(bought("a")), RNG)
    assert len(BuyAgain().fit(orders(["a"]), RNG)(ask(orders(["a"]).catalog), 9)) == 0
