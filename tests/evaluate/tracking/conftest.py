"""What these tests share: an empty store, and a real MLflow server."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from endcap.evaluate.tracking.runs import Begun, Metric, Record
from endcap.evaluate.tracking.store import Store

MLFLOW = Path(__file__).parents[3] / ".venv-mlflow"
SETTINGS = '[shop]\nname = "small"\n\n[models.similar]\nuse = "prod2vec"\nsize = 16\nkinds = ["view", "cart"]\n'
NDCG = Metric("NDCG@10", 0.25, "similar", "basket", 0.125, 0.5, "model")
QUIET = {"DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store without runs."""
    return Store(tmp_path / "var")


@pytest.fixture
def begun() -> Begun:
    """A run that begins at a round moment."""
    return Begun("evaluate", "small", 1_700_000_000.0, SETTINGS)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """What such a run has to tell."""
    report = tmp_path / "evaluation.json"
    report.write_text("{}")
    return Record(
        data="abc",
        subject="small-1",
        metrics=(Metric("seconds_per_1000", 0.5), NDCG),
        headline="basket/similar/NDCG@10",
        artefacts={"evaluation.json": report},
        inputs={"data": "751f81062620ed5c288fda0a80e1913a.dir"},
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings of a shop in which nothing was run, and which has no data."""
    path = tmp_path / "endcap.toml"
    path.write_text('[shop]\nname = "small"\n\n[[sources]]\nuse = "csv"\nevents = "events.csv"\n\n[models]\n')
    return path


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real MLflow server with SQLite, started for these tests; where it is missing they are skipped."""
    if not (MLFLOW / ".done").exists():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no MLflow server here: make install-mlflow")
    folder = tmp_path_factory.mktemp("mlflow")
    shutil.copy(MLFLOW / "empty.db", folder / "mlflow.db")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        str(MLFLOW / "bin" / "mlflow"), "server", "--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination", str(folder / "artefacts"), "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    said = (folder / "server.log").open("w+")
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder,
        env={**os.environ, **QUIET}, start_new_session=True,
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            for line in server.stdout:
                said.write(line)
                if re.search("Uvicorn running on", line):
                    break
            else:
                said.seek(0)
                pytest.fail(f"the server ended before it served:\n{said.read()}")
            yield f"http://127.0.0.1:{port}"
        finally:
            said.close()
            os.killpg(server.pid, signal.SIGKILL)
