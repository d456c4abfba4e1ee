"""The bundle: one folder that serving maps into memory; and which one is served."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from endcap.core.arrays import Ragged
from endcap.core.catalog import Catalog
from endcap.core.errors import BadBundle
from endcap.core.saving import facts_of, load, save, write_atomically
from endcap.core.vocabulary import Vocabulary


@dataclass(frozen=True)
class Histories:
    """What every known user bought, oldest first, in item codes."""

    users: Vocabulary
    items: Ragged


@dataclass(frozen=True)
class Bundle:
    """Everything fitted, and the facts about it: settings, data fingerprint, versions, time of making."""

    name: str
    catalog: Catalog
    histories: Histories
    models: Mapping[str, Any]
    facts: Mapping[str, Any]
    constants: Mapping[str, Any] = field(default_factory=dict)
    """What preparation learned and serving must repeat (scales, spellings, fillings), by the name of the step."""

    def save(self, folder: Path) -> None:
        """Writes the bundle as a folder of its own name under the given one."""
        content = {
            "catalog": self.catalog,
            "histories": self.histories,
            "models": self.models,
            "constants": self.constants,
        }
        save(content, folder / self.name, {"kind": "bundle", "name": self.name, **self.facts})

    @classmethod
    def load(cls, path: Path) -> "Bundle":
        """The bundle in a folder, every byte checked and every array mapped; raises `BadBundle` naming the file."""
        facts = facts_of(path)
        if facts.get("kind") != "bundle":
            raise BadBundle(f"{path}: holds a {facts.get('kind', 'thing without a kind')}, not a bundle")
        return cls(name=facts["name"], facts=facts, **load(path))


@dataclass(frozen=True)
class Shelf:
    """A folder of bundles with two pointers: the candidate that training made, and the current one that is served."""

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
