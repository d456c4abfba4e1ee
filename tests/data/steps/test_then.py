"""A back-test does not see the future: what steps give for a time, they give without a look at what came after it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pytest

from endcap.config import load
from endcap.core.step import Step
from endcap.data import steps
from endcap.data.columns import ROW
from endcap.data.ledger import Ledger
from endcap.data.prepare import Plan, stepped
from endcap.jobs import evaluate, prepare
from endcap.jobs.splitting import split_of

CUT = 5_000.0
AHEAD = [
    Step("identity", steps.identity_merged, {}),
    Step("bots", steps.without_bots, {"per_session": 4}),
    Step("outliers", steps.without_outliers, {"fewest": 3, "z": 1.0}),
    Step("returns", steps.returns_netted, {}),
    Step("dense", steps.k_core, {"users": 3, "items": 4}),
    Step("fill", steps.fitted_fillings, {"columns": ("price",), "by": "item_id"}),
    Step("scale", steps.fitted_normaliser, {"columns": ("price", "quantity")}),
    Step("age", steps.time_weighted, {"half_life": 0.1}),
]
pytestmark = pytest.mark.parametrize("events", ["duckdb"], indirect=True)


def busy(made: Callable[..., ibis.Table]) -> ibis.Table:
    """Three hundred events of thirty sessions, in the order of time, half of them after the cut."""
    rng, kinds = np.random.default_rng(7), ("view", "cart", "purchase", "purchase", "return")
    return made(
        *(
            {
                "time": float(10_000 * place // 300), "session_id": f"s{rng.integers(30)}",
                "kind": kinds[rng.integers(5)], "item_id": f"i{rng.integers(8)}",
                "user_id": f"u{rng.integers(6)}" if rng.random() < 0.5 else None,
                "quantity": float(rng.integers(1, 9)), "order_id": None,
                "price": float(rng.integers(1, 90)) if rng.random() < 0.7 else None,
            }
            for place in range(300)
        )
    )  # fmt: skip


def listed(made: Callable[..., ibis.Table], prices: dict[str, float]) -> ibis.Table:
    """A catalog of prices."""
    return made(*({"item_id": item, "price": price} for item, price in prices.items())).select("item_id", "price", ROW)


def told(table: ibis.Table, rows: Any) -> list[Any]:
    """What is said of the time before the cut, in the first order."""
    return [tuple(row.items()) for row in sorted(table.filter(table.time < CUT).to_pyarrow().to_pylist(), key=rows)]


def by_row(row: dict[str, Any]) -> Any:
    """Where a row stood."""
    return row[ROW]


@pytest.mark.parametrize(
    "name",
    sorted(
        step.__name__ for step in steps.PAST_ONLY if "families" not in step.__name__ and step.__name__ != "within_dates"
    ),
)
def test_some_steps_only_look_back(events: Any, name: str) -> None:
    step, whole = getattr(steps, name), busy(events)
    alone = step(whole.filter(whole.time < CUT))
    assert told(step(whole), by_row) == told(alone, by_row) != []


def test_others_would_look_ahead_and_do_not_when_they_are_told_until_when(events: Any) -> None:
    whole, items = busy(events), listed(events, {f"i{n}": float(n) for n in range(8)})
    early = whole.filter(whole.time < CUT)
    then, _ = stepped(Plan([], Path(), AHEAD), early, items, Ledger())
    naive, _ = stepped(Plan([], Path(), AHEAD), whole, items, Ledger())
    honest, _ = stepped(Plan([], Path(), AHEAD, until=CUT), whole, items, Ledger())
    assert told(honest, by_row) == told(then, by_row) != []
    assert told(naive, by_row) != told(then, by_row)
    later = honest.filter(honest.time >= CUT).count().to_pyarrow().as_py()
    assert later == naive.filter(naive.time >= CUT).count().to_pyarrow().as_py() > 0


@pytest.mark.parametrize("place", range(len(AHEAD)), ids=[step.name for step in AHEAD])
def test_each_of_them_does_look_ahead(events: Any, place: int) -> None:
    whole, items = busy(events), listed(events, {"i0": 1.0})
    plan = Plan([], Path(), [AHEAD[place]])
    then, _ = stepped(plan, whole.filter(whole.time < CUT), items, Ledger())
    assert told(stepped(plan, whole, items, Ledger())[0], by_row) != told(then, by_row)


def test_constants_of_a_catalog_are_those_of_the_items_that_were_there(events: Any) -> None:
    happened = events({"time": 1.0, "item_id": "old"}, {"time": CUT, "item_id": "new"}, {"time": 9e9, "item_id": "old"})
    items = listed(events, {"old": 1.0, "new": 999.0, "unseen": 3.0})
    plan = Plan([], Path(), (), [Step("scale", steps.fitted_normaliser, {"columns": ("price",), "how": "min-max"})])
    prices = []
    for until in (None, CUT):
        ledger = Ledger()
        _, described = stepped(Plan([], Path(), (), plan.catalog, until), happened, items, ledger)
        rows = sorted(described.to_pyarrow().to_pylist(), key=by_row)
        prices.append([round(row["price"], 3) for row in rows])
    assert prices == [[0.0, 1.0, 0.002], [0.0, 499.0, 1.0]]


SHOP = """
[[sources]]
use = "csv"
events = "events.csv"

