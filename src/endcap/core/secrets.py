"""Secrets (passwords, tokens, keys): found in settings, and taken out of every text that is kept or printed.

The settings file is copied into runs, bundles and reports. So a secret may stand in it only as ``$NAME``, which is read
from the environment; what was read is remembered here for as long as the process lasts, so that an error of a database
driver that repeats it is printed with ``$NAME`` in its place.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import quote, unquote, urlsplit

MASK = "…"
NAME = r"\$(?:[A-Z][A-Z0-9_]*|\{[A-Z][A-Z0-9_]*\})"
"""A name that is read from the environment."""
MIN_CHARACTERS = 4
"""A secret that is shorter cannot be told from the words around it, and is not searched for in texts."""
WORDS = frozenset(["password", "passwd", "pwd", "passphrase", "secret", "token", "credential", "credentials", "apikey"])
PAIRS = frozenset({("api", "key"), ("access", "key"), ("private", "key"), ("account", "key"), ("auth", "key")})
HARMLESS = frozenset(["path", "file", "folder", "name", "column"])
"""A key that ends so tells where a secret is, not what it is."""
KEY = r"[A-Za-z][\w.-]*"
_ASSIGNED = re.compile(rf"({KEY})([\"']?\s*(?:=\s*|:\s*(?=[\"'])))(\"[^\"\n]*\"|'[^'\n]*'|[^\s&;,'\"]+)")
"""``key=value`` of addresses and settings, and ``"key": "value"`` of JSON."""
_USERINFO = re.compile(r"(?<=://)[^\s'\"<>/@]*(?::[^\s'\"<>]*)?@")
_PAIRS_ONLY = re.compile(rf"\s*(?:{KEY}\s*=\s*(?:'[^']*'|\"[^\"]*\"|[^\s;]+)[\s;]*)+")
_COMMENT = re.compile(r"(?m)^((?:[^\"'#\n]|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*')*)(#.*)$")

_known: dict[str, str] = {}
"""What was read from the environment as a secret, and its name there."""


def is_secret_key(key: str) -> bool:
    """Return whether a setting of that name holds a secret: ``password``, ``api_key``, ``motherduck_token``."""
    parts = [part for part in re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()) if part]
    if not parts or parts[-1] in HARMLESS:
        return False
    runs_together = any(parts[-1].endswith(word) for word in ("password", "passwd", "pwd"))
    return runs_together or bool(WORDS & {*parts}) or any(pair in PAIRS for pair in pairwise(parts))


def remember(name: str, value: str, key: str = "") -> None:
    """Have `redact` replace a value that was read from the environment, if it is a secret or an address that holds one.

    Args:
        name: of the environment variable, without ``$``.
        value: what it holds.
        key: the setting that it is for.
    """
    parts = [*_parts(value)]
    if is_secret_key(key) or is_secret_key(name) or parts or re.search(r"PASS|TOKEN|SECRET|KEY|PWD|CREDENTIAL", name):
        for secret in (value, *parts):
            for form in (secret, quote(secret, safe=""), unquote(secret)):
                if len(form) >= MIN_CHARACTERS:
                    _known[form] = f"${name}"


def redact(text: str) -> str:
    """Return the text without user and password of addresses, values of secret keys, and secrets that were read."""
    longest_first = sorted(_known, key=len, reverse=True)
    for value in longest_first:
        if "://" in value:
            text = text.replace(value, _known[value])
    text = _ASSIGNED.sub(_masked, _USERINFO.sub(_unless_named, text))
    for value in longest_first:
        text = text.replace(value, _known[value])
    return text


def redact_settings(text: str) -> str:
    """Return settings (TOML) as they may be kept: nothing but comments can hold a secret once they were checked.

    What is not a comment is left as it is but for addresses, so that a bundle's settings can be read again.
    """
    return _COMMENT.sub(lambda found: found[1] + redact(found[2]), _USERINFO.sub(_unless_named, text))


def literal_secrets(tables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the dotted place of every secret that stands in settings as it is, and what to write instead."""
    for place, key, value in _texts(tables, ""):
        named = re.fullmatch(NAME, value.strip())
        if named or not value.strip():
            continue
        if is_secret_key(key):
            yield place, f'{key} = "${_variable(key)}"'
        elif any(not re.fullmatch(NAME, part) for part in _parts(value)):
            yield place, f'{key} = "${_variable(key)}", or $NAME in the place of the password alone'


def without_literals(address: str, name: str) -> str:
    """Return an address with ``$NAME`` in the place of each secret that it holds; as it is if it holds none."""
    for secret in _parts(address):
        if not re.fullmatch(NAME, secret):
            remember(name, secret, "password")
            address = address.replace(f":{secret}@", f":${name}@").replace(f"={secret}", f"=${name}")
    return address


def _texts(value: Any, place: str, key: str = "") -> Iterator[tuple[str, str, str]]:
    """Dotted place, key and text of every text in settings."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, f"{place}.{name}" if place else name, name)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, f"{place}.{number}", key)
    elif isinstance(value, str):
        yield place, key, value


def _parts(text: str) -> Iterator[str]:
    """The secrets inside an address, or inside a list of ``key=value`` as database drivers take it."""
    stripped = text.strip()
    if "://" in stripped and not re.search(r"\s", stripped):
        after = stripped.partition("://")[2]
        user = after.rpartition("@")[0]
        password = user.partition(":")[2]
        if password:
            yield password
        try:
            asked = urlsplit(stripped).query
        except ValueError:
            asked = after.partition("?")[2]
        stripped = asked.replace("&", " ")
    if "=" in stripped and _PAIRS_ONLY.fullmatch(stripped):
        for found in _ASSIGNED.finditer(stripped):
            if is_secret_key(found[1]):
                yield found[3].strip("'\"")


def _masked(found: re.Match[str]) -> str:
    key, between, value = found.groups()
    if not is_secret_key(key) or re.match(NAME, value.strip("'\"")):
        return found[0]
    edge = value[0] if value[0] in "'\"" else ""
    return f"{key}{between}{edge}{MASK}{edge}"


def _unless_named(found: re.Match[str]) -> str:
    """Nothing of user and password, unless the latter is a name that is read from the environment."""
    user, _, password = found[0].removesuffix("@").partition(":")
    return found[0] if user and re.fullmatch(NAME, password) else f"{MASK}@"


def _variable(key: str) -> str:
    return re.sub(r"\W", "_", key).upper()
