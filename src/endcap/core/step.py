"""A preparation step as a configuration names it: a function from table to table, and options that fit it."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from endcap.core.errors import BadConfig
from endcap.core.part import find


@dataclass(frozen=True)
class Step:
    """A function that takes a table, and its checked options."""

    name: str
    function: Callable[..., Any]
    options: Mapping[str, Any]

    def __call__(self, table: Any) -> Any:
        """What the function gives for a table."""
        return self.function(table, **self.options)


def step_of(name: str, options: Mapping[str, Any]) -> Step:
    """The step of that name; raises `UnknownPart`, or `BadConfig` with one line for each option that is wrong."""
    function = find(name, "step")
    if not inspect.isfunction(function) or not (parameters := list(inspect.signature(function).parameters.values())):
        raise BadConfig(f"use: {name!r} is not a step: a step is a function from table to table")
    table, *known = parameters
    hints = get_type_hints(function, include_extras=True)
    taken = getattr(hints.get(table.name), "__name__", "Table")
    if taken != "Table":
        raise BadConfig(f"use: {name!r} is not a step: it takes a {taken}, a step takes a table")
    names = [parameter.name for parameter in known]
    problems = [
        f"{key}: unknown key; {name!r} knows: {', '.join(names) or 'none'}" for key in options if key not in names
    ]
    checked = {}
    for parameter in known:
        if parameter.name not in options:
            if parameter.default is parameter.empty:
                problems.append(f"{parameter.name}: this key is needed")
            continue
        try:
            checked[parameter.name] = _fitting(options[parameter.name], hints.get(parameter.name, Any))
        except ValidationError as error:
            problem = error.errors()[0]
            place = "".join(f".{inside}" for inside in problem["loc"])
            problems.append(f"{parameter.name}{place}: found {problem['input']!r}: {problem['msg'].lower()}")
    if problems:
        raise BadConfig("\n".join(problems))
    return Step(name, function, checked)


def _fitting(value: Any, kind: Any) -> Any:
    return TypeAdapter(kind, config=ConfigDict(arbitrary_types_allowed=True)).validate_python(value)
