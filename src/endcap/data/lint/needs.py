"""What the models, stages and tasks of a settings file need, so that none of them goes hungry unnoticed."""

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
    """Events that one model learns from, or that a stage or task cannot be without; no kinds: none."""

    kinds: tuple[str, ...]
    """Any of these."""
    column: str | None = None
    """They must have a value here."""
    label: str | None = None
    """A column of the catalog that items must have a value in."""
    rows: str = "events"
    """What people call the rows: events, baskets, sessions or histories."""
    chosen: bool = False
    """Whether the settings name the kinds; of those that a recipe has by itself, some may be missing."""
    otherwise: str = ""
    """What a stage goes by where there is no such event or label; where nothing is said, nothing passes it."""

    @property
    def spoken(self) -> str:
        """The need in words."""
        return (" or ".join(self.kinds) if self.kinds != KINDS else "any event") + (
            f" with {self.column}" if self.column else ""
        )


EACH_A_FAMILY = "each item as a family of its own"
STAGES: Mapping[str, Need] = {
    "available": Need((), otherwise="what was sold or seen lately"),
    "same_category": Need((), label="category"),
    "other_families": Need((), label="family", otherwise=EACH_A_FAMILY),
    "one_per_family": Need((), label="family", otherwise=EACH_A_FAMILY),
}
"""What each stage needs; stages with a setting ``by`` need the label that it names."""
BASKETS, BUYERS = Need(("purchase",), "order_id", rows="baskets"), Need(("purchase",), "user_id", rows="histories")
TASKS: Mapping[str, Need] = {
    "basket": BASKETS,
    "item_basket": BASKETS,
    "next_basket": BASKETS,
    "next_purchases": BUYERS,
    "anybody": Need(("purchase", "cart", "view", "click")),
    "switched": Need(("purchase",), "user_id", "category", "histories"),
    "search": Need(("search",)),
}
"""What a task cannot be asked without; the others are asked of whatever happened."""


@dataclass(frozen=True)
class Needs:
    """What every configured model needs, which models fill which slot, and what else a slot needs."""

    models: Mapping[str, Need] = field(default_factory=dict)
    slots: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stages: Mapping[str, Mapping[str, Need]] = field(default_factory=dict)
    """By slot and name of the stage."""
    tasks: Mapping[str, tuple[str, Need]] = field(default_factory=dict)
    """By slot: the name of its task, and what that needs."""

    def using(self, *what: str) -> tuple[str, ...]:
        """The models that learn from such rows, events with such a column, or such a label, and the slots they fill.

        Slots with a stage or a task that needs it are among them.
        """
        wanted = set(what)
        models = {name for name, need in self.models.items() if _touched(need, wanted)}
        staged = {slot for slot, stages in self.stages.items() if any(_touched(n, wanted) for n in stages.values())}
        judged = {slot for slot, (_, need) in self.tasks.items() if _touched(need, wanted)}
        slots = [slot for slot, fillers in self.slots.items() if slot in staged | judged or models & set(fillers)]
        return (
            *(f"models.{name}" for name in self.models if name in models),
            *(f"slots.{name}" for name in slots),
        )

    def with_stage(self, part: str) -> tuple[str, ...]:
        """Return the dotted names of the slots that have a stage of a part; several stages of one part are numbered."""
        return tuple(
            f"slots.{slot}"
            for slot, stages in self.stages.items()
            if any(name.partition(" #")[0] == part for name in stages)
        )

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
    recipes: Mapping[str, Any],
    slots: Mapping[str, Iterable[str]],
    within: Mapping[str, str] | None = None,
    stages: Mapping[str, Mapping[str, Any]] | None = None,
    tasks: Mapping[str, str | None] | None = None,
) -> Needs:
    """The needs of recipes, read from their settings ``kinds``, ``source`` and ``by``; of stages and tasks, by name.

    `slots` has the names of the models that fill each one, `within` the label that the vectors of a model are searched
    in. A recipe with none of these settings is taken to learn from any event; a stage or task that is not known here,
    to need nothing.
    """
    labels = within or {}
    models = {name: _need(recipe, labels.get(name) or getattr(recipe, "by", None)) for name, recipe in recipes.items()}
    staged = {slot: _of_stages(parts) for slot, parts in (stages or {}).items()}
    asked = {slot: (task, TASKS[task]) for slot, task in (tasks or {}).items() if task and task in TASKS}
    return Needs(models, {name: tuple(fillers) for name, fillers in slots.items()}, staged, asked)


def _need(recipe: Any, label: str | None) -> Need:
    source, chosen = str(getattr(recipe, "source", "")), "kinds" in getattr(recipe, "model_fields_set", ())
    own = tuple(getattr(recipe, "kinds", KINDS))
    if source in ROWS:
        kinds, column = ROWS[source]
        return Need(own if source == "sessions" else kinds, column, label, source, chosen and source == "sessions")
    return Need(own, None, label, chosen=chosen)


def _of_stages(parts: Mapping[str, Any]) -> Mapping[str, Need]:
    found = {}
    for name, stage in parts.items():
        label, known = getattr(stage, "by", None), STAGES.get(name.partition(" #")[0])
        need = Need((), label=label) if label and known is None else known
        if need is not None:
            found[name] = need
    return found


def _touched(need: Need, what: set[str]) -> bool:
    return bool({need.rows, need.column, need.label, *need.kinds} & what)
