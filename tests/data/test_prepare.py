"""From sources to a dataset: stages are kept, the last good dataset stays, the same input gives the same bytes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from endcap.core.dataset import Dataset, baskets_of
from endcap.core.errors import BadData
from endcap.core.part import Part
from endcap.core.saving import MANIFEST, facts_of, load
from endcap.data import coding, prepare
from endcap.data.columns import EVENTS, ROW
from endcap.data.engines import connect, uploaded
from endcap.data.ledger import Ledger
from endcap.data.pairs import pair_counts
from endcap.data.prepare import Plan, dataset_of, fingerprint_of, prepared, saved, united
from endcap.testing import START, checkerboard, same, shop, some_events


def table(engine: Any, *rows: dict[str, Any]) -> ibis.Table:
    """A table of events; what is not given is null."""
    types = {"time": pa.float64(), "quantity": pa.float64(), "price": pa.float64(), "position": pa.float64()}
    columns = {name: pa.array([row.get(name) for row in rows], types.get(name, pa.string())) for name in EVENTS}
    return uploaded(engine, pa.table({**columns, ROW: pa.array(range(len(rows)), pa.int64())}))


def event(item: str | None, kind: str = "view", **facts: Any) -> dict[str, Any]:
    """One event of session s."""
    return {"item_id": item, "kind": kind, "session_id": "s", "time": START, **facts}


def described(engine: Any, *items: tuple[str, str | None]) -> ibis.Table:
    """A catalog of ids and titles."""
    ids, titles = zip(*items, strict=True)
    return uploaded(engine, pa.table({"item_id": list(ids), "title": pa.array(titles, pa.string())}))


class Handmade(Part):
    """A source that gives some events and notes that it was asked."""

    asked: str
    """File that grows by a letter each time."""

    def inputs(self, folder: Path) -> list[Path]:
        return []

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> tuple[ibis.Table, ibis.Table]:
        with Path(self.asked).open("a") as file:
            file.write("x")
        events = table(engine, *({**plain(found), "order_id": found.session_id} for found in some_events(200)))
        return ledger.opened("some events", events), described(engine, ("i1", "One"), ("i0", None))


def plain(found: Any) -> dict[str, Any]:
    """An event as a dictionary."""
    return {name: getattr(found, name, None) for name in EVENTS}


def without_searches(events: ibis.Table) -> ibis.Table:
    """A search names no item."""
    return events.filter(events.kind != "search")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A source and a step."""
    return Plan([Handmade(asked=str(tmp_path / "asked"))], tmp_path, [without_searches])


def test_items_users_and_sessions_are_coded_in_the_order_of_their_ids(engine: Any) -> None:
    events = table(
        engine,
        event("é", session_id="t", user_id="v", time=START + 2),
        event("z", session_id="s", user_id=None, time=START + 1, quantity=2.0, price=None),
        event("b", "purchase", session_id="s", user_id="u", time=START, price=4.5, order_id="o"),
        event(None, "search"),
    )
    data = dataset_of(events, described(engine, ("b", "Bee"), ("a", None)), "x")
    assert list(data.catalog.items.ids) == ["a", "b", "z", "é"]
    assert list(data.catalog.text("title")) == ["", "Bee", "", ""]
    assert list(data.users.ids) == ["u", "v"]
    assert data.events.session.tolist() == [0, 0, 1]
    assert data.events.item.tolist() == [1, 2, 3]
    assert data.events.user.tolist() == [0, -1, 1]
    assert data.events.order.tolist() == [0, -1, -1]
    assert np.isnan(data.events.price).tolist() == [False, True, True]
    assert data.now == START + 3
    assert [row.tolist() for row in data.sessions] == [[1, 2], [3]]
    assert [row.tolist() for row in data.baskets.items] == [[1]]


def test_it_is_the_dataset_that_is_built_in_memory(engine: Any) -> None:
    happened = [found for found in some_events(200) if found.item_id is not None]
    data = dataset_of(table(engine, *map(plain, happened)), described(engine, ("i0", None)), "small")
    small = shop(happened, {item: {} for item in data.catalog.items.ids})
    assert data.events.time.tolist() == small.events.time.tolist()
    assert data.catalog.items.decode(data.events.item) == small.catalog.items.decode(small.events.item)
    assert same(data.catalog["bought"], small.catalog["bought"])


