"""One small shop, and how it would look in everybody's export: made with a seed, nothing copied."""

import csv
import gzip
import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

START = datetime(2024, 3, 1, 9, tzinfo=UTC)
ITEMS = {str(1000 + i): (f"Thing {i}", ("mugs", "lamps", "rugs")[i % 3], ("Alba", "Borg")[i % 2]) for i in range(12)}


@dataclass(frozen=True)
class Act:
    """Something that a visitor did; with a purchase, in an order."""

    time: datetime
    visitor: str
    session: str
    kind: str
    item: str
    order: str | None

    @property
    def price(self) -> float:
        """Of one piece: half of the number of the item, in hundredths."""
        return int(self.item) / 200


def acts() -> list[Act]:
    """Sixty visits: some views, one or two things put into the cart, and bought together in every second visit."""
    chance, done = random.Random(1), []
    for visit in range(60):
        visitor, session, start = str(100 + visit % 15), f"5{visit:03}", START + timedelta(hours=5 * visit)
        chosen = chance.sample(sorted(ITEMS), 4)
        steps = [("view", item) for item in chosen] + [("cart", item) for item in chosen[:2]]
        if visit % 2:
            steps += [("purchase", item) for item in chosen[:2]]
        for minute, (kind, item) in enumerate(steps):
            order = f"7{visit:03}" if kind == "purchase" else None
            done.append(Act(start + timedelta(minutes=minute), visitor, session, kind, item, order))
    return done


ACTS = acts()
BOUGHT = [act for act in ACTS if act.order]


def table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str = ",") -> None:
    """A CSV file, compressed if its name says so."""
    with gzip.open(path, "wt", newline="") if path.suffix == ".gz" else path.open("w", newline="") as file:
        lines = csv.writer(file, delimiter=delimiter)
        if header:
            lines.writerow(header)
        lines.writerows(rows)


def own(folder: Path) -> None:
    """Our own columns."""
    header = ("time", "session_id", "kind", "item_id", "user_id", "order_id", "price")
    rows = ((a.time.isoformat(), a.session, a.kind, a.item, a.visitor, a.order, a.price) for a in ACTS)
    table(folder / "events.csv.gz", header, rows)


def retailrocket(folder: Path) -> None:
    """Events in milliseconds, and item properties in two files, one line for each property at each time."""
    kinds = {"view": "view", "cart": "addtocart", "purchase": "transaction"}
    header = ("timestamp", "visitorid", "event", "itemid", "transactionid")
    rows = ((int(a.time.timestamp() * 1000), a.visitor, kinds[a.kind], a.item, a.order) for a in ACTS)
    table(folder / "events.csv", header, rows)
    facts = [(1_400_000_000_000 + n, item, prop, value) for n, item in enumerate(ITEMS)
             for prop, value in (("categoryid", f"{int(item) % 3}"), ("790", "n12"), ("available", "1"))]  # fmt: skip
    for part in (1, 2):
        name = folder / f"item_properties_part{part}.csv"
        table(name, ("timestamp", "itemid", "property", "value"), facts[part - 1 :: 2])
    table(folder / "category_tree.csv", ("categoryid", "parentid"), [("1", "0"), ("2", "0")])


def rees46(folder: Path) -> None:
    """One row for each event, with all that is known of the item, in a compressed file for each month."""
    header = ("event_time", "event_type", "product_id", "category_id", "category_code", "brand", "price", "user_id",
              "user_session")  # fmt: skip
    rows = [(f"{a.time:%F %T} UTC", a.kind, a.item, f"2{a.item}", f"home.{ITEMS[a.item][1]}",
             ITEMS[a.item][2], a.price, a.visitor, a.session) for a in ACTS]  # fmt: skip
    table(folder / "2024-Mar.csv.gz", header, rows)


