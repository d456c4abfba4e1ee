"""Moments and numbers as people write them; in DuckDB, which reads every source."""

from collections.abc import Mapping

import ibis
import ibis.expr.datatypes as dt

from endcap.data.columns import IDS, said, seconds

UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
NUMBERS = ("price", "quantity", "position")
Problem = tuple[ibis.Value, ibis.Value | str]


def moment(raw: ibis.Value, formats: tuple[str, ...], zone: str, place: str) -> tuple[ibis.Value, Problem]:
    """Seconds since 1970 (UTC), and where there should be some and are none."""
    kind = raw.type()
    if kind.is_string():
        filled = raw.strip().nullif("")
        found = ibis.coalesce(*(_parsed(filled, form, zone) for form in formats or ("s", "iso")))
        wanted = " or ".join(formats) or "a timestamp or seconds since 1970"
        problem = (filled.notnull() & found.isnull(), said(f"time must be {wanted}", raw))
    elif kind.is_numeric():
        unit = UNITS.get(formats[0], 1.0) if formats else 1.0
        found, problem = raw.cast("float64") / unit, (ibis.literal(False), "")
    elif kind.is_date() or (kind.is_timestamp() and kind.timezone is None):
        found, problem = _epoch(_in_zone(zone, raw.cast("timestamp"))), (ibis.literal(False), "")
    else:
        found, problem = seconds(raw, place), (ibis.literal(False), "")
    return found, problem


def _parsed(text: ibis.Value, form: str, zone: str) -> ibis.Value:
    if form in UNITS:
        return text.try_cast("float64") / UNITS[form]
    if form != "iso":
        moment = _strptime(text, form)
        return _epoch(moment if "%z" in form else _in_zone(zone, moment))
    # DuckDB reads offsets only as +01:00, right behind the time.
    plain = text.re_replace(r"\s?([+-]\d\d):?(\d\d)$", r"\1:\2")
    says_it_itself = plain.re_search(r"\d(Z|\s?UTC|[+-]\d\d(:\d\d)?)$") & plain.contains(":")
    absolute = plain.try_cast(dt.Timestamp(timezone="UTC"))
    return ibis.ifelse(says_it_itself, _epoch(absolute), _epoch(_in_zone(zone, plain.try_cast("timestamp"))))


def _in_zone(zone: str, moment: ibis.Value) -> ibis.Value:
    return moment if zone == "UTC" else _timezone(zone, moment)


def numbers(columns: Mapping[str, ibis.Value], decimal: str) -> tuple[dict[str, ibis.Value], list[Problem]]:
    """Prices and quantities that came as text, without currency signs and in our notation."""
    found: dict[str, ibis.Value] = {}
    problems: list[Problem] = []
    for name in NUMBERS:
        if name not in columns or not columns[name].type().is_string():
            continue
        filled = columns[name].strip().nullif("")
        bare = filled.re_replace(r"^([A-Z]{3}|[^\w.,+-])\s?|\s?([A-Z]{3}|[^\w.,])$", "")
        groups = "." if decimal == "," else ","
        grouped = bare.re_search(rf"^[+-]?\d{{1,3}}(\{groups}\d{{3}})+(\{decimal}\d+)?$")
        plain = ibis.ifelse(grouped, bare.replace(groups, ""), bare)
        found[name] = (plain.replace(",", ".") if decimal == "," else plain).try_cast("float64")
        no_number = found[name].isnull() | found[name].isnan()
        problems.append((filled.notnull() & no_number, said(f"{name} must be a number", filled)))
    return found, problems


def zero_bytes(columns: Mapping[str, ibis.Value]) -> list[Problem]:
    """Ids with a byte that ends a text for many programs."""
    texts = {name: columns[name] for name in IDS if name in columns and columns[name].type().is_string()}
    return [(_contains(text, _chr(0)), f"{name} must not hold a NUL byte") for name, text in texts.items()]


@ibis.udf.scalar.builtin(name="try_strptime")  # type: ignore[untyped-decorator]
def _strptime(text: str, form: str) -> dt.timestamp:
    """A moment by a pattern, or null."""


@ibis.udf.scalar.builtin(name="timezone")  # type: ignore[untyped-decorator]
def _timezone(zone: str, moment: dt.timestamp) -> dt.timestamp:
    """The moment at which clocks in a zone show this."""


@ibis.udf.scalar.builtin(name="epoch")  # type: ignore[untyped-decorator]
def _epoch(moment: dt.timestamp) -> float:  # type: ignore[empty-body]
    """Seconds since 1970."""


@ibis.udf.scalar.builtin(name="chr")  # type: ignore[untyped-decorator]
def _chr(code: int) -> str:  # type: ignore[empty-body]
    """The character of a code."""


@ibis.udf.scalar.builtin(name="contains")  # type: ignore[untyped-decorator]
def _contains(text: str, part: str) -> bool:  # type: ignore[empty-body]
    """Whether a text holds another."""