def test_baskets_of_the_engine_are_those_of_memory(engine: Any) -> None:
    rng = np.random.default_rng(5)
    bought = [
        event(f"i{item}", "purchase", order_id=f"o{order}", user_id=f"u{order % 3}" if order % 2 else None,
              time=START + float(second), session_id=f"s{order}")
        for order, item, second in rng.integers(0, [40, 9, 5], (300, 3)).tolist()
    ]  # fmt: skip
    data = dataset_of(table(engine, *bought), described(engine, ("i0", None)), "x")
    assert data.events.grouped is not None
    assert same(data.baskets, baskets_of(data.of_kinds("purchase")))


def test_pairs_are_counted_as_the_compiled_kernel_counts_them(engine: Any) -> None:
    from endcap.models.co_occurrence import CoOccurrence

    world = checkerboard(8)
    bought = [
        event(item, "purchase", order_id=f"o{order}")
        for order, row in enumerate(world.baskets.items)
        for item in [*world.catalog.items.decode(row), "i0"]
    ]
    counted = pair_counts(table(engine, *bought)).to_pyarrow().to_pylist()
    found = {(row["item"], row["other"]): row["baskets"] for row in counted}
    again = dataset_of(table(engine, *bought), described(engine, ("i0", None)), "x")
    model = CoOccurrence(similarity="conditional", shrink=0.0).fit(again, np.random.default_rng(0))
    own = np.bincount(again.baskets.items.values)
    kernel = {
        (again.catalog.items.ids[item], again.catalog.items.ids[other]): round(score * own[item])
        for item in range(8)
        for other, score in zip(model.neighbours[item], model.scores[model.neighbours.rows == item], strict=True)
    }
    assert found == kernel


def test_of_a_huge_basket_only_the_items_that_most_baskets_have_are_paired(engine: Any) -> None:
    bought = [event(item, "purchase", order_id="big") for item in "abcde"]
    bought += [event(item, "purchase", order_id=f"o{item}") for item in "bde"]
    pairs = pair_counts(table(engine, *bought), most=3).to_pyarrow().to_pylist()
    assert {(row["item"], row["other"]) for row in pairs} == {(a, b) for a in "bde" for b in "bde" if a != b}


def test_of_several_sources_the_first_describes_an_item() -> None:
    engine = connect()
    one, two = (table(engine, event(item)) for item in "ab")
    catalogs = described(engine, ("a", "first")), described(engine, ("a", "second"), ("b", "Bee"))
    events, catalog = united([(one, catalogs[0]), (two, catalogs[1])])
    assert sorted(events.to_pyarrow()["item_id"].to_pylist()) == ["a", "b"]
    titles = {row["item_id"]: row["title"] for row in catalog.to_pyarrow().to_pylist()}
    assert titles == {"a": "first", "b": "Bee"}
    assert united([(one, None), (two, None)])[1].to_pyarrow()["item_id"].sort().to_pylist() == ["a", "b"]


def test_no_event_with_an_item_is_refused() -> None:
    engine = connect()
    with pytest.raises(BadData, match="no event with an item"):
        dataset_of(table(engine, event(None, "search")), described(engine, ("a", None)), "x")


def test_what_was_rejected_lies_beside_the_dataset(plan: Plan, tmp_path: Path) -> None:
    data = prepared(plan, "duckdb", tmp_path, "first")
    assert same(load(tmp_path / "dataset"), data)
    rejected = pq.read_table(tmp_path / "dataset" / "quarantine.parquet").to_pylist()
    assert {(row["step"], row["why"], row["kind"]) for row in rejected} == {
        ("without searches", "A search names no item.", "search")
    }
    *steps, on_sale = facts_of(tmp_path / "dataset")["ledger"]
    assert [line["left"] for line in steps] == [200, 200 - len(rejected)]
    assert on_sale["left"] == data.catalog["available"].sum()
    assert {path.name for path in tmp_path.iterdir()} == {"asked", "dataset"}


def test_twice_in_a_row_gives_the_same_bytes(plan: Plan, tmp_path: Path) -> None:
    manifests = []
    for _ in range(2):
        prepared(plan, "duckdb", tmp_path, "same")
        manifests.append((tmp_path / "dataset" / MANIFEST).read_bytes())
    assert manifests[0] == manifests[1]


