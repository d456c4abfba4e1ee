"""Numbers as people write them, by the decimal sign of their file."""

import ibis
import pytest

from endcap.data.sources.numbers import with_numbers

WRITTEN: dict[str, dict[str, float | None]] = {
    ".": {
        "1,234.56": 1234.56, "1'234.56": 1234.56, "CHF 1’234.50": 1234.5, "12.50": 12.5, ".99": 0.99, "12.": 12.0,
        "5.-": 5.0, "5.–": 5.0, "(12.50)": -12.5, "-12.50": -12.5, "12.50-": -12.5, "−12.50": -12.5, "-£5": -5.0,
        "£-5.00": -5.0, "1,23,456.00": 123456.0, "US$ 12.50": 12.5, "$12": 12.0, "A$ 5": 5.0, "Rs. 1,200": 1200.0,
        "Rs.500": 500.0, "12.50 kr": 12.5, "12.50 usd": 12.5, "１２.５": 12.5, "١٢٫٥": 12.5, "1 234.5": 1234.5,
        "12.5 - 15.0": 12.5, "$12 to $15": 12.0, "12.50 € – 15.00 €": 12.5, "from 9.90": 9.9, "from $5 to $10": 5.0,
        "free": 0.0, "Free of charge": 0.0, "2024-03-01": None, "5-10": None, "1 - 2 - 3": None, "free beer": None,
        "5 pcs": 5.0, "2x": 2.0, "'12.5": 12.5,
        "12,50": None, "3 %": None, "cheap": None, "12 abc": None, "(5": None, "12 34": None, "1,2345": None, "": None,
        "1.2.3": None, "5|6": None,
    },
    ",": {
        "1 234,56 €": 1234.56, "1\u00a0234,56\u00a0€": 1234.56, "1\u202f234,56 €": 1234.56, "1\u2009234,56 €": 1234.56,
        "1.234,56": 1234.56, "12,50": 12.5, ",99": 0.99, "5,-": 5.0, "5,–": 5.0, "5,-- €": 5.0, "1.234": 1234.0,
        "2.5": 2.5, "99 €": 99.0, "€ 7,50": 7.5, "-5,00 €": -5.0, "12,50 zł": 12.5, "249,00 Kč": 249.0,
        "12,50 - 15,00 €": 12.5, "1 299 kr - 1 499 kr": 1299.0, "ab 12,50 €": 12.5, "12 bis 15": 12.0, "kostenlos": 0.0,
        "1 299 kr": 1299.0, "EUR 12,5": 12.5, "R$ 1.234,00": 1234.0, "1'234,5": 1234.5, "12٫5": 12.5,
        "12,50 €/St": None, "1,234.56": None, "12,50 %": None,
    },
}  # fmt: skip


@pytest.mark.parametrize("decimal", WRITTEN)
def test_numbers_as_people_write_them(decimal: str) -> None:
    texts = WRITTEN[decimal]
    table = ibis.duckdb.connect().create_table("prices", {"price": list(texts)})
    read = with_numbers(table, {"price": table.price}, decimal).select("price", "_number_price_").to_pyarrow()
    assert dict(zip(read["price"].to_pylist(), read["_number_price_"].to_pylist(), strict=True)) == texts
