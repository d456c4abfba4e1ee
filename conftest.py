"""Documentation that runs: Python blocks are executed, shell blocks typed, in README.md and docs/."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.integration.pytest import SybilItem
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).parent
# Inherited by all that tests start. Several processes share the cores: threads of BLAS would wait for one another.
# A JVM of a test ends before its second compiler, and a parallel collector, have paid for themselves.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than cores, since tests wait for servers and browsers too; four at most, for their memory."""
    return min((os.cpu_count() or 1) + 1, 4)


LONG = ("spark", "test_dbt.py", "demo", "test_benchmarks.py")
"""Groups that take a minute or more, the longest first."""


def typed(example: Example) -> None:
    """Runs a shell block in the folder of its document; a `make` target is only looked up, since CI is in one."""
    script = re.sub(r"^make ", f"make --silent --dry-run -C {ROOT} ", example.parsed, flags=re.MULTILINE)
    script = re.sub(r"^(make .*)$", r"\1 > /dev/null", script, flags=re.MULTILINE)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=example.namespace["folder"], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if run.returncode:
        raise AssertionError(f"{example.parsed}\nended with {run.returncode}:\n{run.stdout}{run.stderr}")


def setup(namespace: dict[str, object]) -> None:
    """Each document has an empty folder of its own, in which its examples run one after the other."""
    namespace["_kept"] = kept = tempfile.TemporaryDirectory()
    namespace["folder"] = kept.name
    namespace["_before"] = Path.cwd()
    os.chdir(kept.name)
    sys.path.insert(0, kept.name)


def teardown(namespace: dict[str, object]) -> None:
    """Takes the folder away again."""
    sys.path.remove(str(namespace["folder"]))
    os.chdir(str(namespace["_before"]))
    namespace["_kept"].cleanup()  # type: ignore[attr-defined]


class Shell(CodeBlockParser):
    """Blocks marked ``sh``."""

    language = "sh"

    def evaluate(self, example: Example) -> None:
        """Types them."""
        typed(example)


class File(CodeBlockParser):
    """Blocks marked ``toml`` or ``csv`` whose first line is a comment with a file name: they become that file."""

    def evaluate(self, example: Example) -> None:
        """Writes the file."""
        name = re.match(r"# (\S+)\n", example.parsed)
        if name:
            (Path(str(example.namespace["folder"])) / name[1]).write_text(example.parsed[name.end() :])


def shared(nodeid: str) -> str:
    """Return the group of a test, which one process runs: its file, the tests on Spark, or the tests of the demo.

    Each process would start a Spark of its own, and wait until it is warm, or wait for the one that makes the demo.
    """
    file = nodeid.split("::", maxsplit=1)[0]
    if file.startswith("tests/data/") and "spark" in nodeid:
        return "spark"
    return "demo" if file in DEMO else file


DEMO = ("tests/test_demo.py", "tests/browser/test_storefront.py")
"""Files of tests that need the demo on real data."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Run the tests of a group in one process; each benchmark is a group of its own."""

    class BySharing(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return nodeid if "test_benchmarks.py" in nodeid else shared(nodeid)

    return BySharing(config, log)


def place(item: pytest.Item) -> int:
    """Return the position of a test: the groups of `LONG` first, benchmarks that use the demo after the others."""
    name = shared(item.nodeid).rsplit("/", maxsplit=1)[-1]
    given = any(f"[{script}]" in item.nodeid for script in ("demo.py", "serving.py"))
    return LONG.index(name) if name in LONG and not given else len(LONG)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes comes first, so that no process is left alone with it, and documents last.

    The examples of a document build on one another: they alone keep their order.
    """
    documented = [item for item in items if isinstance(item, SybilItem)]
    documented.sort(key=lambda item: (str(item.path), item.example.line))
    others = [item for item in items if not isinstance(item, SybilItem)]
    on_spark = [item.nodeid for item in others if "spark" in getattr(item, "fixturenames", ())]
    unnamed = [nodeid for nodeid in on_spark if shared(nodeid) != "spark"]
    if unnamed:
        raise pytest.UsageError(f"tests that need Spark have it in their names, to run in one process: {unnamed}")
    others.sort(key=place)
    items[:] = others + documented


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), Shell(), File(language="toml"), File(language="csv"), SkipParser()],
    patterns=["README.md", "docs/*.md"],
    setup=setup,
    teardown=teardown,
).pytest()
