"""The models and slots of a first settings file, as text."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from endcap.data.starting.facts import Facts
from endcap.data.starting.proposals import Model, Names, Proposal, SlotProposal, propose

MARK = "# Models and slots: what is learned, and what each place on a page shows."
"""The line that what is written here begins with; it goes on to the end of the file."""


@dataclass(frozen=True)
class Chosen:
    """What a slot is filled with after it was tried."""

    retrievers: Names
    stages: Names
    note: str
    """Why, as a comment; empty if there is nothing to say."""


def models_and_slots(facts: Facts) -> str:
    """Write the models and slots for data of which nothing was tried yet.

    Raises `BadData` if no kind of event says what people want.
    """
    return text_of(propose(facts), {})


def text_of(proposal: Proposal, chosen: Mapping[str, Chosen], *, everything: bool = False) -> str:
    """Write a proposal with what was chosen for some of its slots; `everything`: all models, be they used or not."""
    slots = [
        (slot, chosen.get(slot.name) or Chosen(slot.retrievers, slot.stages, slot.note)) for slot in proposal.slots
    ]
    used = {name for slot, choice in slots for name in (*choice.retrievers, *_ladder(slot, choice))} | {"popular"}
    models = [_model(name, model) for name, model in proposal.models.items() if everything or name in used]
    tables = [_slot(slot, choice) for slot, choice in slots]
    return "\n".join([f"{MARK}\n", *models, *tables, _evaluate(proposal.facts)])


def untried(slot: SlotProposal) -> Chosen:
    """What a slot is filled with as long as nothing was tried."""
    return Chosen(slot.retrievers, slot.stages, slot.note)


def with_models_and_slots(settings: str, text: str) -> str:
    """Put other models and slots into the text of a settings file that `init` wrote; raises ValueError for another."""
    head, mark, _ = settings.partition(MARK)
    if not mark:
        raise ValueError(f"the settings have no line {MARK!r}")
    return head + text


def toml(value: object) -> str:
    """Write a value as TOML."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(key))} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _model(name: str, model: Model) -> str:
    header = f"[models.{name}]"
    lines = [f"{header:<40}# {model.note}", *(f"{key} = {toml(value)}" for key, value in model.settings.items())]
    return "\n".join([*lines, ""])


def _slot(slot: SlotProposal, choice: Chosen) -> str:
    lines = [f'[slots."{slot.name}"]']
    lines += [f"# {line}" for line in choice.note.splitlines()]
    lines += [f"retrievers = {_names(choice.retrievers)}", f"stages = {_names(choice.stages)}"]
    ladder = _ladder(slot, choice)
    lines += [f"fallback = {_names(ladder)}"] if ladder else []
    lines += [f'task = "{slot.task}"'] if slot.task else []
    return "\n".join([*lines, ""])


def _evaluate(facts: Facts) -> str:
    lines = ["[evaluate]", 'baselines = ["popular"]             # beside those that always run']
    lines += [] if facts.baskets else ["model_tasks = []                    # no order holds two items"]
    return "\n".join([*lines, ""])


def _ladder(slot: SlotProposal, choice: Chosen) -> Names:
    return tuple(name for name in slot.fallback if name not in choice.retrievers)


def _names(names: Iterable[str]) -> str:
    return toml(list(names))


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)
