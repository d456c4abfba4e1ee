"""Secrets are found in settings, and taken out of texts."""

import tomllib

import pytest

from endcap.core.secrets import (
    is_secret_key,
    literal_secrets,
    redact,
    redact_settings,
    remember,
    without_literals,
)


@pytest.mark.parametrize(
    "key",
    ["password", "pgpassword", "db_password", "token", "motherduck_token", "apiKey", "api-key", "client.secret", "PWD"],
)
def test_keys_of_secrets(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize(
    "key", ["max_tokens", "tokenizer", "key", "credentials_path", "user", "session_id", "", "keys"]
)
def test_keys_of_others(key: str) -> None:
    assert not is_secret_key(key)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("cannot reach postgres://me:hunter2@db/shop", "cannot reach postgres://…@db/shop"),
        ("postgres://me:hun/t@er2@db/shop", "postgres://…@db/shop"),
        ("postgres://me:$PGPASSWORD@db/shop", "postgres://me:$PGPASSWORD@db/shop"),
        ("https://host:8000/a", "https://host:8000/a"),
        ("host=db password=hunter2 user=me", "host=db password=… user=me"),
        ("host=db password='hunter 2'", "host=db password='…'"),
        ('{"token": "hunter2", "n": 1}', '{"token": "…", "n": 1}'),
        ("x?motherduck_token=hunter2&a=1", "x?motherduck_token=…&a=1"),
        ("Driver=x;PWD=hunter2;UID=me", "Driver=x;PWD=…;UID=me"),
        ("the password of the shop is unknown", "the password of the shop is unknown"),
        ("models.x: found 3", "models.x: found 3"),
    ],
)
def test_what_is_printed_has_no_secret(text: str, left: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("endcap.core.secrets._known", {})  # of what other tests read from the environment
    assert redact(text) == left


def test_what_was_read_from_the_environment_is_printed_by_its_name() -> None:
    remember("SHOP_URL", "mysql://me:s3cr%40t@db/shop", "connection")
    assert (
        redact("cannot open mysql://me:s3cr%40t@db/shop: s3cr@t is wrong")
        == "cannot open $SHOP_URL: $SHOP_URL is wrong"
    )
    remember("SHOP_HOST", "the-database-host", "host")
    assert redact("the-database-host") == "the-database-host"


@pytest.mark.parametrize(
    ("settings", "places"),
    [
        ('password = "hunter2"', ["password"]),
        ('password = "$PGPASSWORD"', []),
        ('password = ""', []),
        ('[[sources]]\nconnection = "postgres://me:hunter2@db/shop"', ["sources.0.connection"]),
        ('[[sources]]\nconnection = "postgres://me:$PGPASSWORD@db/shop"', []),
        ('[[sources]]\nconnection = "postgres://me@db/shop"', []),
        ('[[sources]]\nconnection = "md:shop?motherduck_token=hunter2"', []),
        ('[[sources]]\nconnection = "duckdb://shop?motherduck_token=hunter2"', ["sources.0.connection"]),
        ('[[sources]]\nconnection = "duckdb://shop?motherduck_token=$TOKEN"', []),
        ('[[sources]]\ndsn = "host=db password=hunter2"', ["sources.0.dsn"]),
        ('[[sources]]\nevents = "SELECT * FROM visits v JOIN e ON e.token = v.token"', []),
        ('[tracking]\nmlflow = "https://me:hunter2@host"\ntoken = "hunter2"', ["tracking.mlflow", "tracking.token"]),
        ('[tune]\nstorage = "postgresql://me:hunter2@db/tries"', ["tune.storage"]),
        ('[models.x]\napi_keys = ["hunter2"]\nuse = "a:B"', []),
        ('[models.x]\nsecret = ["hunter2"]', ["models.x.secret.0"]),
    ],
)
def test_literal_secrets_are_found_by_their_place(settings: str, places: list[str]) -> None:
    assert [place for place, _ in literal_secrets(tomllib.loads(settings))] == places


def test_settings_are_kept_without_what_comments_hold() -> None:
    text = '# password = "hunter2"\nname = "# a" # token=hunter2\nsql = "where token = \'x\'"\n'
    kept = redact_settings(text)
    assert kept == '# password = "…"\nname = "# a" # token=…\nsql = "where token = \'x\'"\n'
    assert tomllib.loads(kept) == tomllib.loads(text)


def test_an_address_that_was_typed_is_written_with_a_name_in_it() -> None:
    assert without_literals("snowflake://me:hunter2@a/b", "DB_PASSWORD") == "snowflake://me:$DB_PASSWORD@a/b"
    assert without_literals("duckdb://x?motherduck_token=hunter2", "T") == "duckdb://x?motherduck_token=$T"
    assert without_literals("bigquery://project/data", "T") == "bigquery://project/data"
