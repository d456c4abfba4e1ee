"""Moments as people write them; in DuckDB, which reads every source."""

import re
from calendar import month_name
from collections.abc import Mapping

import ibis
import ibis.expr.datatypes as dt

from endcap.data.columns import IDS, said, seconds
from endcap.data.sources.numbers import Problem, filled

UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
MAGNITUDES = (("s", 1e11), ("ms", 1e14), ("us", 1e17), ("ns", float("inf")))
"""Units of numbers whose unit nobody says, each below a bound; a moment of our time is 1.7e9 s, and 1.7e12 ms."""
EXCEL = "excel"
"""Format of days since the end of 1899, as spreadsheets count them."""
DAY = 86_400.0
EXCEL_EPOCH = 25_569
"""Days from there to 1970."""
OFFSETS = {
    "GMT": "+00:00", "WET": "+00:00", "WEST": "+01:00", "CET": "+01:00", "MEZ": "+01:00", "CEST": "+02:00",
    "MESZ": "+02:00", "EET": "+02:00", "EEST": "+03:00", "MSK": "+03:00", "EST": "-05:00", "EDT": "-04:00",
    "CDT": "-05:00", "MDT": "-06:00", "MST": "-07:00", "PST": "-08:00", "PDT": "-07:00", "JST": "+09:00",
    "KST": "+09:00", "AEST": "+10:00", "AEDT": "+11:00",
}  # fmt: skip
"""Time zones by their letters, those that mean one thing alone."""
JAVASCRIPT = r"^[A-Z][a-z]{2} ([A-Z][a-z]{2} \d{2} \d{4} \d{2}:\d{2}:\d{2}) GMT([+-]\d{4})( \(.*\))?$"
"""Moments as JavaScript spells them: ``Fri Mar 01 2024 09:00:00 GMT+0100 (CET)``."""
MONTHS = {
    "jan": "janvier januar enero gennaio janeiro januari stycznia styczeń leden ledna tammikuu ocak янв января"
    " janv gen ene",
    "feb": "février fevrier februar febrero febbraio fevereiro februari lutego luty únor února helmikuu şubat фев"
    " февраля févr fév fev",
    "mar": "mars märz maerz marzo março marco maart marca marzec březen března maaliskuu mart мар марта mär mrz mrt",
    "apr": "avril aprile abril kwietnia kwiecień duben dubna huhtikuu nisan апр апреля avr abr",
    "may": "mai mayo maggio maio mei maja maj květen května toukokuu mayıs мая май mag",
    "jun": "juin juni junio giugno junho czerwca czerwiec červen června kesäkuu haziran июн июня giu",
    "jul": "juillet juli julio luglio julho lipca lipiec červenec července heinäkuu temmuz июл июля juil lug",
    "aug": "août aout agosto augustus augusti sierpnia sierpień srpen srpna elokuu ağustos авг августа aoû ago",
    "sep": "septembre septiembre settembre setembro września wrzesień září syyskuu eylül сен сент сентября sept set",
    "oct": "octobre oktober octubre ottobre outubro października październik říjen října lokakuu ekim окт"
    " октября okt ott out",
    "nov": "novembre noviembre novembro listopada listopad listopadu marraskuu kasım ноя нояб ноября",
    "dec": "décembre decembre dezember diciembre dicembre dezembro grudnia grudzień prosinec prosince joulukuu aralık"
    " дек декабря déc dez dic",
}  # fmt: skip
"""English months = the same in other languages."""
ENGLISH = {name.lower(): name[:3].lower() for name in month_name[1:]} | {
    name: month for month, names in MONTHS.items() for name in (month, *names.split())
}
"""Months as they are written = in three English letters."""
TO_24 = r"\b(0?0|1[3-9]|2[0-3]):\d\d"
"""Times of day of clocks that count to 24, and not to 12."""


def moment(
    table: ibis.Table, raw: ibis.Value, formats: tuple[str, ...], zone: str, place: str
) -> tuple[ibis.Table, ibis.Value, Problem]:
    """Seconds since 1970 (UTC), and where there should be some and are none; in the table with more columns."""
    kind, right = raw.type(), (ibis.literal(False), "")
    if kind.is_string():
        # What is looked at several times is a column, so that DuckDB computes it once.
        table = table.mutate(_time_text_=filled(raw))
        table = table.mutate(_time_number_=table["_time_text_"].try_cast("float64"))
        text, number = table["_time_text_"], table["_time_number_"]
        found = [_parsed(text, number, form, zone) for form in formats or ("number", "iso")]
        table = table.mutate(_time_=ibis.coalesce(*found))
        return (
            table,
            table["_time_"],
            (table["_time_text_"].notnull() & table["_time_"].isnull(), _no_moment(raw, formats)),
        )
    if kind.is_numeric():
        return table, _counted(raw.cast("float64"), formats[0] if formats else "number"), right
    if kind.is_date() or (kind.is_timestamp() and kind.timezone is None):
        return table, _epoch(_in_zone(zone, raw.cast("timestamp"))), right
    return table, seconds(raw, place), right


def joined(parts: list[ibis.Value]) -> ibis.Value:
    """Join a date and a time of day of two columns to one text, without the midnight that spreadsheets add."""
    first, *rest = (part.cast("string").strip().nullif("") for part in parts)
    day = first.re_replace(r"[T ]0?0:00(:00(\.0+)?)?$", "")
    later = [part.re_replace(r"^(1899-12-3[01]|1900-01-0[01])[T ]", "") for part in rest]  # days of times alone
    text = day
    for part in later:
        text = ibis.ifelse(part.isnull(), text, text + " " + part)
    return ibis.ifelse(ibis.or_(*(part.notnull() for part in later)), text, first)


