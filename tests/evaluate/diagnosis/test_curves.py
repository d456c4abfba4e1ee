"""Learning curves of recipes that are known to remember, to need data, and to need neither."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from tests.evaluate.worlds import CUT, Order, catalog_of, dataset_of, everybody_gets, split_of

from endcap.core.arrays import Ragged
from endcap.core.candidates import Candidates
from endcap.core.dataset import Dataset
from endcap.core.errors import BadData
from endcap.core.query import Query, Retriever
from endcap.data.splits import Split
from endcap.evaluate.compare import Difference, Interval
from endcap.evaluate.diagnosis.curves import Asked, Curve, Kept, Point, by_data, by_epochs, points
from endcap.evaluate.diagnosis.fitting import fitting
from endcap.evaluate.tasks import Task, basket

N = 40


def shop() -> Split:
    """Baskets of two: before the cut, item i goes with i + 20; after it, each goes with its second neighbour."""
    before: list[Order] = [(user, 50 + 0.2 * user, [user % 20, user % 20 + 20]) for user in range(240)]
    after: list[Order] = [(user, 101 + 0.2 * user, [user % 20, (user + 1) % 20 + 20]) for user in range(60)]
    return split_of(before, after, catalog_of(N), n_users=240)


@dataclass(frozen=True)
class Remembers:
    """Whatever was bought with the shown item."""

    pairs: Ragged

    def __call__(self, query: Query, k: int) -> Candidates:
        items = np.unique(self.pairs[int(query.context[0])])[:k].astype(np.int32)
        return Candidates(items, np.linspace(1, 0, len(items), dtype=np.float32))


def remember(data: Dataset) -> Retriever:
    baskets = [row.tolist() for row in data.baskets.items]
    pairs = [(one, other) for row in baskets for one in row for other in row if one != other]
    ones, others = np.array(pairs).T if pairs else np.empty((2, 0), np.int64)
    return Remembers(Ragged.grouped(ones, others, len(data.catalog)))


def curve(fit: object, kept: Kept = "random") -> Curve:
    split = shop()
    rng = np.random.default_rng(0)
    asked = Asked(basket(split.train, split.test, rng), basket)
    return Curve("sessions", kept, 1.0, points(by_data(split.train, fit, kept, rng), asked, rng))  # type: ignore[arg-type]


def test_less_data_is_the_latest_sessions_or_random_ones_each_share_holding_the_last() -> None:
    train = shop().train
    for kept in ("latest", "random"):
        steps = by_data(train, remember, kept, np.random.default_rng(0))
        sessions = [set(step.data.events.session.tolist()) for step in steps]
        assert [len(some) for some in sessions] == [30, 60, 120, 240]
        assert all(less < more for less, more in pairwise(sessions))
        assert (min(sessions[0]) == 210) == (kept == "latest")
    assert steps[-1].data is train
    assert len({step.data.fingerprint for step in steps}) == 4


def test_the_catalog_of_less_data_says_no_more_than_it_would_have_then() -> None:
    smallest = by_data(shop().train, remember, "latest", np.random.default_rng(0))[0].data
    assert smallest.catalog["bought"].sum() == 60
    assert smallest.now == CUT


def test_who_remembers_knows_what_it_saw_and_nothing_else() -> None:
    found = curve(remember)
    assert found.here.seen.mean == 1.0
    assert found.here.unseen.mean == 0.0
    verdict = fitting(found)
    assert verdict.kind == "over-fits"
    assert "reaches 1.0000, about later time 0.0000" in verdict.sentence


def test_who_needs_no_data_has_learned_what_it_can() -> None:
    found = curve(lambda _: everybody_gets(*range(20, 30)), "latest")
    assert [round(point.unseen.mean, 9) for point in found.points] == [round(found.here.unseen.mean, 9)] * 4
    assert found.points[0].further is None
    assert all(point.further is not None and not point.further.shown for point in found.points[1:])
    assert fitting(found).kind == "has learned what it can"


def test_who_answers_better_the_more_it_is_given_wants_more() -> None:
    def fit(data: Dataset) -> Retriever:
        known = len(data.events) // 24

        def answer(query: Query, k: int) -> Candidates:
            shown = int(query.context[0])
            items = np.array([(shown + 1) % 20 + 20] if shown < min(known, 20) else [], np.int32)
            return Candidates(items, np.ones(len(items), np.float32))

        return answer

    assert fitting(curve(fit)).kind == "wants more data"


def test_epochs_are_parts_and_twice_those_of_the_recipe() -> None:
    train = shop().train
    asked: list[int] = []

    def fits(epochs: int) -> object:
        asked.append(epochs)
        return remember

    steps = by_epochs(train, 10, fits)  # type: ignore[arg-type]
    assert ([step.at for step in steps], asked) == ([2, 5, 10, 20], [2, 5, 10, 20])
    assert [step.at for step in by_epochs(train, 1, fits)] == [1, 2]  # type: ignore[arg-type]


def at(where: float, unseen: float, step: float | None, seen: float = 0.5, sure: bool = True) -> Point:
    """A point whose step is shown or not; intervals are 0.02 wide."""
    spread = 0.001 if sure else 1.0
    p = 0.001 if sure else 0.9
    further = None if step is None else Difference(step, step - spread, step + spread, p, p, 9, 1)
    before, later = (Interval(value, value - 0.01, value + 0.01) for value in (seen, unseen))
    return Point(where, 100, before, later, further)


FLAT = Curve("sessions", "latest", 1.0, (at(0.5, 0.4, None), at(1.0, 0.4, 0.0, sure=False)))


@pytest.mark.parametrize(
    ("steps", "kind", "said"),
    [
        ([at(5, 0.40, None), at(10, 0.35, -0.05), at(20, 0.35, 0.0)], "over-fits", "with fewer epochs its NDCG@10 was"),
        ([at(5, 0.30, None), at(10, 0.35, 0.05), at(20, 0.40, 0.05)], "under-fits", "trained for longer"),
        ([at(5, 0.30, None), at(10, 0.35, 0.05), at(20, 0.40, 0.05, sure=False)], "has learned what it can", "80%"),
        ([at(10, 0.35, None), at(20, 0.30, -0.05)], "has learned what it can", "+0.0000"),
    ],
)
def test_epochs_tell_who_was_trained_too_long_or_too_short(steps: list[Point], kind: str, said: str) -> None:
    verdict = fitting(FLAT, Curve("epochs", "latest", 10, tuple(steps)))
    assert verdict.kind == kind
    assert said in verdict.sentence
    assert verdict.rule


def test_a_curve_without_questions_is_refused() -> None:
    def nothing(train: Dataset, test: Dataset, rng: np.random.Generator, limit: int) -> Task:
        return basket(train, dataset_of([(0, 101, [0])], train.catalog, 240, 2 * CUT), rng, limit)

    split, rng = shop(), np.random.default_rng(0)
    asked = Asked(nothing(split.train, split.test, rng, 10), nothing)
    with pytest.raises(BadData, match="nothing in the latest weeks can be asked for the task 'basket'"):
        points(by_data(split.train, remember, "latest", rng), asked, rng)
