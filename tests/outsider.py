"""What somebody outside endcap writes to extend it: the examples of the design, in a module of their own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import numpy as np
from pydantic import PositiveFloat

from endcap import Candidates, Dataset, Part, Query, Scores
from endcap.data.ledger import Ledger
from endcap.data.sources import Csv


class Newest(Part):
    """Recommends what was listed last."""

    half_life: PositiveFloat = 14.0
    """Days until an item counts half."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> "NewestModel":
        """How fresh every item is."""
        return NewestModel((0.5 ** (data.catalog["age_days"] / self.half_life)).astype(np.float32))


@dataclass(frozen=True)
class NewestModel:
    """The newest items, for everybody."""

    freshness: Scores

    def __call__(self, query: Query, k: int) -> Candidates:
        """The k newest items."""
        return Candidates.all(self.freshness).top(k)


def same_shelf(query: Query, candidates: Candidates) -> Candidates:
    """Only what shares a category with a seed."""
    category = query.catalog["category"]
    return candidates.take(np.isin(category[candidates.items], category[query.seeds]))


def without_bulk(events: ibis.Table, most: float = 100.0) -> ibis.Table:
    """Who buys a hundred of a thing runs a shop of their own."""
    return events.filter(events.quantity <= most)


class Careful(Part):
    """A CSV source with one more step."""

    events: str
    catalog: str

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> tuple[ibis.Table, ibis.Table]:
        """Events without bulk orders, and the catalog."""
        events, catalog = self._files.tables(engine, folder, ledger)
        return ledger.apply(events, without_bulk, most=50.0), catalog

    def inputs(self, folder: Path) -> list[Path]:
        """The files that are read."""
        return self._files.inputs(folder)

    @property
    def _files(self) -> Csv:
        return Csv(events=self.events, catalog=self.catalog)
