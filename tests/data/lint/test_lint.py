"""Which models a log starves, the score, the machine-readable form, both engines, and the command."""

import json
import shutil
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.data.lint.worlds import NOW, Row, event, finding, health
from typer.testing import CliRunner, Result

from endcap import jobs
from endcap.cli import app
from endcap.data.engines import connect
from endcap.data.lint.findings import ARITHMETIC, Example, Finding, Health, Severity
from endcap.data.lint.needs import TASKS, Need, Needs, needs_of
from endcap.data.lint.reading import sources_linted
from endcap.data.online_retail import OnlineRetail
from endcap.data.sources import Csv
from endcap.data.synthetic.source import Synthetic
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.popular import Popular, PopularIn
from endcap.models.rows import TOUCHES
from endcap.slots.filters import MaxPer, available

HOME = {"home": ("popular", "together"), "cart": ("together",)}
SETTINGS = """
[[sources]]
use = "csv"
events = "events.csv"
catalog = "catalog.csv"

[models.popular]
use = "popular"

[slots.home]
retrievers = ["popular"]
"""
VIEWS = [event(), event("b", at=60)]


def needs() -> Needs:
    """Two models in two slots, and one that both could fall back on."""
    return needs_of({"together": CoOccurrence(), "popular": Popular(kinds=("purchase", "cart"))}, HOME)


def test_the_needs_of_recipes_are_read_from_their_settings() -> None:
    recipes = {
        "together": CoOccurrence(),
        "seen": CoOccurrence(source="sessions"),
        "in": PopularIn(by="brand"),
        "x": object(),
    }
    found = needs_of(recipes, {}, {"x": "category"}).models
    assert found["together"] == Need(("purchase",), "order_id", None, "baskets")
    assert (found["seen"].column, found["seen"].kinds) == (None, TOUCHES)
    assert (found["in"].kinds, found["in"].label) == (("purchase",), "brand")
    assert (found["x"].label, found["x"].spoken) == ("category", "any event")
    assert [need.chosen for need in found.values()] == [False] * 4
    assert needs_of({"p": Popular(kinds=("view",))}, {}).models["p"].chosen
    assert needs_of({"p": CoOccurrence(source="sessions", kinds=("cart",))}, {}).models["p"].kinds == ("cart",)


def test_the_needs_of_stages_and_tasks_are_known_by_their_names_and_settings() -> None:
    stages = {"available": available, "max_per": MaxPer(by="brand"), "max_per #2": MaxPer(by="family"), "own": object()}
    found = needs_of({}, {"home": ()}, stages={"home": stages}, tasks={"home": "basket", "cart": "x", "search": None})
    assert set(found.stages["home"]) == {"available", "max_per", "max_per #2"}
    assert found.stages["home"]["max_per"].label == "brand"
    assert {slot: task for slot, (task, _) in found.tasks.items()} == {"home": "basket"}
    assert found.using("order_id") == found.using("brand") == ("slots.home",)
    assert found.using("user_id") == ()


def test_a_task_is_known_by_the_name_that_evaluation_has_for_it() -> None:
    from endcap.evaluate.tasks import TASKS as JUDGED

    assert set(TASKS) <= set(JUDGED)


def test_a_stage_that_nothing_passes_disables_its_slot_unless_it_goes_by_something_else() -> None:
    hungry = needs_of(
        {"p": Popular(kinds=("view",))}, {"home": ("p",)}, stages={"home": {"available": available}},
        tasks={"home": "next_purchases"},
    )  # fmt: skip
    found = health(*VIEWS, needs=hungry)
    assert finding(found, "starved_stages") is None
    task = finding(found, "starved_tasks")
    bare = replace(hungry, stages={"home": {"sold": Need(("purchase",))}})
    shut = finding(health(*VIEWS, needs=bare), "starved_stages")
    assert shut is not None
    assert (shut.severity, shut.disables, shut.harms) == ("error", ("slots.home",), ())
    assert "slots.home: its stage 'sold' goes by purchase, and there is none, so that nothing passes" in shut.says
    assert task is not None
    assert (task.severity, task.harms) == ("warning", ("slots.home",))
    assert "judged on 'next_purchases', which asks about purchase with user_id" in task.says
    guest = health(*VIEWS, event("b", "purchase", at=90), needs=hungry)
    assert finding(guest, "starved_stages") is None
    assert finding(guest, "starved_tasks") is not None
    known = health(*VIEWS, event("b", "purchase", at=90, user_id="u"), needs=hungry)
    assert finding(known, "starved_tasks") is None


