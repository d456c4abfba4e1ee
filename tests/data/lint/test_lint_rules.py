"""Each rule finds what was planted for it, counts it, and says nothing of a clean log."""

from collections.abc import Sequence

import pytest
from tests.data.lint.worlds import Row, event, finding, health

from endcap.data.lint.needs import Need, Needs
from endcap.data.lint.whole import meant

HOUR, DAY = 3600.0, 86_400.0
CLEAN = [
    event(at=0, user_id="u", price="2.5", quantity="1"),
    event("b", at=60, user_id="u", price="3.5", quantity="1"),
    event("b", "cart", at=90, user_id="u", price="3.5", quantity="1"),
    event("b", "purchase", at=120, user_id="u", price="3.5", quantity="1", order_id="o"),
]
ITEMS: list[Row] = [{"item_id": "a", "title": "A", "category": "c"}, {"item_id": "b", "title": "B", "category": "c"}]


def test_nothing_is_said_of_a_clean_log() -> None:
    found = health(*CLEAN, catalog=ITEMS)
    assert found.findings == ()
    assert (found.score, found.events, found.items) == (100, 4, 2)


def often(n: int, apart: float = 60.0, **more: str) -> list[Row]:
    """A visit of n views of different items."""
    return [event(f"i{place}", at=place * apart, **more) for place in range(n)]


@pytest.mark.parametrize(
    ("rule", "planted", "rows", "of"),
    [
        ("unreadable_values", [{**event(), "time": "yesterday"}, event(price="cheap"), event(price="nan")], 3, 7),
        ("without_time", [{**event(), "time": None}], 1, 5),
        ("without_session", [event(session=None), event(session=" "), event(session="NULL")], 3, 7),
        ("without_item", [event(None), event("n/a"), event(None, "search")], 2, 6),
        ("padded_ids", [event(" a"), event(session="s\t"), event("b\u00a0"), event("c d")], 3, 8),
        ("ids_like_decimals", [event("17850.0"), event("17850"), event("12.5")], 1, 7),
        ("ids_like_decimals", [event(user_id="17850.0"), event(user_id="17850")], 1, 6),
        ("decimals_understood", [event(user_id="17850.0"), event("12.0")], 2, 6),
        ("rounded_ids", [event("4.00638E+12"), event("1E5"), event("5e3")], 1, 7),
        ("milliseconds", [{**event(), "time": "1700000000000"}], 1, 5),
        ("future_events", [event(at=366 * DAY), event(at=365 * DAY + 60)], 1, 6),
        ("negative_prices", [event(price="-1")], 1, 5),
        ("free_purchases", [event(kind="purchase", price="0", order_id="p"), event(price="0")], 1, 2),
        ("wrong_quantities", [event(quantity="0"), event(quantity="-2")], 1, 6),
        ("zero_quantities", [event(quantity="0"), event(quantity="-2")], 1, 6),
        ("implausible_times", [{**event(), "time": "86400"}, {**event(), "time": "2200000000"}], 2, 6),
        ("purchases_without_order", [event(kind="purchase")], 1, 2),
        ("guests", [event(), event(at=5)], 2, 6),
        ("delivered_twice", [CLEAN[0], CLEAN[0]], 2, 6),
        ("repeated_within_seconds", [event("z", at=0), event("z", at=2), event("z", at=5)], 1, 6),
        ("endless_sessions", [event(session="t"), event(session="t", at=13 * HOUR)], 1, 2),
        ("crowded_sessions", often(1001, session="t", user_id="u"), 1, 2),
        ("bots", often(100, 0.5, session="t"), 1, 2),
        ("bots", often(500, 20.0, session="t"), 1, 2),
        ("shared_sessions", [event(at=200, user_id="v")], 1, 1),
        ("out_of_order", [event("c", at=30)], 1, 4),
        ("skewed_clocks", [event("c", at=120 - 2 * HOUR)], 1, 1),
        ("swinging_prices", [event("b", "purchase", price="3600", order_id="p", session="t")], 1, 1),
    ],
)
def test_a_rule_finds_what_is_planted(rule: str, planted: Sequence[Row], rows: int, of: int) -> None:
    assert finding(health(*CLEAN), rule) is None
    found = finding(health(*CLEAN, *planted), rule)
    assert found is not None
    assert (found.rows, found.of) == (rows, of)
    assert found.says.startswith(f"{rows:,} of {of:,} ")
    assert found.repair


