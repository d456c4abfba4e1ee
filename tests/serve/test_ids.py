"""A shop's ids are its own: every spelling that it uses is understood, and the one that it prefers comes back."""

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx
import numpy as np
import pytest
from starlette.applications import Starlette

from endcap import jobs
from endcap.config import load
from endcap.core.records import Event, Request
from endcap.core.saving import load as load_saved
from endcap.data.lint.findings import Health
from endcap.jobs.answering import recommender_of
from endcap.serve.app import ShopFacts, application
from endcap.serve.recommender import Recommender
from endcap.stream.log import SegmentLog
from endcap.testing import START

SETTINGS = """
[[sources]]
use = "csv"
events = "events.csv"
CATALOG

[prepare]
events = [STEPS]

[models.popular]
use = "popular"

[models.together]
use = "co_occurrence"
source = "baskets"

[slots."item/together"]
retrievers = ["together"]
stages = ["not_in_cart"]
fallback = ["popular"]

[slots.home]
retrievers = ["together"]
stages = ["not_in_cart"]
fallback = ["popular"]
"""
ODD = [
    "A/1", "50%+", "a?b=c&d#e", 'say "hi"', "it's", "<b>bold</b>", "[/b]", "🍞", "Cafe\u0301", "Cafe", "straße",
    "strasse", "00123", "123", "1e5", "AB-12", "AB12", "a\\b", "a,b", "null_", "Zo\u00eb", "true",
]  # fmt: skip
"""Ids that somebody may take for something else; every one is an item of its own without any step."""


def shop(folder: Path, orders: list[list[str]], catalog: list[str], steps: str = "", users: list[str] = []) -> Path:  # noqa: B006
    """The settings of a shop in which these were bought together, one order a day, by users in turn."""
    folder.mkdir(exist_ok=True)
    users = users or ["u1"]
    lines = [
        f'{START + 86_400 * day:.0f},s{day},purchase,"{cell(item)}",{users[day % len(users)]},o{day}'
        for day, order in enumerate(orders)
        for item in order
    ]
    (folder / "events.csv").write_text("\n".join(["time,session_id,kind,item_id,user_id,order_id", *lines, ""]))
    described = [f'"{cell(item)}","The {cell(item.strip())}"' for item in catalog]
    (folder / "items.csv").write_text("\n".join(["item_id,title", *described, ""]))
    listed = 'catalog = "items.csv"' if catalog else ""
    (folder / "endcap.toml").write_text(SETTINGS.replace("CATALOG", listed).replace("STEPS", steps))
    return folder / "endcap.toml"


def cell(text: str) -> str:
    """A text within the quotes of a CSV file."""
    return text.replace('"', '""')


def served(config: Path) -> Recommender:
    """The shop, trained and released."""
    jobs.train(config)
    jobs.release(config, override="a test")
    return recommender_of(load(config))


def together(recommender: Recommender, item: str) -> list[str]:
    """What goes with an item, without the fallbacks."""
    slate = recommender.answer(Request(slot="item/together", item=item), START)
    assert slate.reason is None or "not in the catalog" not in slate.reason, slate.reason
    return [found.item_id for found in slate.items if found.tier == "primary"]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    """A shop of odd ids, each bought with the next one."""
    orders = [[one, other] for one, other in zip(ODD, [*ODD[1:], ODD[0]], strict=True)]
    return served(shop(tmp_path_factory.mktemp("odd"), orders, ODD))


