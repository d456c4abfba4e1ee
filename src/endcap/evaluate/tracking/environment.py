"""Where a run ran, and what it took."""

import os
import platform
import re
import resource
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any


def environment(folder: Path, cpu_before: float) -> dict[str, Any]:
    """Python, machine, versions, the commit of a folder, and what the process took after so many CPU seconds.

    ::

        {"python", "platform", "cores", "memory_mb", "peak_mb", "cpu_seconds", "versions": {name: version},
         "git": {"commit", "changed"}}   git only where there is any
    """
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20,
        "peak_mb": peak >> (20 if sys.platform == "darwin" else 10),  # bytes there, kilobytes elsewhere
        "cpu_seconds": round(cpu_seconds() - cpu_before, 3),
        "versions": versions(),
    }
    commit = git(folder)
    return found | ({"git": commit} if commit else {})


def cpu_seconds() -> float:
    """What this process and those it started and waited for have used so far, on all cores."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def versions() -> dict[str, str]:
    """Of endcap, and of what it needs or can use, as far as it is installed; what only its tests need is left out."""
    wanted = [line for line in requires("endcap") or [] if "extra == 'dev'" not in line.replace('"', "'")]
    names = dict.fromkeys(["endcap", *(match[0] for line in wanted if (match := re.match(r"[\w.-]+", line)))])
    found = {}
    for name in names:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def git(folder: Path) -> dict[str, Any]:
    """The commit that a folder is at, and whether what it tracks was changed since; empty if nothing says so."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return {"commit": commit, "changed": bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.SubprocessError):
        return {}


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=2).stdout.strip()
