"""What a search may set: the fields of a recipe, as they declare it and as the configuration narrows or widens it.

A field may say it itself (`endcap.core.tunable`). One that says nothing is searched as its constraints allow: a flag
and a `Literal` over their values; a number with two bounds between them; a positive number without an upper bound
between an eighth and eight times its default, on a logarithmic scale; nothing else.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any, Literal, get_args, get_origin

import numpy as np
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from endcap.core.errors import BadConfig
from endcap.core.part import Part, explained
from endcap.core.tunable import Between, Choice, OneOf, Settled

Space = Mapping[str, Choice]
"""By field, what a search may set it to."""
Members = tuple[str, ...]
"""Names of the recipes under a recipe's field ``models``, in their order; empty for one that is not to be searched."""
AROUND = 8
"""A positive number is searched from its default divided by this to its default times this."""
DIGITS = 3
"""Numbers are rounded to so many significant digits before they are tried: that is what a person would write down."""


def space_of(recipe: Part, wished: Mapping[str, Any] | None = None) -> dict[str, Choice]:
    """The space around a recipe's settings, which lie in it where they can; `wished` replaces or adds fields.

    A wish is ``[low, high]`` for a field that is a range, a list of values for any field, ``{low, high, log}``, or one
    value, which is then not searched. Raises `BadConfig`, with the field at the beginning of each line.
    """
    wished, fields = wished or {}, type(recipe).model_fields
    unknown = [f"{name}: unknown key; known: {', '.join(fields)}" for name in wished if name not in fields]
    if unknown:
        raise BadConfig("\n".join(unknown))
    declared = {name: _declared(field, getattr(recipe, name)) for name, field in fields.items()}
    asked = {name: _asked(name, wish, declared[name], fields[name]) for name, wish in wished.items()}
    space = {name: choice for name in fields if (choice := asked.get(name) or declared[name]) is not None}
    for name, choice in asked.items():
        for value in ends(choice):
            _check(recipe, name, value)
    if not space:
        raise BadConfig(f"{type(recipe).__name__} has nothing to search; its fields: {', '.join(fields) or 'none'}")
    return space


def ends(choice: Choice) -> tuple[Any, ...]:
    """The two ends of a range; every value of a choice."""
    return (choice.low, choice.high) if isinstance(choice, Between) else choice.values


def holds(space: Space, settings: Mapping[str, Any]) -> bool:
    """Whether the settings lie in the space."""
    return all(_holds(choice, settings[name]) for name, choice in space.items())


def near_end(choice: Between, value: Any) -> bool:
    """Whether a value lies in the range, within a fiftieth of it from one of its ends, on its scale."""
    if not _holds(choice, value):
        return False
    low, high, at = np.log([choice.low, choice.high, value]) if choice.log else (choice.low, choice.high, value)
    return bool(min(at - low, high - at) <= (high - low) / 50)


def points(choice: Choice, n: int) -> list[Any]:
    """At most n values of a range, evenly spaced on its scale, and every value of a choice."""
    if isinstance(choice, OneOf):
        return list(choice.values)
    spaced = (np.geomspace if choice.log else np.linspace)(choice.low, choice.high, n).tolist()
    return list(dict.fromkeys(rounded(choice, value) for value in spaced))


def grid(space: Space, most: int) -> list[dict[str, Any]]:
    """Every combination of the values, with as many per range as keep it to at most so many combinations.

    Raises `BadConfig` if two per range are too many already.
    """
    spread: list[list[Any]] = []
    for n in range(2, max(most, 2) + 1):
        finer = [points(choice, n) for choice in space.values()]
        size = np.prod([float(len(values)) for values in finer])
        if size > most:
            if not spread:
                raise BadConfig(
                    f"a grid over {', '.join(space)} has {size:,.0f} points or more; expected at most {most}"
                )
            break
        if finer == spread:
            break
        spread = finer
    return [dict(zip(space, values, strict=True)) for values in product(*spread)]


