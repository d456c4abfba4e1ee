"""When, how often and how regularly somebody bought each thing that they bought."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Ragged, offsets_of
from endcap.core.dataset import DAY, Dataset

APART = 0.5
"""Days: purchases of an item by one user that lie closer together are one, and no wait is shorter."""


class Bought(NamedTuple):
    """What is known of one user and one item, purchase by purchase."""

    first: float
    last: float
    waits: int = 0
    logs: float = 0.0
    """The sum of the logarithms of the waits in days."""

    def again(self, time: float) -> "Bought":
        """With one more purchase; one that is no later than the last changes nothing."""
        gap = (time - self.last) / DAY
        if gap < APART:
            return self._replace(last=max(time, self.last))
        return self._replace(last=time, waits=self.waits + 1, logs=self.logs + log(gap))

    def then(self, later: "Bought") -> "Bought":
        """With what was written down elsewhere, which counts as far as it is later than all that is known here."""
        gap = (later.first - self.last) / DAY
        if gap < APART:  # both saw the same purchases
            return self._replace(last=max(self.last, later.last))
        return Bought(self.first, later.last, self.waits + later.waits + 1, self.logs + later.logs + log(gap))


@dataclass(frozen=True, slots=True)
class Habits:
    """One entry for each item of a history; no entries at all where nothing but the items is known."""

    last: NDArray[np.float64]
    """When it was last bought, in seconds since 1970 (UTC)."""
    waits: NDArray[np.int32]
    """How many times it was bought again …"""
    days: NDArray[np.float64]
    """… and after how many days, as a geometric mean; NaN for what was bought once."""

    def __len__(self) -> int:
        return len(self.last)

    def take(self, which: Array | slice) -> "Habits":
        """Only the given entries (numbers, a mask or a slice)."""
        return Habits(self.last[which], self.waits[which], self.days[which])

    @classmethod
    def of(cls, known: Sequence[Bought]) -> "Habits":
        """Those of items that were followed purchase by purchase."""
        last, waits, logs = (np.array([getattr(one, name) for one in known]) for name in ("last", "waits", "logs"))
        days = np.exp(logs / np.where(waits > 0, waits, np.nan))
        return cls(last.astype(np.float64), waits.astype(np.int32), days)

    def entry(self, place: int) -> Bought:
        """One entry, to be followed further; of its first purchase nothing is known but that it was no later."""
        last, waits = float(self.last[place]), int(self.waits[place])
        return Bought(last, last, waits, waits * log(self.days[place]) if waits else 0.0)

    def then(self, others: "Habits") -> "Habits":
        """These entries and then those."""
        return Habits(
            np.concatenate([self.last, others.last]),
            np.concatenate([self.waits, others.waits]),
            np.concatenate([self.days, others.days]),
        )


UNKNOWN = Habits(np.empty(0), np.empty(0, np.int32), np.empty(0))
"""Of a history of which only the items are known."""


@dataclass(frozen=True)
class Pasts:
    """What each of some users bought: every item once, at its last time, oldest first."""

    items: Ragged
    habits: Habits
    """One entry for each value of `items`."""

    def take(self, users: Array) -> "Pasts":
        """Those of the given users (numbers); an empty one for a guest (-1)."""
        rows = Ragged(np.append(self.items.offsets, self.items.offsets[-1]), self.items.values)
        users = np.where(users >= 0, users, len(self.items))
        return Pasts(rows.take(users), self.habits.take(rows.places(users)))

    def latest(self, n: int) -> "Pasts":
        """The last n items of each."""
        items = self.items
        late = np.repeat(items.offsets[1:], items.lengths) - np.arange(len(items.values)) <= n
        return Pasts(items.keep(late), self.habits.take(late))


def pasts_of(data: Dataset) -> Pasts:
    """What every user bought, by user code."""
    bought = data.of_kinds("purchase")
    order = np.lexsort((bought.time, bought.item, bought.user))
    order = order[bought.user[order] >= 0]
    user, item, time = bought.user[order], bought.item[order], bought.time[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (np.diff(user) != 0) | (np.diff(item) != 0)
    place, gaps = np.cumsum(fresh) - 1, np.diff(time, prepend=0.0) / DAY
    waited = ~fresh & (gaps >= APART)
    n = int(fresh.sum())
    waits = np.bincount(place[waited], minlength=n)
    logs = np.bincount(place[waited], np.log(gaps[waited]), minlength=n)
    days = np.where(waits > 0, np.exp(logs / np.maximum(waits, 1)), np.nan)
    last = time[np.append(np.flatnonzero(fresh)[1:], len(time)) - 1] if n else time
    user, item = user[fresh], item[fresh]
    by_time = np.lexsort((item, last, user))
    items = Ragged(offsets_of(np.bincount(user, minlength=len(data.users))), item[by_time])
    return Pasts(items, Habits(last[by_time], waits[by_time].astype(np.int32), days[by_time]))
