"""What is expected of a dataset, and that one which fails never takes the place of the last good one."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from endcap import jobs
from endcap.config import parse
from endcap.core.errors import BadConfig, BadData, UnknownPart
from endcap.core.saving import facts_of
from endcap.data.checks import (
    Check,
    EnoughPerDay,
    EnoughRows,
    Expectation,
    Filled,
    Fresh,
    KnownItems,
    SteadyDistribution,
    SteadyVolume,
    Verdict,
    checked,
    require_passed,
)
from endcap.data.engines import connect, uploaded
from endcap.data.summary import Summary, jensen_shannon, lower_edge, population_stability, summary_of
from endcap.testing import START

DAY = 86_400.0
GOOD = Summary(
    rows=100,
    first=START,
    last=START + 3 * DAY,
    items=10,
    strangers=4,
    nulls={"item_id": 20, "price": 5},
    histograms={
        "kind": {"view": 90, "purchase": 10},
        "price": {"4": 50, "5": 50},
        "day": {"2023-11-14": 40, "2023-11-16": 50, "2023-11-17": 10},
    },
)


def verdict(expectation: Expectation, before: Summary | None = None, summary: Summary = GOOD) -> Verdict | None:
    """What an expectation says of the good summary, a day after its last event."""
    return expectation(summary, before, START + 4 * DAY)


@pytest.mark.parametrize(
    ("expectation", "passed", "found"),
    [
        (EnoughRows(at_least=100), True, "100 events"),
        (EnoughRows(at_least=101), False, "100 events"),
        (EnoughRows(kind="purchase", at_least=11), False, "10 events of kind purchase"),
        (EnoughRows(kind="cart"), False, "0 events of kind cart"),
        (EnoughPerDay(at_least=1), False, "0 events on 2023-11-15, and 1 days below"),
        (EnoughPerDay(at_least=50, days=1), True, "50 events on 2023-11-16, and 0 days below"),
        (Fresh(days=1), True, "the newest from 2023-11-17 22:13"),
        (Fresh(days=0.9), False, "the newest from 2023-11-17 22:13"),
        (Filled(column="price", missing=0.05), True, "5 of 100 missing (5.00%)"),
        (Filled(column="price"), False, "5 of 100 missing (5.00%)"),
        (Filled(column="prize"), False, "no column 'prize'; there are: item_id, price"),
        (KnownItems(at_least=0.95), True, "95.00% of 80 events"),
        (KnownItems(at_least=0.96), False, "95.00% of 80 events"),
    ],
)
def test_what_is_expected_of_one_dataset(expectation: Expectation, passed: bool, found: str) -> None:
    assert verdict(expectation) is not None
    said = verdict(expectation)
    assert said is not None
    assert (said.passed, said.found) == (passed, found)
    assert said.expected


@pytest.mark.parametrize(
    ("expectation", "before", "passed"),
    [
        (SteadyVolume(), replace(GOOD, rows=142), True),
        (SteadyVolume(), replace(GOOD, rows=143), False),
        (SteadyVolume(), replace(GOOD, rows=50), True),
        (SteadyVolume(), replace(GOOD, rows=49), False),
        (SteadyDistribution(column="kind"), GOOD, True),
        (SteadyDistribution(column="kind"), replace(GOOD, histograms={"kind": {"view": 10, "buy": 90}}), False),
        (SteadyDistribution(column="price", distance="js"), replace(GOOD, histograms={"price": {"9": 1}}), False),
    ],
)
def test_what_is_expected_beside_the_last_run(expectation: Expectation, before: Summary, passed: bool) -> None:
    assert verdict(expectation) is None
    said = verdict(expectation, before)
    assert said is not None
    assert said.passed is passed


def test_a_changed_distribution_names_what_changed_most() -> None:
    before = replace(GOOD, histograms={"kind": {"view": 50, "purchase": 50}})
    said = verdict(SteadyDistribution(column="kind"), before)
    assert said is not None
    assert "most changed: purchase, from 50.0% to 10.0%" in said.found


def test_distances_of_distributions() -> None:
    same, other = {"a": 5, "b": 5}, {"c": 3}
    assert population_stability(same, {"a": 50, "b": 50}) == jensen_shannon(same, {"a": 50, "b": 50}) == 0.0
    assert jensen_shannon(same, other) == pytest.approx(1.0)
    assert population_stability({"a": 6, "b": 4}, same) == pytest.approx(0.1 * 0.1823216 + 0.1 * 0.2231436, rel=1e-5)
    assert population_stability(same, other) > 5


def stopping(summary: Summary, before: Summary | None, now: float) -> Verdict:
    """Somebody's own check: never content."""
    return Verdict(False, "this", "that")


def test_results_say_what_came_of_each_check_and_a_failed_stop_ends_the_run() -> None:
    checks = [
        Check("volume", "stop", SteadyVolume()),
        Check("rows", "stop", EnoughRows(at_least=1)),
        Check("own", "warn", stopping),
    ]
    results = checked(GOOD, None, checks, START)
    assert [(result.check, result.outcome) for result in results] == [
        ("volume", "skipped"), ("rows", "passed"), ("own", "failed"),
    ]  # fmt: skip
    require_passed(results, "var/dataset stays")
    failed = checked(GOOD, None, [Check("own", "stop", stopping)], START)
    with pytest.raises(BadData, match=r"own: found this; expected that\nvar/dataset stays"):
        require_passed(failed, "var/dataset stays")


def test_a_function_that_gives_no_verdict_is_named() -> None:
    with pytest.raises(BadData, match=r"checks\.odd: gave True; expected an endcap\.data\.checks\.Verdict"):
        checked(GOOD, None, [Check("odd", "warn", lambda *_: True)], START)  # type: ignore[arg-type]


