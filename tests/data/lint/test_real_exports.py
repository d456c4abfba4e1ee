"""Rules about what real exports hold, with one opinion for lint and prepare; and what configured steps repair."""

from pathlib import Path
from typing import Any

import pytest
from tests.data.lint.worlds import event, finding, health

from endcap import jobs
from endcap.core.errors import BadData
from endcap.data.engines import connect
from endcap.data.lint import linted
from endcap.data.lint.needs import needs_of
from endcap.data.lint.repairs import FILLS, REPAIRS
from endcap.models.co_occurrence import CoOccurrence

HEADER = "time,session_id,kind,item_id,user_id,order_id\n"
SETTINGS = '[[sources]]\nuse = "csv"\nevents = "log.csv"\n{more}\n[models.popular]\nuse = "popular"\n'


def settled(folder: Path, lines: list[str], more: str = "", catalog: str = "") -> Path:
    """Settings with one log, and with a catalog if there is one."""
    (folder / "log.csv").write_text(HEADER + "\n".join(lines) + "\n")
    if catalog:
        (folder / "items.csv").write_text(catalog)
        more = f'catalog = "items.csv"\n{more}'
    (folder / "endcap.toml").write_text(SETTINGS.format(more=more))
    return folder / "endcap.toml"


def bought(n: int, item: str = "mug", time: int = 1_700_000_000) -> str:
    """The n-th purchase."""
    return f"{time + 60 * n},s{n},purchase,{item},u{n},o{n}"


def found_by_lint(config: Path) -> dict[str, Any]:
    """What lint says, by rule."""
    return {one.rule: one for one in jobs.lint(config).findings}


def test_what_a_configured_step_repairs_is_no_finding() -> None:
    from tests.data.lint.worlds import NOW, table

    rows = [event(), event("b", at=30), event("b", at=30), event("b", "purchase", at=60)]
    needs = needs_of({"together": CoOccurrence()}, {"home": ("together",)})
    tables = [(table(connect(), rows), None)]
    before = {one.rule for one in linted(tables, needs, NOW).findings}
    assert {"purchases_without_order", "starved_models", "delivered_twice"} <= before
    after = linted(tables, needs, NOW, steps=("basketed", "without_repeats"))
    assert not {"purchases_without_order", "starved_models", "delivered_twice"} & {one.rule for one in after.findings}
    assert {one.rule for one in after.repaired} == {"purchases_without_order", "delivered_twice"}


def test_every_step_and_every_rule_of_the_table_of_repairs_exists() -> None:
    from endcap.data import steps
    from endcap.data.lint import deliveries, events, groups, items

    rules = {
        rule.__name__
        for module, names in (
            (events, ("RULES",)),
            (deliveries, ("DELIVERY_RULES", "ARRIVAL_RULES")),
            (items, ("ITEM_RULES", "CATALOG_RULES")),
            (groups, ("SESSION_RULES", "ORDER_RULES", "USER_RULES", "SLATE_RULES")),
        )
        for name in names
        for rule in getattr(module, name)
    }  # fmt: skip
    assert set().union(*REPAIRS.values()) <= rules
    assert {*REPAIRS, *FILLS} <= set(steps.__all__)


def test_half_of_a_log_in_1970_is_an_error_and_stops_prepare(tmp_path: Path) -> None:
    lines = [bought(n) for n in range(10)] + [bought(n, time=1_700_000) for n in range(10)]
    config = settled(tmp_path, lines)
    found = found_by_lint(config)["implausible_times"]
    assert (found.severity, found.rows, found.of) == ("error", 10, 20)
    assert "one part of the times is in seconds, the other in milliseconds" in found.says
    with pytest.raises(BadData, match="plausible_times: found 10 of 20 events on implausible days"):
        jobs.prepare(config)
    accepted = config.read_text() + '[[checks]]\nuse = "plausible_times"\nat_most = 1\nyears = 1000\n'
    config.write_text(accepted)
    assert jobs.prepare(config).dataset.events.time.min() < 1e8


@pytest.mark.parametrize("time", [1_000_000_000, 2_147_483_647, 86_400])
def test_moments_that_stand_for_none(tmp_path: Path, time: int) -> None:
    config = settled(tmp_path, [*(bought(n) for n in range(10)), f"{time},x,purchase,mug,u,o"])
    assert found_by_lint(config)["implausible_times"].rows == 1
    with pytest.raises(BadData, match="plausible_times"):
        jobs.prepare(config)
    config.write_text(config.read_text() + '[prepare]\nevents = ["within_dates"]\n')
    rules = found_by_lint(config)
    assert "implausible_times" not in rules
    if time != 1_000_000_000:  # that day may be a day of a shop
        assert len(jobs.prepare(config).dataset.events) == 10


CATALOGS = {
    "leading zeros": ("00123", "item_id\n123\n"),
    "case, blanks or punctuation": ("SKU-1", "item_id\nsku_1\n"),
    "prefix or a suffix": ("shop:4711", "item_id\n4711\n"),
    "events lost their last digits": ("4.00638E+12", "item_id\n4006381333931\n"),
    "another shop": ("mug", "item_id\nlamp\n"),
}


