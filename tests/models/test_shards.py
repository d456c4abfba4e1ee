"""Parts in processes of their own; any object will do, so these are lists."""

import pytest

from endcap.models.shards import Shards, alone


def test_every_part_answers_and_remembers_what_it_was_told() -> None:
    with Shards([[1, 2, 2], [2]]) as ask:
        assert ask("count", 2) == [2, 1]
        assert ask("append", 2) == [None, None]
        assert ask("count", 2) == [3, 2]
        processes = ask.processes
    assert [process.exitcode for process in processes] == [0, 0]


def test_a_part_in_this_process_is_asked_in_the_same_way() -> None:
    part = [1, 2, 2]
    assert alone(part)("count", 2) == [2]


def test_a_process_that_dies_is_noticed(capfd: pytest.CaptureFixture[str]) -> None:
    with Shards([[1], [2]]) as ask, pytest.raises(EOFError):
        ask("index", 2)
    assert "ValueError" in capfd.readouterr().err
