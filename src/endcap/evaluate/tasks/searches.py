"""What is looked for with words."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import NO_CODES, Ragged, offsets_of
from endcap.core.dataset import Dataset, Events, Searches
from endcap.core.query import Queries
from endcap.core.records import KINDS
from endcap.core.vocabulary import Vocabulary
from endcap.evaluate.tasks.task import (
    HISTORY,
    LIMIT,
    TOUCHES,
    Task,
    both_ways,
    countries,
    devices,
    distinct_rows,
    joined,
    newcomers,
    of_users,
    on_sale,
    past_of,
    units_of,
)

WITHIN = 1800.0
"""For so many seconds, and until the next search, what is done in a visit is taken to answer its search."""
NO_SEARCHES = Searches(NO_CODES, NO_CODES, np.empty(0), NO_CODES, Vocabulary.of([]))


def search(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """What was typed after the cut, and what the visit touched until then; what was clicked, put into the cart or
    bought for it is to be found. In a log without clicks, a view is one.

    What the visitor had before may come back; the twin keeps it out.
    """
    typed, touched, allowed = test.searches or NO_SEARCHES, test.of_kinds(*TOUCHES), on_sale(train)
    answered, before = _merged(typed, touched)
    wanted = np.isin(touched.kind, [KINDS.index(kind) for kind in _answers(touched)])
    found = distinct_rows(Ragged.grouped(np.where(wanted, answered, -1), touched.item, len(typed)))
    visit, past = _told(typed, touched, before), past_of(train, typed.user)
    units = units_of(typed.user, typed.session, train)
    task = Task(
        name="search",
        title="found by searching",
        description=(
            "Given what a visitor typed after the cut, find what this visitor then clicked, put into the cart or "
            f"bought within {WITHIN / 60:.0f} minutes and before searching again."
        ),
        success="finds something that was chosen for {share} of the searches",
        queries=Queries.of(
            train.catalog, typed.time, session=visit, history=past.items,
            text=[typed.texts.ids[code] for code in typed.text.tolist()],
        ).knowing(past.habits, countries(test, typed.session)),
        relevant=found.keep(allowed[found.values]),
        units=units,
        allowed=allowed,
        exclude=Ragged.empty(len(typed)),
        possible=len(typed),
        left_out={},
        newcomers=newcomers(units, train),
        device=devices(test, typed.session),
    )  # fmt: skip
    chosen = np.flatnonzero(found.lengths > 0)
    silent = {"searches after which nothing was chosen": len(typed) - len(chosen)}
    had = joined(visit, of_users(distinct_rows(train.histories("purchase")), typed.user))
    return both_ways(replace(task, left_out=silent).take(chosen), had.take(chosen), "allowed", rng, limit)


def _answers(touched: Events) -> tuple[str, ...]:
    """Kinds of event by which somebody chooses what a search found."""
    clicks = (touched.kind == KINDS.index("click")).any()
    return TOUCHES[1:] if clicks else TOUCHES


def _merged(typed: Searches, touched: Events) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each event the search (a number) that it answers, or -1; for each search how many events stand before it."""
    n = len(typed)
    session, time = (np.concatenate([getattr(typed, name), getattr(touched, name)]) for name in ("session", "time"))
    happened = np.arange(len(session)) >= n
    order = np.lexsort((happened, time, session))
    place = np.maximum.accumulate(np.where(happened[order], -1, np.arange(len(order))))
    latest = np.full(len(session), -1)
    latest[order] = np.where(place >= 0, order[np.maximum(place, 0)], -1)
    latest = latest[n:]
    own = (latest >= 0) & (session[latest] == touched.session) & (touched.time - time[latest] <= WITHIN)
    before = np.empty(len(session), np.int64)
    before[order] = np.cumsum(happened[order])
    return np.where(own, latest, -1), before[:n]


def _told(typed: Searches, touched: Events, before: NDArray[np.int64]) -> Ragged:
    """The last items that the visit of each search touched before it."""
    start = np.maximum(np.searchsorted(touched.session, typed.session), before - HISTORY)
    offsets = offsets_of(before - start)
    at = np.repeat(start - offsets[:-1], before - start) + np.arange(offsets[-1])
    return Ragged(offsets, touched.item[at])
