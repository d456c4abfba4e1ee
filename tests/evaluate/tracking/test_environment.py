"""Where a run ran, and what it took."""

import subprocess
from pathlib import Path

from endcap import __version__
from endcap.evaluate.tracking.environment import cpu_seconds, environment, versions


def test_an_environment_says_what_could_change_a_number(tmp_path: Path) -> None:
    before = cpu_seconds()
    sum(range(300_000))
    found = environment(tmp_path, before)
    assert found["versions"]["endcap"] == __version__
    assert found["peak_mb"] > 10
    assert 0 <= found["cpu_seconds"] <= cpu_seconds() - before
    assert found["memory_mb"] >= found["peak_mb"]
    assert "git" not in found


def test_what_only_tests_need_has_no_version() -> None:
    assert {"numpy", "numba", "duckdb"} < set(versions())
    assert "pytest" not in versions()


def test_a_commit_is_told_and_whether_it_was_changed(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        who = ["-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", "-C", tmp_path, *who, *words], capture_output=True, text=True, check=True).stdout

    git("init", "--quiet")
    (tmp_path / "endcap.toml").write_text("one")
    git("add", ".")
    git("commit", "--quiet", "--message", "one")
    commit = git("rev-parse", "HEAD").strip()
    (tmp_path / "untracked").write_text("")
    assert environment(tmp_path, 0.0)["git"] == {"commit": commit, "changed": False}
    (tmp_path / "endcap.toml").write_text("other")
    assert environment(tmp_path, 0.0)["git"] == {"commit": commit, "changed": True}