def test_where_nothing_says_what_is_on_sale_it_is_said_once_what_counts() -> None:
    slots = {"home": ("p",), "next": ("p",)}
    guessing = needs_of({"p": Popular()}, slots, stages={name: {"available": available} for name in slots})
    seen = finding(health(*VIEWS, needs=guessing), "availability_inferred")
    assert seen is not None
    assert (seen.severity, seen.harms) == ("note", ("slots.home", "slots.next"))
    assert seen.says == (
        "neither a catalog nor a stock column says what is on sale, so an item counts as on sale if it was seen in the "
        "last 90 days of the data"
    )
    sold = finding(health(*VIEWS, event("b", "purchase", at=90), needs=guessing), "availability_inferred")
    assert sold is not None
    assert "if it was sold in the last" in sold.says
    listed = health(*VIEWS, catalog=[{"item_id": "a", "title": "A"}], needs=guessing)
    assert finding(listed, "availability_inferred") is None
    assert finding(health(*VIEWS, needs=needs_of({"p": Popular()}, slots)), "availability_inferred") is None


def test_very_few_rows_that_go_into_the_quarantine_are_no_error() -> None:
    rows = [event(item, "purchase", at=60 * place, price="1.0") for place, item in enumerate("abcdefghij" * 200)]
    few = finding(health(*rows, event("b", "purchase", at=90, price="-1.0")), "negative_prices")
    many = finding(health(*rows[:100], event("b", "purchase", at=90, price="-1.0")), "negative_prices")
    assert few is not None
    assert many is not None
    assert (few.severity, many.severity) == ("warning", "error")


def test_repeats_are_no_warning_where_times_are_dates() -> None:
    dated = [event("a", at=-1_700_000_000 % 86_400), event("a", at=-1_700_000_000 % 86_400)]
    found = finding(health(*dated), "delivered_twice")
    assert found is not None
    assert found.severity == "note"
    timed = finding(health(*VIEWS, VIEWS[0]), "delivered_twice")
    assert timed is not None
    assert timed.severity == "warning"


@pytest.mark.parametrize(("label", "severity"), [("brand", "error"), ("family", "warning")])
def test_a_stage_that_goes_by_what_the_catalog_lacks(label: str, severity: str) -> None:
    hungry = needs_of({}, {"home": ()}, stages={"home": {"max_per": MaxPer(by=label)}})
    found = finding(health(*VIEWS, catalog=[{"item_id": "a", "title": "A"}], needs=hungry), "missing_labels")
    assert found is not None
    assert found.says.startswith(f"slots.home: its stage 'max_per' goes by {label!r}")
    assert (found.severity, found.disables or found.harms) == (severity, ("slots.home",))


def test_a_starved_model_disables_the_slots_that_nobody_else_fills() -> None:
    found = health(*VIEWS, event("b", "cart", at=90), needs=needs())
    starved = finding(found, "starved_models")
    assert starved is not None
    assert starved.severity == "error"
    assert starved.disables == ("models.together", "slots.cart")
    assert starved.harms == ("slots.home",)
    assert (
        "learns from baskets (purchase with order_id), and there is none; kinds in the data: view 2, cart 1"
        in starved.says
    )
    absent = finding(found, "absent_kinds")
    assert absent is not None
    assert "models.popular is to learn from purchase too" in absent.says


def test_a_kind_under_another_name_starves_a_model_and_the_repair_says_so() -> None:
    found = health(*VIEWS, event("b", "add_to_cart", at=90), needs=needs_of({"popular": Popular(kinds=("cart",))}, {}))
    starved = finding(found, "starved_models")
    assert starved is not None
    assert "'add_to_cart' is 'cart'" in starved.repair


@pytest.mark.parametrize(
    ("kinds", "more", "repair"),
    [
        (("buy",), {}, "no kind is called 'buy'"),
        (("purchase",), {}, "map a column of yours to order_id"),
        (("return",), {}, "deliver such events"),
    ],
)
def test_how_a_starved_model_is_fed(kinds: tuple[str, ...], more: dict[str, str], repair: str) -> None:
    need = Need(kinds, "order_id" if kinds == ("purchase",) else None)
    found = health(*VIEWS, event("b", "purchase", at=90), needs=Needs({"m": need}))
    starved = finding(found, "starved_models")
    assert starved is not None
    assert repair in starved.repair