def unit_counts(raw: ibis.Value) -> dict[str, ibis.Value]:
    """How many values of a column count each of the units since 1970, by their magnitude."""
    value = raw.try_cast("float64") if raw.type().is_string() else raw.cast("float64")
    counts, least = {}, 1e8
    for unit, bound in MAGNITUDES:
        counts[unit] = ((value >= least) & (value < bound)).sum().fill_null(0)
        least = bound
    return counts


def _counted(value: ibis.Value, form: str) -> ibis.Value:
    """Seconds since 1970 of a number of units; of the format ``number``, its magnitude tells the unit."""
    if form == EXCEL:
        # Spreadsheets keep fractions of a day; a thousandth of a second is all that they hold.
        return (((value - EXCEL_EPOCH) * DAY) * 1e3).round() / 1e3
    if form != "number":
        return value / UNITS.get(form, 1.0)
    cases = [(value < bound, value / UNITS[unit]) for unit, bound in MAGNITUDES[:-1]]
    return ibis.ifelse(value < MAGNITUDES[0][1], value, ibis.cases(*cases, else_=value / UNITS["ns"]))


def _parsed(text: ibis.Value, number: ibis.Value, form: str, zone: str) -> ibis.Value:
    if form in UNITS or form in (EXCEL, "number"):
        return _counted(number, form)
    if form != "iso":
        moment = _by_pattern(text.strip(), form)
        return _epoch(moment if "%z" in form.lower() else _in_zone(zone, moment))
    # Most moments say no offset; looking for one in each of them would take longer than all else.
    clock = text.substr(10)
    local = text.right(1).between("0", "9") & ~_contains(clock, "+") & ~_contains(clock, "-")
    found = ibis.ifelse(local, _epoch(_in_zone(zone, text.try_cast("timestamp"))), _with_offset(text, zone))
    spelt = _strptime(text.strip().re_replace(JAVASCRIPT, r"\1 \2"), "%b %d %Y %H:%M:%S %z")
    return ibis.coalesce(found, _epoch(spelt))


def _by_pattern(text: ibis.Value, form: str) -> ibis.Value:
    """A moment by a pattern; months may be named in other languages, zones by letters, and noon be written with points.

    Where hours are counted to 24, AM and PM say nothing new.
    """
    if "%Z" in form:
        letters = text.re_extract(rf"\b({'|'.join(OFFSETS)}|UTC)\b", 1)
        offset = ibis.cases(*((letters == name, offset) for name, offset in OFFSETS.items()), else_="+00:00")
        text, form = ibis.ifelse(letters == "", text, text.replace(letters, offset)), form.replace("%Z", "%z")
    found = _strptime(text, form)
    if "%p" in form:
        plain = text.re_replace(r"[\x{a0}\x{202f}]", " ").re_replace(r"([AaPp])\.\s?([Mm])\.?", r"\1\2")
        found = ibis.ifelse(found.notnull(), found, _strptime(plain, form))
        whole = ibis.ifelse(plain.re_search(TO_24), plain.re_replace(r"\s?[AaPp][Mm]\b", ""), ibis.null("string"))
        found = ibis.ifelse(found.notnull(), found, _strptime(whole, re.sub(r"\s?%p", "", form).replace("%I", "%H")))
    if "%b" in form or "%B" in form:
        word = text.re_extract(r"\p{L}{3,}", 0)
        month = ibis.cases(*((word.lower() == name, known) for name, known in ENGLISH.items()), else_=word)
        plain = text.replace(word + ".", word).replace(word, month)
        found = ibis.ifelse(found.notnull(), found, _strptime(plain, form.replace("%B", "%b")))
    return found


def _with_offset(text: ibis.Value, zone: str) -> ibis.Value:
    plain = text.strip().re_replace(r"\[[A-Z][A-Za-z_/]+\]$", "")  # Java names the zone behind its offset
    letters = plain.re_extract(r"\d\s?([A-Z]{3,4})$", 1)
    offset = ibis.cases(*((letters == name, offset) for name, offset in OFFSETS.items()), else_="")
    plain = ibis.ifelse(offset != "", plain.re_replace(r"\s?[A-Z]{3,4}$", "") + offset, plain)
    # DuckDB reads offsets only as +01:00, right behind the time.
    plain = plain.re_replace(r"\s?([+-]\d\d):?(\d\d)$", r"\1:\2")
    says_it_itself = plain.re_search(r"\d(Z|\s?UTC|[+-]\d\d(:\d\d)?| [A-Z][a-z]+/[A-Z][A-Za-z_/]+)$") & plain.contains(
        ":"
    )
    absolute = plain.try_cast(dt.Timestamp(timezone="UTC"))
    return ibis.ifelse(says_it_itself, _epoch(absolute), _epoch(_in_zone(zone, plain.try_cast("timestamp"))))


def _no_moment(raw: ibis.Value, formats: tuple[str, ...]) -> ibis.Value:
    expected = said(f"time must be {' or '.join(formats) or 'a timestamp or seconds since 1970'}", raw)
    if formats:
        return expected
    letters = raw.re_search(r"\d\s?[A-Za-z]{2,5}$") & ~raw.re_search(r"(?i)\s?(am|pm|utc)$")
    hint = "; write the time zone as an offset, such as +01:00, or leave it out and say timezone = '…'"
    return ibis.ifelse(letters, expected + hint, expected)


def _in_zone(zone: str, moment: ibis.Value) -> ibis.Value:
    return moment if zone == "UTC" else _timezone(zone, moment)


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
