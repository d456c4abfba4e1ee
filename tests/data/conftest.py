"""What the tests of preparation share: the engines."""

import os
import shutil
from typing import Any

import pytest

from endcap.data.engines import connect


@pytest.fixture(scope="session")
def spark() -> Any:
    """Local Spark, started once; without Java the tests that need it are skipped, except in CI."""
    if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
        missing = "java is missing: Spark needs Java 17 or later"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return connect("pyspark://local[2]")


@pytest.fixture(params=["duckdb", "pyspark"])
def engine(request: pytest.FixtureRequest) -> Any:
    """Each engine in turn."""
    return connect() if request.param == "duckdb" else request.getfixturevalue("spark")