def planned(space: Space, method: str, trials: int, untuned: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is tried whatever comes of it: the settings that are there, and every point of a grid.

    Raises `BadConfig` if as many tries have no room for both.
    """
    there = {name: plain(untuned[name]) for name in space}
    if method != "grid":
        return [there]
    others = [point for point in grid(space, trials) if {name: plain(value) for name, value in point.items()} != there]
    if len(others) == trials:
        try:
            others = grid(space, trials - 1)
        except BadConfig as error:
            raise BadConfig(f"{error}, beside the settings that stand in the file: raise trials") from error
    return [there, *others]


def labels(choice: OneOf) -> list[Any]:
    """The values as a store can keep them: lists and tables as text."""
    plain = (str, int, float, type(None))
    return [value if isinstance(value, plain) else json.dumps(value) for value in choice.values]


def rounded(choice: Between, value: float) -> float:
    """The number as it is tried: whole if the range is, else to `DIGITS` digits, inside the range."""
    if choice.whole:
        return round(value)
    return min(max(float(f"{value:.{DIGITS}g}"), choice.low), choice.high)


def _declared(field: FieldInfo, current: Any) -> Choice | None:
    said = next((said for said in field.metadata if isinstance(said, Between | OneOf | Settled)), None)
    if isinstance(said, Settled):
        return None
    choice = said or _derived(field)
    if isinstance(choice, Between):
        choice = _typed(choice, field)
        fits = isinstance(current, int | float) and (current > 0 or not choice.log)
        return replace(choice, low=min(choice.low, current), high=max(choice.high, current)) if fits else choice
    if isinstance(choice, OneOf) and current not in choice.values:
        return OneOf((*choice.values, current))
    return choice


def _derived(field: FieldInfo) -> Choice | None:
    kind = field.annotation
    if kind is bool:
        return OneOf((False, True))
    if get_origin(kind) is Literal:
        return OneOf(get_args(kind))
    if kind not in {int, float}:
        return None
    low, high = (_bound(field, name) for name in (("ge", "gt"), ("le", "lt")))
    if low is not None and high is not None:
        inward = (high[0] - low[0]) / 100 if kind is float else 1
        return Between(low[0] + inward * low[1], high[0] - inward * high[1])
    default = field.default
    if low is None or low[0] < 0 or not isinstance(default, int | float) or default <= low[0]:
        return None
    least = max(default / AROUND, low[0] + (low[1] if kind is int else 0))
    return Between(max(round(least), 1) if kind is int else least, default * AROUND, log=True)


def _bound(field: FieldInfo, names: tuple[str, str]) -> tuple[float, bool] | None:
    """A bound of a field, and whether it lies outside: the second of the names is of such a bound."""
    for said in field.metadata:
        for name in names:
            if getattr(said, name, None) is not None:
                return getattr(said, name), name == names[1]
    return None


def _typed(choice: Between, field: FieldInfo) -> Between:
    """The range in the numbers of its field: a float's range is not one of whole numbers."""
    number = int if field.annotation is int else float
    return Between(number(choice.low), number(choice.high), choice.log)


def _asked(name: str, wish: Any, declared: Choice | None, field: FieldInfo) -> Choice:
    try:
        if isinstance(wish, Mapping):
            if not {"low", "high"} <= set(wish) <= {"low", "high", "log"}:
                raise ValueError(f"keys {', '.join(wish)}")
            return _typed(Between(**wish), field)
        if not isinstance(wish, list):
            return OneOf((wish,))
        numbers = len(wish) == 2 and all(type(end) in {int, float} for end in wish)
        if numbers and (isinstance(declared, Between) or (declared is None and field.annotation in {int, float})):
            return _typed(Between(wish[0], wish[1], isinstance(declared, Between) and declared.log), field)
        return OneOf(tuple(wish))
    except (TypeError, ValueError) as error:
        raise BadConfig(
            f"{name}: found {wish!r}: {error}; expected [low, high], a list of values, one value, "
            "or a table of low, high and log"
        ) from error


def _check(recipe: Part, name: str, value: Any) -> None:
    try:
        changed(recipe, {name: value})
    except ValidationError as error:
        raise BadConfig("\n".join(explained(error, type(recipe)))) from error


def plain(value: Any) -> Any:
    """A tuple as the list that files and stores make of it; any other value as it is."""
    return list(value) if isinstance(value, tuple) else value


def changed(recipe: Part, settings: Mapping[str, Any], members: Members = ()) -> Any:
    """The recipe with other settings; raises pydantic's `ValidationError` if they do not fit.

    A setting ``MEMBER.FIELD`` is one of the recipes under its field ``models``, which `members` names in their order.
    """
    own = {name: value for name, value in settings.items() if "." not in name}
    if len(own) < len(settings):
        inner = [
            {name.partition(".")[2]: value for name, value in settings.items() if name.partition(".")[0] == member}
            for member in members
        ]
        models = recipe.models  # type: ignore[attr-defined]
        own["models"] = tuple(changed(model, values) for model, values in zip(models, inner, strict=True))
    return type(recipe)(**{name: getattr(recipe, name) for name in type(recipe).model_fields} | own)


def settings_of(recipe: Part, members: Members = ()) -> dict[str, Any]:
    """Every setting of the recipe by its field, and those of the members that have a name as ``MEMBER.FIELD``."""
    found = {name: getattr(recipe, name) for name in type(recipe).model_fields}
    for member, inner in _named(recipe, members).items():
        found |= {f"{member}.{name}": value for name, value in settings_of(inner).items()}
    return found


def with_members(recipe: Part, wished: Mapping[str, Any] | None, members: Members, whole: bool) -> dict[str, Choice]:
    """The space of a recipe and of its members: of those with a table of their own in `wished`, or with `whole` of all.

    Raises `BadConfig` as `space_of` does, and for a table that is of no member.
    """
    named, own, tables = _named(recipe, members), dict(wished or {}), dict[str, Mapping[str, Any]]()
    for name in named.keys() & own.keys() - type(recipe).model_fields.keys():
        tables[name] = own.pop(name)
    space = space_of(recipe, own)
    for name, inner in named.items():
        if name in tables or whole:
            try:
                space |= {f"{name}.{field}": choice for field, choice in space_of(inner, tables.get(name)).items()}
            except BadConfig as error:
                if name in tables:
                    raise BadConfig("\n".join(f"{name}.{line}" for line in str(error).splitlines())) from error
    return space


def _named(recipe: Part, members: Members) -> dict[str, Part]:
    """The members that have a name, each once."""
    return {name: inner for name, inner in zip(members, getattr(recipe, "models", ()), strict=False) if name}


def _holds(choice: Choice, value: Any) -> bool:
    if isinstance(choice, OneOf):
        return plain(value) in map(plain, choice.values)
    return isinstance(value, int | float) and choice.low <= value <= choice.high
