"""What a recipe's fields say of themselves, and what a configuration may make of it."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from endcap.core.errors import BadConfig
from endcap.core.part import Part
from endcap.core.tunable import SETTLED, Between, OneOf
from endcap.evaluate.tuning.space import Space, changed, grid, holds, near_end, points, space_of
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.last_viewed import LastViewed
from endcap.models.popular import Popular, PopularIn
from endcap.models.prod2vec import Prod2Vec
from endcap.models.same_band import PopularInBand
from endcap.models.session_knn import SessionKNN


class Everything(Part):
    flag: bool = True
    kind: Literal["a", "b"] = "a"
    share: float = Field(default=0.5, ge=0, lt=1)
    steps: int = Field(default=3, gt=0, le=9)
    size: PositiveInt = 16
    l2: NonNegativeFloat = 0.01
    scale: PositiveFloat = 1.0
    said: Annotated[PositiveFloat, Between(0.5, 2.0, log=True)] = 1.0
    some: Annotated[PositiveFloat | None, OneOf((None, 7.0))] = None
    threads: Annotated[PositiveInt, SETTLED] = 1
    zero: NonNegativeFloat = 0.0
    free: float = 1.0
    name: str = "x"
    kinds: tuple[str, ...] = ("view",)


def test_the_space_is_what_the_fields_allow_and_say() -> None:
    assert space_of(Everything()) == {
        "flag": OneOf((False, True)),
        "kind": OneOf(("a", "b")),
        "share": Between(0.0, 0.99),
        "steps": Between(1, 9),
        "size": Between(2, 128, log=True),
        "l2": Between(0.00125, 0.08, log=True),
        "scale": Between(0.125, 8.0, log=True),
        "said": Between(0.5, 2.0, log=True),
        "some": OneOf((None, 7.0)),
    }


def test_the_settings_that_are_there_lie_in_it() -> None:
    recipe = Everything(said=5.0, some=30.0, size=1000)
    space = space_of(recipe)
    assert space["said"] == Between(0.5, 5.0, log=True)
    assert space["some"] == OneOf((None, 7.0, 30.0))
    assert space["size"] == Between(2, 1000, log=True)
    assert holds(space, dict(recipe))


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        ({"size": [32, 64]}, Between(32, 64, log=True)),
        ({"size": [32, 64, 100]}, OneOf((32, 64, 100))),
        ({"size": 32}, OneOf((32,))),
        ({"size": {"low": 4, "high": 8}}, Between(4, 8)),
        ({"share": [0, 1e-2]}, Between(0.0, 0.01)),
        ({"kind": ["b"]}, OneOf(("b",))),
        ({"threads": [1, 4]}, Between(1, 4)),
        ({"kinds": [["view"], ["view", "cart"]]}, OneOf((["view"], ["view", "cart"]))),
        ({"flag": False}, OneOf((False,))),
    ],
)
def test_a_wish_narrows_or_widens(wish: dict[str, object], found: object) -> None:
    (name,) = wish
    space = space_of(Everything(), wish)
    assert space[name] == found
    assert set(space) == {*space_of(Everything()), name}


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"sise": 3}, "sise: unknown key; known: flag, kind,"),
        ({"size": [64, 32]}, "size: found [64, 32]: a range from 64 to 32; expected 0 < low < high"),
        ({"size": [0, 3, 5]}, "size: found 0: input should be greater than 0"),
        ({"share": [0.5, 2.0]}, "share: found 2.0: input should be less than 1"),
        ({"kind": ["a", "c"]}, "kind: found 'c': input should be 'a' or 'b'"),
        ({"size": []}, "size: found []: there is nothing to choose from"),
        ({"size": {"lo": 3}}, "size: found {'lo': 3}: keys lo"),
    ],
)
def test_a_wish_that_cannot_be_says_why(wish: dict[str, object], said: str) -> None:
    with pytest.raises(BadConfig) as raised:
        space_of(Everything(), wish)
    assert said in str(raised.value)


def test_a_recipe_with_nothing_to_search_says_so() -> None:
    with pytest.raises(BadConfig, match="LastViewed has nothing to search"):
        space_of(LastViewed())


@pytest.mark.parametrize("recipe", [Popular(), PopularIn(), PopularInBand(), CoOccurrence(), Prod2Vec(), SessionKNN()])
def test_every_recipe_holds_its_defaults_and_accepts_the_ends_of_its_space(recipe: Part) -> None:
    space = space_of(recipe)
    assert holds(space, dict(recipe))
    assert not {"threads", "source"} & set(space)
    for field, choice in space.items():
        for value in points(choice, 3):
            assert getattr(changed(recipe, {field: value}), field) == value


def test_a_grid_has_as_many_points_per_range_as_fit() -> None:
    space: Space = {"a": Between(1.0, 100.0, log=True), "b": OneOf(("x", "y")), "n": Between(1, 2)}
    found = grid(space, 12)
    assert [point["a"] for point in found if (point["b"], point["n"]) == ("x", 1)] == [1.0, 10.0, 100.0]
    assert len(found) == 12
    with pytest.raises(BadConfig, match="a grid over a, b, n has 8 points or more; expected at most 7"):
        grid(space, 7)
    assert len(grid({"n": Between(1, 3)}, 1000)) == 3


def test_what_lies_at_the_end_of_a_range() -> None:
    assert [value for value in (1, 2, 3, 50, 98, 99, 100) if near_end(Between(0, 100), value)] == [1, 2, 98, 99, 100]
    logarithmic = Between(1.0, 100.0, log=True)
    assert [value for value in (1.0, 1.09, 1.2, 50.0, 90.0, 95.0) if near_end(logarithmic, value)] == [1.0, 1.09, 95.0]
