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
        text = _filled(raw)
        found = ibis.coalesce(*(_parsed(text, form, zone) for form in formats or ("s", "iso")))
        wanted = " or ".join(formats) or "a timestamp or seconds since 1970"
        problem = (text.notnull() & found.isnull(), said(f"time must be {wanted}", raw))
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
        moment = _strptime(text.strip(), form)
        return _epoch(moment if "%z" in form else _in_zone(zone, moment))
    # Most moments say no offset; looking for one in each of them would take longer than all else.
    clock = text.substr(10)
    local = text.right(1).between("0", "9") & ~_contains(clock, "+") & ~_contains(clock, "-")
    return ibis.ifelse(local, _epoch(_in_zone(zone, text.try_cast("timestamp"))), _with_offset(text, zone))


def _with_offset(text: ibis.Value, zone: str) -> ibis.Value:
    # DuckDB reads offsets only as +01:00, right behind the time.
    plain = text.strip().re_replace(r"\s?([+-]\d\d):?(\d\d)$", r"\1:\2")
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
        text = _filled(columns[name])
        plain = _plain(text, decimal)
        # Not coalesce: of DuckDB's two ways to say it, only this one spares the plain numbers the expressions.
        found[name] = ibis.ifelse(plain.notnull(), plain, _decorated(text, decimal))
        no_number = ibis.ifelse(found[name].isnull() | found[name].isnan(), text.notnull(), False)
        problems.append((no_number, said(f"{name} must be a number", text.strip())))
    return found, problems


def _filled(text: ibis.Value) -> ibis.Value:
    """The text, or null if it is blank. Only what begins with a blank is looked through: it is slow."""
    return ibis.ifelse(text < "!", text.strip().nullif(""), text)


def _plain(text: ibis.Value, decimal: str) -> ibis.Value:
    """The number that a text is without further ado; null for most others, and for those with a sign of the groups."""
    if decimal == ".":
        return text.try_cast("float64")
    return ibis.ifelse(_contains(text, "."), ibis.null("float64"), text.replace(",", ".").try_cast("float64"))


def _decorated(text: ibis.Value, decimal: str) -> ibis.Value:
    """The number in a text that has a currency at one end, and groups of three digits."""
    bare = text.strip().re_replace(r"^([A-Z]{3}|[^\w.,+-])\s?|\s?([A-Z]{3}|[^\w.,])$", "")
    groups = "." if decimal == "," else ","
    grouped = bare.re_search(rf"^[+-]?\d{{1,3}}(\{groups}\d{{3}})+(\{decimal}\d+)?$")
    plain = ibis.ifelse(grouped, bare.replace(groups, ""), bare)
    return (plain.replace(",", ".") if decimal == "," else plain).try_cast("float64")


def zero_bytes(columns: Mapping[str, ibis.Value]) -> list[Problem]:
    """Ids with a byte that ends a text for many programs."""
    texts = {name: columns[name] for name in IDS if name in columns and columns[name].type().is_string()}
    return [(text.contains(_chr(0)), f"{name} must not hold a NUL byte") for name, text in texts.items()]


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
