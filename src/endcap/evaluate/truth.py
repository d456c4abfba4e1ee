"""Did it find what was planted? Tasks whose answers are known, since the shop was made up.

Relevant are the planted items themselves, not what some visitor did later. So a list can be told from the best that
there could be, and what belongs to the other relation, a substitute among what goes together, is counted as confused.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from endcap.core.arrays import Array, Codes, Ragged
from endcap.core.dataset import Dataset
from endcap.core.query import Queries
from endcap.data.synthetic.truth import Truth
from endcap.evaluate.metrics import CUT
from endcap.evaluate.tasks import LIMIT, Task, TaskMaker

CONFUSION = f"Confusion@{CUT}"
"""The metric of lists of which it is known what belongs to another relation; the lower the better."""
Related = Callable[[int], tuple[Array, Array]]
"""From an item to those related to it, the likeliest first, and their chances."""


def truth_tasks(truth: Truth) -> dict[str, TaskMaker]:
    """The tasks that can be set for a shop of which the truth is known, by name."""
    return {
        "true_substitutes": partial(true_substitutes, truth),
        "true_complements": partial(true_complements, truth),
    }


def true_substitutes(truth: Truth, train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """An item that was looked at after the cut is shown; those that serve the same need are to be found."""
    return _asked(
        ("true_substitutes", "planted substitutes", "the items that serve the same need"),
        truth.substitutes, truth.complements, (train, test), rng, limit,
    )  # fmt: skip


def true_complements(truth: Truth, train: Dataset, test: Dataset, rng: np.random.Generator, limit: int = LIMIT) -> Task:
    """An item that was looked at after the cut is shown; those that were made to be bought along are to be found."""
    return _asked(
        ("true_complements", "planted complements", "the items that people are made to buy along with it"),
        truth.complements, truth.substitutes, (train, test), rng, limit,
    )  # fmt: skip


def confusion(codes: Codes, other: Ragged) -> NDArray[np.float64]:
    """Share of the first places ``[n, k]`` that hold what belongs to another relation; of `CUT`, if there are fewer."""
    shown, span = codes[:, :CUT], 1 + max(int(codes.max(initial=0)), int(other.values.max(initial=0)))
    wrong = np.isin(np.arange(len(shown))[:, None] * span + shown, other.rows * span + other.values) & (shown >= 0)
    return np.asarray(wrong.sum(axis=1) / CUT)


def ceiling(task: Task, k: int = CUT) -> float:
    """Mean precision of the lists that the generator's own probabilities give: below 1 where too little is right."""
    return float(np.minimum(task.relevant.lengths, k).mean() / k) if len(task.queries) else np.nan


def _asked(
    words: tuple[str, str, str], related: Related, others: Related, sides: tuple[Dataset, Dataset],
    rng: np.random.Generator, limit: int,
) -> Task:  # fmt: skip
    (name, title, wanted), (train, test) = words, sides
    allowed = train.catalog["available"].astype(bool)
    pages = _pages(test)
    seen, place = np.unique(pages, return_inverse=True)
    known = np.array([bool(allowed[related(item)[0]].any()) for item in seen.tolist()], bool)
    possible = pages[known[place]]
    items = rng.permutation(possible)[:limit]
    relevant, other = (
        Ragged.of([np.sort((found := relation(int(item))[0])[allowed[found]]) for item in items])
        for relation in (related, others)
    )
    task = Task(
        name=name,
        title=title,
        description="",
        success="finds something that was planted for {share} of the pages",
        queries=Queries.of(
            train.catalog, np.full(len(items), train.now), context=Ragged.of([[item] for item in items])
        ),
        relevant=relevant,
        units=items.astype(np.int64),
        allowed=allowed,
        exclude=Ragged.of([[item] for item in items]),
        possible=len(possible),
        left_out={"page views of items for which nothing is planted": len(pages) - len(possible)},
        confusable=other,
    )
    return task.saying(
        f"Given an item as often as its page was looked at after the cut, find {wanted}. The shop is made up, so the "
        f"answer is known; lists by the generator's own probabilities reach a Precision@{CUT} of {ceiling(task):.3f}."
    )


def _pages(test: Dataset) -> Array:
    """The item of every page that was looked at, once per session."""
    views = test.of_kinds("view")
    seen = np.unique(views.session.astype(np.int64) * len(test.catalog) + views.item)
    return (seen % len(test.catalog)).astype(np.int32)
