"""One request (or many), hydrated and in codes; and the two callables that everything is made of."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import NO_CODES, Array, Codes, Ragged
from endcap.core.candidates import Candidates
from endcap.core.catalog import Catalog, Labels
from endcap.core.habits import UNKNOWN, Habits


def _nothing() -> Codes:
    return NO_CODES


@dataclass(frozen=True, slots=True)
class Query:
    """One request in codes."""

    now: float
    """Time of the request, seconds since 1970 (UTC); the only clock that parts may read."""
    catalog: Catalog
    context: Codes = field(default_factory=_nothing)
    """The item that is shown, or the items of the cart that is shown."""
    session: Codes = field(default_factory=_nothing)
    """What this visit touched, oldest first."""
    history: Codes = field(default_factory=_nothing)
    """What this user bought before, each item once, the one bought longest ago first."""
    cart: Codes = field(default_factory=_nothing)
    """What lies in the cart, shown or not."""
    exclude: Codes = field(default_factory=_nothing)
    """What the caller does not want to see."""
    text: str = ""
    attributes: Mapping[str, str | float] = field(default_factory=dict)
    """What the page says of the item that it shows, as the catalog would say it: category, price, …"""
    habits: Habits = UNKNOWN
    """When, how often and how regularly each item of the history was bought; nothing, if that is not known."""
    country: str = ""
    """Where the visitor is, in the words of the events; empty, if that is not known."""

    @property
    def seeds(self) -> Codes:
        """The most specific items there are to start from: context, else session, else history; may be empty."""
        if len(self.context):
            return self.context
        return self.session if len(self.session) else self.history


@dataclass(frozen=True)
class Queries:
    """Many queries in columns, for back-tests and batch export; ``queries[i]`` is a Query."""

    catalog: Catalog
    now: NDArray[np.float64]
    context: Ragged
    session: Ragged
    history: Ragged
    text: Sequence[str] = ()
    """What was typed, one per query; empty if nobody typed anything."""
    habits: Habits = UNKNOWN
    """One entry for each value of `history`; nothing, if only the items are known."""
    country: Labels | None = None
    """Where each visitor is; None, if that is known of none."""

    @classmethod
    def of(
        cls,
        catalog: Catalog,
        now: NDArray[np.float64],
        context: Ragged | None = None,
        session: Ragged | None = None,
        history: Ragged | None = None,
        text: Sequence[str] = (),
    ) -> "Queries":
        """Queries with the given columns; those left out are empty."""
        nothing = Ragged.empty(len(now))
        return cls(catalog, now, context or nothing, session or nothing, history or nothing, text)

    def knowing(self, habits: Habits = UNKNOWN, country: Labels | None = None) -> "Queries":
        """The same queries with what is known of each value of their histories, and of where each visitor is."""
        return replace(self, habits=habits, country=country)

    def take(self, rows: Array) -> "Queries":
        """Only the given queries (numbers), in the given order."""
        context, session, history = (column.take(rows) for column in (self.context, self.session, self.history))
        text = [self.text[row] for row in rows.tolist()] if self.text else ()
        habits = self.habits.take(self.history.places(rows)) if len(self.habits) else UNKNOWN
        country = None if self.country is None else self.country.take(rows)
        return Queries(self.catalog, self.now[rows], context, session, history, text, habits, country)

    def __len__(self) -> int:
        return len(self.now)

    def __getitem__(self, row: int) -> Query:
        return Query(
            now=float(self.now[row]),
            catalog=self.catalog,
            context=self.context[row],
            session=self.session[row],
            history=self.history[row],
            habits=self.habits.take(slice(*self.history.offsets[row : row + 2])) if len(self.habits) else UNKNOWN,
            text=self.text[row] if self.text else "",
            country="" if self.country is None else self.country.name(row) or "",
        )

    def __iter__(self) -> Iterator[Query]:
        return (self[row] for row in range(len(self)))

    @property
    def seeds(self) -> Ragged:
        """The seeds of every query, as `Query.seeds` gives them one by one."""
        return Ragged.of([self[row].seeds for row in range(len(self))])


Retriever = Callable[[Query, int], Candidates]
"""A model, an index or a function: the best n items for a query."""
Stage = Callable[[Query, Candidates], Candidates]
"""A filter, feature, ranker, boost or diversifier."""
