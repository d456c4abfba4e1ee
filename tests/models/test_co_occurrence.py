"""What goes together, counted: on a list of baskets short enough to count by hand."""

import itertools
from math import log, sqrt
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.core.records import KINDS, Event
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.similarities import SIMILARITIES
from endcap.testing import START, RetrieverContract, ask, checkerboard, orders, same, shop

RNG = np.random.default_rng(0)
BASKETS = (["a", "b"], ["a", "b"], ["a", "c"], ["b"], ["a", "b", "c"])
"""a: 4 baskets, b: 4, c: 2; a and b: 3, a and c: 2, b and c: 1; five in all."""


class TestJaccardContract(RetrieverContract):
    recipe = CoOccurrence(similarity="jaccard", shrink=0.0)


class TestAllTricksContract(RetrieverContract):
    recipe = CoOccurrence(
        source="histories", similarity="npmi", half_life=9.0, length_power=1.0, idf=True, distance=3.0, backwards=0.5,
        damping=0.2, power=0.7, updates=True,
    )  # fmt: skip


class TestLiftContract(RetrieverContract):
    recipe = CoOccurrence(similarity="lift", source="histories", neighbours=5)


@pytest.mark.parametrize(
    ("similarity", "shrink", "expected"),
    [
        ("jaccard", 0.0, {"b": 3 / 5, "c": 2 / 4}),
        ("jaccard", 5.0, {"b": 3 / 10, "c": 2 / 9}),
        ("cosine", 0.0, {"b": 3 / 4, "c": 2 / sqrt(8)}),
        ("cosine", 10.0, {"b": 3 / 14, "c": 2 / (sqrt(8) + 10)}),
        ("lift", 0.0, {"b": 3 * 5 / 16, "c": 2 * 5 / 8}),
        ("lift", 2.0, {"b": 3 * 5 / 16 * 3 / 5, "c": 2 * 5 / 8 * 2 / 4}),
        ("conditional", 0.0, {"b": 3 / 4, "c": 2 / 4}),
        ("conditional", 4.0, {"b": 3 / 8, "c": 2 / 8}),
    ],
)
def test_each_similarity_by_hand(similarity: Any, shrink: float, expected: dict[str, float]) -> None:
    world = orders(*BASKETS)
    given = CoOccurrence(similarity=similarity, shrink=shrink).fit(world, RNG)(ask(world.catalog, context=["a"]), 9)
    scores = dict(zip(world.catalog.items.decode(given.items), given.scores.tolist(), strict=True))
    assert scores == pytest.approx(expected)
    assert list(scores) == sorted(expected, key=lambda item_id: -expected[item_id])


def test_several_seeds_add_up_and_each_says_its_part() -> None:
    world = orders(*BASKETS)
    model = CoOccurrence(similarity="conditional", shrink=0.0).fit(world, RNG)
    query = ask(world.catalog, context=["a", "b"])
    codes = world.catalog.items.encode(["c"])
    why = model.why(query, int(codes[0]))
    assert world.catalog.items.decode(why.seeds) == ["a", "b"]
    assert why.adds == pytest.approx([2 / 4, 1 / 4])
    given = model(query, 9)
    assert given.scores[given.items == codes[0]] == pytest.approx([3 / 4])


@pytest.mark.parametrize("seeds", [["i0"], ["i1", "i3"], [f"i{i}" for i in range(0, 10, 2)]])
def test_even_items_go_together(seeds: list[str]) -> None:
    world = checkerboard()
    model = CoOccurrence().fit(world, RNG)
    parity = int(seeds[0][1:]) % 2
    given = model(ask(world.catalog, context=seeds), 10)
    assert {code % 2 for code in given.items.tolist()} == {parity}
    assert not {f"i{code}" for code in given.items.tolist()} & set(seeds)


def test_only_the_best_neighbours_are_kept() -> None:
    world = orders(*BASKETS)
    model = CoOccurrence(similarity="conditional", neighbours=1).fit(world, RNG)
    assert world.catalog.items.decode(model(ask(world.catalog, context=["a"]), 9).items) == ["b"]


def test_nothing_is_learned_from_baskets_that_do_not_exist() -> None:
    world = orders(["a", "b"]).between(0.0, 1.0)
    with pytest.raises(BadData, match="nothing to learn from in baskets; event kinds in the data: none"):
        CoOccurrence().fit(world, RNG)


def visits(*sessions: str, days: float = 1.0) -> Dataset:
    """Visits of single-letter items, a minute apart; visit i is `days` days after the one before."""
    return shop(
        Event(
            kind="purchase" if letter.isupper() else "view", session_id=f"s{number:03}", user_id=f"u{number % 3}",
            item_id=letter.lower(), time=START + number * days * DAY + 60.0 * place,
        )
        for number, session in enumerate(sessions)
        for place, letter in enumerate(session)
    )  # fmt: skip