def test_examples_name_file_and_line_and_show_what_stood_there() -> None:
    found = finding(health(*CLEAN, {**event(), "time": "yesterday"}), "unreadable_values")
    assert found is not None
    (example,) = found.examples
    assert (example.file, example.line) == ("events.csv", 6)
    assert example.values["time"] == "yesterday"


def test_at_most_five_examples_the_first_ones() -> None:
    found = finding(health(*CLEAN, *(event(at=place, price="-1") for place in range(9))), "negative_prices")
    assert found is not None
    assert [example.line for example in found.examples] == [6, 7, 8, 9, 10]


def test_events_far_before_all_others() -> None:
    usual = [event(at=place * HOUR, session=f"s{place}") for place in range(200)]
    assert finding(health(*usual), "ancient_events") is None
    found = finding(health(*usual, {**event(), "time": "2001-01-01 00:00:00"}), "ancient_events")
    assert found is not None
    assert found.rows == 1


@pytest.mark.parametrize(("late", "severity"), [(1, "warning"), (3, "error")])
def test_events_after_2100_go_into_the_quarantine_and_stop_nothing_if_they_are_few(late: int, severity: str) -> None:
    year_2204 = [{**event(), "time": "7400000000"}] * late
    found = finding(health(*CLEAN, *often(30), *year_2204), "implausible_times")
    assert found is not None
    assert found.severity == severity
    assert found.says.startswith(f"{late} of {34 + late} events lie on implausible days (2204-07-01): ")
    assert "stops" not in found.repair
    assert "quarantine" in found.repair


def test_prices_and_quantities_far_from_all_others() -> None:
    usual = [event(session=f"s{n}", price=str(5 + n % 10), quantity=str(1 + n % 3)) for n in range(50)]
    found = health(*usual, event(price="99999", quantity="80995", session="t"))
    for rule in ("extreme_prices", "extreme_quantities"):
        extreme = finding(found, rule)
        assert extreme is not None
        assert extreme.rows == 1
        assert finding(health(*usual), rule) is None


def test_dates_without_a_time() -> None:
    dates = [{**event(session=f"s{day}"), "time": f"2023-11-{day:02}"} for day in range(10, 20)]
    assert finding(health(*dates), "dates_without_time") is not None


def test_mixed_currencies() -> None:
    found = finding(
        health(*(event(session=f"s{n}", currency="GBP" if n else "EUR") for n in range(4))), "other_currencies"
    )
    assert found is not None
    assert (found.rows, found.of) == (1, 4)
    assert "than GBP: EUR" in found.says


def test_sessions_of_one_event() -> None:
    found = finding(health(*(event(session=f"s{n}") for n in range(50))), "lonely_events")
    assert found is not None
    assert found.rows == 50


def test_orders_that_are_several() -> None:
    bought = [
        event("a", "purchase", order_id="o", user_id="u", session="s"),
        event("b", "purchase", order_id="o", user_id="v", session="t", at=2 * DAY),
    ]
    found = health(*bought)
    for rule in ("orders_in_several_sessions", "orders_over_days", "orders_of_several_users"):
        several = finding(found, rule)
        assert several is not None
        assert (several.rows, several.of, several.unit) == (1, 1, "orders")


def test_slates_and_clicks() -> None:
    found = health(
        event("a", "impression", slate_id="shown"),
        event("b", "impression", slate_id="clicked", at=10),
        event("b", "click", slate_id="clicked", at=5),
        event("c", "click", slate_id="never", at=20),
    )
    counts = {}
    for rule in ("slates_without_click", "clicks_without_impression", "clicks_before_impression"):
        of_rule = finding(found, rule)
        assert of_rule is not None
        counts[rule] = (of_rule.rows, of_rule.of)
    assert counts == {
        "slates_without_click": (1, 2), "clicks_without_impression": (1, 2), "clicks_before_impression": (1, 1),
    }  # fmt: skip