def test_a_label_that_the_catalog_does_not_have() -> None:
    needs = needs_of({"in": PopularIn(by="brand", kinds=("view",))}, {"home": ("in",)})
    found = finding(health(*VIEWS, catalog=[{"item_id": "a", "title": "A"}], needs=needs), "missing_labels")
    assert found is not None
    assert (found.severity, found.disables, found.harms) == ("error", ("models.in",), ("slots.home",))


def one(severity: Severity, rows: int = 1, of: int = 4, rule: str = "r") -> Finding:
    """A finding about some rows of four."""
    return Finding(rule, severity, "says", "events", rows, of, "repair", (Example("f", 2, {"item_id": "a"}),))


def test_the_score_is_the_arithmetic_that_is_shown() -> None:
    found = Health.of([one("note"), one("warning"), one("error", 2)], 4, 0)
    assert [finding.severity for finding in found.findings] == ["error", "warning", "note"]
    assert found.score == round(100 - (15 + 35 * 2 / 4) - (3 + 7 * 1 / 4))
    assert Health.of([one("error", 4)] * 3, 4, 0).score == 0
    assert Health.of([], 4, 0).score == 100
    assert "15 + 35 × (share" in ARITHMETIC


def test_warnings_fail_only_when_strict() -> None:
    assert not Health.of([one("note")], 4, 0).failed(strict=True)
    assert not Health.of([one("warning")], 4, 0).failed()
    assert Health.of([one("warning")], 4, 0).failed(strict=True)
    assert Health.of([one("error")], 4, 0).failed()


def test_the_machine_readable_form_keeps_its_shape() -> None:
    found = Health.of([one("warning")], 4, 2).to_json()
    assert json.loads(json.dumps(found)) == {
        "format": 1,
        "score": 95,
        "arithmetic": ARITHMETIC,
        "events": 4,
        "items": 2,
        "counts": {"error": 0, "warning": 1, "note": 0},
        "findings": [
            {
                "rule": "r", "severity": "warning", "says": "says", "unit": "events", "rows": 1, "of": 4,
                "repair": "repair", "examples": [{"file": "f", "line": 2, "values": {"item_id": "a"}}],
                "disables": [], "harms": [], "share": 0.25, "cost": 4.75,
            }
        ],
        "repaired": [],
    }  # fmt: skip


def dirty(engine: Any) -> dict[str, Any]:
    """What is found in a log with a bit of everything."""
    rows = [
        *VIEWS,
        *VIEWS,
        {**event(), "time": "yesterday"},
        event(" b", "purchase", at=3, price="-1", quantity="0", user_id="17.0", currency="GBP"),
        event("B", "purchase", at=-7200, price="7", quantity="3", order_id="o", user_id="v", currency="EUR"),
        event("favour", "add_to_cart", at=86_400 * 500, session="t"),
        event("b", "click", slate_id="l", at=5),
        event("b", "impression", slate_id="l", at=9),
        *(event(f"i{n}", at=n * 0.5, session="bot") for n in range(120)),
    ]
    catalog: list[Row] = [
        {"item_id": "b", "title": "B"},
        {"item_id": "b", "title": None},
        {"item_id": "zz", "title": "Z"},
    ]
    return health(*rows, catalog=catalog, needs=needs(), engine=engine).to_json()


def test_duckdb_and_spark_find_the_same(spark: Any) -> None:
    ours, theirs = dirty(None), dirty(spark)
    assert len(ours["findings"]) > 20
    assert theirs == ours


