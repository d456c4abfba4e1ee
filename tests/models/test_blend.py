"""Several retrievers as one: who knows the answers counts most."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from endcap.config import Config, parse
from endcap.core.arrays import Codes, Ragged, Scores
from endcap.core.candidates import Candidates
from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadConfig
from endcap.core.part import Part, build
from endcap.core.query import Queries, Query
from endcap.core.records import Event
from endcap.models import blend as blend_module
from endcap.models.blend import Blend, BlendModel, scaled
from endcap.models.co_occurrence import CoOccurrence, CoOccurrenceModel
from endcap.models.held_out import Asking
from endcap.models.ials import IALS
from endcap.models.last_viewed import LastViewed
from endcap.models.popular import Popular
from endcap.models.prod2vec import Prod2Vec
from endcap.models.sequential_rules import SequentialRules
from endcap.models.session_factors import SessionFactors
from endcap.models.weighing import Lists, learned
from endcap.testing import START, RetrieverContract, ask, bought, orders, same, saved_and_loaded, shop

RNG = np.random.default_rng(0)


class TestBlendContract(RetrieverContract):
    recipe = Blend(models=(CoOccurrence(), Popular()), source="baskets")


class TestBlendWithVectorsContract(RetrieverContract):
    recipe = Blend(models=(Prod2Vec(size=8, epochs=3, subsample=0.0), Popular()), source="histories", scale="rank")


class TestBlendOfShortListsContract(RetrieverContract):
    recipe = Blend(models=(CoOccurrence(similarity="jaccard"), Popular()), source="baskets", width=3, scale="best")


class Says(Part):
    """Always the same list."""

    items: tuple[int, ...]
    scores: tuple[float, ...] = ()

    def fit(self, data: Dataset, rng: np.random.Generator) -> "SaysModel":
        scores = self.scores or tuple(range(len(self.items), 0, -1))
        return SaysModel(np.array(self.items, np.int32), np.array(scores, np.float32))


@dataclass(frozen=True)
class SaysModel:
    items: Codes
    scores: Scores

    def __call__(self, query: Query, k: int) -> Candidates:
        return Candidates(self.items[:k], self.scores[:k])


def walks(n: int = 60) -> Dataset:
    """Visits a, b, c, d round and round, each begun at another place; z comes last in all of them."""
    return shop(
        Event(kind="view", session_id=f"s{n}", item_id=item, time=START + n * DAY + at)
        for n in range(n)
        for at, item in enumerate([*"abcdabcd"[n % 4 : n % 4 + 3], "z"])
    )


def test_scores_are_weighted_sums_on_a_common_scale() -> None:
    world = orders(["a"], items={name: {} for name in "abcd"})
    blend = Blend(models=(Says(items=(0, 1), scores=(3.0, 2.0)), Says(items=(1, 2), scores=(20.0, 20.0))))
    given = blend.fit(world, RNG)(ask(world.catalog), 9)
    assert given.items.tolist() == [1, 0, 2]
    assert given.scores == pytest.approx([(2 / 5 + 1 / 2) / 2, 3 / 10, 1 / 4])
    assert given.feature("Says 1")[:2].tolist() == [2.0, 3.0]
    assert np.isnan(given.feature("Says 2")[1])


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ("best", [[1.0, 0.5, 0.0], [1.0, 0.4, 0.0]]),
        ("sum", [[2 / 3, 1 / 3, 0.0], [5 / 7, 2 / 7, 0.0]]),
        ("rank", [[1 / 11, 1 / 12, 0.0], [1 / 11, 1 / 12, 1 / 13]]),
        ("none", [[4.0, 2.0, 0.0], [5.0, 2.0, 0.0]]),
    ],
)
def test_each_scale_by_hand(scale: str, expected: list[list[float]]) -> None:
    scores = np.array([[4.0, 2.0, np.nan], [3.0, 0.0, -2.0]])
    assert scaled(scores, scale) == pytest.approx(np.array(expected))  # type: ignore[arg-type]


def test_who_knows_the_answers_counts_most() -> None:
    world = walks()
    z = Says(items=tuple(world.catalog.items.encode(["z"]).tolist()))
    model = Blend(models=(SequentialRules(window=1, seeds=1), z, z), validation=0.3).fit(world, RNG)
    assert model.weights.sum() == pytest.approx(1.0)
    assert model.weights[0, 0] > 0.5
    assert world.catalog.items.decode(model(ask(world.catalog, session=["a"]), 1).items) == ["b"]


def test_scores_as_they_are_find_their_weights_whatever_their_size() -> None:
    world = walks()
    z, *others = world.catalog.items.encode(["z", *"abcd"]).tolist()
    large = Says(items=(z, *others), scores=(5e4, 4e4, 3e4, 2e4, 1e4))
    model = Blend(models=(SequentialRules(window=1, seeds=1), large), validation=0.3, scale="none").fit(world, RNG)
    assert model.weights.sum() == pytest.approx(1.0)
    assert model.weights[0, 1] < 1e-4
    assert world.catalog.items.decode(model(ask(world.catalog, session=["a"]), 1).items) == ["b"]


def test_a_retriever_that_finds_nothing_has_level_one() -> None:
    codes = np.array([[0, 1]], np.int32)
    lists = Lists.of([(codes, np.array([[4.0, 2.0]])), (codes - 9, np.zeros((1, 2)))], np.array([1], np.int32), 2)
    levelled, levels = lists.levelled()
    assert levels.tolist() == [3.0, 1.0]
    assert levelled.features[:, 0] == pytest.approx([4 / 3, 2 / 3])


def test_a_group_of_queries_has_weights_of_its_own() -> None:
    one, other = np.array([[0, 1]] * 400, np.int32), np.array([[1, 0]] * 400, np.int32)
    groups = np.repeat([0, 1], 200)
    lists = Lists.of(
        [(one, np.tile([2.0, 1.0], (400, 1))), (other, np.tile([3.0, 1.0], (400, 1)))], groups.astype(np.int32), 2
    )
    weights = learned(lists, groups, 2, "MRR", 20)
    assert weights[0, 0] > 2 * weights[0, 1]
    assert weights[1, 0] < 2 * weights[1, 1]
    assert lists.places(weights[groups]).tolist() == [1] * 400


def test_places_count_from_one_and_ties_go_to_the_smaller_code() -> None:
    codes = np.array([[2, 0, 1], [0, 1, -1], [0, 1, 2]], np.int32)
    values = np.array([[3.0, 1.0, 1.0], [2.0, 1.0, 0.0], [2.0, 1.0, 0.5]])
    lists = Lists.of([(codes, values)], np.array([1, 2, 2], np.int32), 4)
    assert lists.asked.tolist() == [0, 2]
    assert lists.places(np.ones((2, 1), np.float32)).tolist() == [3, 3]


def test_the_visit_before_decides_the_group() -> None:
    blend = Blend(models=(Says(items=(0,)), Says(items=(1,))), lengths=(1, 3))
    model = blend.fit(walks(8), RNG)
    assert model.groups(np.array([0, 1, 2, 3, 4])).tolist() == [0, 0, 1, 1, 2]
    assert model.weights.shape == (3, 2)


def test_further_down_the_lists_there_is_more_and_reasons_still_add_up() -> None:
    world = orders(["a"], items={f"i{n}": {} for n in range(9)})
    first, second = Says(items=tuple(range(6))), Says(items=tuple(range(8, 2, -1)))
    model = Blend(models=(first, second), width=2).fit(world, RNG)
    query = ask(world.catalog)
    given = model(query, 20)
    assert set(given.items[:4].tolist()) == {0, 1, 7, 8}
    assert sorted(given.items.tolist()) == list(range(9))
    for item, score in zip(given.items.tolist(), given.scores.tolist(), strict=True):
        assert model.why(query, item).score == pytest.approx(score, abs=1e-5)
    unheard = replace(model, weights=np.array([[1.0, 0.0]], np.float32))
    for item, score in zip((last := unheard(query, 20)).items.tolist(), last.scores.tolist(), strict=True):
        assert unheard.why(query, item).score == pytest.approx(score, abs=1e-5)
    codes, scores = model.many(Queries.of(world.catalog, np.zeros(1)), 9)
    assert codes[0].tolist() == given.items.tolist()
    assert scores[0] == pytest.approx(given.scores)


def test_reasons_are_those_of_the_models_in_proportion() -> None:
    world = walks()
    model = Blend(models=(SequentialRules(), Popular(kinds=("view",)))).fit(world, RNG)
    codes = world.catalog.items.encode(["a", "b", "c"])
    why = model.why(ask(world.catalog, session=["a", "b"]), int(codes[2]))
    assert set(why.seeds.tolist()) == set(codes[:2].tolist())
    assert "popular with everybody" in why.because


def test_many_queries_are_answered_by_matrix_products_as_one_is() -> None:
    rng = np.random.default_rng(4)
    world = orders(*([f"i{n}" for n in rng.choice(40, 5, replace=False)] for _ in range(60)))
    factors = IALS(size=8, epochs=3, threads=1), SessionFactors(size=8, threads=1, again=False)
    model = Blend(models=factors, source="histories", width=20).fit(world, RNG)
    histories = Ragged.of([rng.choice(40, 3, replace=False) for _ in range(300)])
    asked = Queries.of(world.catalog, np.zeros(300), history=histories)
    codes, scores = model.many(asked, 10)
    for row in (0, 1, 255, 256, 299):
        alone = model(asked[row], 10)
        assert codes[row].tolist() == alone.items.tolist()
        assert scores[row] == pytest.approx(alone.scores, rel=1e-4)
        assert not set(codes[row].tolist()) & set(histories[row].tolist())


@dataclass(frozen=True)
class Counting:
    """A model that counts how it is asked."""

    model: CoOccurrenceModel
    single: list[int]
    batches: list[tuple[int, int]]

    def __call__(self, query: Query, k: int) -> Candidates:
        self.single.append(k)
        return self.model(query, k)

    def many(self, queries: Queries, k: int) -> tuple[Codes, Scores]:
        self.batches.append((len(queries), k))
        return self.model.many(queries, k)


@pytest.mark.parametrize("scale", ["best", "sum", "rank", "none"])
def test_more_than_the_width_is_asked_for_in_batches_and_as_single_calls_find_it(scale: str) -> None:
    rng = np.random.default_rng(5)
    world = orders(*([f"i{n}" for n in rng.choice(60, 6, replace=False)] for _ in range(80)))
    recipes = CoOccurrence(), CoOccurrence(similarity="lift")
    plain = Blend(models=recipes, source="baskets", width=4, scale=scale).fit(world, RNG)  # type: ignore[arg-type]
    models = [Counting(model, [], []) for model in plain.models]
    blend = replace(plain, models=tuple(models))
    queries = Queries.of(world.catalog, np.zeros(70), context=Ragged.of([[n % 60, (7 * n) % 59] for n in range(70)]))
    codes, scores = blend.many(queries, 20)
    for counted in models:
        assert not counted.single
        assert [width for _, width in counted.batches] == [4, 16, 64]
        assert counted.batches[0][0] == 70 >= counted.batches[1][0] > counted.batches[2][0] > 0
    for row in range(70):
        alone = plain(queries[row], 20)
        assert codes[row, : len(alone)].tolist() == alone.items.tolist()
        assert (codes[row, len(alone) :] == -1).all()
        assert scores[row, : len(alone)] == pytest.approx(alone.scores, rel=1e-4)


def test_batches_hold_no_more_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    world = orders(["a", "b", "c"], ["b", "c"])
    plain = Blend(models=(CoOccurrence(), Popular()), source="baskets", width=10).fit(world, RNG)
    counted = Counting(plain.models[0], [], [])
    monkeypatch.setattr(blend_module, "CELLS", 40)
    model = replace(plain, models=(counted, plain.models[1]))
    model.many(Queries.of(world.catalog, np.zeros(5), context=Ragged.of([[0]] * 5)), 2)
    assert counted.batches == [(2, 10), (2, 10), (1, 10)]


def test_saved_with_its_models() -> None:
    model = Blend(models=(Popular(kinds=("view",)), SequentialRules())).fit(walks(8), RNG)
    assert isinstance(model, BlendModel)
    assert same(saved_and_loaded(model), model)


def test_models_are_named_and_told_with_their_settings() -> None:
    blend = build("endcap.models.blend:Blend", {"models": ["session_knn", {"use": "popular", "half_life": 7.0}]})
    assert blend.models[1] == Popular(half_life=7.0)
    assert Blend.model_validate_json(blend.model_dump_json()) == blend
    assert hash(blend) == hash(blend.model_copy())


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (["nobody"], "models: nobody: no model is called 'nobody'; there are: "),
        ([{"use": "popular", "size": 3}], "models: popular: size: unknown key; known: kinds"),
        (["parquet"], "models: 'parquet' is not a model"),
        (["available"], "models: 'available' is not a model"),
        ([], "models: found"),
    ],
)
def test_a_mistake_in_a_part_of_it_says_which(models: list[object], said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        build("endcap.models.blend:Blend", {"models": models})


def configured(blend: str) -> Config:
    models = (
        '[models.popular]\nuse = "popular"\nhalf_life = 3.0\n\n[models.rules]\nuse = "sequential_rules"\nwindow = 2\n'
    )
    return parse(f'[[sources]]\nuse = "csv"\nevents = "e.csv"\n\n{models}\n{blend}', Path("endcap.toml"))


def test_configured_models_are_blended_by_their_names() -> None:
    both = configured(
        '[models.both]\nuse = "blend"\nmodels = ["rules", "popular", "last_viewed"]\n'
        '[models.all]\nuse = "blend"\nmodels = ["both", { use = "popular" }]'
    ).recipes
    assert both["both"].models == (SequentialRules(window=2), Popular(half_life=3.0), LastViewed())
    assert both["all"].models == (both["both"], Popular())


def test_a_blend_may_have_the_name_of_what_it_blends() -> None:
    blend = configured('[models.last_viewed]\nuse = "blend"\nmodels = ["last_viewed", "rules"]').recipes["last_viewed"]
    assert blend.models == (LastViewed(), SequentialRules(window=2))


def test_a_name_that_nothing_has_is_told_with_its_line() -> None:
    with pytest.raises(BadConfig, match=r"endcap.toml, line 15: models.both.models: .*no model is called 'nobody'"):
        configured('[models.both]\nuse = "blend"\nmodels = ["rules", "nobody"]')


def rows(ragged: Ragged) -> list[list[int]]:
    return [row.tolist() for row in ragged]


def asking(source: str, share: float = 0.5, most: int = 100) -> Asking:
    return Asking(source, ("view",), share, most)  # type: ignore[arg-type]


def test_visits_are_asked_for_what_comes_next() -> None:
    world = shop(
        Event(kind="view", session_id=session, item_id=item, time=START + day * DAY + at)
        for day, session in enumerate(["s0", "s1"])
        for at, item in enumerate("abc" if day else "ab")
    )
    held = asking("sessions").of(world, RNG)
    assert rows(held.queries.session) == [[0], [0, 1]]
    assert held.answers.tolist() == [1, 2]
    assert held.before.events.item.tolist() == [0, 1]
    assert len(asking("sessions", most=1).of(world, RNG)) == 1


def test_baskets_are_asked_for_each_item_given_the_others() -> None:
    held = asking("baskets").of(orders(["a", "b"], ["a", "b", "c"]), RNG)
    assert rows(held.queries.context) == [[1, 2], [0, 2], [0, 1]]
    assert held.answers.tolist() == [0, 1, 2]


def test_users_are_asked_for_what_they_bought_next() -> None:
    world = shop(
        Event(kind="purchase", session_id=f"s{n}", order_id=f"o{n}", user_id="u", item_id=item, time=START + n * DAY)
        for n, item in enumerate("abc")
    )
    held = asking("histories", share=0.4).of(world, RNG)
    assert rows(held.queries.history) == [[0], [0, 1]]
    assert held.answers.tolist() == [1, 2]


def test_what_was_bought_at_one_time_is_not_told_when_the_rest_of_it_is_asked_for() -> None:
    world = shop(
        event
        for day, items in enumerate((["a"], ["b", "c"], ["d", "e"]))
        for event in bought(*items, order=f"o{day}", user="u", day=day)
    )
    held = asking("histories", share=0.4).of(world, RNG)
    assert rows(held.queries.history) == [[0, 1, 2], [0, 1, 2]]
    assert held.answers.tolist() == [3, 4]


def test_with_nothing_before_nothing_is_asked() -> None:
    for source in ("sessions", "baskets", "histories"):
        assert len(asking(source, share=0.99).of(orders(["a", "b"]), RNG)) == 0
