"""Parts: whatever a configuration can name, found by entry point or by ``module:Name``."""

import importlib
import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache, partial
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from endcap.core.errors import BadConfig, MissingExtra, UnknownPart

GROUP = "endcap.parts"


class Part(BaseModel):
    """Settings of something that a configuration can name: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __hash__(self) -> int:
        # Pydantic's own cannot hash a part that has a list or a mapping among its settings.
        return hash((type(self), self.model_dump_json()))


def find(name: str, kind: str = "part") -> Any:
    """The class or function behind a name: an installed entry point, or ``module:Name``.

    Raises `UnknownPart` with the names there are.
    """
    if ":" in name:
        module, _, attribute = name.partition(":")
        if not module or module.startswith("."):
            raise UnknownPart(f"{kind} {name!r}: expected package.module:Name")
        try:
            return getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as error:
            raise UnknownPart(f"{kind} {name!r}: there is no module {error.name!r} to import") from error
        except AttributeError as error:
            raise UnknownPart(f"{kind} {name!r}: module {module!r} has no {attribute!r}") from error
    known = _installed()
    if name not in known:
        near = "".join(f" (did you mean {other!r}?)" for other in get_close_matches(name, known, 1))
        raise UnknownPart(f"no {kind} is called {name!r}{near}; there are: {', '.join(sorted(known))}")
    return known[name].load()


def build(name: str, options: Mapping[str, Any], kind: str = "part") -> Any:
    """The part of that name with the given settings.

    A `Part` class gives an instance, a function itself (with its options bound). Raises `BadConfig` naming each
    setting that is unknown or does not fit, and `UnknownPart`.
    """
    found = find(name, kind)
    if inspect.isclass(found) and issubclass(found, Part):
        try:
            return found(**options)
        except ValidationError as error:
            raise BadConfig("\n".join(explained(error, found))) from error
    if not options:
        return found
    known = [p.name for p in inspect.signature(found).parameters.values() if p.default is not p.empty]
    for option in options:
        if option not in known:
            raise BadConfig(f"{option}: unknown key; {name!r} knows: {', '.join(known) or 'none'}")
    return partial(found, **options)


def explained(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One line for each thing that is wrong: the key, what was found, what was expected, what there is."""
    lines = []
    for problem in error.errors():
        key = ".".join(str(step) for step in problem["loc"]) or "(whole table)"
        if problem["type"] == "extra_forbidden":
            lines.append(f"{key}: unknown key; known: {', '.join(model.model_fields)}")
        elif problem["type"] == "missing":
            lines.append(f"{key}: this key is needed")
        else:
            lines.append(f"{key}: found {problem['input']!r}: {problem['msg'].lower()}")
    return lines


def needs(module: str, extra: str) -> ModuleType:
    """The module, imported where it is used; raises `MissingExtra` with the command that installs it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra(f"{module} is not installed: pip install 'endcap[{extra}]'") from error


def name_of(part: type[Any]) -> str:
    """The name under which a configuration finds a part: that of its entry point, or ``module:Name``."""
    own = f"{part.__module__}:{part.__name__}"
    return next((name for name, point in _installed().items() if point.value == own), own)


@cache
def _installed() -> dict[str, Any]:
    return {point.name: point for point in entry_points(group=GROUP)}