@pytest.mark.parametrize(
    ("module", "stage", "asked"),
    [
        (prepare, "united", 2),
        (Ledger, "write_quarantine", 2),
        (coding.Coding, "items", 1),
        (coding.Coding, "coded", 1),
        (coding.Coding, "baskets", 1),
        (prepare, "as_of", 1),
        (prepare, "replace", 1),
    ],
)  # fmt: skip
def test_an_interrupted_run_leaves_the_last_good_dataset_and_goes_on_where_it_was(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, stage: str, asked: int
) -> None:
    expected = prepared(plan, "duckdb", tmp_path, "second")
    prepared(plan, "duckdb", tmp_path, "first")
    (tmp_path / "asked").unlink()

    def interrupted(*arguments: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, stage, interrupted)
        with pytest.raises(KeyboardInterrupt):
            prepared(plan, "duckdb", tmp_path, "second")
    assert facts_of(tmp_path / "dataset")["fingerprint"] == "first"
    load(tmp_path / "dataset")
    assert same(prepared(plan, "duckdb", tmp_path, "second"), expected)
    assert (tmp_path / "asked").read_text() == "x" * asked
    assert {path.name for path in tmp_path.iterdir()} == {"asked", "dataset"}


KILLED = """
import os, signal, sys
from pathlib import Path
from endcap.core import appending
from endcap.data import coding
sys.path.insert(0, sys.argv[1])
from test_prepare import Handmade, Plan, prepared, without_searches
appending.Appended.append = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
folder = Path(sys.argv[2])
prepared(Plan([Handmade(asked=str(folder / "asked"))], folder, [without_searches]), "duckdb", folder, "second")
"""


def test_a_killed_run_leaves_the_last_good_dataset_and_the_next_goes_on(plan: Plan, tmp_path: Path) -> None:
    prepared(plan, "duckdb", tmp_path, "first")
    command = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert run.returncode == -signal.SIGKILL, run.stderr
    assert facts_of(tmp_path / "dataset")["fingerprint"] == "first"
    load(tmp_path / "dataset")
    prepared(plan, "duckdb", tmp_path, "second")
    assert facts_of(tmp_path / "dataset")["fingerprint"] == "second"
    assert (tmp_path / "asked").read_text() == "xx"
    assert {path.name for path in tmp_path.iterdir()} == {"asked", "dataset"}


def test_what_a_killed_run_has_left_is_cleared_away(plan: Plan, tmp_path: Path) -> None:
    for name in (".dataset.1.part", ".dataset.2.old", ".prepare-other"):
        (tmp_path / name / "within").mkdir(parents=True)
    prepared(plan, "duckdb", tmp_path, "first")
    assert {path.name for path in tmp_path.iterdir()} == {"asked", "dataset"}


def test_what_is_not_accepted_does_not_replace_the_last_good_dataset(plan: Plan, tmp_path: Path) -> None:
    prepared(plan, "duckdb", tmp_path, "first")

    def refused(clean: prepare.Clean) -> dict[str, Any]:
        raise BadData(f"too few: {clean.events.count().to_pyarrow().as_py()}")

    with pytest.raises(BadData, match="too few: 175"):
        prepared(plan, "duckdb", tmp_path, "second", refused)
    assert facts_of(tmp_path / "dataset")["fingerprint"] == "first"


def test_facts_of_the_acceptance_are_kept(plan: Plan, tmp_path: Path) -> None:
    prepared(plan, "duckdb", tmp_path, "first", lambda clean: {"items": clean.catalog.count().to_pyarrow().as_py()})
    assert facts_of(tmp_path / "dataset")["items"] == 2


