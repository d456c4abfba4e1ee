"""``endcap.toml``: read, checked, and turned into parts. The one place where a name becomes a thing."""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from endcap.config.tables import (
    SEVERITIES,
    EvaluateSettings,
    PrepareSettings,
    ServeSettings,
    Settings,
    Severity,
    ShopSettings,
    SlotSettings,
    TrackingSettings,
    TuneSettings,
    Use,
)
from endcap.core.errors import BadConfig, UnknownPart
from endcap.core.part import build, explained
from endcap.core.query import Retriever, Stage
from endcap.core.secrets import literal_secrets, redact, redact_settings, remember
from endcap.core.step import Step, step_of
from endcap.evaluate.gate.settings import GateSettings
from endcap.slots.slot import Slot

IN_ADDRESS = re.compile(r"(?<=[:=])\$\{?([A-Z][A-Z0-9_]*)\}?(?=[@&]|$)")
"""``$NAME`` in the place of a password: ``postgres://me:$PGPASSWORD@host/shop``, ``…?token=$TOKEN``."""
LATER = ("sources", "tune", "tracking")
"""Tables whose ``$NAME`` is read from the environment when they are used: a serving process has no use for them."""
VERBS = {"source": "tables", "model": "fit", "index": "build"} | dict.fromkeys(("stage", "check", "step"), "__call__")
"""What each kind of part must be able to do."""


@dataclass(frozen=True)
class Search:
    """How the vectors of a model are searched: the keys ``index`` and ``within`` of its table."""

    index: Any
    """A part that builds an index of vectors."""
    within: str
    """A label column: only items that share a label of it with a seed are found; empty: all are."""


@dataclass(frozen=True)
class Config:
    """Checked settings with the parts they name."""

    path: Path
    text: str
    settings: Settings
    recipes: Mapping[str, Any]
    searches: Mapping[str, "Search"]
    """For models that embed: how their vectors are searched."""
    stages: Mapping[str, Mapping[str, Stage]]

    @cached_property
    def sources(self) -> tuple[Any, ...]:
        """Where the data comes from; built when first asked for, since a serving process never reads any."""
        tables = enumerate(self.settings.sources)
        return tuple(
            _part(self.path, self.text, f"sources.{place}", _with_secrets(table, self.path, self.text), "source")
            for place, table in tables
        )

    @cached_property
    def steps(self) -> Mapping[str, tuple[Step, ...]]:
        """The preparation steps of ``events`` and of ``catalog``; built when first asked for, as the sources are."""
        tables = {"events": self.settings.prepare.events, "catalog": self.settings.prepare.catalog}
        return {
            name: tuple(
                _part(self.path, self.text, f"prepare.{name}.{place}", use, "step") for place, use in enumerate(uses)
            )
            for name, uses in tables.items()
        }

    @cached_property
    def checks(self) -> tuple[tuple[str, Severity, Any], ...]:
        """Name, severity and expectation of every check; built when first asked for, as the sources are."""
        return tuple(self._check(place, dict(table)) for place, table in enumerate(self.settings.checks))

    def _check(self, place: int, table: dict[str, Any]) -> tuple[str, Severity, Any]:
        severity, key = table.pop("severity", "stop"), f"checks.{place}"
        if severity not in SEVERITIES:
            problem = f"{key}.severity: found {severity!r}: there are: {', '.join(SEVERITIES)}"
            raise BadConfig(_placed(self.path, self.text, problem))
        return f"{place + 1} {_name(table)}", severity, _part(self.path, self.text, key, table, "check")

    def secret(self, value: str) -> str:
        """A setting of ``[tracking]`` or ``[tune]`` whose ``$NAME`` is read only now.

        Raises `BadConfig` if the environment has no variable of that name.
        """
        return str(_with_secrets(value, self.path, self.text))

    @property
    def public_text(self) -> str:
        """The text of the file as it is copied into runs, bundles and reports: without what a secret may stand in."""
        return redact_settings(self.text)

    @property
    def folder(self) -> Path:
        """Where the file lies; paths in it start here."""
        return self.path.resolve().parent

    @property
    def workdir(self) -> Path:
        """Where everything that is made lies."""
        return self.folder / self.settings.shop.workdir

    def slots(self, models: Mapping[str, Retriever]) -> dict[str, Slot]:
        """Every slot, filled by the given fitted models."""
        return {
            name: Slot(
                name=name,
                retrievers={model: models[model] for model in slot.retrievers},
                stages=self.stages[name],
                fallbacks={model: models[model] for model in slot.fallback},
                k=slot.k,
                width=slot.width,
            )
            for name, slot in self.settings.slots.items()
        }