def plainly(data: Dataset, recipe: CoOccurrence) -> dict[tuple[str, str], float]:
    """What each pair counts, by the words of the recipe and in no hurry."""
    counts: dict[tuple[str, str], float] = {}
    events, n = data.events, len(data.catalog)
    for session in np.unique(events.session):
        inside = events.take((events.session == session) & np.isin(events.kind, [1, 2, 3, 5]))
        first: dict[int, int] = {}
        worth: dict[int, float] = {}
        for item, time, kind in zip(inside.item.tolist(), inside.time, inside.kind, strict=True):
            first.setdefault(item, len(first))
            age = 0.5 ** ((data.now - time) / (recipe.half_life * DAY)) if recipe.half_life else 1.0
            weight = age * recipe.kind_weights.get(KINDS[kind], 1.0)
            if recipe.dwell and (inside.time > time).any():
                weight *= min((inside.time[inside.time > time].min() - time) / recipe.dwell, 1.0)
            worth[item] = max(worth.get(item, 0.0), weight)
        row = len(first) ** -recipe.length_power * (np.log(n / len(first)) ** 2 if recipe.idf else 1.0)
        for one, other in itertools.permutations(first, 2):
            steps = first[other] - first[one]
            near = np.exp(-(abs(steps) - 1) / recipe.distance) if recipe.distance else 1.0
            value = row * min(worth[one], worth[other]) * near * (recipe.backwards if steps < 0 else 1.0)
            pair = data.catalog.items.ids[one], data.catalog.items.ids[other]
            counts[pair] = counts.get(pair, 0.0) + value
    return {pair: value for pair, value in counts.items() if value > 0}


SESSIONS = ("abca", "bcD", "adCb", "ea", "fgaB", "gf", "hacd")
TRICKS = [
    {}, {"half_life": 2.0}, {"length_power": 1.0}, {"idf": True}, {"distance": 1.5}, {"backwards": 0.0},
    {"kind_weights": {"view": 0.25}}, {"dwell": 90.0},
    {
        "half_life": 3.0, "length_power": 0.5, "idf": True, "distance": 2.0, "backwards": 0.5,
        "kind_weights": {"view": 0.5}, "dwell": 240.0,
    },
]  # fmt: skip


@pytest.mark.parametrize("tricks", TRICKS)
def test_what_a_pair_counts(tricks: dict[str, Any]) -> None:
    data = visits(*SESSIONS)
    recipe = CoOccurrence(source="sessions", updates=True, **tricks)
    kept = recipe.fit(data, RNG).kept
    assert kept is not None
    counts, ids = kept.counts, data.catalog.items.ids
    found = {
        (ids[one], ids[other]): value
        for one, other, value in zip(counts.others.rows, counts.others.values, counts.together, strict=True)
    }
    assert found == pytest.approx(plainly(data, recipe), rel=1e-12)


def test_what_a_visitor_left_at_once_counts_little() -> None:
    seconds = {"a": 0.0, "b": 30.0, "c": 32.0, "d": 32.0, "e": 100.0}
    data = shop(Event(kind="view", session_id="s", item_id=item, time=START + after) for item, after in seconds.items())
    kept = CoOccurrence(source="sessions", dwell=20.0, updates=True).fit(data, RNG).kept
    assert kept is not None
    assert kept.counts.alone == pytest.approx([1.0, 0.1, 1.0, 1.0, 1.0])  # c and d came at once, both stayed until e
    with pytest.raises(ValueError, match="needs sessions, not baskets"):
        CoOccurrence(dwell=20.0)


@pytest.mark.parametrize("tricks", TRICKS)
@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_counted_in_one_go_or_from_counts_it_is_the_same_and_the_best_are_kept(
    similarity: Any, tricks: dict[str, Any]
) -> None:
    data = visits(*SESSIONS)
    settings = {"source": "sessions", "similarity": similarity, "shrink": 0.5, "damping": 0.25, "power": 0.7, **tricks}
    every = CoOccurrence(**settings).fit(data, RNG)
    counted = CoOccurrence(**settings, updates=True).fit(data, RNG)
    assert same((every.neighbours, every.scores), (counted.neighbours, counted.scores))
    few = CoOccurrence(**settings, neighbours=2).fit(data, RNG)
    for item in range(len(data.catalog)):
        assert few.neighbours[item].tolist() == every.neighbours[item][:2].tolist()
        scores = every.scores[every.neighbours.rows == item]
        assert (np.diff(scores) <= 0).all()