def diginetica(folder: Path) -> None:
    """Semicolons, a date and milliseconds since the session began; purchases and categories apart."""
    first = {act.session: act.time for act in reversed(ACTS)}

    def row(act: Act) -> tuple[object, ...]:
        since = int((act.time - first[act.session]).total_seconds() * 1000)
        return act.session, act.visitor, act.item, since, f"{act.time:%Y-%m-%d}"

    header = ("sessionId", "userId", "itemId", "timeframe", "eventdate")
    table(folder / "train-item-views.csv", header, map(row, (a for a in ACTS if a.kind == "view")), ";")
    bought = ((*row(a)[:2], row(a)[3], row(a)[4], a.order, a.item) for a in BOUGHT)
    columns = ("sessionId", "userId", "timeframe", "eventdate", "ordernumber", "itemId")
    table(folder / "train-purchases.csv", columns, bought, ";")
    table(folder / "product-categories.csv", ("itemId", "categoryId"), ((i, int(i) % 3) for i in ITEMS), ";")
    table(folder / "products.csv", ("itemId", "pricelog2", "product.name.tokens"), ((i, 3, "1,2") for i in ITEMS), ";")


def yoochoose(folder: Path) -> None:
    """Two files without a first line of names."""

    def moment(act: Act) -> str:
        return f"{act.time:%Y-%m-%dT%H:%M:%S}.277Z"

    clicks = ((a.session, moment(a), a.item, int(a.item) % 3) for a in ACTS if a.kind == "view")
    table(folder / "yoochoose-clicks.dat", (), clicks)
    table(folder / "yoochoose-buys.dat", (), ((a.session, moment(a), a.item, int(a.price * 100), 1) for a in BOUGHT))


def online_retail(folder: Path) -> None:
    """Order lines with American dates; a return is an invoice with C and a negative quantity."""
    header = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")

    def row(act: Act, quantity: int = 2) -> tuple[object, ...]:
        when = f"{act.time.month}/{act.time.day}/{act.time.year} {act.time.hour}:{act.time.minute:02}"
        invoice = ("C" if quantity < 0 else "") + str(act.order)
        return invoice, act.item, ITEMS[act.item][0], quantity, when, act.price, act.visitor, "France"

    table(folder / "data.csv", header, [*map(row, BOUGHT), row(BOUGHT[-1], -1)])


def instacart(folder: Path) -> None:
    """Orders without dates, their lines, products and aisles, each in a file of its own."""
    placed: dict[str, list[str]] = {}
    for act in BOUGHT:
        if act.order not in placed.setdefault(act.visitor, []):
            placed[act.visitor].append(str(act.order))
    orders = [(order, user, "prior", n + 1, 2, 10, 7.0 if n else None)
              for user, theirs in placed.items() for n, order in enumerate(theirs)]  # fmt: skip
    header = ("order_id", "user_id", "eval_set", "order_number", "order_dow", "order_hour_of_day",
              "days_since_prior_order")  # fmt: skip
    table(folder / "orders.csv", header, orders)
    lines = [(a.order, a.item, n % 2 + 1, 0) for n, a in enumerate(BOUGHT)]
    for name, part in (("prior", lines[:40]), ("train", lines[40:])):
        columns = ("order_id", "product_id", "add_to_cart_order", "reordered")
        table(folder / f"order_products__{name}.csv", columns, part)
    products = ((i, title, int(i) % 3 + 1, 1) for i, (title, _, _) in ITEMS.items())
    table(folder / "products.csv", ("product_id", "product_name", "aisle_id", "department_id"), products)
    table(folder / "aisles.csv", ("aisle_id", "aisle"), enumerate(("lamps", "mugs", "rugs"), 1))
    table(folder / "departments.csv", ("department_id", "department"), [(1, "home")])


def ga4_rows() -> list[dict[str, Any]]:
    """Events as BigQuery holds them: parameters and items are lists of records."""
    names = {"view": "view_item", "cart": "add_to_cart", "purchase": "purchase"}
    return [
        {
            "event_date": f"{act.time:%Y%m%d}",
            "event_timestamp": int(act.time.timestamp() * 1e6),
            "event_name": names[act.kind],
            "event_params": [{"key": "ga_session_id", "value": {"string_value": None, "int_value": int(act.session)}}],
            "user_id": None,
            "user_pseudo_id": f"{act.visitor}.1",
            "device": {"category": "mobile"},
            "geo": {"country": "Portugal"},
            "ecommerce": {"transaction_id": act.order},
            "items": [
                {"item_id": act.item, "item_name": ITEMS[act.item][0], "item_brand": ITEMS[act.item][2],
                 "item_category": ITEMS[act.item][1], "price": act.price, "quantity": 1}
            ],
        }
        for act in ACTS
    ]  # fmt: skip


