"""Small shops with a known answer, for the tests of evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Codes, Ragged, Scores, Strings
from endcap.core.candidates import Candidates
from endcap.core.catalog import Catalog, Column, Labels
from endcap.core.dataset import DAY, Dataset, Events, Searches
from endcap.core.query import Queries, Query, Retriever
from endcap.core.records import KINDS
from endcap.core.vocabulary import Vocabulary
from endcap.data.splits import Split
from endcap.evaluate.tasks import Task

CUT = 100 * DAY
GUEST = -1
Order = tuple[int, float, Sequence[int]]
"""User (or GUEST), time in days, items."""


def catalog_of(
    n_items: int, categories: Sequence[str | None] | None = None, gone: Sequence[int] = (), title: str = "Item"
) -> Catalog:
    available = np.ones(n_items, bool)
    available[list(gone)] = False
    columns: dict[str, Column] = {
        "title": Strings.of(f"{title} {code}" for code in range(n_items)),
        "category": Labels.of(categories or ["all"] * n_items),
        "available": available,
    }
    return Catalog(Vocabulary.of(f"i{code}" for code in range(n_items)), columns)


def dataset_of(orders: Sequence[Order], catalog: Catalog, n_users: int, now: float) -> Dataset:
    """Purchases only, one session per order."""
    lines = [(number, user, day * DAY, item) for number, (user, day, items) in enumerate(orders) for item in items]
    order, user, time, item = (np.array(column) for column in zip(*lines, strict=True))
    events = Events(
        session=order.astype(np.int32),
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        kind=np.full(len(lines), KINDS.index("purchase"), np.int8),
        time=time.astype(np.float64),
        quantity=np.ones(len(lines), np.float32),
        price=np.ones(len(lines), np.float32),
        order=order.astype(np.int32),
    )
    return Dataset(events, catalog, Vocabulary.of(f"u{code}" for code in range(n_users)), now, "a small shop")


Step = tuple[int, int, float, str, int | str]
"""Session, user (or GUEST), time in days, kind, and the item, or what was typed."""


def visits_of(steps: Sequence[Step], catalog: Catalog, n_users: int, now: float) -> Dataset:
    """Whatever was done in visits; every purchase of a visit belongs to one order."""
    done = sorted((session, day, item, kind, user) for session, user, day, kind, item in steps if isinstance(item, int))
    typed = sorted((day, session, user, item) for session, user, day, _, item in steps if isinstance(item, str))
    session, day, item, kind, user = (np.array(column) for column in zip(*done, strict=True))
    kinds = np.array([KINDS.index(name) for name in kind.tolist()], np.int8)
    events = Events(
        session=session.astype(np.int32),
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        kind=kinds,
        time=day * DAY,
        quantity=np.ones(len(done), np.float32),
        price=np.ones(len(done)),
        order=np.where(kinds == KINDS.index("purchase"), session, -1).astype(np.int32),
    )
    texts = Vocabulary.of(text for *_, text in typed)
    searches = Searches(
        np.array([session for _, session, _, _ in typed], np.int32),
        np.array([user for _, _, user, _ in typed], np.int32),
        np.array([day * DAY for day, *_ in typed], np.float64),
        texts.encode(text for *_, text in typed),
        texts,
    )
    users = Vocabulary.of(f"u{code}" for code in range(n_users))
    return Dataset(events, catalog, users, now, "a small shop", searches=searches if typed else None)


def visits_split(before: Sequence[Step], after: Sequence[Step], catalog: Catalog, n_users: int = 3) -> Split:
    """A cut at day 100 between what was done before and after."""
    return Split(visits_of(before, catalog, n_users, CUT), visits_of(after, catalog, n_users, 2 * CUT), CUT)


def split_of(before: Sequence[Order], after: Sequence[Order], catalog: Catalog, n_users: int = 3) -> Split:
    """A cut at day 100 between the two lists of orders."""
    train = dataset_of(before, catalog, n_users, CUT)
    test = dataset_of(after, catalog, n_users, 2 * CUT)
    return Split(train, test, CUT)


def task_of(
    relevant: Sequence[Sequence[int]],
    n_items: int,
    exclude: Sequence[Sequence[int]] | None = None,
    allowed: NDArray[np.bool_] | None = None,
) -> Task:
    """A task with one query, of one unit, per list of relevant items."""
    n = len(relevant)
    return Task(
        name="basket",
        title="a small task",
        description="Find it.",
        success="finds it in {share} of the cases",
        queries=Queries.of(
            catalog_of(n_items), np.full(n, CUT), context=Ragged.of([[row % n_items] for row in range(n)])
        ),
        relevant=Ragged.of(relevant),
        units=np.arange(n),
        allowed=np.ones(n_items, bool) if allowed is None else allowed,
        exclude=Ragged.empty(n) if exclude is None else Ragged.of(exclude),
        possible=n,
        left_out={},
    )


@dataclass(frozen=True)
class Fixed:
    """A list for each query, by the first item of its context; the widths that were asked for go to `asked`."""

    lists: Mapping[int, Sequence[int]]
    asked: list[int]

    def __call__(self, query: Query, k: int) -> Candidates:
        self.asked.append(k)
        items = np.array(self.lists[int(query.context[0])][:k], np.int32)
        return Candidates(items, -np.arange(len(items), dtype=np.float32))


@dataclass(frozen=True)
class FixedMany:
    """The same, for many queries at once."""

    one: Fixed

    def __call__(self, query: Query, k: int) -> Candidates:
        raise AssertionError("many was there to be used")

    def many(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
        found = [self.one(query, k).items for query in queries]
        codes = np.full((len(found), k), -1, np.int32)
        for row, items in enumerate(found):
            codes[row, : len(items)] = items
        return codes, np.where(codes < 0, np.nan, 0.0).astype(np.float32)


def everybody_gets(*items: int) -> Retriever:
    """A retriever that knows one list."""
    codes = np.array(items, np.int32)
    scores = -np.arange(len(codes), dtype=np.float32)
    return lambda _, k: Candidates(codes[:k], scores[:k])