def test_a_full_disk_is_one_line(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("endcap.core.appending.Appended.append", full)
    with pytest.raises(BadData, match=r"preparation stopped: .*No space left on device"):
        prepared(plan, "duckdb", tmp_path, "first")
    assert not (tmp_path / "dataset").exists()


def test_a_large_dataset_is_not_read_before_it_is_used_but_a_cut_file_is_found(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = prepared(plan, "duckdb", tmp_path, "first")
    monkeypatch.setattr(prepare, "VERIFIED", 0)
    assert saved(tmp_path / "dataset", "other") is None
    found = saved(tmp_path / "dataset", "first")
    assert found is not None
    assert same(found[0], data)
    path = tmp_path / "dataset" / "value.events.time.npy"
    path.write_bytes(path.read_bytes()[:-8])
    assert saved(tmp_path / "dataset", "first") is None


def test_a_fingerprint_names_bytes_and_settings_and_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "REMEMBERED", 0)
    path, known = tmp_path / "events.csv", tmp_path / ".hashes.json"
    path.write_text("one")
    later = path.stat().st_mtime + 60
    first = fingerprint_of([path], "settings", known, later)
    assert fingerprint_of([path], "settings") == fingerprint_of([path], "settings", known, later) == first
    assert fingerprint_of([path], "other settings") != first
    written = json.loads(known.read_text())
    written[str(path)]["hash"] = "00" * 32
    known.write_text(json.dumps(written))
    assert fingerprint_of([path], "settings", known, later) != first, "it was read again though nothing changed"
    path.write_text("two and more")
    assert fingerprint_of([path], "settings", known, later) == fingerprint_of([path], "settings")


@pytest.mark.parametrize(("large", "seconds"), [(0, 1), (1000, 100)], ids=["just changed", "small"])
def test_a_file_that_is_small_or_may_still_change_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int, seconds: float
) -> None:
    monkeypatch.setattr(prepare, "REMEMBERED", large)
    path, known = tmp_path / "events.csv", tmp_path / ".hashes.json"
    path.write_text("one")
    fingerprint_of([path], "", known, path.stat().st_mtime + seconds)
    assert not known.exists()


def test_other_steps_are_another_dataset(plan: Plan, tmp_path: Path) -> None:
    names = {Plan(plan.sources, tmp_path, steps).fingerprint() for steps in ([], [without_searches])}
    names.add(Plan([Handmade(asked="elsewhere")], tmp_path).fingerprint())
    assert len(names) == 3


def test_a_saved_dataset_is_mapped_and_whole(plan: Plan, tmp_path: Path) -> None:
    prepared(plan, "duckdb", tmp_path, "first")
    loaded: Dataset = load(tmp_path / "dataset", verify=False)
    assert loaded.sessions.values is loaded.events.item
    assert loaded.events.grouped is not None
    assert isinstance(loaded.events.time.base, np.memmap)
    earlier = loaded.between(-np.inf, START + 50)
    assert earlier.events.grouped is None
    assert len(earlier.sessions.values) == len(earlier.events)


def test_a_session_was_done_with_what_the_first_of_its_events_says_that_says_anything(engine: Any) -> None:
    events = table(
        engine,
        event("a", session_id="s", time=START),
        event("b", session_id="s", time=START + 2, device="tablet"),
        event("a", session_id="s", time=START + 1, device="phone"),
        event("a", session_id="t"),
        event("a", session_id="r", device="tv"),
        event("b", session_id="r", device="tablet"),
        event(None, "search", session_id="t", device="watch"),
    )
    catalog = described(engine, ("a", None), ("b", None))
    devices = dataset_of(events, catalog, "x").devices
    assert devices is not None
    assert [devices.name(session) for session in range(3)] == ["tablet", "phone", None]
    assert list(devices.names.ids) == ["phone", "tablet"]
    assert dataset_of(table(engine, event("a")), catalog, "x").devices is None


def test_what_was_typed_is_kept_in_codes_of_visits_and_users_that_have_events() -> None:
    engine = connect("duckdb")
    searches = [
        event(None, "search", query="mug", time=START + 1, user_id="u"),
        event(None, "search", query="bag", time=START + 2),
        event(None, "search", query="mug", time=START + 3, user_id="nobody else"),
        event(None, "search", time=START + 4),  # nothing typed
        event(None, "search", query="lost", session_id="a visit of searches alone"),
    ]
    rows = table(engine, event("a", user_id="u"), event("b", session_id="r"), *searches)
    catalog = rows.filter(rows.item_id.notnull()).select("item_id").distinct()
    typed = dataset_of(rows, catalog, "x").searches
    assert typed is not None
    assert [typed.texts.ids[code] for code in typed.text.tolist()] == ["mug", "bag", "mug"]
    assert typed.time.tolist() == [START + 1, START + 2, START + 3]
    assert typed.session.tolist() == [1, 1, 1]
    assert typed.user.tolist() == [0, -1, -1]
    silent = rows.filter(rows.item_id.notnull())
    assert dataset_of(silent, catalog, "x").searches is None