def ga4(folder: Path) -> None:
    """A table for each day, in Parquet."""
    rows = ga4_rows()
    value = pa.struct([("string_value", pa.string()), ("int_value", pa.int64())])
    item = pa.struct([(name, pa.string()) for name in ("item_id", "item_name", "item_brand", "item_category")]
                     + [("price", pa.float64()), ("quantity", pa.int64())])  # fmt: skip
    schema = pa.schema([
        ("event_date", pa.string()), ("event_timestamp", pa.int64()), ("event_name", pa.string()),
        ("event_params", pa.list_(pa.struct([("key", pa.string()), ("value", value)]))), ("user_id", pa.string()),
        ("user_pseudo_id", pa.string()), ("ecommerce", pa.struct([("transaction_id", pa.string())])),
        ("device", pa.struct([("category", pa.string())])), ("geo", pa.struct([("country", pa.string())])),
        ("items", pa.list_(item)),
    ])  # fmt: skip
    for day in sorted({str(row["event_date"]) for row in rows}):
        today = [row for row in rows if row["event_date"] == day]
        pq.write_table(pa.Table.from_pylist(today, schema), folder / f"events_{day}.parquet")


def ga4_lines(folder: Path) -> None:
    """The same as JSON lines."""
    (folder / "ga4.json").write_text("\n".join(map(json.dumps, ga4_rows())))


def shopify(folder: Path) -> None:
    """The facts of an order stand in the first of its lines only; some items have no SKU."""
    header = ("Name", "Email", "Financial Status", "Created at", "Currency", "Lineitem quantity", "Lineitem name",
              "Lineitem price", "Lineitem sku", "Vendor", "Notes")  # fmt: skip
    rows, seen = [], set[str]()
    for act in BOUGHT:
        first = act.order not in seen
        seen.add(str(act.order))
        title, _, brand = ITEMS[act.item]
        facts = (f"{act.visitor}@example.com", "paid", f"{act.time:%Y-%m-%d %H:%M:%S} +0000", "EUR")
        sku = "" if act.item == "1003" else act.item
        rows.append(
            (f"#{act.order}", *(facts if first else ("", "", "", "")), 1, title, act.price, sku, brand, "two\nlines")
        )
    table(folder / "orders_export.csv", header, rows)


def german(folder: Path) -> None:
    """Nobody's format: German names, semicolons, commas in numbers, euros, and a catalog in JSON."""
    kinds = {"view": "Ansicht", "cart": "Warenkorb", "purchase": "Kauf"}
    header = ("Zeitpunkt", "Kundennummer", "Ereignis", "Artikelnummer", "Bestellnummer", "Einzelpreis")
    rows = [(f"{a.time:%d.%m.%Y %H:%M}", a.visitor, kinds[a.kind], a.item, a.order,
             f"{a.price:.2f} €".replace(".", ",")) for a in ACTS]  # fmt: skip
    table(folder / "ereignisse.csv", header, [*rows, ("01.03.2024 09:00", "1", "Newsletter", "1000", "", "")], ";")
    items = ({"sku": i, "bezeichnung": t, "warengruppe": c, "marke": b} for i, (t, c, b) in ITEMS.items())
    (folder / "artikel.jsonl").write_text("\n".join(map(json.dumps, items)))


EXPORTS: dict[str, tuple[Callable[[Path], None], dict[str, int]]] = {
    "own columns": (own, {"view": 240, "cart": 120, "purchase": 60}),
    "RetailRocket": (retailrocket, {"view": 240, "cart": 120, "purchase": 60}),
    "REES46 eCommerce": (rees46, {"view": 240, "cart": 120, "purchase": 60}),
    "Diginetica": (diginetica, {"view": 240, "purchase": 60}),
    "YooChoose": (yoochoose, {"click": 240, "purchase": 60}),
    "UCI Online Retail": (online_retail, {"purchase": 60, "return": 1}),
    "Instacart": (instacart, {"purchase": 60}),
    "GA4 export to BigQuery": (ga4, {"view": 240, "cart": 120, "purchase": 60}),
    "Shopify orders": (shopify, {"purchase": 60}),
}
"""Each format, what writes it, and how many events of each kind are in it."""
