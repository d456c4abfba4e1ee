"""The files: the same for the same settings, whoever makes them and however often it was stopped; bounded memory."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import finalize

import numpy as np
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from endcap.data.synthetic import Shop, generate, making
from endcap.data.synthetic.dirt import FAULTS, RATES
from endcap.data.synthetic.world import World

SMALL = Shop(seed=7, events=20_000, items=300, block=100, dirt=0.01)


def checksums(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def never(done: int, files: int) -> None:
    raise AssertionError(f"{done} of {files} were made again")


def test_the_same_settings_give_the_same_bytes_with_any_number_of_workers(tmp_path: Path) -> None:
    one, three = generate(SMALL, tmp_path / "one"), generate(SMALL, tmp_path / "three", workers=3)
    assert one.files > 3
    assert checksums(one.folder) == checksums(three.folder)
    other = generate(SMALL.model_copy(update={"seed": 8}), tmp_path / "other")
    same = set(checksums(one.folder).values()) & set(checksums(other.folder).values())
    assert same == {checksums(one.folder)["truth/positions.parquet"]}


def test_what_was_finished_before_an_interruption_is_kept(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(done: int, files: int) -> None:
        if done == 2:
            raise StoppedError

    with pytest.raises(StoppedError):
        generate(SMALL, tmp_path / "shop", progress=stop)
    assert making.made(SMALL, tmp_path / "shop") is None
    kept = (tmp_path / "shop" / "events" / "part-000000.parquet").stat().st_mtime_ns
    made = generate(SMALL, tmp_path / "shop")
    assert (tmp_path / "shop" / "events" / "part-000000.parquet").stat().st_mtime_ns == kept
    assert checksums(made.folder) == checksums(generate(SMALL, tmp_path / "at-once").folder)
    assert making.made(SMALL, tmp_path / "shop") == made


def test_a_shop_that_is_there_is_not_made_again_and_another_one_replaces_it(tmp_path: Path) -> None:
    generate(SMALL, tmp_path)
    before = checksums(tmp_path)
    generate(SMALL, tmp_path, progress=never)
    fewer = generate(SMALL.model_copy(update={"events": 5_000}), tmp_path)
    assert len(list((tmp_path / "events").iterdir())) == fewer.files < len(before)
    assert checksums(generate(SMALL, tmp_path).folder) == before


@pytest.mark.parametrize("workers", [1, 2])
def test_memory_is_bounded_by_blocks_however_many_events_are_wanted(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, lock, make = [0, 0], Lock(), making._block

    def counted(*arguments: Any) -> int:
        with lock:
            live[0] += 1
            live[1] = max(live)
        try:
            return make(*arguments)
        finally:
            with lock:
                live[0] -= 1

    monkeypatch.setattr(making, "_block", counted)
    largest = []
    for events in (5_000, 80_000):
        made = generate(Shop(events=events, items=300, block=100), tmp_path / str(events), workers)
        sizes = [pq.read_metadata(path).num_rows for path in (made.folder / "events").iterdir()]
        visitors = [
            len(set(pq.read_table(path, columns=["visitor_id"])["visitor_id"].to_pylist()))
            for path in (made.folder / "truth" / "sessions").iterdir()
        ]
        assert sum(sizes) == made.events
        assert max(visitors) <= 100
        largest.append(max(sizes) / (sum(sizes) / made.visitors))
    # Sixteen times the events make no larger block: at most a few times what a hundred visitors do on average.
    assert max(largest) < 300
    assert live[1] <= workers


def test_ten_times_the_events_hold_no_more_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are counted from when they are made until nobody refers to them: never more than those of one block."""
    held, live = {"now": 0, "most": 0, "visitors": 0}, making._lived

    def dropped(rows: int) -> None:
        held["now"] -= rows

    def counted(world: World, n: int, rng: np.random.Generator) -> Any:
        lived = live(world, n, rng)
        held["now"] += len(lived[0])
        held["most"], held["visitors"] = max(held["most"], held["now"]), max(held["visitors"], n)
        finalize(lived[0], dropped, len(lived[0]))
        return lived

    monkeypatch.setattr(making, "_lived", counted)
    monkeypatch.setattr(making, "PILOT", 50)
    found = []
    for events in (10_000, 100_000):
        held.update(now=0, most=0, visitors=0)
        made = generate(Shop(events=events, items=300, block=100), tmp_path / str(events))
        sizes = [pq.read_metadata(path).num_rows for path in sorted((made.folder / "events").iterdir())]
        assert held == {"now": 0, "most": max(sizes), "visitors": 100}
        assert sum(sizes) == made.events
        found.append(sizes)
    few, many = found
    assert len(many) > 5 * len(few)
    assert many[: len(few) - 1] == few[:-1]  # block by block the same, so more of them is all that changes