[prepare]
events = {steps}

[models.popular]
use = "popular"
"""


@pytest.mark.parametrize(("names", "merged"), [('["identity_merged"]', True), ('["basketed"]', False), ("[]", False)])
@pytest.mark.usefixtures("events")
def test_a_guest_who_logs_in_after_the_cut_is_a_guest_until_then(tmp_path: Path, names: str, merged: bool) -> None:
    lines = [f"{1.7e9 + 60 * n:.0f},s{n % 2},purchase,i{n % 3},{'ann' if n > 8 else ''},o{n}" for n in range(10)]
    (tmp_path / "events.csv").write_text("\n".join(["time,session_id,kind,item_id,user_id,order_id", *lines, ""]))
    config = tmp_path / "endcap.toml"
    config.write_text(SHOP.format(steps=names))
    data = prepare(config).dataset
    split = split_of(load(config), data)
    assert (data.events.user >= 0).sum() == (5 if merged else 1)
    assert (split.train.events.user >= 0).sum() == 0
    assert ((split.test.events.user >= 0).sum(), len(split.test.events)) == (1, 2)
    assert len([*(tmp_path / "var").glob("known/*/*/dataset")]) == merged
    again = split_of(load(config), data)
    assert again.train.fingerprint == split.train.fingerprint


JUDGED = """
[evaluate]
protocols = ["rolling", "users", "items"]
windows = 2
window_days = 4
gap_days = 1
cold_share = 1e-9
queries = 20
"""


@pytest.mark.usefixtures("events")
def test_no_protocol_with_a_cut_knows_who_logs_in_after_it(tmp_path: Path) -> None:
    """Each day a guest buys, and is known three days later; whoever looks ahead knows ann in the last days too."""
    first, day = 1.7e9, 86_400.0
    lines = [f"{first + n * day:.0f},b{n},purchase,i{n % 3},bob,b{n}" for n in range(20)]
    lines += [f"{first + n * day + 60:.0f},g{n},purchase,i{n % 2},,g{n}" for n in range(20)]
    lines += [f"{first + (n + 3) * day + 90:.0f},g{n},view,i2,ann," for n in range(17)]
    (tmp_path / "events.csv").write_text("\n".join(["time,session_id,kind,item_id,user_id,order_id", *lines, ""]))
    config = tmp_path / "endcap.toml"
    config.write_text(SHOP.format(steps='["identity_merged"]') + JUDGED)
    found = {
        sitting.name: sitting.back_test.split.train
        for protocol in evaluate(config).protocols for sitting in protocol.sittings
    }  # fmt: skip
    assert {"window 1 of 2", "window 2 of 2", "known users", "known and unknown items"} <= set(found)
    for name, train in found.items():
        known = int((train.now - first - 90) // day) - 3 + 1  # of so many guests, the login was before the end
        ann = train.users.code("ann")
        assert (train.events.user == ann).sum() == 2 * known > 0, name
    moments = {train.now for train in found.values()}
    assert len(moments) == 3
    kept = sorted((tmp_path / "var").glob("known/*/*/dataset"))
    assert len(kept) == len(moments)
    with (tmp_path / "events.csv").open("a") as file:
        file.write(f"{first + 20 * day:.0f},b20,purchase,i0,bob,b20\n")
    split_of(load(config), prepare(config).dataset)
    assert len(set((tmp_path / "var").glob("known/*/*/dataset")) - set(kept)) == 1
    assert not any(folder.exists() for folder in kept)
