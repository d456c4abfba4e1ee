"""A request in ids becomes a slate: whatever is not known is answered by the ladder, with the reason."""

import numpy as np
import pytest

from endcap.core.bundle import Bundle
from endcap.core.candidates import Candidates
from endcap.core.errors import BadRequest
from endcap.core.records import Event, Kind, Request
from endcap.core.vocabulary import Vocabulary
from endcap.serve.hydrate import hydrated, near_id
from endcap.serve.recommender import Recommender
from endcap.stream.recent import Recent
from endcap.testing import START


def touched(*items: str, session: str = "s", user: str | None = None) -> list[Event]:
    """Views by a guest, purchases by a user."""
    kind: Kind = "purchase" if user else "view"
    return [Event(kind=kind, session_id=session, user_id=user, item_id=item) for item in items]


def parities(slate_items: list[str]) -> set[int]:
    """Whether items are even or odd."""
    return {int(item_id[1:]) % 2 for item_id in slate_items}


def test_ids_become_codes(bundle: Bundle) -> None:
    recent = Recent()
    recent.apply(touched("i5", "x", "i6"))
    request = Request(slot="s", item="i3", cart=["i1", "i2"], session="s", exclude=["i9", "gone"])
    understood = hydrated(request, bundle, recent, START)
    query = understood.query
    columns = (query.context, query.cart, query.session, query.exclude)
    assert [column.tolist() for column in columns] == [[3], [1, 2], [5, 6], [9]]
    assert query.now == START
    assert understood.reasons == []


def test_the_country_is_what_the_page_says(bundle: Bundle) -> None:
    assert hydrated(Request(slot="s", country="PT"), bundle, Recent(), START).query.country == "PT"
    assert hydrated(Request(slot="s"), bundle, Recent(), START).query.country == ""


def test_without_an_item_the_cart_is_what_is_shown(bundle: Bundle) -> None:
    understood = hydrated(Request(slot="s", cart=["i1", "x", "i2"]), bundle, Recent(), START)
    assert understood.query.context.tolist() == [1, 2]
    assert understood.reasons == ["not in the catalog, though in the cart: 'x'"]


def test_a_user_has_the_past_and_what_came_since_each_item_once(bundle: Bundle) -> None:
    recent = Recent()
    recent.apply(touched("i2", "i4", user="u1"))
    history = hydrated(Request(slot="s", user="u1"), bundle, recent, START).query.history
    assert history.tolist()[-2:] == [2, 4]
    assert sorted(history.tolist()) == [2, 3, 4, *range(5, 20, 2)]
    assert hydrated(Request(slot="s", user="nobody"), bundle, recent, START).query.history.tolist() == []


def test_what_is_bought_again_in_the_shop_goes_on_with_the_rhythm_of_before(bundle: Bundle) -> None:
    recent, day = Recent(), 86_400.0
    recent.apply([Event(kind="purchase", session_id="s", user_id="u1", item_id="i3", time=START + 21 * day)])
    query = hydrated(Request(slot="s", user="u1"), bundle, recent, START).query
    assert query.history.tolist()[-1] == 3
    assert (query.habits.last[-1], query.habits.waits[-1]) == (START + 21 * day, 1)
    assert query.habits.days[-1] == pytest.approx(20.0)  # u1 had bought it on the second day
    assert (query.habits.waits[:-1] == 0).all()


def test_a_slate_says_all_that_is_needed_to_learn(recommender: Recommender) -> None:
    slate = recommender.answer(Request(slot="item/together", item="i4"), START)
    assert (slate.slot, slate.variant, slate.bundle, slate.tier) == ("item/together", "control", "small-1", "primary")
    assert slate.reason is None
    assert len(slate.items) == 4
    assert parities([item.item_id for item in slate.items]) == {0}
    assert {"together", "similar"} >= {name for item in slate.items for name in item.retrievers}
    assert {(item.tier, item.price, item.category) for item in slate.items} == {("primary", 1.0, "even")}
    assert slate.trace is None
    assert slate.slate_id != recommender.answer(Request(slot="item/together", item="i4"), START).slate_id