def load(path: Path, *, serving: bool = False) -> Config:
    """The checked configuration in a file; raises `BadConfig` naming file, line, key, and what was expected.

    A password or token must stand in it as ``$NAME``, since the file is copied into runs and bundles.
    For serving, the sources are left unbuilt: their libraries would treble the size of the process.
    """
    try:
        text = path.read_text()
    except FileNotFoundError as error:
        raise BadConfig(f"{path}: there is no such file; `endcap init` writes one") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path}: cannot be read: {error}") from error
    config = parse(text, path)
    _check_secrets(config)
    if not serving:
        config.sources, config.steps, config.checks  # noqa: B018 — a mistake in them is found now, not after an hour of work
    return config


def parse(text: str, path: Path) -> Config:
    """The checked configuration in a text; `path` says where it came from."""
    try:
        tables = tomllib.loads(text)
        later = {key: tables.pop(key) for key in LATER if key in tables}
        settings = Settings.model_validate(_with_secrets(tables, path, text) | later)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig(f"{path}: is not TOML: {error}") from error
    except ValidationError as error:
        raise BadConfig("\n".join(_placed(path, text, line) for line in _explained(error))) from error
    problems = list(_dangling(settings))
    if problems:
        raise BadConfig("\n".join(_placed(path, text, problem) for problem in problems))

    part = partial(_part, path, text)
    recipes = {name: part(f"models.{name}", _unfolded(settings.models, name), "model") for name in settings.models}
    searches = {
        name: Search(part(f"models.{name}.index", table.get("index", "exact"), "index"), table.get("within", ""))
        for name, table in settings.models.items()
    }
    stages = {
        name: _named((_name(stage), part(f"slots.{name}.stages", stage, "stage")) for stage in slot.stages)
        for name, slot in settings.slots.items()
    }
    return Config(path, text, settings, recipes, searches, stages)


def _check_secrets(config: Config) -> None:
    """Raises `BadConfig` naming every secret that stands in the file as it is."""
    problems = [
        f"{place}: a password or token stands here as it is, and this file is copied into runs, bundles and reports; "
        f"write {remedy}, and set that environment variable"
        for place, remedy in literal_secrets(tomllib.loads(config.text))
    ]
    if problems:
        raise BadConfig("\n".join(_placed(config.path, config.text, problem) for problem in problems))


def _unfolded(models: Mapping[str, Mapping[str, Any]], name: str, around: tuple[str, ...] = ()) -> dict[str, Any]:
    """The settings of a model; each model that it names under ``models`` is there with its own.

    Its own name, or that of one around it, is left as it stands: the name of a part.
    """
    table = {key: value for key, value in models[name].items() if key not in ("index", "within")}
    around = (*around, name)
    if isinstance(table.get("models"), list):
        table["models"] = [
            _unfolded(models, use, around) if isinstance(use, str) and use in models and use not in around else use
            for use in table["models"]
        ]
    return table


def _part(path: Path, text: str, place: str, use: Use, kind: str) -> Any:
    options = {"use": use} if isinstance(use, str) else dict(use)
    name = options.pop("use", None)
    if not isinstance(name, str):
        raise BadConfig(_placed(path, text, f"{place}.use: this key is needed: the name of a {kind}"))
    try:
        built = step_of(name, options) if kind == "step" else build(name, options, kind)
    except UnknownPart as error:
        raise UnknownPart(_placed(path, text, f"{place}.use: {error}")) from error
    except BadConfig as error:
        problems = [_placed(path, text, f"{place}.{problem}") for problem in str(error).splitlines()]
        raise BadConfig("\n".join(problems)) from error
    if not hasattr(built, VERBS[kind]):
        raise BadConfig(_placed(path, text, f"{place}.use: {name!r} is not a {kind}: it has no `{VERBS[kind]}`"))
    return built


def _name(use: Use) -> str:
    return use if isinstance(use, str) else str(use.get("use"))


def _named(parts: Iterable[tuple[str, Stage]]) -> dict[str, Stage]:
    """Parts by name; a name that comes again is counted, since one slot may use a part twice."""
    named: dict[str, Stage] = {}
    for name, part in parts:
        again = sum(known == name or known.startswith(f"{name} #") for known in named)
        named[f"{name} #{again + 1}" if again else name] = part
    return named


