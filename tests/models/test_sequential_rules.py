"""What comes next: on visits short enough to count by hand."""

from math import exp, log10
from typing import Any

import numpy as np
import pytest

from endcap.core.dataset import DAY, Dataset
from endcap.core.errors import BadData
from endcap.core.records import Event
from endcap.models.sequential_rules import SequentialRules
from endcap.testing import START, RetrieverContract, ask, same, shop

RNG = np.random.default_rng(0)
PLAIN = SequentialRules(shrink=0.0, recency=1.0)


class TestSequentialRulesContract(RetrieverContract):
    recipe = SequentialRules()

    def test_one_item_and_one_user_are_enough(self) -> None:
        with pytest.raises(BadData, match="nothing follows anything in sessions; event kinds in the data: view"):
            self.recipe.fit(visits("a"), RNG)


def visits(*sessions: str, user: str | None = None, days: float = 0.0) -> Dataset:
    """Views of the items named by each letter, a minute apart; sessions so many days apart."""
    return shop(
        Event(
            kind="view", session_id=f"s{n}", user_id=user, item_id=item, time=START + n * (days * DAY + 3600) + 60 * at
        )
        for n, session in enumerate(sessions)
        for at, item in enumerate(session)
    )


def scored(recipe: SequentialRules, world: Dataset, *session: str) -> dict[str, float]:
    given = recipe.fit(world, RNG)(ask(world.catalog, session=session), 9)
    return dict(zip(world.catalog.items.decode(given.items), given.scores.tolist(), strict=True))


def test_a_markov_chain_is_the_share_of_what_came_next() -> None:
    markov = PLAIN.model_copy(update={"window": 1, "seeds": 1})
    world = visits("abc", "abd", "ad", "ba")
    assert scored(markov, world, "b", "a") == pytest.approx({"b": 2 / 3, "d": 1 / 3})
    assert scored(markov, world, "a", "b") == pytest.approx({"a": 1 / 3, "c": 1 / 3, "d": 1 / 3})


@pytest.mark.parametrize(
    ("decay", "second", "third"),
    [
        ("harmonic", 1 / 2, 1 / 3),
        ("quadratic", 1 / 4, 1 / 9),
        ("root", 1 / 2**0.5, 1 / 3**0.5),
        ("linear", 3 / 4, 2 / 4),
        ("logarithmic", 1 / log10(3.7), 1 / log10(4.7)),
        ("none", 1.0, 1.0),
    ],
)
def test_each_decay_by_hand(decay: Any, second: float, third: float) -> None:
    recipe = PLAIN.model_copy(update={"decay": decay, "window": 4})
    second, third = min(second, 1.0), min(third, 1.0)
    whole = 1 + second + third
    expected = {"b": 1 / whole, "c": second / whole, "d": third / whole}
    assert scored(recipe, visits("abcd"), "a") == pytest.approx(expected)


def test_direction_counts() -> None:
    assert scored(PLAIN, visits("ab"), "b") == {}


def test_what_comes_before_can_count_as_well() -> None:
    both = PLAIN.model_copy(update={"backwards": 0.5})
    whole = 1 / 2 + 1 + 1 / 2  # b stands before c and d; a, counting half, before b
    assert scored(both, visits("abcd"), "b") == pytest.approx({"a": 0.5 / whole, "c": 1 / whole, "d": 0.5 / whole})
    assert scored(both, visits("ab", "xy"), "b") == {"a": 1.0}
    assert scored(both.model_copy(update={"backwards": 1.0, "decay": "none"}), visits("abc"), "b") == {
        "a": 1 / 2,
        "c": 1 / 2,
    }


def test_a_small_own_exponent_lets_what_led_to_much_say_more() -> None:
    world = visits("ab", "ac", "ac", "ac", "xy")
    recipe = PLAIN.model_copy(update={"own_exponent": 0.5})
    assert scored(recipe, world, "a") == pytest.approx({"b": 1 / 2, "c": 3 / 2})
    assert scored(recipe, world, "x") == {"y": 1.0}


def test_seeds_further_back_count_less_and_each_says_its_part() -> None:
    world = visits("ax", "bx", "by")
    assert scored(PLAIN, world, "a", "b") == pytest.approx({"x": exp(-1) + 1 / 2, "y": 1 / 2})
    codes = world.catalog.items.encode(["a", "b", "x"])
    why = PLAIN.fit(world, RNG).why(ask(world.catalog, session=["a", "b"]), int(codes[2]))
    assert why.seeds.tolist() == codes[:2].tolist()
    assert why.adds == pytest.approx([exp(-1), 1 / 2])


def test_only_so_many_seeds_are_asked_and_neighbours_kept() -> None:
    world = visits("ax", "bx", "bx", "by")
    assert scored(PLAIN.model_copy(update={"seeds": 1}), world, "a", "b") == pytest.approx({"x": 2 / 3, "y": 1 / 3})
    assert scored(PLAIN.model_copy(update={"neighbours": 1}), world, "b") == pytest.approx({"x": 2 / 3})


def test_shrinkage_and_damping_distrust_the_rare_and_the_popular() -> None:
    world = visits("ax", "ay", "by", "cy", "ay")
    assert scored(PLAIN.model_copy(update={"shrink": 1.0}), world, "a") == pytest.approx({"y": 2 / 4, "x": 1 / 4})
    assert scored(PLAIN.model_copy(update={"damping": 1.0}), world, "a") == pytest.approx({"x": 1 / 3, "y": 2 / 12})


def test_old_visits_count_less() -> None:
    world = visits("ab", "ac", days=10.0)
    young = scored(PLAIN.model_copy(update={"age": 10.0}), world, "a")
    assert young["b"] / young["c"] == pytest.approx(exp(-1 - 1 / 240))


def test_coming_back_is_a_setting() -> None:
    world = visits("aba")
    assert scored(PLAIN, world, "b")["a"] == 1.0
    assert scored(PLAIN.model_copy(update={"again": 0.0}), world, "a", "b") == {}


def test_histories_go_on_from_visit_to_visit() -> None:
    world = visits("a", "b", user="u")
    assert scored(PLAIN.model_copy(update={"source": "histories"}), world, "a") == {"b": 1.0}


def test_threads_change_nothing() -> None:
    rng = np.random.default_rng(1)
    world = visits(*("".join(rng.choice(list("abcdefghij"), 6)) for _ in range(50)))
    one, many = (SequentialRules(threads=threads).fit(world, RNG) for threads in (1, 4))
    assert same(one, many)
