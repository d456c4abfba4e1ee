"""A small report that has everything a report can have."""

import numpy as np
from tests.evaluate.worlds import Order, catalog_of, everybody_gets, split_of

from endcap.evaluate.backtest import back_test, entries
from endcap.evaluate.compare import Difference, Interval
from endcap.evaluate.diagnosis.costs import Cost
from endcap.evaluate.diagnosis.curves import Curve, Point
from endcap.evaluate.diagnosis.fitting import fitting
from endcap.evaluate.diagnosis.told import Diagnosis
from endcap.evaluate.protocols import TOLD, Protocol, Sitting, pooled_over
from endcap.evaluate.report import Report

TITLE = "</script><b>bold</b> & co"
USERS = 60
"""Enough for numbers to be shown."""
BEFORE: list[Order] = [(0, 90 + day, [0, 1, 2]) for day in range(5)]
AFTER: list[Order] = [(user, 110, [0, 1, 2]) for user in range(USERS)]
PRICES = np.where(np.arange(13) == 12, np.nan, 2.5)
CATALOG = catalog_of(13, categories=["lamp"] * 2 + ["bag"] * 11, title=TITLE).with_columns({"price": PRICES})
SPLIT = split_of(BEFORE, AFTER, CATALOG, n_users=USERS)
ROWS = entries(
    fitted={"good": everybody_gets(0, 1, 2), "poor": everybody_gets(*range(3, 13))},
    slots={"home/popular": (everybody_gets(2, 1), "anybody")},
    baselines={"popular": everybody_gets(*range(3, 12), 2), "mute": everybody_gets()},
)
LEDGER = [{"step": "without repeats", "dropped": 12, "changed": 0, "left": 1234, "why": "once is enough"}]


def small_report() -> Report:
    """Two models, a slot and two baselines on two tasks, in two windows, with costs and a learning curve."""
    tested = back_test(SPLIT, ROWS, np.random.default_rng(0))
    windows = (Sitting("window 1 of 2", tested), Sitting("window 2 of 2", tested))
    pooled = pooled_over([tested, tested], np.random.default_rng(0))
    return Report(
        "A small shop", tested, LEDGER, '[shop]\nname = "small"', {"numpy": "2"}, "f00d",
        protocols=[Protocol("rolling", *TOLD["rolling"], windows, pooled)],
        costs=[Cost("good", 1.25, 2_000_000, 1_500, 0.0004, 0.00001), Cost("home/popular", None, 10, None, None, None)],
        curves=[diagnosis().to_json()],
    )  # fmt: skip


def diagnosis() -> Diagnosis:
    """A model that wants more data; nothing could be asked about the smallest part."""
    none, half, whole = (Interval(mean, mean - 0.1, mean + 0.1) for mean in (np.nan, 0.4, 0.5))
    step = Difference(0.1, 0.05, 0.15, 0.001, 0.001, 9, 1)
    curve = Curve("sessions", "latest", 1.0, (Point(0.5, 50, none, half, None), Point(1.0, 99, whole, whole, step)))
    return Diagnosis("good", "hidden basket item", (curve,), fitting(curve), 900, 300)
