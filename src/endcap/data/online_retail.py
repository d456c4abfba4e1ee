"""The demo shop: UCI "Online Retail", the order lines of a British gift shop, December 2010 to December 2011.

Chen, Sain, Guo: Data mining for the online retail industry, Journal of Database Marketing 19 (2012). CC BY 4.0, see
``data/shops/ATTRIBUTION.md``. The file is as dirty as a real shop's, and each kind of dirt has a step of its own here.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any

import ibis
from ibis import _

from endcap.core.errors import BadData
from endcap.core.part import Part
from endcap.data.categories import categories_from_titles
from endcap.data.columns import LOG, ROW, ROWS_PER_FILE, SCOPE, as_catalog, as_events, require
from endcap.data.engines import arrow, connect, moved, rows, uploaded
from endcap.data.ledger import Ledger
from endcap.data.sources import opened
from endcap.data.steps import without_cancelled_purchases, without_repeats

COLUMNS = {
    "InvoiceNo": "text", "StockCode": "text", "Description": "text", "Quantity": "number", "InvoiceDate": "timestamp",
    "UnitPrice": "number", "CustomerID": "number", "Country": "text",
}  # fmt: skip
SERVICES = ("POST", "DOT", "M", "C2", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK")


class OnlineRetail(Part):
    """Order lines in the columns of UCI "Online Retail"; without a path, the copy that comes with endcap."""

    orders: str | None = None
    """Path of a Parquet file, relative to the settings file."""

    def inputs(self, folder: Path) -> list[Path]:
        """The file that this source reads."""
        return [folder / self.orders if self.orders else bundled()]

    def tables(self, engine: Any, folder: Path, ledger: Ledger) -> tuple[ibis.Table, ibis.Table]:
        """Events (purchases and returns; one invoice is one session and one order) and the catalog."""
        path = self.inputs(folder)[0]
        lines = self._lines(engine, path, ledger)
        lines = ledger.apply(lines, without_repeats)
        lines = ledger.change(lines, with_canonical_codes, "item_id")
        lines = ledger.apply(lines, without_service_lines)
        lines = ledger.apply(lines, without_stock_adjustments)
        catalog = titled(lines).left_join(last_prices(lines), "item_id").drop("item_id_right")
        ledger.note("with one title", rows(catalog), rows(catalog.filter(_.spellings > 1)), titled.__doc__ or "")
        families = catalog.group_by("family").agg(items=_.count())
        ledger.note(
            "with families",
            rows(families),
            rows(families.filter(_.items > 1)),
            family.__doc__ or "",
        )
        events = ledger.apply(events_of(lines), without_cancelled_purchases)
        guests = events.filter(events.user_id.isnull())
        ledger.note(
            "guest orders kept",
            rows(events),
            rows(guests),
            "no customer number: baskets without a history",
        )
        described = categories_from_titles(arrow(catalog.drop("spellings")))
        items = as_catalog(uploaded(engine, described), path.name)
        return as_events(events, path.name), items.mutate(**{SCOPE: ibis.literal(LOG)})

    def as_it_comes(self, engine: Any, folder: Path, ledger: Ledger) -> tuple[ibis.Table, ibis.Table]:
        """Events and catalog before anything is cleaned: what the linter looks at."""
        lines = self._lines(engine, self.inputs(folder)[0], ledger)
        return events_of(lines), lines.select("item_id", "title").distinct().mutate(**{SCOPE: ibis.literal(LOG)})

    def _lines(self, engine: Any, path: Path, ledger: Ledger) -> ibis.Table:
        reader = engine if engine.name == "duckdb" else connect()
        raw = opened(str(path), Path(path.anchor), reader.read_parquet)
        require(raw, tuple(COLUMNS), str(path))
        require_types(raw, str(path))
        return ledger.opened(path.name, moved(order_lines(raw, ledger.number_of(path.name)), engine))


def bundled() -> Path:
    """Where the copy that comes with endcap lies."""
    return Path(str(files("endcap.data") / "shops" / "online_retail.parquet"))


def require_types(raw: ibis.Table, source: str) -> None:
    """Raises `BadData` if a column is not of the type that the file has by its description."""
    for name, expected in COLUMNS.items():
        kind = raw[name].type()
        fits = {"text": kind.is_string(), "number": kind.is_numeric(), "timestamp": kind.is_timestamp()}
        if not fits[expected]:
            raise BadData(f"{source}: column {name!r} is {kind}, expected {expected}")


def order_lines(raw: ibis.Table, file: int = 0) -> ibis.Table:
    """The raw columns under our names, the rows of the file numbered from 1."""
    return raw.select(
        (ibis.row_number() + 1 + file * ROWS_PER_FILE).cast("int64").name(ROW),
        order_id=raw.InvoiceNo.strip(),
        item_id=raw.StockCode,
        title=raw.Description,
        quantity=raw.Quantity.cast("float64"),
        time=raw.InvoiceDate.cast("timestamp"),
        price=raw.UnitPrice.cast("float64"),
        user_id=raw.CustomerID.cast("int64").cast("string"),
        country=raw.Country.nullif("Unspecified"),
    )


def with_canonical_codes(lines: ibis.Table) -> ibis.Table:
    """Codes that differ only in case or blanks ("85123a", "85123A") are one item."""
    return lines.mutate(item_id=lines.item_id.strip().upper())


def without_service_lines(lines: ibis.Table) -> ibis.Table:
    """Postage, fees, discounts, samples, vouchers and manual corrections are not items that can be recommended."""
    code = lines.item_id
    voucher = lines.title.upper().contains("GIFT VOUCHER").fill_null(False)
    return lines.filter(~code.isin(SERVICES) & ~code.startswith("GIFT_") & ~voucher)


def without_stock_adjustments(lines: ibis.Table) -> ibis.Table:
    """Lines without a price are write-offs, counts and gifts ("damaged", "?", "lost"), not sales.

    So are the three bad-debt invoices (A…), and negative quantities outside a cancellation.
    """
    cancelled = lines.order_id.startswith("C")
    return lines.filter(lines.price > 0, ~lines.order_id.startswith("A"), cancelled | (lines.quantity > 0))


def titled(lines: ibis.Table) -> ibis.Table:
    """Of contradictory descriptions of one code, the one on most sales is its title."""
    sold = lines.filter(lines.title.notnull()).mutate(title=lines.title.strip().re_replace(r"\s+", " "))
    counted = sold.group_by("item_id", "title").agg(sales=_.count())
    place = ibis.row_number().over(group_by="item_id", order_by=[ibis.desc("sales"), "title"])
    spellings = counted.count().over(group_by="item_id")
    best = counted.mutate(place=place, spellings=spellings).filter(_.place == 0)
    items = lines.select("item_id").distinct()
    named = items.left_join(best, "item_id").select("item_id", "title", "spellings")
    return named.mutate(family=family(named.item_id)).order_by("item_id")


def last_prices(lines: ibis.Table) -> ibis.Table:
    """The file lists no prices: that on most of an item's lines in the last 30 days in which it was sold stands for it.

    Of prices on equally many lines it is the lowest: those of one sales channel are twice as high.
    """
    sold = lines.filter(~lines.order_id.startswith("C"))
    latest = sold.mutate(last=sold.time.max().over(group_by="item_id")).filter(_.time > _.last - ibis.interval(days=30))
    counted = latest.group_by("item_id", "price").agg(sales=_.count())
    place = ibis.row_number().over(group_by="item_id", order_by=[ibis.desc("sales"), "price"])
    return counted.mutate(place=place).filter(_.place == 0).select("item_id", "price")


def family(item_id: ibis.Value) -> ibis.Value:
    """Five digits are the family, the letters after them its colour or pattern."""
    digits = item_id.re_extract(r"^(\d{5})[A-Z]{0,2}$", 1)
    return ibis.ifelse(digits == "", item_id, digits)


def events_of(lines: ibis.Table) -> ibis.Table:
    """Purchases, and returns for what stands on a cancellation (C…)."""
    cancelled = lines.order_id.startswith("C")
    return lines.select(
        ROW,
        "time",
        "item_id",
        "user_id",
        "price",
        "country",
        session_id=lines.order_id,
        kind=ibis.ifelse(cancelled, "return", "purchase"),
        quantity=lines.quantity.abs(),
        order_id=ibis.ifelse(cancelled, ibis.null("string"), lines.order_id),
    )