@pytest.mark.parametrize("wanted", [1_000, 30_000, 300_000])
def test_about_as_many_events_are_made_as_are_wanted(wanted: int, tmp_path: Path) -> None:
    made = generate(Shop(events=wanted), tmp_path)
    # One visitor makes about 36 ± 40 events, so that the sum varies with the square root of their number.
    assert abs(made.events - wanted) < 4 * 40 * np.sqrt(wanted / 36)


def test_no_visitor_or_session_has_the_number_of_another(tmp_path: Path) -> None:
    generate(SMALL, tmp_path)
    sessions = pq.read_table(tmp_path / "truth" / "sessions")
    assert len(set(sessions["session_id"].to_pylist())) == len(sessions)
    events = pq.read_table(tmp_path / "events")
    assert set(events["session_id"].to_pylist()) <= set(sessions["session_id"].to_pylist())


def soiled(tmp_path: Path) -> tuple[Any, Any, dict[str, np.ndarray[Any, Any]]]:
    clean = Shop(seed=5, events=60_000, items=500)
    generate(clean, tmp_path / "clean")
    generate(clean.model_copy(update={"dirt": 0.02}), tmp_path / "dirty")
    marks = pq.read_table(tmp_path / "dirty" / "truth" / "dirt" / "part-000000.parquet")
    fault, row = np.array(marks["fault"].to_pylist()), marks["row"].to_numpy()
    return (
        pq.read_table(tmp_path / "clean" / "events"), pq.read_table(tmp_path / "dirty" / "events"),
        {name: row[fault == name] for name in FAULTS},
    )  # fmt: skip


def test_dirt_is_planted_at_its_rate_and_named(tmp_path: Path) -> None:
    clean, dirty, rows = soiled(tmp_path)
    purchases = int((np.array(clean["kind"].to_pylist()) == "purchase").sum())
    for name, rate in RATES.items():
        trials = purchases if name.startswith(("no", "price", "quantity")) else len(clean)
        expected = trials * 0.02 * rate
        assert abs(len(rows[name]) - expected) <= 4 * np.sqrt(expected)
    extra = len(rows["repeated"]) + len(rows["again within seconds"])
    assert len(dirty) == len(clean) + extra

    price, quantity, time = (dirty[name].to_numpy() for name in ("price", "quantity", "time"))
    assert np.isnan(price[rows["no price"]]).all()
    assert (price[rows["price below zero"]] < 0).all()
    assert (quantity[rows["quantity below one"]] < 0).all()
    late = rows["late"]
    assert late.min() == len(dirty) - len(late)
    assert (np.diff(time[: late.min()]) >= 0).all()
    assert time[rows["clock ahead"]].max() > clean["time"].to_numpy().max()
    keys = [tuple(line.values()) for line in dirty.select(["session_id", "time", "kind", "item_id"]).to_pylist()]
    bad = set(rows["repeated"].tolist())
    first = {key for row, key in enumerate(keys) if row not in bad}
    assert {keys[row] for row in bad} <= first


def test_labels_are_misspelt_so_that_folding_case_and_blanks_repairs_them(tmp_path: Path) -> None:
    soiled(tmp_path)
    clean, dirty = (pq.read_table(tmp_path / name / "catalog.parquet") for name in ("clean", "dirty"))
    for name in ("brand", "category"):
        right, wrong = clean[name].to_pylist(), dirty[name].to_pylist()
        assert 0 < sum(a != b for a, b in zip(right, wrong, strict=True)) < 0.2 * len(right)
        assert [label.strip().lower() for label in wrong] == [label.lower() for label in right]


def test_settings_that_make_no_sense_are_refused() -> None:
    wrong: list[Callable[[], Shop]] = [
        lambda: Shop(events=10), lambda: Shop(stray=1.5), lambda: Shop(bots=-0.1), lambda: Shop(items=5),
    ]  # fmt: skip
    for make in wrong:
        with pytest.raises(ValidationError):
            make()
