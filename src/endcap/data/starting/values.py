"""What values say of themselves: moments and how they are written, numbers with fractions, how many are alike."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache, partial

from endcap.data.sources.parsing import ENGLISH, EXCEL, JAVASCRIPT, OFFSETS, TO_24, UNITS

DAYS = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y",
    "%m-%d-%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y", "%b %d, %Y", "%b %d %Y", "%Y.%m.%d", "%Y %m %d",
    "%a, %d %b %Y", "%a %b %d %Y", "%d. %b %Y", "%d de %b de %Y",
)  # fmt: skip
"""Days as people write them; where two read the same cells, the first is taken."""
CLOCKS = (
    "", "%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%I:%M:%S%p", "%H:%M:%S.%f", "%H:%M Uhr",
    "%H:%M:%S Uhr", "%H:%M:%S %z", "%H:%M:%S %Z", "%H:%M %Z",
)  # fmt: skip
"""Times of day behind them …"""
BETWEEN = (" ", ", ", " um ")
"""… and what stands between the two."""
PATTERNS = (
    *(day + (between if clock else "") + clock for day in DAYS for clock in CLOCKS for between in BETWEEN
      if clock or between == " "),
    *(f"{day} {clock}" for day in ("%Y-%m-%d", "%Y/%m/%d") for clock in CLOCKS if "%p" in clock),
    "%Y%m%dT%H%M%S", "%d/%b/%Y:%H:%M:%S %z", "%a %b %d %H:%M:%S %Z %Y",
)  # fmt: skip
TRIED = 20
"""Values by which most patterns are ruled out."""
ZONES = "|".join(("UTC", *OFFSETS))
ISO = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?)?"
    rf" ?(Z|{ZONES}|[+-]\d\d:?\d\d(\[\w+/\w+\])?|(?<= )[A-Z][a-z]+/[A-Z][A-Za-z_/]+)?$"
)
EPOCHS = ((9, 10, "s"), (12, 13, "ms"), (15, 16, "us"), (18, 19, "ns"))
EXCEL_DAYS = (33_000, 60_000)
"""Days since the end of 1899, as spreadsheets count them, from 1990 to 2064."""
IN_UTC = "times are taken as UTC; say timezone if they are not"
SHAPES = {
    **dict.fromkeys("dmHIMS", r"\d{1,2}"), **dict.fromkeys("ab", r"[^\W\d_]{2,}\.?"), "Y": r"\d{4}", "y": r"\d{2}",
    "f": r"\d{1,6}", "p": r"[AaPp]\.?\s?[Mm]\.?", "z": r"(Z|[+-]\d\d:?\d\d)", "Z": f"({ZONES})",
}  # fmt: skip
"""What each part of a pattern looks like."""
MOST = 0.9
"""Share of the values that must fit."""


def time_format(values: Sequence[str], said: str | None = None) -> tuple[str | None, str] | None:
    """How moments are written (None: as we take them anyway) and what to check; None if they are no moments.

    `said` is how a person says that they are: if that is right of these values, it is so.
    """
    if not values:
        return None
    if said and share_of(values, partial(fits, form=said)) >= MOST:
        return said, ""
    if share_of(values, lambda text: bool(ISO.match(text) or re.match(JAVASCRIPT, text))) >= MOST:
        return None, "" if share_of(values, _says_zone) >= MOST else IN_UTC
    if all(re.fullmatch(r"\d+(\.\d+)?", text) for text in values):
        return _counted_time([text.partition(".")[0] for text in values])
    fitting, best = likely_formats(values)
    if best < MOST:
        return None
    twins = len({form.replace("%d/%m", "%m/%d").replace("%d-%m", "%m-%d") for form in fitting}) < len(fitting)
    zone = "" if "%z" in fitting[0].lower() else IN_UTC
    check = "; ".join(filter(None, ("day and month may be the other way round" if twins else "", zone)))
    return fitting[0], check


def likely_formats(values: Sequence[str]) -> tuple[list[str], float]:
    """The patterns that read most of the texts, and their share."""
    few = list(dict.fromkeys(values[:1000]))[:TRIED]
    tried = [form for form in PATTERNS if any(_shape(form).fullmatch(text) for text in few)]
    shares = {form: share_of(values, partial(fits, form=form)) for form in tried}
    best = max(shares.values(), default=0.0)
    return [form for form, share in shares.items() if share == best], best


def _counted_time(digits: Sequence[str]) -> tuple[str | None, str] | None:
    """The same of whole numbers: dates without signs between, or a count since 1970."""
    longest = max(map(len, digits))
    if longest in (8, 14) and all(text.startswith(("19", "20")) for text in digits):
        return ("%Y%m%d" if longest == 8 else "%Y%m%d%H%M%S"), IN_UTC
    if longest == 5 and all(EXCEL_DAYS[0] <= int(text) <= EXCEL_DAYS[1] for text in digits):
        return EXCEL, f"days since 1900, as a spreadsheet counts them; {IN_UTC}"
    units = {unit for low, high, unit in EPOCHS if any(low <= len(text) <= high for text in digits)}
    if len(units) > 1:
        return None, ""  # without time_format, each value is read by its magnitude
    return next(((None if unit == "s" else unit, "") for low, high, unit in EPOCHS if low <= longest <= high), None)


def _says_zone(text: str) -> bool:
    return ":" in text and bool(re.search(rf"(Z|{ZONES}|[+-]\d\d:?\d\d|\w/\w+)\]?( \(.*\))?$", text))


def fits(text: str, form: str) -> bool:
    """Return whether a text is a time in a format: a strptime pattern, or a unit since 1970."""
    if form in UNITS or form == EXCEL:
        low, high = EXCEL_DAYS if form == EXCEL else (6.3e8 * UNITS[form], 4.11e9 * UNITS[form])
        return bool(re.fullmatch(r"\d+(\.\d+)?", text)) and low <= float(text) <= high
    if "%b" in form and (word := re.search(r"[^\W\d_]{3,}", text)):
        text = text.replace(f"{word[0]}.", word[0]).replace(word[0], ENGLISH.get(word[0].lower(), word[0]))
    if "%p" in form:
        text = re.sub(r"([AaPp])\.\s?([Mm])\.?", r"\1\2", text)
        whole = re.sub(r"\s?[AaPp][Mm]\b", "", text)
        to_24 = bool(re.search(TO_24, text)) and whole != text
        return _reads(text, form) or (to_24 and _reads(whole, re.sub(r"\s?%p", "", form).replace("%I", "%H")))
    if "%Z" in form:
        zone = re.search(rf"\b({ZONES})\b", text)
        return zone is not None and _reads(text.replace(zone[0], "+0000"), form.replace("%Z", "%z"))
    return _reads(text, form)


@cache
def _shape(form: str) -> re.Pattern[str]:
    """Return a regular expression for the texts of a time format; it rules out most formats quickly."""
    parts = re.split(r"%-?(\w)", form)
    literal = [r"\s*".join(map(re.escape, part.split(" "))) for part in parts[::2]]
    return re.compile(
        literal[0] + "".join(SHAPES[name] + after for name, after in zip(parts[1::2], literal[1:], strict=True))
    )


def _reads(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form.replace("%-", "%"))
    except ValueError:
        return False
    return True


def are_moments(values: Sequence[object]) -> bool:
    """Whether values are dates or moments already, and not text."""
    return all(isinstance(value, date) or value is None for value in values) and any(
        value is not None for value in values
    )


def are_fractions(values: Sequence[str]) -> bool:
    """Whether they are numbers with something behind the point: prices, not ids."""
    return share_of(values, lambda text: bool(re.fullmatch(r"[+-]?\d+[.,](\d*[1-9]\d*)", text))) > 0.3


def share_of(values: Sequence[str], holds: Callable[[str], bool]) -> float:
    """Share of the first thousand values for which something holds."""
    few = values[:1000]
    return sum(map(holds, few)) / len(few) if few else 0.0


def holds_json(text: str) -> bool:
    """Whether a cell holds a list or an object as JSON, or as Python spells them."""
    return text[:1] + text[-1:] in ("[]", "{}") and any(mark in text for mark in "'\":,")


def examples_of(values: Sequence[str]) -> tuple[str, ...]:
    """The first three different values, as people are shown them."""
    return tuple(value[:30] for value in dict.fromkeys(values))[:3]
