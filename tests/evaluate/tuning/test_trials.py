"""Studies: reproducible, shared, interrupted, failing."""

import itertools
import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from endcap.core.errors import BadConfig
from endcap.core.tunable import Between, OneOf
from endcap.evaluate.tuning.contest import RUNGS, Outcome, Report
from endcap.evaluate.tuning.space import Space
from endcap.evaluate.tuning.trials import Plan, Trial, best, crashed, opened, reclaimed, store, trials, work
from endcap.evaluate.tuning.worker import LOST, Worker

SPACE: Space = {"x": Between(0.01, 100.0, log=True), "kind": OneOf(("good", "bad"))}
PLAN = Plan(SPACE, "tpe", 12, {"x": 50.0, "kind": "bad", "other": 1}, seed=3)
HERE = Worker(lambda: 1000.0)


def hill(settings: Mapping[str, Any], report: Report) -> Outcome:
    """Highest at x = 1, and for what is good."""
    far = abs(float(settings["x"]) - 1) / (settings["x"] + 1)
    return Outcome(1 - far - (settings["kind"] == "bad"), settings)


def searched(plan: Plan, where: Path, attempt: Callable[..., Outcome] = hill) -> list[Trial]:
    study = opened(store("", where), "study", plan)
    work(study, plan, attempt, HERE)
    return trials(study)


def told(found: list[Trial]) -> list[tuple[object, ...]]:
    return [(trial.state, trial.settings, trial.value, trial.error) for trial in found]


@pytest.mark.parametrize("method", ["tpe", "random", "grid", "halving"])
def test_one_worker_finds_the_same_again_and_begins_with_what_is_there(method: Any, tmp_path: Path) -> None:
    plan = replace(PLAN, method=method)
    once, again = (searched(plan, tmp_path / name) for name in ("a", "b"))
    assert told(once) == told(again)
    assert len(once) == 12 if method != "grid" else 11
    assert once[0].settings == {"x": 50.0, "kind": "bad"}
    other = searched(replace(plan, seed=4), tmp_path / "c")
    assert (told(other) == told(once)) == (method == "grid")
    winner = best(once)
    assert winner is not None
    assert winner.settings["kind"] == "good"


def test_numbers_are_such_as_people_write(tmp_path: Path) -> None:
    for trial in searched(PLAN, tmp_path):
        assert float(f"{trial.settings['x']:.3g}") == trial.settings["x"]


def test_a_grid_tries_every_point_once(tmp_path: Path) -> None:
    found = searched(replace(PLAN, method="grid", trials=7), tmp_path)
    points = [(trial.settings["x"], trial.settings["kind"]) for trial in found[1:]]
    assert sorted(points) == sorted(itertools.product([0.01, 1.0, 100.0], ["good", "bad"]))


@pytest.mark.parametrize("method", ["tpe", "random", "grid", "halving"])
@pytest.mark.parametrize("x", [1000.0, 0.0, None])
def test_the_settings_that_are_there_are_tried_first_wherever_they_lie(method: Any, x: Any, tmp_path: Path) -> None:
    plan = replace(PLAN, untuned={"x": x, "kind": "worse"}, trials=9, method=method)
    found = searched(plan, tmp_path, lambda settings, _: Outcome(float(settings["x"] or 0), settings))
    assert found[0].settings == {"x": x, "kind": "worse"}
    assert found[0].value == (x or 0.0)
    assert len(found) == 9
    assert all(0.01 <= trial.settings["x"] <= 100 for trial in found[1:])


def test_settings_outside_the_space_are_tried_again_if_they_were_interrupted(tmp_path: Path) -> None:
    plan = replace(PLAN, untuned={"x": 1000.0, "kind": "bad"}, trials=3)

    def stopping(settings: Mapping[str, Any], report: Report) -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        searched(plan, tmp_path, stopping)
    found = searched(plan, tmp_path)
    assert [trial.settings["x"] == 1000.0 for trial in found] == [True, False, False]


def test_a_grid_without_room_for_the_settings_that_are_there_says_so(tmp_path: Path) -> None:
    plan = Plan({"x": OneOf((1, 2))}, "grid", 2, {"x": 3})
    with pytest.raises(BadConfig, match="at most 1, beside the settings that stand in the file: raise trials"):
        searched(plan, tmp_path)


def test_what_is_interrupted_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    calls = itertools.count()

    def stopping(settings: Mapping[str, Any], report: Report) -> Outcome:
        if next(calls) in {0, 5}:
            raise KeyboardInterrupt
        return hill(settings, report)

    whole = searched(PLAN, tmp_path / "whole")
    for ended in (0, 4):
        with pytest.raises(KeyboardInterrupt):
            searched(PLAN, tmp_path / "parts", stopping)
        assert len(trials(opened(store("", tmp_path / "parts"), "study", PLAN))) == ended
    assert told(searched(PLAN, tmp_path / "parts", stopping)) == told(whole)


def killed_in_its_third(where: Path) -> None:
    calls = itertools.count()

    def dying(settings: Mapping[str, Any], report: Report) -> Outcome:
        if next(calls) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return hill(settings, report)

    work(opened(store("", where), "study", PLAN), PLAN, dying, Worker(lambda: 1000.0))


