"""Parts by name: what is found, and what is said when it is not."""

import pytest

from endcap.core.errors import BadConfig, MissingExtra, UnknownPart
from endcap.core.part import Part, build, find, needs
from endcap.models.popular import Popular
from endcap.slots.filters import available


def test_names_lead_to_parts() -> None:
    assert find("popular") is Popular
    assert find("endcap.models.popular:Popular") is Popular
    assert find("available") is available
    assert build("popular", {"half_life": 3.0}) == Popular(half_life=3.0)


class Weighted(Part):
    weights: dict[str, float]


def test_equal_parts_are_one_in_a_set_whatever_their_settings_are() -> None:
    assert len({Weighted(weights={"a": 1.0}), Weighted(weights={"a": 1.0}), Weighted(weights={"a": 2.0})}) == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("populer", r"no model is called 'populer' \(did you mean 'popular'\?\); there are: .*popular"),
        ("x", "no model is called 'x'; there are: .*popular"),
        ("nowhere.at_all:Thing", "there is no module 'nowhere' to import"),
        ("endcap.models.popular:Thing", "module 'endcap.models.popular' has no 'Thing'"),
        (":Thing", "Thing"),
        (".popular:Popular", "popular"),
    ],
)
def test_an_unknown_part_is_refused_with_what_there_is(name: str, said: str) -> None:
    with pytest.raises(UnknownPart, match=said):
        build(name, {}, "model")


def test_settings_that_do_not_fit_are_named_with_those_that_would() -> None:
    with pytest.raises(BadConfig, match="halflife: unknown key; known: kinds, half_life"):
        build("popular", {"halflife": 3})
    with pytest.raises(BadConfig, match="half_life: found -1"):
        build("popular", {"half_life": -1})
    with pytest.raises(BadConfig, match="by: this key is needed"):
        build("max_per", {})
    with pytest.raises(BadConfig, match="n: unknown key; 'available' knows: none"):
        build("available", {"n": 1})


def test_a_missing_library_says_how_to_get_it() -> None:
    with pytest.raises(MissingExtra, match=r"pip install 'endcap\[neural\]'"):
        needs("no_such_library", extra="neural")