def settings(checks: str) -> Any:
    """A configuration with the given checks."""
    text = f'[[sources]]\nuse = "online_retail"\n[models.p]\nuse = "popular"\n{checks}'
    return parse(text, Path("endcap.toml"))


def test_checks_are_parts_of_the_settings_file() -> None:
    config = settings(
        '[[checks]]\nuse = "enough_rows"\nat_least = 5\n'
        '[[checks]]\nuse = "tests.data.test_checks:stopping"\nseverity = "warn"\n'
    )
    (rows, own) = config.checks
    assert rows == ("1 enough_rows", "stop", EnoughRows(at_least=5))
    assert own[:2] == ("2 tests.data.test_checks:stopping", "warn")


@pytest.mark.parametrize(
    ("checks", "error", "said"),
    [
        ('[[checks]]\nuse = "enough_rows"\nseverity = "halt"', BadConfig, r"severity: found 'halt': .*stop, warn"),
        ('[[checks]]\nuse = "enough_cows"', UnknownPart, "no check is called 'enough_cows'"),
        ('[[checks]]\nuse = "fresh"\nhours = 2', BadConfig, "hours: unknown key; known: days"),
        ("[[checks]]\nat_least = 2", BadConfig, "this key is needed: the name of a check"),
    ],
)
def test_a_mistake_in_a_check_is_said(checks: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        settings(checks).checks  # noqa: B018


def tables(engine: Any) -> tuple[Any, Any]:
    """Four events and two items."""
    events = pa.table(
        {
            "time": [START, START + DAY, START + DAY, None],
            "session_id": ["s", "s", "t", "t"],
            "kind": ["view", "view", "purchase", "view"],
            "item_id": ["a", "b", "x", None],
            "price": [None, 1.0, 2.0, -3.0],
            "user_id": pa.array([None, "u", "u", None], pa.string()),
        }
    )
    catalog = pa.table({"item_id": ["a", "b"], "category": ["c", None]})
    return uploaded(engine, events), uploaded(engine, catalog)


def test_a_summary_counts_and_survives_json() -> None:
    summary = summary_of(*tables(connect()))
    assert (summary.rows, summary.items, summary.strangers) == (4, 2, 1)
    assert (summary.first, summary.last) == (START, START + DAY)
    assert summary.nulls == {"time": 1, "session_id": 0, "kind": 0, "item_id": 1, "user_id": 2, "price": 1}
    assert summary.distinct == {"session_id": 2, "user_id": 1, "item_id": 3}
    assert summary.histograms == {
        "kind": {"view": 3, "purchase": 1},
        "category": {"c": 1},
        "day": {"2023-11-14": 1, "2023-11-15": 2},
        "hour": {"22": 3},
        "price": {"0": 1, "2": 1},
    }
    assert lower_edge("0") == 1.0
    assert Summary.from_json(json.loads(json.dumps(summary.to_json()))) == summary
    assert (summary.null_share("user_id"), summary.null_share("order_id")) == (0.5, 1.0)


def test_summaries_are_equal_on_duckdb_and_spark(spark: Any) -> None:
    assert summary_of(*tables(spark)) == summary_of(*tables(connect()))


def test_a_summary_of_nothing() -> None:
    events, _ = tables(connect())
    summary = summary_of(events.limit(0))
    assert (summary.rows, summary.first, summary.strangers, summary.null_share("price")) == (0, None, None, 1.0)
    assert [verdict(check, summary=summary).passed for check in (Fresh(), EnoughPerDay())] == [False] * 2  # type: ignore[union-attr]
    # Where no event names an item, none names an unknown one: that there is nothing to learn from is said elsewhere.
    assert verdict(KnownItems(), summary=summary).passed  # type: ignore[union-attr]


def strict(shop: Path, checks: str) -> Path:
    """Settings of a small shop with the given checks."""
    config = shop / "endcap.toml"
    source = '[[sources]]\nuse = "csv"\nevents = "events.csv"\ncatalog = "catalog.csv"\n'
    config.write_text(f'{source}[models.popular]\nuse = "popular"\n{checks}')
    return config


def test_a_dataset_that_fails_never_takes_the_place_of_the_last_good_one(csv_shop: Path, tmp_path: Path) -> None:
    shop = Path(shutil.copytree(csv_shop, tmp_path / "shop"))
    config = strict(shop, '[[checks]]\nuse = "steady_volume"\n[[checks]]\nuse = "fresh"\ndays = 1\nseverity = "warn"\n')
    good = jobs.prepare(config)
    assert [(said["check"], said["outcome"]) for said in good.checks] == [
        ("1 steady_volume", "skipped"), ("2 fresh", "failed"),
    ]  # fmt: skip
    lines = (shop / "events.csv").read_text().splitlines()
    (shop / "events.csv").write_text("\n".join(lines[:100]) + "\n")
    with pytest.raises(
        BadData, match=r"steady_volume: found 99 events after 380 \(-73.9%\); expected between -30% and"
    ):
        jobs.prepare(config)
    assert facts_of(shop / "var" / "dataset")["fingerprint"] == good.dataset.fingerprint
    (shop / "events.csv").write_text("\n".join(lines) + "\n")
    assert jobs.prepare(config).dataset.fingerprint == good.dataset.fingerprint


def test_an_unchanged_dataset_may_grow_too_old(csv_shop: Path, tmp_path: Path) -> None:
    shop = Path(shutil.copytree(csv_shop, tmp_path / "shop"))
    jobs.prepare(strict(shop, ""))
    with pytest.raises(BadData, match="1 fresh: found the newest from 2023-11-16"):
        jobs.prepare(strict(shop, '[[checks]]\nuse = "fresh"\n'))