def test_more_neighbours_than_are_kept_are_told_apart_by_score_and_then_by_code() -> None:
    rng = np.random.default_rng(5)
    data = orders(*[[f"i{item}" for item in rng.choice(60, 12, replace=False)] for _ in range(80)])
    for similarity in ("conditional", "npmi"):
        every = CoOccurrence(similarity=similarity, neighbours=60).fit(data, RNG)
        few = CoOccurrence(similarity=similarity, neighbours=7).fit(data, RNG)
        for item in range(60):
            whole, scores = every.neighbours[item], every.scores[every.neighbours.rows == item]
            assert np.lexsort((whole, -scores)).tolist() == list(range(len(whole)))
            assert few.neighbours[item].tolist() == whole[:7].tolist()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"similarity": "cosine", "own_exponent": 0.0, "found_exponent": 1.0}, {"b": 3 / 4, "c": 2 / 2}),
        ({"similarity": "pmi"}, {"b": log(3 * 5 / 16), "c": log(2 * 5 / 8)}),
        ({"similarity": "pmi", "shrink": 2.0}, {"b": log(3 * 5 / 16) * 3 / 5, "c": log(2 * 5 / 8) * 2 / 4}),
        ({"similarity": "ppmi"}, {"c": log(2 * 5 / 8)}),
        ({"similarity": "npmi"}, {"b": log(3 * 5 / 16) / -log(3 / 5), "c": log(2 * 5 / 8) / -log(2 / 5)}),
        ({"similarity": "conditional", "damping": 1.0}, {"b": 3 / 16, "c": 2 / 8}),
        ({"similarity": "conditional", "power": 2.0}, {"b": 9 / 16, "c": 4 / 16}),
    ],
)
def test_exponents_information_damping_and_power_by_hand(settings: dict[str, Any], expected: dict[str, float]) -> None:
    world = orders(*BASKETS)
    recipe = CoOccurrence(**{"shrink": 0.0, **settings})
    given = recipe.fit(world, RNG)(ask(world.catalog, context=["a"]), 9)
    assert dict(zip(world.catalog.items.decode(given.items), given.scores.tolist(), strict=True)) == pytest.approx(
        expected
    )


def test_tf_idf_is_the_cosine_of_weighted_vectors() -> None:
    data = orders(*BASKETS)
    vectors = np.array([[item in basket for basket in BASKETS] for item in "abc"]) * np.log(
        3 / np.array([len(basket) for basket in BASKETS])
    )
    unit = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    model = CoOccurrence(idf=True, shrink=0.0).fit(data, RNG)
    given = model(ask(data.catalog, context=["a"]), 9)
    assert given.scores.tolist() == pytest.approx(sorted((unit @ unit[0])[1:], reverse=True))


def test_rows_of_baskets_have_no_order() -> None:
    for settings in ({"distance": 2.0}, {"backwards": 0.0}):
        with pytest.raises(ValidationError, match="need rows with an order: sessions or histories, not baskets"):
            CoOccurrence(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("source", ["baskets", "sessions", "histories"])
@pytest.mark.parametrize(
    ("exact", "tricks"),
    [
        (True, {}),
        (False, {"half_life": 5.0}),
        (False, {"length_power": 1.0, "half_life": 20.0}),
        (False, {"idf": True}),
    ],
)
def test_a_hundred_small_updates_end_where_one_fit_ends(source: Any, exact: bool, tricks: dict[str, Any]) -> None:
    rng = np.random.default_rng(3)
    events = [
        Event(
            kind="purchase", session_id=f"s{visit}", order_id=f"o{visit}", user_id=f"u{visit % 17}",
            item_id=f"i{item}", time=START + 0.1 * DAY * visit + place,
        )
        for visit in range(260)
        for place, item in enumerate(rng.integers(25 + visit // 10, size=4))
    ]  # fmt: skip
    whole = shop(events)
    recipe = CoOccurrence(source=source, similarity="lift", shrink=1.0, updates=True, **tricks)
    edges = START + 0.1 * DAY * np.linspace(100, 260, 101) + 1.5  # in the middle of a visit, where they fall on one
    model = recipe.fit(whole.between(0.0, edges[0]), RNG)
    for since, until in itertools.pairwise([*edges[:-1], whole.now]):
        model = model.updated(whole.between(0.0, until), since)
    at_once = recipe.fit(whole, RNG)
    assert model.kept is not None
    assert at_once.kept is not None
    if exact:
        assert same(model, at_once)
        return
    assert same(model.kept.counts.others, at_once.kept.counts.others)
    assert np.allclose(model.kept.counts.together, at_once.kept.counts.together, rtol=1e-6, atol=0.0)
    assert np.allclose(model.scores, at_once.scores, rtol=1e-6)


def test_new_items_are_learned_and_counts_that_were_not_kept_are_missed() -> None:
    baskets = [["a", "b"], ["a", "c"], ["c", "d"]]
    before, after = orders(*baskets[:2]), orders(*baskets)
    recipe = CoOccurrence(similarity="conditional", shrink=0.0, updates=True)
    model = recipe.fit(before, RNG).updated(after, before.now)
    assert same(model, recipe.fit(after, RNG))
    with pytest.raises(BadData, match="did not keep what it counted: fit co_occurrence with updates = true"):
        CoOccurrence().fit(before, RNG).updated(after, before.now)
