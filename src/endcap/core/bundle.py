"""The bundle: one folder that serving maps into memory; and which one is served."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from endcap.core.arrays import NO_CODES, Array, Codes
from endcap.core.catalog import Catalog
from endcap.core.constants import Constants
from endcap.core.errors import BadBundle
from endcap.core.habits import UNKNOWN, Habits, Pasts
from endcap.core.saving import facts_of, load, save, write_atomically
from endcap.core.vocabulary import Vocabulary

HISTORY = "history.jsonl"


@dataclass(frozen=True)
class Histories:
    """What every known user bought: each item once, at its last time, oldest first, in item codes."""

    users: Vocabulary
    pasts: Pasts

    def of(self, user_id: str) -> tuple[Codes, Habits]:
        """The items of one user, and when and how often they were bought; nothing of a user who is not known."""
        code, items = self.users.code(user_id), self.pasts.items
        if code < 0:
            return NO_CODES, UNKNOWN
        own = slice(*items.offsets[code : code + 2])
        return items.values[own], self.pasts.habits.take(own)


@dataclass(frozen=True)
class Bundle:
    """Everything fitted, and the facts about it: settings, data fingerprint, versions, time of making."""

    name: str
    catalog: Catalog
    histories: Histories
    models: Mapping[str, Any]
    facts: Mapping[str, Any]
    constants: Mapping[str, Constants] = field(default_factory=dict)
    """What preparation learned and serving repeats (scales, spellings, fillings), by table: ``events``, ``catalog``."""

    def save(self, folder: Path) -> None:
        """Writes the bundle as a folder of its own name under the given one."""
        content = {
            "catalog": self.catalog,
            "histories": self.histories,
            "models": self.models,
            "constants": self.constants,
        }
        save(content, folder / self.name, {**self.facts, "kind": "bundle", "name": self.name})

    @classmethod
    def load(cls, path: Path) -> "Bundle":
        """The bundle in a folder, every byte checked and every array mapped.

        Raises `BadBundle` naming the file, or the model whose vectors are not one per item of the catalog.
        """
        facts = facts_of(path)
        if facts.get("kind") != "bundle":
            raise BadBundle(f"{path}: holds a {facts.get('kind', 'thing without a kind')}, not a bundle")
        bundle = cls(name=facts["name"], facts=facts, **load(path))
        for name, model in bundle.models.items():
            vectors = vectors_of(model)
            if vectors is not None and len(vectors) != len(bundle.catalog):
                raise BadBundle(
                    f"{path}: model {name!r} has {len(vectors):,} vectors for {len(bundle.catalog):,} items: they are "
                    f"of different runs: train again"
                )
        return bundle


def vectors_of(model: Any) -> Array | None:
    """One row per item, of a model that embeds or an index over one; None if it has no vectors."""
    for holder in (model, getattr(model, "model", None)):
        vectors = getattr(holder, "vectors", None)
        if isinstance(vectors, np.ndarray) and vectors.ndim == 2:
            return vectors
    return None


@dataclass(frozen=True)
class Move:
    """One line of a shelf's history: what was decided of a bundle, when, and by whom."""

    what: Literal["released", "refused", "rolled back"]
    """A bundle was made the current one, was not, or was made so again in place of a later one."""
    bundle: str
    before: str | None
    """What was served until then."""
    when: str
    by: str
    verdict: str = ""
    """How the gate decided."""
    reason: str = ""


@dataclass(frozen=True)
class Shelf:
    """A folder of bundles with two pointers: the candidate that training made, and the current one that is served.

    Beside them lie the history of releases and the verdict on each bundle that was to be released.
    """

    folder: Path

    def put(self, bundle: Bundle) -> None:
        """Saves a bundle and makes it the candidate; one of that name that is sound is kept, since it may be served."""
        try:
            load(self.folder / bundle.name)
        except BadBundle:
            bundle.save(self.folder)
        self.point("candidate", bundle.name)

    def point(self, pointer: str, name: str) -> None:
        """Makes a pointer (``candidate`` or ``current``) name a bundle, in one atomic step."""
        write_atomically(self.folder / pointer, f"{name}\n")

    def named(self, pointer: str) -> Path | None:
        """The folder that a pointer names; None if nothing was pointed at yet."""
        path = self.folder / pointer
        return self.folder / path.read_text().strip() if path.exists() else None

    def history(self) -> list[Move]:
        """Every release, refusal and rollback, oldest first; lines that cannot be read are left aside."""
        return [move for move in map(_move, self._lines()) if move is not None]

    def unreadable(self) -> list[int]:
        """The numbers (from 1) of lines in the history that cannot be read, such as one that a crash has torn."""
        return [number for number, line in enumerate(self._lines(), 1) if _move(line) is None]

    def note(self, move: Move) -> None:
        """Adds a line to the history; a reader sees it whole or not at all. Lines that are there stay as they are."""
        lines = [*self._lines(), json.dumps(asdict(move), ensure_ascii=False)]
        write_atomically(self.folder / HISTORY, "\n".join([*lines, ""]))

    def _lines(self) -> list[str]:
        path = self.folder / HISTORY
        return [line for line in path.read_text(errors="replace").split("\n") if line] if path.exists() else []

    def released(self) -> list[str]:
        """The bundles that were served one after the other, without those that were taken back; the last is current.

        A move that was noted and interrupted before the pointer followed shows in what was served at the next one.
        """
        current, moves, served = self.named("current"), self.history(), list[str]()
        now = None if current is None else current.name
        for move, then in zip(moves, [*(move.before for move in moves[1:]), now], strict=False):
            if move.what == "refused" or move.bundle != then:
                continue
            if not served and move.before is not None:
                served.append(move.before)
            if move.what == "rolled back" and move.bundle in served:
                del served[served.index(move.bundle) + 1 :]
            elif served[-1:] != [move.bundle]:
                served.append(move.bundle)
        return served if now is None or served[-1:] == [now] else [*served, now]


def _move(line: str) -> Move | None:
    """The move that a line of the history tells; None if it cannot be read."""
    try:
        return Move(**json.loads(line))
    except (ValueError, TypeError):
        return None
