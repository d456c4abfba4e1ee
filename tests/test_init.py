"""From an export as it lies there to a trained bundle, without writing a line."""

import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.exports import ACTS, BOUGHT, EXPORTS, ITEMS, ga4_lines, german, own, table
from typer.testing import CliRunner

from endcap import jobs
from endcap.cli import app
from endcap.core.errors import BadData
from endcap.core.records import KINDS


@pytest.mark.parametrize("name", EXPORTS)
def test_a_public_format_is_recognised_and_trained_on(name: str, tmp_path: Path) -> None:
    write, expected = EXPORTS[name]
    (tmp_path / "data").mkdir()
    write(tmp_path / "data")
    config = tmp_path / "endcap.toml"
    result = CliRunner().invoke(app, ["init", str(tmp_path / "data"), "-c", str(config)])
    assert result.exit_code == 0, result.stderr
    assert f"taken for: {name}" in result.stderr
    assert re.search(r"^\S+ \((?!unused)\w", result.stderr, re.MULTILINE)  # a table, and what it is taken for
    prepared = jobs.prepare(config)
    counted = np.bincount(prepared.dataset.events.kind, minlength=len(KINDS))
    assert {kind: int(count) for kind, count in zip(KINDS, counted, strict=True) if count} == expected
    if name != "Instacart":  # which tells no dates; Diginetica tells no hours
        assert abs(prepared.dataset.events.time.max() - ACTS[-1].time.timestamp()) < (
            86_400 if name == "Diginetica" else 90
        )
    assert len(prepared.dataset.baskets) == len({act.order for act in BOUGHT})
    assert jobs.train(config).models


def test_items_have_what_the_catalog_says(tmp_path: Path) -> None:
    EXPORTS["REES46 eCommerce"][0](tmp_path)
    data = jobs.prepare(jobs.init(tmp_path, config=tmp_path / "endcap.toml")).dataset
    labels = data.catalog.labels("category")
    assert {item: labels.name(code) for code, item in enumerate(data.catalog.items.ids)} == {
        item: f"home.{category}" for item, (_, category, _) in ITEMS.items()
    }


def test_a_visit_ends_after_half_an_hour_where_only_visitors_are_known(tmp_path: Path) -> None:
    EXPORTS["RetailRocket"][0](tmp_path)
    data = jobs.prepare(jobs.init(tmp_path, config=tmp_path / "endcap.toml")).dataset
    assert len(data.sessions) == 60


def test_ga4_as_json_lines(tmp_path: Path) -> None:
    ga4_lines(tmp_path)
    config = jobs.init(tmp_path / "ga4.json", config=tmp_path / "endcap.toml")
    data = jobs.prepare(config).dataset
    assert len(data.events) == len(ACTS)
    assert data.devices is not None
    assert list(data.devices.names.ids) == ["mobile"]
    assert data.countries is not None
    assert list(data.countries.names.ids) == ["Portugal"]


def test_a_column_of_devices_is_one_and_a_column_of_their_numbers_is_none(tmp_path: Path) -> None:
    rows = ((a.time.isoformat(), a.session, a.kind, a.item, n, "web") for n, a in enumerate(ACTS))
    table(tmp_path / "log.csv", ("when", "session", "action", "product_id", "device_id", "platform"), rows)
    config = jobs.init(tmp_path / "log.csv", config=tmp_path / "endcap.toml")
    assert tomllib.loads(config.read_text())["sources"][0]["columns"]["device"] == "platform"


def test_names_of_another_language_and_a_catalog_of_another_format(tmp_path: Path) -> None:
    german(tmp_path)
    config = jobs.init(tmp_path, config=tmp_path / "endcap.toml")
    written = tomllib.loads(config.read_text())["sources"]
    assert written[0]["columns"] == {
        "time": "Zeitpunkt", "session_id": "Kundennummer", "kind": "Ereignis", "item_id": "Artikelnummer",
        "user_id": "Kundennummer", "price": "Einzelpreis", "order_id": "Bestellnummer",
    }  # fmt: skip
    assert written[0]["kinds"] == {"Ansicht": "view", "Warenkorb": "cart", "Kauf": "purchase", "Newsletter": "ignore"}
    assert (written[0]["decimal"], written[0]["currency"]) == (",", "EUR")
    assert written[0]["time_format"] == "%d.%m.%Y %H:%M"
    assert 'Newsletter = "ignore"  # check: ' in config.read_text()
    data = jobs.prepare(config).dataset
    assert (len(data.events), len(data.baskets)) == (len(ACTS), 30)
    assert sorted(set(data.events.price.tolist())) == sorted({round(act.price, 2) for act in ACTS})
    assert set(data.catalog.text("title")) == {title for title, _, _ in ITEMS.values()}


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("%Y-%m-%d %H:%M:%S", None),
        ("%Y-%m-%dT%H:%M:%S+00:00", None),
        ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S"),
        ("%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M %p"),
        ("%Y%m%d%H%M%S", "%Y%m%d%H%M%S"),
        ("%d %b %Y %H:%M", "%d %b %Y %H:%M"),
        ("%b %d, %Y %I:%M %p", "%b %d, %Y %I:%M %p"),
        ("s", None),
        ("ms", "ms"),
        ("us", "us"),
    ],
)
def test_moments_as_people_write_them(tmp_path: Path, form: str, written: str | None) -> None:
    units = {"s": 1, "ms": 1000, "us": 1_000_000}

    def moment(act: Any) -> object:
        return int(act.time.timestamp()) * units[form] if form in units else act.time.strftime(form)

    rows = ((moment(a), a.session, a.kind, a.item) for a in ACTS)
    table(tmp_path / "log.csv", ("when", "session", "action", "product_id"), rows)
    config = jobs.init(tmp_path / "log.csv", config=tmp_path / "endcap.toml")
    source = tomllib.loads(config.read_text())["sources"][0]
    assert source.get("time_format") == written
    times = jobs.prepare(config).dataset.events.time
    assert (times.min(), times.max()) == (ACTS[0].time.timestamp(), ACTS[-1].time.timestamp())


