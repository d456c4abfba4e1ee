"""Defaults that win: what `init` writes fits the shop, is tried, and is released."""

import csv
import json
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from endcap import Request, jobs
from endcap.config import load
from endcap.jobs.choosing import choose_defaults
from endcap.jobs.common import NOBODY

START = 1_704_067_200
HEADER = ("time", "session_id", "kind", "item_id", "user_id", "order_id", "price")
SHELF = 8
"""Items of a shelf, ``i0`` to ``i7`` on the first."""


class Watching:
    """Looks on, keeps what it is shown, and stops the work at a step if it is told to."""

    def __init__(self, stop_at: str = "nowhere") -> None:
        self.shown: list[str] = []
        self.stop_at = stop_at

    @contextmanager
    def step(self, name: str) -> Iterator[str]:
        if self.stop_at in name:
            raise KeyboardInterrupt
        yield name

    def show(self, thing: object) -> None:
        self.shown.append(str(thing))


def write(folder: Path, rows: Iterable[tuple[Any, ...]]) -> Path:
    with (folder / "events.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(HEADER)
        lines.writerows(rows)
    return folder


def walks(folder: Path) -> Path:
    """Visits walk along a shelf, from one item to the next; now and then the last one is bought."""
    rng, rows = np.random.default_rng(0), []
    for visit in range(450):
        time, shelf, first = START + 14_000 * visit, SHELF * int(rng.integers(4)), int(rng.integers(SHELF))
        walked = [f"i{shelf + (first + step) % SHELF}" for step in range(int(rng.integers(2, 6)))]
        rows += [(time + 20 * n, f"s{visit}", "view", item, "", "", 5.0) for n, item in enumerate(walked)]
        if visit % 4 == 0:
            rows.append((time + 300, f"s{visit}", "purchase", walked[-1], f"u{visit % 40}", f"o{visit}", 5.0))
    return write(folder, rows)


def orders(folder: Path, most: int = 5, bag: bool = False, n: int = 900) -> Path:
    """Orders of fewer than `most` items of one shelf, the first of it most often; with a bag in every other."""
    rng, rows, weights = np.random.default_rng(1), [], 1 / np.arange(1, SHELF + 1)
    for order in range(n):
        time, user, shelf = START + 9000 * order, f"u{int(rng.integers(50))}", SHELF * int(rng.integers(6))
        size = 1 if most == 2 else int(rng.integers(2, most))
        chosen = shelf + rng.choice(SHELF, size=size, replace=False, p=weights / weights.sum())
        names = [f"i{item}" for item in chosen] + ["bag"] * (bag and order % 2)
        rows += [(time, f"s{order}", "purchase", name, user, f"o{order}", 5.0) for name in names]
    return write(folder, rows)


def released(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The settings that `init` writes, after what they say was trained and released, and their tables."""
    config = jobs.init(folder, config=folder / "endcap.toml")
    jobs.train(config)
    jobs.release(config)  # raises if it is refused
    return config, tomllib.loads(config.read_text())


def verdict(config: Path) -> Any:
    return json.loads(next(config.parent.glob("var/bundles/*.verdict.json")).read_text())


def test_views_decide_where_there_are_views_and_the_order_of_a_visit_where_it_tells(tmp_path: Path) -> None:
    config, tables = released(walks(tmp_path))
    slot, text = tables["slots"]["home/next"], config.read_text()
    assert slot["task"] == "next_item"
    assert slot["retrievers"] == ["rules"]  # what comes next on the shelf, which no count of pairs can know
    told = text.partition('[slots."home/next"]\n')[2].splitlines()[0]
    assert told.startswith("# chosen on 2024-02-")
    assert ": NDCG@10 1.000, jaccard 0." in told
    assert told.endswith(" queries")
    assert tables["models"]["popular"]["kinds"] == ["purchase"]
    assert "same_category" not in text
    refused = [at for at in verdict(config)["findings"] if at["decided"] == "refused"]
    assert not refused
    shown = jobs.recommend(Request(slot="home/next", item="i2", k=1), config)
    assert [item.item_id for item in shown.items] == ["i3"]


def test_a_bag_in_every_other_order_fills_no_list(tmp_path: Path) -> None:
    config, tables = released(orders(tmp_path, bag=True))
    assert tables["prepare"]["events"] == [{"use": "without_items", "items": ["bag"]}]
    assert "# check: bag: in every third order or more." in config.read_text()
    for slot in tables["slots"]:
        for item in ("i0", "i9", "i20"):
            shown = jobs.recommend(Request(slot=slot, item=item, k=10), config)
            assert "bag" not in [one.item_id for one in shown.items][:8], slot


@pytest.mark.parametrize("n", [12, 400])
def test_orders_of_one_item_are_released_too(tmp_path: Path, n: int) -> None:
    config, tables = released(orders(tmp_path, most=2, n=n))
    assert tables["slots"]["item/together"]["task"] == {12: "anybody", 400: "next_purchases"}[n]
    assert "no order holds two items" in config.read_text()
    learned = {table.get("source", table["use"]) for table in tables["models"].values()}
    assert learned <= {"popular", "histories", "new_arrivals"}


def test_what_was_tried_already_stays_if_somebody_stops_it(tmp_path: Path) -> None:
    config = jobs.init(orders(tmp_path), config=tmp_path / "endcap.toml")
    whole = config.read_text()
    for stop_at, tried in (("fit ", 0), ("try what may fill cart", 1)):
        watch = Watching(stop_at)
        with pytest.raises(KeyboardInterrupt):
            choose_defaults(config, watch)
        assert watch.shown == ["stopped: slots that were not tried keep what they started with"]
        assert config.read_text().count("# chosen on") == tried
        load(config)
    choices = choose_defaults(config, NOBODY)
    assert config.read_text() == whole  # the same data, the same choice
    assert choices.slots["cart/together"].retrievers == tuple(load(config).settings.slots["cart/together"].retrievers)


def test_data_that_cannot_be_prepared_keeps_the_settings_and_says_why(tmp_path: Path) -> None:
    config = jobs.init(orders(tmp_path, n=40), config=tmp_path / "endcap.toml")
    before = config.read_text()
    (tmp_path / "events.csv").write_text("something,else\n1,2\n")
    watch = Watching()
    assert not choose_defaults(config, watch).slots
    assert watch.shown[0].startswith("the defaults were not tried: ")
    assert config.read_text() == before
