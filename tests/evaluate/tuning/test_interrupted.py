"""Tries of processes that were killed at every awkward moment: none stays "running", none is tried too often."""

import json
import multiprocessing
import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ENDCAP
from tests.evaluate.tuning.test_trials import HERE, PLAN, hill, searched, told
from tests.evaluate.tuning.test_tune import ENVIRONMENT
from tests.evaluate.tuning.worlds import fashion

from endcap import jobs
from endcap.core.processes import has_ended, process_of, this_process
from endcap.evaluate.tuning.journal import JournalLock
from endcap.evaluate.tuning.trials import opened, reclaimed, store, trials, work
from endcap.evaluate.tuning.worker import Worker


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_after_asking(where: Path) -> None:
    """Takes a second try, and ends before it has said who took it."""
    study = opened(store("", where), "study", PLAN)
    ask, asked = study.ask, []

    def ask_and_die() -> Any:
        asked.append(ask())
        if len(asked) == 2:
            die()
        return asked[-1]

    study.ask = ask_and_die  # type: ignore[method-assign, assignment]
    work(study, PLAN, hill, Worker(lambda: 1000.0))


def killed_while_planning(where: Path) -> None:
    """Ends after it has written down what is planned, and before any of it waits."""
    from optuna.study import Study

    Study.enqueue_trial = lambda *_, **__: die()  # type: ignore[method-assign]
    opened(store("", where), "study", PLAN)


def killed_while_giving_back(where: Path) -> None:
    """Gives its first, planned try back, and ends before it is planned again."""
    from optuna.study import Study

    def stopped(*_: Any) -> Any:
        Study.enqueue_trial = lambda *_, **__: die()  # type: ignore[method-assign]
        raise KeyboardInterrupt

    work(opened(store("", where), "study", PLAN), PLAN, stopped, Worker(lambda: 1000.0))


def killed_with_the_lock(where: Path) -> None:
    """Ends while it has the lock of the journal, in the middle of a line."""
    searched(PLAN, where)
    journal = where / "journal.log"
    JournalLock(journal).acquire()
    with journal.open("a") as file:
        file.write('{"op_code":4,"worker_id":')
    die()


@pytest.mark.parametrize(
    "killed", [killed_after_asking, killed_while_planning, killed_while_giving_back, killed_with_the_lock]
)
def test_whoever_follows_a_killed_process_finds_the_same(killed: Callable[[Path], None], tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(target=killed, args=(tmp_path / "killed",))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    study = opened(store("", tmp_path / "killed"), "study", PLAN)
    reclaimed(study, HERE)
    assert [trial for trial in trials(study) if trial.state == "running"] == []
    assert told(searched(PLAN, tmp_path / "killed")) == told(searched(PLAN, tmp_path / "whole"))


def test_a_try_that_names_nobody_is_left_alone_while_whoever_asks_is_alive(tmp_path: Path) -> None:
    study = opened(store("", tmp_path), "study", PLAN)
    mine, other = this_process(), Worker(lambda: 1000.0, pid=os.getppid())
    study.set_user_attr(f"asking {other.process.token}", other.told())
    study.ask()
    assert reclaimed(study, HERE) == 0
    assert [trial.state for trial in trials(study)] == ["running"]
    again = {**mine.to_json(), "since": 1000.0, "started": "another boot:1"}
    study.set_user_attr(f"asking {other.process.token}", again)
    assert reclaimed(study, HERE) == 1


def test_a_process_is_told_from_a_later_one_of_its_number() -> None:
    mine = this_process()
    assert has_ended(mine) is False
    assert has_ended(process_of({**mine.to_json(), "started": "another boot:1"})) is True
    assert has_ended(process_of({**mine.to_json(), "host": "elsewhere"})) is None
    with subprocess.Popen(["true"], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.read()  # it has closed its end: it is gone, or will be in a moment
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert has_ended(process_of({**mine.to_json(), "pid": child.pid, "started": ""})) is True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_search_that_is_ended_and_repeated_has_every_try_finished(number: int, workers: int, tmp_path: Path) -> None:
    config = fashion(tmp_path)
    words = ["tune", "popular", "--method", "tpe", "--trials", "400", "--workers", str(workers), "-c", str(config)]
    with subprocess.Popen(
        [*ENDCAP, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if re.match(r"\d+/400 ", line):
                process.send_signal(number)
                break
        said = process.stderr.read()
    assert process.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    assert "Traceback" not in said
    assert jobs.runs(config)[0].state == "interrupted"
    states = _states(config, workers)
    assert set(states) == {"finished"}
    assert len(states) >= 12


def _states(config: Path, workers: int) -> list[str]:
    """How the tries of the repeated search ended."""
    words = ["tune", "popular", "--method", "tpe", "--trials", "12", "--workers", str(workers), "--json"]
    run = subprocess.run([*ENDCAP, *words, "-c", str(config)], capture_output=True, check=True, env=ENVIRONMENT)
    return [trial["state"] for trial in json.loads(run.stdout)["trials"]]
