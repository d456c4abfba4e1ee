"""Runs side by side."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from endcap.evaluate.tracking.differences import compared
from endcap.evaluate.tracking.page import listed, shown, side_by_side, trends
from endcap.evaluate.tracking.runs import Begun, Metric, Record, Run
from endcap.evaluate.tracking.store import Store


@pytest.fixture
def two(store: Store, begun: Begun, record: Record) -> tuple[Run, Run]:
    """Two runs that differ in one setting, in data, and in what they found."""
    for size, data, value in (("16", "abc", 0.25), ("32", "def", 0.375)):
        number = store.start(replace(begun, settings=begun.settings.replace("16", size)))
        metrics = tuple(replace(metric, value=value) if metric.task else metric for metric in record.metrics)
        extra = (Metric("only", 1.0),) if size == "32" else ()
        store.record(number, replace(record, data=data, metrics=(*metrics, *extra)))
        there = {"python": "3.11", "platform": "Linux", "cores": 2, "cpu_seconds": 1.5, "peak_mb": 1024}
        store.finish(number, 1_700_000_010.0 + number, {**there, "versions": {"numpy": size}})
    return store.run(1), store.run(2)


def test_what_differs_is_told_and_what_is_the_same_is_not(two: tuple[Run, Run]) -> None:
    found = compared(two).to_json()
    assert found["settings"] == {"models.similar.size": ["16", "32"]}
    assert found["facts"] == {"data": ["abc", "def"], "numpy": ["16", "32"]}
    assert found["metrics"] == {
        "seconds_per_1000": {"values": [0.5, 0.5], "differences": [None, 0.0]},
        "basket/similar/NDCG@10": {"values": [0.25, 0.375], "differences": [None, 0.125]},
        "only": {"values": [None, 1.0], "differences": [None, None]},
    }
    assert [run["id"] for run in found["runs"]] == [1, 2]


def test_a_setting_that_one_lacks_differs(two: tuple[Run, Run]) -> None:
    without = replace(two[0], settings=two[0].settings.replace("size = 16\n", ""))
    assert compared([without, two[1]]).settings == {"models.similar.size": (None, "32")}


def test_trends_follow_each_model_and_say_what_changed(two: tuple[Run, Run]) -> None:
    found = trends(two[::-1])
    assert [run["id"] for run in found["runs"]] == [1, 2]
    assert [run["changed"] for run in found["runs"]] == [[], ["data", "models.similar.size", "numpy"]]
    assert (found["main"], found["jobs"]) == ("NDCG@10", {"evaluate": [[1, 11.0], [2, 12.0]]})
    points = [[1, 0.25, 0.125, 0.5], [2, 0.375, 0.125, 0.5]]
    of = [{"name": "similar", "kind": "model", "metrics": {"NDCG@10": points}}]
    assert found["tasks"] == [{"name": "basket", "metrics": ["NDCG@10"], "of": of}]


def test_a_run_that_died_has_changed_nothing_that_it_did_not_tell(two: tuple[Run, Run]) -> None:
    gone = replace(
        two[1], id=3, data="", environment={}, inputs={}, ended=None, state="interrupted", metrics=(), headline=None
    )
    again = replace(two[1], id=4)
    assert [run["changed"] for run in trends([two[1], gone, again])["runs"]] == [[], [], []]


def test_other_cuts_are_left_to_the_file(two: tuple[Run, Run]) -> None:
    more = replace(two[0], metrics=(*two[0].metrics, Metric("NDCG@20", 0.5, "similar", "basket"),
                                    Metric("gini", 0.5, "similar", "basket")))  # fmt: skip
    assert trends([more])["tasks"][0]["metrics"] == ["NDCG@10", "gini"]


def test_a_terminal_shows_what_matters(two: tuple[Run, Run]) -> None:
    for thing, expected in (
        (listed(two), ["evaluate", "2023-11-14 22:13:20", "12.0", "NDCG@10 0.3750 (similar on basket)", "done"]),
        (
            shown(two[0]),
            ["evaluate 1", "small-1", "751f81062620ed5c288fda0a80e1913a.dir", "0.1250 – 0.5000", "1.5 CPU seconds"],
        ),
        (side_by_side(compared(two)), ["models.similar.size", "16", "32", "basket/similar/NDCG@10", "+0.125"]),
    ):
        said = printed(thing)
        assert [text for text in expected if text not in said] == []


def printed(thing: object) -> str:
    """What a wide terminal shows."""
    text = StringIO()
    Console(width=160, file=text).print(thing)
    return text.getvalue()
