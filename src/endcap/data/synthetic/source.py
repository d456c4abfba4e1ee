"""The synthetic shop as a source: made when first asked for, then read like any other."""

import os
from pathlib import Path
from typing import Any

import ibis

from endcap.core.vocabulary import Vocabulary
from endcap.data.ledger import Ledger
from endcap.data.sources import Parquet
from endcap.data.synthetic.making import FINISHED, fingerprint_of, generate
from endcap.data.synthetic.settings import Shop
from endcap.data.synthetic.truth import Truth


class Synthetic(Shop):
    """A shop that never was; the settings are those of the generator."""

    folder: str = "var/synthetic"
    """Where it is made, relative to the settings file; other settings get a folder of their own in it."""

    def inputs(self, folder: Path) -> list[Path]:
        """The file that names settings, code and size of what was made; makes the shop if it is not there yet."""
        return [self.made(folder) / FINISHED]

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> tuple[ibis.Table, ibis.Table | None]:
        """Events and catalog in our columns."""
        made = self.made(folder).relative_to(folder)
        files = Parquet(events=str(made / "events" / "part-*.parquet"), catalog=str(made / "catalog.parquet"))
        return files.tables(engine, folder, ledger)

    def truth(self, folder: Path, items: Vocabulary) -> Truth:
        """What was planted, in the codes of the given items."""
        return Truth.read(self.made(folder), items)

    def made(self, folder: Path) -> Path:
        """The folder with the files of this shop; makes them if they are not there yet."""
        return generate(self, folder / self.folder / fingerprint_of(self), os.cpu_count() or 1).folder
