"""Which shelves, and what is popular on them: on shops small enough to count by hand."""

from math import exp

import numpy as np
import pytest

from endcap.core.arrays import Ragged
from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.core.query import Queries
from endcap.core.records import Event
from endcap.models.label_affinity import LabelAffinity
from endcap.testing import START, RetrieverContract, ask, checkerboard, shop

RNG = np.random.default_rng(0)
PLAIN = LabelAffinity(item_exponent=1.0, label_exponent=0.0, recency=1.0)
CATEGORIES = {"mug": "cups", "cup": "cups", "pan": "pans", "pot": "pans", "lid": "pans", "nail": None}


class TestLabelAffinityContract(RetrieverContract):
    recipe = LabelAffinity()


def kitchen(*viewed: str) -> Dataset:
    """One view a day of each of the given items, in a visit of its own."""
    events = (
        Event(kind="view", session_id=f"s{day}", item_id=item, time=START + day * DAY)
        for day, item in enumerate(viewed)
    )
    return shop(events, {item: {"category": category} for item, category in CATEGORIES.items()})


def scored(recipe: LabelAffinity, world: Dataset, *session: str) -> dict[str, float]:
    given = recipe.fit(world, RNG)(ask(world.catalog, session=session), 9)
    return dict(zip(world.catalog.items.decode(given.items), given.scores.tolist(), strict=True))


VIEWS = kitchen("mug", "mug", "cup", "cup", "cup", "pan", "pot", "pot", "lid", "nail")


def test_the_latest_seed_says_most_and_seeds_do_not_come_again() -> None:
    expected = {"cup": 3 * exp(-1), "pot": 2.0, "lid": 1.0}
    assert scored(PLAIN, VIEWS, "mug", "pan") == pytest.approx(expected)


def test_two_seeds_of_a_label_speak_for_it_together() -> None:
    assert scored(PLAIN, VIEWS, "pan", "pot") == pytest.approx({"lid": 1.0 + exp(-1)})


def test_what_has_no_label_says_nothing_but_takes_a_step() -> None:
    assert scored(PLAIN, VIEWS, "nail") == {}
    assert scored(PLAIN, VIEWS, "mug", "nail") == pytest.approx({"cup": 3 * exp(-1)})


def test_exponents_hold_popular_items_and_large_labels_back() -> None:
    shares = PLAIN.model_copy(update={"label_exponent": 1.0})
    assert scored(shares, VIEWS, "pan") == pytest.approx({"pot": 2 / 4, "lid": 1 / 4})
    alike = PLAIN.model_copy(update={"item_exponent": 0.0})
    assert scored(alike, VIEWS, "pan") == {"pot": 1.0, "lid": 1.0}
    roots = PLAIN.model_copy(update={"item_exponent": 0.5})
    assert scored(roots, VIEWS, "pan") == pytest.approx({"pot": 2**0.5, "lid": 1.0})


def test_old_events_count_less_and_only_the_latest_seeds_are_asked() -> None:
    recent = PLAIN.model_copy(update={"half_life": 1.0})
    said = scored(recent, VIEWS, "pan")
    assert said["pot"] / said["lid"] == pytest.approx(0.5 + 0.25)
    assert scored(PLAIN.model_copy(update={"seeds": 1}), VIEWS, "mug", "pan") == {"pot": 2.0, "lid": 1.0}


@pytest.mark.parametrize(("recipe", "score"), [(PLAIN, 2.0), (LabelAffinity(), 1.0)])
def test_what_was_never_touched_is_not_shown(recipe: LabelAffinity, score: float) -> None:
    world = kitchen("mug", "mug")
    assert scored(recipe, world, "cup") == {"mug": score}
    assert scored(recipe, world, "pan") == {}


def test_shelves_say_which_labels_and_how_much() -> None:
    model = PLAIN.fit(VIEWS, RNG)
    labels, says = model.shelves(ask(VIEWS.catalog, session=["pan", "mug", "pot"]))
    names = VIEWS.catalog.labels("category").names.decode(labels)
    expected = {"pans": 1 + exp(-2), "cups": exp(-1)}
    assert dict(zip(names, says.tolist(), strict=True)) == pytest.approx(expected)


def test_each_seed_of_the_label_says_its_part() -> None:
    why = PLAIN.fit(VIEWS, RNG).why(
        ask(VIEWS.catalog, session=["pan", "mug", "pot"]), int(VIEWS.catalog.items.code("lid"))
    )
    said = dict(zip(VIEWS.catalog.items.decode(why.seeds), why.adds.tolist(), strict=True))
    assert said == pytest.approx({"pan": exp(-2), "mug": 0.0, "pot": 1.0})


def test_many_agrees_where_items_have_no_label() -> None:
    model, catalog = PLAIN.fit(VIEWS, RNG), VIEWS.catalog
    visits = [["nail"], ["mug", "nail", "pan"], [], ["pan", "mug", "pan"]]
    encoded = Ragged.of([catalog.items.encode(visit) for visit in visits])
    codes, scores = model.many(Queries.of(catalog, np.zeros(4), session=encoded), 3)
    for row, visit in enumerate(visits):
        alone = model(ask(catalog, session=visit), 3)
        assert codes[row][codes[row] >= 0].tolist() == alone.items.tolist()
        assert scores[row][codes[row] >= 0] == pytest.approx(alone.scores)


def test_nothing_is_learned_where_nothing_has_a_label() -> None:
    with pytest.raises(BadData, match="nothing that was touched has a category; event kinds in the data: view"):
        LabelAffinity().fit(kitchen("nail"), RNG)
    with pytest.raises(BadData, match="the catalog has no column 'colour'; there are"):
        LabelAffinity(by="colour").fit(checkerboard(), RNG)
