"""When, how often and how regularly: in columns, and one purchase after the other."""

from math import exp, isnan, log

import numpy as np
import pytest

from endcap.core.dataset import DAY
from endcap.core.habits import Bought, Habits, pasts_of
from endcap.core.query import Queries
from endcap.testing import START, bought, shop

DAYS = {"milk": (0.0, 0.2, 10.0, 30.0), "pan": (5.0,), "tea": (1.0, 31.0)}


def test_each_item_once_at_its_last_time_with_its_waits() -> None:
    world = shop(
        [*bought("pan", order="guest"), *(event for item, days in DAYS.items() for n, day in enumerate(days)
          for event in bought(item, order=f"{item}{n}", user="u", day=day))]
    )  # fmt: skip
    pasts = pasts_of(world)
    assert world.catalog.items.decode(pasts.items[0]) == ["pan", "milk", "tea"]
    assert ((pasts.habits.last - START) / DAY).tolist() == [5.0, 30.0, 31.0]
    assert pasts.habits.waits.tolist() == [0, 2, 1]
    assert isnan(pasts.habits.days[0])
    # Twice on one day is once; the days are counted from the latest of them.
    assert pasts.habits.days[1:] == pytest.approx([exp((log(9.8) + log(20.0)) / 2), 30.0])


def test_followed_one_by_one_it_is_the_same() -> None:
    known = []
    for item in ("pan", "milk", "tea"):
        first, *later = (START + day * DAY for day in DAYS[item])
        one = Bought(first, first)
        for time in later:
            one = one.again(time)
        known.append(one)
    habits = Habits.of(known)
    assert habits.waits.tolist() == [0, 2, 1]
    assert habits.days[1] == pytest.approx(exp((log(9.8) + log(20.0)) / 2))


def test_a_log_goes_on_where_the_data_ends_and_what_both_saw_counts_once() -> None:
    data = Bought(0.0, 20 * DAY, 2, 2 * log(10.0))
    assert data.then(Bought(35 * DAY, 35 * DAY)) == Bought(0.0, 35 * DAY, 3, 2 * log(10.0) + log(15.0))
    assert data.then(Bought(10 * DAY, 20 * DAY, 1, log(10.0))) == data


def test_queries_that_are_taken_take_their_habits_along() -> None:
    world = shop([*bought("a", order="1", user="u"), *bought("b", order="2", user="v", day=3),
                  *bought("a", order="3", user="v", day=9)])  # fmt: skip
    pasts = pasts_of(world)
    queries = Queries.of(world.catalog, np.full(2, world.now), history=pasts.items).knowing(pasts.habits)
    assert ((queries.take(np.array([1, 0]))[0].habits.last - START) / DAY).tolist() == [3.0, 9.0]
    assert len(pasts.take(np.array([-1, 1])).items[0]) == 0
    assert pasts.latest(1).items.values.tolist() == [0, 0]
