"""Lists are full while eligible items exist, never hold what they must not, and say where they came from."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from endcap.core.candidates import Candidates
from endcap.core.query import Query, Retriever, Stage
from endcap.slots.filters import available, not_in_cart, one_per_family
from endcap.slots.slot import Slot
from endcap.testing import ask, checkerboard, found

WORLD = checkerboard(100)
CATALOG = WORLD.catalog
ASKED = ask(CATALOG)


def by_code(query: Query, k: int) -> Candidates:
    """Every item, the smaller code first."""
    return Candidates.all(-np.arange(len(query.catalog), dtype=np.float32)).top(k)


def just(*codes: int) -> Retriever:
    """Only the given items, in the given order."""
    candidates = found(*((code, -float(place)) for place, code in enumerate(codes)))
    return lambda _, k: candidates.top(k)


def only(*codes: int) -> Stage:
    """A filter that lets the given items pass."""
    return lambda _, candidates: candidates.take(np.isin(candidates.items, codes))


def broken(*arguments: object) -> Candidates:
    """A part that always raises."""
    raise ZeroDivisionError("the model is upside down")


Parts = dict[str, Callable[..., Candidates]]


def slot(retrievers: Parts, stages: Parts | None = None, fallbacks: Parts | None = None) -> Slot:
    """A slot for five items."""
    return Slot("a/slot", retrievers, stages or {}, fallbacks or {}, k=5)


@pytest.mark.parametrize("kept", [0, 57, 99])
def test_a_filter_that_keeps_one_of_a_hundred_still_finds_it(kept: int) -> None:
    filled = slot({"all": by_code}, {"only": only(kept)}).fill(ASKED)
    assert filled.candidates.items.tolist() == [kept]


def test_a_filter_never_shortens_the_list() -> None:
    filled = slot({"all": by_code}, {"only": only(*range(95, 100))}).fill(ASKED)
    assert filled.candidates.items.tolist() == [95, 96, 97, 98, 99]
    assert filled.tiers == ["primary"] * 5


def test_each_rung_of_the_ladder_puts_its_name_on_what_it_found() -> None:
    ladder = {"second": just(7, 1), "third": by_code}
    filled = slot({"first": just(9, 7)}, {}, ladder).fill(ASKED)
    assert filled.candidates.items.tolist() == [9, 7, 1, 0, 2]
    assert filled.tiers == ["primary", "primary", "second", "third", "third"]
    assert (np.diff(filled.candidates.scores) < 0).all()


def test_a_full_list_asks_no_fallback() -> None:
    filled = slot({"all": by_code}, {}, {"fallback": broken}).fill(ASKED)
    assert filled.tiers == ["primary"] * 5
    assert [step.step for step in filled.trace.steps] == ["all"]


def test_fallbacks_pass_the_same_stages() -> None:
    filled = slot({"none": just()}, {"only": only(50, 60)}, {"fallback": by_code}).fill(ASKED)
    assert filled.candidates.items.tolist() == [50, 60]
    assert set(filled.tiers) == {"fallback"}


def test_a_failing_retriever_is_skipped_and_named() -> None:
    filled = slot({"bad": broken, "good": by_code}).fill(ASKED)
    assert filled.candidates.items.tolist() == [0, 1, 2, 3, 4]
    (failure,) = filled.trace.failures
    assert (failure.step, failure.kind) == ("bad", "retriever")
    assert failure.error == "ZeroDivisionError: the model is upside down"


def test_a_failing_stage_gives_its_tier_nothing_and_is_named() -> None:
    seen: list[int] = []

    def once(query: Query, candidates: Candidates) -> Candidates:
        seen.append(len(candidates))
        return broken() if len(seen) == 1 else candidates

    filled = slot({"all": by_code}, {"once": once}, {"fallback": by_code}).fill(ASKED)
    assert filled.tiers == ["fallback"] * 5
    assert [(step.step, step.kind) for step in filled.trace.failures] == [("once", "stage")]
    assert slot({"all": by_code}, {"bad": broken}, {"fallback": by_code}).fill(ASKED).tiers == []


def test_not_a_number_never_reaches_a_list() -> None:
    def unsure(query: Query, k: int) -> Candidates:
        return found((3, np.nan), (4, 1.0), (5, np.inf))

    def unsettling(query: Query, candidates: Candidates) -> Candidates:
        return Candidates(
            candidates.items, np.where(candidates.items == 6, np.nan, candidates.scores).astype(np.float32)
        )

    filled = slot({"unsure": unsure, "more": just(6, 7)}, {"unsettling": unsettling}).fill(ASKED)
    assert filled.candidates.items.tolist() == [4, 7]


def test_one_of_each_family_over_all_tiers() -> None:
    filled = slot({"first": just(2)}, {"one_per_family": one_per_family}, {"rest": by_code}).fill(ASKED)
    assert filled.candidates.items.tolist() == [2, 1, 4, 5, 8]


def test_k_of_the_request_counts() -> None:
    assert len(slot({"all": by_code}).fill(ASKED, 3).candidates) == 3
    assert slot({"all": by_code})(ASKED, 2).items.tolist() == [0, 1]


THIRTY = checkerboard(30).catalog
CODES = st.lists(st.integers(0, 29), max_size=30, unique=True)


@given(retrieved=st.tuples(CODES, CODES, CODES), sellable=CODES, cart=CODES, exclude=CODES, k=st.integers(1, 12))
def test_full_while_eligible_items_exist_and_nothing_else_ever(
    retrieved: tuple[list[int], ...], sellable: list[int], cart: list[int], exclude: list[int], k: int
) -> None:
    first, second, last = retrieved
    catalog = THIRTY.with_columns({"available": np.isin(np.arange(30), sellable)})
    query = ask(catalog, cart=[f"i{code}" for code in cart], exclude=[f"i{code}" for code in exclude])
    stages: dict[str, Stage] = {"available": available, "not_in_cart": not_in_cart, "one_per_family": one_per_family}
    filled = Slot("s", {"first": just(*first), "second": just(*second)}, stages, {"last": just(*last)}).fill(query, k)
    items = filled.candidates.items.tolist()
    eligible = {code for code in {*first, *second, *last} & set(sellable) if code not in {*cart, *exclude}}
    families = {int(catalog["family"][code]) for code in eligible}
    assert set(items) <= eligible
    assert len({int(catalog["family"][code]) for code in items}) == len(items) == len(filled.tiers)
    assert len(items) == min(k, len(families))
    assert not filled.trace.failures
