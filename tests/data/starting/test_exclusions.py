"""`init` finds the columns that mark cancelled and refunded orders."""

import json
import tomllib
from pathlib import Path
from typing import Any

import ibis
import pytest
from tests.exports import table

from endcap.config import parse
from endcap.data.ledger import Ledger
from endcap.data.prepare import united
from endcap.data.starting.guess import Given
from endcap.data.starting.writing import guess_for

HEADER = ("order_id", "created_at", "customer_id", "sku", "quantity", "price")


def order(n: int) -> tuple[object, ...]:
    return n // 2, f"2024-03-{1 + n % 28:02} 10:00", f"c{n // 2 % 9}", f"sku{n % 7}", 1, "4.50"


def init(folder: Path, *names: str) -> tuple[str, dict[str, Any], int]:
    """The text of the settings, their first source, and how many events it reads."""
    found = guess_for([str(folder / name) for name in names], None, folder, Given())
    assert found.problem == ""
    config = parse(found.text, folder / "endcap.toml")
    duck = ibis.duckdb.connect()
    events, _ = united([source.tables(duck, folder, Ledger()) for source in config.sources])
    return found.text, tomllib.loads(found.text)["sources"][0], events.count().to_pyarrow().as_py()


def statuses(folder: Path, name: str, *words: str) -> tuple[str, dict[str, Any], int]:
    """Write forty order lines; the named column cycles through the words."""
    table(folder / "orders.csv", (*HEADER, name), ((*order(n), words[n // 2 % len(words)]) for n in range(40)))
    return init(folder, "orders.csv")


@pytest.mark.parametrize(
    ("name", "happened", "words"),
    [
        ("status", ("completed", "completed"), ["cancelled", "refunded"]),
        ("Order Status", ("Shipped", "Shipped - Delivered to Buyer"), ["Cancelled", "Shipped - Returned to Seller"]),
        ("financial_status", ("paid", "partially_refunded"), ["voided", "refunded"]),
        ("payment_status", ("PAID", "pending"), ["FAILED", "DECLINED"]),
        ("Bestellstatus", ("versendet", "teilweise storniert"), ["storniert", "Zurückgegeben"]),
        ("statut", ("payée", "livrée"), ["annulé", "Remboursée"]),
        ("estado", ("pagado", "enviado"), ["cancelado", "devuelto"]),
        ("stato", ("consegnato", "pagato"), ["annullato", "rimborsato"]),
        ("Ergebnis", ("bezahlt", "versandt"), ["abgebrochen", "erstattet"]),
        ("is_cancelled", ("false", "0"), ["1", "true"]),
    ],
)  # fmt: skip
def test_a_column_of_statuses_leaves_out_what_did_not_happen(
    tmp_path: Path, name: str, happened: tuple[str, ...], words: list[str]
) -> None:
    text, source, events = statuses(tmp_path, name, *happened, *words)
    assert source["exclude"] == {name: words}
    assert source["constants"] == {"kind": "purchase"}
    assert events == 20
    assert "# check: 20 of 40 rows say " in text


def test_the_words_are_told_with_their_counts(tmp_path: Path) -> None:
    text, _, events = statuses(tmp_path, "status", "completed", "cancelled", "completed", "refunded", "Cancelled")
    assert 'exclude = { status = ["cancelled", "refunded"] }' in text
    assert "# check: 24 of 40 rows say cancelled (16), refunded (8): they are left out" in text
    assert events == 16


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("status", ("completed", "processing")), ("state", ("SP", "RJ")), ("status", ("gold", "silver")),
        ("status", ("cancelled", "cancelled")), ("title", ("Lost", "Found", "The Return")),
        ("refunded", ("0.00", "4.50")),
        ("status", ("partially refunded", "not returned", "canceled_reversal")),
    ],
)  # fmt: skip
def test_other_columns_leave_out_nothing(tmp_path: Path, name: str, words: tuple[str, ...]) -> None:
    _, source, events = statuses(tmp_path, name, *words)
    assert "exclude" not in source
    assert events == 40


def test_kinds_of_events_stay_kinds(tmp_path: Path) -> None:
    _, source, events = statuses(tmp_path, "status", "view", "purchase", "refund")
    assert "exclude" not in source
    assert source["kinds"] == {"refund": "return"}
    assert events == 40


def test_the_moment_of_a_cancellation(tmp_path: Path) -> None:
    text, source, events = statuses(tmp_path, "Cancelled at", "", "", "", "2024-03-02 10:00:00")
    assert source["exclude"] == {"Cancelled at": ["*"]}
    assert "# check: 10 of 40 rows say Cancelled at (10): they are left out" in text
    assert events == 30


def test_orders_with_their_lines_within(tmp_path: Path) -> None:
    orders = [
        {"id": n, "date_created": f"2024-03-{1 + n % 28:02}T10:00:00", "customer_id": 100 + n % 9,
         "payment": {"status": ("paid", "failed")[n % 5 == 0]}, "cancelled": n % 7 == 1,
         "line_items": [{"product_id": 10 + n % 3, "quantity": 1}, {"product_id": 20, "quantity": 1}]}
        for n in range(20)
    ]  # fmt: skip
    (tmp_path / "orders.json").write_text("\n".join(map(json.dumps, orders)))
    _, source, events = init(tmp_path, "orders.json")
    assert source["exclude"] == {"payment.status": ["failed"], "cancelled": ["true"]}
    assert events == 2 * (20 - 4 - 3 + 1)  # order 15 is both


def test_orders_and_their_lines_in_two_files(tmp_path: Path) -> None:
    status = ("complete", "complete", "canceled")
    heads = ((n, f"2024-03-{1 + n:02} 10:00", f"c{n % 4}", status[n % 3]) for n in range(21))
    table(tmp_path / "orders.csv", ("order_id", "created_at", "customer_id", "status"), heads)
    table(tmp_path / "lines.csv", ("order_id", "sku", "qty"), ((n // 2, f"sku{n % 5}", 1) for n in range(42)))
    text, source, events = init(tmp_path, "orders.csv", "lines.csv")
    assert source["use"] == "sql"
    assert source["exclude"] == {"status": ["canceled"]}
    assert "# check: 7 of 21 rows say canceled (7): they are left out" in text
    assert events == 28


def test_orders_of_shopify(tmp_path: Path) -> None:
    header = ("Name", "Email", "Financial Status", "Cancelled at", "Created at", "Lineitem quantity", "Lineitem name",
              "Lineitem price", "Lineitem sku", "Currency", "Vendor")  # fmt: skip

    def lines() -> Any:
        for n in range(20):
            status = "voided" if n % 5 == 1 else "refunded" if n % 5 == 2 else "partially_refunded" if n % 5 else "paid"
            when = f"2024-03-{1 + n:02} 10:00:00 +0100"
            cancelled = when if n == 0 else ""
            yield f"#{n}", f"u{n % 4}@shop.example", status, cancelled, when, 1, "Mug", "4.50", f"M-{n % 2}", "EUR", "A"
            yield f"#{n}", "", "", "", when, 1, "Cup", "2.50", f"C-{n % 3}", "", "A"

    table(tmp_path / "orders_export.csv", header, lines())
    text, source, events = init(tmp_path, "orders_export.csv")
    assert source["exclude"] == {"Financial Status": ["voided", "refunded"], "Cancelled at": ["*"]}
    assert "# check: 9 of 20 rows say voided (4), refunded (4), Cancelled at (1): they are left out" in text
    assert events == 22