def test_a_guess_that_is_not_sure_says_what_to_check(tmp_path: Path) -> None:
    rows = ((f"{a.time:%d/%m/%Y}", a.visitor, a.item) for a in ACTS if a.time.day < 12)
    table(tmp_path / "log.csv", ("day", "customer", "article"), rows)
    text = jobs.init(tmp_path / "log.csv", config=tmp_path / "endcap.toml").read_text()
    assert 'time_format = "%d/%m/%Y"  # check: day and month may be the other way round' in text
    assert "[sources.constants]  # check: no column says what happened" in text


def test_what_holds_no_events_is_told_and_the_settings_ask_for_what_is_missing(tmp_path: Path) -> None:
    table(tmp_path / "numbers.csv", ("a", "b"), [(1, 2)])
    with pytest.raises(
        BadData, match=r"no table of events found: .*numbers\.csv: a, b.*fill in time, session_id, item_id"
    ):
        jobs.init(tmp_path, config=tmp_path / "endcap.toml")
    text = (tmp_path / "endcap.toml").read_text()
    assert '# time = "…"  # check: which of: a, b holds the moment of the event?' in text
    assert tomllib.loads(text)["sources"] == [
        {"use": "csv", "events": "numbers.csv", "columns": {}, "constants": {"kind": "view"}}
    ]


def test_the_settings_do_not_depend_on_the_order_of_the_files(tmp_path: Path) -> None:
    own(tmp_path)
    table(tmp_path / "items.csv", ("item_id", "title"), ((i, t) for i, (t, _, _) in ITEMS.items()))
    files = [tmp_path / "events.csv.gz", tmp_path / "items.csv"]
    one, two = (jobs.init(order, config=tmp_path / f"{n}.toml") for n, order in enumerate((files, files[::-1])))
    assert one.read_text() == two.read_text()


def test_an_export_as_it_comes_is_clean_for_lint(tmp_path: Path) -> None:
    EXPORTS["REES46 eCommerce"][0](tmp_path)
    health = jobs.lint(jobs.init(tmp_path, config=tmp_path / "endcap.toml"))
    assert (health.score, health.failed(strict=True)) == (100, False)
    assert "purchases_without_order" in {finding.rule for finding in health.repaired}


def test_the_command_lints_what_it_wrote_and_says_what_matters_most_and_what_comes_next(tmp_path: Path) -> None:
    rows = [
        (n // 2, f"2024-03-{1 + n % 28:02} 10:00", "kasse1" if n < 60 else f"c{n // 2}", f"sku{n % 7}")
        for n in range(100)
    ]
    table(tmp_path / "orders.csv", ("order_id", "order_date", "customer_id", "sku"), rows)
    config = tmp_path / "endcap.toml"
    result = CliRunner().invoke(app, ["init", str(tmp_path / "orders.csv"), "-c", str(config)])
    said = " ".join(result.stderr.split())
    assert result.exit_code == 0, said
    assert "1 of 21 users have more orders than one person has" in said
    assert 'placeholders = ["the id"] in the source makes guests of them' in said
    # A long path is broken wherever the terminal ends.
    assert f"next:endcaptrain--config{config}&&endcaprelease" in "".join(result.stderr.split())
    again = CliRunner().invoke(app, ["init", str(tmp_path / "orders.csv"), "-c", str(config)])
    assert again.exit_code == 1
    assert "exists already" in again.stderr


def test_without_events_the_command_ends_with_one_and_the_settings_are_there(tmp_path: Path) -> None:
    table(tmp_path / "stock.csv", ("shelf", "[/b]"), [("7", "[red]x")])
    config = tmp_path / "endcap.toml"
    result = CliRunner().invoke(app, ["init", str(tmp_path / "stock.csv"), "-c", str(config)])
    assert result.exit_code == 1
    assert "no table of events found" in result.stderr
    assert "stock.csv: shelf, [/b]" in " ".join(result.stderr.split())
    assert "all the same: correct it there" in " ".join(result.stderr.split())
    assert config.exists()