@pytest.fixture
def shop(csv_shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings beside the files of a small shop."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    config = Path(shutil.copytree(csv_shop, tmp_path / "shop")) / "endcap.toml"
    config.write_text(SETTINGS)
    return config


def run(*words: object, command: str = "lint") -> Result:
    """What the command says and ends with."""
    return CliRunner().invoke(app, [command, *map(str, words)])


def test_the_command_ends_with_0_on_good_data_and_1_on_errors(shop: Path) -> None:
    good = run("--config", shop, "--json")
    assert good.exit_code == 0, good.output
    assert json.loads(good.stdout)["counts"]["error"] == 0
    events = shop.with_name("events.csv")
    events.write_text(events.read_text().replace(",purchase,", ",buy,"))
    bad = run("--config", shop)
    assert bad.exit_code == 1
    assert "models.popular" in bad.output
    assert "of 100" in bad.output


def test_a_source_that_cannot_be_read_is_a_finding(shop: Path) -> None:
    shop.with_name("events.csv").write_text("")
    found = jobs.lint(shop)
    (broken,) = found.findings
    assert (broken.rule, broken.severity, found.events) == ("unreadable_source", "error", 0)
    assert "events.csv" in broken.says


def test_rows_that_a_source_would_refuse_are_looked_at_with_file_and_line(shop: Path) -> None:
    events = shop.with_name("events.csv")
    lines = events.read_text().splitlines()
    lines[2] = lines[2].replace(",purchase,", ",buy,")
    lines[4] = lines[4].replace(",1.5,", ",-1.5,")
    events.write_text("\n".join(lines) + "\n")
    found = jobs.lint(shop)
    unknown, negative = finding(found, "unknown_kinds"), finding(found, "negative_prices")
    assert unknown is not None
    assert "'buy' (1, did you mean 'purchase'?)" in unknown.says
    assert negative is not None
    assert [(example.file, example.line) for example in negative.examples] == [("events.csv", 5)]
    assert finding(found, "refused_rows") is None  # the two findings above say all of it
    lines[6] = lines[6].replace(",purchase,", ",purchase," + "x" * 201, 1)
    events.write_text("\n".join(lines) + "\n")
    refused = finding(jobs.lint(shop), "refused_rows")
    assert refused is not None
    assert (refused.rows, refused.examples[0].line) == (1, 7)
    assert "must not be longer than" in str(refused.examples[0].values["why"])


def test_few_ids_that_are_placeholders_are_said_once_and_are_no_error(tmp_path: Path) -> None:
    rows = [
        f"2024-03-01 09:{n:02}:00,s{n},view,{item}" for n, item in enumerate(["undefined", *"abcdefghijklmnopqrst"])
    ]
    log = tmp_path / "log.csv"
    log.write_text("\n".join(["time,session_id,kind,item_id", *rows]))
    found = sources_linted([Csv(events="log.csv")], connect(), tmp_path, Needs(), NOW)
    assert {"without_item", "refused_rows"}.isdisjoint(finding.rule for finding in found.findings)
    assert finding(found, "placeholder_ids") is not None
    log.write_text(log.read_text().replace("view,a", "view,"))
    one_is_empty = sources_linted([Csv(events="log.csv")], connect(), tmp_path, Needs(), NOW)
    assert finding(one_is_empty, "without_item") is not None


def test_a_source_that_cleans_for_itself_is_looked_at_before_it_does(tmp_path: Path) -> None:
    line = {
        "InvoiceNo": "1", "StockCode": "10001a", "Description": "Mug", "Quantity": 1, "UnitPrice": 2.5,
        "InvoiceDate": datetime(2011, 1, 1), "CustomerID": 17850.0, "Country": "Portugal",
    }  # fmt: skip
    lines = [line, line, {**line, "StockCode": "10001A"}, {**line, "UnitPrice": 0.0}, {**line, "UnitPrice": -9.0}]
    pq.write_table(pa.Table.from_pylist(lines), tmp_path / "orders.parquet")
    found = sources_linted([OnlineRetail(orders="orders.parquet")], connect(), tmp_path, Needs(), NOW)
    assert (found.events, found.items) == (5, 2)
    rows = {f.rule: (f.rows, f.examples[0].line) for f in found.findings}
    assert (rows["delivered_twice"], rows["free_purchases"]) == ((1, 2), (1, 4))
    assert (rows["negative_prices"], rows["misspelt_items"][0]) == ((1, 5), 2)


def test_a_made_up_shop_shows_its_dirt(tmp_path: Path) -> None:
    found = sources_linted([Synthetic(events=3000, dirt=0.2, seed=1)], connect(), tmp_path, Needs(), NOW + 1e9)
    rules = {finding.rule for finding in found.findings}
    assert {"negative_prices", "wrong_quantities", "delivered_twice", "out_of_order"} <= rules
    assert "refused_rows" not in rules


def test_lint_on_spark_says_what_it_says_on_duckdb(shop: Path, spark: Any) -> None:
    events = shop.with_name("events.csv")
    events.write_text(events.read_text().replace(",purchase,", ",buy,", 9).replace(",1.5,", ",-1.5,", 3))
    ours = jobs.lint(shop).to_json()
    shop.write_text(f'[shop]\nengine = "pyspark://local[2]"\n{SETTINGS}')
    theirs = jobs.lint(shop)
    assert finding(theirs, "unknown_kinds") is not None
    assert theirs.to_json() == ours