@pytest.fixture(scope="module")
def spelled(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    """A shop that spells as it pleases and joins ids in its settings."""
    orders = [["Bread", "tea "], ["BREAD", "Tea"], ["bread", "tea", "Milk-1"], ["Bread", "TEA"], ["milk 1", "bread"]]
    users, steps = ["Ann", "ann ", "ANN", "Bob"], '{ use = "canonical_ids", columns = ["item_id", "user_id"] }'
    return served(shop(tmp_path_factory.mktemp("spelled"), orders, ["Bread", "Tea", "Milk-1"], steps, users))


@pytest.fixture
def app(odd: Recommender, tmp_path: Path) -> Starlette:
    """The odd shop over HTTP."""
    return application(odd, SegmentLog(tmp_path / "events"), ShopFacts("odd", "GBP", "nobody"), clock=lambda: START)


def test_what_goes_in_comes_out(odd: Recommender) -> None:
    assert sorted(odd.bundle.catalog.items.ids) == sorted(ODD)
    for place, item in enumerate(ODD):
        assert sorted(together(odd, item)) == sorted([ODD[place - 1], ODD[(place + 1) % len(ODD)]])


@pytest.mark.parametrize("item", ODD)
def test_an_item_has_a_page_whatever_its_id(app: Starlette, http: Callable[..., httpx.Response], item: str) -> None:
    for spelling in (item, f" {item}\u00a0"):
        response = http(app, "GET", f"/v1/items/{quote(spelling, safe='')}")
        assert (response.status_code, response.json().get("item_id")) == (200, item)
    found = http(app, "GET", "/v1/items", params={"query": item}).json()["items"]
    assert found[0]["item_id"] == item


def test_blanks_and_unicode_forms_are_understood_without_a_step(odd: Recommender) -> None:
    assert together(odd, "Café") == together(odd, "Cafe\u0301") == together(odd, " Cafe\u0301\u200b")
    assert together(odd, "Cafe") != together(odd, "Café")
    for unknown in ("cafe", "ab-12", "0123", "STRASSE"):
        assert odd.bundle.catalog.items.code(unknown) == -1


def test_posted_events_count_for_the_item_and_the_visitor_that_they_mean(spelled: Recommender) -> None:
    recommender = Recommender(spelled.bundle, spelled.slots, type(spelled.recent)())
    recommender.remember([Event(kind="view", session_id="s ", item_id=item, time=START) for item in ("TEA", "tea")])
    assert recommender.recent.of_session("s") == ["Tea"]
    for user in ("eve", "EVE "):
        bought = Event(kind="purchase", session_id="t", user_id=user, item_id="MILK 1", time=START)
        recommender.remember([bought])
    assert [*recommender.recent.of_user("eve")] == ["Milk-1"]
    slate = recommender.answer(Request(slot="home", user="Eve"), START)
    assert (slate.items[0].item_id, slate.items[0].tier) == ("Bread", "primary")


def test_every_spelling_is_understood_and_the_catalogs_comes_back(spelled: Recommender) -> None:
    assert sorted(spelled.bundle.catalog.items.ids) == ["Bread", "Milk-1", "Tea"]
    for spelling in ("Bread", "BREAD", " bread", "B-r-e-a-d", "bread\u00a0"):
        assert together(spelled, spelling) == ["Tea", "Milk-1"]
    cart = Request(slot="home", cart=["MILK 1", "milk-1"], exclude=["tEA"])
    assert [item.item_id for item in spelled.answer(cart, START).items] == ["Bread"]
    histories = spelled.bundle.histories
    assert sorted(histories.users.ids) == ["Ann", "Bob"]
    assert len({histories.of(user)[0].tobytes() for user in ("Ann", "ann", " ANN", "an-n")}) == 1
    assert len(histories.of("ann")[0]) == 3


def test_the_ledger_says_what_was_joined_and_the_dataset_keeps_it(spelled: Recommender, tmp_path: Path) -> None:
    aliases = spelled.bundle.catalog.items.aliases
    assert aliases is not None
    assert {"BREAD", "bread", "tea ", "TEA", "milk 1", "milk1"} <= set(aliases.spellings)
    spelled.bundle.save(tmp_path)
    again = load_saved(tmp_path / spelled.bundle.name)["catalog"].items
    assert again.decode(again.encode(["BREAD", "MILK.1"])) == ["Bread", "Milk-1"]


def test_a_shop_without_a_catalog_keeps_its_most_frequent_spelling_and_no_item_twice(tmp_path: Path) -> None:
    orders = [["Bread", "Tea"], ["bread", "Tea"], ["Bread", "tea"], ["BREAD ", "milk"]]
    prepared = jobs.prepare(shop(tmp_path, orders, [], '"canonical_ids"'))
    assert sorted(prepared.dataset.catalog.items.ids) == ["Bread", "Tea", "milk"]
    said = [line for line in prepared.ledger if line["step"] == "one spelling of each item_id"]
    assert [(line["changed"], line["dropped"]) for line in said] == [(3, 0)]


@pytest.mark.parametrize("table", ["events", "catalog"])
def test_the_step_joins_both_tables_wherever_it_is_written(tmp_path: Path, table: str) -> None:
    config = shop(tmp_path, [["Bread", "TEA"], ["BREAD", "tea"]], ["bread", "Tea"], '"canonical_ids"')
    config.write_text(config.read_text().replace("[prepare]\nevents", f"[prepare]\n{table}"))
    assert sorted(jobs.prepare(config).dataset.catalog.items.ids) == ["Tea", "bread"]


def test_numbers_with_decimals_are_the_catalogs_numbers(tmp_path: Path) -> None:
    orders = [["1000.0", "1001.0"], ["1001.0", "1002.0"], ["1000.0", "1001.0"]]
    recommender = served(shop(tmp_path, orders, ["1000", "1001", "1002"], "", ["100.0", "101.0"]))
    assert sorted(recommender.bundle.catalog.items.ids) == ["1000", "1001", "1002"]
    assert together(recommender, "1000") == together(recommender, "1000.0") == ["1001"]
    histories = recommender.bundle.histories
    assert histories.of("100")[0].tolist() == histories.of("100.0")[0].tolist() != []


def test_following_the_advice_of_lint_leaves_the_shop_its_ids(tmp_path: Path) -> None:
    orders = [["Bread", "Tea"], ["bread", "tea"], ["Bread", "Milk"], ["BREAD", "MILK "], ["Tea", "Milk"]] * 4
    shop(tmp_path, orders, ["Bread", "Tea", "Milk"]).unlink()
    config = jobs.init(tmp_path, config=tmp_path / "endcap.toml")
    advice = [finding.repair for finding in jobs.lint(config).findings if finding.rule == "misspelt_items"]
    assert advice[0].startswith('"canonical_ids" in [prepare] events makes one item of them')
    follow(config)
    assert ids_found(jobs.lint(config)) <= {"padded_ids"}
    recommender = served(config)
    for spelling in ("Bread", "bread", "BREAD", "Bread "):
        for slot in recommender.slots:
            slate = recommender.answer(Request(slot=slot, item=spelling, cart=[spelling], exclude=["TEA"]), START)
            assert {item.item_id for item in slate.items} <= {"Milk"}


def follow(config: Path) -> None:
    """Write the step into the settings, as a person would."""
    text = config.read_text()
    steps = tomllib.loads(text).get("prepare", {}).get("events")
    if steps is None:
        text += '\n[prepare]\nevents = ["canonical_ids"]\n'
    else:
        text = text.replace("events = [", 'events = ["canonical_ids", ', 1)
    config.write_text(text)


def ids_found(health: Health) -> set[str]:
    """The rules about ids that found something."""
    about = ("misspelt", "alike", "padded", "decimals", "unknown_items", "zeros", "rounded")
    return {finding.rule for finding in health.findings if any(word in finding.rule for word in about)}


def test_a_golden_question_may_be_spelled_as_the_shop_likes(tmp_path: Path) -> None:
    config = shop(tmp_path, [["Bread", "tea"], ["bread", "Tea"]] * 3, ["Bread", "Tea"], '"canonical_ids"')
    golden = '[[gate.golden]]\nslot = "item/together"\nitem = "BREAD"\nexpect = ["TEA"]\navoid = ["bread "]\n'
    config.write_text(config.read_text() + golden)
    jobs.train(config)
    jobs.release(config, override="a test")
    verdict = next((config.parent / "var" / "bundles").glob("*.verdict.json")).read_text()
    assert "all as it should be" in verdict


def test_a_vocabulary_of_another_bundle_is_understood_by_its_spellings(spelled: Recommender) -> None:
    known = replace(spelled.bundle.catalog.items)
    assert np.array_equal(known.encode(["bread", "MILK 1", "new"]) >= 0, [True, True, False])