@pytest.mark.parametrize("cause", CATALOGS)
def test_events_about_items_of_no_catalog_stop_and_the_likely_cause_is_told(tmp_path: Path, cause: str) -> None:
    item, catalog = CATALOGS[cause]
    config = settled(tmp_path, [bought(n, item) for n in range(8)], catalog=catalog)
    told = found_by_lint(config)
    assert told["unknown_items"].severity == "error"
    assert cause in told["unknown_items"].says
    with pytest.raises(BadData) as error:
        jobs.train(config)
    assert "known_items: found 0.00% of 8 events" in str(error.value)
    assert f"not listed: {item}; listed: " in str(error.value)
    assert cause in str(error.value)
    config.write_text(config.read_text() + '[[checks]]\nuse = "known_items"\nat_least = 0\n')
    assert len(jobs.prepare(config).dataset.events) == 8


def test_a_catalog_that_is_read_from_the_log_cannot_fail(tmp_path: Path) -> None:
    config = settled(tmp_path, [bought(n) for n in range(8)], 'catalog = "log.csv"\none_per_item = true')
    assert len(jobs.prepare(config).dataset.events) == 8


def test_a_user_with_more_orders_than_a_person_has_is_told_with_the_setting_that_repairs_it() -> None:
    rows = [event("a", "purchase", at=60 * n, session=f"s{n}", order_id=f"o{n}",
                  user_id="kasse1" if n < 40 else f"u{n}") for n in range(100)]  # fmt: skip
    found = finding(health(*rows), "users_of_many_people")
    assert found is not None
    assert (found.rows, found.examples[0].values["user_id"], found.examples[0].values["orders"]) == (1, "kasse1", "40")
    assert "placeholders = [" in found.repair


def test_a_good_customer_is_one_person() -> None:
    rows = [event("a", "purchase", at=60 * n, session=f"s{n}", order_id=f"o{n}",
                  user_id="ann" if n < 10 else f"u{n % 40}") for n in range(200)]  # fmt: skip
    assert finding(health(*rows), "users_of_many_people") is None


@pytest.mark.parametrize("mark", ["|", ";", ",", " "])
def test_several_items_in_one_cell(mark: str) -> None:
    cells = [mark.join(f"SKU{(n + k) % 5}" for k in (0, 1, 3)) for n in range(10)]
    found = finding(health(*(event(cell, "purchase", at=n) for n, cell in enumerate(cells))), "several_items_in_a_cell")
    assert found is not None
    assert (found.severity, found.rows) == ("error", 10)
    assert "items_separator = " in found.repair


@pytest.mark.parametrize("form", ["shirt/{0}/{1}", "{0}-{1}", "Model {0} {1}", "a|{0}{1}"])
def test_composed_ids_are_no_several_items(form: str) -> None:
    items = [form.format(colour, size) for colour in ("red", "blue", "green") for size in ("S", "M", "L")]
    found = health(*(event(item, at=n) for n, item in enumerate(items)))
    assert finding(found, "several_items_in_a_cell") is None


@pytest.mark.parametrize("title", ["KÃ¤se", "BrÃ¶tchen", "10 Â£", "caf\ufffd", "K\x84se"])
def test_letters_of_another_encoding(title: str) -> None:
    items = [{"item_id": "a", "title": title, "category": "c"}, {"item_id": "b", "title": "Käse", "category": "c"}]
    found = finding(health(event(), catalog=items), "garbled_texts")
    assert found is not None
    assert found.rows == 1


@pytest.mark.parametrize("title", ["Käse", "Ânimo", "São Paulo", "“Tea” – 5 €", "Ã"])
def test_letters_that_are_right(title: str) -> None:
    assert finding(health(event(), catalog=[{"item_id": "a", "title": title}]), "garbled_texts") is None


@pytest.mark.parametrize(("say", "events", "pieces"), [("ignore", 4, 4), ("one", 5, 5)])
def test_lines_of_quantity_zero(tmp_path: Path, say: str, events: int, pieces: int) -> None:
    rows = "\n".join(f"{1_700_000_000 + n},s{n},purchase,mug,u{n},o{n},{n and 1}" for n in range(5))
    (tmp_path / "log.csv").write_text(HEADER.strip() + ",quantity\n" + rows + "\n")
    (tmp_path / "endcap.toml").write_text(SETTINGS.format(more=""))
    told = found_by_lint(tmp_path / "endcap.toml")
    assert told["zero_quantities"].rows == 1
    with pytest.raises(
        BadData, match=r"log.csv, line 2: quantity is 0: usually a cancelled line, a gift or a correction"
    ):
        jobs.prepare(tmp_path / "endcap.toml")
    (tmp_path / "endcap.toml").write_text(SETTINGS.format(more=f'zero_quantity = "{say}"'))
    assert "zero_quantities" not in found_by_lint(tmp_path / "endcap.toml")
    prepared = jobs.prepare(tmp_path / "endcap.toml")
    assert (len(prepared.dataset.events), prepared.dataset.events.quantity.sum()) == (events, pieces)
    assert ("lines of quantity 0" in {entry["step"] for entry in prepared.ledger}) == (say == "ignore")