def test_items_beside_the_catalog() -> None:
    items: list[Row] = [
        *ITEMS,
        {"item_id": "B.", "title": "", "category": None},
        {"item_id": "a", "title": "A", "category": "c"},
        {"item_id": "0123", "title": "Zero", "category": "c"},
    ]
    events = [event(item, at=300 + place) for place, item in enumerate(("x", "A", "123", "y", "y "))]
    found, counts = health(*CLEAN, *events, catalog=items), {}
    for rule in (
        "unknown_items", "misspelt_items", "items_listed_alike", "lost_zeros", "never_seen_items",
        "items_listed_twice", "untitled", "uncategorised",
    ):  # fmt: skip
        of_rule = finding(found, rule)
        assert of_rule is not None
        counts[rule] = (of_rule.rows, of_rule.of)
    assert counts == {
        "unknown_items": (4, 6), "misspelt_items": (2, 8), "items_listed_alike": (2, 8), "lost_zeros": (1, 6),
        "never_seen_items": (2, 4), "items_listed_twice": (1, 4), "untitled": (1, 5), "uncategorised": (1, 5),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("items", "repair"),
    [
        (
            ("A", "B"),
            '"canonical_ids" in [prepare] events takes all of them for items of the catalog in another spelling',
        ),
        (
            ("A", "x"),
            '"canonical_ids" in [prepare] events takes 1 of them for items of the catalog in another spelling; for',
        ),
        (("x", "y"), "deliver the whole catalog"),
    ],
)
def test_unknown_items_that_are_another_spelling_of_a_listed_one(items: tuple[str, ...], repair: str) -> None:
    found = finding(health(*CLEAN, *map(event, items), catalog=ITEMS), "unknown_items")
    assert found is not None
    assert found.repair.startswith(repair)


def test_ids_that_preparation_joins_are_neither_unknown_nor_misspelt() -> None:
    catalog: list[Row] = [{**ITEMS[0], "item_id": "1000"}, {**ITEMS[1], "item_id": "Cafe\u0301"}]
    found = health(event("1000.0"), event("Café", at=60), event(" Café", at=120), catalog=catalog)
    assert {one.rule for one in found.findings} <= {"decimals_understood", "padded_ids", "guests"}
    assert found.count("note") == len(found.findings)


def test_ids_that_the_settings_join_are_not_said_to_be_misspelt() -> None:
    events = [event("Bread"), event("bread", at=60)]
    assert finding(health(*events), "misspelt_items") is not None
    assert finding(health(*events, canonical=["item_id"]), "misspelt_items") is None


@pytest.mark.parametrize(("known", "severity"), [(9, "warning"), (1, "error")])
def test_many_unknown_items_are_an_error(known: int, severity: str) -> None:
    events = [*(event("a", at=60 * n) for n in range(known)), event("x", at=1000), event("x", at=2000)]
    found = finding(health(*events, catalog=ITEMS), "unknown_items")
    assert found is not None
    assert found.severity == severity
    assert ("not listed: x; listed: a, b; likely cause: " in found.says) == (severity == "error")


def test_a_missing_column_disables_everything_and_a_near_name_is_suggested() -> None:
    needs = Needs({"popular": Need(("purchase",))}, {"home": ("popular",)})
    found = finding(
        health({"time": "1700000001", "session": "s", "kind": "purchase", "item_id": "a"}, needs=needs),
        "missing_columns",
    )
    assert found is not None
    assert "no column 'session_id'" in found.says
    assert "is it 'session'?" in found.repair
    assert found.disables == ("models.popular", "slots.home")


def test_an_unused_column_that_is_called_almost_like_ours() -> None:
    found = finding(health(*CLEAN, event(slateid="x", at=500, user_id="u")), "unknown_columns")
    assert found is not None
    assert "slate_id" in found.repair


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("add_to_cart", "cart"), ("AddToCart", "cart"), ("Purchase ", "purchase"), ("purchse", "purchase"),
        ("transaction", "purchase"), ("page-view", "view"), ("zebra", None),
    ],
)  # fmt: skip
def test_what_other_systems_call_a_kind(theirs: str, ours: str | None) -> None:
    assert meant(theirs) == ours


def test_unknown_kinds_with_what_is_meant() -> None:
    found = finding(health(*CLEAN, event(kind="add_to_cart", at=300), event(kind="zebra", at=400)), "unknown_kinds")
    assert found is not None
    assert found.rows == 2
    assert "'add_to_cart' (1, did you mean 'cart'?)" in found.says
    assert "'zebra' (1)" in found.says


def test_more_purchases_than_views_are_implausible() -> None:
    bought = [event(f"i{n}", "purchase", order_id="o", at=n * 60) for n in range(3)]
    found = finding(health(event(), *bought), "implausible_counts")
    assert found is not None
    assert (found.rows, found.of) == (2, 3)


def test_a_log_without_time_can_still_be_looked_at() -> None:
    found = health({"kind": "view", "item_id": "a"})
    assert {finding.rule for finding in found.findings if finding.severity == "error"} == {"missing_columns"}