def test_an_explanation_names_seeds_and_parts(recommender: Recommender) -> None:
    slate = recommender.answer(Request(slot="item/together", cart=["i4", "i8"], explain=True), START)
    assert {step.step for step in slate.trace or []} >= {"together", "similar", "available", "one_per_family"}
    for item in slate.items:
        assert {seed.item_id for seed in item.because} <= {"i4", "i8"}
        assert sum(seed.share for seed in item.because) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Request(slot="item/together", item="gone"), "item 'gone' is not in the catalog"),
        (Request(slot="item/together", cart=["gone"]), "not in the catalog, though in the cart: 'gone'"),
        (Request(slot="item/together", user="nobody", session="new"), "nothing is known of this visitor yet"),
        (Request(slot="item/together"), "nothing is known of this visitor yet"),
    ],
)
def test_what_is_not_known_is_answered_by_the_ladder(recommender: Recommender, request_: Request, reason: str) -> None:
    slate = recommender.answer(request_, START)
    assert (slate.tier, slate.reason, len(slate.items)) == ("popular", reason, 4)


def test_an_item_of_which_nothing_is_known_is_named_with_what_is_shown_instead(recommender: Recommender) -> None:
    slot = recommender.slots["item/together"]
    for name in slot.retrievers:
        slot.retrievers[name] = lambda *_: Candidates.none()  # type: ignore[index]
    slate = recommender.answer(Request(slot="item/together", item="i4"), START)
    assert slate.reason == "nothing is known yet that goes with i4; the list is from popular_in"
    cart = recommender.answer(Request(slot="item/together", cart=["i4", "i5", "i6", "i8"]), START)
    assert (cart.reason or "").endswith(" and others; the list is from popular_in")


@pytest.mark.parametrize(("asked", "near"), [("ros-so", "ROS-SO"), (" Ros_So", "ROS-SO"), ("007", "7"), ("rose", None)])
def test_an_item_that_is_spelled_otherwise_is_suggested(asked: str, near: str | None) -> None:
    assert near_id(asked, Vocabulary.of(["ROS-SO", "7"])) == near


def test_the_reason_suggests_the_item_that_was_meant(recommender: Recommender) -> None:
    slate = recommender.answer(Request(slot="item/together", item="i_4"), START)
    assert slate.reason == "item 'i_4' is not in the catalog"
    slate = recommender.answer(Request(slot="item/together", item="I 4"), START)
    assert slate.reason == "item 'I 4' is not in the catalog; did you mean i4?"


def test_a_part_that_fails_is_named_in_the_reason(recommender: Recommender) -> None:
    def broken(*arguments: object) -> None:
        raise ValueError("no")

    recommender.slots["item/together"].retrievers["together"] = broken  # type: ignore[index]
    slate = recommender.answer(Request(slot="item/together", item="i4"), START)
    assert (slate.tier, slate.reason, len(slate.items)) == ("primary", "retriever 'together' failed", 4)


def test_when_nothing_may_be_shown_the_slate_is_empty_and_says_so(recommender: Recommender) -> None:
    everything = [f"i{code}" for code in range(20)]
    slate = recommender.answer(Request(slot="home/popular", exclude=everything), START)
    assert (slate.items, slate.tier, slate.reason) == ([], "none", "nothing that may be shown was found")


def test_excluded_and_carted_items_never_come(recommender: Recommender) -> None:
    request = Request(slot="item/together", item="i0", cart=["i4", "i6"], exclude=["i8"], k=20)
    given = {item.item_id for item in recommender.answer(request, START).items}
    assert not given & {"i0", "i4", "i6", "i8"}
    assert len(given) == len({int(item_id[1:]) // 4 * 2 + int(item_id[1:]) % 2 for item_id in given})


def test_a_slot_that_does_not_exist_is_the_only_error(recommender: Recommender) -> None:
    with pytest.raises(BadRequest, match="no slot is called 'x'; there are: item/together, home/popular"):
        recommender.answer(Request(slot="x"), START)


def test_a_catalog_without_display_columns_will_do(bundle: Bundle) -> None:
    bare = {"available": np.ones(20, bool), "family": bundle.catalog.columns["family"]}
    catalog = type(bundle.catalog)(bundle.catalog.items, bare)
    small = Bundle(bundle.name, catalog, bundle.histories, bundle.models, {})
    from endcap.slots.slot import Slot

    slot = Slot("s", {"popular": bundle.models["popular"]}, {}, {}, k=2)
    (first, _) = Recommender(small, {"s": slot}, Recent()).answer(Request(slot="s"), START).items
    assert (first.title, first.price, first.category) == (first.item_id, None, None)


def test_what_no_seed_accounts_for_is_told_in_words(recommender: Recommender) -> None:
    slate = recommender.answer(Request(slot="home/popular", explain=True), START)
    (because,) = slate.items[0].because
    assert (because.item_id, because.share) == (None, 1.0)
    assert because.title.startswith("popular with everybody: counted ")
