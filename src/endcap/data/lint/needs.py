"""What the models and slots of a settings file learn from, so that none of them learns from nothing unnoticed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from endcap.core.records import KINDS

ROWS: Mapping[str, tuple[tuple[str, ...], str | None]] = {
    "baskets": (("purchase",), "order_id"),
    "sessions": (KINDS, None),
    "histories": (("purchase",), "user_id"),
}
"""The rows that a recipe with a setting ``source`` learns from: event kinds, and the column that ties them together."""


@dataclass(frozen=True)
class Need:
    """Events that one model learns from."""

    kinds: tuple[str, ...]
    """Any of these."""
    column: str | None = None
    """They must have a value here."""
    label: str | None = None
    """A column of the catalog that items must have a value in."""
    rows: str = "events"
    """What people call the rows: events, baskets, sessions or histories."""

    @property
    def spoken(self) -> str:
        """The need in words."""
        return (" or ".join(self.kinds) if self.kinds != KINDS else "any event") + (
            f" with {self.column}" if self.column else ""
        )


@dataclass(frozen=True)
class Needs:
    """What every configured model needs, and which models fill which slot."""

    models: Mapping[str, Need] = field(default_factory=dict)
    slots: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def using(self, *what: str) -> tuple[str, ...]:
        """The models that learn from such rows, events with such a column, or such a label, and their slots."""
        models = {
            name for name, need in self.models.items() if {need.rows, need.column, need.label, *need.kinds} & set(what)
        }
        return self.places(models)

    def places(self, models: Iterable[str]) -> tuple[str, ...]:
        """The dotted names of the given models, and of the slots that one of them helps to fill."""
        slots = [name for name, fillers in self.slots.items() if set(fillers) & set(models)]
        return (
            *(f"models.{name}" for name in self.models if name in set(models)),
            *(f"slots.{name}" for name in slots),
        )

    def emptied(self, models: Iterable[str]) -> tuple[str, ...]:
        """The slots that nobody fills without the given models."""
        gone = set(models)
        return tuple(f"slots.{name}" for name, fillers in self.slots.items() if fillers and set(fillers) <= gone)


def needs_of(
    recipes: Mapping[str, Any], slots: Mapping[str, Iterable[str]], within: Mapping[str, str] | None = None
) -> Needs:
    """The needs of recipes, read from their settings ``kinds``, ``source`` and ``by``.

    `slots` has the names of the models that fill each one, `within` the label that the vectors of a model are searched
    in. A recipe with none of these settings is taken to learn from any event.
    """
    labels = within or {}
    models = {name: _need(recipe, labels.get(name) or getattr(recipe, "by", None)) for name, recipe in recipes.items()}
    return Needs(models, {name: tuple(fillers) for name, fillers in slots.items()})


def _need(recipe: Any, label: str | None) -> Need:
    source = str(getattr(recipe, "source", ""))
    if source in ROWS:
        kinds, column = ROWS[source]
        return Need(kinds, column, label, source)
    return Need(tuple(getattr(recipe, "kinds", KINDS)), None, label)