def test_a_process_that_is_killed_loses_only_the_try_it_was_in(tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(target=killed_in_its_third, args=(tmp_path / "killed",))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    study = opened(store("", tmp_path / "killed"), "study", PLAN)
    assert [trial.state for trial in trials(study)] == ["finished", "finished", "running"]
    reclaimed(study, HERE)
    assert [trial.state for trial in trials(study)] == ["finished", "finished"]
    assert told(searched(PLAN, tmp_path / "killed")) == told(searched(PLAN, tmp_path / "whole"))


def test_a_try_elsewhere_is_lost_only_after_a_long_silence(tmp_path: Path) -> None:
    study = opened(store("", tmp_path), "study", PLAN)
    elsewhere = Worker(lambda: 1000.0, host="elsewhere", pid=os.getpid())

    def asking(settings: Mapping[str, Any], report: Report) -> Outcome:
        reclaimed(study, Worker(lambda: 1000.0 + LOST))
        assert trials(study)[-1].state == "running"
        reclaimed(study, Worker(lambda: 1001.0 + LOST))
        assert not trials(study)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(study, PLAN, asking, elsewhere)
    assert not trials(study)


def test_a_try_that_fails_is_recorded_and_ends_nothing(tmp_path: Path) -> None:
    def failing(settings: Mapping[str, Any], report: Report) -> Outcome:
        if settings["kind"] == "bad":
            raise ValueError("bad it is")
        return hill(settings, report)

    found = searched(PLAN, tmp_path, failing)
    assert {trial.state for trial in found} == {"finished", "failed"}
    assert {trial.error for trial in found if trial.state == "failed"} == {"ValueError: bad it is"}
    assert len(found) == 12
    nothing = searched(replace(PLAN, trials=2), tmp_path / "none", lambda *_: Outcome(float("nan"), {}))
    assert [trial.error for trial in nothing] == ["ValueError: the value is nan; expected a number"] * 2
    assert best(nothing) is None


def test_a_process_that_dies_within_a_try_takes_only_that_try(tmp_path: Path) -> None:
    study = opened(store("", tmp_path), "study", PLAN)

    def dying(settings: Mapping[str, Any], report: Report) -> Outcome:
        assert not crashed(study, HERE, HERE.pid + 1, "another")
        assert crashed(study, HERE, HERE.pid, "its process ended with -9")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(study, PLAN, dying, HERE)
    assert [(trial.state, trial.error) for trial in trials(study)] == [("failed", "its process ended with -9")]


@pytest.mark.parametrize("where", ["", "sqlite:///{}/study.db"])
def test_several_workers_share_a_study_and_none_tries_too_much(where: str, tmp_path: Path) -> None:
    address = where.format(tmp_path)
    first, second = (opened(store(address, tmp_path), "study", PLAN) for _ in range(2))
    drawn: list[object] = []

    def both(settings: Mapping[str, Any], report: Report) -> Outcome:
        if len(drawn) == 0:
            drawn.append(None)
            work(second, replace(PLAN, trials=5), both, Worker(lambda: 0.0, number=2, pid=1))
        drawn.append(settings)
        return hill(settings, report)

    work(first, PLAN, both, Worker(lambda: 0.0, number=1))
    found = trials(first)
    assert [trial.state for trial in found] == ["finished"] * 12
    assert found[0].settings == {"x": 50.0, "kind": "bad"}
    assert len({trial.settings["x"] for trial in found}) > 8


def test_who_comes_too_late_gives_the_try_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (opened(store("", tmp_path), "study", PLAN) for _ in range(2))
    ask = second.ask

    def late() -> Any:
        work(first, PLAN, hill, Worker(lambda: 0.0, number=1))
        return ask()

    monkeypatch.setattr(second, "ask", late)
    work(second, PLAN, hill, Worker(lambda: 0.0, number=2, pid=1))
    assert len(trials(first)) == 12


def test_the_search_ends_when_nothing_better_comes(tmp_path: Path) -> None:
    plan = replace(PLAN, trials=40, patience=4)
    found = searched(plan, tmp_path, lambda settings, _: Outcome(0.0, settings))
    assert len(found) == 5


def test_settings_are_not_tried_twice(tmp_path: Path) -> None:
    asked = []

    def counted(settings: Mapping[str, Any], report: Report) -> Outcome:
        asked.append(settings["kind"])
        return Outcome(1.0, settings)

    plan = Plan({"kind": OneOf(("good", "bad"))}, "random", 9, {"kind": "bad"})
    assert len(searched(plan, tmp_path, counted)) == 9
    assert sorted(asked) == ["bad", "good"]


def test_halving_stops_those_that_lie_behind(tmp_path: Path) -> None:
    def climbed(settings: Mapping[str, Any], report: Report) -> Outcome:
        values = []
        for rung in RUNGS:
            values.append(hill(settings, report).value * rung / RUNGS[-1])
            if report(rung, values[-1]) and rung < RUNGS[-1]:
                return Outcome(values[-1], settings, tuple(values), stopped=True)
        return Outcome(values[-1], settings, tuple(values))

    found = searched(replace(PLAN, method="halving", trials=20), tmp_path, climbed)
    states = [trial.state for trial in found]
    assert set(states) == {"stopped", "finished"}
    behind = [trial for trial in found if trial.state == "stopped"]
    assert len(behind) >= len(found) // 2
    assert max(found, key=lambda trial: trial.value or -9).state == "finished"
    assert all(len(trial.rungs) < 3 for trial in behind)


def test_lists_can_be_tried_too(tmp_path: Path) -> None:
    plan = Plan({"kinds": OneOf((["view"], ["view", "cart"]))}, "grid", 2, {"kinds": ("view",)})
    found = searched(plan, tmp_path, lambda settings, _: Outcome(float(len(settings["kinds"])), settings))
    winner = best(found)
    assert winner is not None
    assert winner.settings == {"kinds": ["view", "cart"]}


def test_fresh_forgets(tmp_path: Path) -> None:
    searched(PLAN, tmp_path)
    assert not trials(opened(store("", tmp_path), "study", PLAN, fresh=True))