def _explained(error: ValidationError) -> list[str]:
    known: dict[str, type[BaseModel]] = {
        "shop": ShopSettings, "prepare": PrepareSettings, "evaluate": EvaluateSettings, "serve": ServeSettings,
        "slots": SlotSettings, "tracking": TrackingSettings, "gate": GateSettings,
    }  # fmt: skip
    lines = []
    for place, line in zip(error.errors(), explained(error, Settings), strict=True):
        table = place["loc"][0] if len(place["loc"]) > 1 else ""
        if place["type"] == "extra_forbidden" and table in known:
            names = ", ".join(known[str(table)].model_fields)
            lines.append(f"{line.partition('; known:')[0]}; known: {names}")
        else:
            lines.append(line)
    return lines


def _dangling(settings: Settings) -> Iterator[str]:
    """References to models that do not exist."""
    there = ", ".join(settings.models) or "none"
    for slot, table in settings.slots.items():
        for key, names in (("retrievers", table.retrievers), ("fallback", table.fallback)):
            for name in names:
                if name not in settings.models:
                    yield f"slots.{slot}.{key}: no model is called {name!r}; there are: {there}"
    for name in settings.evaluate.baselines:
        if name not in settings.models:
            yield f"evaluate.baselines: no model is called {name!r}; there are: {there}"
    for name in settings.gate.baselines or ():
        if name not in settings.evaluate.baselines:
            known = ", ".join(settings.evaluate.baselines) or "none"
            yield f"gate.baselines: {name!r} is not among evaluate.baselines; there are: {known}"
    for question in settings.gate.golden:
        if question.slot not in settings.slots:
            yield f"gate.golden: no slot is called {question.slot!r}; there are: {', '.join(settings.slots) or 'none'}"
    yield from _untunable(settings, there)


def _untunable(settings: Settings, there: str) -> Iterator[str]:
    """Keys of ``[tune]`` that are neither settings nor tables named after models."""
    for name, table in (settings.tune.__pydantic_extra__ or {}).items():
        if not isinstance(table, dict):
            known = ", ".join(TuneSettings.model_fields)
            yield f"tune.{name}: unknown key; known: {known}, and tables named after models"
        elif name not in settings.models:
            yield f"tune.{name}: no model is called {name!r}; there are: {there}"


def _with_secrets(value: Any, path: Path, text: str, key: str = "") -> Any:
    """The same settings with every ``$NAME`` read from the environment: a whole text, or the password in an address."""
    if isinstance(value, dict):
        return {name: _with_secrets(item, path, text, str(name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_secrets(item, path, text, key) for item in value]
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\$([A-Z][A-Z0-9_]*)", value)
    if whole:
        return _variable(whole[1], value, path, text, key)
    if "://" in value:
        return IN_ADDRESS.sub(lambda found: quote(_variable(found[1], value, path, text, "password"), safe=""), value)
    return value


def _variable(name: str, value: str, path: Path, text: str, key: str) -> str:
    """What the environment has under a name, which is never printed if it may be a secret."""
    if name not in os.environ:
        line = next((number for number, line in enumerate(text.splitlines(), 1) if value in line), 1)
        raise BadConfig(f"{path}, line {line}: ${name}: the environment variable {name} is not set")
    remember(name, os.environ[name], key)
    return os.environ[name]


def _placed(path: Path, text: str, problem: str) -> str:
    """The problem with file and line in front; its text begins with the dotted place of the key."""
    problem, place = redact(problem), problem.partition(": ")[0]
    line = line_of(text, place)
    return f"{path}, line {line}: {problem}" if line else f"{path}: {problem}"


def line_of(text: str, place: str) -> int | None:
    """The line (from 1) of a key such as ``models.similar.size``, or of the innermost table on the way to it."""
    table, best, depth = "", None, 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?", line)
        if header:
            table = header[1].replace('"', "").replace("'", "") + "."
            key = table.removesuffix(".")
        else:
            assigned = re.match(r"\s*([A-Za-z0-9_-]+)\s*=", line)
            if not assigned:
                continue
            key = table + assigned[1]
        if (place == key or place.startswith(key + ".")) and len(key) > depth:
            best, depth = number, len(key)
    return best
