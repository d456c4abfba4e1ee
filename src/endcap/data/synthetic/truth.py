"""What was planted, read back: which items are substitutes, and which go together."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from endcap.core.arrays import Ragged
from endcap.core.vocabulary import Vocabulary
from endcap.data.synthetic.world import Floats, Numbers


@dataclass(frozen=True)
class Truth:
    """The planted relations, by item code."""

    need: Numbers
    """What each item is for; -1: not an item of the shop."""
    share: Floats
    """Chance of each item among those of its need."""
    members: Ragged
    """Items of each need."""
    linked: Ragged
    """Complementary needs of each need …"""
    probability: Ragged
    """… and the chance that they are bought along."""

    @classmethod
    def read(cls, folder: Path, items: Vocabulary) -> "Truth":
        """The truth beside the events of a synthetic shop, in the codes of the given items."""
        told = pq.read_table(folder / "truth" / "items.parquet", columns=["item_id", "need", "share"])
        links = pq.read_table(folder / "truth" / "links.parquet")
        needs = pq.read_metadata(folder / "truth" / "needs.parquet").num_rows
        codes = {item: code for code, item in enumerate(items.ids)}
        at = np.array([codes.get(item, -1) for item in told["item_id"].to_pylist()])
        need, share = np.full(len(items), -1), np.zeros(len(items))
        need[at[at >= 0]] = told["need"].to_numpy()[at >= 0]
        share[at[at >= 0]] = told["share"].to_numpy()[at >= 0]
        origin = links["need"].to_numpy()
        return cls(
            need=need,
            share=share,
            members=Ragged.grouped(need, np.arange(len(items), dtype=np.int32), needs),
            linked=Ragged.grouped(origin, links["other_need"].to_numpy(), needs),
            probability=Ragged.grouped(origin, links["probability"].to_numpy(), needs),
        )

    def substitutes(self, item: int) -> tuple[Numbers, Floats]:
        """The other items for the same need, and the chance of each to be looked at for it; the likeliest first."""
        if self.need[item] < 0:
            return np.empty(0, np.int64), np.empty(0)
        others = self.members[self.need[item]]
        others = others[others != item].astype(np.int64)
        return _likeliest(others, self.share[others])

    def complements(self, item: int) -> tuple[Numbers, Floats]:
        """The items that are bought along with an item, and the chance of each; the likeliest first."""
        if self.need[item] < 0:
            return np.empty(0, np.int64), np.empty(0)
        needs, chances = self.linked[self.need[item]], self.probability[self.need[item]]
        lists = [self.members[need].astype(np.int64) for need in needs]
        if not lists:
            return np.empty(0, np.int64), np.empty(0)
        items = np.concatenate(lists)
        return _likeliest(items, np.repeat(chances, [len(one) for one in lists]) * self.share[items])


def _likeliest(items: Numbers, chances: Floats) -> tuple[Numbers, Floats]:
    order = np.lexsort((items, -chances))
    return items[order], chances[order]
