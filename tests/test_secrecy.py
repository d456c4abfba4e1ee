"""A secret in an address is in no file that is made and in no line that is printed, whatever is run."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.conftest import ENDCAP
from tests.test_exits import ENVIRONMENT

from endcap import jobs
from endcap.config import load
from endcap.core.errors import BadConfig, EndcapError

SECRET = "hunter2-Xyzzy"
ADDRESS = f"postgres://me:{SECRET}@127.0.0.1:1/shop?token={SECRET}"
PARTS = '''
from endcap.core.errors import BadData
from endcap.data.sources import Csv


class Remote(Csv):
    """Reads files, and knows an address."""

    connection: str
    password: str = ""

    def tables(self, engine, folder, ledger):
        if (folder / "down").exists():
            raise BadData(f"{self.connection}: cannot be reached with {self.password}")
        if (folder / "wrong").exists():
            raise RuntimeError(f"{self.connection} {self!r}")
        return super().tables(engine, folder, ledger)
'''
COMMENT = f'# password = "{SECRET}"   # {ADDRESS}\n'


@pytest.fixture
def shop(released: Path, tmp_path: Path) -> Path:
    """A shop whose source has an address with a password, through the environment, and which tells a server of runs."""
    folder = Path(shutil.copytree(released, tmp_path / "shop"))
    shutil.rmtree(folder / "var")
    (folder / "parts.py").write_text(PARTS)
    config = folder / "endcap.toml"
    remote = 'use = "parts:Remote"\nconnection = "$SHOP_DATABASE"\npassword = "$SHOP_PASSWORD"'
    text = config.read_text().replace('use = "csv"', remote)
    # MLflow at a port where nobody listens: it is named in a warning.
    tracking = '\n[tracking]\nmlflow = "http://me:$SHOP_PASSWORD@127.0.0.1:1"\ntoken = "$SHOP_PASSWORD"\n'
    config.write_text(f"{COMMENT}{text}{tracking}")
    return config


def typed(config: Path, words: str) -> tuple[int, str]:
    """Exit code and all output of a command in an environment that has the secret."""
    environment = {**ENVIRONMENT, "SHOP_DATABASE": ADDRESS, "SHOP_PASSWORD": SECRET}
    command = [*ENDCAP, *words.split(), "-c", str(config)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return run.returncode, run.stdout + run.stderr


def assert_kept_secret(config: Path, *outputs: str) -> None:
    """No file that was made, and no output, has the secret; the settings have it in their comment alone."""
    for path in (config.parent / "var").rglob("*"):
        assert SECRET not in path.name
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path
    for output in outputs:
        assert SECRET not in output


def test_a_shop_is_trained_judged_released_and_served_without_telling_its_secret(shop: Path) -> None:
    tune = "tune popular --trials 2 --task basket"
    commands = ("lint", "prepare", "train", "evaluate", "release --override why", tune, "runs", "runs show 1",
                "runs show 2 --json")  # fmt: skip
    outputs = [typed(shop, words) for words in commands]
    assert [code for code, _ in outputs][1:] == [0] * 8, outputs
    assert any("127.0.0.1:1" in output for _, output in outputs)
    assert_kept_secret(shop, *(output for _, output in outputs))
    assert b"$SHOP_DATABASE" in (shop.parent / "var" / "runs.sqlite").read_bytes()


@pytest.mark.parametrize("fault", ["down", "wrong"])
def test_errors_do_not_tell_it_either(shop: Path, fault: str) -> None:
    (shop.parent / fault).touch()
    code, output = typed(shop, "train")
    assert code == 1
    assert "$SHOP_DATABASE" in output
    assert_kept_secret(shop, output, typed(shop, "runs show 1")[1])


def test_a_bundle_is_served_where_the_secret_is_not_known(shop: Path) -> None:
    assert typed(shop, "train")[0] == typed(shop, "release --override why")[0] == 0
    command = [*ENDCAP, "recommend", "home/popular", "--json", "-c", str(shop)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"$SHOP_DATABASE"', f'"{ADDRESS}"', "sources.0.connection: a password or token stands here as it is"),
        ('password = "$SHOP_PASSWORD"', f'password = "{SECRET}"', 'write password = "$PASSWORD"'),
        ('token = "$SHOP_PASSWORD"', f'token = "{SECRET}"', "tracking.token: a password or token stands here"),
    ],
)
def test_a_literal_secret_is_refused_with_what_to_write(
    shop: Path, before: str, after: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write_text(shop.read_text().replace(before, after, 1))
    with pytest.raises(BadConfig) as refused:
        load(shop, serving=True)
    assert said in str(refused.value)
    assert f"{shop}, line " in str(refused.value)
    assert SECRET not in str(refused.value)


def test_what_init_writes_for_a_database_is_accepted(tmp_path: Path) -> None:
    assert os.environ.get("DATABASE_PASSWORD") is None
    with pytest.raises(EndcapError) as failed:
        jobs.init(f"mysql://me:{SECRET}@127.0.0.1:1/shop", None, tmp_path / "endcap.toml")
    assert SECRET not in str(failed.value)
