from math import isnan, sqrt

import numpy as np
import pytest
from tests.evaluate.worlds import GUEST, Order, catalog_of, dataset_of, everybody_gets, split_of

from endcap.core.dataset import DAY
from endcap.core.errors import BadData
from endcap.data.splits import Split
from endcap.evaluate.backtest import BackTest, Entry, back_test, entries
from endcap.evaluate.compare import Interval
from endcap.evaluate.plain import protocol as told
from endcap.evaluate.protocols import Ways, over_windows, pooled_over, protocol_of, splits_of, student

ORDERS: list[Order] = [(user, day, [0, 1, 2]) for day in range(200) for user in (day % 6, GUEST)]
DATA = dataset_of(ORDERS, catalog_of(3), n_users=6, now=200 * DAY)
ROWS = (
    Entry("good", "model", everybody_gets(0, 1, 2), ("basket",)),
    Entry("base", "baseline", everybody_gets(2), ("basket",)),
)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def judge(split: Split) -> BackTest:
    return back_test(split, ROWS, rng(), limit=50)


@pytest.mark.parametrize(
    ("degrees", "value"), [(1, 12.7062), (2, 4.30265), (3, 3.18245), (4, 2.77645), (10, 2.22814), (120, 1.97993)]
)
def test_students_t_is_that_of_the_tables(degrees: int, value: float) -> None:
    assert student(degrees) == pytest.approx(value, abs=1e-4)


def test_windows_that_were_learned_from_the_same_events_say_less_than_as_many_experiments() -> None:
    means = [0.1, 0.2, 0.3, 0.2]
    variance = 0.02 / 3
    alone, alike = over_windows(means, 0.0), over_windows(means, 0.25)
    assert alone.mean == alike.mean == pytest.approx(0.2)
    assert alone.high - 0.2 == pytest.approx(3.18245 * sqrt(variance / 4), abs=1e-5)
    assert alike.high - 0.2 == pytest.approx(3.18245 * sqrt(variance * (1 / 4 + 1 / 4)), abs=1e-5)


def test_one_window_says_nothing_of_another() -> None:
    assert isnan(over_windows([0.3, np.nan], 0.1).mean)
    assert over_windows([0.3, np.nan, 0.3], 0.1) == Interval(0.3, 0.3, 0.3)


def test_rolling_windows_are_judged_one_by_one_and_told_together() -> None:
    ways = Ways(cut=160 * DAY, windows=3, window_days=20.0)
    splits = list(splits_of("rolling", DATA, ways, rng()))
    assert [name for name, _ in splits] == ["window 1 of 3", "window 2 of 3", "window 3 of 3"]
    assert [split.cut / DAY for _, split in splits] == [140, 160, 180]
    found = protocol_of("rolling", iter(splits), judge, rng())
    (pooled,) = found.pooled
    assert (pooled.name, pooled.windows, pooled.queries) == ("basket", 3, 120)
    # Six users come in every window and are one unit each; the guests of 60 orders are as many.
    assert pooled.units == 6 + 60
    assert list(pooled.by_window) == ["good", "base"]
    assert pooled.by_window["good"] == [1.0, 1.0, 1.0]
    assert pooled.comparisons["good"].reached["HitRate@10"].mean == 1.0
    lead = pooled.above_over_windows["good"]["base"]
    assert lead.mean == pytest.approx(1 - np.mean(pooled.by_window["base"]))
    assert pooled.above_over_windows["base"] == {}


def test_a_user_of_several_windows_is_drawn_with_all_of_them() -> None:
    def window(place: int) -> BackTest:
        # What is found depends on the user alone, so other windows of the same users say nothing new.
        before: list[Order] = [(0, day, [0, 1]) for day in range(90, 95)]
        after: list[Order] = [(user, 110 + place, [0, 1]) for user in range(8)]
        split = split_of(before, after, catalog_of(2), n_users=8)
        return back_test(split, (Entry("x", "model", everybody_gets(0), ("basket",)),), rng())

    once, often = (pooled_over([window(place) for place in range(n)], rng())[0] for n in (1, 5))
    assert (once.units, often.units, often.queries) == (8, 8, 40)
    wide, narrow = (at.comparisons["x"].reached["HitRate@10"] for at in (once, often))
    assert narrow.high - narrow.low > 0.6 * (wide.high - wide.low)


def test_what_was_not_judged_in_every_window_is_not_told_together() -> None:
    split = split_of([(0, day, [0, 1]) for day in range(5)], [(1, 110, [0, 1])], catalog_of(2))
    both = entries({"x": everybody_gets(0)}, {"home": (everybody_gets(1), "anybody")}, {})
    one, other = back_test(split, both, rng()), back_test(split, ROWS, rng())
    assert pooled_over([other, other], rng())[0].kinds == {"good": "model", "base": "baseline"}
    assert pooled_over([one, other], rng()) == ()


def test_known_and_unknown_users_and_guests_are_judged_apart() -> None:
    ways = Ways(cut=160 * DAY, cold_share=0.5)
    splits = dict(splits_of("users", DATA, ways, rng()))
    assert list(splits) == ["known users", "unknown users", "guests"]
    later = {name: set(split.test.events.user.tolist()) for name, split in splits.items()}
    trained = set(splits["guests"].train.events.user.tolist()) - {GUEST}
    assert later["guests"] == {GUEST}
    assert later["known users"] == trained
    assert later["unknown users"] == set(range(6)) - trained
    assert all(split.train is splits["guests"].train for split in splits.values())


def test_the_last_visit_of_each_user_is_left_out() -> None:
    ((_, split),) = splits_of("last", DATA, Ways(cut=0.0), rng())
    assert sorted(set(split.test.events.user.tolist())) == list(range(6))
    assert len(set(split.test.events.session.tolist())) == 6


def test_a_protocol_without_a_split_is_refused_and_one_in_plain_values_is_json() -> None:
    with pytest.raises(BadData, match="nothing that the protocol 'users' could judge on"):
        protocol_of("users", iter(()), judge, rng())
    found = told(protocol_of("rolling", splits_of("rolling", DATA, Ways(cut=0.0, windows=2), rng()), judge, rng()))
    assert [sitting["name"] for sitting in found["sittings"]] == ["window 1 of 2", "window 2 of 2"]
    assert found["sittings"][0]["tasks"][0]["rows"][0]["name"] == "good"
    assert found["pooled"][0]["rows"][0]["windows"] == [1.0, 1.0]
